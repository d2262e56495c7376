"""`trace` where it is hard: whatever happens, the recording is right and the program does what it did."""
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from calls import Calls
from tool import environment

BUSY = """
import os, sys, threading

def step(i):
    try:
        fails(i)
    except ValueError:
        pass

def fails(i):
    raise ValueError(i)

def background():
    while True:
        step(0)

threading.Thread(target=background, daemon=True).start()
for i in range(1, 1 << 30):
    step(i)
    if i % 20 == 0:
        if os.fork() == 0:
            step(i)
            os._exit(0)
        os.wait()
    os.write(1, b"%d\\n" % i)
"""


def test_killed_at_two_hundred_moments(heatline, one_python, tmp_path):
    """What the program said that it had done is there, as far as the last line that it could write."""
    program = tmp_path / "busy.py"
    program.write_text(BUSY)
    for _ in range(200):
        out = heatline.path(".heat")
        with open(tmp_path / "said", "w+b") as said:
            run = subprocess.Popen([*heatline.argv("trace", "--quiet", "--ignore-c-function", "-o", out, "--"),
                                    *map(str, one_python.command), str(program)], stdin=subprocess.DEVNULL,
                                   stdout=said, env=environment({}), start_new_session=True)
            while run.poll() is None and not said.tell():
                time.sleep(0.002)
                said.seek(0, os.SEEK_END)
            time.sleep(random.random() * 0.008)
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            said.seek(0)
            lines = said.read().split(b"\n")
        calls = Calls(out)
        main = next(thread for thread in calls.threads if thread.name == "MainThread")
        steps = sum(call.name == "step" for call in main.all())
        told = int(lines[-2])
        assert told <= steps <= told + 1 and calls.lost == calls.resynced == 0
        out.unlink()


SAME = {
    "cProfile": """
import cProfile, pstats, io
def leaf(): return len("abc")
def work():
    for _ in range(10): leaf()
profile = cProfile.Profile()
profile.enable()
work()
profile.disable()
work()
print(sorted((name[2], row[0]) for name, row in pstats.Stats(profile).stats.items() if name[2] in ("leaf", "work")))
""",
    "settrace": """
import sys, threading
def leaf(): return len("abc")
def work():
    for _ in range(10): leaf()
seen = []
def tracer(frame, event, arg):
    seen.append((event, frame.f_code.co_name))
    return tracer
sys.settrace(tracer)
work()
sys.settrace(None)
work()
print(len(seen), sorted(set(seen)))
""",
    "setprofile": """
import sys
def leaf(): return len("abc")
def work():
    for _ in range(10): leaf()
seen = []
def profiler(frame, event, arg):
    if frame.f_code.co_name != "<module>":  # how setprofile itself returns may be seen
        seen.append((event, frame.f_code.co_name))
sys.setprofile(profiler)
work()
sys.setprofile(None)
work()
print(len(seen), sorted(set(seen)))
""",
    "pdb": """
import pdb, io
def leaf(): return len("abc")
def work():
    for _ in range(10): leaf()
work()
out = io.StringIO()
debugger = pdb.Pdb(stdin=io.StringIO("step\\nstep\\nwhere\\ncontinue\\n"), stdout=out, nosigint=True, readrc=False)
debugger.runcall(work)
print(out.getvalue())
""",
    "monitoring": """
import sys
def leaf(): return len("abc")
def work():
    for _ in range(10): leaf()
seen = []
if sys.version_info >= (3, 12):
    events = sys.monitoring.events
    for tool in range(3):
        sys.monitoring.use_tool_id(tool, "other")
    sys.monitoring.register_callback(1, events.PY_START, lambda code, offset: seen.append(code.co_name))
    sys.monitoring.set_events(1, events.PY_START)
    work()
    sys.monitoring.set_events(1, 0)
    work()
    print(sorted(set(seen)), len(seen))
else:
    work()
    work()
""",
}


