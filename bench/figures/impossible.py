"""Stacks that cannot have been, of a program that does nothing but call and return.

In `workloads/calls.py` each function has one caller and each caller one line with the call, so a
stack either is the beginning of one of its eight chains or was torn between two moments. Counted
are stacks whose functions cannot follow one another, and stacks whose functions can but with a
caller on another line than that of the call. What a profiler gives up itself is not counted here.

Throwing away what looks torn throws away deep stacks first, so the mean depth is compared with the
truth: py-spy stopping the whole process for each of 1,000 samples a second, which tears nothing and
leaves the program time to run in between. Everyone is asked for 27,000 samples a second, of which
some are skipped, and no more: a program that is stopped as often as can be runs for a few
microseconds between two stops, with cold caches, and spends its time elsewhere than when it is left
alone. Where it does differs from process to process, too, so all are measured on the same one, the
truth before each of them. A profile is taken as it weighs itself, each profiler on one core and the
program on another; `±` is the standard error of the truth and the profile together.

But even 1,000 stops a second make the program another one: its mean depth is greater by a percent
than when nobody stops it. So where Heatline stops nothing it is compared with the truth that is
taken at the same time, in a recording of its own, by `beside truth`; that is on the same core and
takes fewer samples, which count for nothing else.

With --long, Heatline as it is takes its million of samples, in pieces with the truth before each.
"""

import math
import subprocess
from concurrent.futures import ThreadPoolExecutor

import machine
import process
from plan import brief, say
from profilers.heatline import Heatline
from profilers.pyspy import PySpy

NAME = "impossible"
TITLE = "impossible stacks, a program that does nothing but call and return"
GOAL = "none in 1,000,000 samples at 20,000/s or more, mean depth within 1 % of the truth"
KEY, RATIO, VARIANT = "percent", False, "mode"
JUDGED = ("as it is",)
COLUMNS = (
    ("mode", "mode", ""),
    ("samples", "samples", ",d"),
    ("per_s", "samples/s", ",.0f"),
    ("impossible", "impossible", ",d"),
    ("percent", "%", ".3f"),
    ("wrong_line", "wrong line", ",d"),
    ("depth", "mean depth", ".3f"),
    ("beside", "beside truth", ".3f"),
    ("off", "% off the truth", "+.2f"),
    ("error", "± %", ".2f"),
    ("rejected", "rejected", ",d"),
    ("truncated", "truncated", ",d"),
)
TRUTH_RATE, RATE = 1000, 27000
ROOT = ("<module>", "repeat", "main")
MODES = {"never stops": False, "stops all": True}


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

    def judge(self, stacks, samples):
        """The shares of what cannot be, and the mean and variance of the depth."""
        weight = depths = squares = impossible = wrong_line = 0
        for stack, count in stacks.items():
            weight += count
            depths += count * len(stack)
            squares += count * len(stack) ** 2
            if not self.possible(tuple(name for name, _ in stack)):
                impossible += count
            elif not self.right_lines(stack):
                wrong_line += count
        if not weight:
            raise RuntimeError("no samples")
        return {
            "samples": samples,
            "impossible": math.ceil(impossible * samples / weight),
            "wrong_line": math.ceil(wrong_line * samples / weight),
            "depth": depths / weight,
            "variance": squares / weight - (depths / weight) ** 2,
        }


def judged(plan, judge, target, profiler, mode, seconds):
    rate = TRUTH_RATE if mode == "truth" else RATE
    how = {"block": MODES.get(mode), "stacks": True, "core": (machine.cores() or (None,))[0]}
    account, out = plan.record(profiler, target, rate, seconds, **how)
    samples, findings = profiler.samples(out, account)
    return {**judge.judge(profiler.stacks(out), samples), "seconds": seconds, **findings}


def stops_nothing(case):
    profiler, mode = case
    return isinstance(profiler, Heatline) and mode == "as it is" and profiler.probes()


def at_once(plan, judge, target, case, reference):
    """The case and the truth, at the same time."""
    seconds = plan.seconds(6, 12)
    with ThreadPoolExecutor(1) as pool:
        truth = pool.submit(judged, plan, judge, target, reference, "truth", seconds)
        return judged(plan, judge, target, *case, seconds), truth.result()


