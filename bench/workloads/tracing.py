"""Nothing but calls: of a Python function, then of one of C. Prints what a call took, least of the rounds, in
nanoseconds, how many there were, and when it ended: JSON, in one line."""

import json
import time

ROUNDS, DEPTH, LENGTH = 60, 18, 8000


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def lengths(n, length=len, what=()):
    for _ in range(n):
        length(what)


def least_ns(function, argument, calls):
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        function(argument)
        best = min(best, time.perf_counter_ns() - start)
    return best / calls


def calls_of_fib(n):
    return 1 if n < 2 else 1 + calls_of_fib(n - 1) + calls_of_fib(n - 2)


of_fib = calls_of_fib(DEPTH)
python_ns = least_ns(fib, DEPTH, of_fib)
c_ns = least_ns(lengths, LENGTH, LENGTH)
print(json.dumps({"python_ns": python_ns, "c_ns": c_ns, "python_calls": (ROUNDS + 1) * of_fib,
                  "c_calls": ROUNDS * LENGTH, "end_s": time.monotonic()}), flush=True)
