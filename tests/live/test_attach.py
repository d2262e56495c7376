"""`trace --attach`: the agent gets into a running program, records its calls, and leaves it as it was."""
import glob
import json
import os
import signal
import subprocess
import time

import pytest

from calls import Calls
from target import state, tracers, until
from tool import statement

pytestmark = pytest.mark.musl

NOBODY = 65534


def attach(heatline, program, seconds=0.2, *options):
    """Traces it; (what heatline said, the recording)."""
    recording = heatline.path(".heat")
    run = heatline.run("trace", "--attach", program.pid, "-t", seconds, "-o", recording, *options)
    return run, recording


def trace(heatline, program, seconds=0.2, *options):
    run, recording = attach(heatline, program, seconds, *options)
    assert run.status == 0, run.err + program.complaint()
    return recording


def check_calls(heatline, recording, threads=1):
    info = heatline.info(recording)
    assert info["lost"] == 0 and info["events"] > 20, info
    assert info["threads"] >= threads, info
    report = heatline.run("report", recording, "--functions", "--limit", "0")
    assert report.status == 0 and "work" in report.out, report.out + report.err


def check_unharmed(program):
    assert program.is_alive(), program.complaint()
    assert not tracers(program.pid)
    assert not program.said(), program.said()
    assert not glob.glob("/proc/%d/root/tmp/.heatline-%d-*" % (program.pid, program.pid))


@pytest.mark.quick
@pytest.mark.parametrize("threads", [0, 3])
def test_calls_from_now_on(every_python, start, heatline, threads):
    program = start(every_python, "callers.py", "spin", threads)
    program.line()
    check_calls(heatline, trace(heatline, program, 0.5), 1 + threads)
    check_unharmed(program)


NESTED = """
import sys, threading, time

def leaf():
    pass

def inner(turns):
    for _ in range(turns):
        leaf()
        time.sleep(0.002)

def outer():
    while True:
        inner(400)

def background():
    outer()

threading.Thread(target=background, name="background", daemon=True).start()
print("ready", flush=True)
outer()
"""


def test_calls_that_are_open_already(every_python, start, heatline):
    """They are in their place, outermost first; their ends, too, where Python tells them."""
    program = start(every_python, None, "-c", NESTED)
    program.line()
    calls = Calls(trace(heatline, program, 1.5, "--ignore-c-function"))
    for name, above in ("MainThread", ["<module>", "outer"]), ("background", [
            "_bootstrap", "_bootstrap_inner", "run", "background", "outer"]):
        thread, = [thread for thread in calls.threads if thread.name == name]
        call, chain = thread.roots[0], []
        while call.name.split(".")[-1] != "inner":
            chain.append(call.name.split(".")[-1])
            call = call.calls[0]
        assert chain == above
        assert {child.name for child in call.calls} == {"leaf"}
        outer = [found for found in thread.all() if found.name == "outer"]
        assert len(outer) == 1 and 2 <= len(outer[0].calls) <= 4, calls.count()
        ends = [inner.end for inner in outer[0].calls]
        assert ends[-1] == "open" and set(ends[1:-1]) <= {"leave"}
        assert ends[0] == "leave" or every_python.version < (3, 12)
        assert sum(inner.calls != [] for inner in outer[0].calls) == len(outer[0].calls)
    assert calls.lost == 0 and calls.resynced <= (2 if every_python.version < (3, 12) else 0)
    check_unharmed(program)


SILENT = """
import threading, time

def leaf():
    pass

def wait_for_ever():
    threading.Event().wait()

def wait_a_while():
    until = time.monotonic() + 1e9
    exec("while not said: sleep(0.001)", {"said": said, "sleep": time.sleep})

def calls_then():
    wait_a_while()
    while True:
        leaf()
        time.sleep(0.002)

said = []
threading.Thread(target=wait_for_ever, name="silent", daemon=True).start()
threading.Thread(target=calls_then, name="late", daemon=True).start()
time.sleep(0.2)
print("ready", flush=True)
begin = time.monotonic()
while True:
    leaf()
    time.sleep(0.002)
    if time.monotonic() > begin + 1:
        said.append(1)
"""


def chain(thread):
    """The names of the calls that were open at the beginning, outermost first, up to the first that is wanted."""
    call, names = thread.roots[0], []
    while True:
        names.append(call.name.split(".")[-1])
        if not call.calls or call.name == "wait":
            return names
        call = call.calls[0]


