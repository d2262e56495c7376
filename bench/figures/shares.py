"""How far a profile's shares are from the truth, at 1 kHz, on a program whose halves stand 3:1.

The truth is the program's own account of the CPU time of each half over the time of the recording;
beside it stands the error against wall time, which differs where the machine is busy elsewhere.
The halves take turns, and where they do so in step with the sampler a share goes astray; so there
are several periods, and the worst counts. 10 seconds each, 3 with --quick.
"""

import os
import struct

NAME = "shares"
TITLE = "error of a share, a 3:1 program at 1 kHz, points"
GOAL = "at most 1 point at every period"
KEY, RATIO, VARIANT = "worst", False, None
PERIODS_MS = (1, 4, 10, 37)
COLUMNS = (
    ("worst", "worst error", ".2f"),
    ("worst_wall", "against wall time", ".2f"),
    *((f"at_{period}", f"{period} ms", "+.2f") for period in PERIODS_MS),
    ("samples", "samples", ",d"),
)


def missed(row):
    return None if row["worst"] <= 1 else f"{row['worst']:.2f} points"


def account_of(path):
    with open(path, "rb") as file:
        return struct.unpack("4q", file.read())


def error(plan, profiler, period_ms):
    """Points between the share of `three` in the profile and in its CPU and wall time."""
    path = plan.file(".truth")
    with open(path, "wb") as file:
        file.write(bytes(32))
    seconds = plan.seconds(3, 10)
    with plan.target(profiler, "halves.py", period_ms, path) as target:
        before = account_of(path)
        _, out = plan.record(profiler, target, 1000, seconds, stacks=True)
        after = account_of(path)
    spent = [late - early for early, late in zip(before, after)]
    counts = {"three": 0, "one": 0}
    for stack, count in profiler.stacks(out).items():
        for name, _ in stack:
            if name in counts:
                counts[name] += count
    os.unlink(path)
    seen = sum(counts.values())
    if not seen:
        raise RuntimeError("no sample of either half")
    share = counts["three"] / seen
    return {
        "points": 100 * (share - spent[2] / (spent[2] + spent[3])),
        "wall_points": 100 * (share - spent[0] / (spent[0] + spent[1])),
        "samples": seen,
    }


def measure(plan):
    periods = PERIODS_MS[::2] if plan.quick else PERIODS_MS
    rounds, plan.rounds = plan.rounds, 1
    cases = [(profiler, period) for period in periods for profiler in plan.contenders]
    try:
        found = plan.interleave(cases, lambda case: error(plan, *case))
    finally:
        plan.rounds = rounds
    made = []
    for profiler in plan.contenders:
        mine = {period: found[(profiler, period)] for period in periods}
        failed = next((why for _, why in mine.values() if why), None)
        if failed:
            made.append({"profiler": profiler.name, "failed": failed})
            continue
        at = {period: values[0] for period, (values, _) in mine.items()}
        made.append({
            "profiler": profiler.name,
            "worst": max(abs(value["points"]) for value in at.values()),
            "worst_wall": max(abs(value["wall_points"]) for value in at.values()),
            **{f"at_{period}": value["points"] for period, value in at.items()},
            "samples": sum(value["samples"] for value in at.values()),
        })
    return made
