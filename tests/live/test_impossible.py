"""No stack is recorded that never was, though the program only calls and returns."""
import pytest

from stacks import plain

FILE = "/made/flutter.py"


def ours(sample):
    return [frame for frame in sample.frames if frame.file == FILE]


def impossible(calls, frames):
    """The first thing that cannot be in these frames, outermost first; None when all is well."""
    if not frames or frames[0].name != "<module>":
        return "does not start at <module>"
    for caller, callee in zip(frames, frames[1:]):
        must = calls.get("%s:%d" % (caller.name, caller.line))
        if must != callee.name:
            return "%s in line %d calls %r, not %s" % (caller.name, caller.line, must, callee.name)
    leaf = frames[-1]
    if "%s:%d" % (leaf.name, leaf.line) not in calls:
        return "%s has no line %d" % (leaf.name, leaf.line)
    return None


def mean_depth(profile):
    weight = sum(sample.weight for sample in profile.samples)
    return sum(len(ours(sample)) * sample.weight for sample in profile.samples) / weight


@pytest.fixture
def flutter(python, start):
    program = start(python, "flutter.py")
    calls = program.json()
    assert program.line() == "ready"
    return program, calls


@pytest.mark.quick
def test_no_impossible_stack(flutter, python, heatline):
    program, calls = flutter
    profile = heatline.record("-t", "--full-filenames", pid=program.pid, rate_hz=10000, duration_s=2,
                              fmt="raw")
    wrong = [(impossible(calls, ours(sample)), sample.weight) for sample in profile.samples]
    wrong = [entry for entry in wrong if entry[0]]
    assert profile.total >= 500, "2 s at 10 kHz gave only %d samples" % profile.total
    assert not wrong, "%d of %d samples are impossible (none may be), e.g. %s" % (
        sum(weight for _what, weight in wrong), profile.total, wrong[:4])
    mirrored = {side: profile.share(lambda sample: any(
        plain(frame.name).startswith(side) for frame in sample.frames)) for side in ("left", "right")}
    assert abs(mirrored["left"] - mirrored["right"]) < 12, (
        "two equal halves must weigh the same within 12 points: %r" % mirrored)


def test_deep_stacks_are_not_dropped(flutter, heatline):
    """Frozen threads cannot move, so --blocking gives the truth about the mean depth."""
    program, calls = flutter
    truth = heatline.record("--blocking", "-t", "--full-filenames", pid=program.pid, rate_hz=2000,
                            duration_s=2, fmt="raw")
    plainly = heatline.record("-t", "--full-filenames", pid=program.pid, rate_hz=10000,
                              duration_s=2, fmt="raw")
    wrong = [what for what in (impossible(calls, ours(sample)) for sample in truth.samples) if what]
    assert not wrong, "even frozen: %s" % wrong[:4]
    expected, seen = mean_depth(truth), mean_depth(plainly)
    assert abs(seen - expected) < 0.08 * expected, (
        "mean depth is %.2f frames, must be %.2f (frozen) within 8 %%" % (seen, expected))
