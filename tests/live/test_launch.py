"""The program that we start keeps its streams, signals and exit status; we keep a complete file."""
import fcntl
import os
import pty
import re
import select
import signal
import termios
import time

import pytest

from stacks import parse_raw, parse_speedscope
from target import PROGRAMS, Target, state, until
from tool import environment

LAUNCHED = PROGRAMS / "launched.py"


@pytest.fixture
def record(heatline, one_python, keep):
    """record(options, arguments of launched.py): starts heatline with it; (target, output file)."""
    def starter(options, *arguments, suffix=".json", env=None):
        out = heatline.path(suffix)
        options = [*options, "-f", "speedscope"] if suffix == ".json" else options
        run = keep(heatline.start("record", "-o", out, *options, "--", *one_python.command, LAUNCHED,
                                  *arguments, env=dict(env or {}, OUTPUT=str(out))))
        return run, out
    return starter


@pytest.mark.quick
@pytest.mark.parametrize("how, argument, status", [
    ("leave", 0, 0), ("leave", 3, 3), ("leave", 255, 255), ("die", 15, 143), ("die", 9, 137),
    ("die", 11, 139)])
def test_exit_status_is_the_programs(record, how, argument, status):
    run, out = record([], how, argument)
    assert run.wait() == status, run.said()
    profile = parse_speedscope(out.read_text())
    assert profile.containing("spin") > 50, profile.summary()


@pytest.mark.parametrize("rate_hz", [100, 1000, 20000])
def test_exit_status_is_recorded(record, heatline, rate_hz):
    run, out = record(["-r", rate_hz], "leave", 3, suffix=".heat")
    assert run.wait() == 3, run.said()
    processes = heatline.info(out)["process_list"]
    assert [process["exit_status"] for process in processes] == [3], processes


def test_streams_are_the_programs(record):
    data = bytes(range(256)) * 300
    run, _out = record([], "echo")
    run.process.stdin.write(data)
    run.close()
    assert run.process.stdout.read() == data
    assert run.wait() == 0
    assert run.said().count("complaint\n") == 1, run.said()


def test_arguments_are_the_programs(record):
    words = ["-p", "--", "a b", "", "\u00fc\U0001f4a9", "--output=x", "*", "-o"]
    run, _out = record([], "arguments", *words)
    assert run.line() == repr(tuple(words))
    assert run.wait() == 0


def test_environment_is_the_programs(record, one_python, keep):
    run, out = record([], "environment")
    bare = keep(Target([*one_python.command, str(LAUNCHED), "environment"],
                       env=environment({"OUTPUT": str(out)})))
    names = ["environment variables", "open files", "signal mask", "signal handlers"]
    seen, expected = run.rest().splitlines(), bare.rest().splitlines()
    assert len(seen) == len(names)
    for name, ours, theirs in zip(names, seen, expected):
        assert ours == theirs, "%s differ from those of a bare run" % name
    assert run.wait() == 0


def test_duration_ends_the_program_after_the_file_is_written(record):
    run, _out = record(["-d", 1], "upon", "SIGTERM", 5)
    assert run.line() == "ready"
    word, size = run.line().split()
    assert word == "SIGTERM"
    assert int(size) > 500, "the output had %s bytes when the program got SIGTERM" % size
    run.wait()


def test_keep_running(record):
    run, out = record(["-d", 1, "--keep-running"], "lines")
    pid = int(run.line().split()[1])
    run.wait()
    assert parse_speedscope(out.read_text()).samples is not None
    assert state(pid) in ("R", "S"), "the program must go on: %s" % state(pid)
    run.say("you")
    assert run.line() == "heard you"


@pytest.mark.slow
def test_stubborn_program_is_killed_five_seconds_later(record):
    run, out = record(["-d", 1], "ignore", "SIGTERM")
    pid = int(run.line().split()[1])
    until(lambda: out.exists() and out.stat().st_size, "the file is written at once")
    written = time.monotonic()
    status = run.wait()
    waited = time.monotonic() - written
    assert 4 < waited < 8, "killed %.1f s after the file was written, must be 5 (4 to 8)" % waited
    assert state(pid) is None
    assert status == 0, "-d ended it as asked, which is no failure: %d" % status


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_signal_to_us_leaves_a_complete_file(record, name):
    run, out = record([], "interrupted")
    assert run.line() == "ready"
    until(lambda: list(out.parent.glob("*.heat")) or out.exists(), "recording has begun")
    os.kill(run.pid, getattr(signal, name))
    run.wait()
    profile = parse_speedscope(out.read_text())
    assert all(sample.frames is not None for sample in profile.samples)
    assert not list(out.parent.glob("*.heat")), "nothing but the output is left"


