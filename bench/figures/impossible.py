"""Stacks that cannot have been, of a program that does nothing but call and return.

In `workloads/calls.py` each function has one caller and each caller one line with the call, so a
stack either is the beginning of one of its eight chains or was torn between two moments. Counted
are stacks whose functions cannot follow one another, and stacks whose functions can but with a
caller on another line than that of the call. What a profiler gives up itself is not counted here.

Throwing away what looks torn throws away deep stacks first, so the mean depth is compared with the
truth: py-spy stopping the whole process for every sample, which tears nothing. Its standard error
is given; it is slow, so the truth is known to a few tenths of a percent.
"""

import math
import subprocess

import machine
import process
from profilers.heatline import Heatline
from profilers.pyspy import PySpy

NAME = "impossible"
TITLE = "impossible stacks, a program that does nothing but call and return"
GOAL = "none in 1,000,000 samples at 20,000/s or more, mean depth within 1 % of the truth"
KEY, RATIO, VARIANT = "percent", False, "mode"
COLUMNS = (
    ("mode", "mode", ""),
    ("samples", "samples", ",d"),
    ("per_s", "samples/s", ",.0f"),
    ("impossible", "impossible", ",d"),
    ("percent", "%", ".3f"),
    ("wrong_line", "wrong line", ",d"),
    ("depth", "mean depth", ".3f"),
    ("off", "% off the truth", "+.2f"),
    ("error", "± %", ".2f"),
    ("rejected", "rejected", ",d"),
    ("truncated", "truncated", ",d"),
)
ROOT = ("<module>", "repeat", "main")
MODES = {"as it is": None, "never stops": False, "stops all": True}


def missed(row):
    lacks = []
    if row["impossible"] or row["wrong_line"]:
        lacks.append(f"{row['impossible']} impossible, {row['wrong_line']} on a wrong line")
    if row["samples"] < 1000000:
        lacks.append(f"only {row['samples']:,} samples")
    if row["per_s"] < 20000:
        lacks.append(f"only {row['per_s']:,.0f}/s")
    if row.get("off") is None or abs(row["off"]) > 1:
        lacks.append("mean depth " + (f"{row['off']:+.2f} %" if "off" in row else "not compared"))
    return ", ".join(lacks) or None


class Judge:
    """Knows the program's possible stacks from the program itself."""

    def __init__(self, python):
        told = subprocess.run(
            [python, "-B", process.WORKLOADS / "calls.py", "map"],
            capture_output=True,
            text=True,
            check=True,
        )
        self.calls = {}
        for line in told.stdout.splitlines():
            function, caller, at = line.split()
            self.calls[function] = (caller, int(at))

    def possible(self, names):
        if names[: len(ROOT)] != ROOT[: len(names)]:
            return False
        below = zip(names[len(ROOT) - 1 :], names[len(ROOT) :])
        return bool(names) and all(self.calls.get(name, ("",))[0] == caller for caller, name in below)

    def right_lines(self, stack):
        callers = zip(stack[len(ROOT) - 1 :], stack[len(ROOT) :])
        return all(caller[1] == self.calls[frame[0]][1] for caller, frame in callers)

    def count(self, stacks):
        tally = {"samples": 0, "impossible": 0, "wrong_line": 0, "depths": 0, "squares": 0}
        for stack, count in stacks.items():
            tally["samples"] += count
            tally["depths"] += count * len(stack)
            tally["squares"] += count * len(stack) ** 2
            if not self.possible(tuple(name for name, _ in stack)):
                tally["impossible"] += count
            elif not self.right_lines(stack):
                tally["wrong_line"] += count
        return tally


def judged(plan, judge, profiler, mode, seconds):
    with plan.target(profiler, "calls.py") as target:
        account, out = plan.record(
            profiler, target, 0, seconds, block=MODES.get(mode, True), stacks=True
        )
    _, findings = profiler.samples(out, account)
    tally = judge.count(profiler.stacks(out))
    if not tally["samples"]:
        raise RuntimeError(f"no samples: {account.complaint}")
    return {**tally, "seconds": seconds, **findings}


def total(values):
    """All rounds as one row: its shares, its mean depth and the standard error of that, in %."""
    row = {key: sum(value[key] for value in values) for key in values[0]}
    count = row["samples"]
    mean = row.pop("depths") / count
    variance = row.pop("squares") / count - mean**2
    row["depth"] = mean
    row["error"] = 100 * math.sqrt(max(variance, 0) / count) / mean
    row["percent"] = 100 * row["impossible"] / count
    row["per_s"] = count / row.pop("seconds")
    return row


def takes_part(profiler):
    """The modes in which a profiler is tried: each as it is, and the extremes where it has them."""
    if isinstance(profiler, PySpy):
        return ("never stops",)
    if isinstance(profiler, Heatline) and profiler.python == "3.13":
        return ("as it is", "never stops", "stops all")
    return ("as it is",)


def measure(plan):
    cases = [(profiler, mode) for profiler in plan.profilers for mode in takes_part(profiler)]
    versions = sorted({profiler.python for profiler, _ in cases})
    judges = {version: Judge(machine.interpreter(version)) for version in versions}
    references = [PySpy(version) for version in versions]
    references = [reference for reference in references if not reference.missing()]
    cases += [(reference, "truth") for reference in references]

    def one(case):
        profiler, mode = case
        ours = isinstance(profiler, Heatline)
        seconds = plan.seconds(5, 15 if ours else 5)
        if mode == "truth":
            seconds = plan.seconds(8, 20)
        return judged(plan, judges[profiler.python], profiler, mode, seconds)

    found = plan.interleave(cases, one)
    truth = {}
    for (profiler, mode), (values, why) in found.items():
        if mode == "truth" and values and not why:
            truth[profiler.python] = total(values)["depth"]
    made = []
    for (profiler, mode), (values, why) in found.items():
        labels = {"profiler": profiler.name, "mode": mode}
        if why:
            made.append({**labels, "failed": why})
            continue
        made.append({**labels, **total(values)})
        if profiler.python in truth:
            made[-1]["off"] = 100 * (made[-1]["depth"] / truth[profiler.python] - 1)
    return made
