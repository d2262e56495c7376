"""Many threads, short-lived threads, their names, and choosing among them."""
import pytest

from stacks import plain


@pytest.mark.quick
def test_thread_names(python, start, heatline):
    program = start(python, "thread_names.py")
    program.line()
    profile = heatline.record("-t", "-i", pid=program.pid)
    names = {name for _tid, name in profile.threads()}
    expected = {"CustomThreadName-%d" % n for n in range(9)} | {"Renamed-9", "MainThread"}
    assert names == expected


def test_three_hundred_threads(python, start, heatline):
    program = start(python, "many_threads.py", 300)
    program.line()
    profile = heatline.record("-t", "-i", pid=program.pid, rate_hz=20)
    assert len(profile.threads()) == 301, "%d threads, not 301" % len(profile.threads())
    waiting = {}
    for sample in profile.samples:
        if sample.thread != "MainThread":
            waiting.setdefault(sample.thread, set()).add(plain(sample.frames[-1].name))
    assert waiting == {"waiter-%d" % n: {"wait_%d" % n} for n in range(300)}


@pytest.mark.calm
def test_short_lived_threads(python, start, heatline):
    program = start(python, "brief_threads.py")
    program.line()
    profile = heatline.record("-t", pid=program.pid, rate_hz=500, duration_s=2)
    seen, wrong = set(), []
    for sample in profile.samples:
        works = [plain(frame.name) for frame in sample.frames if "work_" in frame.name]
        if works:
            seen.add(works[0])
            if sample.thread and sample.thread.startswith("brief-") and \
                    sample.thread[6:] != works[0][5:]:
                wrong.append((sample.thread, works[0]))
    assert seen == {"work_%d" % n for n in range(10)}, profile.summary()
    assert not wrong, "%d samples carry another thread's name: %r" % (len(wrong), wrong[:5])


def test_only_the_chosen_threads(one_python, start, heatline):
    program = start(one_python, "mixed_threads.py")
    program.line()
    by_name = heatline.record("-t", "-i", "--limit-threads", "dozing", pid=program.pid)
    assert {name for _tid, name in by_name.threads()} == {"dozing"}
    by_tid = heatline.record("-t", "-i", "--limit-threads", program.pid, pid=program.pid)
    assert {name for _tid, name in by_tid.threads()} == {"MainThread"}
    assert {tid for tid, _name in by_tid.threads()} == {program.pid}
