"""A thread that moves too fast to be read is interrupted for each look (eBPF) and not stopped, where that may be."""
import ctypes
import errno
import os
import shutil

import pytest

from test_impossible import faults
from tool import Heatline

FROZEN = 1 << 5  # enum sample_state, src/model/event.h
LESS = "-sys_admin,-bpf,-perfmon"


def samples(heatline, recording):
    """The state of every sample in it."""
    dump = heatline.run("info", "--dump", recording)
    assert dump.status == 0, dump.err
    return [int(line.rsplit("state=", 1)[1]) for line in dump.out.splitlines()
            if line.startswith("SAMPLE")]


def later(states):
    """Until the kernel has checked the program, threads are stopped."""
    return states[len(states) // 4:]


def frozen(states):
    return sum(bool(state & FROZEN) for state in states)


@pytest.fixture
def probes(as_root):
    """Skips where the kernel or what we may do rules eBPF out."""
    libc = ctypes.CDLL(None, use_errno=True)
    call = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine)
    libc.syscall(call, 0, None, 0)  # BPF_MAP_CREATE of nothing
    if call is None or ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
        pytest.skip("no eBPF here")


@pytest.mark.calm
def test_a_fast_thread_is_not_stopped(probes, flutter, heatline):
    program, calls = flutter
    recording = heatline.path(".heat")
    run = heatline.run("record", "-r", 1000, "-d", 2, "-o", recording, "-p", program.pid)
    assert run.status == 0, run.err
    states = later(samples(heatline, recording))
    assert len(states) > 400, len(states)
    assert frozen(states) < 0.15 * len(states), "%d of %d" % (frozen(states), len(states))
    profile = heatline.export(recording, "speedscope", "-t", "--full-filenames")
    wrong = faults(calls, [sample for sample in profile.samples if sample.frames])
    assert not wrong, wrong[:4]


@pytest.fixture
def less(heatline, tmp_path):
    """Heatline without the capabilities that eBPF takes."""
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv on this machine")
    return Heatline("setpriv --bounding-set=%s --inh-caps=%s %s" % (LESS, LESS, heatline.binary),
                    tmp_path)


@pytest.mark.calm
def test_without_the_capabilities_it_is(probes, flutter, heatline, less):
    program, calls = flutter
    recording = heatline.path(".heat")
    run = less.run("record", "-r", 1000, "-d", 2, "-o", recording, "-p", program.pid)
    assert run.status == 0 and "bpf" not in run.err.lower(), run.err
    states = samples(heatline, recording)
    # On a busy machine it often waits for a CPU, and then it is read as it stands.
    assert frozen(states) > 0.05 * len(states), "%d of %d" % (frozen(states), len(states))
    profile = heatline.export(recording, "speedscope", "-t", "--full-filenames")
    wrong = faults(calls, [sample for sample in profile.samples if sample.frames])
    assert not wrong, wrong[:4]


@pytest.mark.calm
@pytest.mark.parametrize("rate_hz, duration_s", [(100, 8), (1000, 5)])
def test_without_them_a_calm_thread_is_left_alone_in_the_end(
        probes, one_python, start, heatline, less, rate_hz, duration_s):
    program = start(one_python, "busyloop.py")
    recording = heatline.path(".heat")
    run = less.run("record", "-r", rate_hz, "-d", duration_s, "-o", recording, "-p", program.pid)
    assert run.status == 0, run.err
    states = samples(heatline, recording)
    late = states[-len(states) // 4:]
    assert frozen(states) and frozen(late) < 0.05 * len(late), (
        frozen(states), len(states), frozen(late), len(late))


@pytest.mark.calm
def test_in_another_pid_namespace(probes, in_pid_namespace, one_python, start, heatline):
    inside = in_pid_namespace(one_python)
    program = start(inside, "flutter.py")
    program.json()
    program.line()
    pid = inside.pid(program)
    recording = heatline.path(".heat")
    run = heatline.run("record", "-r", 1000, "-d", 2, "-o", recording, "-p", pid)
    assert run.status == 0, run.err
    states = later(samples(heatline, recording))
    assert len(states) > 400 and frozen(states) < 0.15 * len(states), (len(states), frozen(states))
