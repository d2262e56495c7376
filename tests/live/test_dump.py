"""`heatline dump` against the program's own word: stacks, names, states, variables."""
import json
import os
import re
import shlex
import signal
import subprocess

import pytest

from interpreters import REPOSITORY
from target import Target, state, tracers, until
from tool import statement

USAGE, PERMISSION, NOT_PYTHON, GONE = 2, 4, 5, 6
LEVEL = 16  # of --locals: values of up to 2,048 characters

FAULTHANDLER = """
import faulthandler, os, sys, threading
def wait(): os.read(0, 1)
def deeper(n): return deeper(n - 1) if n else wait()
for n in range(5):
    threading.Thread(target=deeper, args=(n * 7,), daemon=True).start()
def tell():
    faulthandler.dump_traceback(sys.stdout, all_threads=True)
    print("end", flush=True)
    sys.stdin.readline()
while not all(os.path.exists("/proc/self/task/%d/wchan" % t.native_id) for t in threading.enumerate()):
    pass
import time
time.sleep(0)
tell()
"""


def dump(heatline, pid, *options, status=0):
    run = heatline.run("dump", "--json", *options, "-p", pid)
    assert run.status == status, "dump ended with %d: %s" % (run.status, run.err)
    return json.loads(run.out)


def frames_of(thread):
    return [(frame["name"], frame["filename"], frame["line"]) for frame in thread["frames"]]


def by_tid(threads):
    return {thread["os_thread_id"]: thread for thread in threads}


def waiting(heatline, target):
    """It has printed its line, and waits for input now."""
    until(lambda: by_tid(dump(heatline, target.pid))[target.pid]["syscall"] == "read",
          "the program waits for its input")


def function(python, thread, name):
    """The innermost frame of the function with that unqualified name."""
    for frame in thread["frames"]:
        if frame["name"].rsplit(".", 1)[-1] == name:
            return frame
    raise AssertionError("%s is not on the stack: %s" % (name, frames_of(thread)))


@pytest.mark.quick
def test_every_stack_agrees(every_python, heatline, start):
    target = start(every_python, "truth.py")
    truth = target.json()["threads"]
    threads = by_tid(dump(heatline, target.pid))
    assert set(threads) == {thread["tid"] for thread in truth}
    wrong = []
    for thread in truth:
        expected = [tuple(frame) for frame in thread["stack"]]
        seen = frames_of(threads[thread["tid"]])[::-1]
        if seen != expected:
            wrong.append("%s: expected\n  %s\n but saw\n  %s" % (thread["scenario"], expected, seen))
        if thread["thread"] is not None:
            assert threads[thread["tid"]]["thread_name"] == thread["thread"]
    assert not wrong, "%d of %d threads differ (none may):\n%s" % (len(wrong), len(truth),
                                                                    "\n".join(wrong)[:6000])


def faulthandlers(target):
    """{ident: [(name, line), …]}, innermost first."""
    stacks, ident = {}, None
    for line in iter(target.line, "end"):
        thread = re.match(r"(?:Current t|T)hread (0x[0-9a-f]+)", line)
        frame = re.match(r'  File "(.*)", line (\d+) in (.*)$', line)
        if thread:
            ident = int(thread[1], 16)
            stacks[ident] = []
        elif frame:
            stacks[ident].append((frame[3], int(frame[2])))
    return stacks


def test_faulthandler_agrees(every_python, heatline, start):
    target = start(every_python, None, "-c", FAULTHANDLER)
    told = faulthandlers(target)
    seen = {thread["thread_id"]: [(frame["name"].rsplit(".", 1)[-1], frame["line"])
                                  for frame in thread["frames"]]
            for thread in dump(heatline, target.pid)}
    assert set(seen) == set(told) and len(told) == 6
    for ident, frames in told.items():
        # What has changed since: the thread that told has left tell()'s second line, others may
        # have reached wait().
        assert [name for name, _line in seen[ident]][-len(frames):] == [name for name, _ in frames]
        assert seen[ident][1 - len(frames):] == frames[1:]


@pytest.mark.quick
def test_every_variable_agrees(every_python, heatline, start):
    target = start(every_python, "variables.py")
    check_variables(target, heatline)


