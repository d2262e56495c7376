"""The flame graph in Chromium, used as a person does; pictures are kept in build/pictures."""

import conftest
import pytest


@pytest.fixture(scope="module")
def seen(browser, exports):
    return browser.json("svg.mjs", exports["svg"], conftest.PICTURES)


@pytest.fixture(scope="module")
def used(seen):
    return seen["used"]


def box(boxes, name):
    return next(one for one in boxes if one["told"].startswith(name + " "))


def names(boxes):
    return {one["told"].split(" (")[0].split(",")[0] for one in boxes}


def test_it_says_what_it_shows(used):
    assert used["title"] == "python app.py --name \"x & y\" '<z>'"
    assert used["facts"] == "140 ms recorded · 26 samples at 90 of 100 Hz · 4 threads · 2 processes"
    assert "your code77.6 %" in used["legend"] and "standard library15.5 %" in used["legend"]
    assert used["complaints"] == []


def test_boxes_are_as_wide_as_their_share(used):
    everything = used["start"][0]["width"]
    for name, ms in {"Worker.run": 90, "main": 95, "svd": 10, "spin": 30}.items():
        assert box(used["start"], name)["width"] == pytest.approx(everything * ms / 290, abs=0.2)
    assert box(used["start"], "main")["y"] < box(used["start"], "spin")["y"]  # it hangs down
    assert not used["resetAtStart"]


def test_tooltip(used):
    assert used["tip"].split("\n") == [
        "Worker.run (jobs.py:14)", "/srv/app/pkg/jobs.py:14",
        "9 samples · 90 ms · 31.0 % of all · 100.0 % of parent · 90 ms itself"]
    assert used["details"].startswith("Worker.run (jobs.py:14)")


def test_click_zooms_and_reset_comes_back(used):
    everything = used["start"][0]["width"]
    assert box(used["zoomed"], "main")["width"] == everything
    assert box(used["zoomed"], "spin")["width"] == pytest.approx(everything * 30 / 95, abs=0.2)
    assert box(used["zoomed"], "<module>")["width"] == everything  # callers stay, as the way back
    assert "Worker.run" not in names(used["zoomed"])
    assert "JSONEncoder.encodejson/" in box(used["zoomed"], "JSONEncoder.encode")["label"]
    assert used["resetZoomed"]
    assert used["reset"] == used["start"]


def test_search(used):
    assert used["searchFocused"] == "input"
    assert used["matched"] == "20.7 % matched"  # spin 40 ms, encode 20 of 290
    assert names(used["found"]) == {"spin", "JSONEncoder.encode"}
    assert used["caseMatters"] == "6.9 % matched"  # a capital letter asks for capital letters
    assert used["badPattern"] == 1
    assert used["foundAfterEscape"] == 0


def test_keyboard(used):
    down, right, left, up, again = used["walk"][2:]
    assert right.startswith("Popen.wait") and down.startswith("spin") and left == down
    assert up.startswith("main") and again == down
    assert box(used["zoomedByKey"], "spin")["width"] == used["start"][0]["width"]
    assert used["escaped"] == used["start"]


def test_narrow_window(used):
    assert used["narrow"][0]["width"] == 640 - 32
    assert {one["told"] for one in used["narrow"]} == {one["told"] for one in used["start"]}


def test_without_scripts(seen, used):
    plain = seen["withoutScripts"]
    assert len(plain["boxes"]) == plain["titles"] == len(used["start"])
    worker = next(one for one in plain["boxes"] if one["told"].startswith("Worker.run (jobs.py:14),"))
    assert worker["label"] == "Worker.run  jobs.py:14"
    assert "31.0 % of all" in worker["told"]


def test_embedded(seen):
    embedded = seen["embedded"]
    assert embedded["complaints"] == []
    assert embedded["heading"] == "A page"
    assert box(embedded["inline"], "main")["width"] == embedded["inline"][0]["width"]  # zoomed
    assert "Worker.run" in names(embedded["object"])  # another graph on the page stays as it was
    assert embedded["image"][0] == 1200 and embedded["image"][1] > 100
