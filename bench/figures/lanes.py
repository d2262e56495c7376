"""What tracing adds to a call when many threads call at once.

The same calls of a Python function, in one thread and in ten, on CPython 3.13; and in one and in two, each with a core
of its own, on a free-threaded 3.13. What a call adds is CPU time of the whole process, so waiting for one another costs
nothing, and writing to the same memory does. `of one thread`: what it adds beside that of one thread alone.
"""

import json
import os
import subprocess

import process
import tracers
from plan import say

NAME = "lanes"
TITLE = "tracing many threads: CPU nanoseconds added to a call"
GOAL = "no shared write: at ten threads, and at one on each of two cores, at most 1.25 of what one thread pays"
KEY, RATIO, VARIANT = "added_ns", True, "case"
COLUMNS = (
    ("case", "Python, threads", ""),
    ("added_ns", "added to a call, ns", "+.1f"),
    ("of_one", "of one thread", ".2f"),
    ("bytes", "bytes a call", ".1f"),
)
CASES = (("3.13", 1), ("3.13", 10), ("3.13t", 1), ("3.13t", 2))
LIMIT = 1.25


def missed(row):
    return None if row.get("of_one", 0) <= LIMIT else f"{row['of_one']:.2f} of one thread's"


def run(plan, name, python, threads):
    make, suffix = tracers.ALL[name]
    out = plan.file("")
    command = make(str(process.WORKLOADS / "threaded_calls.py"), out, "Python", python)
    done = subprocess.run([*command, str(threads)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(done.stderr.strip()[-200:] or f"exit status {done.returncode}")
    found = json.loads(lines[0])
    size = os.path.getsize(out + suffix) if suffix else 0
    if suffix:
        os.unlink(out + suffix)
    return {"call_ns": found["call_ns"], "bytes": size / found["calls"]}


def measure(plan):
    plan.rounds = max(plan.rounds, 4)
    made = []
    for python in ("3.13", "3.13t"):
        why = tracers.prepare(python)
        if why:
            say(f"  {why}")
            continue
        cases = [(name, python, threads) for version, threads in CASES if version == python
                 for name in tracers.ALL if tracers.ALL[name][0]("", "", "Python", python)]
        found = plan.interleave(cases, lambda case: run(plan, *case))
        least = {case: min(value["call_ns"] for value in values) for case, (values, _) in found.items() if values}
        for (name, _, threads), (values, failed) in found.items():
            row = {"profiler": name, "case": f"{python}, {threads}"}
            if failed or not values:
                made.append({**row, "failed": failed or "not measured"})
            elif name != "nothing":
                added = {count: least[name, python, count] - least["nothing", python, count]
                         for version, count in CASES if version == python and (name, python, count) in least}
                made.append({**row, "added_ns": added[threads], "of_one": added[threads] / added.get(1, added[threads]),
                             "bytes": values[0]["bytes"]})
    return made
