"""`trace` follows all processes into one recording: the ways of multiprocessing and of concurrent.futures, pools that are
terminated, processes that outlive the one that was started."""
import os
import time

import pytest

from calls import Calls
from target import until

pytestmark = pytest.mark.musl

METHODS = """
import multiprocessing, os, sys

def work(n):
    return leaf(n)

def leaf(n):
    return n * n

def in_process(queue):
    queue.put(work(3))

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.Queue()
    process = context.Process(target=in_process, args=(queue,))
    process.start()
    assert queue.get() == 9
    process.join()
    assert process.exitcode == 0
    with context.Pool(2) as pool:  # which is terminated at the end
        assert pool.map(work, range(20)) == [n * n for n in range(20)]
"""

FUTURES = """
import concurrent.futures, multiprocessing, sys

def work(n):
    return n * n

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(work, range(20))) == [n * n for n in range(20)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(20))) == [n * n for n in range(20)]
"""

DAEMON = """
import os, sys, time

def of_daemon():
    pass

if os.fork() == 0:
    os.setsid()
    os.close(0); os.close(1); os.close(2)
    time.sleep(0.5)
    of_daemon()
    open(sys.argv[1], "w").close()
    of_daemon()
    os._exit(0)
"""


@pytest.fixture
def trace(heatline, python, tmp_path):
    def tracer(text, *arguments):
        program, out = tmp_path / "program.py", tmp_path / "out.heat"
        program.write_text(text)
        run = heatline.run("trace", "--quiet", "--ignore-c-function", "-o", out, "--", *python.command, program,
                           *arguments)
        assert (run.status, run.out, run.err) == (0, "", "")
        return out
    return tracer


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_ways_to_start_processes(trace, heatline, method):
    out = trace(METHODS, method)
    calls = Calls(out)
    assert calls.lost == 0 and calls.count()["work"] == calls.count()["leaf"] == 21
    assert calls.count()["in_process"] == 1 and len(set(calls.pids)) >= 3  # a worker that is never asked may be ended before it begins
    processes = heatline.info(out)["process_list"]
    assert [process["parent_pid"] for process in processes].count(None) == 1


def test_executors(trace):
    calls = Calls(trace(FUTURES))
    assert calls.lost == 0 and calls.count()["work"] == 40 and len(set(calls.pids)) >= 2


def test_a_process_that_outlives_the_one_that_was_started(trace, tmp_path):
    begin = time.monotonic()
    out = trace(DAEMON, tmp_path / "done")
    assert time.monotonic() - begin < 10
    until((tmp_path / "done").exists, "the daemon has done its work")
    until(lambda: Calls(out).count()["of_daemon"] == 2, "the daemon's calls are there")
    assert len(Calls(out).pids) == 2
    assert os.path.getsize(out) > 0
