"""py-spy. Its duration counts ticks and not seconds, so a signal ends it."""

import signal

from .profiler import Profiler, collapsed, named_frame
import machine
import peers


class PySpy(Profiler):
    name = "py-spy"
    stop = signal.SIGINT

    def __init__(self, python="3.13"):
        self.python = python

    def missing(self):
        if not machine.interpreter(self.python):
            return f"no python{self.python} for its targets"
        return peers.missing("py-spy")

    def command(self, pid, rate, seconds, out, every_thread=False, block=None, stacks=False):
        command = [peers.path("py-spy"), "record", "-p", pid, "-f", "raw", "-o", out]
        command += ["-r", rate or 1000000, "-d", "unlimited"]
        command += ["--idle"] if every_thread else []
        command += ["--nonblocking"] if block is False else []
        return command

    def samples(self, out, account):
        return sum(self.stacks(out).values()), {}

    def stacks(self, out):
        with open(out, errors="replace") as lines:
            return collapsed(lines, named_frame)
