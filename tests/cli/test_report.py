"""heatline report: figures that are known, in text, JSON and CSV."""

import csv
import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import termios

import pytest

import busy
from conftest import environment, words


def rows(heatline, recording, *options):
    return json.loads(heatline("report", recording, "--json", *options).out)["rows"]


def test_functions(heatline, recording):
    got = {row["function"]: row for row in rows(heatline, recording)}
    assert list(got) == ["inner", "work", "other", "Thread.run", "<module>"]
    assert got["inner"]["own_s"] == pytest.approx(2)
    assert got["inner"]["total_s"] == pytest.approx(2)  # though the last second is there twice
    assert got["work"]["own_s"] == pytest.approx(1)
    assert got["work"]["total_s"] == pytest.approx(3)
    assert got["<module>"]["own_samples"] == 0
    assert got["<module>"]["total_samples"] == 400
    assert got["other"]["file"] == "日本.py"
    assert got["other"]["path"] == "/src/app/日本.py"
    assert got["other"]["first_line"] == 20
    assert sum(row["own_percent"] for row in got.values()) == pytest.approx(100, abs=0.01)


def test_what_is_about_the_rows(heatline, recording):
    report = json.loads(heatline("report", recording, "--json", "--limit", 2).out)
    assert len(report.pop("rows")) == 2
    assert report == {
        "report": "functions", "title": "python busy.py", "mode": "wall",
        "duration_s": pytest.approx(4), "total_s": pytest.approx(4.01), "rate_hz": 100,
        "samples": 401, "rows_left_out": 3,
    }


def test_lines_with_source(heatline, tmp_path):
    source = tmp_path / "busy.py"
    source.write_text("".join("\t  line_%d()\r\n" % n for n in range(1, 20)))
    recording = busy.write(tmp_path / "here.heat", source=str(source))
    got = {(row["path"], row["line"]): row for row in rows(heatline, recording, "--lines")}
    assert got[str(source), 4]["source"] == "line_4()"
    assert got[str(source), 4]["own_s"] == pytest.approx(2)
    assert got[str(source), 12]["total_s"] == pytest.approx(3)
    assert got[str(source), 30]["source"] == ""  # the file has no such line
    assert "line_12()" in heatline("report", recording, "--lines").out


def test_source_is_a_regular_file_or_nothing(heatline, tmp_path):
    os.mkfifo(tmp_path / "fifo.py")
    recording = busy.write(tmp_path / "fifo.heat", source=str(tmp_path / "fifo.py"))
    assert all(row["source"] == "" for row in rows(heatline, recording, "--lines"))


def test_tree(heatline, recording):
    tree = rows(heatline, recording, "--tree")
    by_id = {row["id"]: row for row in tree}
    calls = []
    for row in tree:
        above = by_id.get(row["parent"])
        assert row["depth"] == (above["depth"] + 1 if above else 1)
        calls.append((above["function"] if above else None, row["function"], row["total_s"]))
    assert calls == [(None, "<module>", 4), ("<module>", "work", 3), ("work", "inner", 2),
                     ("inner", "inner", 1), ("<module>", "other", 1), (None, "Thread.run", 0.01)]


def test_tree_as_text(heatline, recording):
    """What is below one percent is left out; a lone callee stands below its caller."""
    lines = heatline("report", recording, "--tree").out.splitlines()
    at = lines[3].index("Call")
    assert [line[at:] for line in lines[4:]] == [
        "<module> (busy.py:30)", "├─ work (busy.py:12)", "│  inner (busy.py:4)",
        "│  inner (busy.py:4)", "└─ other (日本.py:21)"]
    assert not any("Thread.run" in line for line in lines)


