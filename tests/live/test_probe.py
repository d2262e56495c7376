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
    states = samples(heatline, recording)
    assert len(states) > 500, len(states)
    assert frozen(states) < 0.15 * len(states), "%d of %d" % (frozen(states), len(states))
    profile = heatline.export(recording, "speedscope", "-t", "--full-filenames")
    wrong = faults(calls, [sample for sample in profile.samples if sample.frames])
    assert not wrong, wrong[:4]


@pytest.mark.calm
def test_without_the_capabilities_it_is(probes, flutter, heatline, tmp_path):
    if shutil.which("setpriv") is None:
        pytest.skip("no setpriv on this machine")
    program, calls = flutter
    less = Heatline("setpriv --bounding-set=%s --inh-caps=%s %s" % (LESS, LESS, heatline.binary),
                    tmp_path)
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
def test_in_another_pid_namespace(probes, in_pid_namespace, one_python, start, heatline):
    inside = in_pid_namespace(one_python)
    program = start(inside, "flutter.py")
    program.json()
    program.line()
    pid = inside.pid(program)
    recording = heatline.path(".heat")
    run = heatline.run("record", "-r", 1000, "-d", 2, "-o", recording, "-p", pid)
    assert run.status == 0, run.err
    states = samples(heatline, recording)
    assert len(states) > 500 and frozen(states) < 0.15 * len(states), (len(states), frozen(states))
