"""The agent of this process: heatline-agent.so as the module `heatline_agent` (src/agent/module.c)."""

import importlib.util
import os
from importlib.machinery import ExtensionFileLoader

NAME = "heatline-agent.so"
_agent = None


def _mapped():
    """Where the agent lies that is in this process already: `heatline trace` has put it there."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                if path.endswith("/" + NAME):
                    return "/" + path
    except OSError:
        pass
    return None


def _installed():
    """Where it lies beside the program: PREFIX/lib/heatline for PREFIX/bin, or both in one folder."""
    from heatline import find_program

    folder = os.path.dirname(os.path.realpath(find_program()))
    places = [os.path.join(folder, NAME), os.path.join(folder, os.pardir, "lib", "heatline", NAME)]
    for place in places:
        if os.path.isfile(place):
            return os.path.normpath(place)
    raise FileNotFoundError("%s is not installed beside the program heatline" % NAME)


def load(install=True):
    """The module. `install` False: None, unless it is in this process already."""
    global _agent
    if _agent is None:
        path = _mapped() or (_installed() if install else None)
        if path is None:
            return None
        loader = ExtensionFileLoader("heatline_agent", path)
        spec = importlib.util.spec_from_file_location("heatline_agent", path, loader=loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        _agent = module
    return _agent
