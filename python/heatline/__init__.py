"""Heatline's Python side: finds the program `heatline` and becomes it; and the interface for programs that trace
themselves (docs/python-api.md). It has no dependencies, and loads nothing before it is used."""

import os
import shutil
import sys
import sysconfig


def find_program():
    """The path of the program: of this environment, of this checkout, or of PATH."""
    package = os.path.dirname(os.path.abspath(__file__))
    places = [
        os.path.join(sysconfig.get_path("scripts"), "heatline"),
        # Installed by `--user` or `--prefix` it is beside another lib/ than the interpreter's own.
        os.path.join(package, *[os.pardir] * 4, "bin", "heatline"),
        os.path.join(package, os.pardir, os.pardir, "build", "heatline"),
    ]
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return os.path.normpath(place)
    place = shutil.which("heatline")
    if place is None:
        raise FileNotFoundError("the program heatline is not installed beside its Python package")
    return place


def main():
    """Replaces this process by the program, with the same arguments."""
    try:
        program = find_program()
        os.execv(program, [program, *sys.argv[1:]])
    except OSError as error:
        sys.exit("heatline: %s" % error)


_HOMES = {name: "heatline.tracer" for name in (
    "Tracer", "trace", "get_tracer", "log_event", "log_var", "add_instant", "add_counter", "add_object",
    "log_sparse", "ignore_function", "trace_and_save")}
_HOMES["LoggingHandler"] = "heatline.handler"
_HOMES["load_ipython_extension"] = "heatline.jupyter"


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError("module 'heatline' has no attribute %r" % name)
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *_HOMES])
