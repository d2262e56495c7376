"""`trace --trigger`: what a ring holds around a moment becomes a file."""
import json
import signal
import time

import pytest

from calls import Calls

PROGRAM = """
import sys, time

def tick(i):
    return i

def slow():
    time.sleep(0.15)

class Job:
    def rare(self):
        pass

def boom():
    raise LookupError("x")

def fails():
    boom()

def main(what):
    print("ready", flush=True)
    begin, done = time.time(), False
    while time.time() < begin + 1:
        for i in range(50):
            tick(i)
        time.sleep(0.005)
        if done or time.time() < begin + 0.5:
            continue
        done = True
        if what == "slow":
            slow()
        elif what == "boom":
            try:
                fails()
            except LookupError:
                pass
        else:
            Job().rare()

main(sys.argv[1])
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def trace(heatline, python, program, tmp_path):
    """trace(WHAT, OPTION, …): the run, in tmp_path."""
    def tracer(what, *options, status=0):
        run = heatline.run("trace", "--ignore-c-function", "-o", tmp_path / "out.heat", *options, "--",
                           *python.command, program, what)
        assert (run.status, run.out) == (status, "ready\n"), run.err
        return run
    return tracer


def triggers(path):
    """When, in seconds since the recording began, and which."""
    rows = path.with_suffix(".json").read_text()
    return [(event["ts"] / 1e6, event["args"]["value"]) for event in json.loads(rows)["traceEvents"]
            if event["name"] == "trigger"]


def called(calls, name):
    """Of the function of that name, wherever it is defined."""
    return [call for thread in calls.threads for call in thread.all() if call.name.split(".")[-1] == name]


@pytest.mark.parametrize("trigger, what, kind", [
    ("Job.rare", "rare", "function"), ("rare", "rare", "function"), ("/\\br.re\\b/", "rare", "function"),
    (">100ms", "slow", "duration"), ("exception:LookupError", "boom", "exception")])
def test_a_trigger(trace, heatline, tmp_path, python, trigger, what, kind):
    if trigger == "Job.rare" and python.version < (3, 11):
        pytest.skip("before 3.11 a function does not know what it is defined in")
    run = trace(what, "--trigger", trigger, "--before", "0.2", "--after", "0.1", "--snapshots", "1")
    assert run.err == "heatline: wrote %s\n" % (tmp_path / "out.heat")
    assert [path.name for path in tmp_path.glob("out*")] == ["out.heat"]
    calls = Calls(tmp_path / "out.heat")
    assert called(calls, what) and calls.lost == 0 and calls.resynced == 0
    assert heatline.run("export", tmp_path / "out.heat", "-o", tmp_path / "out.json").status == 0
    (when, named), = triggers(tmp_path / "out.heat")
    assert named == kind
    ticks = [event["ts"] / 1e6 for event in json.loads((tmp_path / "out.json").read_text())["traceEvents"]
             if event["name"].startswith("tick ")]
    assert min(ticks) < when - 0.15 and when + 0.05 < max(ticks) < when + 0.45


def test_no_trigger(trace, tmp_path):
    run = trace("rare", "--trigger", "exception:KeyError")
    assert run.err == "heatline: no trigger fired, so nothing was written\n"
    assert not list(tmp_path.glob("out*"))


def test_several(trace, tmp_path):
    run = trace("slow", "--trigger", "main", "--trigger", ">100ms", "--after", "0.05")
    names = sorted(path.name for path in tmp_path.glob("out*"))
    assert names == ["out-2.heat", "out-3.heat", "out.heat"]  # main begins, slow ends, main ends
    assert run.err.count("wrote") == 3


def test_a_program_that_is_killed_meanwhile(heatline, one_python, program, tmp_path):
    """Its time after the trigger is over then."""
    program.write_text(PROGRAM.replace("Job().rare()", "Job().rare(); import os; os.kill(os.getpid(), 9)"))
    run = heatline.run("trace", "--trigger", "rare", "--after", "60", "-o", tmp_path / "out.heat", "--",
                       *one_python.command, program, "rare")
    assert run.status == 137 and len(called(Calls(tmp_path / "out.heat"), "rare")) == 1


def test_a_signal_to_heatline(heatline, one_python, program, tmp_path):
    tracer = heatline.start("trace", "--trigger", "signal", "--after", "0.1", "-o", tmp_path / "out.json",
                            "--", *one_python.command, program, "rare")
    assert tracer.line() == "ready"
    time.sleep(0.2)
    tracer.process.send_signal(signal.SIGUSR1)
    assert tracer.wait() == 0
    names = {event["name"].split(" ")[0] for event in json.loads((tmp_path / "out.json").read_text())["traceEvents"]}
    assert "tick" in names and not names & {"rare", "Job.rare"}
    assert [path.name for path in tmp_path.glob("out*")] == ["out.json"]


def test_a_process_that_runs(heatline, one_python, program, tmp_path, start):
    program.write_text(PROGRAM.replace("begin + 1", "begin + 3").replace("begin + 0.5", "begin + 2"))
    target = start(one_python, None, program, "rare")
    assert target.line() == "ready"
    run = heatline.run("trace", "--attach", target.pid, "--trigger", "rare", "-o", tmp_path / "out.heat")
    assert run.status == 0 and run.err.endswith("wrote %s\n" % (tmp_path / "out.heat")), run.err
    assert called(Calls(tmp_path / "out.heat"), "rare")


@pytest.mark.parametrize("trigger", ["", ">soon", "/(/", "a\nb"])
def test_triggers_that_mean_nothing(heatline, trigger, tmp_path):
    run = heatline.run("trace", "--trigger", trigger, "-o", tmp_path / "out.heat", "--", "true")
    assert run.status == 2 and "--trigger takes a function, /REGEX/, '>50ms'" in run.err
    assert not list(tmp_path.glob("out*"))
