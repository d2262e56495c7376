"""What cannot work is said in one sentence with a hint, has its exit status and leaves nothing."""
import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from target import Target, until

USAGE, PERMISSION, NOT_PYTHON, GONE, NOT_EXECUTABLE, NOT_FOUND = 2, 4, 5, 6, 126, 127


def check(run, status, *words):
    """One sentence, one hint, the exit status, nothing on stdout."""
    assert run.status == status, "exit status %d, must be %d:\n%s" % (run.status, status, run.err)
    lines = run.err.splitlines()
    assert len(lines) == 2, "a sentence and a hint, not %d lines:\n%s" % (len(lines), run.err)
    assert lines[0].startswith("heatline: ") and len(lines[0]) > 20, lines[0]
    assert lines[1].startswith("hint: ") and len(lines[1]) > 14, lines[1]
    assert run.out == "", run.out
    for word in words:
        assert word.lower() in run.err.lower(), "%r must be named:\n%s" % (word, run.err)


@pytest.fixture
def fails(heatline, tmp_path):
    """fails(status, words, *arguments): runs `record` in an empty folder, which must stay empty."""
    folder = tmp_path / "folder"
    folder.mkdir()

    def runner(status, words, *arguments, output=True, **options):
        out = ["-o", folder / "out.svg"] if output else []
        run = heatline.run("record", *out, *arguments, cwd=str(folder), **options)
        check(run, status, *words)
        assert not list(folder.iterdir()), "left behind: %s" % list(folder.iterdir())
        return run

    return runner


def free_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def kernel_thread():
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            flags = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[6])
            if flags & 0x00200000:  # PF_KTHREAD
                return int(entry.name)
    return None


@pytest.mark.quick
def test_no_such_process(fails):
    pid = free_pid()
    fails(GONE, [str(pid)], "-p", pid)


def test_zombie(fails, keep):
    zombie = keep(Target(["true"]))
    until(lambda: "Z" in Path("/proc/%d/stat" % zombie.pid).read_text().split(")")[1], "it has ended")
    fails(GONE, [str(zombie.pid)], "-p", zombie.pid)


def test_kernel_thread(fails):
    pid = kernel_thread()
    if pid is None:
        pytest.skip("no kernel thread is visible here")
    fails(NOT_PYTHON, ["kernel"], "-p", pid)


@pytest.mark.quick
def test_not_python(fails, keep):
    target = keep(Target(["sleep", "1000"]))
    fails(NOT_PYTHON, ["Python", str(target.pid)], "-p", target.pid)
    assert target.is_alive()


def test_launched_program_is_not_python(heatline, tmp_path):
    out = tmp_path / "out.svg"
    run = heatline.run("record", "-o", out, "--", "sh", "-c", "sleep 0.3; echo said; exit 3")
    assert run.out == "said\n"
    lines = run.err.splitlines()
    assert len(lines) == 2 and lines[0].startswith("heatline: ") and lines[1].startswith("hint: "), (
        run.err)
    assert "Python" in lines[0]
    assert run.status in (3, NOT_PYTHON), run.status
    assert not list(tmp_path.iterdir()), list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments, words", [
    (["-r", "0", "-p", "1"], ["rate"]),
    (["-r", "-5", "-p", "1"], ["rate"]),
    (["-r", "fast", "-p", "1"], ["rate", "fast"]),
    (["-r", "99999999999999999999", "-p", "1"], ["rate"]),
    (["-d", "-1", "-p", "1"], ["duration"]),
    (["-d", "soon", "-p", "1"], ["duration", "soon"]),
    (["-f", "pictures", "-p", "1"], ["pictures"]),
    (["-p", "0"], ["pid"]),
    (["-p", "-7"], ["pid"]),
    (["-p", "abc"], ["abc"]),
    (["-p", "99999999999"], ["99999999999"]),
    (["-p", "1", "--", "python3", "x.py"], []),
    ([], []),
    (["--"], []),
    (["--no-such-option", "-p", "1"], ["no-such-option"]),
    (["-F", "--nolineno", "-p", "1"], ["nolineno"]),
    (["--blocking", "--nonblocking", "-p", "1"], ["blocking"]),
    (["--mode", "sideways", "-p", "1"], ["sideways"]),
    (["-p"], ["-p"]),
])
def test_usage(fails, arguments, words):
    fails(USAGE, words, *arguments)


@pytest.mark.parametrize("arguments", [["recrod"], ["record", "--ouput", "x", "-p", "1"]])
def test_misspelt(heatline, arguments):
    run = heatline.run(*arguments)
    check(run, USAGE)
    assert "record" in run.err or "--output" in run.err, run.err


def test_no_such_command(fails):
    fails(NOT_FOUND, ["no-such-program"], "--", "no-such-program")
    fails(NOT_FOUND, ["/nowhere/python3"], "--", "/nowhere/python3", "x.py")


