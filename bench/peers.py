"""The peers that pip can install, in an environment of their own under the cache directory.

Austin's wheel asks for a newer C library than long-term distributions have; there it is started by
the loader of the Debian sid root that tools/sid-root makes.
"""

import functools
import subprocess
import sys
import venv

import machine

PINNED = ("py-spy==0.4.3", "austin-dist==4.0.0")
FOLDER = machine.CACHE / "bench/peers"
STAMP = FOLDER / "pinned"


@functools.lru_cache(None)
def prepare():
    """Install what is pinned, once. Returns why it cannot be had, or None."""
    if STAMP.exists() and STAMP.read_text() == "\n".join(PINNED):
        return None
    print("installing the peers:", ", ".join(PINNED), file=sys.stderr, flush=True)
    try:
        venv.create(FOLDER, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no environment for it: {error}"
    command = [FOLDER / "bin/python", "-m", "pip", "install", "-q", *PINNED]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return "pip could not install it: " + (done.stderr.strip().splitlines() or ["?"])[-1]
    STAMP.write_text("\n".join(PINNED))
    return None


def path(name):
    return str(FOLDER / "bin" / name)


@functools.lru_cache(None)
def austin():
    """The command that starts Austin here, or None."""
    plain = [path("austin")]
    loaders = sorted(machine.SID.glob("lib64/ld-linux*.so.*"))
    libraries = sorted(machine.SID.glob("usr/lib/*-linux-gnu"))
    ways = [plain]
    if loaders and libraries:
        ways.append([str(loaders[0]), "--library-path", str(libraries[0]), *plain])
    for way in ways:
        if subprocess.run([*way, "--version"], capture_output=True).returncode == 0:
            return way
    return None


@functools.lru_cache(None)
def missing(name):
    why = prepare()
    if why:
        return why
    if name == "austin" and not austin():
        return "it needs a newer C library (tools/sid-root makes one)"
    return None
