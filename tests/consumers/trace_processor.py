"""Asks Perfetto's trace processor, by its RPC protocol (trace_processor.proto)."""

import base64

import wire

APPEND, FINALIZE, QUERY = 1, 2, 3
RPC_SEQ, RPC_FATAL, RPC_REQUEST, RPC_APPEND_DATA, RPC_QUERY_ARGS = 1, 5, 2, 101, 103
RPC_APPEND_RESULT, RPC_QUERY_RESULT = 201, 203
NULL, VARINT, FLOAT, STRING, BLOB = 1, 2, 3, 4, 5


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def request(sequence, method, *fields):
    message = field(RPC_SEQ, sequence) + field(RPC_REQUEST, method) + b"".join(fields)
    return base64.b64encode(field(1, message)).decode()


def requests(trace, queries):
    yield request(1, APPEND, field(RPC_APPEND_DATA, trace))
    yield request(2, FINALIZE)
    for sequence, query in enumerate(queries, 3):
        yield request(sequence, QUERY, field(RPC_QUERY_ARGS, field(1, query.encode())))


def message(data):
    """Field → values."""
    values = {}
    for number, value in wire.fields(data):
        values.setdefault(number, []).append(value)
    return values


def rows(result):
    """Of a QueryResult: one tuple a row."""
    columns, cells = len(result.get(1, [])), []
    assert 2 not in result, result[2]
    for batch in map(message, result.get(3, [])):
        numbers = iter(wire.varints(b"".join(batch.get(2, []))))
        strings = iter(b"".join(batch.get(5, [])).decode().split("\0"))
        for kind in wire.varints(b"".join(batch.get(1, []))):
            assert kind in (NULL, VARINT, STRING), f"cell of type {kind}"
            cells.append(None if kind == NULL else next(numbers if kind == VARINT else strings))
    return [tuple(cells[i:i + columns]) for i in range(0, len(cells), columns)]


def results(replies):
    """Of each query, its rows; the first two replies are about loading."""
    out = []
    for reply in replies:
        [rpc] = [message(item) for item in message(base64.b64decode(reply))[1]]
        assert RPC_FATAL not in rpc, rpc[RPC_FATAL]
        if RPC_APPEND_RESULT in rpc:
            assert 2 not in message(rpc[RPC_APPEND_RESULT][0]), rpc
        if RPC_QUERY_RESULT in rpc:
            out.append(rows(message(rpc[RPC_QUERY_RESULT][0])))
    return out
