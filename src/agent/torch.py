"""Has torch's own profiler run beside the trace: `heatline trace --log-torch`, `Tracer(log_torch=True)`.

The agent runs this file in the traced process (torch.c), with `track(name, spans)` and `mute(on)` of its own. What the
profiler saw is read from the Chrome trace that it writes. It runs from when the program has imported torch until the
process ends, and only in the process that began it: a fork of it has no profiler.
"""

import atexit
import os
import sys
import time

SINCE_EPOCH_US = 10 ** 14  # times that are larger are no times since the profiler began


def thread_name(pid, tid, names):
    name = names.get((pid, tid), str(tid))
    return "torch: %s" % (name if pid == os.getpid() or isinstance(pid, str) else "GPU %s %s" % (pid, name))


def tracks(trace, begun_ns, offset_ns):
    """{name: spans} of a Chrome trace. `begun_ns`: when the profiler did; `offset_ns`: from real to monotonic time."""
    events = trace["traceEvents"] if isinstance(trace, dict) else trace
    base_ns = int(trace.get("baseTimeNanoseconds", 0)) if isinstance(trace, dict) else 0
    import json

    names, found = {}, {}
    for event in events:
        if event.get("ph") == "M" and event.get("name") == "thread_name":
            names[event["pid"], event["tid"]] = event["args"]["name"]
    for event in events:
        if event.get("ph") != "X" or event.get("cat") == "Trace":
            continue
        from_us = float(event["ts"])
        since_ns = base_ns or (0 if from_us > SINCE_EPOCH_US else begun_ns)
        begin_ns = since_ns + round(from_us * 1000) - offset_ns
        end_ns = begin_ns + round(float(event.get("dur", 0)) * 1000)
        args = json.dumps(event["args"]) if event.get("args") else ""
        name = thread_name(event["pid"], event["tid"], names)
        found.setdefault(name, []).append((str(event["name"]), begin_ns, end_ns, args))
    for spans in found.values():
        spans.sort(key=lambda span: (span[1], -span[2]))
    return found


class Profile:
    """torch's profiler, from start() to stop(). Also a finder and loader of modules that waits for torch."""

    def __init__(self):
        self.profiler = self.pid = self.loader = None

    def start(self):
        mute(1)
        try:
            import torch.profiler

            profiler = torch.profiler.profile()
            self.begun_ns = time.time_ns()
            profiler.start()
            self.profiler, self.pid = profiler, os.getpid()
        finally:
            mute(0)

    def stop(self):
        if self.profiler is None or self.pid != os.getpid():
            return
        mute(1)
        try:
            import json
            import tempfile

            profiler, self.profiler = self.profiler, None
            profiler.stop()
            with tempfile.TemporaryDirectory(prefix="heatline-") as folder:
                path = os.path.join(folder, "torch.json")
                profiler.export_chrome_trace(path)
                with open(path, encoding="utf-8", errors="replace") as file:
                    trace = json.load(file)
            for name, spans in tracks(trace, self.begun_ns, time.time_ns() - time.perf_counter_ns()).items():
                track(name, spans)
        finally:
            mute(0)

    def attempt(self, step):
        try:
            step()
        except Exception as error:
            print("heatline: torch's profiler failed: %s" % error, file=sys.stderr)

    def watch(self):
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        if name != "torch":
            return None
        import importlib.util

        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            self.loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        atexit.register(self.attempt, self.stop)
        self.attempt(self.start)


def install(_config):
    return Profile()
