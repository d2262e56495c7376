"""A sampler's CPU at 100 Hz over 50 threads, every thread's stack taken each time.

`blocked`: one thread works, 49 wait. `contending`: all 50 want the GIL. Steady shares as in `wake`.
"""

from plan import rows
from . import wake

NAME = "threads"
TITLE = "sampler's CPU at 100 Hz over 50 threads, percent of a core"
GOAL = "at most 3 % of a core"
KEY, RATIO, VARIANT = "share", True, "threads"
COLUMNS = (
    ("threads", "threads", ""),
    ("share", "share of a core, least", ".2f"),
    ("median", "median", ".2f"),
    ("per_s", "stacks/s", ",.0f"),
)


def missed(row):
    return None if row["share"] <= 3 else f"{row['share']:.2f} %"


def measure(plan):
    cases = [
        (profiler, variant)
        for variant in ("blocked", "contending")
        for profiler in plan.contenders
    ]

    def one(case):
        return wake.sample(plan, case[0], "threads.py", (case[1],), 100, every_thread=True)

    return rows(plan.interleave(cases, one), "share", label=VARIANT)
