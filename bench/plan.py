"""How a figure is measured: who takes part, how long and how often, and what is kept of it.

Every profiler is measured once per round, one after the other, so that what else the machine does
falls on all of them. A row keeps every value; the table shows the least (noise only ever adds) and
the median.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import machine
import process
import profilers


class Plan:
    def __init__(self, quick=False, long=False, rounds=None, names=()):
        self.quick, self.long = quick, long
        self.rounds = rounds or (1 if quick else 2)
        self.scratch = Path(tempfile.mkdtemp(prefix="heatline-bench-"))
        self.number = 0
        self.skipped, self.profilers = {}, []
        for profiler in profilers.ALL:
            if names and not any(name in profiler.name.lower() for name in names):
                continue
            why = profiler.missing()
            if why:
                self.skipped[profiler.name] = why
                say(f"skipping {profiler.name}: {why}")
            else:
                self.profilers.append(profiler)

    @property
    def contenders(self):
        """Each profiler once, for figures that the interpreter's version hardly changes."""
        once = {profiler.name.split(" on ")[0]: profiler for profiler in reversed(self.profilers)}
        return [profiler for profiler in self.profilers if profiler in once.values()]

    def seconds(self, quick, full):
        return quick if self.quick else full

    def file(self, suffix):
        """A new path in the scratch folder."""
        self.number += 1
        return str(self.scratch / f"{self.number}{suffix}")

    def compiled(self, source, *flags):
        """The path of a compiled C workload. Raises RuntimeError where that cannot be."""
        out = self.file("-" + source.removesuffix(".c"))
        why = machine.compile_c(process.WORKLOADS / source, out, *flags)
        if why:
            raise RuntimeError(why)
        return out

    def target(self, profiler, program, *args, core=None):
        return process.Target(machine.interpreter(profiler.python), program, *args, core=core)

    def start(self, profiler, target, rate, seconds, core=None, **how):
        """Start a profiler on a target; returns (sampler, output path)."""
        out = self.file(".out")
        command = profiler.command(target.pid, rate, seconds, out, **how)
        command = [str(part) for part in command]
        return process.Sampler(command, self.file(".log"), core=core), out

    def record(self, profiler, target, rate, seconds, core=None, **how):
        """Sample a target for some seconds. Returns (account, output path)."""
        sampler, out = self.start(profiler, target, rate, seconds, core=core, **how)
        if profiler.stop:
            sampler.rest(seconds)
        account = sampler.finish(profiler.stop, patience_s=seconds + 60)
        if not Path(out).exists():
            raise RuntimeError(f"wrote nothing: {account.complaint}")
        return account, out

    def interleave(self, cases, measure):
        """Measure every case once per round: `measure(case)` gives a dict, a failure a reason.

        Returns {case: (list of dicts, reason or None)}. A case that failed is not tried again.
        """
        found = {case: ([], None) for case in cases}
        for turn in range(self.rounds):
            for case, (values, why) in found.items():
                if why:
                    continue
                begin = time.monotonic()
                try:
                    values.append(measure(case))
                except (OSError, RuntimeError, ValueError, KeyError) as error:
                    found[case] = (values, str(error) or type(error).__name__)
                label = " ".join(str(getattr(part, "name", part)) for part in case)
                say(f"  {turn + 1}/{self.rounds} {label}: {brief(found[case])} "
                    f"({time.monotonic() - begin:.0f} s)")
        return found

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)


def brief(outcome):
    values, why = outcome
    if why:
        return why
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in values[-1].items()
        if value is not None
    )


def row(name, values, key, high=False, **labels):
    """One row of a table: the round with the best `key`, and the median of `key`."""
    best = (max if high else min)(values, key=lambda value: value[key])
    return {
        "profiler": name,
        **labels,
        **best,
        "median": statistics.median(value[key] for value in values),
        "rounds": [value[key] for value in values],
    }


def rows(found, key, high=False, label=None):
    """The rows of what `interleave` returned, for cases (profiler,) or (profiler, variant)."""
    made = []
    for case, (values, why) in found.items():
        labels = {label: case[1]} if label else {}
        name = getattr(case[0], "name", case[0])
        if values and not why:
            made.append(row(name, values, key, high, **labels))
        else:
            made.append({"profiler": name, **labels, "failed": why or "not measured"})
    return made


def say(text):
    print(text, file=sys.stderr, flush=True)
