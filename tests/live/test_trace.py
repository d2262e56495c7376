"""`trace` records each call, in order, whatever becomes of the program; and the program does not notice."""
import json
import os
import random
import re
import resource
import signal
import time

import pytest

from calls import Calls
from target import PROGRAMS

pytestmark = pytest.mark.musl

PROGRAM = PROGRAMS / "calls.py"


@pytest.fixture
def trace(heatline, python):
    """trace(WHAT, …): the calls of calls.py doing that; Python functions only, unless told."""
    def tracer(*arguments, options=("--ignore-c-function",), status=0, **more):
        out = heatline.path(".heat")
        run = heatline.run("trace", "--quiet", "-o", out, *options, "--", *python.command,
                           PROGRAM, *arguments, **more)
        assert run.status == status, run.err
        calls = Calls(out)
        assert calls.lost == 0
        calls.run = run
        return calls
    return tracer


def only(calls, name):
    found = calls.named(name)
    assert len(found) == 1, calls.count()
    return found[0]


def levels_of(calls):
    """The names of the main thread's calls by depth."""
    levels, level = [], calls.threads[0].roots
    while level:
        levels.append(sorted(call.name for call in level))
        level = [call for above in level for call in above.calls]
    return levels


FIB_3 = ("fib", [("fib", [("fib", []), ("fib", [])]), ("fib", [])])


@pytest.mark.quick
def test_each_call_is_there_in_its_place(trace):
    calls = trace("tree")
    root = only(calls, "run_tree")
    assert root.tree() == ("run_tree", [FIB_3])
    assert calls.resynced == 0
    for call in root.all():
        assert call.start_ns <= call.end_ns and call.end == "leave"
        for before, after in zip(call.calls, call.calls[1:]):
            assert call.start_ns <= before.start_ns <= before.end_ns <= after.start_ns <= call.end_ns


def test_generators_go_on_and_are_suspended(trace):
    calls = trace("generators")
    ends = [(call.kind, call.end) for call in only(calls, "run_generators").all()
            if call.name == "numbers"]
    assert ends == [("enter", "yield"), ("resume", "yield"), ("resume", "yield"), ("resume", "leave")]
    ends = [(call.kind, call.end) for call in calls.named("catcher")]
    assert ends[:2] == [("enter", "yield"), ("resume", "yield")]  # next, throw
    assert ends[2:] in ([("resume", "unwind")], [])  # close; 3.12 and later know that nothing is to do
    assert calls.resynced == 0


def test_exceptions_end_calls(trace):
    root = only(trace("exceptions"), "run_exceptions")
    assert root.tree() == ("run_exceptions", [("branch", [("leaf", [])])])
    assert [call.end for call in root.all()] == ["leave", "unwind", "unwind"]


def test_coroutines(trace):
    root = only(trace("coroutines"), "run_coroutines")
    assert root.tree() == ("run_coroutines", [("parent", [("child", []), ("child", [])])])


@pytest.mark.parametrize("depth", [100, 900])
def test_recursion(trace, depth):
    calls = trace("deep", depth)
    assert calls.count()["deep"] == depth + 1
    call, levels = only(calls, "run_deep"), 0
    while call.calls:
        call, levels = call.calls[-1], levels + 1
    assert levels == depth + 1 and calls.resynced == 0


def test_recursion_that_is_as_deep_as_it_can_be(trace, python):
    """Up to 3.10 each call needs half a kibibyte of the C stack, of which there are eight mebibytes."""
    depth = 50000 if python.version >= (3, 11) else 15000
    calls = trace("deep", depth)
    assert calls.count()["deep"] == depth + 1 and calls.resynced == 0


def test_what_is_deeper_than_wanted_is_left_out(trace):
    whole = trace("exceptions")
    above = next(depth for depth, names in enumerate(levels_of(whole)) if "branch" in names)
    calls = trace("exceptions", options=("--ignore-c-function", "--max-stack-depth", str(above + 1)))
    assert calls.count()["branch"] == 1 and calls.count()["leaf"] == 0 and calls.resynced == 0
    assert levels_of(calls) == levels_of(whole)[:above + 1]


def test_the_limit_of_recursion_is_where_it_was(trace):
    calls = trace("limit")
    assert calls.run.out == "limit\n" and calls.resynced == 0


@pytest.mark.quick
def test_threads_have_their_names_and_calls(trace):
    found = trace("threads", 20).by_thread()
    for i in range(20):
        assert found["worker-%d" % i]["fib"] == 15