def test_threads(heatline, recording):
    main, waiter = rows(heatline, recording, "--threads")
    assert (main["name"], main["pid"], main["tid"], main["samples"]) == ("MainThread", 4242, 4242,
                                                                         400)
    assert (main["cpu_s"], main["gil_s"], main["idle_s"]) == (4, 4, 0)
    assert waiter["name"] == "waiter"
    assert (waiter["cpu_s"], waiter["idle_s"], waiter["gil_wait_s"], waiter["gc_s"]) == (
        0.01, 3.99, 0.01, 0.01)
    assert waiter["idle_percent"] == pytest.approx(99.75)


@pytest.mark.parametrize("report", ["--functions", "--lines", "--tree", "--threads"])
def test_csv_says_what_json_says(heatline, recording, report):
    table = list(csv.DictReader(io.StringIO(heatline("report", recording, report, "--csv").out)))
    objects = rows(heatline, recording, report)
    assert [list(row) for row in table] == [list(row) for row in objects]
    for line, row in zip(table, objects):
        for key, value in row.items():
            assert (line[key] if isinstance(value, str) else float(line[key])) == value


def test_view_options(heatline, recording):
    assert [row["function"] for row in rows(heatline, recording, "--limit-threads", "waiter")] == [
        "Thread.run"]
    idle = {row["function"]: row["own_s"] for row in rows(heatline, recording, "-i")}
    assert idle["Thread.run"] == pytest.approx(4)
    assert "Thread.run" not in {row["function"] for row in rows(heatline, recording, "--gil")}
    assert {row["function"] for row in rows(heatline, recording, "--include", "other")} == {
        "<module>", "other"}
    assert "<GC>" in {row["function"] for row in rows(heatline, recording, "--gc")}
    assert {row["depth"] for row in rows(heatline, recording, "--tree", "--max-depth=1")} == {1}


def on_terminal(arguments, columns, **env):
    """What the program writes when standard output is a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
    with subprocess.Popen([*words(), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=theirs,
                          env=environment(**env)) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # what Linux says at the end of a terminal
                break
            if not part:
                break
            out += part
    os.close(ours)
    assert process.returncode == 0
    return out.decode()


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_fits_the_terminal(recording, tmp_path, columns):
    for name in ("f" * 150, "関数" * 80):
        source = "/home/%s/busy.py" % name
        path = busy.write(tmp_path / "wide.heat", source=source)
        text = on_terminal(["report", path, "--full-filenames"], columns, NO_COLOR="1")
        assert "\033" not in text
        wide = [line for line in text.splitlines()
                if sum(2 if ord(c) > 0x2FFF else 1 for c in line) > columns]
        assert not wide
        assert "busy.py:10" in text  # the end of a path tells more than its beginning


def test_colour_on_a_terminal(recording):
    assert "\033[1;31m" in on_terminal(["report", recording], 80)
    assert "\033" not in on_terminal(["report", recording], 80, TERM="dumb")


def test_columns_line_up(heatline, recording):
    lines = heatline("report", recording).out.splitlines()[3:]
    places = {line.index(text) for line, text in zip(lines, ["Function", "inner", "work", "other"])}
    assert len(places) == 1


def test_nothing_to_show(heatline, recording):
    run = heatline("report", recording, "--limit-threads", "nobody")
    assert "Nothing was seen" in run.out


def test_what_is_missing_is_told(heatline, tmp_path):
    path = busy.write(tmp_path / "open.heat", closed=False, lost=7)
    run = heatline("report", path)
    assert "inner" in run.out
    assert "7 events found no room" in run.err
    assert "no clean end" in run.err
    cut = tmp_path / "cut.heat"
    cut.write_bytes(path.read_bytes()[:6000])
    assert "damaged" in heatline("report", cut).err


def test_reader_that_goes_away(recording):
    """`heatline report … | head`: no message, also where SIGPIPE was ignored before us."""
    ours, theirs = os.pipe()
    os.close(ours)
    with subprocess.Popen([*words(), "report", recording], stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=subprocess.PIPE, env=environment(),
                          restore_signals=False) as process:
        os.close(theirs)
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE
