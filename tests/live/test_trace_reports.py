"""What `report` makes of traces of real programs."""

import json

import pytest

FORKING = """
import os

def leaf():
    pass

def outer():
    child = os.fork()
    for _ in range(2 if child else 3):
        leaf()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def main():
    outer()

main()
"""

KNOWN = """
import threading, time

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def fails():
    raise ValueError

def waits():
    time.sleep(0.05)

def works():
    fib(12)
    for _ in range(10):
        try:
            fails()
        except ValueError:
            pass

thread = threading.Thread(target=works, name="worker")
thread.start()
thread.join()
waits()
"""


@pytest.fixture
def trace(heatline, every_python, tmp_path):
    """trace(PROGRAM): its path."""
    def tracer(text, *options):
        program, path = tmp_path / "program.py", tmp_path / "program.heat"
        program.write_text(text)
        run = heatline.run("trace", "-o", path, *options, "--", *every_python.command, program)
        assert run.status == 0, run.err
        return path
    return tracer


@pytest.fixture
def report(heatline):
    def reporter(path, *options):
        run = heatline.run("report", path, "--json", *options)
        assert run.status == 0, run.err
        return json.loads(run.out)["rows"]
    return reporter


@pytest.mark.quick
def test_functions_of_a_known_program(trace, report):
    path = trace(KNOWN)
    rows = {row["function"]: row for row in report(path) if row["path"].endswith("/program.py")}
    assert {name: row["calls"] for name, row in rows.items()} == {
        "<module>": 1, "fib": 465, "fails": 10, "waits": 1, "works": 1}
    assert 0.05 <= rows["waits"]["total_s"] < rows["<module>"]["total_s"]
    assert rows["waits"]["own_s"] < 0.01  # the rest is sleep's
    assert rows["fib"]["total_s"] == pytest.approx(rows["fib"]["max_s"])  # one call holds all others
    assert rows["fib"]["total_s"] <= rows["works"]["total_s"]
    edges = {(row["caller"], row["function"]): row["calls"] for row in report(path, "--calls")}
    assert (edges["works", "fib"], edges["fib", "fib"]) == (1, 464)
    assert [row["end"] for row in report(path, "--replay", "--include", "fails")] == ["unwound"] * 10
    assert {"MainThread", "worker"} <= {row["name"] for row in report(path, "--threads")}


@pytest.mark.quick
def test_a_forked_child_knows_what_is_open(heatline, trace, report):
    path = trace(FORKING, "--ignore-c-function")
    info = json.loads(heatline.run("info", path, "--json").out)
    assert (info["processes"], info["damaged_references"], info["resynced"]) == (2, 0, 0)
    calls = {(row["caller"], row["function"]): row["calls"] for row in report(path, "--calls")}
    assert calls["outer", "leaf"] == 5
    assert calls["main", "outer"] == calls["<module>", "main"] == 2  # in both processes


def test_exports_of_long_calls(trace, heatline, tmp_path):
    """Each call that is long enough is there, in its place, and no other."""
    path = trace(KNOWN)
    spans = {}
    for name, options in (("all", ()), ("long", ("--min-duration", "1ms"))):
        out = tmp_path / (name + ".json")
        assert heatline.run("export", path, "-o", out, *options).status == 0
        spans[name] = sorted((event["tid"], event["ts"], event["dur"], event["name"])
                             for event in json.loads(out.read_text())["traceEvents"] if event["ph"] == "X")
    assert spans["long"] == [span for span in spans["all"] if span[2] >= 1000]
    assert any(span[3].startswith("waits ") for span in spans["long"]) and len(spans["long"]) < len(spans["all"]) / 5
    packets = []
    for options in ((), ("--min-duration", "1ms")):
        out = tmp_path / "x.pftrace"
        assert heatline.run("export", path, "-o", out, *options).status == 0
        packets.append(out.stat().st_size)
    assert packets[1] < packets[0] / 5
