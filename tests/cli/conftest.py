"""Fixtures of the command line's tests: the program, and a recording of known content."""

import os
import pathlib
import shlex
import shutil
import subprocess
from collections import namedtuple

import pytest

import busy

ROOT = pathlib.Path(__file__).resolve().parents[2]
Result = namedtuple("Result", "status out err")


def words():
    """The program under test, as live tests name it too."""
    return shlex.split(os.environ.get("HEATLINE") or str(ROOT / "build/heatline"))


def environment(**changed):
    """Ours without what changes messages and widths."""
    env = {key: value for key, value in os.environ.items()
           if key not in ("COLUMNS", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG")}
    return {**env, "TERM": "xterm", **changed}


@pytest.fixture
def heatline(tmp_path):
    if not shutil.which(words()[0]):
        pytest.fail("%s is not there; build it, or name another in HEATLINE" % words()[0])

    def run(*arguments, status=0, env=None, **options):
        process = subprocess.run([*words(), *map(str, arguments)], cwd=tmp_path,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, timeout=30,
                                 env=environment(**(env or {})), **options)
        result = Result(process.returncode, process.stdout.decode(), process.stderr.decode())
        assert result.status == status, result
        return result

    return run


@pytest.fixture
def recording(tmp_path):
    return busy.write(tmp_path / "busy.heat")