def talk(fd, wanted, timeout_s=20):
    """Reads the terminal until it has shown the text; returns all of it."""
    shown, limit = b"", time.monotonic() + timeout_s
    while wanted not in shown:
        ready = select.select([fd], [], [], max(0, limit - time.monotonic()))[0]
        assert ready, "the terminal did not show %r but %r" % (wanted, shown[-2000:])
        try:
            shown += os.read(fd, 65536)
        except OSError:
            break
    assert wanted in shown, "the terminal closed without %r: %r" % (wanted, shown[-2000:])
    return shown


@pytest.fixture
def on_terminal(keep):
    """on_terminal(argv): starts it in a terminal of its own; (target, our end of the terminal)."""
    opened = []

    def starter(argv):
        ours, theirs = pty.openpty()
        opened.append(ours)
        # setsid has been called by then, so the first terminal opened becomes the controlling one.
        target = keep(Target(argv, stdin=theirs, stdout=theirs, stderr=theirs,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                             env=environment({"TERM": "xterm"})))
        os.close(theirs)
        return target, ours

    yield starter
    for ours in opened:
        os.close(ours)


def drain(target, fd):
    """Its exit status, once the terminal has been read to the end."""
    while True:
        try:
            if not os.read(fd, 65536):
                break
        except OSError:
            break
    return target.wait()


def test_control_c_on_a_terminal(heatline, one_python, on_terminal):
    out = heatline.path(".json")
    target, fd = on_terminal(heatline.argv("record", "-f", "speedscope", "-o", out, "--",
                                        *one_python.command, LAUNCHED, "interrupted"))
    talk(fd, b"ready")
    talk(fd, b"\r")
    os.write(fd, b"\x03")
    talk(fd, b"KeyboardInterrupt")
    status = drain(target, fd)
    assert status == 130, "Python dies of SIGINT, so our status is 130, not %d" % status
    assert parse_speedscope(out.read_text()).samples


def test_control_c_that_the_program_handles(heatline, one_python, on_terminal):
    out = heatline.path(".json")
    target, fd = on_terminal(heatline.argv("record", "-f", "speedscope", "-o", out, "--",
                                        *one_python.command, LAUNCHED, "upon", "SIGINT", 7))
    talk(fd, b"ready")
    os.write(fd, b"\x03")
    talk(fd, b"SIGINT")
    assert drain(target, fd) == 7
    assert parse_speedscope(out.read_text()).samples is not None


def test_progress_is_shown_on_a_terminal_only(heatline, one_python, start, on_terminal):
    program = start(one_python, "busyloop.py")
    program.line()
    out = heatline.path(".heat")
    target, fd = on_terminal(heatline.argv("record", "-d", 2, "-o", out, "-p", program.pid))
    talk(fd, b"samples")
    talk(fd, out.name.encode())
    assert drain(target, fd) == 0
    quiet = heatline.run("record", "-d", 1, "-o", out, "-p", program.pid)
    assert "\r" not in quiet.err and "\033" not in quiet.err, quiet.err
    assert quiet.out == "", quiet.out


def test_python_option_and_scripts(heatline, one_python, tmp_path):
    out = heatline.path(".json")
    script = tmp_path / "script.py"
    script.write_text("import sys, time\nend = time.monotonic() + 0.3\n"
                      "while time.monotonic() < end: pass\nprint(sys.version_info[:3], sys.argv[1:])\n")
    run = heatline.run("record", "-f", "speedscope", "-o", out, "--python", one_python.command[0],
                       "--", script, "-p", "x")
    assert run.status == 0, run.err
    assert run.out == "%r ['-p', 'x']\n" % (one_python.version,)
    assert parse_speedscope(out.read_text()).samples


