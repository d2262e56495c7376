"""How long the table of functions takes of a trace with 100 million events (`--quick`: 10), and how much memory.

The recording is made first, by tracing two threads that do nothing but call 20 functions. No peer reads so many.
"""

import os
import subprocess
import time

import process
import tracers
from plan import say
from profilers.heatline import Heatline

NAME = "report"
TITLE = "the functions of a trace with 100 million events"
GOAL = "at most 5 s and 200 MB"
KEY, RATIO, VARIANT = "seconds", False, None
COLUMNS = (
    ("events", "events", ",.0f"),
    ("mib", "MiB of file", ",.0f"),
    ("seconds", "seconds, least", ".2f"),
    ("peak_mib", "peak MiB", ".1f"),
)


def missed(row):
    slow = f"{row['seconds']:.2f} s" if row["seconds"] > 5 else None
    large = f"{row['peak_mib']:.0f} MiB" if row["peak_mib"] > 190 else None
    return ", ".join(filter(None, (slow, large))) or None


def report(path):
    """(seconds, peak MiB) of one."""
    begin = time.perf_counter()
    run = subprocess.Popen([Heatline.binary, "report", path, "--functions"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise RuntimeError(f"exit status {run.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def measure(plan):
    why = tracers.prepare()
    if why:
        say(f"  {why}")
        return []
    calls = 5_000_000 if plan.quick else 50_000_000
    path = plan.file(".heat")
    subprocess.run([Heatline.binary, "trace", "--quiet", "--ignore-c-function", "-o", path, "--", tracers.python(),
                    process.WORKLOADS / "many_calls.py", str(calls)], check=True)
    found = [report(path) for _ in range(max(plan.rounds, 2))]
    row = {"profiler": "Heatline", "events": 2 * calls, "mib": os.path.getsize(path) / 2**20,
           "seconds": min(seconds for seconds, _ in found), "peak_mib": max(mib for _, mib in found)}
    os.unlink(path)
    return [row]
