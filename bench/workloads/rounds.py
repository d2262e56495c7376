"""How a workload goes on: for ever, or in rounds of equal work that it times itself.

A timed round is one line on standard output: its begin and its end in seconds of the monotonic
clock, and the CPU seconds of the thread that did the work.
"""

import sys
import time


def repeat(work, per_round):
    """Run `work` for ever. With the argument `rounds`, time every `per_round` calls of it."""
    print("ready", flush=True)
    if sys.argv[-1] != "rounds":
        while True:
            work()
    while True:
        cpu, begin = time.thread_time(), time.monotonic()
        for _ in range(per_round):
            work()
        end = time.monotonic()
        print(f"{begin:.6f} {end:.6f} {time.thread_time() - cpu:.6f}", flush=True)
