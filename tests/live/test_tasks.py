"""`trace --log-async`: each task of asyncio and trio on a track of its own."""
import json
import sys
from types import SimpleNamespace

import pytest

ASYNCIO = """
import asyncio, threading

def busy(n):
    return sum(range(n))

async def inner_job():
    busy(10)
    await asyncio.sleep(0.01)
    busy(10)

async def numbers():
    for i in range(3):
        yield i
        await asyncio.sleep(0)

async def outer_job():
    await inner_job()
    async for _ in numbers():
        busy(10)

def callback():
    busy(10)

async def main():
    asyncio.get_running_loop().call_soon(callback)
    tasks = [asyncio.ensure_future(outer_job()) for _ in range(20)]
    for i, task in enumerate(tasks):
        task.set_name("job %d" % i)
    await asyncio.gather(*tasks)

def elsewhere():
    asyncio.run(inner_job())

def plain():
    list(i for i in range(3))

asyncio.run(main())
thread = threading.Thread(target=elsewhere)
thread.start()
thread.join()
plain()
"""

TRIO = """
import trio

async def job():
    await trio.sleep(0.01)
    await trio.sleep(0.01)

async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(job, name="first")
        nursery.start_soon(job, name="second")

trio.run(main)
"""


@pytest.fixture
def trace(heatline, tmp_path):
    """trace(PYTHON, TEXT): the spans by the name of their track, and rows of --tasks."""
    def tracer(command, text):
        program, path = tmp_path / "program.py", tmp_path / "out.heat"
        program.write_text(text)
        run = heatline.run("trace", "--quiet", "--log-async", "--ignore-c-function", "-o", path, "--", *command, program)
        assert (run.status, run.out, run.err) == (0, "", "")
        exported = heatline.run("export", path, "-o", tmp_path / "out.json")
        assert exported.status == 0, exported.err
        found = json.loads((tmp_path / "out.json").read_text())["traceEvents"]
        names = {event["tid"]: event["args"]["name"] for event in found if event["name"] == "thread_name"}
        spans = [(names[event["tid"]], event["name"].split(" (")[0]) for event in found if event["ph"] == "X"]
        tasks = json.loads(heatline.run("report", path, "--tasks", "--json").out)["rows"]
        info = heatline.info(path)
        assert info["resynced"] == info["lost"] == 0
        return SimpleNamespace(spans=spans, tasks=tasks)
    return tracer


def on(found, track, name):
    return sum(span == (track, name) for span in found.spans)


def check_jobs(found):
    for i in range(20):
        job = "job %d" % i
        assert (on(found, job, "outer_job"), on(found, job, "inner_job"), on(found, job, "busy")) == (5, 2, 5)
        assert not {name for track, name in found.spans if track == job} & {"main", "callback", "_run_once", "run"}
        row, = [row for row in found.tasks if row["name"] == job]
        assert row["steps"] == 5 and row["waiting_s"] > 0.009 > row["running_s"]


def test_asyncio(trace, python):
    found = trace(python.command, ASYNCIO)
    check_jobs(found)
    assert on(found, "MainThread", "callback") == on(found, "MainThread", "busy") == 1
    assert on(found, "MainThread", "plain") == 1 and on(found, "MainThread", "outer_job") == 0
    assert sum(name == "inner_job" for track, name in found.spans if track.startswith("Task-")) == 2
    assert len(found.tasks) == len({row["task"] for row in found.tasks}) >= 22


def test_uvloop(trace):
    pytest.importorskip("uvloop", reason="uvloop is not installed: tools/setup test")
    found = trace([sys.executable], "import uvloop\nuvloop.install()\n" + ASYNCIO)
    check_jobs(found)
    assert on(found, "MainThread", "callback") == 1


def test_trio(trace):
    pytest.importorskip("trio", reason="trio is not installed: tools/setup test")
    found = trace([sys.executable], TRIO)
    assert on(found, "first", "job") == on(found, "second", "job") == 3
    for name in "first", "second":
        row, = [row for row in found.tasks if row["name"] == name]
        assert row["waiting_s"] > 0.018 > row["running_s"]


EAGER = """
import asyncio

async def leaf():
    await asyncio.sleep(0.01)

async def job():
    sum(range(200000))
    await leaf()

async def quick():
    return sum(range(200000))

async def main():
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    tasks = [asyncio.create_task(job(), name="job %d" % i) for i in range(5)]
    tasks.append(asyncio.create_task(quick(), name="quick"))
    await asyncio.gather(*tasks)

asyncio.run(main())
"""


@pytest.mark.since(3, 12)
def test_eager_tasks(trace, python):
    """The first step of one runs within the task that began it, and is its own. Until 3.13 it has its name only later."""
    found = trace(python.command, EAGER)
    assert [on(found, "Task-1", name) for name in ("job", "quick", "leaf")] == [0, 0, 0]
    assert sum(name == "job" for _, name in found.spans) == 10
    main, = [row for row in found.tasks if row["name"] == "Task-1"]
    assert main["running_s"] * 4 < sum(row["running_s"] for row in found.tasks)
    if python.version >= (3, 14):
        steps = {row["name"]: row["steps"] for row in found.tasks}
        assert [steps["job %d" % i] for i in range(5)] == [2] * 5 and steps["quick"] == 1
