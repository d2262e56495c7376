"""How far a profile's shares are from the truth, at 1 kHz, on a program whose halves stand 3:1.

The truth is the program's own account of the CPU time of each half over the time of the recording.
The halves take turns, and where they do so in step with the sampler a share goes astray; so there
are several periods, and the worst counts. 10 seconds each, 3 with --quick.
"""

import os
import struct

from plan import rows

NAME = "shares"
TITLE = "error of a share, a 3:1 program at 1 kHz, points"
GOAL = "at most 1 point at every period"
KEY, RATIO, VARIANT = "worst", False, None
PERIODS_MS = (1, 4, 10, 37)
COLUMNS = (
    ("worst", "worst error", ".2f"),
    *((f"at_{period}", f"{period} ms", "+.2f") for period in PERIODS_MS),
    ("samples", "samples", ",d"),
)


def missed(row):
    return None if row["worst"] <= 1 else f"{row['worst']:.2f} points"


def account_of(path):
    with open(path, "rb") as file:
        return struct.unpack("4q", file.read())


def error(plan, profiler, period_ms):
    """Points between the share of `three` in the profile and in truth, and the samples taken."""
    path = plan.file(".truth")
    with open(path, "wb") as file:
        file.write(bytes(32))
    seconds = plan.seconds(3, 10)
    with plan.target(profiler, "halves.py", period_ms, path) as target:
        before = account_of(path)
        _, out = plan.record(profiler, target, 1000, seconds, stacks=True)
        after = account_of(path)
    three, one = after[2] - before[2], after[3] - before[3]
    counts = {"three": 0, "one": 0}
    for stack, count in profiler.stacks(out).items():
        for name, _ in stack:
            if name in counts:
                counts[name] += count
    os.unlink(path)
    seen = sum(counts.values())
    if not seen:
        raise RuntimeError("no sample of either half")
    return 100 * (counts["three"] / seen - three / (three + one)), seen


def measure(plan):
    periods = PERIODS_MS[::2] if plan.quick else PERIODS_MS
    rounds, plan.rounds = plan.rounds, 1
    cases = [(profiler, period) for period in periods for profiler in plan.profilers]

    def one(case):
        points, seen = error(plan, *case)
        return {"points": points, "samples": seen}

    try:
        found = plan.interleave(cases, one)
    finally:
        plan.rounds = rounds
    made = []
    for profiler in plan.profilers:
        mine = {period: found[(profiler, period)] for period in periods}
        failed = next((why for _, why in mine.values() if why), None)
        if failed:
            made.append({"profiler": profiler.name, "failed": failed})
            continue
        points = {period: values[0]["points"] for period, (values, _) in mine.items()}
        made.append({
            "profiler": profiler.name,
            "worst": max(abs(value) for value in points.values()),
            **{f"at_{period}": value for period, value in points.items()},
            "samples": sum(values[0]["samples"] for values, _ in mine.values()),
        })
    return made
