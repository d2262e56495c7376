"""Finds the Python interpreters of this machine; knows nothing of Heatline.

tools/pythons lists them: LABEL, VERSION, COMMAND, separated by tabs. A label may have a suffix, as in
3.14-chroot, which starts its Python in a root and mount namespace of its own, where this checkout
and /tmp lie at their usual places. HEATLINE_PYTHONS="3.8 3.13t" leaves only these labels.
"""
import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FAMILIES = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.15")

PROBE = """
import importlib.util, json, sys, sysconfig
print(json.dumps({
    "version": list(sys.version_info[:3]), "text": sys.version.split()[0],
    "executable": sys.executable, "prefix": sys.base_prefix,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "shared": bool(sysconfig.get_config_var("Py_ENABLE_SHARED")),
    "musl": "musl" in (sysconfig.get_config_var("MULTIARCH") or ""),
    "ctypes": importlib.util.find_spec("_ctypes") is not None}), flush=True)
sys.stdin.read()
"""


class Interpreter:
    """One Python: how to start it and what it is."""

    def __init__(self, label, command):
        self.label = label
        self.command = command
        with subprocess.Popen(command + ["-c", PROBE], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as probe:
            line = probe.stdout.readline()
            if not line:
                raise RuntimeError(probe.stderr.read().decode(errors="replace").strip()[-200:])
            facts = json.loads(line)
            self.is_local = os.readlink("/proc/%d/root" % probe.pid) == "/"
            probe.stdin.close()
        self.version = tuple(facts["version"])
        self.text = facts["text"] + (" free-threaded" if facts["free_threaded"] else "")
        self.executable = facts["executable"]
        self.prefix = Path(facts["prefix"])
        self.free_threaded = facts["free_threaded"]
        self.shared = facts["shared"]
        self.musl = facts["musl"]
        self.ctypes = facts["ctypes"]
        self.compiler = "musl-gcc" if self.musl else "gcc"  # for what it is to be linked with
        self.family = "%d.%d" % self.version[:2] + ("t" if self.free_threaded else "")

    def need_ctypes(self):
        if not self.ctypes:
            pytest.skip("Python %s has no ctypes" % self.label)

    def name(self, qualified):
        """What a function is called in a stack: co_qualname since 3.11, co_name before."""
        return qualified if self.version >= (3, 11) else qualified.rsplit(".", 1)[-1]


def listed():
    """(label, command) of every interpreter that the machine offers."""
    tool = REPOSITORY / "tools" / "pythons"
    run = subprocess.run([str(tool), "--list"], stdout=subprocess.PIPE, check=True)
    for line in run.stdout.decode().splitlines():
        label, _version, command = line.split("\t")[:3]
        yield label, shlex.split(command)


def discover():
    """(label, Interpreter or None, why not) of all there are and of each family that is missing."""
    entries = []
    for label, command in listed():
        try:
            entries.append((label, Interpreter(label, command), None))
        except (OSError, RuntimeError, ValueError) as error:
            entries.append((label, None, "%s does not start: %s" % (shlex.join(command), error)))
    only = os.environ.get("HEATLINE_PYTHONS", "").split()
    if only:
        return sorted((entry for entry in entries if entry[0] in only), key=order)
    there = {family(entry) for entry in entries}
    for name in FAMILIES:
        if name not in there:
            entries.append((name, None, "no Python %s on this machine" % name))
    return sorted(entries, key=order)


def family(entry):
    label, python, _reason = entry
    return python.family if python else label.rsplit("-", 1)[-1]


def version(entry):
    """(3, 12) of an entry; of one that is missing, as far as its label tells."""
    numbers = [int(number) for number in re.findall(r"\d+", family(entry))[:2]]
    return tuple(numbers) or (3,)


def order(entry):
    return version(entry), entry[0]


def one_per_family(entries):
    """The entries without further builds of a version that is there already."""
    chosen = {}
    for entry in entries:
        name = family(entry)
        away = entry[1] is not None and not entry[1].is_local
        if not away and (name not in chosen or entry[0] == name):
            chosen[name] = entry
    return sorted(chosen.values(), key=order)
