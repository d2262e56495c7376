"""The highest rate of stacks, the sampler on one core and the target on another.

The programs are those of `cost`: `calm` and `plain`.
"""

import machine
from plan import rows, say
from . import cost

NAME = "rate"
TITLE = "highest rate on one core, samples a second"
GOAL = "at least 100,000 verified stacks a second"
KEY, RATIO, VARIANT = "per_s", True, "calls"
JUDGED = ("calm", "plain")
COLUMNS = (
    ("calls", "calls", ""),
    ("per_s", "samples/s, most", ",.0f"),
    ("median", "median", ",.0f"),
    ("rejected", "rejected", ",d"),
    ("truncated", "truncated", ",d"),
    ("lost", "lost", ",d"),
)


def missed(row):
    return None if row["per_s"] >= 100000 else f"{row['per_s']:,.0f}/s"


def measure(plan):
    cores = machine.cores()
    if not cores:
        say("  only one core: sampler and target share it")
    ours, theirs = cores or (None, None)
    cases = [(profiler, calls) for calls in JUDGED for profiler in plan.profilers]
    found = plan.interleave(cases, lambda case: cost.sample(plan, *case, ours, theirs))
    return rows(found, "per_s", high=True, label=VARIANT)
