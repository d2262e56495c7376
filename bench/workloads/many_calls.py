"""Calls a function as often as is asked for, in two threads, 20 functions in turn."""

import sys
import threading

FUNCTIONS = []
for i in range(20):
    exec(f"def f{i}(): pass\nFUNCTIONS.append(f{i})")


def work(calls):
    for _ in range(calls // 20):
        for function in FUNCTIONS:
            function()


threads = [threading.Thread(target=work, args=(int(sys.argv[1]) // 2,)) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
