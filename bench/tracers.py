"""The tracers, and how each runs a program: with functions of C in the trace, without, or with its own functions
filtered out.

The peers are installed with pip into an environment of their own, made with the CPython on which all of them are
measured: 3.13, and a free-threaded one for what only that can show.
"""

import subprocess
import sys

import machine
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