def test_command_that_is_not_executable(fails, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("nothing\n")
    fails(NOT_EXECUTABLE, [str(plain)], "--", plain)
    (tmp_path / "directory").mkdir()
    fails(NOT_EXECUTABLE, ["directory"], "--", tmp_path / "directory")


@pytest.mark.parametrize("where", ["/nowhere/at/all/out.svg", "/", "/proc/out.svg"])
def test_output_is_checked_before_the_program_starts(heatline, one_python, tmp_path, where):
    mark = tmp_path / "ran"
    run = heatline.run("record", "-f", "svg", "-o", where, "--", *one_python.command, "-c",
                       "open(%r, 'w')" % str(mark))
    assert run.status in (1, USAGE), run.status
    check(run, run.status, where)
    assert not mark.exists(), "the program was started although its output cannot be written"


def open_copy(heatline, folder):
    """The program where anybody may run it."""
    folder.chmod(0o777)
    for parent in folder.parents:
        if parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    copy = folder / "heatline"
    shutil.copy(shutil.which(heatline.binary), copy)
    copy.chmod(0o755)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(copy)]


def as_nobody(command, *arguments, cwd):
    run = subprocess.run([*command, *map(str, arguments)], stdin=subprocess.DEVNULL, cwd=str(cwd),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)

    class Run:
        status, out, err = run.returncode, run.stdout.decode(), run.stderr.decode()
    return Run


@pytest.fixture
def nobody(heatline, tmp_path, as_root):
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv on this machine")
    folder = Path("/tmp") / ("heatline-nobody-%d" % os.getpid())
    folder.mkdir()
    command = open_copy(heatline, folder)
    empty = folder / "empty"
    empty.mkdir()
    empty.chmod(0o777)
    yield lambda *arguments: as_nobody(command, *arguments, cwd=empty), empty
    shutil.rmtree(folder)


def test_somebody_elses_program(nobody, start, one_python):
    run_as, folder = nobody
    program = start(one_python, "longsleep.py")
    program.line()
    run = run_as("record", "-d", 1, "-o", "out.svg", "-p", program.pid)
    check(run, PERMISSION, str(program.pid))
    assert not list(folder.iterdir())
    assert program.is_alive()


def test_somebody_elses_folder(nobody, start, one_python):
    run_as, folder = nobody
    folder.chmod(0o755)
    run = run_as("record", "-o", folder / "out.svg", "--", "/bin/true")
    check(run, run.status, str(folder / "out.svg"))
    assert run.status in (1, PERMISSION), run.status


def test_traced_by_another(fails, heatline, start, one_python):
    """ptrace is taken, so no thread can be frozen; reading still works and says nothing is wrong."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    program = start(one_python, "busyloop.py")
    program.line()
    if libc.ptrace(0x4206, program.pid, None, None) != 0:
        pytest.skip("cannot trace here: %s" % os.strerror(ctypes.get_errno()))
    profile = heatline.record(pid=program.pid)
    assert profile.containing("busy_loop") == 100, profile.summary()
    libc.ptrace(17, program.pid, None, None)


@pytest.mark.parametrize("command", [["info"], ["export", "-f", "raw", "-o", "-"], ["report"]])
@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x00" * 5000, bytes(range(256)) * 40])
def test_file_that_is_no_recording(heatline, tmp_path, command, content):
    file = tmp_path / "bad.heat"
    file.write_bytes(content)
    run = heatline.run(command[0], file, *command[1:])
    check(run, 1, str(file))


@pytest.mark.parametrize("command", ["info", "report", "export"])
def test_recording_that_is_not_there(heatline, tmp_path, command):
    options = ["-f", "raw", "-o", "-"] if command == "export" else []
    run = heatline.run(command, tmp_path / "none.heat", *options)
    check(run, 1, str(tmp_path / "none.heat"))


def test_recording_that_is_cut_short(heatline, one_python, start, tmp_path):
    program = start(one_python, "longsleep.py")
    program.line()
    out = heatline.path(".heat")
    assert heatline.run("record", "-i", "-d", 1, "-o", out, "-p", program.pid).status == 0
    whole = out.read_bytes()
    cut = tmp_path / "cut.heat"
    for length in (1, 100, 4095, 4096, 5000, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        run = heatline.run("info", cut, "--json")
        if run.status != 0:
            check(run, 1, str(cut))
        else:
            assert '"samples"' in run.out


def test_full_disk(heatline, start, one_python, as_root, tmp_path, keep):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)],
                             stderr=subprocess.PIPE)
    if mounted.returncode != 0:
        pytest.skip("cannot mount a tmpfs: " + mounted.stderr.decode().strip())
    try:
        program = start(one_python, "churn.py")
        program.line()
        out = disk / "out.heat"
        run = heatline.run("record", "-r", 20000, "-o", out, "-d", 10, "-p", program.pid)
        assert run.status == 1, "exit status %d, must be 1:\n%s" % (run.status, run.err)
        lines = [line for line in run.err.splitlines() if "space" in line]
        assert lines and lines[0].startswith("heatline: "), run.err
        assert [line for line in run.err.splitlines() if line.startswith("hint: ")], run.err
        (left,) = disk.iterdir()
        info = heatline.info(left)
        assert info["samples"] > 1000, "what fitted must be there: %r" % info
        assert program.is_alive()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
