"""CPU time of a sampler for each sample that it emits, as fast as it can go.

One thread, 25 frames deep. The sampler's whole CPU time, its start and its writing included, by the
samples in the file that it leaves. `calm` loops in one function, so that two readings of its stack
agree. `plain` calls functions and methods, many of them shorter than the time between two readings;
in `slots` every layer of that program is called through C, and its frames lie in as many pieces.
"""

from plan import rows

NAME = "cost"
TITLE = "CPU per emitted sample, free running, one thread, 25 frames"
GOAL = "at most 8 µs a sample, every stack verified"
KEY, RATIO, VARIANT = "us", True, "calls"
JUDGED = ("calm", "plain")
COLUMNS = (
    ("calls", "calls", ""),
    ("us", "µs a sample, least", ".1f"),
    ("median", "median", ".1f"),
    ("samples", "samples", ",d"),
    ("rejected", "rejected", ",d"),
    ("truncated", "truncated", ",d"),
    ("lost", "lost", ",d"),
)


def missed(row):
    return None if row["us"] <= 8 else f"{row['us']:.1f} µs"


def sample(plan, profiler, calls="plain", sampler_core=None, target_core=None):
    """One free-running recording. Used by the figure `rate` as well."""
    seconds = plan.seconds(3, 5)
    program = ["calm.py"] if calls == "calm" else ["ordinary.py", calls]
    with plan.target(profiler, *program, core=target_core) as target:
        account, out = plan.record(profiler, target, 0, seconds, core=sampler_core)
    count, findings = profiler.samples(out, account)
    if not count:
        raise RuntimeError(f"no samples: {account.complaint}")
    return {
        "us": account.cpu_s / count * 1e6,
        "per_s": count / seconds,
        "samples": count,
        "cpu_s": account.cpu_s,
        **findings,
    }


def measure(plan):
    cases = [(profiler, calls) for calls in ("calm", "plain", "slots") for profiler in plan.profilers]
    return rows(plan.interleave(cases, lambda case: sample(plan, *case)), "us", label=VARIANT)
