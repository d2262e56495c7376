"""The wheel: what pip and uv install from this checkout works, without a network."""
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heatline"
OFFLINE = ["--no-index", "--find-links", str(CACHE / "wheels")]
UV = [str(CACHE / "venv/bin/uv"), "pip", "install", "--no-cache"]
VERSION = re.search(r"heatline VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())[1]


def run(*argv, status=0, **options):
    run = subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, **options)
    assert run.returncode == status, "%s ended with %d:\n%s" % (argv, run.returncode, run.stdout)
    return run.stdout


@pytest.fixture
def source(tmp_path):
    """A copy of what git knows, as a build leaves its folder in the source tree."""
    copy = tmp_path / "source"
    copy.mkdir()
    names = run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    present = [name for name in names.split("\0") if name and (ROOT / name).is_file()]
    run("cp", "--parents", "-t", copy, *present, cwd=ROOT)
    return copy


@pytest.fixture
def environment(tmp_path):
    run("/usr/bin/python3", "-m", "venv", tmp_path / "venv")
    return tmp_path / "venv" / "bin"


def assert_works(environment):
    for argv in ([environment / "heatline"], [environment / "python", "-m", "heatline"]):
        assert run(*argv, "--version").strip().split()[-1] == VERSION
    assert (environment / "heatline").read_bytes()[:4] == b"\x7fELF"
    # The agent is found where it is installed.
    trace = environment / "trace.heat"
    run(environment / "heatline", "trace", "--quiet", "-o", trace, "--", environment / "python", "-c",
        "def traced(): pass\ntraced()")
    assert "traced" in run(environment / "heatline", "report", trace, "--functions")
    # A program traces itself by the agent that is installed.
    run(environment / "python", "-c", "import heatline\ndef own(): pass\n"
        "with heatline.trace(%r): own()" % str(trace))
    assert "own" in run(environment / "heatline", "report", trace, "--functions")
    # What the program says of a mistake, and its exit status, come through.
    run(environment / "python", "-m", "heatline", "no-such-command", status=2)


def test_pip_install(source, environment):
    run(environment / "python", "-m", "pip", "install", *OFFLINE, source)
    assert_works(environment)


def test_uv_pip_install(source, environment):
    run(*UV, *OFFLINE, "--python", environment / "python", source)
    assert_works(environment)


def test_wheel_fits_every_python(source, tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", *OFFLINE, "-w", tmp_path, source)
    (wheel,) = tmp_path.glob("*.whl")
    assert re.fullmatch(r"heatline-%s-py3-none-linux_\w+\.whl" % re.escape(VERSION), wheel.name)
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "heatline-%s.data/scripts/heatline" % VERSION in names
    assert {"heatline/%s.py" % name for name in
            ("__init__", "__main__", "agent", "handler", "jupyter", "tracer")} <= names
    assert not [name for name in names if name.endswith((".a", ".h", ".o"))]


def test_package_of_a_checkout_finds_its_build(tmp_path):
    """Without an installation, build/heatline is what `python -m heatline` becomes."""
    program = tmp_path / "build" / "heatline"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho \"built: $*\"\n")
    program.chmod(0o755)
    shutil.copytree(ROOT / "python", tmp_path / "python")
    out = run(sys.executable, "-m", "heatline", "a", "b c", cwd=tmp_path,
              env={**os.environ, "PYTHONPATH": str(tmp_path / "python")})
    assert out == "built: a b c\n"
