"""`heatline doctor`, and the errors of `dump`, under each obstacle that can be made here."""
import ctypes
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from target import Target, until
from tool import statement

USAGE, PERMISSION, NOT_PYTHON, GONE = 2, 4, 5, 6
WAIT = "import sys; print('ready', flush=True); sys.stdin.readline()"
SOMEBODY = 65534


@pytest.fixture
def waiting(start, one_python):
    target = start(one_python, None, "-c", WAIT)
    target.line()
    return target


@pytest.fixture
def under(heatline, tmp_path):
    """under(wrapper)(arguments…): heatline run by a command that puts an obstacle in its way."""
    folder = Path("/tmp") / ("heatline-under-%d" % os.getpid())
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    copy = folder / "heatline"
    shutil.copy(shutil.which(heatline.binary), copy)
    copy.chmod(0o755)

    def make(*wrapper, **options):
        if wrapper and shutil.which(wrapper[0]) is None:
            pytest.skip("no %s on this machine" % wrapper[0])

        def run(*arguments):
            done = subprocess.run([*wrapper, str(copy), *map(str, arguments)], cwd="/",
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=60, **options)

            class Run:
                status, out, err = done.returncode, done.stdout.decode(), done.stderr.decode()
            return Run
        return run
    yield make
    shutil.rmtree(folder)


def same_words(run, pid, status, *words):
    """Every command says the same sentence and hint, and ends with the same status."""
    doctor, dump = run("doctor", pid), run("dump", "-p", pid)
    assert doctor.status == dump.status == status, (doctor.out, doctor.err, dump.err)
    sentences, hints, lines = statement(dump.err)
    assert len(sentences) == 1 and len(lines) == 1 + len(hints), dump.err
    for command in (("top", "-d", "1"), ("record", "-d", "1", "-f", "raw", "-o", "-")):
        other = run(*command, "-p", pid)
        assert (other.status, other.err, other.out) == (status, dump.err, ""), (command, other.err, dump.err)
    told = doctor.out.splitlines()
    assert told[0] == "no   " + sentences[0][len("heatline: "):], (doctor.out, dump.err)
    fixes = [line[len("     fix: "):] for line in told if line.startswith("     fix: ")]
    assert fixes == [hint[len("hint: "):] for hint in hints], (doctor.out, dump.err)
    for word in words:
        assert word in doctor.out, doctor.out
    told = json.loads(run("doctor", "--json", pid).out)["processes"][0]
    assert told["status"] == status and not told["readable"]
    assert told["reason"] == sentences[0][len("heatline: "):]


@pytest.mark.quick
def test_nothing_in_the_way(every_python, heatline, start):
    target = start(every_python, None, "-c", WAIT)
    target.line()
    run = heatline.run("doctor", target.pid)
    version = "%d.%d" % every_python.version[:2]
    assert run.status == 0 and run.err == ""
    assert re.match(r"ok   process %d: Python %s(\.\d+\S*)?( free-threaded)?, 1 thread\n"
                    % (target.pid, re.escape(version)), run.out), run.out
    told = json.loads(heatline.run("doctor", "-j", "-p", target.pid).out)
    process = told["processes"][0]
    assert process["readable"] and process["threads"] == 1 and process["reason"] is None
    assert process["python"].startswith(version)
    assert process["free_threaded"] == every_python.free_threaded


def test_the_machine_and_its_pythons(heatline, waiting):
    run = heatline.run("doctor")
    assert run.status == 0 and run.err == ""
    for word in ("This machine", "Yama", "reading memory", "stopping", "Python processes",
                 "process %d: Python" % waiting.pid):
        assert word in run.out, run.out
    told = json.loads(heatline.run("doctor", "--json").out)
    assert waiting.pid in {process["pid"] for process in told["processes"]}
    assert told["machine"]["uid"] == os.geteuid()
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    assert told["machine"]["yama_scope"] == (int(scope.read_text()) if scope.exists() else 0)


def test_the_gone_and_what_is_no_python(heatline, keep):
    ended = subprocess.Popen(["true"])
    ended.wait()
    same_words(heatline.run, ended.pid, GONE, "there is no process %d" % ended.pid)
    sleeper = keep(Target(["sleep", "1000"]))
    same_words(heatline.run, sleeper.pid, NOT_PYTHON, "is not a Python process")
    kernel_thread = Path("/proc/2/comm")
    if kernel_thread.exists() and kernel_thread.read_text() == "kthreadd\n":
        same_words(heatline.run, 2, NOT_PYTHON, "is a kernel thread")


