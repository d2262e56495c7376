"""Heatline: the binary of this checkout, `--heatline PATH`, or the one on the path."""

import json
import os
import shutil
import subprocess

from .profiler import Profiler, collapsed, named_frame
import machine

BUILT = machine.HERE.parent / "build/heatline"


class Heatline(Profiler):
    binary = str(BUILT) if BUILT.exists() else shutil.which("heatline")

    def __init__(self, python):
        self.python = python
        self.name = "Heatline" if python == "3.13" else f"Heatline on {python}"

    def missing(self):
        if not self.binary or not os.access(self.binary, os.X_OK):
            return "no heatline binary (make build)"
        if not machine.interpreter(self.python):
            return f"no python{self.python}"
        return None

    def probes(self):
        """Does it stop no thread that runs?"""
        told = subprocess.run([self.binary, "doctor", "--json"], capture_output=True, text=True)
        return json.loads(told.stdout)["machine"]["probing"] is True

    def command(self, pid, rate, seconds, out, every_thread=False, block=None, stacks=False):
        command = [self.binary, "record", "-p", pid, "-r", rate or 1000000, "-d", seconds]
        command += ["-f", "heat", "-o", out]
        command += ["--idle"] if every_thread else []
        command += [] if block is None else ["--blocking" if block else "--nonblocking"]
        return command

    def info(self, out):
        done = subprocess.run(
            [self.binary, "info", out, "--json"], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def samples(self, out, account):
        found = self.info(out)
        return found["samples"], {
            key: found[key] for key in ("rejected", "truncated", "lost") if key in found
        }

    def stacks(self, out):
        with subprocess.Popen(
            [self.binary, "export", out, "-f", "raw", "-o", "-"], stdout=subprocess.PIPE, text=True
        ) as export:
            return collapsed(export.stdout, named_frame)
