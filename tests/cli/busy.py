"""A recording whose every figure is known: 4 s of one process at 100 Hz.

The main thread works 3 s in work (2 of them in inner, of which the last calls itself) and 1 s in other. The second
thread waits for it all the time, and collects garbage for the first 10 ms.
"""

import struct

from recording import GC, GIL_HELD, GIL_WAIT, ON_CPU, Recording

MS, S = 1_000_000, 1_000_000_000
START_NS = 1000 * S
WALL_NS = 1_700_000_000 * S  # 2023-11-14T22:13:20Z
LOST_OFFSET = 48  # of `lost` in struct heat_header

MODULE = ("<module>", "/src/app/busy.py", 1, 30)
WORK = ("work", "/src/app/busy.py", 10, 12)
INNER = ("inner", "/src/app/busy.py", 2, 4)
OTHER = ("other", "/src/app/日本.py", 20, 21)
RUN = ("Thread.run", "/usr/lib/python3.13/threading.py", 1000, 1012)


def write(path, closed=True, lost=0, source="/src/app/busy.py"):
    heat = Recording()
    for key, value in {"command": "python busy.py", "rate_hz": "100", "version": "0.1.0"}.items():
        heat.note(key, value)
    process = heat.process(4242, "python busy.py", START_NS)
    main = heat.thread(process, 4242, "MainThread", START_NS)
    waiter = heat.thread(process, 4243, "waiter", START_NS)
    at = lambda call: (call[0], source if call[1] == "/src/app/busy.py" else call[1], *call[2:])
    calls = [[at(call) for call in stack] for stack in
             ([MODULE, WORK], [MODULE, WORK, INNER], [MODULE, WORK, INNER, INNER], [MODULE, OTHER])]
    waits = heat.stack(RUN)
    for i in range(400):
        heat.emit("tick", process=process, t_ns=START_NS + (i + 1) * 10 * MS, period_ns=10 * MS)
        heat.emit("sample", thread=main, stack=heat.stack(*calls[i // 100]),
                  state=ON_CPU | GIL_HELD)
        heat.emit("sample", thread=waiter, stack=waits,
                  state=ON_CPU | GIL_WAIT | GC if i == 0 else 0)
    heat.emit("reject", thread=main, reason=1)
    heat.emit("process_end", process=process, t_ns=START_NS + 4 * S, exit_status=3)
    heat.write(path, WALL_NS, START_NS, START_NS + 4 * S if closed else 0)
    if lost:
        with open(path, "r+b") as file:
            file.seek(LOST_OFFSET)
            file.write(struct.pack("<Q", lost))
    return path
