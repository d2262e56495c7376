"""Austin 4. It writes MOJO, a stream of one-byte events with their fields behind them.

An integer has 6 bits and a sign in its first byte, then 7 bits a byte; bit 7 says that more follow.
A frame is told in full once and referred to by its key afterwards.
"""

import collections

from .profiler import Profiler
import machine
import peers

METADATA, STACK, FRAME, INVALID, FRAME_REF, KERNEL = range(1, 7)
GC, IDLE, TIME, MEMORY, STRING, STRING_REF = range(7, 13)


class Stream:
    def __init__(self, data):
        self.data, self.at = data, 0

    def integer(self):
        byte = self.data[self.at]
        value, shift = byte & 0x3F, 6
        self.at += 1
        while byte & 0x80:
            byte = self.data[self.at]
            value |= (byte & 0x7F) << shift
            shift += 7
            self.at += 1
        return value

    def text(self):
        end = self.data.index(b"\0", self.at)
        text = self.data[self.at : end].decode(errors="replace")
        self.at = end + 1
        return text


def samples(data):
    """Yield each sample's stack, root first, and whether Austin itself marked it invalid."""
    stream = Stream(data)
    if data[:3] != b"MOJ":
        raise ValueError("not a MOJO file")
    stream.at = 3
    stream.integer()
    names, frames = {1: "<unknown>"}, {}
    stack, invalid, open_sample = [], False, False
    while stream.at < len(data):
        event = data[stream.at]
        stream.at += 1
        if event == STACK:
            if open_sample:
                yield tuple(stack), invalid
            stack, invalid, open_sample = [], False, True
            stream.integer(), stream.integer(), stream.text()
        elif event == FRAME:
            key, _, scope, line = (stream.integer() for _ in range(4))
            stream.integer(), stream.integer(), stream.integer()
            frames[key] = (names.get(scope, "?"), line)
        elif event == FRAME_REF:
            stack.append(frames.get(stream.integer(), ("?", 0)))
        elif event == INVALID:
            invalid = True
            stack.append(("<invalid>", 0))
        elif event == STRING:
            key = stream.integer()
            names[key] = stream.text()
        elif event == METADATA:
            stream.text(), stream.text()
        elif event == KERNEL:
            stream.text()
        elif event in (TIME, MEMORY, STRING_REF):
            stream.integer()
        elif event not in (GC, IDLE):
            raise ValueError(f"unknown MOJO event {event} at {stream.at - 1}")
    if open_sample:
        yield tuple(stack), invalid


class Austin(Profiler):
    name = "Austin 4"

    def missing(self):
        if not machine.interpreter(self.python):
            return f"no python{self.python} for its targets"
        return peers.missing("austin")

    def command(self, pid, rate, seconds, out, every_thread=False, block=None, stacks=False):
        if block:
            return None
        interval_us = 1000000 // rate if rate else 1
        return [*peers.austin(), "-i", interval_us, "-x", seconds, "-o", out, "-p", pid]

    def samples(self, out, account):
        count = torn = 0
        with open(out, "rb") as file:
            for stack, invalid in samples(file.read()):
                sound = bool(stack) and not invalid  # it writes failed reads as empty stacks
                count += sound
                torn += not sound
        return count, {"rejected": torn}

    def stacks(self, out):
        with open(out, "rb") as file:
            return collections.Counter(
                stack for stack, invalid in samples(file.read()) if stack and not invalid
            )
