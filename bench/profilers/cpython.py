"""CPython 3.15's own sampler, `python -m profiling.sampling`, on targets of the same 3.15."""

import collections
import re

from .profiler import Profiler, collapsed
import machine


def frame(text):
    """`file:function:line`."""
    file, function, line = text.rsplit(":", 2) if text.count(":") > 1 else ("", text, 0)
    return function, int(line)


class CPythonSampler(Profiler):
    name = "CPython 3.15 sampler"
    python = "3.15"

    def missing(self):
        if not machine.interpreter(self.python):
            return "no python3.15 (tools/sid-root makes one)"
        return None

    def command(self, pid, rate, seconds, out, every_thread=False, block=None, stacks=False):
        command = [machine.interpreter(self.python), "-m", "profiling.sampling", "attach"]
        command += ["-r", rate or 1000000, "-d", seconds, "-o", out, "--no-gc"]
        command += ["--collapsed" if stacks else "--binary"]
        command += ["-a"] if every_thread else []
        command += ["--blocking"] if block else []
        return [*command, pid]

    def samples(self, out, account):
        """Those written; what it calls captured includes the reads that failed."""
        written = re.search(r"Binary profile written to .* \((\d+) samples\)", account.said)
        if written:
            return int(written.group(1)), {}
        return sum(self.stacks(out).values()), {}

    def stacks(self, out):
        with open(out, errors="replace") as lines:
            found = collapsed(lines, frame)
        return collections.Counter({stack[1:]: count for stack, count in found.items()})
