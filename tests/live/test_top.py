"""`heatline top` as its user sees it: in a terminal that tmux makes, on programs of which it is known
what they do."""
import os
import re
import shutil
import signal
import subprocess

import pytest

from screen import PLACE, Screen, row_of, table
from target import PROGRAMS, state, until

FAST = ("--delay", "0.3")


@pytest.fixture
def screen(tmp_path):
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    opened = []

    def opener(columns=80, rows=24):
        opened.append(Screen(tmp_path, columns, rows))
        return opened[-1]

    yield opener
    for one in opened:
        one.close()


def attach(screen, heatline, pid, *options, **env):
    screen.run(heatline.argv("top", *FAST, "-p", pid, *options), **env)


def check_bounds(text):
    rows = table(text)
    assert rows, text
    for row in rows:
        assert row.own <= row.total <= 100, "%s\n%s" % (row, text)
        assert row.own_s <= row.total_s + 0.01, "%s\n%s" % (row, text)


def settled(text, name, seconds):
    row = row_of(text, name)
    return row and row.total_s >= seconds


@pytest.mark.calm
def test_shares_of_a_known_program(python, start, heatline, screen):
    program = start(python, "shares.py")
    program.line()
    terminal = screen()
    attach(terminal, heatline, program.pid, "-r", 500)
    terminal.keys("w")  # shares since the start: more samples, less chance
    text = terminal.until(lambda shown: "since start" in shown and settled(shown, "main", 1.5),
                          "1.5 seconds")
    heavy, light, burn, module = (row_of(text, name) for name in ("heavy", "light", "burn", "<module>"))
    share = 100 * heavy.total_s / (heavy.total_s + light.total_s)
    assert abs(share - 75) <= 6, "heavy() has %.1f %% of the two, must be 75 +- 6\n%s" % (share, text)
    assert burn.own >= 0.9 * module.total, "burn() is nearly all of it\n" + text
    assert module.own <= 2 and abs(module.total - row_of(text, "main").total) <= 2, text
    known = "%d.%d.%d" if python.version >= (3, 11) else "%d.%d"  # older ones do not tell in memory
    assert "Python " + known % python.version[:known.count("%")] in text, text
    assert "pid %d " % program.pid in text, text
    assert (burn.file, burn.line) == ("shares.py", 4), text
    check_bounds(text)
    terminal.keys("q")
    assert terminal.left() == 0
    assert program.is_alive()


def test_lines_and_calls(one_python, start, heatline, screen):
    program = start(one_python, "shares.py")
    program.line()
    terminal = screen(100, 30)
    attach(terminal, heatline, program.pid)
    terminal.row("burn")
    terminal.keys("L")
    text = terminal.until(lambda shown: " Line" in shown and row_of(shown, "heavy"), "lines")
    assert row_of(text, "heavy").line == 12 and row_of(text, "light").line == 16, text
    assert {row.line for row in table(text) if row.name == "burn"} <= {4, 5, 6, 7, 8}, text
    terminal.keys("L")
    terminal.row("burn")
    terminal.keys("Home", "Enter")
    text = terminal.until(lambda shown: "↑" in shown, "burn()'s callers")
    calls = re.findall(r"([↑↓]) +([\d.]+)%  (\S+)", text)
    assert [(mark, name) for mark, _share, name in calls[:2]] == [("↑", "heavy"), ("↑", "light")], text
    assert ("↓", "100.0", "(its") in calls, "burn() calls nobody\n" + text
    assert abs(float(calls[0][1]) + float(calls[1][1]) - 100) < 0.2, text
    terminal.keys("Enter")
    terminal.until(lambda shown: "↑" not in shown, "the row closed again")


