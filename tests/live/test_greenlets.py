"""`trace` of programs in which stacks take turns: greenlet, gevent."""
import json
import signal
import sys

import pytest

from calls import Calls
from target import Target, until

pytest.importorskip("greenlet", reason="greenlet is not installed: tools/setup test")

TURNS = """
import threading
import greenlet

def leaf(): pass

def deep(n):
    if n:
        deep(n - 1)
    else:
        leaf()
        main.switch()
        leaf()

def first():
    deep(5)

def second():
    deep(2)
    raise ValueError

def turns():
    global main
    main = greenlet.getcurrent()
    one, two = greenlet.greenlet(first), greenlet.greenlet(second)
    one.switch()
    two.switch()
    leaf()
    one.switch()
    try:
        two.switch()
    except ValueError:
        leaf()

turns()
thread = threading.Thread(target=turns, name="other")
thread.start()
thread.join()
"""


@pytest.fixture
def trace(heatline, tmp_path):
    def tracer(text, *options):
        program, path = tmp_path / "program.py", tmp_path / "out.heat"
        program.write_text(text)
        run = heatline.run("trace", "--quiet", *options, "-o", path, "--", sys.executable, program)
        assert (run.status, run.err) == (0, "")
        calls = Calls(path)
        assert calls.lost == calls.resynced == 0
        return calls, run.out
    return tracer


def steps(thread, name):
    """How often each such call went on, and what it called then."""
    return [(call.kind, call.end, [inner.name for inner in call.all()].count("leaf"))
            for call in thread.all() if call.name == name]


@pytest.mark.parametrize("options", [(), ("--ignore-c-function",), ("--log-async",)])
def test_calls_lie_on_their_own_stack(trace, options):
    calls, _ = trace(TURNS, *options)
    for thread in calls.threads:
        assert steps(thread, "first") == [("enter", "yield", 1), ("resume", "leave", 1)]
        assert steps(thread, "second") == [("enter", "yield", 1), ("resume", "unwind", 1)]
        assert [call.kind for call in thread.all() if call.name == "deep"] == ["enter"] * 6 + ["enter"] * 3 + [
            "resume"] * 6 + ["resume"] * 3
        # What is left in the function that switches is its own.
        assert [leaves for _, _, leaves in steps(thread, "turns")] == [0, 0, 1, 0, 1]


LATE = """
import sys, threading, time

def tick(): time.sleep(0.001)
def wait():
    while not said: tick()

said = []
threading.Thread(target=lambda: said.append(sys.stdin.readline())).start()
print("ready", flush=True)
wait()
""" + TURNS + """
print("done", flush=True)
sys.stdin.read()
"""


def test_imported_after_an_attach(heatline, keep, tmp_path):
    program, out = keep(Target([sys.executable, "-c", LATE])), tmp_path / "out.heat"
    program.line()
    run = keep(heatline.start("trace", "--attach", program.pid, "-o", out, "--ignore-c-function"))
    until(lambda: out.exists() and heatline.run("info", out, "--json").status == 0 and
          heatline.info(out)["events"] > 50, "calls are recorded")
    program.say("go")
    assert program.line() == "done"
    run.process.send_signal(signal.SIGINT)
    assert run.wait() == 0, run.said()
    calls = Calls(out)
    assert calls.lost == 0 and len(calls.named("first")) == 4
    for thread in calls.threads:
        if thread.name in ("MainThread", "other"):
            assert steps(thread, "first") == [("enter", "yield", 1), ("resume", "leave", 1)]
            assert steps(thread, "second") == [("enter", "yield", 1), ("resume", "unwind", 1)]


def test_shorter_calls_are_left_out(trace):
    calls, _ = trace(TURNS, "--min-duration", "1s")
    assert calls.count() == {}


GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent, time

def leaf(i): return i

def job(i):
    for _ in range(3):
        leaf(i)
        time.sleep(0.005)
    return i

jobs = [gevent.spawn(job, i) for i in range(20)]
gevent.joinall(jobs)
print(sum(job.value for job in jobs), jobs[3].name)
"""


def test_gevent(heatline, trace, tmp_path):
    """Each greenlet is on a track of its own; gevent, which numbers them when it is asked for a name, was not asked."""
    pytest.importorskip("gevent", reason="gevent is not installed: tools/setup test")
    calls, out = trace(GEVENT, "--log-async")
    assert out == "190 Greenlet-0\n"
    assert calls.count()["job"] == 80 and calls.count()["leaf"] == 60
    done = heatline.run("export", calls.path, "-o", tmp_path / "out.json")
    assert done.status == 0, done.err
    found = json.loads((tmp_path / "out.json").read_text())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in found if event["name"] == "thread_name"}
    jobs = [[event["name"].split(" (")[0] for event in found if event["ph"] == "X" and event["tid"] == tid]
            for tid, name in names.items() if name.startswith("Greenlet-")]
    assert [(job.count("job"), job.count("leaf")) for job in jobs] == [(4, 3)] * 20
    tasks = json.loads(heatline.run("report", calls.path, "--tasks", "--json").out)["rows"]
    waited = [row["waiting_s"] for row in tasks if row["name"].startswith("Greenlet-")]
    assert len(waited) == 20 and min(waited) > 0.014


def test_the_own_trace_function_of_a_program(trace):
    """One that is there before ours is called by it; one that calls the earlier one keeps us going."""
    calls, out = trace("""
import greenlet
seen = []
def tracer(event, args):
    seen.append(event)
    if earlier:
        earlier(event, args)
earlier = greenlet.settrace(tracer)
def job():
    greenlet.getcurrent().parent.switch()
one = greenlet.greenlet(job)
one.switch()
one.switch()
print(seen)
""", "--ignore-c-function")
    assert out == "['switch', 'switch', 'switch', 'switch']\n"
    assert [(call.kind, call.end) for call in calls.named("job")] == [("enter", "yield"), ("resume", "leave")]


def test_a_forked_greenlet(trace):
    calls, _ = trace("""
import os
import greenlet
def leaf(): pass
def job():
    main.switch()
    leaf()
def child():
    one.switch()
    leaf()
main = greenlet.getcurrent()
one = greenlet.greenlet(job)
one.switch()
if os.fork() == 0:
    child()
    os._exit(0)
os.wait()
one.switch()
""")
    assert len(calls.threads) == 2
    for thread in calls.threads:
        assert [call.end for call in thread.all() if call.name == "job" and call.kind == "resume"] == ["leave"]
