"""The recording behind every golden: small, and with all that makes exporters stumble."""

import recording
from recording import FROZEN, GC, GIL_HELD, GIL_WAIT, ON_CPU, TRUNCATED

MS = 1_000_000
START_NS = 5_000_000_000_000
WALL_NS = 1_700_000_000 * 1_000_000_000

APP = "/srv/app/app.py"
JSON = "/usr/lib/python3.13/json/encoder.py"
NUMPY = "/srv/venv/lib/python3.13/site-packages/numpy/linalg/_linalg.py"
FROZEN_IMPORT = "<frozen importlib._bootstrap>"

MODULE = ("<module>", APP, 1, 40)
MAIN = ("main", APP, 30, 33)


# Name → frames (name, file, first line, line), outermost first.
STACKS = {
    "spin": [MODULE, MAIN, ("spin", APP, 3, 5)],
    "spin next line": [MODULE, MAIN, ("spin", APP, 3, 6)],
    "encode": [MODULE, MAIN, ("JSONEncoder.encode", JSON, 183, 200)],
    "lambda": [MODULE, MAIN, ("main.<locals>.<lambda>", APP, 34, 34), ("svd", NUMPY, 1600, 1650)],
    "import": [("_find_and_load", FROZEN_IMPORT, 1349, 1360)],
    "emoji": [MODULE, ("💩_π_用户", "/srv/app/файл \"ü\".py", 7, 9)],
    "markup": [MODULE, ("a<b>&'c'\"]]>;d", "/srv/app/x]]>&.py", 1, 2)],
    "broken": [MODULE, (b"bad\xff\xfe\xed\xa0\x80\nline\x1b[31m\x00cut",
                        b"/srv/app/\x80\xe2\x28.py", 2, 0)],
    "worker": [("Thread._bootstrap", "/usr/lib/python3.13/threading.py", 1000, 1012),
               ("Worker.run", "/srv/app/pkg/jobs.py", 10, 14)],
    "wait": [MODULE, MAIN, ("Popen.wait", "/usr/lib/python3.13/subprocess.py", 1260, 1264)],
    "child": [("<module>", "<string>", 1, 1), ("busy", "<string>", 2, 3)],
    "none": [],
}

SHOWN = {STACKS["broken"][1][0]: "bad\ufffd\ufffd\ufffd line [31m"}  # else as it is


# Milliseconds from the start, process, then what each of its threads did.
LOOKS = [
    (10, "app", [("main", "import", ON_CPU | GIL_HELD)]),
    (20, "app", [("main", "spin", ON_CPU | GIL_HELD)]),
    (30, "app", [("main", "spin", ON_CPU | GIL_HELD), ("worker", "worker", GIL_WAIT)]),
    (40, "app", [("main", "spin next line", ON_CPU | GIL_HELD | FROZEN),
                 ("worker", "worker", GIL_WAIT)]),
    (50, "app", [("main", "encode", ON_CPU | GIL_HELD), ("worker", "worker", ON_CPU)]),
    (60, "app", [("main", "encode", ON_CPU | GIL_HELD | GC), ("worker", "worker", ON_CPU)]),
    (60, "child", [("child", "child", ON_CPU | GIL_HELD)]),
    (70, "app", [("main", "lambda", ON_CPU), ("worker", "worker", ON_CPU | GIL_HELD)]),
    (70, "child", [("child", "child", ON_CPU | GIL_HELD)]),
    (80, "app", [("main", "wait", 0), ("worker", "worker", ON_CPU | GIL_HELD)]),
    (95, "app", [("main", "wait", 0), ("worker", "worker", 0)]),  # a late look weighs more
    (95, "child", [("child", "child", ON_CPU | GIL_HELD), ("sub", "child", ON_CPU)]),
    (100, "app", [("main", "emoji", ON_CPU | GIL_HELD), ("worker", "worker", 0)]),
    (110, "app", [("main", "markup", ON_CPU | GIL_HELD), ("worker", "worker", 0)]),
    (120, "app", [("main", "broken", ON_CPU | GIL_HELD | TRUNCATED)]),
    (130, "app", [("main", "none", ON_CPU)]),
    (140, "app", [("main", "spin", ON_CPU | GIL_HELD)]),
]


def looks():
    """LOOKS with the time each stands for."""
    last_ms = {"app": 0, "child": 50}
    for at_ms, process, samples in LOOKS:
        yield at_ms, at_ms - last_ms[process], process, samples
        last_ms[process] = at_ms


def totals_ms(threads=("main", "worker", "child", "sub")):
    """Function → [time itself, time with what it called], idle or not: what every consumer must
    come to. What is on a stack twice would count once."""
    totals = {}
    for _, period_ms, _, samples in looks():
        for thread, stack, state in samples:
            if thread not in threads:
                continue
            names = [SHOWN.get(frame[0], frame[0]) for frame in STACKS[stack]]
            names += ["<GC>"] if state & GC else []
            for name in set(names):
                totals.setdefault(name, [0, 0])[1] += period_ms
            if names:
                totals[names[-1]][0] += period_ms
    return totals


def build():
    heat = recording.Recording()
    heat.note("command", "python app.py --name \"x & y\" '<z>'")
    heat.note("rate_hz", "100")
    app = heat.process(100, "python app.py --name \"x & y\" '<z>'", START_NS)
    child = heat.process(200, "python -c import time\nbusy();busy()", START_NS + 50 * MS, parent=app)
    processes = {"app": app, "child": child}
    threads = {
        "main": heat.thread(app, 100, "MainThread", START_NS),
        "worker": heat.thread(app, 101, "wörker \"1\" <b>\t💩", START_NS + 25 * MS),
        "child": heat.thread(child, 200, "", START_NS + 50 * MS),
        "sub": heat.thread(child, 200, "MainThread", START_NS + 80 * MS, interpreter=1),
    }
    known = {name: heat.stack(*frames) for name, frames in STACKS.items()}
    for at_ms, period_ms, process, samples in looks():
        heat.emit("tick", process=processes[process], t_ns=START_NS + at_ms * MS,
                  period_ns=period_ms * MS)
        for thread, stack, state in samples:
            heat.emit("sample", thread=threads[thread], stack=known[stack], state=state)
    heat.emit("reject", thread=threads["worker"], reason=1)
    heat.emit("process_end", process=child, t_ns=START_NS + 100 * MS, exit_status=0)
    return heat


def write(path):
    build().write(path, WALL_NS, START_NS, START_NS + 140 * MS)
