"""heatline report and info of a recording of calls: figures that are known."""

import csv
import io
import json
import re

import pytest

import traced


@pytest.fixture
def trace(tmp_path):
    return traced.write(tmp_path / "steps.heat")


def report(heatline, trace, *options):
    return json.loads(heatline("report", trace, "--json", *options).out)


def by(key, rows):
    assert len({row[key] for row in rows}) == len(rows)
    return {row[key]: row for row in rows}


def test_functions(heatline, trace):
    got = report(heatline, trace)
    rows = by("function", got.pop("rows"))
    assert got == {"report": "functions", "title": "python steps.py", "mode": "calls",
                   "duration_s": 0.1, "total_s": pytest.approx(0.105), "calls": 14, "lost": 0,
                   "resynced": 0, "rows_left_out": 0}
    assert set(rows) == {"<module>", "step", "len", "fib", "numbers", "wait", "worker"}
    step = rows["step"]
    assert (step["calls"], step["total_s"], step["own_s"]) == (3, 0.006, 0.0045)
    assert (step["min_s"], step["mean_s"], step["max_s"]) == (0.001, 0.002, 0.003)
    assert step["stdev_s"] == 0.001
    assert step["p50_s"] == pytest.approx(0.002, rel=1 / 64)
    assert step["p99_s"] == pytest.approx(0.003, rel=1 / 64)
    assert step["own_percent"] == pytest.approx(4.286)
    assert (step["path"], step["file"], step["first_line"]) == (traced.FILE, "steps.py", 10)
    assert (rows["len"]["calls"], rows["len"]["file"]) == (3, "")
    assert sum(row["own_s"] for row in rows.values()) == pytest.approx(got["total_s"])


def test_recursion_counts_once(heatline, trace):
    fib = by("function", report(heatline, trace)["rows"])["fib"]
    assert (fib["calls"], fib["total_s"], fib["own_s"], fib["max_s"]) == (3, 0.004, 0.004, 0.004)


def test_open_until_the_end(heatline, trace):
    rows = by("function", report(heatline, trace)["rows"])
    assert (rows["wait"]["total_s"], rows["wait"]["cut"]) == (0.01, 1)
    assert (rows["<module>"]["total_s"], rows["<module>"]["cut"]) == (0.1, 1)
    assert rows["step"]["cut"] == 0


def test_edges(heatline, trace):
    rows = {(row["caller"], row["function"]): row for row in
            report(heatline, trace, "--calls")["rows"]}
    assert rows["step", "len"]["calls"] == 3
    assert rows["fib", "fib"]["total_s"] == 0.002
    assert rows["<module>", "fib"]["total_s"] == 0.004
    assert rows["", "worker"]["first_line"] == 50


def test_threads(heatline, trace):
    rows = by("name", report(heatline, trace, "--threads")["rows"])
    assert rows["MainThread"]["calls"] == 13
    assert rows["MainThread"]["busy_s"] == 0.1
    assert (rows["worker"]["busy_percent"], rows["worker"]["last_s"]) == (5, 0.005)


def test_tasks(heatline, trace):
    rows = by("name", report(heatline, trace, "--tasks")["rows"])
    assert {name: (row["task"], row["steps"], row["running_s"], row["waiting_s"])
            for name, row in rows.items()} == {"first": (1, 2, 0.003, 0.002),
                                               "second": (2, 1, 0.002, 0)}


def test_tree(heatline, trace):
    rows = report(heatline, trace, "--tree")["rows"]
    above = {row["id"]: row["function"] for row in rows}
    got = {(above.get(row["parent"]), row["function"]): row for row in rows}
    assert len(got) == len(rows) == 8
    assert rows[0]["function"] == "<module>" and rows[-1]["function"] == "worker"
    step = got["<module>", "step"]
    assert (step["calls"], step["total_s"], step["own_s"], step["depth"]) == (3, 0.006, 0.0045, 2)
    assert (got["fib", "fib"]["calls"], got["fib", "fib"]["total_s"]) == (2, 0.002)
    assert got["step", "len"]["stdev_s"] == 0


def test_tree_as_text(heatline, trace):
    """What is below one percent of 105 ms is left out; branches are drawn."""
    lines = heatline("report", trace, "--tree").out.splitlines()
    names = [re.sub(".*[│─] +", "", line) for line in lines[4:]]
    assert names == ["<module> (steps.py:1)", "wait (steps.py:40)", "step (steps.py:10)",
                     "len", "fib (steps.py:20)", "fib (steps.py:20)", "numbers (steps.py:30)",
                     "worker (steps.py:50)"]