def test_each_thread_by_itself(python, start, heatline, screen):
    program = start(python, "mixed_threads.py")
    program.line()
    terminal = screen(120, 40)
    attach(terminal, heatline, program.pid, "-t")
    text = terminal.until(lambda shown: "busy-1" in shown and "busy-2" in shown, "two busy threads")
    assert "dozing" not in text, "it does nothing that counts\n" + text
    assert re.search(r"Threads 4 \(2 active\)", text), text
    for row in table(text):
        assert row.total <= 100 and re.match(r"\d+ busy-[12] ", row.rest), text
    terminal.keys("c", "c")
    text = terminal.until(lambda shown: "wall time" in shown and "dozing" in shown, "idle threads too")
    dozing = next(row for row in table(text) if row.name == "doze")
    assert dozing.own == 100 and "dozing" in dozing.rest, text
    check_bounds(text)
    terminal.keys("t")
    text = terminal.until(lambda shown: "busy-1" not in shown and row_of(shown, "doze"), "all together")
    assert abs(row_of(text, "doze").own - 25) <= 2, "one of four threads\n" + text
    check_bounds(text)


@pytest.mark.quick
def test_filter_sort_pause_reset(one_python, start, heatline, screen):
    program = start(one_python, "shares.py")
    program.line()
    terminal = screen()
    attach(terminal, heatline, program.pid)
    terminal.row("<module>")
    terminal.keys("/", "h", "e", "a", "v")
    text = terminal.until(lambda shown: [row.name for row in table(shown)] == ["heavy"], "one row")
    assert "/heav_" in text.splitlines()[-1], text
    terminal.keys("Enter")
    terminal.until(lambda shown: "/heav: 1 rows" in shown, "the filter kept")
    terminal.keys("Escape")
    terminal.row("<module>")
    terminal.keys("2")
    text = terminal.until(lambda shown: "▼%Total" in shown and row_of(shown, "light"),
                          "sorted by total %")
    shares = [row.total for row in table(text)]
    assert shares == sorted(shares, reverse=True), text
    assert table(text)[-1].name == "light", text
    terminal.keys("Right", "Right")
    terminal.until(lambda shown: "▼TotalTime" in shown, "sorted by total time")
    terminal.keys("p")
    held = terminal.until(lambda shown: "PAUSED" in shown, "the pause")
    terminal.keys("<")
    text = terminal.until(lambda shown: "▼OwnTime" in shown, "sorted while paused")
    assert sorted(table(text)) == sorted(table(held)), "a paused screen changed\n%s\n%s" % (held, text)
    terminal.keys("p")
    terminal.until(lambda shown: "PAUSED" not in shown and settled(shown, "main", 1), "going on")
    before = row_of(terminal.text(), "main").total_s
    terminal.keys("r")
    text = terminal.until(lambda shown: settled(shown, "main", 0.05) and
                          row_of(shown, "main").total_s < before, "time from the start again")
    check_bounds(text)
    terminal.keys("?")
    text = terminal.until(lambda shown: "leave" in shown, "help")
    assert not [line for line in text.splitlines()[4:] if "…" in line], "no line of it is cut\n" + text
    terminal.keys("x")
    terminal.row("<module>")
    terminal.keys("C-c")
    assert terminal.left() == 0
    assert program.is_alive()