def test_a_thousand_short_threads(trace):
    calls = trace("short_threads", 1000)
    assert calls.count()["fib"] == 3000
    assert len(calls.threads) == 1001
    assert sum(thread.ended for thread in calls.threads) >= 999  # the last may be cut off by the end
    assert calls.bytes_used < 1000 * 600


def test_functions_whose_addresses_are_used_again(trace):
    found = trace("codes", 3000).count()
    assert all(found["made_%d" % i] == 1 for i in range(3000))


def test_forked_children_go_on_in_streams_of_their_own(trace):
    calls = trace("fork", 20)
    assert len(calls.pids) == 21 and calls.count()["fib"] == 20 * 5


def test_children_however_they_are_started(trace):
    found = trace("children").count()
    assert {name: found["in_" + name] for name in ("list", "bare", "shell", "system", "exec")} == \
        dict.fromkeys(("list", "bare", "shell", "system", "exec"), 1)


def test_children_know_who_started_them(trace, heatline):
    calls = trace("children")
    first, *others = heatline.info(calls.path)["process_list"]
    assert first["parent_pid"] is None and len(others) == 6
    assert {process["parent_pid"] for process in others} == {first["pid"]}


def test_main_process_only(trace):
    calls = trace("children", options=("--ignore-c-function", "--ignore-multiprocess"))
    assert len(calls.pids) == 1 and calls.count()["run_children"] == 1


@pytest.mark.parametrize("more", [("--ignore-c-function",), ()])
def test_short_calls_are_left_out(trace, more):
    calls = trace("naps", options=("--min-duration", "40ms", *more))
    run = only(calls, "run_naps")
    assert not calls.named("fib") and calls.resynced == 0
    assert [(call.name, call.end) for call in run.all() if call.name in ("nap", "naps", "failing_nap")] == \
        [("nap", "leave"), ("naps", "yield"), ("failing_nap", "unwind")]
    assert len(calls.named("nap")) == 2 and [thread.name for thread in calls.threads[1:]] == ["sleeper"]
    for call in (call for thread in calls.threads for call in thread.all()):
        assert call.end == "open" or call.end_ns - call.start_ns >= 40e6
        for before, after in zip(call.calls, call.calls[1:]):
            assert call.start_ns <= before.start_ns < before.end_ns <= after.start_ns


def test_a_long_call_is_there_before_it_ends(trace):
    calls = trace("many_and_kill", 300000, options=("--min-duration", "1ms", "--ignore-c-function"),
                  status=137)
    assert only(calls, "run_many_and_kill").end == "open" and only(calls, "run_many").end == "leave"
    assert calls.count()["fib"] < 1000


@pytest.fixture
def values(heatline, python):
    """values(OPTION, …): [(function, args)] of the spans of values.py, as Chrome's JSON has them."""
    def tracer(*options):
        out = heatline.path(".json")
        program = PROGRAMS / "values.py"
        run = heatline.run("trace", "--quiet", "--ignore-c-function", "--include-files", program, "-o", out,
                           *options, "--", *python.command, program)
        assert (run.status, run.out, run.err) == (0, "", "")
        spans = [event for event in json.loads(out.read_text())["traceEvents"] if event["ph"] == "X"]
        return [(event["name"].split(" (")[0].rsplit(".", 1)[-1], event.get("args", {}))
                for event in sorted(spans, key=lambda event: event["ts"])]
    return tracer


def given(spans, name):
    found = [args.get("func_args") for function, args in spans if function == name]
    assert len(found) == 1, spans
    return found[0]


