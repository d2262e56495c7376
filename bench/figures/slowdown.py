"""How much slower the target becomes.

One target does rounds of equal work without end and times each. A window with a profiler lies
between two without, and the rounds that lie within them are compared: the fastest with the fastest,
the median with the median. So bare and profiled rounds come from the same process, seconds apart.
A profiler's start is not in the window. Of several rounds of the figure the table shows the median,
as the least of several differences would flatter.
"""

import statistics
import time

NAME = "slowdown"
TITLE = "target's slowdown, percent"
GOAL = "ordinary at 1 kHz at most 1 %, calls at 1 kHz at most 3 %, natives at 100 Hz at most 1 %"
KEY, RATIO, VARIANT = "slower", False, "program"
COLUMNS = (
    ("program", "program", ""),
    ("slower", "wall, fastest rounds", "+.2f"),
    ("slower_median", "wall, median rounds", "+.2f"),
    ("cpu", "CPU, median rounds", "+.2f"),
    ("per_s", "samples/s", ",.0f"),
    ("counted", "rounds", ",d"),
)
LEAD_S = 1.2
RATES = {"ordinary": 1000, "calls": 1000, "natives": 100}
LIMITS = {"ordinary": 1, "calls": 3, "natives": 1}


def missed(row):
    limit = LIMITS[row["program"]]
    return None if row["slower"] <= limit else f"{row['slower']:+.2f} %"


def rounds_of(lines):
    """(begin, end, cpu) of each line; all in seconds."""
    return [tuple(float(word) for word in line.split()) for line in lines if line.count(" ") == 2]


def within(rounds, begin, end):
    """The rounds inside a window; if none ended there, those that reach into it."""
    inside = [r for r in rounds if r[0] >= begin and r[1] <= end]
    return inside or [r for r in rounds if r[0] < end and r[1] > begin]


def percent(profiled, bare, of):
    return 100 * (of(profiled) / of(bare) - 1)


def compare(plan, profiler, program):
    width = plan.seconds(1.5, 3)
    arguments = [plan.natives] if program == "natives" else []
    with plan.target(profiler, f"{program}.py", *arguments, "rounds") as target:
        target.lines(0.5)
        bare = rounds_of(target.lines(width / 2))
        seconds = round(LEAD_S + width + 1)
        sampler, out = plan.start(profiler, target, RATES[program], seconds)
        target.lines(LEAD_S)
        begin = time.monotonic()
        lines = target.lines(width)
        end = time.monotonic()
        if sampler.over():
            raise RuntimeError("it ended early: " + sampler.complaint())
        account = sampler.finish(profiler.stop)
        lines += target.lines(2, enough=2)
        bare += rounds_of(target.lines(width / 2))
    profiled = within(rounds_of(lines), begin, end)
    if not bare or not profiled:
        raise RuntimeError("the target finished no round")
    count, _ = profiler.samples(out, account)
    walls = [[r[1] - r[0] for r in rounds] for rounds in (profiled, bare)]
    cpus = [[r[2] for r in rounds] for rounds in (profiled, bare)]
    return {
        "slower": percent(*walls, min),
        "slower_median": percent(*walls, statistics.median),
        "cpu": percent(*cpus, statistics.median),
        "per_s": count / min(seconds, account.wall_s),
        "counted": len(profiled),
    }


def measure(plan):
    plan.natives = plan.compiled("natives.c", "-shared", "-fPIC")
    cases = [(profiler, program) for program in RATES for profiler in plan.contenders]
    found = plan.interleave(cases, lambda case: compare(plan, *case))
    made = []
    for (profiler, program), (values, why) in found.items():
        labels = {"profiler": profiler.name, "program": program}
        if why:
            made.append({**labels, "failed": why})
            continue
        middle = {key: statistics.median(value[key] for value in values) for key in values[0]}
        made.append({**labels, **middle, "counted": sum(value["counted"] for value in values)})
        made[-1]["rounds"] = [value["slower"] for value in values]
    return made
