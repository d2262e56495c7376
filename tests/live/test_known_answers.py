"""Programs whose profile is known beforehand: shares, idleness, the GIL, the collector, depth."""
import json

import pytest

from stacks import has, plain


def top_is(name):
    return lambda sample: sample.frames and plain(sample.frames[-1].name) == name


@pytest.mark.calm
def test_three_to_one(python, start, heatline):
    program = start(python, "shares.py")
    program.line()
    profile = heatline.record(pid=program.pid, duration_s=2, rate_hz=500)
    # Samples are counted, not weighed: on a busy machine one late look may stand for a third of a
    # second, which is true but no measure of the program.
    heavy, light = (sum(has(sample, name) for sample in profile.samples)
                    for name in ("heavy", "light"))
    share = 100 * heavy / (heavy + light)
    assert abs(share - 75) < 6, "heavy() is %.1f %%, must be 75 +- 6:\n%s" % (
        share, profile.summary())
    assert heavy + light > 0.98 * len(profile.samples), (
        "heavy() and light() are in %d of %d samples, must be in > 98 %%:\n%s" % (
            heavy + light, len(profile.samples), profile.summary()))


def test_gil_holder_is_always_seen(python, start, heatline):
    program = start(python, "busyloop.py")
    program.line()
    profile = heatline.record("--gil", pid=program.pid, fmt="raw", duration_s=2)
    if python.free_threaded:
        return
    assert profile.total >= 95, "%d of about 200 samples held the GIL, must be >= 95" % profile.total
    assert profile.containing("busy_loop") == 100, profile.summary()


@pytest.mark.quick
def test_sleeper_never_holds_the_gil(python, start, heatline):
    program = start(python, "longsleep.py")
    program.line()
    profile = heatline.record("--gil", pid=program.pid, fmt="raw")
    assert profile.total <= 5, "%d of about 100 samples held the GIL, must be <= 5:\n%s" % (
        profile.total, profile.summary())


def test_sleeper_is_seen_only_when_idle_is_asked_for(python, start, heatline):
    program = start(python, "longsleep.py")
    program.line()
    without = heatline.record(pid=program.pid, fmt="raw")
    assert without.total <= 5, "%d of about 100 samples were active, must be <= 5" % without.total
    idle = heatline.record("--idle", pid=program.pid, fmt="raw")
    assert 75 <= idle.total <= 125, "1 s at 100 Hz gave %d samples, not 75 to 125" % idle.total
    (frames, count), = idle.counts().most_common(1)
    assert count >= 0.95 * idle.total, idle.summary()
    assert [(frame.name, frame.line) for frame in frames] == [("<module>", 10), ("long_sleep", 6)]


@pytest.mark.calm
def test_threads_share_and_rest(python, start, heatline):
    program = start(python, "mixed_threads.py")
    program.line()
    every = heatline.record("-t", "-i", pid=program.pid, duration_s=2)
    shares = {name: every.share(lambda sample: sample.thread == name)
              for name in ("MainThread", "busy-1", "busy-2", "dozing")}
    for name, share in shares.items():
        assert abs(share - 25) < 4, "%s is %.1f %% of all samples, must be 25 +- 4" % (name, share)
    active = heatline.record("-t", pid=program.pid, duration_s=2)
    busy = active.share(lambda sample: sample.thread in ("busy-1", "busy-2"))
    assert busy > 95, "the busy threads are %.1f %% of the active samples, must be > 95:\n%s" % (
        busy, active.summary())


def test_gil_is_held_by_one_thread_at_a_time(python, start, heatline):
    if python.free_threaded:
        pytest.skip("a free-threaded build has no GIL")
    program = start(python, "mixed_threads.py")
    program.line()
    profile = heatline.record("--gil", "-t", pid=program.pid, fmt="raw", duration_s=2)
    assert 100 <= profile.total <= 220, (
        "2 s at 100 Hz gave %d samples with the GIL, must be 100 to 220" % profile.total)
    assert profile.containing("compute") > 97, profile.summary()
    one = profile.share(lambda sample: sample.thread == "busy-1")
    assert 20 < one < 80, "busy-1 held the GIL in %.1f %%, must be 20 to 80" % one


