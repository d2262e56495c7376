"""`trace --log-torch`: what torch's profiler saw stands beside the calls, at the same times. With something that stands
for torch (tests/fixtures/torch), which is too large to be had for every Python."""
import json
import pathlib
import subprocess

import pytest

from calls import Calls
from tool import environment, statement

ROOT = pathlib.Path(__file__).resolve().parents[2]
TORCH = str(ROOT / "tests/fixtures/torch")
MILLISECOND = 10 ** 6
PROGRAM = """
import os, sys
def operate():
    torch.work()
    torch.work("aten::relu")
import torch
assert torch.__loader__ is torch.__spec__.loader and "heatline" not in repr(torch.__loader__).lower()
assert not any("heatline" in repr(finder).lower() for finder in sys.meta_path)
operate()
"""


def trace(heatline, python, program, *options, torch=TORCH, status=0, **env):
    recording = heatline.path(".heat")
    run = heatline.run("trace", "--log-torch", "--quiet", "-o", recording, *options, "--", *python.command, "-c",
                       program, env=dict(env, PYTHONPATH=torch))
    assert run.status == status, run.err
    return run, recording


def tracks(calls):
    return {thread.name: thread for thread in calls.threads}


@pytest.mark.quick
@pytest.mark.parametrize("kind", ["base", "epoch", "list"])
def test_beside_the_calls(python, heatline, kind):
    _run, recording = trace(heatline, python, PROGRAM, TORCH_TRACE=kind)
    found = tracks(Calls(recording))
    assert set(found) == {"MainThread", "torch: 7", "torch: GPU 0 stream 9"}
    assert [root.tree() for root in found["torch: 7"].roots] == [
        ("aten::mm", [("inner", [])]), ("aten::relu", [("inner", [])])]
    assert [root.name for root in found["torch: GPU 0 stream 9"].roots] == ["kernel"] * 2
    operate = [call for call in found["MainThread"].all() if call.name == "operate"][0]
    for work, span in zip(operate.calls, found["torch: 7"].roots):
        assert work.name == "work"
        assert abs(span.start_ns - work.start_ns) < MILLISECOND and abs(span.end_ns - work.end_ns) < MILLISECOND
        assert span.calls[0].end_ns == span.end_ns
    assert found["torch: 7"].tid >= 1 << 22
    chrome = heatline.path(".json")
    assert heatline.run("export", recording, "-o", chrome).status == 0
    spans = [event for event in json.loads(chrome.read_text())["traceEvents"] if event.get("name") == "aten::mm"]
    assert len(spans) == 1 and "shape" in json.dumps(spans[0])


def test_only_in_the_process_that_began_it(one_python, heatline):
    _run, recording = trace(heatline, one_python, PROGRAM + """
if os.fork() == 0:
    operate()
    sys.exit(0)
os.wait()
import subprocess
subprocess.run([sys.executable, "-c", "import torch; torch.work('of a child')"], check=True)
subprocess.run([sys.executable, "-c", "print('without torch')"], check=True)
""")
    calls = Calls(recording)
    named = [call.name for thread in calls.threads if thread.name == "torch: 7" for call in thread.roots]
    assert sorted(named) == ["aten::mm", "aten::relu", "of a child"]
    assert len(calls.pids) == 4


def test_many_spans(one_python, heatline):
    """More than a segment holds."""
    _run, recording = trace(heatline, one_python, """
import torch, time
begin = time.time_ns()
torch.DONE += [("op %d" % (n % 1000), begin + n * 2000, 900) for n in range(200000)]
""")
    track = tracks(Calls(recording))["torch: 7"]
    assert len(track.roots) == 200000 and not track.resynced
    assert heatline.info(recording)["lost"] == 0


def test_without_torch(python, heatline):
    run, recording = trace(heatline, python, "print('it ran')", torch="", status=2)
    sentences, hints, _lines = statement(run.err)
    assert sentences == ["heatline: --log-torch: %s has no torch" % python.command[0]] and len(hints) == 1
    assert run.out == "" and not recording.exists()


def test_profiler_that_fails(one_python, heatline):
    run, recording = trace(heatline, one_python, """
import torch.profiler as p
p.profile.stop = lambda self: 1 / 0
import torch
torch.work()
""")
    assert run.err == "heatline: torch's profiler failed: division by zero\n"
    assert "work" in Calls(recording).count()


API = """
import heatline, torch
def operate(): torch.work()
with heatline.trace("part.heat", verbose=0, log_torch=True):
    operate()
operate()
"""


def test_interface(python, tmp_path):
    command = [*python.command, "-c", API]
    paths = str(ROOT / "python") + ":" + TORCH
    subprocess.run(command, cwd=tmp_path, env=environment({"PYTHONPATH": paths}), check=True, timeout=60)
    found = tracks(Calls(tmp_path / "part.heat"))
    assert [root.name for root in found["torch: 7"].roots] == ["aten::mm"]
    assert [call.name for call in found["MainThread"].all()].count("operate") == 1
    text = "import heatline\nheatline.Tracer(log_torch=True)"
    done = subprocess.run([*python.command, "-c", text], cwd=tmp_path, stderr=subprocess.PIPE, check=False,
                          timeout=60, env=environment({"PYTHONPATH": str(ROOT / "python")}))
    assert b"ImportError: log_torch needs torch, which is not installed here" in done.stderr
