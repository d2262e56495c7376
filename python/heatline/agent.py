"""The agent of this process: heatline-agent.so as the module `heatline_agent` (src/agent/module.c).

Programs on musl may be started with it; from then on they take heatline-agent-musl.so only."""

import importlib.util
import os
from importlib.machinery import ExtensionFileLoader

NAME, MUSL_NAME = "heatline-agent.so", "heatline-agent-musl.so"
_agent = None


def _mapped():
    """The files in this process, by their names: `heatline trace` may have put the agent there."""
    found = {}
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                found.setdefault(os.path.basename(path), "/" + path)
    except OSError:
        pass
    return found


def _installed(name):
    """Where it lies beside the program: PREFIX/lib/heatline for PREFIX/bin, or both in one folder."""
    from heatline import find_program

    folder = os.path.dirname(os.path.realpath(find_program()))
    places = [os.path.join(folder, name), os.path.join(folder, os.pardir, "lib", "heatline", name)]
    for place in places:
        if os.path.isfile(place):
            return os.path.normpath(place)
    raise FileNotFoundError("%s is not installed beside the program heatline" % name)


def _is_musl(mapped):
    """Debian's loader is a link to libc.so, which glibc has no file of."""
    return any(name == "libc.so" or name.startswith("ld-musl-") for name in mapped)


def load(install=True):
    """The module. `install` False: None, unless it is in this process already."""
    global _agent
    if _agent is None:
        mapped = _mapped()
        path = mapped.get(NAME) or mapped.get(MUSL_NAME)
        if path is None and install:
            path = _installed(MUSL_NAME if _is_musl(mapped) else NAME)
        if path is None:
            return None
        loader = ExtensionFileLoader("heatline_agent", path)
        spec = importlib.util.spec_from_file_location("heatline_agent", path, loader=loader)
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        _agent = module
    return _agent
