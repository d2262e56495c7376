"""Shows protocol buffers as text, by the field names of pprof and Perfetto: an own reader, so that what the
exporter writes is not read by the code that wrote it."""

import struct

MESSAGES = {
    "Profile": {1: ("sample_type", "ValueType"), 2: ("sample", "Sample"), 3: ("mapping", "Mapping"),
                4: ("location", "Location"), 5: ("function", "Function"), 6: ("string_table", str),
                9: ("time_nanos", int), 10: ("duration_nanos", int),
                11: ("period_type", "ValueType"), 12: ("period", int), 13: ("comment", int),
                14: ("default_sample_type", int)},
    "ValueType": {1: ("type", int), 2: ("unit", int)},
    "Sample": {1: ("location_id", int), 2: ("value", list), 3: ("label", "Label")},
    "Label": {1: ("key", int), 2: ("str", int), 3: ("num", int), 4: ("num_unit", int)},
    "Mapping": {1: ("id", int), 5: ("filename", int), 7: ("has_functions", int),
                8: ("has_filenames", int), 9: ("has_line_numbers", int)},
    "Location": {1: ("id", int), 2: ("mapping_id", int), 4: ("line", "Line")},
    "Line": {1: ("function_id", int), 2: ("line", int)},
    "Function": {1: ("id", int), 2: ("name", int), 3: ("system_name", int), 4: ("filename", int),
                 5: ("start_line", int)},
    "Packet": {6: ("clock_snapshot", "ClockSnapshot"), 8: ("timestamp", int),
               10: ("sequence", int), 11: ("event", "TrackEvent"),
               12: ("interned", "InternedData"), 13: ("sequence_flags", int),
               59: ("defaults", "Defaults"), 60: ("track", "Track")},
    "ClockSnapshot": {1: ("clock", "Clock"), 2: ("primary", int)},
    "Clock": {1: ("id", int), 2: ("timestamp", int), 3: ("incremental", int)},
    "Defaults": {11: ("event", "EventDefaults"), 58: ("clock", int)},
    "EventDefaults": {11: ("track", int)},
    "InternedData": {2: ("event_name", "EventName"), 4: ("location", "SourceLocation")},
    "EventName": {1: ("iid", int), 2: ("name", str)},
    "SourceLocation": {1: ("iid", int), 2: ("file", str), 3: ("function", str), 4: ("line", int)},
    "Track": {1: ("uuid", int), 2: ("name", str), 3: ("process", "Process"),
              4: ("thread", "Thread"), 5: ("parent", int), 8: ("counter", "Counter")},
    "Process": {1: ("pid", int), 2: ("cmdline", str), 6: ("name", str)},
    "Thread": {1: ("pid", int), 2: ("tid", int), 5: ("name", str)},
    "Counter": {},
    "TrackEvent": {4: ("annotation", "Annotation"), 9: ("type", int), 10: ("name_iid", int),
                   11: ("track", int), 23: ("name", str), 34: ("location_iid", int),
                   44: ("value", float)},
    "Annotation": {2: ("bool", int), 6: ("text", str), 9: ("json", str), 10: ("name", str)},
}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def varints(data):
    at, values = 0, []
    while at < len(data):
        value, at = varint(data, at)
        values.append(value)
    return values


def fields(data):
    """(number, value) of one message; a value is an int, a float or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        assert key & 7 in (0, 1, 2), f"wire type {key & 7}"
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            [value], at = struct.unpack("<d", data[at:at + 8]), at + 8
        else:
            length, at = varint(data, at)
            assert at + length <= len(data), "cut off"
            value, at = data[at:at + length], at + length
        yield key >> 3, value


def show(kind, data):
    parts = []
    for number, value in fields(data):
        name, content = MESSAGES[kind][number]
        if content is int:
            assert isinstance(value, int)
        elif content is float:
            assert isinstance(value, float)
        elif content is str:
            value = repr(value.decode())
        elif content is list:
            value = varints(value)
        else:
            value = "{" + show(content, value) + "}"
        parts.append(f"{name}={value}")
    return " ".join(parts)


def profile_text(data):
    """One field of the profile a line."""
    lines = []
    strings = 0
    for number, value in fields(data):
        name, content = MESSAGES["Profile"][number]
        if content is str:
            name, strings = f"{name}[{strings}]", strings + 1
        shown = value if content is int else repr(value.decode()) if content is str \
            else show(content, value)
        lines.append(f"{name}: {shown}\n")
    return "".join(lines)


def trace_text(data):
    """One of Perfetto's packets a line."""
    lines = []
    for number, packet in fields(data):
        assert number == 1
        lines.append(show("Packet", packet) + "\n")
    return "".join(lines)