@pytest.mark.parametrize("rate_hz", [100, 1000])
def test_waiting_for_the_gil_ends(python, start, heatline, rate_hz):
    """A thread that waits for the GIL and soon sleeps again, on the same line, no longer waits for it."""
    if python.free_threaded:
        pytest.skip("a free-threaded build has no GIL")
    if python.musl:
        pytest.skip("musl's condition variables do not tell who waits for them")
    program = start(python, "drowsy.py")
    program.line()
    program.say("begin")
    program.line()
    out = heatline.path(".heat")
    run = heatline.run("record", "-r", rate_hz, "-d", 2, "-o", out, "-p", program.pid)
    assert run.status == 0, run.err
    program.say("end")
    overslept = 100 * float(program.line())
    report = json.loads(heatline.run("report", out, "--threads", "--json").out)
    waited = [row["gil_wait_percent"] for row in report["rows"] if row["name"].startswith("sleeper")]
    assert len(waited) == 3 and 2 < sum(waited) / 3 < overslept + 5, "waited %s %%, overslept %.1f %%" % (
        waited, overslept)


def test_lock_waiters_are_idle(python, start, heatline):
    program = start(python, "lock_wait.py")
    program.line()
    active = heatline.record(pid=program.pid, fmt="raw")
    assert active.total <= 5, "%d samples were active, must be <= 5:\n%s" % (
        active.total, active.summary())
    idle = heatline.record("-i", pid=program.pid, fmt="raw")
    assert 150 <= idle.total <= 250, "2 threads, 1 s, 100 Hz: %d samples" % idle.total
    assert abs(idle.containing("wait_for_lock") - 50) < 3, idle.summary()
    assert abs(idle.containing("hold") - 50) < 3, idle.summary()


def test_collector_is_marked(python, start, heatline):
    program = start(python, "collector.py")
    program.line()
    marked = heatline.record("--gc", pid=program.pid, fmt="speedscope")
    share = marked.share(lambda sample: sample.frames and sample.frames[-1].name == "<GC>")
    assert share > 85, "<GC> is on top of %.1f %%, must be > 85:\n%s" % (share, marked.summary())
    assert marked.containing("collect_forever") > 95, marked.summary()


@pytest.mark.quick
def test_collector_is_not_marked_unless_asked(one_python, start, heatline):
    program = start(one_python, "collector.py")
    program.line()
    profile = heatline.record(pid=program.pid)
    assert "<GC>" not in profile.functions()
    assert profile.share(top_is("collect_forever")) > 95, profile.summary()


@pytest.mark.parametrize("depth", [900, 5000])
def test_recursion(python, start, heatline, depth):
    program = start(python, "recursion.py", depth)
    program.line()
    profile = heatline.record("-t", "-i", pid=program.pid)
    stacks = [sample for sample in profile.samples if sample.thread == "diver"]
    assert len(stacks) >= 50, "1 s at 100 Hz gave %d samples of the thread" % len(stacks)
    for sample in stacks:
        descents = [frame for frame in sample.frames if frame.name == "descend"]
        assert len(descents) == depth, "%d frames of descend(), not %d" % (len(descents), depth)
        assert plain(sample.frames[0].name) == "_bootstrap"
        assert descents[-1].line == 10 and {frame.line for frame in descents[:-1]} == {12}


def test_max_depth_keeps_the_outermost(one_python, start, heatline):
    program = start(one_python, "recursion.py", 900)
    program.line()
    out = heatline.path(".heat")
    run = heatline.run("record", "-i", "-d", 1, "-o", out, "-p", program.pid)
    assert run.status == 0, run.err
    deep = heatline.export(out, "speedscope", "-i", "--max-depth", 100)
    assert max(len(sample.frames) for sample in deep.samples) == 100, deep.summary()
    kept = [sample for sample in deep.samples if len(sample.frames) == 100]
    assert all(plain(sample.frames[0].name) == "_bootstrap" for sample in kept), deep.summary()
    whole = heatline.export(out, "speedscope", "-i")
    assert max(len(sample.frames) for sample in whole.samples) > 900, "the recording has them all"


def test_rate_and_duration_are_kept(one_python, start, heatline):
    program = start(one_python, "longsleep.py")
    program.line()
    out = heatline.path(".heat")
    assert heatline.run("record", "-r", 200, "-d", 2, "-o", out, "-p", program.pid).status == 0
    info = heatline.info(out)
    assert 1.9 < info["duration_s"] < 2.3, info
    assert 320 <= info["samples"] <= 440, "2 s at 200 Hz gave %d samples" % info["samples"]
    assert info["rate_hz"] == 200, info
    assert info["rejected"] == 0 and info["lost"] == 0 and info["truncated"] == 0, info
    assert info["processes"] == 1 and info["threads"] == 1, info