@pytest.mark.parametrize("killed", [False, True])
def test_threads_that_make_no_call(python, start, heatline, keep, killed):
    """They are there with what is open, from the beginning on, whatever ends the program."""
    if python.free_threaded:
        pytest.skip("without a GIL a thread's frames are known to itself alone")
    program = start(python, None, "-c", SILENT)
    program.line()
    recording = heatline.path(".heat")
    run = keep(heatline.start("trace", "--attach", program.pid, "-t", 30 if killed else 2.5, "-o", recording,
                              "--ignore-c-function"))
    if killed:
        until(lambda: recording.exists() and heatline.run("info", recording, "--json").status == 0 and
              heatline.info(recording)["events"] > 400, "calls are recorded")
        program.end()
    assert run.wait(20) == 0, run.said()
    calls = Calls(recording)
    threads = {thread.name: thread for thread in calls.threads}
    bootstrap = ["_bootstrap", "_bootstrap_inner", "run"]
    assert chain(threads["silent"])[:5] == [*bootstrap, "wait_for_ever", "wait"]
    assert all(call.end == "open" for call in threads["silent"].all())
    assert chain(threads["late"])[:5] == [*bootstrap, "calls_then", "wait_a_while"]
    began = {name: thread.roots[0].start_ns for name, thread in threads.items()}
    assert abs(began["late"] - began["silent"]) < 50e6
    if not killed:
        waited, = [call for call in threads["late"].all() if call.name == "wait_a_while"]
        first = next(call for call in threads["late"].all() if call.name == "leaf")
        assert all(call.name != "leaf" for call in waited.all())
        assert waited.end == ("leave" if python.version >= (3, 12) else "open"), calls.resynced
        assert first.start_ns - began["late"] > 100e6
        check_unharmed(program)


@pytest.mark.parametrize("main", ["nap", "join", "collect"])
def test_main_thread_is_seldom_in_python(every_python, start, heatline, main):
    program = start(every_python, "callers.py", main)
    program.line()
    check_calls(heatline, trace(heatline, program, 0.5))
    check_unharmed(program)


@pytest.mark.since(3, 12)
@pytest.mark.parametrize("main", ["accept", "epoll"])
def test_main_thread_blocks_while_others_run(every_python, start, heatline, main):
    """Until 3.11 only the main thread runs pending calls."""
    program = start(every_python, "callers.py", main, 1)
    program.line()
    check_calls(heatline, trace(heatline, program))
    check_unharmed(program)


@pytest.mark.parametrize("main", ["accept", "epoll"])
def test_whole_program_blocks(python, start, heatline, main):
    """The main thread runs what is asked for from within its wait, and waits on."""
    program = start(python, "callers.py", main)
    program.line()
    until(lambda: state(program.pid) == "S", "it blocks")
    calls = Calls(trace(heatline, program, 0.3))
    thread, = calls.threads
    assert thread.roots[0].name == "<module>" and thread.roots[0].end == "open"
    check_unharmed(program)
    assert state(program.pid) == "S"


@pytest.mark.parametrize("main, says", [("sleep", "slept True"), ("lock", "locked False"),
                                        ("child", "child 0"), ("read", "read a word")])
def test_wait_is_waited_to_its_end(python, start, heatline, main, says):
    """And gives what it would have given."""
    program = start(python, "callers.py", main)
    program.line()
    until(lambda: state(program.pid) == "S", "it blocks")
    trace(heatline, program, 0.1)
    check_unharmed(program)
    program.say("a word")
    assert program.line() == says
    assert program.wait() == 0 and not program.said()


ROUNDING = """
import ctypes, select
libm = ctypes.CDLL("libm.so.6")
libm.fesetround(0x800)
print(1 / 3 + 2 / 3e-300 / 7, flush=True)
select.select([0], [], [])
print(libm.fegetround(), 1 / 3 + 2 / 3e-300 / 7, flush=True)
"""


def test_registers_are_the_thread_s_own(one_python, start, heatline):
    """How it rounds, for one, which no call gives back."""
    one_python.need_ctypes()
    program = start(one_python, None, "-c", ROUNDING)
    value = program.line()
    until(lambda: state(program.pid) == "S", "it blocks")
    for _ in range(3):
        trace(heatline, program, 0.1)
    program.say("")
    assert program.line() == "%d %s" % (0x800, value)
    assert program.wait() == 0


def test_recorder_is_killed_while_the_program_blocks(python, start, heatline):
    """At any moment: what it has begun ends by itself."""
    program = start(python, "callers.py", "read")
    program.line()
    until(lambda: state(program.pid) == "S", "it blocks")
    for turn in range(12):
        tracer = heatline.start("trace", "--attach", program.pid, "-o", heatline.path(".heat"))
        time.sleep(0.09 + turn * 0.003)
        tracer.end()
    until(lambda: attach(heatline, program)[0].status == 0, "it can be traced again")
    check_unharmed(program)
    program.say("a word")
    assert program.line() == "read a word" and program.wait() == 0