def test_a_zombie(heatline):
    zombie = subprocess.Popen(["true"])
    until(lambda: Path("/proc/%d/stat" % zombie.pid).read_text().rsplit(")", 1)[1].split()[0] == "Z",
          "it ends")
    same_words(heatline.run, zombie.pid, GONE, "a zombie")
    zombie.wait()


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_python_of_old(heatline, keep, version):
    found = sorted(Path.home().glob(".pyenv/versions/%s.*/bin/python%s" % (version, version)))
    if not found:
        pytest.skip("no Python %s on this machine" % version)
    old = keep(Target([str(found[0]), "-c", "import sys; sys.stdout.write('ready\\n'); "
                       "sys.stdout.flush(); sys.stdin.readline()"]))
    old.line()
    same_words(heatline.run, old.pid, NOT_PYTHON, "a Python that Heatline cannot read")


def test_somebody_elses(under, waiting, as_root):
    run = under("setpriv", "--reuid=%d" % SOMEBODY, "--regid=%d" % SOMEBODY, "--clear-groups")
    same_words(run, waiting.pid, PERMISSION, "belongs to user 0, and you are user %d" % SOMEBODY)


def test_root_without_the_capability(under, waiting, as_root):
    run = under("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
    same_words(run, waiting.pid, PERMISSION, "has capabilities that heatline does not have")


UNDUMPABLE = """
import ctypes, os, sys
os.setresgid({0}, {0}, {0}); os.setresuid({0}, {0}, {0})
ctypes.CDLL(None).prctl(4, 0)
print("ready", flush=True)
sys.stdin.readline()
"""


def test_not_dumpable(under, start, one_python, as_root):
    one_python.need_ctypes()
    target = start(one_python, None, "-c", UNDUMPABLE.format(SOMEBODY))
    target.line()
    run = under("setpriv", "--reuid=%d" % SOMEBODY, "--regid=%d" % SOMEBODY, "--clear-groups")
    same_words(run, target.pid, PERMISSION, "is not dumpable")


def test_outside_the_user_namespace(under, waiting):
    run = under("unshare", "--user", "--map-root-user")
    if run("--version").status:
        pytest.skip("user namespaces cannot be made here")
    same_words(run, waiting.pid, PERMISSION, "outside the user namespace")


def no_call(number):
    """Before exec: a seccomp filter under which that system call fails with EPERM."""
    class Filter(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte),
                    ("k", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]
    rows = (Filter * 4)(Filter(0x20, 0, 0, 0), Filter(0x15, 0, 1, number), Filter(6, 0, 0, 0x50001),
                        Filter(6, 0, 0, 0x7fff0000))
    program, libc = Program(4, rows), ctypes.CDLL(None, use_errno=True)

    def install():
        assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(program)) == 0
    return install


CALLS = {"x86_64": {"ptrace": 101, "process_vm_readv": 310},
         "aarch64": {"ptrace": 117, "process_vm_readv": 270}}.get(os.uname().machine, {})


def test_a_filter_on_ptrace(under, waiting):
    """Reading works all the same; that threads cannot be stopped is told."""
    if not CALLS:
        pytest.skip("system call numbers of this machine are not known")
    # A leak check at exit, in a build with sanitizers, would need ptrace itself.
    run = under(preexec_fn=no_call(CALLS["ptrace"]),
                env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0:exitcode=99"))
    told = run("doctor", waiting.pid)
    assert told.status == 0 and "but its threads cannot be stopped: a seccomp filter" in told.out
    assert "fix: add --nonblocking" in told.out
    seen = run("dump", "-p", waiting.pid)
    assert seen.status == 0 and "<module>" in seen.out


def test_a_filter_on_reading(under, waiting):
    """There is another way to the memory, which stays open."""
    if not CALLS:
        pytest.skip("system call numbers of this machine are not known")
    run = under(preexec_fn=no_call(CALLS["process_vm_readv"]))
    told = run("doctor", waiting.pid)
    assert told.status == 0 and told.out.startswith("ok   process %d" % waiting.pid), told.out
    seen = run("dump", "-p", waiting.pid)
    assert seen.status == 0 and "<module>" in seen.out, seen.err


def test_another_tracer(heatline, waiting):
    """It stands still for its tracer: what it does is shown all the same."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.ptrace(0x4206, waiting.pid, None, None) == 0, os.strerror(ctypes.get_errno())
    try:
        told = heatline.run("doctor", waiting.pid)
        assert told.status == 0, told
        assert "is traced by" in told.out and "(process %d) already" % os.getpid() in told.out
        seen = heatline.run("dump", "-p", waiting.pid)
        assert seen.status == 0 and "<module>" in seen.out
    finally:
        waiting.process.kill()


def test_misuse(heatline):
    run = heatline.run("doctor", "twelve")
    assert run.status == USAGE and "'twelve' is no process id" in run.err