def test_keys_of_the_terminal(one_python, start, heatline, screen):
    """The keys that a terminal sends as sequences, and those that do the same without."""
    program = start(one_python, "many_threads.py", "60")
    program.line()
    terminal = screen(80, 24)
    attach(terminal, heatline, program.pid, "-i", "-t")
    first = terminal.until(lambda shown: len(table(shown)) == 18, "a full table")

    def opened(keys, row):
        """These keys, from the top, put the cursor on that row of the screen: its calls follow it."""
        terminal.keys("Home", *keys, "Enter")
        text = terminal.until(lambda shown: re.search(r"[↑↓] ", shown), "the calls of a row")
        lines = text.splitlines()
        at = next(n for n, line in enumerate(lines) if re.search(r"[↑↓] ", line))
        assert at - 6 == row, "%s: row %d was opened, not %d\n%s" % (keys, at - 6, row, text)
        terminal.keys("Escape")
        terminal.until(lambda shown: not re.search(r"[↑↓] ", shown), "the row closed again")

    opened([], 0)
    opened(["Down", "Down", "Up"], 1)
    opened(["j", "j", "j", "k"], 2)
    terminal.keys("p")
    terminal.until(lambda shown: "PAUSED" in shown, "the pause")
    terminal.keys("PageDown", "PageDown")
    moved = terminal.until(lambda shown: table(shown)[0] != table(first)[0], "the next page")
    terminal.keys("PageUp", "PageUp")
    terminal.until(lambda shown: table(shown)[0] != table(moved)[0], "the page before")
    terminal.keys("P")
    terminal.until(lambda shown: "PAUSED" not in shown, "going on")
    for key, column in (("3", "OwnTime"), ("4", "TotalTime"), ("1", "%Own"), (">", "%Total"),
                        ("Left", "%Own"), ("Left", "TotalTime"), ("Right", "%Own")):
        terminal.keys(key)
        terminal.until(lambda shown: "▼" + column in shown, "%s sorts by %s" % (key, column))
    terminal.keys("/", "w", "x", "BSpace", "a", "Enter")
    terminal.until(lambda shown: "/wa: " in shown, "a letter taken back")
    terminal.keys("h")
    terminal.until(lambda shown: "leave" in shown, "help")
    terminal.keys("h", "C-l", "Q")
    assert terminal.left() == 0


def test_sizes(one_python, start, heatline, screen):
    program = start(one_python, "many_threads.py", "60")
    program.line()
    terminal = screen(80, 24)
    attach(terminal, heatline, program.pid, "-i")
    for columns, rows in ((80, 24), (200, 60), (120, 10), (40, 12), (80, 24)):
        terminal.resize(columns, rows)

        def fits(shown):
            lines = shown.splitlines()
            return (len(lines) == rows and max(map(len, lines)) <= columns and lines[-1].startswith("q quit")
                    and len(table(shown)) == rows - 6 and len(lines[0]) > columns - 10)

        terminal.until(fits, "a screen of %d x %d" % (columns, rows))
    terminal.keys("End")
    last = terminal.until(lambda shown: row_of(shown, "<module>") or row_of(shown, "Thread.run"), "the end")
    terminal.keys("Home")
    terminal.until(lambda shown: table(shown) and table(shown)[0] != table(last)[0], "the beginning")
    check_bounds(terminal.text())


def test_many_threads_stay_below_100(one_python, start, heatline, screen):
    program = start(one_python, "many_threads.py", "110")
    program.line()
    terminal = screen(100, 150)
    attach(terminal, heatline, program.pid, "-i", "-t")
    text = terminal.until(lambda shown: "Threads 111 (111 active)" in shown and len(table(shown)) > 100,
                          "111 threads")
    check_bounds(text)
    waits = [row for row in table(text) if row.name.startswith("wait_")]
    assert waits and all(row.own == 100 for row in waits), "each has its own 100 %%\n%s" % text
    terminal.keys("t")
    text = terminal.until(lambda shown: "waiter-" not in shown and row_of(shown, "wait_7"), "all together")
    check_bounds(text)
    assert row_of(text, "wait_7").own == 0.9, "a 111th of the time\n" + text


@pytest.mark.parametrize("how", ["fork", "subprocess", "shell"])
def test_children(one_python, start, heatline, screen, how):
    program = start(one_python, "children.py", how)
    program.line()
    terminal = screen(120, 30)
    attach(terminal, heatline, program.pid, "-s", "-t")
    text = terminal.until(lambda shown: "Processes 4" in shown and
                          len([row for row in table(shown) if row.name == "child_work"]) == 3,
                          "three children and their parent")
    check_bounds(text)
    terminal.keys("t")
    text = terminal.until(lambda shown: len([row for row in table(shown) if row.name == "child_work"]) == 1,
                          "one row for all of them")
    check_bounds(text)


