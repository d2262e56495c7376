"""Writes .heat files by the documented format alone: a second implementation that keeps the first
one honest. The events' fields are read from src/model/event.def, their bytes are made here."""

import pathlib
import re
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE_BYTES, SEGMENT_BYTES, HEAD_BYTES = 4096, 65536, 40
EVENTS_BYTES_MAX = SEGMENT_BYTES - HEAD_BYTES
IDS = {"string", "function", "frame", "stack", "process", "thread"}

ON_CPU, GIL_HELD, GIL_WAIT, GC, TRUNCATED, FROZEN = (1 << bit for bit in range(6))


def read_vocabulary():
    """name → (number, [(type, field)])"""
    text = (ROOT / "src/model/event.def").read_text()
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text[text.index("*/"):])
    events = {}
    for number, name, fields in re.findall(r"EVENT\((\d+), \w+, (\w+), \"\",(.*?)\)\)", text, re.S):
        events[name] = (int(number), re.findall(r"F\((\w+), (\w+),", fields))
    return events


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value):
    return varint(value << 1 if value >= 0 else ~(value << 1))


SAMPLER, TRACER = 1, 2


class Recording:
    """Events of one stream. Ids are given out in order; texts may be str or bytes. A traced process has
    a stream for its definitions, and `lanes` for its calls, which use their ids."""

    def __init__(self, producer=SAMPLER):
        self.producer = producer
        self.lanes = []
        self.vocabulary = read_vocabulary()
        self.segments = [bytearray()]
        self.last_t_ns = 0
        self.known = {}

    def emit(self, name, /, **values):
        event, last_t_ns = self.encode(name, values)
        if len(self.segments[-1]) + len(event) > EVENTS_BYTES_MAX:
            self.segments.append(bytearray())
            self.last_t_ns = 0  # a segment decodes by itself
            event, last_t_ns = self.encode(name, values)
        self.segments[-1] += event
        self.last_t_ns = last_t_ns

    def encode(self, name, values):
        number, fields = self.vocabulary[name]
        assert set(values) == {field for _, field in fields}, f"{name}: {fields}"
        last, step = self.last_t_ns, 0
        out = bytearray([number])
        for kind, field in fields:
            value = values[field]
            if kind == "time":
                step, last = value - last, value
                out += zigzag(step)
            elif kind == "step":
                assert value >= last
                out += varint(value - last)
                last = value
            elif kind == "f64":
                out += struct.pack("<d", value)
            elif kind == "span":
                out += zigzag(value - step)
            elif kind == "i64":
                out += zigzag(value)
            elif kind == "text":
                value = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
                out += varint(len(value)) + value
            else:
                assert kind in IDS or kind in ("u32", "u64"), kind
                out += varint(value)
        return out, last

    def define(self, name, /, *key, **fields):
        """The id of `key`; `fields` define it where it is new."""
        table = self.known.setdefault(name, {})
        if key not in table:
            table[key] = len(table) + 1
            self.emit(name, id=table[key], **fields)
        return table[key]

    def string(self, text):
        return self.define("string", text, text=text)

    def stack(self, *frames):
        """Of (name, file, first_line, line), outermost first."""
        parent = 0
        for name, file, first_line, line in frames:
            function_id = self.function(name, file, first_line)
            frame = self.define("frame", function_id, line, function=function_id, line=line)
            parent = self.define("stack", parent, frame, parent=parent, frame=frame)
        return parent

    def process(self, pid, command, t_ns, parent=0, python=0x030D01F0):
        return self.define("process", pid, t_ns=t_ns, pid=pid, parent=parent,
                           executable=self.string("/usr/bin/python3"),
                           command=self.string(command), python=python, flags=0)

    def thread(self, process, tid, name, t_ns, interpreter=0):
        return self.define("thread", process, tid, interpreter, process=process, t_ns=t_ns, tid=tid,
                           name=self.string(name) if name else 0, interpreter=interpreter,
                           ident=0x7F0000000000 + tid)

    def note(self, key, value):
        self.emit("note", key=key, value=value)

    def function(self, name, file, first_line):
        fields = {"name": self.string(name), "file": self.string(file) if file else 0,
                  "first_line": first_line}
        return self.define("function", *fields.values(), **fields)

    def lane(self):
        self.lanes.append(Recording(self.producer))
        return self.lanes[-1]

    def write(self, path, wall_ns, start_ns, closed_ns, *more):
        """`more`: recordings by other producers, into the same file."""
        streams = []
        for recording in (self, *more):
            dictionary = len(streams)
            streams += [(dictionary, stream) for stream in (recording, *recording.lanes)]
        segments = sum(len(stream.segments) for _, stream in streams)
        header = struct.pack("<8sII8Q", b"HEATLINE", 1, SEGMENT_BYTES, wall_ns, start_ns,
                             segments, len(streams), 0, closed_ns, 0, 0)
        with open(path, "wb") as file:
            file.write(header.ljust(PAGE_BYTES, b"\0"))
            for number, (dictionary, stream) in enumerate(streams):
                for sequence, events in enumerate(stream.segments):
                    head = struct.pack("<6IQQ", 0x47455348, stream.producer, number, sequence, 1,
                                       dictionary, 0, len(events))
                    file.write((head + events).ljust(SEGMENT_BYTES, b"\0"))
