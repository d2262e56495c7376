"""heatline export: choosing formats and outputs. What is in each format is tests/golden's business."""

import json

RAW = """\
<module> (busy.py:30);other (日本.py:21) 100
<module> (busy.py:30);work (busy.py:12) 100
<module> (busy.py:30);work (busy.py:12);inner (busy.py:4) 100
<module> (busy.py:30);work (busy.py:12);inner (busy.py:4);inner (busy.py:4) 100
Thread.run (threading.py:1012) 1
"""


def test_to_standard_output(heatline, recording):
    assert sorted(heatline("export", recording, "-f", "raw").out.splitlines()) == sorted(
        RAW.splitlines())
    assert heatline("export", "-fraw", "-o-", recording).out == heatline(
        "export", recording, "--format=raw").out


def test_format_from_the_name(heatline, recording, tmp_path):
    run = heatline("export", recording, "-o", "out.txt")
    assert run.out == ""
    assert sorted((tmp_path / "out.txt").read_text().splitlines()) == sorted(RAW.splitlines())
    heatline("export", recording, "-o", "out.speedscope.json")
    assert "profiles" in json.loads((tmp_path / "out.speedscope.json").read_text())
    heatline("export", recording, "-o", "out.json", "-f", "raw")  # -f counts for more
    assert (tmp_path / "out.json").read_text() == (tmp_path / "out.txt").read_text()


def test_py_spy_calls_it_flamegraph(heatline, recording):
    assert "<svg" in heatline("export", recording, "-f", "flamegraph").out


def test_heat_is_a_copy(heatline, recording, tmp_path):
    heatline("export", recording, "-o", "copy.heat", "--gil")
    assert (tmp_path / "copy.heat").read_bytes() == recording.read_bytes()
    heatline("export", recording, "-o", recording)  # onto itself
    assert (tmp_path / "copy.heat").read_bytes() == recording.read_bytes()


def test_view_options(heatline, recording):
    out = heatline("export", recording, "-fraw", "-itF", "--limit-threads", 4243).out
    assert out == "thread (4243): waiter;Thread.run (threading.py:1000) 400\n"


def test_output_is_checked_first(heatline, tmp_path):
    """Before the recording is even opened."""
    run = heatline("export", "nothing.heat", "-o", "no/such/folder/out.svg", status=1)
    assert "no/such/folder" in run.err
    assert "nothing.heat" not in run.err
    assert not list(tmp_path.iterdir())


def test_no_partial_output(heatline, tmp_path):
    (tmp_path / "not.heat").write_text("hello")
    (tmp_path / "out.svg").write_text("what was there")
    run = heatline("export", "not.heat", "-o", "out.svg", status=1)
    assert run.err.startswith("heatline: ")
    assert (tmp_path / "out.svg").read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["not.heat", "out.svg"]


def test_no_such_recording(heatline):
    run = heatline("export", "nothing.heat", "-f", "raw", status=1)
    assert "nothing.heat" in run.err.splitlines()[0]
