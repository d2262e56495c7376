"""Fifty threads. `blocked`: one works, the others wait in the ways programs wait. `contending`:
all of them want the GIL. A second argument is how many calls deep each is, 8 where not given."""

import os
import queue
import select
import sys
import threading
import time

COUNT = 50
EVENT, QUEUE, PIPE = threading.Event(), queue.Queue(), os.pipe()
LOCK = threading.Lock()
LOCK.acquire()
START = threading.Event()

WAITS = (
    EVENT.wait,
    QUEUE.get,
    LOCK.acquire,
    lambda: select.select([PIPE[0]], [], []),
    lambda: time.sleep(3600),
)


def down(levels, at_last):
    if levels:
        return down(levels - 1, at_last)
    return at_last()


def spin():
    START.wait()  # for threads contend from the start, and starting them would take ten seconds
    total = 0
    while True:
        for number in range(1000):
            total += number % 7


def main():
    blocked = sys.argv[1] == "blocked"
    levels = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    for number in range(COUNT - 1):
        wait = WAITS[number % len(WAITS)] if blocked else spin
        threading.Thread(target=down, args=(levels, wait), name=f"worker-{number}", daemon=True).start()
    START.set()
    print("ready", flush=True)
    down(levels, spin)


main()
