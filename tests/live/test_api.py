"""Programs that trace themselves, with and without the command, by docs/python-api.md."""
import gzip
import json
import pathlib
import re
import subprocess

import pytest

from calls import Calls
from tool import environment

pytestmark = pytest.mark.musl

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = """
import json, os, sys, threading
import heatline

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

"""


@pytest.fixture
def run(python, tmp_path):
    """run(TEXT): the output of that program, in a folder of its own; `by`: words before the interpreter."""
    def runner(text, *arguments, by=(), status=0):
        program = tmp_path / "program.py"
        program.write_text(HEAD + text)
        command = [*by, *python.command, program, *arguments]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, cwd=tmp_path, timeout=60, check=False,
                              env=environment({"PYTHONPATH": str(ROOT / "python")}))
        assert done.returncode == status, done.stderr
        return done.stdout
    return runner


def counted(path, name="fib"):
    calls = Calls(path)
    assert calls.lost == 0 and calls.resynced == 0
    return calls.count()[name]


def events(path):
    """Chrome's events in order of time."""
    return sorted(json.loads(path.read_text())["traceEvents"], key=lambda event: event.get("ts", 0))


@pytest.mark.quick
def test_what_happens_inside_is_recorded(run, tmp_path):
    out = run("""
fib(5)
with heatline.trace("part.heat") as tracer:
    assert tracer.enable and heatline.get_tracer() is tracer
    fib(3)
assert not tracer.enable and heatline.get_tracer() is None
fib(6)
""")
    assert out == "heatline: wrote %s\n" % (tmp_path / "part.heat")
    assert counted(tmp_path / "part.heat") == 5
    calls = [call for thread in Calls(tmp_path / "part.heat").threads for call in thread.all()]
    assert not any("python/heatline/" in call.file for call in calls)


def test_other_formats(run, tmp_path):
    run("""
for name in "part.json", "part.json.gz", "part.svg", "part.pftrace":
    with heatline.trace(name, verbose=0):
        fib(3)
""")
    spans = [event for event in events(tmp_path / "part.json") if event["name"].startswith("fib ")]
    assert len(spans) == 5
    assert "fib (" in gzip.decompress((tmp_path / "part.json.gz").read_bytes()).decode()
    assert "<svg" in (tmp_path / "part.svg").read_text() and (tmp_path / "part.pftrace").stat().st_size > 200
    assert not list(tmp_path.glob("*.heat")) and not list(tmp_path.glob(".heat*"))


def test_a_tracer_is_started_stopped_cleared_and_saved(run, tmp_path):
    run("""
tracer = heatline.Tracer("first.heat", verbose=0)
for n in 3, 4:  # 5 and 9 calls
    tracer.start()
    fib(n)
    tracer.stop()
    fib(5)
tracer.save()
tracer.start()
fib(5)
tracer.clear()
fib(3)
assert tracer.save("second.heat").endswith("/second.heat")
try:
    tracer.save()
except RuntimeError as error:
    print(error)
""")
    assert counted(tmp_path / "first.heat") == 14 and counted(tmp_path / "second.heat") == 5


def test_pausing(run, tmp_path):
    run("""
def paused():
    heatline.get_tracer().pause()
    fib(6)
    heatline.get_tracer().resume()

with heatline.trace("part.heat", verbose=0) as tracer:
    fib(3)
    paused()
    thread = threading.Thread(target=fib, args=(4,))
    thread.start()
    thread.join()
""")
    assert counted(tmp_path / "part.heat") == 5 + 9 and counted(tmp_path / "part.heat", "paused") == 1


OWN = """
def work():
    heatline.add_instant("hello", {"to": ["world", 1]}, "p")
    with heatline.log_event("load") as event:
        fib(3)
        event.args["rows"] = 7
    heatline.add_counter("queue", 5)
    heatline.add_counter("memory", {"used": 1, "free": 2.5})
    heatline.add_object("state", {"ready": True})
    import logging
    logger = logging.getLogger("app")
    logger.handlers[:] = [heatline.LoggingHandler()]
    logger.warning("careful %d", 5)

@heatline.log_event("whole")
def whole():
    work()
"""


def check_own(path):
    found = events(path)
    marks = [(event["name"], event["args"]) for event in found if event["ph"] == "i"]
    assert marks == [("hello", {"to": ["world", 1]}), ("state", {"snapshot": {"ready": True}}),
                     ("logging - WARNING", {"message": "careful 5", "logger": "app"})]
    counters = [(event["name"], event["args"]) for event in found if event["ph"] == "C"]
    assert counters == [("queue", {"value": 5}), ("memory", {"used": 1}), ("memory", {"free": 2.5})]
    spans = {event["name"].split(" (")[0]: event for event in found if event["ph"] == "X"}
    load, whole, fib = spans["load"], spans["whole"], spans["fib"]
    assert load["args"]["return_value"] == {"rows": 7}
    assert whole["ts"] < load["ts"] < fib["ts"] and fib["dur"] < load["dur"] < whole["dur"]


