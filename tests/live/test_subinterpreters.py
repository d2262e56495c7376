"""`trace` of programs with several interpreters: what runs in each is recorded, from its first call on."""
import pathlib
import subprocess

import pytest

from calls import Calls
from tool import environment

pytestmark = pytest.mark.musl

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = """
import sys, threading
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
"""

IN_TURN = HEAD + '''
INNER = """
def of_inner(n): return n if n < 2 else of_inner(n - 1) + of_inner(n - 2)
of_inner(10)
callable(1)
"""
def before(): pass
def after(): pass
before()
for _ in range(3):
    inner = interpreters.create()
    getattr(interpreters, "run_string")(inner, INNER)
    interpreters.destroy(inner)
after()
print("done")
'''

AT_ONCE = HEAD + '''
INNER = """
import json
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def numbers(): yield from range(10)
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
for _ in range(10):
    fib(12)
    sum(numbers())
    json.loads(json.dumps({"a": [1, 2, 3]}))
deep(700)
"""
def work():
    for _ in range(3):
        inner = interpreters.create()
        getattr(interpreters, "run_string")(inner, INNER)
        interpreters.destroy(inner)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("done")
'''

DEEP = HEAD + '''
INNER = """
import sys
sys.setrecursionlimit(6000)
def inner_deep(n): return 0 if n == 0 else 1 + inner_deep(n - 1)
inner_deep(5000)
"""
def outer(n): return 0 if n == 0 else 1 + outer(n - 1)
def work():
    inner = interpreters.create()
    getattr(interpreters, "run_string")(inner, INNER)
    interpreters.destroy(inner)
    outer(500)
threading.stack_size(256 << 20)
thread = threading.Thread(target=work)
thread.start()
thread.join()
'''

POOL = """
from concurrent.futures import InterpreterPoolExecutor
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
if __name__ == "__main__":
    with InterpreterPoolExecutor(4) as pool:
        print(sum(pool.map(fib, [15] * 20)))
"""

PAUSED = HEAD + '''
import heatline
inner = interpreters.create()
def run(text): getattr(interpreters, "run_string")(inner, text)
def outer(): pass
tracer = heatline.Tracer(output_file="part.heat", verbose=0)
tracer.start()
run("def inner(): pass\\ninner()")
outer()
tracer.pause()
run("inner()")
outer()
tracer.resume()
run("inner()")
outer()
tracer.stop()
run("inner()")
outer()
tracer.save()
interpreters.destroy(inner)
'''


def traced(heatline, python, tmp_path, text, *options):
    program, out = tmp_path / "program.py", tmp_path / "out.heat"
    program.write_text(text)
    run = heatline.run("trace", "--quiet", *options, "-o", out, "--", *python.command, program,
                       cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    calls = Calls(out)
    assert calls.lost == 0 and calls.resynced == 0
    return calls, run


@pytest.mark.quick
@pytest.mark.parametrize("options", [(), ("--ignore-c-function",), ("--log-func-args", "--log-async", "--log-gc")])
def test_in_turn(heatline, python, tmp_path, options):
    calls, run = traced(heatline, python, tmp_path, IN_TURN, *options)
    assert run.out == "done\n"
    count = calls.count()
    assert (count["before"], count["of_inner"], count["after"]) == (1, 3 * 177, 1)
    if "--ignore-c-function" not in options:
        assert count["builtins.callable"] >= 3


@pytest.mark.parametrize("options", [(), ("--ignore-c-function",)])
def test_at_once(heatline, python, tmp_path, options):
    """From 3.12 on each has a GIL of its own, so they really run at the same time."""
    calls, run = traced(heatline, python, tmp_path, AT_ONCE, *options)
    assert run.out == "done\n"
    count = calls.count()
    assert (count["fib"], count["deep"]) == (12 * 10 * 465, 12 * 701)


def test_deep(heatline, python, tmp_path):
    """Where nesting is so deep that another way of noticing calls takes over, it is so in all interpreters."""
    calls, _ = traced(heatline, python, tmp_path, DEEP, "--ignore-c-function")
    count = calls.count()
    assert (count["inner_deep"], count["outer"]) == (5001, 501)


@pytest.mark.since(3, 14)
def test_pool(heatline, python, tmp_path):
    calls, run = traced(heatline, python, tmp_path, POOL)
    assert run.out == "12200\n"
    assert calls.count()["fib"] == 20 * 1973


def test_paused(python, tmp_path):
    """By a program that traces itself: what is paused is so in all interpreters."""
    program = tmp_path / "program.py"
    program.write_text(PAUSED)
    done = subprocess.run([*map(str, python.command), str(program)], cwd=tmp_path, timeout=60, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment({"PYTHONPATH": str(ROOT / "python")}))
    assert (done.returncode, done.stdout) == (0, "")
    calls = Calls(tmp_path / "part.heat")
    assert (calls.count()["inner"], calls.count()["outer"]) == (2, 2)


MANY = HEAD + '''
import resource
for _ in range(60):
    inner = interpreters.create()
    getattr(interpreters, "run_string")(inner, "def inner(): pass\\ninner()")
    interpreters.destroy(inner)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
'''


@pytest.mark.since(3, 14)
def test_memory_of_those_that_end(heatline, python, tmp_path):
    """Before, CPython itself keeps it. An object of ours that stayed would keep all, some 1.7 MiB of each."""
    calls, run = traced(heatline, python, tmp_path, MANY)
    alone = subprocess.run([*map(str, python.command), str(tmp_path / "program.py")], timeout=60, check=True,
                           stdout=subprocess.PIPE, text=True)
    assert calls.count()["inner"] == 60
    assert int(run.out) < int(alone.stdout) + 30


AT_WORK = HEAD + '''
import time
INNER = """
import time
def leaf_of_inner(): pass
def of_inner():
    for _ in range(10): leaf_of_inner()
    callable(1)
    time.sleep(0.002)
end = time.monotonic() + %s
while time.monotonic() < end: of_inner()
"""
def of_main(): pass
def work(seconds):
    inner = interpreters.create()
    getattr(interpreters, "run_string")(inner, INNER % seconds)
    interpreters.destroy(inner)
idle = interpreters.create()
threads = [threading.Thread(target=work, args=(seconds,)) for seconds in (0.7, 4)]
for thread in threads: thread.start()
time.sleep(0.3)
print("ready", flush=True)
while threads[1].is_alive():
    of_main()
    time.sleep(0.002)
interpreters.destroy(idle)
print("done", flush=True)
'''


def test_attach(python, start, heatline):
    """What runs in interpreters that are there is recorded, also while one of them ends, and at the next attach."""
    program = start(python, None, "-c", AT_WORK)
    program.line()
    for seconds in (1, 0.5):
        out = heatline.path(".heat")
        run = heatline.run("trace", "--attach", program.pid, "-t", seconds, "-o", out)
        assert run.status == 0, run.err
        calls = Calls(out)
        count = calls.count()
        assert count["of_main"] > 20 and count["of_inner"] > 20 and count["builtins.callable"] > 20
        inner = [call for call in calls.named("of_inner") if call.end == "leave"]
        assert sum(len(call.calls) < 11 for call in inner) <= 2, "but for the first of each thread they are whole"
        assert calls.lost == 0
    assert program.line() == "done" and program.wait() == 0 and not program.said()
