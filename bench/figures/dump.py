"""How long one look takes: `heatline dump` and `py-spy dump` of 50 threads with 30 frames each.

The time is the whole command's, from its start to its end, its text thrown away; the programs are
those of `threads`, deeper. How long the target stood still is what `heatline dump --json` says of
itself, in runs of their own; py-spy, which stops the target for all of its look, does not say.
"""

import json
import statistics
import subprocess
import time

import peers
from plan import rows
from profilers.heatline import Heatline
from profilers.pyspy import PySpy

NAME = "dump"
TITLE = "one look at 50 threads of 30 frames, ms"
GOAL = "at most 10 ms, the target stopped for at most 1 ms"
KEY, RATIO, VARIANT = "ms", True, "threads"
COLUMNS = (
    ("threads", "threads", ""),
    ("ms", "whole command, least", ".2f"),
    ("median", "median", ".2f"),
    ("stopped", "stopped, least", ".3f"),
    ("stopped_median", "median", ".3f"),
)

LEVELS = 26  # with those of threading and of what waits, 30 or 31 frames
LOOKS = 20


class Look:
    """A profiler's `dump`."""

    def __init__(self, profiler, binary):
        self.name, self.python = profiler.name, profiler.python
        self.command = [binary, "dump", "-p"]

    def run(self, pid, *options):
        """Returns (milliseconds, output)."""
        begin = time.perf_counter()
        done = subprocess.run([*self.command, str(pid), *options], capture_output=True)
        ms = 1000 * (time.perf_counter() - begin)
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace").strip())
        return ms, done.stdout

    def stopped_ms(self, pid):
        """For how long the target stood still in each of some looks, by what the dump says."""
        looks = [json.loads(self.run(pid, "--json")[1]) for _ in range(LOOKS)]
        return [threads[0]["process_info"]["stopped_ns"] / 1e6 for threads in looks]


def looks(plan):
    for profiler in plan.contenders:
        if isinstance(profiler, Heatline):
            yield Look(profiler, profiler.binary)
        if isinstance(profiler, PySpy):
            yield Look(profiler, peers.path("py-spy"))


def missed(row):
    late = f"{row['ms']:.2f} ms" if row["ms"] > 10 else None
    still = f"stopped for {row['stopped']:.3f} ms" if row["stopped"] > 1 else None
    return ", ".join(filter(None, (late, still))) or None


def measure(plan):
    cases = [(look, variant) for variant in ("blocked", "contending") for look in looks(plan)]

    def one(case):
        look, variant = case
        with plan.target(look, "threads.py", variant, LEVELS) as target:
            found = {"ms": min(look.run(target.pid)[0] for _ in range(LOOKS))}
            if look.name == "Heatline":
                stopped = look.stopped_ms(target.pid)
                found.update(stopped=min(stopped), stopped_median=statistics.median(stopped))
        return found

    return rows(plan.interleave(cases, one), "ms", label=VARIANT)
