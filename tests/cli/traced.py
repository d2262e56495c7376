"""A recording of calls whose every figure is known.

The main thread runs <module> for 100 ms. From 10 ms on it calls step three times, for 1, 2 and 3 ms,
each of which calls len for 0.5 ms; at 20 ms fib for 4 ms, which calls itself twice for 1 ms; at 30 ms
the generator numbers for 1 ms, which goes on at 40 ms for 2 ms. It ends with the process while wait
is open, since 90 ms. A second thread raises from worker after 5 ms, running task 1 (0 to 2 ms and 4
to 5 ms) and task 2.
"""

from recording import TRACER, Recording

MS, S = 1_000_000, 1_000_000_000
START_NS = 1000 * S
WALL_NS = 1_700_000_000 * S
FILE = "/src/app/steps.py"


class Thread:
    """Emits the calls of a thread, at times in milliseconds since the start."""

    def __init__(self, heat, lane, thread):
        self.heat, self.lane = heat, lane
        self.lane.emit("lane", thread=thread, t_ns=START_NS, depth=0)

    def at(self, ms):
        return START_NS + round(ms * MS)

    def enter(self, ms, name, file=FILE, first_line=1, kind="enter"):
        self.lane.emit(kind, t_ns=self.at(ms), function=self.heat.function(name, file, first_line))

    def leave(self, ms, kind="leave"):
        self.lane.emit(kind, t_ns=self.at(ms))

    def task(self, ms, number, name):
        self.lane.emit("task", t_ns=self.at(ms), task=number, name=self.heat.string(name))


def write(path, scale=1, gaps=False):
    """`scale`: how much longer each call of step takes; `gaps`: events and an end are missing."""
    heat = Recording(TRACER)
    heat.note("command", "python steps.py")
    process = heat.process(4242, "python steps.py", START_NS)
    main = Thread(heat, heat.lane(), heat.thread(process, 4242, "MainThread", START_NS))
    other = Thread(heat, heat.lane(), heat.thread(process, 4243, "worker", START_NS))
    heat.emit("process_end", process=process, t_ns=START_NS + 100 * MS, exit_status=0)

    main.enter(0, "<module>")
    at = 10
    for ms in (1, 2, 3):
        main.enter(at, "step", first_line=10)
        main.enter(at + 0.1, "len", None, 0)
        main.leave(at + 0.6)
        at += ms * scale
        main.leave(at)
    main.enter(20, "fib", first_line=20)
    for ms in (21, 22):
        main.enter(ms, "fib", first_line=20)
        main.leave(ms + 1)
    main.leave(24)
    main.enter(30, "numbers", first_line=30)
    main.leave(31, "yield")
    main.enter(40, "numbers", first_line=30, kind="resume")
    main.leave(42)
    main.enter(90, "wait", first_line=40)

    other.enter(0, "worker", first_line=50)
    other.task(0, 1, "first")
    other.task(2, 2, "second")
    other.task(4, 1, "first")
    other.task(5, 0, "")
    if gaps:
        other.lane.emit("gap", t_ns=other.at(5), count=7)
        other.lane.emit("resync", t_ns=other.at(5), count=1)
    else:
        other.leave(5, "unwind")
    heat.write(path, WALL_NS, START_NS, START_NS + 100 * MS)
    return path