REPLAY = """\
python steps.py

thread 4242 of process 4242: MainThread
     0.000000           <module> (steps.py:1) {
     0.010000             step (steps.py:10) {
     0.010100    500us      len
     0.011000   1.00ms    } step (steps.py:10)
     0.011000             step (steps.py:10) {
     0.011100    500us      len
     0.013000   2.00ms    } step (steps.py:10)
     0.013000             step (steps.py:10) {
     0.013100    500us      len
     0.016000   3.00ms    } step (steps.py:10)
     0.020000             fib (steps.py:20) {
     0.021000   1.00ms      fib (steps.py:20)
     0.022000   1.00ms      fib (steps.py:20)
     0.024000   4.00ms    } fib (steps.py:20)
     0.030000   1.00ms    numbers (steps.py:30)  yielded
     0.040000   2.00ms    numbers (steps.py:30)
     0.090000   10.0ms    wait (steps.py:40)  no end
     0.100000    100ms  } <module> (steps.py:1)  no end

thread 4243 of process 4242: worker
     0.000000   5.00ms  worker (steps.py:50)  raised
"""


def test_replay(heatline, trace):
    assert heatline("report", trace, "--replay").out == REPLAY


@pytest.mark.parametrize("options, calls", [
    (["--min-duration", "3ms"], ["step", "fib", "wait", "<module>", "worker"]),
    (["--min-duration", "3000"], ["step", "fib", "wait", "<module>", "worker"]),
    (["--range", "30ms..0.05"], ["numbers", "numbers"]),
    (["--range", "0.05.."], ["wait"]),
    (["--limit-threads", "work*"], ["worker"]),
    (["--max-depth", "1"], ["<module>", "worker"]),
    (["--include", "step", "--exclude", "len"], ["step", "step", "step"]),
    (["--limit", "1"], ["len"]),
])
def test_which_calls(heatline, trace, options, calls):
    got = report(heatline, trace, "--replay", *options)
    assert [row["function"] for row in got["rows"]] == calls
    rows = csv.DictReader(io.StringIO(heatline("report", trace, "--replay", "--csv", *options).out))
    assert [row["function"] for row in rows] == calls


def test_lines_need_samples(heatline, trace):
    error = heatline("report", trace, "--lines", status=1).err
    assert "holds calls, and --lines shows samples" in error


def test_calls_need_a_trace(heatline, recording):
    for option in ("--calls", "--tasks", "--replay"):
        assert f"holds samples, and {option} shows calls" in heatline(
            "report", recording, option, status=1).err


@pytest.mark.parametrize("option, value", [
    ("--range", "5"), ("--range", ".."), ("--range", "2..1"), ("--range", "a..b"),
    ("--min-duration", ""), ("--min-duration", "5m"), ("--min-duration", "ms"),
])
def test_no_time(heatline, trace, option, value):
    assert f"{option} takes" in heatline("report", trace, option, value, status=2).err


def test_flame_graph(heatline, trace):
    """A call's own time is what its stack weighs, in microseconds."""
    lines = heatline("export", trace, "-f", "raw", "--function").out.splitlines()
    assert "<module> (steps.py:1);step (steps.py:10) 4500" in lines
    assert "<module> (steps.py:1);step (steps.py:10);len 1500" in lines
    assert "<module> (steps.py:1);fib (steps.py:20);fib (steps.py:20) 2000" in lines


def test_info(heatline, trace):
    got = json.loads(heatline("info", trace, "--json").out)
    assert {key: got[key] for key in ("calls", "resumed", "resynced", "lost", "samples",
                                      "processes", "threads", "duration_s")} == {
        "calls": 13, "resumed": 1, "resynced": 0, "lost": 0, "samples": 0, "processes": 1,
        "threads": 2, "duration_s": 0.1}
    assert "13 (1 times a generator or coroutine went on" in heatline("info", trace).out


def test_what_is_missing_is_told(heatline, tmp_path):
    path = traced.write(tmp_path / "gaps.heat", gaps=True)
    result = heatline("report", path, "--json")
    assert "events are missing from '%s' in 1 places (at least 7 of them)" % path in result.err
    assert "1 calls in '%s' have no end of their own" % path in result.err
    got = json.loads(result.out)
    assert (got["lost"], got["resynced"]) == (7, 1)
    assert by("function", got["rows"])["worker"]["cut"] == 1
    got = json.loads(heatline("info", path, "--json").out)
    assert (got["lost"], got["resynced"]) == (7, 1)