def test_children_from_birth(one_python, heatline, screen):
    program = "import os, time\n" \
              "def work():\n until = time.monotonic() + 4\n while time.monotonic() < until: pass\n" \
              "pids = [os.fork() for n in range(2)]\nwork()\n" \
              "for pid in filter(None, pids): os.waitpid(pid, 0)"
    terminal = screen(100, 24)
    terminal.run(heatline.argv("top", *FAST, "-s", "--", *one_python.command, "-c", program))
    terminal.until(lambda shown: "Processes 4" in shown and row_of(shown, "work"), "a child's child, too")
    assert terminal.left() == 0


def test_several_processes(one_python, start, heatline, screen):
    programs = [start(one_python, name) for name in ("shares.py", "busyloop.py")]
    for program in programs:
        program.line()
    terminal = screen(100, 24)
    terminal.run(heatline.argv("top", *FAST, "-p", programs[0].pid, "-p", programs[1].pid))
    text = terminal.until(lambda shown: row_of(shown, "burn") and row_of(shown, "busy_loop"), "both programs")
    assert "Processes 2" in text, text
    programs[0].end()
    terminal.until(lambda shown: "Processes 1" in shown and row_of(shown, "busy_loop"), "the one that is left")
    programs[1].end()
    assert terminal.left() == 0


@pytest.mark.quick
def test_output_and_status_of_a_program(one_python, heatline, screen):
    program = "import sys, time\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\n" \
              "print(repr(sys.stdin.read()))\n" \
              "until = time.monotonic() + 1.5\nwhile time.monotonic() < until: sum(range(1000))\nsys.exit(7)"
    terminal = screen()
    before = terminal.settings()
    terminal.run(heatline.argv("top", *FAST, "--", *one_python.command, "-uc", program))
    text, _row = terminal.row("<module>")
    assert "to stdout" not in text, text
    assert terminal.left() == 7
    text = terminal.text()
    assert text.index("<module>") < text.index("to stdout") < text.index("to stderr") < text.index("''"), \
        "the last table, then all that the program said\n" + text
    assert before == terminal.settings(), "the terminal's settings were not given back"


def test_long_output_stays_in_a_file(one_python, heatline, screen, tmp_path):
    program = "import time\nfor n in range(5000): print('line', n)\n" \
              "until = time.monotonic() + 0.5\nwhile time.monotonic() < until: pass"
    run = heatline.run("top", *FAST, "--", *one_python.command, "-c", program, env={"TMPDIR": str(tmp_path)})
    assert run.status == 0, run.err
    kept = re.search(r"these were the last (\d+) of (\d+) bytes .* all are in (\S+)", run.err)
    assert kept, run.err
    whole = open(kept[3]).read()
    assert len(whole) == int(kept[2]) and whole.startswith("line 0\n") and whole.endswith("line 4999\n")
    shown = [line for line in run.out.splitlines() if line.startswith("line ")]
    assert shown[-1] == "line 4999" and shown == ["line %d" % n for n in range(5000 - len(shown), 5000)]
    assert 0 < sum(len(line) + 1 for line in shown) == int(kept[1]) <= 16384
    run = heatline.run("top", *FAST, "--", *one_python.command, "-c", "print(1)", env={"TMPDIR": str(tmp_path)})
    assert os.listdir(tmp_path / ".") and not [name for name in os.listdir(tmp_path)
                                               if name.startswith("heatline-output") and name not in kept[3]]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_program_that_dies(one_python, heatline, screen, number):
    terminal = screen()
    terminal.run(heatline.argv("top", *FAST, "--", *one_python.command, PROGRAMS / "launched.py", "die",
                               int(number)))
    assert terminal.left() == 128 + number
    assert "spin" in terminal.text(), "what it did last is still shown\n" + terminal.text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_give_the_terminal_back(one_python, start, heatline, screen, number):
    program = start(one_python, "shares.py")
    program.line()
    terminal = screen()
    before = terminal.settings()
    attach(terminal, heatline, program.pid)
    terminal.row("burn")
    os.kill(our_pid(program.pid), number)
    assert terminal.left() == 0
    assert before == terminal.settings()
    assert program.is_alive() and state(program.pid) in "RS"


