"""Child processes: every way to make one, short-lived ones, and programs that become another."""
import re
import time

import pytest

from stacks import parse_speedscope, plain
from target import PROGRAMS

HOWS = ["fork", "spawn", "forkserver", "pool", "futures", "subprocess", "shell"]


def check_children(python, profile, pids, parent):
    worked = {sample.pid for sample in profile.samples if any(
        plain(frame.name) in ("child_work", "pool_work") for frame in sample.frames)}
    missing = set(pids) - worked
    assert not missing, "children %s of %s were not seen at work:\n%s" % (
        missing, pids, profile.summary())
    assert parent in profile.pids(), "the parent is missing"
    for pid in pids:
        own = profile.of_pid(pid)
        share = own.share(lambda sample: any(
            plain(frame.name) in ("child_work", "pool_work") for frame in sample.frames))
        assert share > 20, "%d was at work in %.1f %% of its samples, must be > 20:\n%s" % (
            pid, share, own.summary())


@pytest.mark.parametrize("how", HOWS)
def test_children_that_are_there_already(one_python, start, heatline, how):
    program = start(one_python, "children.py", how)
    pids = [int(word) for word in program.line().split()[1:]]
    profile = heatline.record("-s", "-i", "-t", pid=program.pid, rate_hz=50)
    check_children(one_python, profile, pids, program.pid)


@pytest.mark.parametrize("how", ["fork", "spawn", "subprocess"])
def test_children_from_birth(python, heatline, keep, how):
    check_from_birth(python, heatline, keep, how)


@pytest.mark.parametrize("how", ["forkserver", "pool", "futures", "shell"])
def test_children_from_birth_in_other_ways(one_python, heatline, keep, how):
    check_from_birth(one_python, heatline, keep, how)


def check_from_birth(python, heatline, keep, how):
    out = heatline.path(".json")
    run = keep(heatline.start("record", "-s", "-i", "-t", "-r", 50, "-f", "speedscope", "-o", out,
                              "--", *python.command, PROGRAMS / "children.py", how))
    pids = [int(word) for word in run.line().split()[1:]]
    run.close()
    assert run.wait() == 0, run.said()
    profile = parse_speedscope(out.read_text())
    parent = min(profile.pids())
    check_children(python, profile, pids, parent)
    assert "sleep" not in run.said() and "/bin/sh" not in run.said(), run.said()


def test_output_names_the_processes(one_python, start, heatline):
    program = start(one_python, "children.py", "subprocess")
    pids = [int(word) for word in program.line().split()[1:]]
    profile = heatline.record("-s", "-i", "-t", pid=program.pid, fmt="raw")
    for number, pid in enumerate(sorted(pids)):
        assert re.search(r"children\.py work \d", profile.commands.get(pid, "")), profile.commands
    # py-spy's shape: the child's line starts with all of its ancestors' process frames.
    out = heatline.path(".txt")
    run = heatline.run("record", "-s", "-i", "-d", 1, "-f", "raw", "-o", out, "-p", program.pid)
    assert run.status == 0, run.err
    nested = [line for line in out.read_text().splitlines() if "process %d:" % pids[0] in line]
    assert nested and all(re.match(r'process %d:"[^"]*";process %d:"[^"]*";' % (program.pid, pids[0]),
                                   line) for line in nested), nested


def test_short_lived_children(python, heatline):
    check_short_lived(python, heatline)


@pytest.mark.calm
@pytest.mark.parametrize("rate_hz", [1000, 20000])
def test_short_lived_children_at_high_rates(one_python, heatline, rate_hz):
    check_short_lived(one_python, heatline, rate_hz=rate_hz)


def check_short_lived(python, heatline, **how):
    count = 8
    profile = heatline.record("-s", duration_s=None, **how, command=[
        *python.command, PROGRAMS / "brief_children.py", count, 50])
    seen = {plain(frame.name) for sample in profile.samples for frame in sample.frames
            if frame.name.startswith("brief_")}
    assert len(seen) >= count - 1, "%d of %d children that computed 50 ms were seen: %s" % (
        len(seen), count, sorted(seen))


def test_python_becomes_python(python, heatline):
    profile = heatline.record(duration_s=None, command=[*python.command, PROGRAMS / "execs.py"])
    before, after = profile.containing("before_exec"), profile.containing("after_exec")
    assert before > 20 and after > 20, "before exec %.1f %%, after %.1f %%, each must be > 20:\n%s" % (
        before, after, profile.summary())


@pytest.mark.quick
def test_shell_becomes_python(one_python, heatline):
    program = PROGRAMS / "execs.py"
    profile = heatline.record(duration_s=None, command=[
        "/bin/sh", "-c", 'exec "$0" "$@"', *one_python.command, program, "again"])
    assert profile.containing("after_exec") > 50, profile.summary()


def test_shell_waits_for_python(one_python, heatline):
    profile = heatline.record("-s", duration_s=None, command=[
        "/bin/sh", "-c", '"$0" "$@"; exit 0', *one_python.command, PROGRAMS / "execs.py", "again"])
    assert profile.containing("after_exec") > 50, profile.summary()


EXEC = ("import os, sys; print('ready', flush=True); sys.stdin.readline(); "
        "os.execv(sys.argv[1], [sys.argv[1], sys.argv[2], 'again'])")


def test_attached_in_the_middle_of_an_exec(python, start, heatline):
    """Whatever is mapped just then: it is a Python that is coming up."""
    for round_ in range(16):
        program = start(python, None, "-c", EXEC, python.command[0], PROGRAMS / "execs.py")
        program.line()
        program.say()
        time.sleep(round_ * 0.0007)
        run = heatline.run("dump", "--json", program.pid)
        assert run.status == 0, run.err
        program.end()


def test_attached_program_execs(one_python, start, heatline):
    program = start(one_python, None, "-c", EXEC, one_python.command[0], PROGRAMS / "execs.py")
    program.line()
    out = heatline.path(".json")
    run = heatline.start("record", "-f", "speedscope", "-o", out, "-p", program.pid)
    try:
        program.say()
        assert program.line() == "done"
        program.wait()
        run.wait()
    finally:
        run.end()
    profile = parse_speedscope(out.read_text())
    assert profile.containing("after_exec") > 50, profile.summary()
