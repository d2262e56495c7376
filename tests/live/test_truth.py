"""The stacks that a program reports about itself are the stacks that we record, frame for frame."""
import pytest

from target import PROGRAMS, Target
from tool import environment

pytestmark = [pytest.mark.quick, pytest.mark.musl]
RECORDED = {}




@pytest.fixture
def observed(every_python, heatline):
    """(truth, profile) of one run of truth.py per interpreter; the runs are kept for all tests."""
    python = every_python
    if python.label not in RECORDED:
        target = Target(python.command + [str(PROGRAMS / "truth.py")],
                        env=environment(None))
        try:
            truth = target.json()
            profile = heatline.record("-t", "-i", "--full-filenames", pid=target.pid, rate_hz=50)
        finally:
            target.end()
        RECORDED[python.label] = (truth, profile)
    return RECORDED[python.label]


def show(stack):
    return "\n".join("    %s (%s:%s)" % tuple(frame) for frame in stack)


def test_every_stack_agrees(observed):
    truth, profile = observed
    wrong = []
    for thread in truth["threads"]:
        expected = tuple(tuple(frame) for frame in thread["stack"])
        seen = profile.of_thread(thread["tid"]).counts()
        if set(seen) != {expected}:
            others = [show(stack) for stack in seen if stack != expected][:2] or ["    nothing"]
            wrong.append("%s: expected only\n%s\n  but saw\n%s" % (
                thread["scenario"], show(expected), "\n  and\n".join(others)))
    assert not wrong, "%d of %d threads differ (none may):\n%s" % (
        len(wrong), len(truth["threads"]), "\n".join(wrong)[:8000])


def test_every_thread_is_seen_and_none_is_invented(observed):
    truth, profile = observed
    expected = {thread["tid"] for thread in truth["threads"]}
    assert {tid for tid, _name in profile.threads()} == expected


def test_thread_names_agree(observed):
    truth, profile = observed
    seen = dict(profile.threads())
    named = [thread for thread in truth["threads"] if thread["thread"] is not None]
    wrong = [(thread["thread"], seen.get(thread["tid"])) for thread in named
             if seen.get(thread["tid"]) != thread["thread"]]
    assert not wrong, "%d of %d names differ, e.g. %r" % (len(wrong), len(named), wrong[:3])


def test_every_thread_weighs_the_same(observed):
    truth, profile = observed
    weights = [profile.of_thread(thread["tid"]).total for thread in truth["threads"]]
    assert min(weights) > 0.75, "a thread parked for 1 s must weigh at least 0.75 s: %s" % weights
    assert max(weights) < 1.25, "a thread parked for 1 s must weigh at most 1.25 s: %s" % weights
