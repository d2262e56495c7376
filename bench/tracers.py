"""The tracers, and how each runs a program: with functions of C in the trace, without, or with its own functions
filtered out.

The peers are installed with pip into an environment of their own, made with CPython 3.13, on which all of them are
measured.
"""

import subprocess
import sys

import machine
from profilers.heatline import Heatline

PYTHON = "3.13"
PINNED = ("viztracer==1.1.1", "trace0==0.1.16")
FOLDER = machine.CACHE / "bench/tracers"
STAMP = FOLDER / "pinned"


def prepare():
    """Installs what is pinned, once. Returns why it cannot be had, or None."""
    if STAMP.exists() and STAMP.read_text() == "\n".join(PINNED):
        return None
    interpreter = machine.interpreter(PYTHON)
    if not interpreter:
        return f"no CPython {PYTHON}"
    print("installing the tracers:", ", ".join(PINNED), file=sys.stderr, flush=True)
    for command in ([interpreter, "-m", "venv", "--clear", FOLDER],
                    [FOLDER / "bin/python", "-m", "pip", "install", "-q", *PINNED]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            return "it cannot be installed: " + (done.stderr.strip().splitlines() or ["?"])[-1]
    STAMP.write_text("\n".join(PINNED))
    return None


def python():
    return str(FOLDER / "bin/python")


def nothing(program, out, functions):
    return [python(), program]


def heatline(program, out, functions):
    options = {"Python": ["--ignore-c-function"], "Python, C": [],
               "filtered": ["--ignore-c-function", "--exclude-files", program]}[functions]
    return [Heatline.binary, "trace", "--quiet", "-o", out + ".heat", *options, "--", python(), program]


def viztracer(program, out, functions):
    options = {"Python": ["--ignore_c_function"], "Python, C": [],
               "filtered": ["--ignore_c_function", "--exclude_files", program]}[functions]
    return [python(), "-m", "viztracer", "--quiet", "--tracer_entries", "4000000", "-o", out + ".json",
            *options, "--", program]


def trace0(program, out, functions):
    return None if functions != "Python" else [str(FOLDER / "bin/trace0"), "run", "-o", out + ".pb", program]


ALL = {"nothing": (nothing, None), "Heatline": (heatline, ".heat"), "VizTracer": (viztracer, ".json"),
       "trace0": (trace0, ".pb")}
