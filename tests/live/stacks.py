"""Reads profiles, collapsed ("raw") and speedscope, into samples that a test can ask about."""
import json
import re
from collections import Counter, namedtuple

Frame = namedtuple("Frame", "name file line")
Sample = namedtuple("Sample", "pid tid thread frames weight")

FRAME = re.compile(r"^(?P<name>.*?) \((?P<file>.*?)(?::(?P<line>-?\d+))?\)$", re.S)
PROCESS = re.compile(r"^process (\d+):?(.*)$", re.S)
THREAD = re.compile(r"^thread \((\d+)\)(?:: (.*))?$", re.S)
UNITS = {"seconds": 1, "milliseconds": 1e-3, "microseconds": 1e-6, "nanoseconds": 1e-9}
TITLE = re.compile(r'^(?:Process (\d+)\s*)?.*?Thread (\d+)(?: "(.*)")?', re.S)


class Profile:
    """Samples in the order of the file; frames are outermost first."""

    def __init__(self, samples, commands=None):
        self.samples = samples
        self.commands = commands or {}

    @property
    def total(self):
        return sum(sample.weight for sample in self.samples)

    def counts(self):
        counted = Counter()
        for sample in self.samples:
            counted[sample.frames] += sample.weight
        return counted

    def names(self):
        counted = Counter()
        for sample in self.samples:
            counted[tuple(frame.name for frame in sample.frames)] += sample.weight
        return counted

    def weight(self, predicate):
        return sum(sample.weight for sample in self.samples if predicate(sample))

    def share(self, predicate):
        """The part of the weight whose samples satisfy the predicate, in per cent."""
        return 100.0 * self.weight(predicate) / self.total if self.samples else 0.0

    def containing(self, name):
        """The share in which a function of that (unqualified) name is somewhere on the stack."""
        return self.share(lambda sample: has(sample, name))

    def functions(self):
        return {frame.name for sample in self.samples for frame in sample.frames}

    def threads(self):
        return {(sample.tid, sample.thread) for sample in self.samples}

    def of_thread(self, tid):
        return Profile([sample for sample in self.samples if sample.tid == tid])

    def of_pid(self, pid):
        return Profile([sample for sample in self.samples if sample.pid == pid])

    def pids(self):
        return {sample.pid for sample in self.samples}

    def summary(self, most=6):
        """A few of the heaviest stacks, for an assertion's message."""
        lines = ["%s samples, %d stacks" % (len(self.samples), len(self.counts()))]
        for frames, weight in self.counts().most_common(most):
            lines.append("  %8.3f %s" % (weight, ";".join("%s (%s:%s)" % frame for frame in frames)))
        return "\n".join(line[:600] for line in lines)


def has(sample, name):
    return any(plain(frame.name) == name for frame in sample.frames)


def plain(name):
    """f for module.Class.f and outer.<locals>.f."""
    return name if name.startswith("<") else name.rsplit(".", 1)[-1]


def parse_frame(text):
    match = FRAME.match(text)
    assert match, "not `name (file:line)`: %r" % text
    line = match.group("line")
    return Frame(match.group("name"), match.group("file"), int(line) if line else None)


def parse_raw(text):
    """Collapsed stacks: frames joined by ';', a space, a count."""
    samples, commands = [], {}
    for line in text.split("\n"):
        if not line:
            continue
        stack, count = line.rsplit(" ", 1)
        pid = tid = thread = None
        frames = []
        for part in stack.split(";"):
            process, in_thread = PROCESS.match(part), THREAD.match(part)
            if process and not frames:
                pid = int(process.group(1))
                commands[pid] = process.group(2)
            elif in_thread and not frames:
                tid, thread = int(in_thread.group(1)), in_thread.group(2)
            elif part != "<no frames>":
                frames.append(parse_frame(part))
        samples.append(Sample(pid, tid, thread, tuple(frames), int(count)))
    return Profile(samples, commands)


def parse_speedscope(text):
    document = json.loads(text)
    table = document["shared"]["frames"]
    samples, commands = [], {}
    for profile in document["profiles"]:
        assert profile["type"] == "sampled", profile["type"]
        scale = UNITS[profile["unit"]]
        assert len(profile["samples"]) == len(profile["weights"])
        title = TITLE.match(profile["name"])
        pid, tid, thread = (None, None, None) if title is None else title.groups()
        for indices, weight in zip(profile["samples"], profile["weights"]):
            frames = [table[index] for index in indices]
            while frames and not frames[0].get("file"):
                process = PROCESS.match(frames[0]["name"])
                if process:
                    pid = process.group(1)
                    commands[int(pid)] = process.group(2)
                elif not THREAD.match(frames[0]["name"]):
                    break
                frames.pop(0)
            samples.append(Sample(pid and int(pid), tid and int(tid), thread, tuple(
                Frame(frame["name"], frame.get("file"), frame.get("line")) for frame in frames),
                weight * scale))
    return Profile(samples, commands)


PARSERS = {"raw": parse_raw, "speedscope": parse_speedscope}
