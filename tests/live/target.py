"""Programs to be profiled: started in a session of their own, awaited by their ready line, ended."""
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[1] / "fixtures" / "programs"


def until(condition, what, timeout_s=20):
    """The first true value of condition(); for what has no file descriptor to wait on."""
    limit = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < limit, "waited %s s in vain: %s" % (timeout_s, what)
        time.sleep(0.005)


def state(pid):
    """The state letter of a process, e.g. R, S, T (stopped), t (traced), Z; None when it is gone."""
    try:
        return Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def tracers(pid):
    """Who traces the process's threads, without nobody."""
    found = set()
    for status in Path("/proc/%d/task" % pid).glob("*/status"):
        found |= {int(line.split()[1]) for line in status.read_text().splitlines()
                  if line.startswith("TracerPid:")}
    return found - {0}


class Target:
    """A running program. Its first line of output says that it has reached its place."""

    def __init__(self, argv, **options):
        self.errors = tempfile.TemporaryFile()
        self.argv = argv
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", self.errors)
        self.process = subprocess.Popen(argv, start_new_session=True, **options)
        self.pid = self.process.pid
        self._pending = b""

    def line(self, timeout_s=30):
        """The next line of its output, without the newline."""
        limit = time.monotonic() + timeout_s
        out = self.process.stdout.fileno()
        while b"\n" not in self._pending:
            left = limit - time.monotonic()
            ready = select.select([out], [], [], max(left, 0))[0]
            assert ready, "%r printed no line in %s s%s" % (self.argv, timeout_s, self.complaint())
            piece = os.read(out, 65536)
            assert piece, "%r ended before its line%s" % (self.argv, self.complaint())
            self._pending += piece
        line, self._pending = self._pending.split(b"\n", 1)
        return line.decode()

    def json(self):
        return json.loads(self.line())

    def say(self, text=""):
        """A line to its standard input: what it waits for before it goes on."""
        self.process.stdin.write((text + "\n").encode())
        self.process.stdin.flush()

    def close(self):
        """Ends its standard input, at which our programs end by themselves."""
        self.process.stdin.close()

    def said(self):
        """What it has written to stderr so far."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def rest(self):
        """What it writes to stdout from here to the end."""
        data, self._pending = self._pending + self.process.stdout.read(), b""
        return data.decode(errors="replace")

    def complaint(self):
        text = self.said().strip()
        return "; it said: " + text[-2000:] if text else ""

    def wait(self, timeout_s=30):
        return self.process.wait(timeout_s)

    def is_alive(self):
        return self.process.poll() is None

    def end(self):
        """Ends it and whatever it started in its session."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    pass
        self.errors.close()
