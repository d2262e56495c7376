"""A sampler's memory and the size of what it writes, at 1 kHz on the ordinary program.

60 seconds, 10 with --quick; only --long measures the ten minutes that the goal speaks of, and the
column `seconds` says which it was. `growth` is from a quarter of the time to its end.
"""

import os

import process
from plan import rows

NAME = "memory"
TITLE = "sampler's memory at 1 kHz, and bytes a sample in its file"
GOAL = "after ten minutes at most 32 MiB, at most 12 bytes a sample"
KEY, RATIO, VARIANT = "peak_mib", True, None
COLUMNS = (
    ("seconds", "seconds", ",d"),
    ("peak_mib", "peak MiB", ".1f"),
    ("steady_mib", "MiB at the end", ".1f"),
    ("growth_mib", "growth MiB", "+.2f"),
    ("samples", "samples", ",d"),
    ("bytes", "bytes a sample", ".2f"),
)


def missed(row):
    lacks = []
    if row["peak_mib"] > 32:
        lacks.append(f"{row['peak_mib']:.1f} MiB")
    if row["bytes"] > 12:
        lacks.append(f"{row['bytes']:.1f} bytes a sample")
    if row["seconds"] < 600:
        lacks.append(f"{row['seconds']} seconds are not ten minutes (--long)")
    return ", ".join(lacks) or None


def sample(plan, profiler):
    seconds = 600 if plan.long else plan.seconds(10, 60)
    with plan.target(profiler, "ordinary.py") as target:
        sampler, out = plan.start(profiler, target, 1000, seconds + 2)
        sampler.rest(seconds / 4)
        early = process.memory_kib(sampler.pid)
        sampler.rest(seconds * 3 / 4)
        late = 0 if sampler.over() else process.memory_kib(sampler.pid)
        account = sampler.finish(profiler.stop)
    count, _ = profiler.samples(out, account)
    if not late or not count:
        raise RuntimeError(f"it ended early or took no sample: {account.complaint}")
    return {
        "seconds": seconds,
        "peak_mib": account.peak_kib / 1024,
        "steady_mib": late / 1024,
        "growth_mib": (late - early) / 1024,
        "samples": count,
        "bytes": os.path.getsize(out) / count,
    }


def measure(plan):
    cases = [(profiler,) for profiler in plan.contenders]
    rounds, plan.rounds = plan.rounds, 1
    try:
        return rows(plan.interleave(cases, lambda case: sample(plan, case[0])), "peak_mib")
    finally:
        plan.rounds = rounds
