"""The tracers, and how each runs a program: with functions of C in the trace, without, or with its own functions
filtered out.

The peers are installed with pip into an environment of their own, made with the CPython on which all of them are
measured: 3.13, and a free-threaded one for what only that can show.
"""

import json
import os
import subprocess
import sys
import time

import machine
import process
from profilers.heatline import Heatline

PINNED = {"3.13": ("viztracer==1.1.1", "trace0==0.1.16"), "3.13t": ("viztracer==1.1.1",)}


def folder(version):
    return machine.CACHE / "bench" / f"tracers-{version}"


def prepare(version="3.13"):
    """Installs what is pinned, once. Returns why it cannot be had, or None."""
    stamp, pinned = folder(version) / "pinned", PINNED[version]
    if stamp.exists() and stamp.read_text() == "\n".join(pinned):
        return None
    interpreter = machine.interpreter(version)
    if not interpreter:
        return f"no CPython {version}"
    print(f"installing the tracers for {version}:", ", ".join(pinned), file=sys.stderr, flush=True)
    for command in ([interpreter, "-m", "venv", "--clear", folder(version)],
                    [python(version), "-m", "pip", "install", "-q", *pinned]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            return "it cannot be installed: " + (done.stderr.strip().splitlines() or ["?"])[-1]
    stamp.write_text("\n".join(pinned))
    return None


def python(version="3.13"):
    return str(folder(version) / "bin/python")


def nothing(program, out, functions, version="3.13"):
    return [python(version), program]


def heatline(program, out, functions, version="3.13"):
    options = {"Python": ["--ignore-c-function"], "Python, C": [],
               "filtered": ["--ignore-c-function", "--exclude-files", program]}[functions]
    return [Heatline.binary, "trace", "--quiet", "-o", out + ".heat", *options, "--", python(version),
            program]


def viztracer(program, out, functions, version="3.13"):
    options = {"Python": ["--ignore_c_function"], "Python, C": [],
               "filtered": ["--ignore_c_function", "--exclude_files", program]}[functions]
    return [python(version), "-m", "viztracer", "--quiet", "--tracer_entries", "4000000", "-o", out + ".json",
            *options, "--", program]


def trace0(program, out, functions, version="3.13"):
    if functions != "Python" or version != "3.13":
        return None
    return [str(folder(version) / "bin/trace0"), "run", "-o", out + ".pb", program]


ALL = {"nothing": (nothing, None), "Heatline": (heatline, ".heat"), "VizTracer": (viztracer, ".json"),
       "trace0": (trace0, ".pb")}


def run(name, workload, out, functions, version="3.13", arguments=()):
    """What a workload prints, as JSON, when it runs under a tracer. Besides: `bytes` of the file that was written, and
    when the command ended, `ended_s` of the monotonic clock."""
    make, suffix = ALL[name]
    command = [*make(str(process.WORKLOADS / workload), out, functions, version), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    ended_s = time.monotonic()
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError(done.stderr.strip()[-200:] or f"exit status {done.returncode}")
    size = os.path.getsize(out + suffix) if suffix else 0
    if suffix:
        os.unlink(out + suffix)
    return {**json.loads(lines[0]), "bytes": size, "ended_s": ended_s}