def check_variables(target, heatline):
    told = target.json()
    thread = dump(heatline, target.pid, "-" + "l" * LEVEL)[0]
    wrong, count = [], 0
    for name, variables in told.items():
        seen = {local["name"]: local for local in function(None, thread, name)["locals"]}
        for variable, expected in variables.items():
            count += 1
            local = seen.get(variable, {"repr": None, "cut": None})
            if expected == "cut":
                if not local["cut"] or len(local["repr"]) > 128 * LEVEL + 64:
                    wrong.append((name, variable, "must be cut", local))
            elif local["repr"] != expected:
                wrong.append((name, variable, expected, local["repr"]))
    assert count >= 30 and not wrong, "%d of %d differ: %s" % (len(wrong), count, wrong[:5])


def test_numpy(python, heatline, start):
    if python.musl:
        pytest.skip("there is no numpy for musl here")
    found = subprocess.run([str(REPOSITORY / "tools" / "numpy"), python.family],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if found.returncode != 0:
        pytest.skip(found.stderr.decode().strip())
    target = start(python, "numbers_of_numpy.py", env={"PYTHONPATH": found.stdout.decode().strip()})
    check_variables(target, heatline)


ARGUMENTS = """
import sys
def f(first, *rest, key, **more):
    import os
    local = 1
    def g():
        inner = first
        print("ready", flush=True)
        sys.stdin.readline()
        return inner
    g()
f(1, 2, key=3, x=4)
"""


def test_arguments_are_told_from_locals(python, heatline, start):
    target = start(python, None, "-c", ARGUMENTS)
    target.line()
    thread = dump(heatline, target.pid, "-l")[0]
    locals_of = {name: {local["name"]: local["arg"] for local in function(python, thread, name)["locals"]}
                 for name in ("f", "g")}
    assert {name for name, arg in locals_of["f"].items() if arg} == {"first", "rest", "key", "more"}
    assert {name for name, arg in locals_of["f"].items() if not arg} == {"os", "local", "g"}
    assert locals_of["g"] == {"inner": False, "first": False}
    assert function(python, thread, "<module>")["locals"] == []
    assert function(python, dump(heatline, target.pid)[0], "f")["locals"] is None
    shown = heatline.run("dump", "-l", target.pid).out
    assert "        Arguments:\n" in shown and "            first: 1\n" in shown, shown
    assert "        Locals:\n" in shown


CONSISTENT = """
def pairs():
    n = 0
    while True:
        n += 1
        pair = (n, [n], {n: n})
        if n == 1000:
            print("ready", flush=True)
pairs()
"""


@pytest.mark.quick
def test_a_running_program_is_read_at_one_moment(python, heatline, start):
    target = start(python, None, "-c", CONSISTENT)
    target.line()
    values = set()
    for _ in range(20):
        thread = dump(heatline, target.pid, "-l")[0]
        assert not (thread["unsteady"] or thread["truncated"] or thread["unreadable"]), thread
        seen = {local["name"]: local["repr"] for local in function(python, thread, "pairs")["locals"]}
        numbers = set(re.findall(r"\d+", seen["pair"]))
        assert len(numbers) == 1, "one tuple of two moments: %s" % seen["pair"]
        assert int(seen["n"]) - int(*numbers) in (0, 1), seen
        values |= numbers
    assert len(values) > 10, "it stood still: %s" % values
    assert state(target.pid) in "RS" and not tracers(target.pid)


BUSY = """
import threading
def burn():
    while True:
        pass
threads = [threading.Thread(target=burn, daemon=True) for _ in range(3)]
for t in threads: t.start()
print("ready", flush=True)
import sys
sys.stdin.readline()
"""


def test_states(python, heatline, start):
    target = start(python, None, "-c", BUSY)
    target.line()
    waiting(heatline, target)
    counted = Counted(dump(heatline, target.pid))
    main = counted.main
    assert main["syscall"] == "read" and not main["active"] and main["gil"] is None
    assert main["state"] == "idle in read"
    if python.free_threaded:
        assert sum(thread["gil"] == "attached" for thread in counted.others) == 3
        return
    assert sum(thread["owns_gil"] for thread in counted.others) <= 1

    def as_it_must_be():
        threads = Counted(dump(heatline, target.pid)).others
        return (sum(thread["state"] == "on CPU, holds the GIL" for thread in threads) == 1 and
                sum(thread["state"] == "idle in futex, waiting for the GIL" for thread in threads) == 2)
    until(as_it_must_be, "one thread holds the GIL, two wait for it")
    only = dump(heatline, target.pid, "--gil")
    assert len(only) <= 1 and all(thread["owns_gil"] for thread in only)


class Counted:
    def __init__(self, threads):
        self.main = next(t for t in threads if t["thread_name"] == "MainThread")
        self.others = [t for t in threads if t is not self.main]


def test_the_collector_at_work(python, heatline, start):
    target = start(python, "collector.py")
    target.line()
    seen = until(lambda: next((t for t in dump(heatline, target.pid) if t["gc"]), None), "a collection")
    assert "collecting garbage" in seen["state"] and seen["owns_gil"]


def test_a_stopped_program(one_python, heatline, start):
    target = start(one_python, None, "-c", CONSISTENT)
    target.line()
    os.kill(target.pid, signal.SIGSTOP)
    until(lambda: state(target.pid) == "T", "the program stops")
    assert dump(heatline, target.pid)[0]["state"].startswith("stopped")
    assert state(target.pid) == "T", "it goes on although nobody continued it"
    os.kill(target.pid, signal.SIGCONT)
    until(lambda: state(target.pid) == "R", "the program goes on")


@pytest.mark.parametrize("option", ["--blocking", "--nonblocking"])
def test_stopping_all_and_none(python, heatline, start, option):
    target = start(python, None, "-c", BUSY)
    target.line()
    for _ in range(5):
        threads = dump(heatline, target.pid, option)
        assert len(threads) == 4
        for thread in threads:
            names = [name.rsplit(".", 1)[-1] for name, _file, _line in frames_of(thread)]
            assert names in (["<module>"], ["burn", "run", "_bootstrap_inner", "_bootstrap"]) or names[0] in (
                "_bootstrap", "_bootstrap_inner", "run", "start", "wait"), names
        stopped = threads[0]["process_info"]["stopped_threads"]
        assert stopped == (0 if option == "--nonblocking" else 4)


@pytest.mark.parametrize("how", ["subprocess", "fork", "shell"])
def test_children(one_python, heatline, start, how):
    target = start(one_python, "children.py", how)
    pids = {int(word) for word in target.line().split()[1:]}
    run = heatline.run("dump", "-s", "--json", "-p", target.pid)
    assert run.status == 0 and run.err == "", run.err
    threads = json.loads(run.out)
    assert {thread["pid"] for thread in threads} == pids | {target.pid}
    for thread in threads:
        info = thread["process_info"]
        assert info["pid"] == thread["pid"] and "children.py" in info["command_line"]
        if thread["pid"] in pids:
            function(one_python, thread, "child_work")
    alone = dump(heatline, target.pid)
    assert {thread["pid"] for thread in alone} == {target.pid}


def test_unicode_names(python, heatline, start, tmp_path):
    script = tmp_path / "\u043a\u0438\u0440\u0438\u043b\u043b\u0438\u0446\u0430 \U0001f4a9.py"
    script.write_text("import sys\ndef \u0444\u0443\u043d\u043a\u0446\u0438\u044f(seconds):\n"
                      "    \u043f\u0435\u0440 = '\u4e2d\u6587'\n    print('ready', flush=True)\n"
                      "    sys.stdin.readline()\n\u0444\u0443\u043d\u043a\u0446\u0438\u044f(1)\n",
                      encoding="utf-8")
    target = start(python, None, script)
    target.line()
    waiting(heatline, target)
    frame = dump(heatline, target.pid, "-l")[0]["frames"][0]
    assert (frame["name"], frame["filename"], frame["line"]) == (
        "\u0444\u0443\u043d\u043a\u0446\u0438\u044f", str(script), 5)
    assert frame["short_filename"] == script.name
    assert frame["source"] == "sys.stdin.readline()"
    assert {local["name"]: local["repr"] for local in frame["locals"]} == {
        "seconds": "1", "\u043f\u0435\u0440": "'\u4e2d\u6587'"}
    shown = heatline.run("dump", "-F", "--full-filenames", target.pid).out
    assert "\u0444\u0443\u043d\u043a\u0446\u0438\u044f (%s:2)\n" % script in shown, shown


def test_source_in_the_mount_namespace(one_python, heatline, keep, tmp_path):
    """The file that the program has run from is not there for us: it lies in a file system of its own."""
    place = tmp_path / "place"
    place.mkdir()
    (tmp_path / "script.py").write_text("import sys\ndef here():\n    print('ready', flush=True)\n"
                                        "    sys.stdin.readline()\nhere()\n")
    line = "mount -t tmpfs tmpfs %s && cp %s %s && exec %s %s/script.py" % (
        place, tmp_path / "script.py", place, shlex.join(map(str, one_python.command)), place)
    argv = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*argv, "mount", "-t", "tmpfs", "tmpfs", str(place)]).returncode:
        pytest.skip("no mount namespace can be made here")
    target = keep(Target([*argv, "sh", "-c", line]))
    target.line()
    waiting(heatline, target)
    assert not (place / "script.py").exists()
    sources = [frame["source"] for frame in dump(heatline, target.pid)[0]["frames"]]
    assert sources == ["sys.stdin.readline()", "here()"]


