"""A terminal: tmux runs a command, keys are typed, the screen is read. Knows what `heatline top` shows."""
import re
import shlex
import subprocess
from collections import namedtuple

from target import until
from tool import environment

Row = namedtuple("Row", "own total own_s total_s rest name file line")
FIGURES = re.compile(r"^ *(?P<own>[\d.]+)% +(?P<total>[\d.]+)% +(?P<own_s>[\d.]+)s +(?P<total_s>[\d.]+)s  "
                     r"(?P<rest>.*)$")
PLACE = re.compile(r"(?P<name>[^ ]+) \((?P<file>[^():]+)(?::(?P<line>\d+))?\)$")


def table(text):
    """The rows of every table in a screen or a text."""
    rows = []
    for line in text.splitlines():
        match = FIGURES.match(line)
        if not match:
            continue
        place = PLACE.search(match["rest"])
        rows.append(Row(float(match["own"]), float(match["total"]), float(match["own_s"]),
                        float(match["total_s"]), match["rest"], place and place["name"],
                        place and place["file"], int(place["line"] or 0) if place else 0))
    return rows


def row_of(text, name):
    return next((row for row in table(text) if row.name == name), None)


class Screen:
    """A shell in tmux; what it is told to run has a terminal of that size."""

    count = 0

    def __init__(self, folder, columns=80, rows=24):
        Screen.count += 1
        self.socket = str(folder / ("tmux-%d" % Screen.count))
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "top",
                  "env", "PS1=$ ", "sh", config=True)
        self.tmux("set-option", "-g", "status", "off")
        self.resize(columns, rows)
        self.until(lambda text: "$" in text, "a shell")

    def tmux(self, *arguments, config=False):
        argv = ["tmux", "-S", self.socket] + (["-f", "/dev/null"] if config else []) + list(arguments)
        run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=environment({"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}))
        assert run.returncode == 0, "%s: %s" % (shlex.join(argv), run.stderr.decode())
        return run.stdout.decode()

    def run(self, argv, **env):
        """Types the command; when it has ended, "left STATUS" is there."""
        words = ["env"] + ["%s=%s" % item if item[1] is not None else "-u%s" % item[0]
                           for item in env.items()] if env else []
        self.tmux("send-keys", "-t", "top", "-l", "clear; " + shlex.join(words + argv) + "; echo left $?")
        self.keys("Enter")

    def keys(self, *names):
        self.tmux("send-keys", "-t", "top", *names)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-t", "top", "-x", str(columns), "-y", str(rows))

    def text(self, escapes=False):
        return self.tmux("capture-pane", "-p", "-t", "top", *(["-e"] if escapes else []))

    def state(self, name):
        return self.tmux("display-message", "-p", "-t", "top", "#{%s}" % name).strip()

    def until(self, condition, what, timeout_s=30):
        """The first screen for which condition(text) is true."""
        seen = [""]

        def look():
            seen[0] = self.text()
            return seen[0] if condition(seen[0]) else None

        try:
            return until(look, what, timeout_s)
        except AssertionError as error:
            raise AssertionError("%s; the screen was\n%s" % (error, seen[0])) from None

    def row(self, name, timeout_s=30):
        """The screen on which that function has a row, and the row."""
        text = self.until(lambda shown: row_of(shown, name), "a row of %s()" % name, timeout_s)
        return text, row_of(text, name)

    def left(self, timeout_s=30):
        """The status with which the command has ended; the terminal must be as it was."""
        text = self.until(lambda shown: re.search(r"^left \d+$", shown, re.MULTILINE), "the command's end",
                          timeout_s)
        assert self.state("alternate_on") == "0", "the screen was not given back"
        assert self.state("cursor_flag") == "1", "the cursor is hidden"
        assert self.state("keypad_flag") == "0", "the keypad was not given back"
        return int(re.search(r"^left (\d+)$", text, re.MULTILINE)[1])

    def settings(self):
        """stty's account of the terminal, from outside of it."""
        run = subprocess.run(["stty", "-a", "-F", self.state("pane_tty")], stdout=subprocess.PIPE, check=True)
        return run.stdout.decode()

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], stderr=subprocess.DEVNULL)
