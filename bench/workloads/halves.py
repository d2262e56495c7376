"""Two functions whose times stand 3:1, taking turns. `halves.py PERIOD_MS TRUTH`: the program keeps
its own account in the file TRUTH, four 64-bit counts of nanoseconds: wall time of `three` and of
`one`, CPU time of `three` and of `one`."""

import mmap
import struct
import sys
from time import monotonic_ns, thread_time_ns


def three(until):
    while monotonic_ns() < until:
        pass


def one(until):
    while monotonic_ns() < until:
        pass


def main():
    period = int(float(sys.argv[1]) * 1e6)
    account = [0, 0, 0, 0]
    with open(sys.argv[2], "r+b") as file:
        truth = mmap.mmap(file.fileno(), 32)
    print("ready", flush=True)
    while True:
        for half, (run, share) in enumerate(((three, 3), (one, 1))):
            cpu, begin = thread_time_ns(), monotonic_ns()
            run(begin + period * share // 4)
            account[half] += monotonic_ns() - begin
            account[2 + half] += thread_time_ns() - cpu
        struct.pack_into("4q", truth, 0, *account)


main()