def test_the_text(one_python, heatline, start):
    target = start(one_python, "named_threads.py")
    target.line()
    until(lambda: not any(thread["active"] for thread in dump(heatline, target.pid)), "all idle")
    run = heatline.run("dump", "-p", target.pid)
    assert run.status == 0 and run.err == ""
    lines = run.out.splitlines()
    assert lines[0] == "Process %d: %s" % (target.pid, shlex.join(target.argv))
    assert re.fullmatch(r"Python 3\.\d+(\.\d+)? \(/.*\)", lines[1]), lines[1]
    assert any(re.fullmatch(r'Thread %d \(idle in \w+\): "MainThread"' % target.pid, line)
               for line in lines), run.out
    assert "\033" not in run.out and "\n\n\n" not in run.out


def test_deep_recursion(python, heatline, start):
    target = start(python, None, "-c", """
import sys
sys.setrecursionlimit(4000)
def f(n):
    if n: return f(n - 1)
    print("ready", flush=True)
    sys.stdin.readline()
f(3000)""")
    target.line()
    assert len(dump(heatline, target.pid)[0]["frames"]) == 3002
    shown = heatline.run("dump", target.pid).out
    assert "the same 2997 more times" in shown and len(shown.splitlines()) < 30, shown


HOSTILE = """
import ctypes, sys
def poke(address, value): ctypes.c_uint64.from_address(address).value = value
def victim():
    size = object.__basicsize__
    wild_type, endless, negative, absurd_int = object(), [1, 2], [3], 2**70
    text, table, numbers, view = "wild" * 40, {"a": 1}, {1, 2, 3}, (1, 2)
    keep = [wild_type, endless, negative, absurd_int, text, table, numbers, view]
    keep_types = [type(value) for value in keep]
    %s
    print("ready", flush=True)
    sys.stdin.readline()
    import os
    os._exit(0)
victim()
"""
POKES = {
    "type": "poke(id(wild_type) + size - 8, 0xdeadbeef000)",
    "type of itself": "poke(id(wild_type) + size - 8, id(wild_type))",
    "length": "poke(id(endless) + size, 2**63 - 1)",
    "negative length": "poke(id(negative) + size, 2**64 - 5)",
    "items": "poke(id(endless) + size + 8, id(endless))",
    "items nowhere": "poke(id(endless) + size + 8, 8)",
    "digits": "poke(id(absurd_int) + size, 2**63 - 1 - 7)",
    "characters": "poke(id(text) + size, 2**62)",
    "kind": "poke(id(text) + size + 16, 2**64 - 1)",
    "keys": "poke(id(table) + size + 16, id(table))",
    "values": "poke(id(table) + size + 24, id(table))",
    "mask": "poke(id(numbers) + size + 16, 2**40 - 1)",
    "slots": "poke(id(numbers) + size + 24, 4096)",
    "tuple length": "poke(id(view) + size, 2**39)",
}


