"""What this machine offers a benchmark: interpreters, a C compiler, its cores, its name by class."""

import datetime
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heatline"
SID = CACHE / "sid"  # made by tools/sid-root
FREE_THREADED = CACHE / "free-threaded-3.13"  # made by tools/free-threaded-python


def interpreter(version):
    """The path of a CPython `version` ("3.13"), or None. Never a shim: the target is that process."""
    name = f"python{version}"
    found = sorted((Path.home() / ".pyenv/versions").glob(f"{version}*/bin/{name}"))
    found += [Path(folder) / name for folder in os.environ.get("PATH", "").split(":") if folder]
    found += [SID / "usr/outside/bin" / name, FREE_THREADED / "bin" / name]
    for path in found:
        if os.access(path, os.X_OK) and "shims" not in path.parts:
            return str(path)
    return None


def compile_c(source, out, *flags):
    """Compile one C file. Returns why not, or None."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        return "no C compiler"
    command = [compiler, "-std=gnu17", "-O2", *flags, "-o", str(out), str(source), "-pthread"]
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{source.name} does not compile: {done.stderr.strip()}"


def cores():
    """Two cores to keep a sampler and its target apart, or None."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else None


def describe():
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model.group(1) if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory.group(1)) / 2**20),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
        if hasattr(platform, "freedesktop_os_release")
        else "Linux",
        "load_before": os.getloadavg()[0],
    }
