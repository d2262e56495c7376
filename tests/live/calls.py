"""Reads the calls of a recording, by docs/recording-format.md alone: what the tests compare with."""
import struct
from collections import Counter, defaultdict
from dataclasses import dataclass, field

PAGE, HEAD = 4096, struct.Struct("<8I2Q")  # HEAD: magic … used_bytes; see struct heat_segment
STRING, FUNCTION, PROCESS, THREAD, THREAD_END, NOTE = 1, 2, 5, 7, 8, 12
LANE, OPEN, ENTER, RESUME, LEAVE, YIELD, UNWIND, RESYNC = range(13, 21)
FIELDS = {  # n number, s signed, t text, d double
    1: "nt", 2: "nnnn", 5: "nsnnnnnn", 6: "nss", 7: "nnsnnnn", 8: "ns", 12: "tt", 13: "nnn", 14: "n",
    15: "nn", 16: "nn", 17: "n", 18: "n", 19: "n", 20: "nn", 21: "t", 22: "t", 23: "nnnt", 24: "nnd", 25: "nnn",
    26: "nn", 29: "nn"}
TIMED = (15, 16, 17, 18, 19, 20, 23, 24, 25, 26)  # whose first field is the time


@dataclass
class Call:
    name: str
    file: str
    start_ns: int
    kind: str = "enter"
    end_ns: int = 0
    end: str = "open"
    calls: list = field(default_factory=list)

    def tree(self):
        """Names only: (name, [children])."""
        return self.name, [call.tree() for call in self.calls]

    def all(self):
        left = [self]
        while left:
            call = left.pop()
            yield call
            left += reversed(call.calls)


@dataclass
class Thread:
    pid: int
    tid: int
    name: str
    ended: bool = False
    roots: list = field(default_factory=list)
    stack: list = field(default_factory=list)
    resynced: int = 0

    def all(self):
        for root in self.roots:
            yield from root.all()


class Calls:
    def __init__(self, path):
        self.path = path
        data = path.read_bytes()
        magic, version, self.segment_bytes = struct.unpack_from("<8sII", data)
        assert magic == b"HEATLINE" and version == 1
        self.lost = struct.unpack_from("<Q", data, 48)[0]
        self.events = 0
        self.threads, self.pids = [], []
        self.bytes_used = 0
        segments = []
        for at in range(PAGE, len(data), self.segment_bytes):
            head = struct.unpack_from("<6IQQ", data, at)
            if head[0] == 0x47455348 and head[1] & 0xffff == 2:
                segments.append((head[5], head[2] != head[5], head[2], head[3], at, head[6], head[7]))
        self._strings, self._functions, self._threads = {}, {}, {}
        dictionary = None
        for dictionary_of, _lane, _stream, _sequence, at, base_ns, used in sorted(segments):
            if dictionary_of != dictionary:
                dictionary = dictionary_of
                self._strings, self._functions, self._threads = {0: ""}, {0: ("", "")}, {}
            self.bytes_used += used
            self._decode(data, at + 40, at + 40 + used, base_ns)

    def _decode(self, data, at, end, t_ns):
        thread = None
        while at < end:
            kind = data[at]
            at += 1
            values = []
            for form in FIELDS[kind]:
                value = shift = 0
                if form == "d":
                    values.append(struct.unpack_from("<d", data, at)[0])
                    at += 8
                    continue
                while True:
                    byte = data[at]
                    at += 1
                    value |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                if form == "s":
                    value = value >> 1 if not value & 1 else -(value >> 1) - 1
                elif form == "t":
                    value, at = data[at:at + value], at + value
                values.append(value)
            self.events += 1
            if kind in (PROCESS, THREAD_END):
                t_ns += values[1]
            elif kind == THREAD:
                t_ns += values[2]
            elif kind in (LANE, ):
                t_ns += values[1]
            elif kind in TIMED:
                t_ns += values[0]
            thread = self._take(kind, values, t_ns, thread)

    def _take(self, kind, values, t_ns, thread):
        if kind == STRING:
            self._strings[values[0]] = values[1].decode("utf-8", "surrogatepass")
        elif kind == FUNCTION:
            self._functions[values[0]] = self._strings[values[1]], self._strings[values[2]]
        elif kind == PROCESS:
            self.pids.append(values[2])
        elif kind == THREAD:
            if values[0] in self._threads:
                self._threads[values[0]].name = self._strings[values[4]]
            else:
                found = Thread(self.pids[-1], values[3], self._strings[values[4]])
                self._threads[values[0]] = found
                self.threads.append(found)
        elif kind == THREAD_END:
            self._threads[values[0]].ended = True
        elif kind == LANE:
            thread = self._threads[values[0]]
            if not thread.roots:  # open already: in its parent before a fork, or before what is there
                thread.stack = [Call("?", "", t_ns) for _ in range(values[2])]
                for outer, inner in zip(thread.stack, thread.stack[1:]):
                    outer.calls.append(inner)
                thread.roots = thread.stack[:1]
            assert len(thread.stack) == values[2], "a segment says %d open calls, there are %d" % (
                values[2], len(thread.stack))
            thread.shown = max(0, values[2] - 1024)
        elif kind == OPEN:
            call, thread.shown = thread.stack[thread.shown], thread.shown + 1
            if call.name == "?":
                call.name, call.file = self._functions[values[0]]
        elif kind in (ENTER, RESUME):
            call = Call(*self._functions[values[1]], t_ns, "enter" if kind == ENTER else "resume")
            (thread.stack[-1].calls if thread.stack else thread.roots).append(call)
            thread.stack.append(call)
        elif kind in (LEAVE, YIELD, UNWIND):
            call = thread.stack.pop()
            call.end_ns, call.end = t_ns, {LEAVE: "leave", YIELD: "yield", UNWIND: "unwind"}[kind]
        elif kind == RESYNC:
            thread.resynced += values[1]  # the calls that end here keep end == "open"
            del thread.stack[len(thread.stack) - values[1]:]
        return thread

    def count(self):
        """How often each function was called, or went on, in all threads."""
        return Counter(call.name for thread in self.threads for call in thread.all())

    def named(self, name):
        return [call for thread in self.threads for call in thread.all() if call.name == name]

    def by_thread(self):
        found = defaultdict(Counter)
        for thread in self.threads:
            found[thread.name].update(call.name for call in thread.all())
        return found

    @property
    def resynced(self):
        return sum(thread.resynced for thread in self.threads)
