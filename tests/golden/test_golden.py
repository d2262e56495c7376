"""Every export of one small recording, against what was looked at and found right. `regold` makes
them anew; the difference is then for the reviewer to judge."""

import json
import os
import xml.etree.ElementTree

import cases
import pytest


@pytest.fixture(scope="module")
def recording_of(tmp_path_factory):
    return cases.write_recordings(tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def recording(recording_of):
    return recording_of("")


@pytest.mark.parametrize("name", cases.CASES)
def test_golden(recording_of, name):
    got = cases.readable(name, cases.export(recording_of(name), cases.CASES[name]))
    expected = (cases.EXPECTED / name).read_text()
    assert got == expected, f"{name} changed; tests/golden/regold takes it over"


def test_nothing_else_is_expected():
    assert set(os.listdir(cases.EXPECTED)) == set(cases.CASES)


@pytest.mark.parametrize("name", [name for name in cases.CASES if name.endswith(".svg")])
def test_svg_is_xml_and_safe(recording, name):
    text = cases.export(recording, cases.CASES[name]).decode()
    svg = xml.etree.ElementTree.fromstring(text)
    scripts = [element for element in svg.iter() if element.tag.endswith("script")]
    assert len(scripts) == 1 and not scripts[0].attrib
    assert not [element for element in svg.iter() if element.tag.endswith("}b")]  # a name's "<b>"
    assert "http" not in text.replace("http://www.w3.org/", "")  # nothing is loaded from elsewhere


@pytest.mark.parametrize("name", [name for name in cases.CASES if name.endswith(("json", "file"))])
def test_json_is_json(recording_of, name):
    json.loads(cases.export(recording_of(name), cases.CASES[name]))


def test_totals_agree(recording):
    """Whatever the format, the time is the same: 290 ms; 10 ms without a frame are not part of it."""
    speedscope = json.loads(cases.export(recording, cases.CASES["all.speedscope.json"]))
    weights = [weight for profile in speedscope["profiles"]
               for stack, weight in zip(profile["samples"], profile["weights"]) if stack]
    raw = cases.export(recording, cases.CASES["all.txt"]).decode().splitlines()
    count = sum(int(line.rsplit(" ", 1)[1]) for line in raw)
    gecko = json.loads(cases.export(recording, cases.CASES["all.gecko.json"]))
    gecko_ms = sum(sum(thread["samples"]["weight"]) for thread in gecko["threads"])
    assert sum(weights) == 290_000_000
    assert abs(count - 29) <= len(raw) / 2  # each line is rounded to whole samples
    assert gecko_ms == pytest.approx(290)