@pytest.mark.parametrize("c_functions", [False, True])
@pytest.mark.parametrize("who", sorted(SAME))
def test_programs_that_look_at_themselves(heatline, python, tmp_path, who, c_functions):
    """They see what they saw, and we see all calls of Python."""
    program, out = tmp_path / "program.py", tmp_path / "out.heat"
    program.write_text(SAME[who])
    command = [*map(str, python.command), str(program)]
    plain = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                           env=environment({}))
    options = () if c_functions else ("--ignore-c-function",)
    run = heatline.run("trace", "--quiet", *options, "-o", out, "--", *command)
    assert (run.status, run.out, run.err) == (plain.returncode, plain.stdout, plain.stderr)
    assert plain.returncode == 0, plain.stderr
    calls = Calls(out)
    assert calls.count()["work"] == 2 and calls.count()["leaf"] == 20
    # Before 3.12 a profiler takes the place by which functions of C are noticed, in the middle of one.
    assert calls.resynced <= (2 if c_functions and python.version < (3, 12) else 0)


def test_coverage(heatline, tmp_path):
    pytest.importorskip("coverage", reason="coverage is not installed: tools/setup test")
    program = tmp_path / "program.py"
    program.write_text("def work(n):\n    if n:\n        return 1\n    return 2\n\nfor _ in range(5):\n    work(0)\n")
    reports = []
    for before in ([], heatline.argv("trace", "--quiet", "-o", tmp_path / "out.heat", "--")):
        subprocess.run([*before, sys.executable, "-m", "coverage", "run", "--branch", program], check=True, cwd=tmp_path,
                       env=environment({}))
        reports.append(subprocess.run([sys.executable, "-m", "coverage", "report", "-m"], check=True, cwd=tmp_path,
                                      stdout=subprocess.PIPE, text=True, env=environment({})).stdout)
    assert reports[0] == reports[1] and "3" in reports[0]
    assert Calls(tmp_path / "out.heat").count()["work"] == 5


def traced(heatline, python, tmp_path, text, *options, status=0):
    program, out = tmp_path / "program.py", tmp_path / "out.heat"
    program.write_text(text)
    run = heatline.run("trace", "--quiet", *options, "-o", out, "--", *python.command, program)
    assert run.status == status, run.err
    calls = Calls(out)
    assert calls.lost == 0
    return calls, run


def test_three_hundred_threads(heatline, python, tmp_path):
    calls, _ = traced(heatline, python, tmp_path, """
import threading
barrier = threading.Barrier(300)
def leaf(): pass
def work():
    barrier.wait()
    for _ in range(10): leaf()
threads = [threading.Thread(target=work, name="w%d" % i) for i in range(300)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""", "--ignore-c-function")
    found = calls.by_thread()
    assert [found["w%d" % i]["leaf"] for i in range(300)] == [10] * 300 and calls.resynced == 0


def test_forking_while_threads_write(heatline, python, tmp_path):
    calls, _ = traced(heatline, python, tmp_path, """
import os, threading, time
done = False
def leaf(): pass
def noise():
    while not done:
        for _ in range(20): leaf()
        time.sleep(0.0002)
def child():
    for _ in range(5): leaf()
threads = [threading.Thread(target=noise) for _ in range(3)]
for thread in threads: thread.start()
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        child()
        os._exit(0)
    os.waitpid(pid, 0)
done = True
for thread in threads: thread.join()
""", "--ignore-c-function")
    children = calls.named("child")
    assert len(children) == 20 and len(calls.pids) == 21 and calls.resynced == 0
    assert all([call.name for call in child.calls] == ["leaf"] * 5 for child in children)


CODES = """
import resource, sys
def make(i):
    namespace = {}
    exec(compile("def f(): return %d" % i, "made", "exec"), namespace)
    return namespace["f"]
for i in range(int(sys.argv[1]) if len(sys.argv) > 1 else 60000):
    make(i)()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_code_that_comes_and_goes_takes_no_memory(heatline, one_python, tmp_path):
    """A table of what is gone would take more than this for so many."""
    calls, run = traced(heatline, one_python, tmp_path, CODES, "--ignore-c-function", "--ring", "1M")
    plain = subprocess.run([*map(str, one_python.command), tmp_path / "program.py"], stdout=subprocess.PIPE, check=True,
                           text=True, env=environment({})).stdout
    assert int(run.out) - int(plain) < 16 * 1024 and calls.count()["f"] > 1000


NAMES = ['"', "'", "a\nb", "a\x00b", "\x1b[31m", "</script>", "a\\b", "\ud800", "caf\xe9", "\U0001f600", "a;b", "a b",
         "x" * 5000, ""]


def test_names_of_all_kinds(heatline, python, tmp_path):
    text = "names = %s\n" % ascii(NAMES) + """