def test_what_a_program_says_of_itself(run, tmp_path):
    run(OWN + """
whole()  # nothing is being traced: nothing happens
with heatline.trace("part.json", verbose=0, ignore_c_function=True):
    whole()
""")
    check_own(tmp_path / "part.json")


def test_what_it_says_under_the_command(run, tmp_path, heatline):
    trace = heatline.argv("trace", "--quiet", "-o", tmp_path / "all.json", "--ignore-c-function", "--")
    run(OWN + """
tracer = heatline.get_tracer()
assert tracer.enable
whole()
tracer.pause()
whole()
assert not tracer.enable
tracer.resume()
try:
    heatline.Tracer("other.heat").start()
except RuntimeError:
    sys.exit(5)
""", by=trace, status=5)
    check_own(tmp_path / "all.json")


def test_functions_that_are_ignored(run, tmp_path):
    run("""
@heatline.ignore_function
def ignored(n):
    if n:
        raise ValueError
    fib(6)

with heatline.trace("part.heat", verbose=0):
    ignored(0)
    try:
        ignored(1)
    except ValueError:
        fib(3)
""")
    assert counted(tmp_path / "part.heat") == 5 and counted(tmp_path / "part.heat", "ignored") == 0


SPARSE = """
@heatline.log_sparse
def marked():
    fib(5)

def work():
    marked()
    marked()
"""


def test_only_functions_that_are_marked(run, tmp_path, heatline):
    run(SPARSE + """
work()
with heatline.trace("part.heat", verbose=0, log_sparse=True):
    work()
""")
    assert Calls(tmp_path / "part.heat").count() == {"marked": 2}
    run(SPARSE + "work()", by=heatline.argv("trace", "--log-sparse", "--quiet", "-o", tmp_path / "all.heat", "--"))
    assert Calls(tmp_path / "all.heat").count() == {"marked": 2}


LEVELS = """
def first(): second()
def second(): third()
def third(): fourth()
def fourth(): marked()

@heatline.log_sparse
def marked(): first.__name__

first()

@heatline.log_sparse(stack_depth=2)
def two(): first()

@heatline.log_sparse(stack_depth=100)
def all(): first()

def work():
    first()
    two()
    first()
    all()
    marked()
"""


def test_marked_with_levels(run, tmp_path, heatline):
    names = {"two": 1, "all": 1, "first": 2, "second": 1, "third": 1, "fourth": 1}
    run(LEVELS + """
with heatline.trace("part.heat", verbose=0, log_sparse=True):
    work()
with heatline.trace("whole.heat", verbose=0):
    work()
""")
    assert Calls(tmp_path / "part.heat").count() == dict(names, marked=5)
    assert Calls(tmp_path / "whole.heat").count()["first"] == 4
    run(LEVELS + "work()", by=heatline.argv("trace", "--log-sparse", "--quiet", "-o", tmp_path / "all.heat", "--"))
    assert Calls(tmp_path / "all.heat").count() == dict(names, marked=6)


def test_each_call_a_recording(run, tmp_path):
    run("""
@heatline.trace_and_save(output_dir="traces")
def job(n):
    return fib(n)

assert (job(3), job(4)) == (2, 3)
""")
    saved = sorted((tmp_path / "traces").iterdir())
    assert [re.sub("_[0-9]+_", "_PID_", path.name) for path in saved] == ["job_PID_1.heat", "job_PID_2.heat"]
    assert [counted(path) for path in saved] == [5, 9]


def test_forked_children_are_recorded(run, tmp_path):
    run("""
with heatline.trace("part.heat", verbose=0):
    pid = os.fork()
    if pid == 0:
        fib(4)
        os._exit(0)
    os.waitpid(pid, 0)
    fib(3)
""")
    calls = Calls(tmp_path / "part.heat")
    assert len(calls.pids) == 2 and calls.count()["fib"] == 9 + 5


def test_options(run, tmp_path):
    run("""
import time
def given(value):
    time.sleep(0.02)
with heatline.trace("part.json", verbose=0, min_duration="10ms", log_func_args=True, ring="2M",
                    include_files=[__file__], ignore_c_function=True):
    fib(10)
    given({"k": 1})
for wrong in dict(min_duration="soon"), dict(ring="much"), dict(unknown=1):
    try:
        heatline.Tracer("x.heat", **wrong)
    except (ValueError, TypeError) as error:
        continue
    sys.exit("no error")
""")
    spans = [(event["name"].split(" (")[0], event.get("args")) for event in events(tmp_path / "part.json")
             if event["ph"] == "X"]
    assert spans == [("given", {"func_args": {"value": {"k": 1}}})]


def test_errors_are_one_sentence(run):
    assert run("""
for mistake in (lambda: heatline.trace("/nowhere/x.heat").start(), lambda: heatline.Tracer().save(),
                lambda: heatline.unknown):
    try:
        mistake()
    except (RuntimeError, AttributeError) as error:
        print(error)
""") == ("cannot write /nowhere/x.heat: No such file or directory\n"
         "nothing was recorded: start() comes first\n"
         "module 'heatline' has no attribute 'unknown'\n")


def test_importing_is_cheap(run):
    assert run("""
print(sorted(name for name in sys.modules if name.startswith("heatline")))
""") == "['heatline']\n"
