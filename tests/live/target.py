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