import sys
def f(): pass
for i, name in enumerate(names):
    changes = {"co_name": name}
    if sys.version_info >= (3, 11):
        changes["co_qualname"] = name
    type(f)(f.__code__.replace(co_filename=names[-i], **changes), {})()
"""
    calls, _ = traced(heatline, python, tmp_path, text, "--ignore-c-function")
    assert {call.name for call in calls.threads[0].all()} >= set(NAMES)
    out = tmp_path / "out.heat"
    for suffix in "json", "json.gz", "svg", "pftrace", "txt", "speedscope.json", "cpuprofile", "gecko.json", "pb.gz":
        done = heatline.run("export", out, "-o", tmp_path / ("x." + suffix))
        assert done.status == 0, done.err
    for suffix in "json", "speedscope.json", "cpuprofile", "gecko.json":
        json.loads((tmp_path / ("x." + suffix)).read_text())
    json.loads(gzip.decompress((tmp_path / "x.json.gz").read_bytes()))
    for report in "--functions", "--calls", "--tree", "--replay":
        shown = heatline.run("report", out, report, "--limit", "0")
        assert shown.status == 0 and "\x1b" not in shown.out and "\x00" not in shown.out
        assert heatline.run("report", out, report, "--json").status == 0


def test_a_disk_that_is_full(heatline, one_python, tmp_path):
    """Of a disk of four mebibytes: what came first, or with --ring the latest."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", disk], check=False,
                                      stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no disk can be made here")
    try:
        program = tmp_path / "program.py"
        program.write_text("def leaf(): pass\nfor _ in range(1000000): leaf()\ndef last(): pass\nlast()\nprint('done')\n")
        for options, has_last in ((("--stop-when-full",), False), ((), True)):
            run = heatline.run("trace", "--max-size", "64M", *options, "--ignore-c-function", "-o", disk / "out.heat",
                               "--", *one_python.command, program)
            assert (run.status, run.out) == (0, "done\n"), run.err
            calls = Calls(disk / "out.heat")
            assert (calls.count()["last"] == 1) == has_last and calls.count()["leaf"] > 100000
            assert ("found no room" in run.err) != has_last and ("only the latest" in run.err) == has_last
            (disk / "out.heat").unlink()
    finally:
        subprocess.run(["umount", disk], check=True)


MUSL = """
#include <stdio.h>
#include <unistd.h>
extern char **environ;
int main(int count, char **words)
{
    puts("musl");
    fflush(stdout);
    return count > 1 ? execve(words[1], words + 1, environ) : 7;
}
"""


def test_programs_of_another_c_library(heatline, one_python, tmp_path):
    """The agent does nothing in them but hand itself on."""
    if not shutil.which("musl-gcc"):
        pytest.skip("no musl-gcc: tools/setup test")
    (tmp_path / "other.c").write_text(MUSL)
    subprocess.run(["musl-gcc", "-o", tmp_path / "other", tmp_path / "other.c"], check=True)
    calls, run = traced(heatline, one_python, tmp_path, """
import subprocess, sys
def of_parent(): pass
of_parent()
print(subprocess.call(["%s/other"]), flush=True)
subprocess.check_call(["%s/other", sys.executable, "-c", "def of_child(): pass\\nof_child()"])
""" % (tmp_path, tmp_path), "--ignore-c-function")
    assert run.out == "musl\n7\nmusl\n" and run.err == ""
    assert calls.count()["of_parent"] == calls.count()["of_child"] == 1 and len(calls.pids) == 2


GREENLETS = """
import gevent, gevent.monkey
gevent.monkey.patch_all()
import time

def leaf(n):
    return n

def job(n):
    total = 0
    for i in range(5):
        total += leaf(i)
        time.sleep(0.001)
    return total

jobs = [gevent.spawn(job, i) for i in range(10)]
gevent.joinall(jobs)
print(sum(job.value for job in jobs))
"""


