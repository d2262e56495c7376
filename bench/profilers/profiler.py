"""What the benchmark has to know of a profiler: how to start it and how to read what it wrote."""

import collections
import re

FRAME = re.compile(r"(?P<name>.*) \((?P<file>.*?)(?::(?P<line>-?\d+))?\)$")


class Profiler:
    name = ""  # as printed
    python = "3.13"  # the interpreter of its targets
    stop = None  # the signal that ends it, where it has no option for a time

    def missing(self):
        """Why it cannot be used here, or None."""
        raise NotImplementedError

    def command(self, pid, rate, seconds, out, every_thread=False, block=None, stacks=False):
        """Sample `pid` at `rate`, 0 being as fast as it can, for `seconds` into the file `out`.

        `every_thread`: all threads, idle or not. `block`: stop the target for each sample (True),
        never stop it (False), or what the profiler does by itself (None). A command that cannot do
        what `block` says is None. `stacks`: what is written will be read by `stacks()`; else the
        cheapest form will do.
        """
        raise NotImplementedError

    def samples(self, out, account):
        """How many samples it emitted. May add findings of its own as `dict`: (count, findings)."""
        raise NotImplementedError

    def stacks(self, out):
        """A Counter of stacks, each a tuple of (function, line) from the root to the leaf."""
        raise NotImplementedError


def collapsed(lines, frame):
    """Read `frame;frame;frame count` lines; `frame` makes (function, line) of a frame's text."""
    stacks = collections.Counter()
    for line in lines:
        text, _, count = line.rstrip("\n").rpartition(" ")
        if text:
            stacks[tuple(frame(part) for part in text.split(";"))] += int(count)
    return stacks


def named_frame(text):
    """`name (file:line)`, as py-spy writes it."""
    match = FRAME.match(text)
    if not match:
        return text, 0
    return match["name"], int(match["line"] or 0)