def test_virtual_environment_is_found(heatline, one_python, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sys.version_info[:3])\n")
    folder = tmp_path / "env" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(one_python.command[0])
    run = heatline.run("record", "-o", heatline.path(".svg"), "--", script,
                       env={"VIRTUAL_ENV": str(tmp_path / "env")})
    assert run.out == "%r\n" % (one_python.version,), run.err


def test_standard_output_as_file(heatline, one_python, start):
    program = start(one_python, "longsleep.py")
    program.line()
    run = heatline.run("record", "-i", "-d", 1, "-f", "raw", "-o", "-", "-p", program.pid)
    assert run.status == 0, run.err
    profile = parse_raw(run.out)
    assert profile.containing("long_sleep") == 100, run.out


@pytest.mark.parametrize("suffix, looks", [
    (".svg", rb"<svg"), (".heat", rb"(?s)."), (".pb.gz", rb"\A\x1f\x8b"),
    (".cpuprofile", rb'"nodes"'), (".speedscope.json", rb"speedscope")])
def test_format_is_guessed_from_the_name(heatline, one_python, start, suffix, looks):
    program = start(one_python, "longsleep.py")
    program.line()
    out = heatline.path(suffix)
    run = heatline.run("record", "-i", "-d", 1, "-o", out, "-p", program.pid)
    assert run.status == 0, run.err
    assert re.search(looks, out.read_bytes()), out.read_bytes()[:300]
    if suffix == ".heat":
        assert heatline.info(out)["samples"] > 50


def test_default_name_is_made_in_the_working_folder(heatline, one_python, start, tmp_path):
    program = start(one_python, "longsleep.py")
    program.line()
    folder = tmp_path / "empty"
    folder.mkdir()
    run = heatline.run("record", "-d", 1, "-p", program.pid, cwd=str(folder))
    assert run.status == 0, run.err
    (made,) = folder.iterdir()
    assert made.suffix == ".svg" and made.stat().st_size > 500, made


def test_flush_writes_while_the_program_runs(record, heatline):
    run, out = record(["--flush", 0.3], "lines")
    run.line()
    run.say("x")
    assert run.line() == "heard x"

    def flushed():
        try:
            return parse_speedscope(out.read_text()).samples
        except (OSError, ValueError):
            return None

    until(flushed, "a complete file with samples after 0.3 s")
    run.say("still there")
    assert run.line() == "heard still there"
    run.close()
    assert run.wait() == 0, run.said()
    assert parse_speedscope(out.read_text()).samples


def test_sigusr1_writes_what_there_is(heatline, one_python, start, keep):
    program = start(one_python, "busyloop.py")
    program.line()
    out = heatline.path(".json")
    run = keep(heatline.start("record", "-f", "speedscope", "-o", out, "-p", program.pid))
    until(lambda: list(out.parent.glob("*.heat")), "recording has begun")
    until(lambda: caught(run.pid, signal.SIGUSR1), "SIGUSR1 is caught")

    def snapshot():
        os.kill(run.pid, signal.SIGUSR1)
        try:
            return parse_speedscope(out.read_text()).samples
        except (OSError, ValueError):
            return None

    first = until(snapshot, "a file with samples")
    assert run.is_alive()
    os.kill(run.pid, signal.SIGINT)
    assert run.wait() == 0, run.said()
    assert len(parse_speedscope(out.read_text()).samples) >= len(first)


def caught(pid, number):
    """Whether the process handles the signal, or blocks it to read it from a descriptor."""
    masks = 0
    for line in open("/proc/%d/status" % pid):
        if line.startswith(("SigCgt:", "SigBlk:")):
            masks |= int(line.split()[1], 16)
    return masks >> (number - 1) & 1


def test_shell_completions(heatline):
    for shell in ("bash", "zsh", "fish"):
        run = heatline.run("completions", shell)
        assert run.status == 0 and "record" in run.out, run.err


def test_help_and_version(heatline):
    for arguments in (["--help"], ["record", "--help"], ["help", "record"], ["--version"]):
        run = heatline.run(*arguments)
        assert run.status == 0 and run.out and not run.err, (arguments, run)
