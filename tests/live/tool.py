"""Runs the program under test: build/heatline, or whatever $HEATLINE names."""
import json
import os
import shlex
import subprocess
import time
from collections import namedtuple
from pathlib import Path

import stacks
from target import Target

Result = namedtuple("Result", "status out err")


def statement(err):
    """The parts of an error message: the sentences and the hints."""
    lines = [line for line in err.splitlines() if line]
    return ([line for line in lines if line.startswith("heatline: ")],
            [line for line in lines if line.startswith("hint: ")], lines)


class Heatline:
    def __init__(self, binary, folder):
        self.binary = binary
        self.folder = folder
        self._count = 0

    def path(self, suffix):
        """A fresh path for an output."""
        self._count += 1
        return self.folder / ("out-%d%s" % (self._count, suffix))

    def argv(self, *arguments):
        return shlex.split(self.binary) + [str(argument) for argument in arguments]

    def run(self, *arguments, timeout_s=60, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        run = subprocess.run(self.argv(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=timeout_s, env=environment(env), **options)
        return Result(run.returncode, run.stdout.decode(errors="replace"),
                      run.stderr.decode(errors="replace"))

    def start(self, *arguments, env=None, **options):
        return Target(self.argv(*arguments), env=environment(env), **options)

    def record(self, *options, pid=None, command=None, duration_s=1, rate_hz=100, fmt="speedscope",
               status=0, timeout_s=60, **popen):
        """Records and reads back; `pid` or `command` is the target."""
        out = self.path({"raw": ".txt", "speedscope": ".json"}[fmt])
        arguments = ["record", "-f", fmt, "-o", out, "-r", rate_hz]
        if duration_s is not None:
            arguments += ["-d", duration_s]
        arguments += options
        arguments += ["-p", pid] if pid is not None else ["--", *command]
        began = time.monotonic()
        run = self.run(*arguments, timeout_s=timeout_s, **popen)
        took_s = time.monotonic() - began
        assert run.status == status, "%s ended with %d, not %d:\n%s" % (
            shlex.join(self.argv(*arguments)), run.status, status, run.err[-3000:])
        profile = stacks.PARSERS[fmt](out.read_text())
        if fmt == "speedscope":
            longest_s = max((sample.weight for sample in profile.samples), default=0)
            assert longest_s <= took_s, "a sample of %g s in %g s" % (longest_s, took_s)
        return profile

    def info(self, path):
        run = self.run("info", path, "--json")
        assert run.status == 0, "info %s ended with %d: %s" % (path, run.status, run.err)
        return json.loads(run.out)

    def export(self, path, fmt, *options):
        out = self.path({"raw": ".txt", "speedscope": ".json"}.get(fmt, ".out"))
        run = self.run("export", path, "-f", fmt, "-o", out, *options)
        assert run.status == 0, "export -f %s ended with %d: %s" % (fmt, run.status, run.err)
        return stacks.PARSERS[fmt](out.read_text()) if fmt in stacks.PARSERS else out


def environment(extra):
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONSTARTUP"):
        env.pop(name, None)
    env.update(extra or {})
    return env


def find_binary():
    return os.environ.get("HEATLINE") or str(Path(__file__).resolve().parents[2] / "build/heatline")
