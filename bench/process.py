"""Processes under measurement: a target that is ready, a sampler and what it cost.

Knows no profiler and no figure. CPU times are the kernel's own, exact to the nanosecond.
"""

import os
import selectors
import signal
import subprocess
import time
from pathlib import Path

WORKLOADS = Path(__file__).resolve().parent / "workloads"
READY_S = 30


def cpu_s(pid):
    """CPU seconds that all threads of a running process have used so far."""
    return time.clock_gettime((~pid << 3) | 2)  # the process's own clock, see clock_getcpuclockid(3)


def memory_kib(pid, field="VmRSS"):
    """Resident memory now, or its peak so far (`VmHWM`); 0 of a process that has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def pin(core):
    """For preexec_fn: keep the process on one core."""
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


class Target:
    """A workload that has said that it is ready. A context: it is killed at the end."""

    def __init__(self, python, program, *args, core=None):
        command = [python, str(WORKLOADS / program), *map(str, args)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            preexec_fn=pin(core),
        )
        self.pid = self.process.pid
        self.pending = b""
        os.set_blocking(self.process.stdout.fileno(), False)
        self.wait = selectors.DefaultSelector()
        self.wait.register(self.process.stdout, selectors.EVENT_READ)
        if self.lines(READY_S, enough=1)[:1] != ["ready"]:
            self.close()
            raise RuntimeError(f"{program} did not become ready")

    def lines(self, seconds, enough=None):
        """The whole lines that come within `seconds`, or the first `enough` of them and more."""
        until, got = time.monotonic() + seconds, []
        while (left := until - time.monotonic()) > 0 and (enough is None or len(got) < enough):
            if not self.wait.select(left):
                continue
            data = self.process.stdout.read()
            if not data:
                break
            *whole, self.pending = (self.pending + data).split(b"\n")
            got += [line.decode() for line in whole]
        return got

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.wait.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Sampler:
    """A running command whose cost is being measured; `finish` gives the account."""

    def __init__(self, command, log, core=None):
        self.log = Path(log)
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                preexec_fn=pin(core),
            )
        self.pid = self.process.pid
        self.begin = time.monotonic()

    def over(self):
        """True once it has ended by itself. Leaves the process to `finish`."""
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return ended is not None

    def rest(self, seconds):
        """Let it run for `seconds`, less if it ends before."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.over():
            time.sleep(min(left, 0.2))

    def share(self, lead_s, seconds):
        """Its CPU as a share of one core over `seconds`, once `lead_s` of starting have passed."""
        self.rest(lead_s)
        if self.over():
            raise RuntimeError("it ended early: " + self.complaint())
        begin, before = time.monotonic(), cpu_s(self.pid)
        self.rest(seconds)
        if self.over():
            raise RuntimeError("it ended early: " + self.complaint())
        return (cpu_s(self.pid) - before) / (time.monotonic() - begin)

    def complaint(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def finish(self, stop=None, patience_s=60):
        """Wait for its end, asking with the signal `stop` first where it does not end by itself."""
        if stop and not self.over():
            self.process.send_signal(stop)
        until = time.monotonic() + patience_s
        peak_kib = 0  # of this program: ru_maxrss would include its parent's pages before exec
        while not self.over():
            peak_kib = max(peak_kib, memory_kib(self.pid, "VmHWM"))
            if time.monotonic() > until:
                self.process.send_signal(signal.SIGKILL)
            time.sleep(0.01)
        end = time.monotonic()
        _, status, usage = os.wait4(self.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return Account(self, end - self.begin, usage, peak_kib)


class Account:
    def __init__(self, sampler, wall_s, usage, peak_kib):
        self.wall_s = wall_s
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_kib = peak_kib
        self.status = sampler.process.returncode
        self.said = sampler.log.read_text(errors="replace")
        self.complaint = sampler.complaint()
