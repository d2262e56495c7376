"""heatline merge: several recordings in one."""

import json

import traced


def test_samples_and_calls(heatline, tmp_path, recording):
    trace = traced.write(tmp_path / "steps.heat")
    heatline("merge", "all.heat", recording, trace, trace)
    one, other, merged = (json.loads(heatline("info", "--json", path).out)
                          for path in (recording, trace, tmp_path / "all.heat"))
    for key in ("events", "samples", "calls", "processes", "threads"):
        assert merged[key] == one[key] + 2 * other[key]
    assert merged["complete"] and merged["damaged_segments"] == 0
    assert merged["started"] == one["started"]
    rows = json.loads(heatline("report", "all.heat", "--json").out)["rows"]
    assert {row["function"]: row["calls"] for row in rows}["step"] == 6


def test_it_takes_an_output_and_two(heatline, recording):
    assert "heatline merge OUTPUT.heat" in heatline("merge", recording, recording, status=2).err


def test_nothing_is_left_of_a_failure(heatline, tmp_path, recording):
    assert "cannot read" in heatline("merge", "all.heat", recording, "none", status=1).err
    assert not (tmp_path / "all.heat").exists()
