"""The CPU of a live view at 100 Hz over 50 threads, with py-spy's `record` beside its `top`.

Each `top` draws on a terminal of 80 x 24 that nobody looks at. The programs are those of `threads`.
"""

import fcntl
import os
import pty
import struct
import termios
import threading

import process
from plan import rows
from profilers.heatline import Heatline
from profilers.pyspy import PySpy
from . import wake

NAME = "top"
TITLE = "CPU of a live view at 100 Hz over 50 threads, percent of a core"
GOAL = "at most 4 % of a core"
KEY, RATIO, VARIANT = "share", True, "threads"
COLUMNS = (
    ("threads", "threads", ""),
    ("share", "share of a core, least", ".2f"),
    ("median", "median", ".2f"),
)


class Terminal:
    """A terminal whose output is thrown away. A context; `fd` is the side that programs get."""

    def __enter__(self):
        self.master, self.fd = pty.openpty()
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        threading.Thread(target=self.drain, daemon=True).start()
        return self

    def drain(self):
        try:
            while os.read(self.master, 65536):
                pass
        except OSError:
            pass  # closed

    def __exit__(self, *_):
        os.close(self.fd)
        os.close(self.master)


class View(process.Sampler):
    """A command on that terminal."""

    def __init__(self, command, terminal, log):
        wrapped = ["sh", "-c", 'TERM=xterm exec "$0" "$@" <&%d >&%d' % (terminal.fd, terminal.fd)]
        os.set_inheritable(terminal.fd, True)
        self.log = process.Path(log)
        with open(log, "wb") as out:
            self.process = process.subprocess.Popen(
                [*wrapped, *command], stderr=out, close_fds=False, start_new_session=True
            )
        self.pid = self.process.pid
        self.begin = process.time.monotonic()


class LiveView:
    """A profiler's `top`, told apart by its name."""

    def __init__(self, profiler, command):
        self.profiler, self.command = profiler, command
        self.name = "Heatline" if isinstance(profiler, Heatline) else profiler.name + " top"
        self.python = profiler.python

    def share(self, plan, variant):
        with plan.target(self, "threads.py", variant) as target, Terminal() as terminal:
            view = View([*self.command, "-p", str(target.pid)], terminal, plan.file(".log"))
            share = 100 * view.share(wake.LEAD_S, plan.seconds(3, 6))
            view.finish(process.signal.SIGINT)
        return {"share": share}


def views(plan):
    found = []
    for profiler in plan.contenders:
        if isinstance(profiler, Heatline):
            found.append(LiveView(profiler, [profiler.binary, "top", "-r", "100"]))
        if isinstance(profiler, PySpy):
            command = profiler.command(0, 100, 0, "")[0]
            found.append(LiveView(profiler, [command, "top", "-r", "100"]))
    return found


def missed(row):
    return None if row["share"] <= 4 else f"{row['share']:.2f} %"


def measure(plan):
    recorders = [profiler for profiler in plan.contenders if isinstance(profiler, PySpy)]
    cases = [
        (contender, variant)
        for variant in ("blocked", "contending")
        for contender in [*views(plan), *recorders]
    ]

    def one(case):
        contender, variant = case
        if isinstance(contender, LiveView):
            return contender.share(plan, variant)
        taken = wake.sample(plan, contender, "threads.py", (variant,), 100)
        return {"share": taken["share"]}

    return rows(plan.interleave(cases, one), "share", label=VARIANT)
