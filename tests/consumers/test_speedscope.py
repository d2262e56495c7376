"""The released speedscope, in Chromium: all the formats of ours that it reads."""

import re

import conftest
import pytest

UNITS_MS = {"ns": 1e-6, "µs": 1e-3, "ms": 1, "s": 1000}


def read_ms(cell):
    """ "20.00ms (15%)" """
    number, unit = re.match(r"([0-9.]+)([a-zµ]+) ", cell).groups()
    return float(number) * UNITS_MS[unit]


def totals(table, name_of):
    """Function → [itself, in all] in milliseconds; rows of one function are lines of it."""
    found = {}
    for row in table:
        if len(row) == 3:
            sums = found.setdefault(name_of(row[2]), [0, 0])
            sums[0] += read_ms(row[1])
            sums[1] += read_ms(row[0])
    return found


@pytest.fixture(scope="module")
def speedscope(browser, exports):
    files = {name: exports[name] for name in ("speedscope", "chrometrace", "cpuprofile", "pprof",
                                              "raw")}
    shown = browser.json("speedscope.mjs", *files.values())
    # It complains of what it had to guess; its drawing's complaints are not about us.
    assert [line for line in shown["complaints"] if "GL Driver" not in line] == []
    return {name: shown["seen"][str(file)] for name, file in files.items()}


def test_speedscope_has_a_profile_per_thread(speedscope):
    seen = speedscope["speedscope"]
    assert seen["title"].startswith("python app.py --name \"x & y\" '<z>'")
    assert seen["profiles"] == ['Process 100 Thread 100 "MainThread"',
                                'Process 100 Thread 101 "wörker "1" <b> 💩"',
                                'Process 200 Thread 200 ""',
                                'Process 200 Thread 200 "MainThread (interpreter 1)"']
    conftest.assert_times(totals(seen["table"], str), ["main"])


def test_chrometrace_has_a_track_per_thread(speedscope):
    seen = speedscope["chrometrace"]
    assert len(seen["profiles"]) == 4
    assert seen["profiles"][1] == ("python app.py --name \"x & y\" '<z>' (pid 100), "
                                   'wörker "1" <b> 💩 (tid 101)')
    found = totals(seen["table"], lambda name: name.split(' {"filename"')[0])
    conftest.assert_times(found, ["main"])


@pytest.mark.parametrize("name", ["cpuprofile", "pprof"])
def test_one_profile_of_all_threads(speedscope, name):
    found = totals(speedscope[name]["table"], str)
    found = {function: times for function, times in found.items() if "thread " not in function}
    conftest.assert_times(found)


def test_raw_counts(speedscope):
    counts = {row[2]: int(row[0].split()[0]) for row in speedscope["raw"]["table"] if len(row) == 3}
    assert counts["Worker.run (jobs.py:14)"] == 9
    assert counts["spin (app.py:5)"] == 3
    assert counts["💩_π_用户 (файл \"ü\".py:9)"] == 1
