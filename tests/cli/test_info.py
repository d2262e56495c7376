"""heatline info: what a recording says of itself."""

import json

import pytest

import busy


def info(heatline, path):
    return json.loads(heatline("info", "--json", path).out)


def test_figures(heatline, recording):
    got = info(heatline, recording)
    expected = {
        "started": "2023-11-14T22:13:20Z", "command": "python busy.py", "version": "0.1.0",
        "samples": 800, "rejected": 1, "truncated": 0, "lost": 0, "damaged_segments": 0,
        "damaged_references": 0, "processes": 1, "threads": 2, "duration_s": 4.0, "rate_hz": 100.0,
        "achieved_hz": 100.0, "bytes": recording.stat().st_size, "complete": True,
    }
    assert {key: got[key] for key in expected} == expected
    assert 800 < got["events"] < 2000
    assert 0 < got["used_bytes"] < got["bytes"]


def test_processes_and_threads(heatline, recording):
    got = info(heatline, recording)
    assert got["process_list"] == [{
        "pid": 4242, "parent_pid": None, "executable": "/usr/bin/python3",
        "command": "python busy.py", "python": "3.13.1", "free_threaded": False, "start_s": 0,
        "end_s": 4, "exit_status": 3}]
    assert [(t["tid"], t["name"], t["samples"], t["end_s"]) for t in got["thread_list"]] == [
        (4242, "MainThread", 400, None), (4243, "waiter", 400, None)]
    assert got["notes"]["command"] == "python busy.py"


def test_as_text(heatline, recording):
    lines = dict(line.split(None, 1) for line in heatline("info", recording).out.splitlines()
                 if not line.startswith(" "))
    assert lines["samples"] == "800 (1 more rejected, 0 truncated, 0 events lost)"
    assert lines["processes"] == "4242  python busy.py  (Python 3.13.1)"
    assert lines["duration"] == "4.00s"


def test_cut_off(heatline, tmp_path):
    got = info(heatline, busy.write(tmp_path / "open.heat", closed=False, lost=7))
    assert (got["complete"], got["lost"], got["samples"]) == (False, 7, 800)


def test_dump_lists_every_event(heatline, recording):
    lines = heatline("info", "--dump", recording).out.splitlines()
    assert lines[0].startswith("stream ")
    assert len(lines) == info(heatline, recording)["events"] + 1
    assert sum(line.startswith("SAMPLE ") for line in lines) == 800
    assert 'NOTE key="command" value="python busy.py"' in lines


@pytest.mark.parametrize("content", [b"", b"HEATLINE", b"hello world" * 1000, b"\0" * 10000])
def test_not_a_recording(heatline, tmp_path, content):
    (tmp_path / "x.heat").write_bytes(content)
    run = heatline("info", "x.heat", status=1)
    assert run.out == ""
    assert run.err.startswith("heatline: ")
    assert "x.heat" in run.err


def test_not_a_file(heatline, tmp_path):
    assert str(tmp_path) in heatline("info", tmp_path, status=1).err
