"""heatline diff: what moved between two recordings."""

import csv
import io
import json

import pytest

import busy
import traced


def diff(heatline, before, after, *options):
    return json.loads(heatline("diff", before, after, "--json", *options).out)


@pytest.fixture
def traces(tmp_path):
    return (traced.write(tmp_path / "before.heat"),
            traced.write(tmp_path / "after.heat", scale=1.5))


def test_calls(heatline, traces):
    got = diff(heatline, *traces)
    rows = {row["function"]: row for row in got.pop("rows")}
    assert got == {
        "report": "diff", "rows_left_out": 0,
        "before": {"title": "python steps.py", "total_s": pytest.approx(0.105), "calls": 14},
        "after": {"title": "python steps.py", "total_s": pytest.approx(0.105), "calls": 14}}
    step = rows["step"]
    assert list(rows)[:2] == ["<module>", "step"]  # 3 ms went from one to the other
    assert (step["before_mean_s"], step["after_mean_s"]) == (0.002, 0.003)
    assert (step["before_own_s"], step["after_own_s"]) == (0.0045, 0.0075)
    assert step["mean_change_percent"] == 50
    assert step["p"] == pytest.approx(0.40, abs=0.02)  # t = 0.961 with 3.48 degrees of freedom
    assert rows["len"]["mean_change_percent"] == 0
    assert rows["len"]["p"] == 1
    assert rows["wait"]["p"] is None  # once each: nothing can be said


def test_what_is_new_and_what_is_gone(heatline, traces, tmp_path):
    rows = {row["function"]: row for row in
            diff(heatline, traces[0], busy.write(tmp_path / "busy.heat"))["rows"]}
    assert rows["step"]["after_own_percent"] == 0
    assert rows["step"]["own_change_percent"] == -100
    assert rows["inner"]["own_change_percent"] is None
    text = heatline("diff", traces[0], tmp_path / "busy.heat").out
    assert "gone" in text and "new" in text


def test_samples(heatline, recording):
    rows = diff(heatline, recording, recording)["rows"]
    assert {row["function"] for row in rows} == {"inner", "work", "other", "Thread.run", "<module>"}
    assert all(row["own_change_percent"] in (0, None) and row["p"] == 1 for row in rows)


def test_as_text_and_csv(heatline, traces):
    lines = heatline("diff", *traces, "--limit", 3, "--include", "step").out.splitlines()
    assert lines[0] == "before: 6.00ms in 6 calls: python steps.py"
    assert lines[1] == "now:    9.00ms in 6 calls: python steps.py"
    assert any("+50.0%" in line and line.endswith("steps.py") for line in lines)
    rows = list(csv.DictReader(io.StringIO(heatline("diff", *traces, "--csv").out)))
    assert {row["function"]: row["p"] for row in rows}["wait"] == ""


def test_two_are_needed(heatline, recording, tmp_path):
    assert "two recordings can be compared, not 1" in heatline("diff", recording, status=2).err
    assert "cannot read" in heatline("diff", recording, tmp_path / "none", status=1).err
