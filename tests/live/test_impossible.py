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


def faults(calls, samples):
    """Each impossible stack with what is wrong about it."""
    checked = [(impossible(calls, ours(sample)), sample.frames) for sample in samples]
    return ["%s: %s" % (what, ["%s:%s" % (frame.name, frame.line) for frame in frames])
            for what, frames in checked if what]


def moves(profile):
    """The stacks that differ from the one before. While the program waits for a processor, on a busy
    machine for long, one and the same stack is seen again and again, which is true but tells little."""
    stacks = [sample for sample in profile.samples if sample.frames]
    return [now for before, now in zip(stacks, stacks[1:]) if now.frames != before.frames]


def mean_depth(profile):
    moved = moves(profile)
    return sum(len(ours(sample)) for sample in moved) / len(moved)


def share(profile, side):
    moved = moves(profile)
    return 100 * sum(any(plain(frame.name).startswith(side) for frame in sample.frames)
                     for sample in moved) / len(moved)


@pytest.mark.quick
def test_no_impossible_stack(flutter, python, heatline):
    program, calls = flutter
    profile = heatline.record("-t", "--full-filenames", pid=program.pid, rate_hz=10000, duration_s=2)
    total, stacks = len(profile.samples), [sample for sample in profile.samples if sample.frames]
    assert total >= 200, "2 s at 10 kHz gave only %d samples" % total
    assert total - len(stacks) < 0.01 * total, "%d of %d samples have no frames, must be < 1 %%" % (
        total - len(stacks), total)
    wrong = faults(calls, stacks)
    assert not wrong, "%d of %d samples are impossible (none may be), e.g. %s" % (
        len(wrong), total, wrong[:4])
    left, right = share(profile, "left"), share(profile, "right")
    assert abs(left - right) < 12, (
        "two equal halves must weigh the same within 12 points: %.1f %% and %.1f %%" % (left, right))


def test_deep_stacks_are_not_dropped(flutter, heatline):
    """Frozen threads cannot move, so --blocking gives the truth about the mean depth."""
    program, calls = flutter
    truth = heatline.record("--blocking", "-t", "--full-filenames", pid=program.pid, rate_hz=2000,
                            duration_s=2)
    plainly = heatline.record("-t", "--full-filenames", pid=program.pid, rate_hz=10000,
                              duration_s=2)
    wrong = faults(calls, truth.samples)
    assert not wrong, "even frozen: %s" % wrong[:4]
    expected, seen = mean_depth(truth), mean_depth(plainly)
    assert abs(seen - expected) < 0.08 * expected, (
        "mean depth is %.2f frames, must be %.2f (frozen) within 8 %%" % (seen, expected))