def our_pid(watched):
    """The heatline that watches that process."""
    run = subprocess.run(["pgrep", "-f", "top .*-p %d" % watched], stdout=subprocess.PIPE, check=True)
    pids = [int(pid) for pid in run.stdout.split()]
    named = [pid for pid in pids if open("/proc/%d/comm" % pid).read().strip() == "heatline"]
    assert len(named) == 1, pids
    return named[0]


@pytest.mark.parametrize("key", ["q", "C-c"])
def test_leaving_ends_the_program(one_python, heatline, screen, key):
    terminal = screen()
    terminal.run(heatline.argv("top", *FAST, "--", *one_python.command, PROGRAMS / "launched.py", "interrupted"))
    text, _row = terminal.row("spin")
    pid = int(re.search(r"pid (\d+)", text)[1])
    terminal.keys(key)
    assert terminal.left() == (0 if key == "q" else 130)
    assert state(pid) is None


def test_keep_running(one_python, heatline, screen, keep):
    terminal = screen()
    terminal.run(heatline.argv("top", *FAST, "--keep-running", "--", *one_python.command,
                               PROGRAMS / "launched.py", "interrupted"))
    text, _row = terminal.row("spin")
    pid = int(re.search(r"pid (\d+)", text)[1])
    terminal.keys("q")
    assert terminal.left() == 0
    assert state(pid) in "RS"
    path = re.search(r"goes to (\S+)", terminal.text().replace("\n", ""))
    os.kill(pid, signal.SIGKILL)
    assert path, terminal.text()
    os.unlink(path[1].split("left")[0])


@pytest.mark.quick
def test_without_colour(one_python, start, heatline, screen):
    program = start(one_python, "shares.py")
    program.line()
    colour = re.compile(r"\033\[(\d+;)*3[1-7](;\d+)*m")
    for env, coloured in (({"NO_COLOR": "1"}, False), ({"NO_COLOR": None}, True),
                          ({"NO_COLOR": None, "TERM": "vt100"}, False)):
        terminal = screen()
        attach(terminal, heatline, program.pid, **env)
        terminal.row("burn")
        text = terminal.text(escapes=True)
        assert bool(colour.search(text)) == coloured, "%s: %r" % (env, text)


@pytest.mark.parametrize("env, why", [
    ({"TERM": "dumb"}, "cannot move its cursor"),
    ({"TERM": "no-such-terminal"}, "nothing is known here of the terminal"),
    ({"TERM": None}, "TERM is not set"),
])
def test_terminals_without_a_screen(one_python, start, heatline, screen, env, why):
    program = start(one_python, "shares.py")
    program.line()
    terminal = screen(120, 50)
    attach(terminal, heatline, program.pid, "-d", "2", "--delay", "1", **env)
    assert terminal.left() == 0
    text = terminal.text()
    assert why in text and "plain text instead" in " ".join(text.split()), text
    assert row_of(text, "burn"), text


def test_a_terminal_that_is_described_in_one_folder_only(one_python, start, heatline, screen, tmp_path):
    described = subprocess.run(["infocmp", "-1", "xterm"], stdout=subprocess.PIPE, check=True, text=True).stdout
    named = re.sub(r"(?m)^xterm[^,]*,", "heatline-test|a terminal of a test,", described)
    subprocess.run(["tic", "-x", "-o", tmp_path, "-"], input=named, check=True, text=True)
    program = start(one_python, "shares.py")
    program.line()
    terminal = screen(120, 50)
    attach(terminal, heatline, program.pid, TERM="heatline-test", TERMINFO=str(tmp_path))
    assert terminal.row("burn") and "q quit" in terminal.text()
    terminal.keys("q")
    assert terminal.left() == 0
    terminal = screen(120, 50)
    attach(terminal, heatline, program.pid, "-d", "2", "--delay", "1", TERM="heatline-test")
    assert terminal.left() == 0
    text = terminal.text()
    assert "nothing is known here of the terminal" in text and row_of(text, "burn"), text