def test_nothing_is_left_behind(every_python, start, heatline):
    program = start(every_python, "callers.py", "names")
    program.line()
    program.say("before")
    before = program.line()
    recording = trace(heatline, program)
    program.say("after")
    assert program.line() == before
    if not every_python.free_threaded:
        with open("/proc/%d/maps" % program.pid) as maps:
            assert recording.name not in maps.read()
    check_unharmed(program)


def test_many_times(every_python, start, heatline):
    program = start(every_python, "callers.py", "spin", 3)
    program.line()
    for _ in range(10):
        trace(heatline, program, 0.02)
    check_calls(heatline, trace(heatline, program))
    with open("/proc/%d/maps" % program.pid) as maps:
        loaded = {line.split()[5] for line in maps if "/heatline-agent-" in line}
    assert len(loaded) == 1, "the agent is loaded once: %s" % loaded
    check_unharmed(program)


def test_isolated_program_without_site(every_python, start, heatline):
    program = start(every_python, "callers.py", "spin", flags=["-I", "-S"])
    program.line()
    check_calls(heatline, trace(heatline, program))
    check_unharmed(program)


def test_program_that_ends_meanwhile(python, start, heatline):
    program = start(python, "callers.py", "spin")
    program.line()
    recording = heatline.path(".heat")
    tracer = heatline.start("trace", "--attach", program.pid, "-o", recording)
    until(lambda: "tracing process" in tracer.said(), "the agent is in")
    program.process.kill()
    assert tracer.wait() == 0, tracer.said()
    check_calls(heatline, recording)


EXECS = """
import os, sys
print("ready", flush=True)
sys.stdin.readline()
os.execv(sys.argv[1], [sys.argv[1], "-c", sys.argv[2]])
"""
BECOMES = """
import os, select
def work(): return select.select([0], [], [], 0.001)[0]
while not work(): pass
print("done")
"""


def test_program_that_is_just_starting(python, start, heatline):
    """An interpreter that is half there must not run anything of ours: it would not survive that."""
    for round_ in range(12):
        program = start(python, None, "-c", EXECS, python.command[0], BECOMES)
        program.line()
        program.say()
        time.sleep(round_ * 0.001)
        run, recording = attach(heatline, program)
        assert run.status == 0, run.err + program.complaint()
        program.say()
        assert program.line() == "done" and program.wait() == 0, program.complaint()
    check_calls(heatline, recording)


def test_program_that_dies_at_any_moment(one_python, start, heatline):
    for moment in range(10):
        program = start(one_python, "callers.py", "spin", 3)
        program.line()
        tracer = heatline.start("trace", "--attach", program.pid, "-t", 0.05, "-o",
                                heatline.path(".heat"))
        until(lambda: tracers(program.pid) or moment == 0 or not tracer.is_alive(), "it is halted")
        program.process.kill()
        assert tracer.wait() in (0, 1, 6), tracer.said()


def test_ctrl_c_ends_the_recording(one_python, start, heatline):
    program = start(one_python, "callers.py", "spin")
    program.line()
    recording = heatline.path(".heat")
    tracer = heatline.start("trace", "--attach", program.pid, "-o", recording)
    until(lambda: "tracing process" in tracer.said(), "the agent is in")
    tracer.process.send_signal(signal.SIGINT)
    assert tracer.wait() == 0, tracer.said()
    check_calls(heatline, recording)
    check_unharmed(program)


@pytest.mark.since(3, 14)
def test_program_that_forbids_it(python, start, heatline):
    program = start(python, "callers.py", "spin", env={"PYTHON_DISABLE_REMOTE_DEBUG": "1"})
    program.line()
    run, recording = attach(heatline, program)
    assert run.status == 4 and "does not let others run code" in run.err
    assert "PYTHON_DISABLE_REMOTE_DEBUG" in run.err and not recording.exists()
    check_unharmed(program)


def test_another_user_s_program(as_root, start, heatline, tmp_path):
    """It cannot reach the recording, so that gets a second name where it can."""
    tmp_path.chmod(0o700)
    system = next((path for path in ("/usr/bin/python3",) if os.path.exists(path)), None)
    if system is None:
        pytest.skip("no Python that another user may start")

    class System:
        command = [system]

    program = start(System, None, "-c", "import time\ndef work(): time.sleep(0.001)\n"
                    "print('ready', flush=True)\nwhile True: work()",
                    preexec_fn=lambda: os.setuid(NOBODY))
    program.line()
    recording = trace(heatline, program)
    check_calls(heatline, recording)
    assert recording.stat().st_uid == 0 and recording.stat().st_nlink == 1
    check_unharmed(program)


