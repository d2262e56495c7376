"""What tracing adds to a call when many threads call at once.

The same calls of a Python function, in one thread and in ten, on CPython 3.13; and in one and in two, each with a core
of its own, on a free-threaded 3.13. What a call adds is CPU time of the whole process, so waiting for one another costs
nothing, and writing to the same memory does. `of one thread`: what it adds beside that of one thread alone.
"""

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
    found = tracers.run(name, "threaded_calls.py", plan.file(""), "Python", python, [str(threads)])
    return {"call_ns": found["call_ns"], "bytes": found["bytes"] / found["calls"]}


def measure_on(plan, python):
    cases = [(name, python, threads) for version, threads in CASES if version == python
             for name in tracers.ALL if tracers.ALL[name][0]("", "", "Python", python)]
    found = plan.interleave(cases, lambda case: run(plan, *case))
    least = {case: min((value["call_ns"] for value in values), default=None) for case, (values, _) in found.items()}
    for (name, _, threads), (values, failed) in found.items():
        row = {"profiler": name, "case": f"{python}, {threads}"}
        if name == "nothing":
            continue
        bare, bare_one = (least["nothing", python, count] for count in (threads, 1))
        here, one = least[name, python, threads], least[name, python, 1]
        if failed or None in (bare, bare_one, here, one):
            yield {**row, "failed": failed or "not measured"}
        else:
            yield {**row, "added_ns": here - bare, "of_one": (here - bare) / (one - bare_one),
                   "bytes": values[0]["bytes"]}


def measure(plan):
    plan.rounds = max(plan.rounds, 4)
    made = []
    for python in dict.fromkeys(version for version, _ in CASES):
        why = tracers.prepare(python)
        if why:
            say(f"  {why}")
        else:
            made += measure_on(plan, python)
    return made
