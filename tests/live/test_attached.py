"""A program that we attach to: undisturbed while we look, while we die and after we have left."""
import json
import os
import shutil
import signal
import subprocess

import pytest

from stacks import parse_speedscope
from target import PROGRAMS, state, tracers, until


@pytest.mark.quick
@pytest.mark.parametrize("option", [None, "--nonblocking", "--blocking"])
def test_program_goes_on_afterwards(one_python, start, heatline, option):
    program = start(one_python, "launched.py", "lines")
    program.line()
    profile = heatline.record("-i", *([option] if option else []), pid=program.pid, rate_hz=200)
    assert len(profile.samples) > 100, "1 s at 200 Hz gave %d samples" % len(profile.samples)
    program.say("you")
    assert program.line() == "heard you"
    assert not tracers(program.pid)
    assert state(program.pid) in "RS"
    program.close()
    assert program.wait() == 0


def test_several_programs_at_once(one_python, start, heatline):
    programs = [start(one_python, "parked.py", n) for n in range(3)]
    for program in programs:
        program.line()
    options = [word for program in programs[1:] for word in ("-p", program.pid)]
    profile = heatline.record("-i", "-t", *options, pid=programs[0].pid)
    assert {sample.tid for sample in profile.samples} == {program.pid for program in programs}
    weights = [profile.of_thread(program.pid).total for program in programs]
    assert max(weights) - min(weights) < 0.2, "each is parked for 1 s: %s" % weights


def test_hexadecimal_pid(one_python, start, heatline):
    program = start(one_python, "longsleep.py")
    program.line()
    assert heatline.record("-i", pid=hex(program.pid)).samples


@pytest.mark.parametrize("option", [None, "--blocking"])
def test_stopped_program_stays_stopped(one_python, start, heatline, option):
    program = start(one_python, "launched.py", "lines")
    program.line()
    os.kill(program.pid, signal.SIGSTOP)
    until(lambda: state(program.pid) == "T", "the program is stopped")
    profile = heatline.record("-i", *([option] if option else []), pid=program.pid)
    assert profile.containing("lines") > 99, profile.summary()
    # One that is let go in a stop leaves it for a moment, in the kernel, to stop again.
    until(lambda: state(program.pid) == "T", "the program is still stopped")
    os.kill(program.pid, signal.SIGCONT)
    program.say("again")
    assert program.line() == "heard again"


def test_program_that_is_killed_meanwhile(python, start, heatline, keep):
    program = start(python, "mixed_threads.py")
    program.line()
    out = heatline.path(".json")
    run = keep(heatline.start("record", "-s", "-f", "speedscope", "-o", out, "-r", 1000,
                              "-p", program.pid))
    await_samples(heatline, out)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    assert run.wait(10) == 0, run.said()
    profile = parse_speedscope(out.read_text())
    assert profile.containing("compute") > 50, profile.summary()
    assert not list(out.parent.glob("*.heat"))


def recording(out):
    """The recording, finished or not, that lies beside the output; None before there is one."""
    return next(iter(out.parent.glob("*.heat")), None)


def await_samples(heatline, out, wanted=20):
    """Until that many samples have been recorded."""
    def enough():
        path = recording(out)
        run = heatline.run("info", path, "--json") if path else None
        return run and run.status == 0 and json.loads(run.out)["samples"] >= wanted

    until(enough, "%d samples" % wanted)


@pytest.mark.parametrize("option", [None, "--blocking"])
def test_we_are_killed_meanwhile(one_python, start, heatline, keep, option):
    program = start(one_python, "launched.py", "lines")
    program.line()
    out = heatline.path(".heat")
    run = keep(heatline.start("record", "-i", "-r", 1000, *([option] if option else []),
                              "-o", out, "-p", program.pid))
    await_samples(heatline, out)
    for number in range(20):
        program.say(str(number))
        assert program.line() == "heard %d" % number
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    left = recording(out)
    info = heatline.info(left)
    assert info["samples"] > 100, "20 x 50 ms at 1,000 Hz leave samples behind: %r" % info
    profile = heatline.export(left, "speedscope")
    assert profile.containing("lines") > 90, profile.summary()
    program.say("after")
    assert program.line() == "heard after", "the program must survive us"
    assert not tracers(program.pid)


def test_launched_program_outlives_our_death(one_python, heatline, keep):
    out = heatline.path(".heat")
    run = keep(heatline.start("record", "-o", out, "--", *one_python.command,
                              PROGRAMS / "launched.py", "lines"))
    pid = int(run.line().split()[1])
    await_samples(heatline, out)
    for number in range(5):
        run.say(str(number))
        assert run.line() == "heard %d" % number
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    run.say("after")
    assert run.line() == "heard after"
    assert state(pid) in ("R", "S")
    left = recording(out)
    assert heatline.info(left)["samples"] > 5


def test_fork_in_the_target_is_no_trouble(one_python, start, heatline):
    program = start(one_python, None, "-c", (
        "import os, time\nprint('ready', flush=True)\n"
        "def make():\n    pid = os.fork()\n    if pid == 0:\n        os._exit(0)\n    os.waitpid(pid, 0)\n"
        "while True:\n    make()\n"))
    program.line()
    profile = heatline.record("-i", pid=program.pid, rate_hz=500)
    assert profile.containing("make") > 80, profile.summary()


def test_looked_into_from_a_root_without_any_library(as_root, one_python, start, heatline, tmp_path):
    """In a container of whatever kind the program itself is enough."""
    binary = heatline.argv()[-1]
    headers = subprocess.run(["readelf", "-lW", binary], stdout=subprocess.PIPE, text=True).stdout
    if "INTERP" in headers:
        pytest.skip("this build is linked to shared libraries")
    program = start(one_python, "busyloop.py")
    program.line()
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    shutil.copy(binary, root / "heatline")
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"',
         root, "/heatline", "record", "-d", "1", "-o", "/out.txt", "-p", str(program.pid)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout
    assert "busy_loop" in (root / "out.txt").read_text()