def test_what_calls_are_given(values):
    spans = values("--log-func-args")
    assert not any("return_value" in args for _, args in spans)
    assert given(spans, "given") == {
        "first": 1, "second": "h\u00e9\n\"q\" \U0001f600 \\udc80", "third": 4, "fourth": True, "args": [5],
        "more": {"extra": {"k": [1, ["\u2026"]], "3": None}}}
    method = given(spans, "method")
    assert re.match("<Touchy object at 0x", method.pop("self"))
    assert method == {"key": 7, "args": [1, 2], "more": {"z": "w"}}
    assert given(spans, "closure") == {"captured": 3, "plain": 4}
    assert given(spans, "fails") == {"value": 1} and given(spans, "rebinds") == {"value": "this"}
    assert [args.get("func_args") for function, args in spans if function == "counts"] == \
        [{"limit": 2}, None, None]
    shown = [args["func_args"]["value"] for function, args in spans if function == "show"]
    assert shown[:4] == [None, True, 2**63 - 1, -2**63]
    assert shown[4] == str(2**64) and int(shown[5], 16) == -2**300 and shown[6].startswith("0x1b4ec7f9")
    assert shown[7:10] == [1e300, 0.1, 0] and shown[10:12] == ["nan", "inf"]
    assert shown[12] == repr(b"a'\"\\\x00\xff") and shown[13] == "x" * 200 + "\u2026"
    assert shown[14] == [*range(16), "\u2026 34 more"] and len(shown[15]) == 17
    assert shown[16:18] == [[7], ["a"]] and shown[18] == [1, [1, [1, ["\u2026"]]]]
    assert shown[19] == {"a": {"b": {"c": {"\u2026": ""}}}}
    assert shown[20][0] == "\x01" * 200 + "\u2026" and "more" in shown[20][-1]
    assert shown[21:24] == [[], {}, "<class Touchy>"]
    others = "<Touchy object", "{'<Number object", "<Number object", "<function show", "<function len", \
        "<module object", "<bytearray object", "<complex object"
    assert [str(value).startswith(other) for value, other in zip(shown[24:], others)] == [True] * 8, shown[24:]


def test_what_calls_return(values):
    spans = values("--log-func-retval")
    results = {function: args["return_value"] for function, args in spans if "return_value" in args}
    assert results["method"] == [[1, 2], 7, {"z": "w"}] and results["closure"] == results["inner"] == 7
    assert results["rebinds"] == "other" and "fails" not in results
    assert [args.get("return_value") for function, args in spans if function == "counts"] == [0, 2, None]
    assert not any("func_args" in args for _, args in spans)


REPRS = """
import os, threading, time

class Good:
    def __repr__(self):
        return "Good(%d)" % helper()

def helper():
    return 7

class Raises:
    def __repr__(self):
        raise SystemExit(3)

class Recurses:
    def __repr__(self):
        return repr(self)

lock = threading.Lock()

class Locks:
    def __repr__(self):
        with lock:
            return "locked"

class Sleeps:
    def __repr__(self):
        time.sleep(60)
        return "late"

class Long:
    def __repr__(self):
        return "x" * 10 ** 6

def show(value):
    return value

for value in Good(), Raises(), Recurses(), [Good()], range(3), Long():
    show(value)
if os.fork() == 0:
    show(Good())
    os._exit(0)
os.wait()
show(Sleeps())
show(Sleeps())
with lock:
    show(Locks())
print("done", threading.active_count())
"""


def test_representations_that_are_the_programs_own(heatline, python, tmp_path):
    """Whatever they do, the program goes on, and what they call is not recorded."""
    program, out = tmp_path / "program.py", tmp_path / "out.json"
    program.write_text(REPRS)
    run = heatline.run("trace", "--quiet", "--repr", "--log-func-args", "--ignore-c-function", "--include-files", program,
                       "-o", out, "--", *python.command, program)
    assert (run.status, run.out, run.err) == (0, "done 1\n", "")
    spans = sorted((event for event in json.loads(out.read_text())["traceEvents"] if event["ph"] == "X"),
                   key=lambda event: event["ts"])
    assert not any("helper" in event["name"] or "__repr__" in event["name"] for event in spans)
    shown = [event["args"]["func_args"]["value"] for event in spans if event["name"].startswith("show ")]
    others = [re.sub(" at 0x.*", "", value) for value in shown if isinstance(value, str)]
    assert shown[0] == "Good(7)" and shown[3] == ["Good(7)"] and shown[4] == "range(0, 3)"
    assert others == ["Good(7)", "<Raises object", "<Recurses object", "range(0, 3)", "x" * 200, "Good(7)",
                      "<Sleeps object", "<Sleeps object", "<Locks object"]
    assert spans[-1]["ts"] - spans[0]["ts"] < 20e6