def test_another_pid_namespace(in_pid_namespace, python, start, heatline):
    inside = in_pid_namespace(python)
    program = start(inside, "callers.py", "spin", 0)
    program.line()
    pid = inside.pid(program)
    recording = heatline.path(".heat")
    run = heatline.run("trace", "--attach", pid, "-t", 0.3, "-o", recording)
    assert run.status == 0, run.err
    check_calls(heatline, recording)
    check_unharmed(program)


PROFILED = """
import sys
counts = {"work": 0, "told": 0}
def profile(frame, event, arg): counts["told"] += 1
def work(): counts["work"] += 1
sys.setprofile(profile)
print("ready", flush=True)
import select
while not select.select([0], [], [], 0)[0]: work()
sys.setprofile(None)
print(counts["work"] > 1000 and counts["told"] >= 4 * counts["work"])
"""


def test_program_with_a_profile_function(python, start, heatline):
    """When the agent leaves, Python may be about to call it, after that function."""
    program = start(python, None, "-c", PROFILED)
    program.line()
    for _ in range(12):
        recording = trace(heatline, program, 0.05)
    check_calls(heatline, recording)
    check_unharmed(program)
    program.say()
    assert program.line() == "True" and program.wait() == 0


def test_recorder_is_killed(python, start, heatline):
    """At any moment: the program goes on, is soon left alone, and can be traced again."""
    program = start(python, "callers.py", "spin", 2)
    program.line()
    for round_ in range(24):
        recording = heatline.path(".heat")
        run = heatline.start("trace", "--attach", program.pid, "-o", recording)
        time.sleep(round_ * 0.004)
        run.process.kill()
        run.wait()
    recording = heatline.path(".heat")
    run = heatline.start("trace", "--attach", program.pid, "-o", recording)

    def events():
        told = heatline.run("info", recording, "--json")
        return json.loads(told.out)["events"] if told.status == 0 else 0
    until(lambda: events() > 1000 or not run.is_alive(), "it is being traced")
    assert run.is_alive(), run.said()
    run.process.kill()
    run.wait()

    def is_left_alone():
        before = events()
        time.sleep(0.3)
        return events() == before
    until(is_left_alone, "nothing is recorded any more")
    check_calls(heatline, trace(heatline, program, 0.5), 3)
    check_unharmed(program)


def test_what_is_not_said(one_python, heatline):
    for arguments in (["--attach", os.getpid(), "program.py"], ["-t", "1", "program.py"]):
        assert heatline.run("trace", *arguments).status == 2
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert heatline.run("trace", "--attach", ended.pid, "-o", heatline.path(".heat")).status == 6


def test_waits_until_it_runs(one_python, start, heatline):
    program = start(one_python, "callers.py", "names")
    program.line()
    os.kill(program.pid, signal.SIGSTOP)
    until(lambda: state(program.pid) == "T", "the program is stopped")
    recording = heatline.path(".heat")
    tracer = heatline.start("trace", "--attach", program.pid, "-o", recording)
    until(lambda: "runs no Python now" in tracer.said(), "it says that it waits")
    os.kill(program.pid, signal.SIGCONT)
    until(lambda: "tracing process" in tracer.said(), "the agent is in")
    for _ in range(5):
        program.say("something")
        program.line()
    tracer.process.send_signal(signal.SIGINT)
    assert tracer.wait() == 0, tracer.said()
    check_calls(heatline, recording)


def test_agent_leaves_by_itself(python, start, heatline):
    """It cannot be told to while the program is stopped; but then the recording is closed."""
    program = start(python, "callers.py", "spin")
    program.line()
    recording = heatline.path(".heat")
    tracer = heatline.start("trace", "--attach", program.pid, "-o", recording)
    until(lambda: "tracing process" in tracer.said(), "the agent is in")
    os.kill(program.pid, signal.SIGSTOP)
    until(lambda: state(program.pid) == "T", "the program is stopped")
    tracer.process.send_signal(signal.SIGINT)
    assert tracer.wait() == 0 and "leaves when it does" in tracer.said(), tracer.said()
    os.kill(program.pid, signal.SIGCONT)
    until(lambda: attach(heatline, program)[0].status == 0, "it can be traced again")
    check_unharmed(program)


def test_process_that_is_gone(heatline):
    ended = subprocess.Popen(["true"])
    ended.wait()
    run = heatline.run("trace", "--attach", ended.pid, "-o", heatline.path(".heat"))
    assert run.status == 6 and "there is no process %d" % ended.pid in run.err, run.err