def merged(values):
    """Several recordings as one: sums of counts, means by samples."""
    row = {key: sum(value[key] for value in values) for key in values[0]}
    for key in ("depth", "variance"):
        row[key] = sum(value[key] * value["samples"] for value in values) / row["samples"]
    return row


def total(values):
    """The same, with what follows from it."""
    row = merged(values)
    count = row["samples"]
    row["square_error"] = row.pop("variance") / count / row["depth"] ** 2
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


def pieces_of(plan, case):
    """A million samples are to be had in five times twelve seconds."""
    profiler, mode = case
    mine = isinstance(profiler, Heatline) and profiler.python == "3.13" and mode == "as it is"
    return 5 if plan.long and mine else 1


def one_process(plan, reference, judge, cases):
    """Measure all cases on one target, the truth before each.

    Returns ({case: value}, truths, {case: [(value, truth) at the same time]}).
    """
    values, truths, pairs = {}, [], {}
    with plan.target(reference, "calls.py", core=(machine.cores() or (None, None))[1]) as target:
        for case in cases:
            profiler, mode = case
            try:
                pieces = []
                for _ in range(pieces_of(plan, case)):
                    if not reference.missing():
                        seconds = plan.seconds(3, 6)
                        truths.append(judged(plan, judge, target, reference, "truth", seconds))
                    seconds = plan.seconds(5, 12 if isinstance(profiler, Heatline) else 5)
                    pieces.append(judged(plan, judge, target, profiler, mode, seconds))
                    if not reference.missing() and stops_nothing(case):
                        pair = at_once(plan, judge, target, case, reference)
                        pairs.setdefault(case, []).append(pair)
                values[case] = merged(pieces)
                say(f"  {profiler.name}, {mode}: {brief(([values[case]], None))}")
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                values[case] = str(error) or type(error).__name__
                say(f"  {profiler.name}, {mode}: {values[case]}")
    return values, truths, pairs


def compared(value, truth):
    """How far off a depth is, and the square error of the truth."""
    return {
        "off": 100 * (value["depth"] / truth["depth"] - 1),
        "truth_error": truth["square_error"],
    }


def measure(plan):
    cases = [(profiler, mode) for profiler in plan.profilers for mode in takes_part(profiler)]
    versions = sorted({profiler.python for profiler in plan.profilers})
    references = {version: PySpy(version) for version in versions}
    found = {case: [] for case in cases}
    for version, reference in references.items():
        found[reference, "truth"] = []
    for _ in range(plan.rounds):
        for version, reference in references.items():
            judge = Judge(machine.interpreter(version))
            mine = [case for case in cases if case[0].python == version]
            values, truths, pairs = one_process(plan, reference, judge, mine)
            truth = total(truths) if truths else None
            for case, value in values.items():
                if case in pairs and isinstance(value, dict):
                    beside, at_once_truth = (total(side) for side in zip(*pairs[case]))
                    value |= compared(beside, at_once_truth)
                    value["beside"] = beside["depth"]
                    value["truth_error"] += beside["square_error"]
                elif truth and isinstance(value, dict):
                    value |= compared(value, truth)
                found[case].append(value)
            found[reference, "truth"] += truths
    return [made_of(case, values) for case, values in found.items() if values]


def made_of(case, values):
    labels = {"profiler": case[0].name, "mode": case[1]}
    if case[1] == "truth":
        labels["mode"] += f" on {case[0].python}"
    failed = [value for value in values if not isinstance(value, dict)]
    if failed:
        return {**labels, "failed": failed[0]}
    off = [value.pop("off", None) for value in values]
    beside = [value.pop("beside", None) for value in values]
    truth_error = sum(value.pop("truth_error", 0) for value in values) / len(values) ** 2
    row = {**labels, **total(values)}
    if None not in beside:
        row["beside"] = sum(beside) / len(beside)
    row["error"] = 100 * math.sqrt(row.pop("square_error") + truth_error)
    if None not in off:
        row["off"] = sum(off) / len(off)
    return row
