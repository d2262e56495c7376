"""A recording of calls behind goldens: two threads and a task of one process, and another process that was
killed; with all that makes exporters of calls stumble."""

import recording
from recording import TRACER

US = 1_000
START_NS = 5_000_000_000_000
WALL_NS = 1_700_000_000 * 1_000_000_000

APP = "/srv/app/app.py"
FUNCTIONS = {
    "module": ("<module>", APP, 1),
    "main": ("main", APP, 30),
    "fib": ("fib", APP, 3),
    "print": ("builtins.print", None, 0),
    "step": ("Worker.step", "/srv/app/pkg/jobs.py", 10),
    "markup": ("a<b>&'c'\"]]>;d\\", "/srv/app/x]]>&\\.py", 1),
    "broken": (b"bad\xff\xfe\xed\xa0\x80\nline\x1b[31m\x00cut", b"/srv/app/\x80\xe2\x28.py", 2),
    "emoji": ("💩_π_用户", "/srv/app/файл \"ü\".py", 7),
    "coroutine": ("fetch", APP, 50),
}

# Microseconds from the start, what, and what it is about. A "<" ends the innermost call.
MAIN = [
    (10, "enter", "module"), (10, "enter", "main"),  # both at once
    (12, "enter", "fib"), ("arguments", '{"n": 3, "s": "é\\n"}'),
    (13, "enter", "fib"), ("arguments", '{"n": "cut'), ("result", "1"), (15, "leave"),
    (15, "enter", "print"), (15, "leave"),  # no time at all
    ("result", '{"a": [1, 2]}'), (20, "leave"),
    (21, "instant", "hello \"you\"", 0, '{"k": 1}'), (21, "instant", "process", 1, "7"),
    (22, "instant", "all", 2, ""), (22, "instant", "cut", 0, '{"k'),
    (23, "counter", "gc.collected", 3.0), (24, "counter", "gc.uncollectable", 0.0),
    (25, "counter", "load", 0.1), (26, "counter", "load", float("nan")),
    (30, "enter", "markup"), (31, "enter", "broken"), (32, "enter", "emoji"), (33, "unwind"),
    (34, "unwind"), (35, "leave"),
    (40, "task", 1, "fetch \"x\""), (41, "enter", "coroutine"), (42, "enter", "fib"), (43, "leave"),
    (44, "yield"),
    (45, "task", 2, ""), (46, "enter", "coroutine"), (47, "yield"),
    (48, "task", 1, "fetch \"x\""), (49, "resume", "coroutine"), (50, "leave"), (51, "task", 0, ""),
    (60, "gap", 17), (61, "resync", 1), (62, "gap", 0),
    (70, "enter", "fib"),  # open to the end, as is the module
]
WORKER = [(14, "enter", "step"), (16, "enter", "fib"), (18, "leave"), (19, "leave"),
          (80, "enter", "step"), (90, "leave")]
KILLED = [(55, "enter", "module"), (56, "enter", "fib")]


def put(lane, functions, strings, events):
    for event in events:
        at, name, *rest = event if isinstance(event[0], int) else (None, *event)
        fields = {} if at is None else {"t_ns": START_NS + at * US}
        if name in ("enter", "resume"):
            fields["function"] = functions[rest[0]]
        elif name in ("arguments", "result"):
            fields["json"] = rest[0]
        elif name == "instant":
            fields.update(name=strings(rest[0]), scope=rest[1], json=rest[2])
        elif name == "counter":
            fields.update(name=strings(rest[0]), value=rest[1])
        elif name == "task":
            fields.update(task=rest[0], name=strings(rest[1]) if rest[1] else 0)
        elif name in ("gap", "resync"):
            fields["count"] = rest[0]
        lane.emit(name, **fields)


def process(pid, command, threads, ended_us):
    """A traced process; threads: of (tid, name, what happens, functions that are open already)."""
    heat = recording.Recording(TRACER)
    process = heat.process(pid, command, START_NS)
    functions = {key: heat.function(*function) for key, function in FUNCTIONS.items()}
    for tid, name, events, already in threads:
        thread = heat.thread(process, tid, name, START_NS)
        lane = heat.lane()
        lane.emit("lane", thread=thread, t_ns=START_NS + 5 * US, depth=len(already))
        for function in already:
            lane.emit("open", function=functions[function])
        put(lane, functions, heat.string, events)
    heat.emit("process_end", process=process, t_ns=START_NS + ended_us * US, exit_status=0)
    return heat


def write(path, *more):
    app = process(100, "python app.py --name \"x & y\" '<z>'",
                  [(100, "MainThread", MAIN, []), (101, "wörker \"1\" <b>\t💩", WORKER, ["module"])],
                  100)
    app.note("command", "python app.py --name \"x & y\" '<z>'")
    child = process(200, "python -c busy()", [(200, "", KILLED, [])], 58)
    app.write(path, WALL_NS, START_NS, START_NS + 100 * US, child, *more)