@pytest.mark.parametrize("what", POKES)
def test_a_hostile_program(python, heatline, start, what):
    python.need_ctypes()
    target = start(python, None, "-c", HOSTILE % POKES[what])
    target.line()
    threads = dump(heatline, target.pid, "-llll")
    frame = function(python, threads[0], "victim")
    names = {local["name"] for local in frame["locals"]}
    assert {"wild_type", "endless", "table", "keep"} <= names
    assert all(len(local["repr"]) < 4 * 128 + 200 for local in frame["locals"])


def check(run, status, *words):
    sentences, hints, lines = statement(run.err)
    assert run.status == status, (run.status, run.err)
    assert len(sentences) == 1 and len(hints) <= 1 and len(lines) == 1 + len(hints), run.err
    for word in words:
        assert word in run.err, run.err
    assert run.out == ""


def test_nothing_to_look_at(heatline, keep):
    ended = subprocess.Popen(["true"])
    ended.wait()
    check(heatline.run("dump", "-p", ended.pid), GONE, "there is no process %d" % ended.pid)
    sleeper = keep(Target(["sleep", "1000"]))
    check(heatline.run("dump", "-p", sleeper.pid), NOT_PYTHON, "is not a Python process")
    check(heatline.run("dump"), USAGE, "No pid was given")
    check(heatline.run("dump", "-p", "x"), USAGE, "--pid")
    check(heatline.run("dump", "twelve"), USAGE, "'twelve' is no process id")
    check(heatline.run("dump", "--blocking", "--nonblocking", "-p", 1), USAGE, "together")