def test_greenlets_with_all_kinds_of_options(heatline, tmp_path):
    pytest.importorskip("gevent", reason="gevent is not installed: tools/setup test")
    program, out = tmp_path / "program.py", tmp_path / "out.heat"
    program.write_text(GREENLETS)
    for options in ((), ("--ignore-c-function",), ("--log-func-args", "--log-async", "--min-duration", "1us")):
        run = heatline.run("trace", "--quiet", *options, "-o", out, "--", sys.executable, program)
        assert (run.status, run.out, run.err) == (0, "100\n", "")
        info = heatline.info(out)
        assert info["lost"] == info["damaged_segments"] == info["resynced"] == 0
    assert "job" in heatline.run("report", out, "--functions", "--limit", "0").out


SUBINTERPRETERS = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def before(): pass
def after(): pass
before()
for _ in range(3):
    inner = interpreters.create()
    run = getattr(interpreters, "run_string")
    run(inner, "def of_inner(n): return n if n < 2 else of_inner(n - 1) + of_inner(n - 2)\\nof_inner(10)")
    interpreters.destroy(inner)
after()
print("done")
"""


def test_subinterpreters_do_no_harm(heatline, python, tmp_path):
    calls, run = traced(heatline, python, tmp_path, SUBINTERPRETERS)
    assert run.out == "done\n" and run.err == ""
    assert calls.count()["before"] == calls.count()["after"] == 1


ANOTHER = """
import ctypes
api = ctypes.pythonapi
get, put, interp = api._PyInterpreterState_GetEvalFrameFunc, api._PyInterpreterState_SetEvalFrameFunc, api.PyInterpreterState_Get
get.restype = interp.restype = ctypes.c_void_p
get.argtypes, put.argtypes = [ctypes.c_void_p], [ctypes.c_void_p] * 2
def leaf(): pass
def work():
    compile("1", "x", "eval")
    for _ in range(10): leaf()
before = get(interp())
work()
put(interp(), ctypes.cast(api._PyEval_EvalFrameDefault, ctypes.c_void_p))
work()
work()
put(interp(), before)
work()
print(get(interp()) == before)
"""


@pytest.mark.since(3, 9)
@pytest.mark.parametrize("options", [(), ("--ignore-c-function",)])
def test_another_evaluation_function(heatline, python, tmp_path, options):
    """A program that sets one of its own: where there is sys.monitoring it takes over, and no call is told twice."""
    python.need_ctypes()
    calls, run = traced(heatline, python, tmp_path, ANOTHER, *options)
    assert run.out == "True\n" and calls.resynced == 0
    works, leaves = calls.count()["work"], calls.count()["leaf"]
    assert (works, leaves) in ([(3, 40), (4, 40)] if python.version >= (3, 12) else [(2, 20)])


def test_threads_after_a_deep_recursion(heatline, python, tmp_path):
    """Where it makes another way take over, with threading not imported yet."""
    calls, _ = traced(heatline, python, tmp_path, """
import sys
sys.setrecursionlimit(20000)
def deep(n):
    return n and deep(n - 1)
def leaf(): pass
def work():
    for _ in range(10): leaf()
sys.modules.pop("threading", None)  # something in site may have imported it
deep(9000)
import threading
thread = threading.Thread(target=work)
thread.start()
thread.join()
""", "--ignore-c-function")
    assert calls.count()["work"] == 1 and calls.count()["leaf"] == 10 and calls.count()["deep"] == 9001


@pytest.mark.quick
@pytest.mark.parametrize("fmt", ["chrometrace", "heat"])
def test_to_standard_output(heatline, one_python, tmp_path, fmt):
    """The recording lies in a file for temporary ones meanwhile, which is removed."""
    program, temporary = tmp_path / "program.py", tmp_path / "temporary"
    program.write_text("def leaf(): pass\nfor _ in range(10): leaf()\n")
    temporary.mkdir()
    done = subprocess.run(heatline.argv("trace", "-f", fmt, "-o", "-", "--", *one_python.command, program),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60,
                          check=True, env=environment({"TMPDIR": str(temporary)}))
    assert done.stderr == b"" and not list(temporary.iterdir())
    if fmt == "heat":
        out = tmp_path / "out.heat"
        out.write_bytes(done.stdout)
        assert Calls(out).count()["leaf"] == 10
    else:
        names = [event["name"] for event in json.loads(done.stdout)["traceEvents"]]
        assert sum(name.startswith("leaf (") for name in names) == 10