@pytest.mark.quick
def test_text_for_a_pipe(one_python, start, heatline):
    program = start(one_python, "shares.py")
    program.line()
    run = heatline.run("top", "-d", "2.2", "--delay", "0.5", "-p", program.pid)
    assert run.status == 0 and not run.err, run.err
    looks = run.out.count("Samples")
    assert 4 <= looks <= 5, "%d looks in 2.2 seconds\n%s" % (looks, run.out)
    assert "\033" not in run.out and "q quit" not in run.out
    last = run.out.split("\n\n")[-2]
    assert "since start" in last and abs(row_of(last, "main").total_s - 2.2) < 0.5, last
    check_bounds(run.out)


def test_closed_pipe_ends_it(one_python, start, heatline):
    program = start(one_python, "shares.py")
    program.line()
    run = heatline.start("top", "--delay", "0.2", "-p", program.pid)
    run.line()
    run.process.stdout.close()
    assert run.wait() == 0


def test_options(one_python, start, heatline):
    program = start(one_python, "mixed_threads.py")
    program.line()

    def look(*options):
        run = heatline.run("top", "-d", "1", "--delay", "2", "-p", program.pid, *options,
                           env={"COLUMNS": "160"})
        assert run.status == 0 and not run.err, run.err
        check_bounds(run.out)
        return run.out

    text = look("-F", "--full-filenames", "--gc")
    assert PLACE.search(row_of_any(text, "compute").rest)["file"] == str(PROGRAMS / "mixed_threads.py")
    assert row_of_any(look("--nolineno"), "compute").line == 0
    text = look("-i", "--limit-threads", "dozing", "-t")
    assert {row.name for row in table(text)} >= {"doze"} and "busy" not in text, text
    text = look("--exclude", "threading.py", "--exclude", "*/threading.py")
    assert {row.file for row in table(text)} == {"mixed_threads.py"}, text
    text = look("-i", "--include", "doze*")
    assert row_of(text, "doze").own == 100 and not row_of(text, "compute"), text
    for options in (("--nonblocking",), ("--blocking",), ("-g",), ("-r", "1000")):
        assert row_of(look(*options), "compute"), options


def row_of_any(text, name):
    found = [row for row in table(text) if row.rest.startswith(name)]
    assert found, text
    return found[0]


@pytest.mark.quick
def test_bad_input(heatline, start, one_python):
    for options, status in (((), 2), (("-p", "1", "--", "true"), 2), (("--delay", "0", "-p", "1"), 2),
                            (("--range", "0..1", "-p", "1"), 2),
                            (("-p", "4194303"), 6), (("--", "/no/such/file"), 127),
                            (("--", "/etc/passwd"), 126), (("--", "true"), 5)):
        run = heatline.run("top", *options)
        assert run.status == status, "%s: %d\n%s" % (options, run.status, run.err)
        assert run.err.startswith("heatline: ") and "hint: " in run.err, run.err
        assert not run.out, run.out


def test_program_that_never_becomes_python(heatline, screen):
    terminal = screen()
    terminal.run(heatline.argv("top", *FAST, "--", "sleep", "1000"))
    terminal.until(lambda shown: "No Python code was seen running yet." in shown, "the note")
    terminal.keys("q")
    assert terminal.left() == 0


@pytest.mark.since(3, 8)
def test_every_build(every_python, start, heatline):
    program = start(every_python, "busyloop.py")
    program.line()
    run = heatline.run("top", "-d", "1", "--delay", "2", "-p", program.pid)
    assert run.status == 0, run.err
    loop = row_of(run.out, "busy_loop")
    assert loop and loop.own > 50 and loop.file == "busyloop.py", run.out
    check_bounds(run.out)
    assert until(lambda: state(program.pid) == "R", "it runs on")