@pytest.mark.since(3, 14)
def test_tasks(python, heatline, start):
    target = start(python, "await_chain.py")
    target.line()
    waiting(heatline, target)
    tasks = {task["name"]: task for task in dump(heatline, target.pid, "--async")[0]["tasks"]}
    leaf = "le\u0430f \U0001f4a9"
    assert tasks[leaf]["running"] and not any(task["running"] for task in tasks.values()
                                              if task["name"] != leaf)
    awaited_by, chain = leaf, []
    while awaited_by:
        chain.append(awaited_by)
        awaited_by = next(iter(tasks[awaited_by]["awaited_by"]), None)
    assert chain == [leaf, "Task-3", "shielded", "Task-2", "Task-1"]
    assert [frame["name"] for frame in tasks["Task-3"]["frames"]] == [
        "middle_gather", "old_style", "through_old"]
    assert tasks["Task-1"]["frames"][-1]["name"] == "main"
    assert dump(heatline, target.pid)[0]["tasks"] is None


AWAITED_BY_MANY = """
import asyncio
async def leaf():
    await asyncio.sleep(1000)
async def wait_for(task):
    await task
async def gathers(task):
    await asyncio.gather(task)
async def main():
    shared = asyncio.create_task(leaf(), name="shared")
    async with asyncio.TaskGroup() as group:
        for i in range(9):
            group.create_task(wait_for(shared), name="W%d" % i)
        group.create_task(gathers(shared), name="G")
        group.create_task(leaf(), name="alone")
        await asyncio.sleep(0.1)
        print("ready", flush=True)
asyncio.run(main())
"""


@pytest.mark.since(3, 14)
def test_task_with_several_awaiters(python, heatline, start):
    target = start(python, None, "-c", AWAITED_BY_MANY)
    target.line()
    tasks = {task["name"]: task["awaited_by"]
             for task in dump(heatline, target.pid, "--async")[0]["tasks"]}
    assert sorted(tasks["shared"]) == ["G"] + ["W%d" % i for i in range(9)]
    assert tasks["alone"] == tasks["W3"] == ["Task-1"] and tasks["Task-1"] == []


FAMILY = """
import os, sys, threading
def rest(fd): os.read(fd, 1)
def start_two(fd, name):
    for n in range(2):
        threading.Thread(target=rest, args=(fd,), name="%s-%d" % (name, n), daemon=True).start()
quiet, _ = os.pipe()
told, tell = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        start_two(quiet, "grandchild"); os.write(tell, b"x"); rest(quiet)
    start_two(quiet, "child"); os.write(tell, b"x"); rest(quiet)
start_two(quiet, "parent")
os.read(told, 1), os.read(told, 1)
print("ready", flush=True)
sys.stdin.readline()
"""


def test_threads_of_children(python, heatline, start):
    target = start(python, None, "-c", FAMILY)
    target.line()

    def names():
        seen = {}
        for thread in dump(heatline, target.pid, "-s"):
            seen.setdefault(thread["process_info"]["parent_pid"], set()).add(thread["thread_name"])
        return sorted(map(sorted, seen.values()))
    expected = [["MainThread", "%s-0" % name, "%s-1" % name] for name in ("child", "grandchild", "parent")]
    until(lambda: names() == expected, "every thread of the three processes is shown")