def test_what_long_calls_are_given(heatline, python):
    """They are written only when it is known that they are long."""
    out = heatline.path(".json")
    run = heatline.run("trace", "--quiet", "--log-func-args", "--min-duration", "10ms", "-o", out, "--ignore-c-function",
                       "--", *python.command, PROGRAM, "sleeps")
    assert run.status == 0, run.err
    spans = [(event["name"].split(" (")[0], event.get("args", {}).get("func_args"))
             for event in sorted(json.loads(out.read_text())["traceEvents"], key=lambda event: event.get("ts", 0))
             if event["ph"] == "X"]
    assert [span for span in spans if span[0] in ("outer_sleep", "sleep", "fib")] == \
        [("outer_sleep", {"n": 7, "text": "x" * 100}), ("sleep", {"n": 8}), ("sleep", {"n": 9})]


def test_what_happens_besides_calls(heatline, python):
    out = heatline.path(".json")
    run = heatline.run("trace", "--quiet", "--log-print", "--log-gc", "--log-exception", "--log-audit", "ope.",
                       "--include-files", PROGRAM, "--ignore-c-function", "-o", out,
                       "--", *python.command, PROGRAM, "happenings")
    assert (run.status, run.out, run.err) == (0, "one\n1-two-[3]!\n", "")
    events = sorted(json.loads(out.read_text())["traceEvents"], key=lambda event: event.get("ts", 0))
    spans = {event["name"].split(" (")[0]: event for event in events if event["ph"] == "X"}
    collection, run = spans["garbage collection"], spans["run_happenings"]
    found = [(event["name"], event["args"]["value"]) for event in events
             if event["ph"] == "i" and run["ts"] < event["ts"] < run["ts"] + run["dur"]]
    caught = [("KeyError", ["key", 3])] if python.version >= (3, 12) else []
    assert found == [*caught, ("ValueError", ["bad 4"]), ("print", "one"), ("print", [1, "two", [3]]),
                     ("open", [os.devnull, "r", found[-1][1][2]])]
    assert collection["args"]["return_value"]["generation"] == 1
    assert run["ts"] < collection["ts"] and collection["ts"] + collection["dur"] < run["ts"] + run["dur"]


@pytest.mark.parametrize("more", [(), ("--min-duration", "1ns")])
@pytest.mark.parametrize("every, wanted", [(None, [0, 1, 2, 3, 4, 5, 6]), (3, [0, 3, 6])])
def test_only_what_happens_in_roots(trace, more, every, wanted):
    options = ("--root", "request", *(("--sample-every", str(every)) if every else ()), "--ignore-c-function", *more)
    calls = trace("requests", options=options)
    assert calls.resynced == 0
    roots = [call for thread in calls.threads for call in thread.roots]
    assert {call.name for call in roots} == {"request"} and len(roots) == len(wanted) + (every is None)  # one in a thread
    main = calls.threads[0].roots
    assert [sum(call.name == "fib" for call in root.all()) for root in main] == [
        {0: 1, 1: 1, 2: 3, 3: 5, 4: 9, 5: 15, 6: 25}[n] for n in wanted]
    assert [root.end for root in main] == ["unwind" if n == 3 else "leave" for n in wanted]


@pytest.mark.parametrize("relative", [False, True])
def test_only_the_projects_own_functions(heatline, python, tmp_path, relative):
    (tmp_path / "app" / "lib" / "python3" / "site-packages").mkdir(parents=True)
    (tmp_path / "app" / "main.py").write_text("import sys\nsys.path.append(sys.path[0] + '/lib/python3/site-packages')\n"
                                              "import part, installed, json\npart.of_part()\ninstalled.of_package()\n"
                                              "json.dumps([1])\n")
    (tmp_path / "app" / "part.py").write_text("def of_part(): pass\n")
    (tmp_path / "app" / "lib" / "python3" / "site-packages" / "installed.py").write_text("def of_package(): pass\n")
    run = heatline.run("trace", "--quiet", "--project", "--ignore-c-function", "-o", tmp_path / "out.heat", "--",
                       *python.command, "main.py" if relative else tmp_path / "app" / "main.py",
                       cwd=tmp_path / "app" if relative else tmp_path)
    assert run.status == 0, run.err
    assert Calls(tmp_path / "out.heat").count() == {"<module>": 2, "of_part": 1}


def ring(trace, *arguments, **more):
    calls = trace(*arguments, options=("--ignore-c-function", "--ring", "1M"), **more)
    assert "only the latest is there" in calls.run.err and calls.resynced == 0
    assert calls.path.stat().st_size < 1.3 * 2**20
    return calls


