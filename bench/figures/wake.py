"""A sampler's CPU at 1 kHz, above that of a loop that only sleeps 1,000 times a second.

Waking is not free, and what it costs is the machine's affair: so `wake` (C, absolute sleeps) is
measured in the same rounds, and a sampler's figure is what it adds, in points of one core. Shares
are taken once the sampler runs steadily, without its start and its end.
"""

import process
from plan import row

NAME = "wake"
TITLE = "sampler's CPU at 1 kHz above a loop that only sleeps, points of a core"
GOAL = "at most 1 point above the loop"
KEY, RATIO, VARIANT = "added", False, None
COLUMNS = (
    ("added", "points added", "+.2f"),
    ("share", "share of a core, least", ".2f"),
    ("median", "median", ".2f"),
    ("per_s", "samples/s", ",.0f"),
)
RATE, LEAD_S = 1000, 1.5


def missed(row):
    return None if row["added"] <= 1 else f"{row['added']:+.2f} points"


def sample(plan, profiler, program, args, rate, **how):
    """The steady share of a core in percent, and the samples a second over the whole recording."""
    seconds = plan.seconds(3, 5)
    whole = round(LEAD_S + seconds + 2)
    with plan.target(profiler, program, *args) as target:
        sampler, out = plan.start(profiler, target, rate, whole, **how)
        share = 100 * sampler.share(LEAD_S, seconds)
        account = sampler.finish(profiler.stop)
    count, findings = profiler.samples(out, account)
    return {"share": share, "per_s": count / min(whole, account.wall_s), **findings}


def sleeping(plan):
    seconds = plan.seconds(3, 5)
    command = [str(plan.wake), str(RATE), str(seconds + 2)]
    sampler = process.Sampler(command, plan.file(".log"))
    share = 100 * sampler.share(0.5, seconds)
    sampler.finish()
    return {"share": share, "per_s": float(RATE)}


def measure(plan):
    plan.wake = plan.compiled("wake.c")
    cases = [("a loop that only sleeps",), *((profiler,) for profiler in plan.profilers)]

    def one(case):
        if isinstance(case[0], str):
            return sleeping(plan)
        return sample(plan, case[0], "ordinary.py", (), RATE)

    found = plan.interleave(cases, one)
    loop, why = found[cases[0]]
    if why or not loop:
        raise RuntimeError(f"the sleeping loop: {why}")
    floor = min(value["share"] for value in loop)
    made = []
    for case, (values, why) in found.items():
        name = getattr(case[0], "name", case[0])
        if why:
            made.append({"profiler": name, "failed": why})
            continue
        made.append(row(name, values, "share"))
        made[-1]["added"] = made[-1]["share"] - floor
    return made
