"""google/pprof."""

import os
import re
import subprocess

import conftest
import pytest


@pytest.fixture(scope="module")
def pprof(exports):
    binary = conftest.fetched("pprof") / "pprof"

    def run(*options):
        return subprocess.run([binary, *options, exports["pprof"]], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True, text=True,
                              env={**os.environ, "TZ": "UTC"}).stdout
    return run


def rows(top):
    """Of -top: function → [itself, in all]."""
    found = {}
    for line in top.splitlines():
        row = re.match(r"\s*([0-9.]+)(?:ms)? +[0-9.]+% +[0-9.]+% +([0-9.]+)(?:ms)? +[0-9.]+%  (.*)",
                       line)
        if row:
            found[row[3]] = [float(row[1]), float(row[2])]
    return found


def test_times(pprof):
    top = pprof("-top", "-nodefraction=0", "-unit=ms")
    conftest.assert_times(rows(top))
    assert "Type: wall" in top
    assert "Time: Nov 14, 2023 at 10:13pm (UTC)" in top
    assert "Duration: 140ms, Total samples = 290ms" in top


def test_sample_counts(pprof):
    found = rows(pprof("-top", "-nodefraction=0", "-sample_index=samples"))
    assert found["busy"] == [4, 4]
    assert found["Worker.run"] == [9, 9]
    assert found["JSONEncoder.encode"] == [1, 2]


def test_threads_are_tags(pprof):
    tags = pprof("-tags")
    assert re.search(r'thread: Total .*\n.*MainThread\n(.*\n)*? .*wörker "1" <b> 💩', tags)
    assert re.search(r"pid: Total .*\n(.*\n)*? .*\b200\b", tags)
    only = rows(pprof("-top", "-nodefraction=0", "-unit=ms", "-tagfocus=thread_id=101:101"))
    conftest.assert_times(only, ["worker"])


def test_lines_and_files(pprof):
    raw = pprof("-raw")
    assert re.search(r"spin /srv/app/app\.py:5:0 s=3\b|spin /srv/app/app\.py:5 s=3\b", raw)
    lines = rows(pprof("-top", "-nodefraction=0", "-unit=ms", "-lines"))
    assert lines["spin /srv/app/app.py:5"] == [30, 30]
    assert lines["spin /srv/app/app.py:6"] == [10, 10]