def test_a_ring_has_the_latest_without_a_gap(trace, heatline):
    calls = ring(trace, "many", 500000)
    run = only(calls, "run_many")
    assert 1000 < len(run.calls) < 500001 and run.calls[-1].tree() == FIB_3
    assert all(call.end == "leave" for call in run.all())
    info = heatline.info(calls.path)
    assert info["retaken_segments"] > 20 and info["damaged_segments"] == info["lost"] == 0
    assert 0 < info["whole_since_s"] < info["duration_s"]


def test_a_ring_of_threads(trace):
    calls = ring(trace, "many_in_threads", 100000)
    runs = calls.named("run_many")
    assert runs and all(run.calls[-1].tree() == FIB_3 for run in runs)


def test_a_ring_of_processes_that_come_and_go(trace):
    calls = ring(trace, "storm", 60)
    parent, *children = calls.named("run_storm")
    assert parent.calls[-1].tree() == FIB_3 and 2 <= len(calls.pids) < 16
    assert {sum(call.name == "fib" for call in child.all()) for child in children} == {15}


def test_a_ring_of_a_program_that_is_killed(trace):
    calls = ring(trace, "many_and_kill", 200000, status=137)
    assert only(calls, "run_many").calls[-1].tree() == FIB_3


def test_the_environment_does_not_show_the_agent(trace):
    assert trace("environment").run.out == "None\nNone\n"


@pytest.mark.quick
@pytest.mark.parametrize("how, status", [("kill", 137), ("segv", 139), ("_exit", 3), ("exit", 4)])
def test_whatever_ends_it_all_is_there(trace, how, status):
    assert trace("end", how, status=status).count()["fib"] == 177


def test_functions_of_c(trace):
    calls = trace("c", options=())
    names = [(call.name, call.end) for call in only(calls, "run_c").calls]
    assert names == [("list.append", "leave"), ("builtins.len", "leave"), ("builtins.sorted", "leave"),
                     ("int", "unwind")] or names[:3] == [
        ("list.append", "leave"), ("builtins.len", "leave"), ("builtins.sorted", "leave")]
    assert calls.resynced == 0


def test_methods_of_c_have_no_module(trace):
    calls = only(trace("methods", options=()), "run_methods").calls
    assert [call.name for call in calls] == ["Random.getrandbits"]


def test_files_that_are_not_wanted(trace):
    calls = trace("threads", 3, options=("--ignore-c-function", "--include-files", str(PROGRAMS)))
    assert set(calls.count()) <= {"<module>", "fib", "run_threads", "deep", "run_threads.<locals>.<listcomp>"} \
        | {name for name in calls.count() if name.startswith("<") or name.startswith("run_threads")}
    assert calls.count()["fib"] == 45
    calls = trace("tree", options=("--ignore-c-function", "--exclude-files", "*/calls.py"))
    assert calls.count()["fib"] == 0 and calls.resynced == 0


@pytest.mark.slow
def test_killed_at_any_moment_the_file_is_valid(heatline, one_python, keep):
    """The reader in calls.py fails on anything that is not a whole event at its place."""
    for i in range(20):
        out = heatline.path(".heat")
        run = keep(heatline.start("trace", "--quiet", "-o", out, "--", *one_python.command, PROGRAM,
                                  "forever"))
        assert run.line() == "ready"
        time.sleep(random.random() * 0.05)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        calls = Calls(out)
        assert calls.lost == 0 and calls.count()["fib"] >= 0 and calls.pids


def test_a_file_that_may_not_grow(heatline, one_python):
    out = heatline.path(".heat")
    limit = 2 << 20
    run = heatline.run("trace", "--quiet", "-o", out, "--", *one_python.command, PROGRAM, "deep", "9000",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert run.status == 0, run.err
    assert out.stat().st_size <= limit


def test_what_finds_no_room_is_told(heatline, one_python):
    out = heatline.path(".heat")
    run = heatline.run("trace", "--max-size", "1", "--stop-when-full", "-o", out, "--", *one_python.command, PROGRAM,
                       "fib", "26")
    assert run.status == 0 and "later events found no room" in run.err
    calls = Calls(out)
    assert calls.lost > 0 and out.stat().st_size <= 2 << 20


@pytest.mark.parametrize("command, status", [(["true"], 5), (["false"], 1)])
def test_a_program_without_python(heatline, command, status):
    out = heatline.path(".heat")
    run = heatline.run("trace", "-o", out, "--", *command)
    assert run.status == status and run.err.startswith("heatline: no Python was seen running")
    assert not out.exists()
