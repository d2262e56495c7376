"""Nothing but calls of a Python function, in as many threads as the argument says, all at once. Prints the CPU
nanoseconds that a call took in the least round, and how many calls there were: JSON, in one line."""

import json
import sys
import threading
import time

ROUNDS, DEPTH, CALLS = 8, 18, 8361 * 40  # of fib(DEPTH), 40 times a round


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work(times, start, end):
    for _ in range(ROUNDS):
        start.wait()
        for _ in range(times):
            fib(DEPTH)
        end.wait()


def main():
    count = int(sys.argv[1])
    start, end = threading.Barrier(count + 1), threading.Barrier(count + 1)
    for _ in range(count):
        threading.Thread(target=work, args=(40 // count, start, end)).start()
    least_s = float("inf")
    for _ in range(ROUNDS):
        before_s = time.process_time()
        start.wait()
        end.wait()
        least_s = min(least_s, time.process_time() - before_s)
    print(json.dumps({"call_ns": least_s * 1e9 / CALLS, "calls": ROUNDS * CALLS}), flush=True)


main()
