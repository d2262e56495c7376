"""Tracing a part of a program, and what a program says of itself in a trace.

Everything here works as well under `heatline trace`, on the recording that it makes. Where nothing is being traced, what
a program says is dropped at once.
"""

import functools
import importlib.util
import json
import os
import subprocess
import tempfile

from heatline import agent

SCOPES = {"t": 0, "p": 1, "g": 2}
_running = None  # the Tracer whose recording it is


def _size(text):
    """Bytes of "512M", or of a number of mebibytes."""
    text = str(text)
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}.get(text[-1:].upper())
    return int(text[:-1]) * unit if unit else int(text) << 20


def _nanoseconds(time):
    """Of "0.2ms", "300ns", "5.5us", "1s", or of a number of microseconds."""
    text = str(time).strip()
    for unit, ns in (("ns", 1), ("us", 10 ** 3), ("ms", 10 ** 6), ("s", 10 ** 9)):
        if text.endswith(unit):
            return int(float(text[:-len(unit)]) * ns)
    return int(float(text) * 1000)


def _list(value):
    return [value] if isinstance(value, str) else list(value or ())


def _json(value, module):
    """JSON of what json knows, else of what repr() says; that is not part of what is recorded."""
    if value is None:
        return ""
    module.mute(1)
    try:
        return json.dumps(value, default=repr)
    finally:
        module.mute(0)


class Tracer:
    """Records every call from start() to stop(), and writes them to `output_file` by save().

    The suffix of `output_file` says the format: .heat (Heatline's own), .json and .json.gz (Chrome, VizTracer), .pftrace
    (Perfetto), .svg (a flame graph), and all others that `heatline export` knows. The other arguments are the options
    of `heatline trace`: sizes like "512M", times like "0.2ms" or in microseconds. Threads are recorded, and processes
    that are forked. One at a time.
    """

    def __init__(self, output_file="trace.heat", *, ignore_c_function=False, ignore_frozen=False,
                 include_files=None, exclude_files=None, max_stack_depth=0, min_duration=0,
                 tracer_entries=0, max_size=0, ring=0, stop_when_full=False, log_func_args=False,
                 log_func_retval=False, log_print=False, log_gc=False, log_async=False, log_torch=False,
                 log_exception=False, log_audit=None, log_sparse=False, ignore_multiprocess=False, verbose=1):
        self.output_file = os.fspath(output_file)
        self.verbose = verbose
        self._recording = None
        self._saved = False
        self._torch = None
        self._log_torch = log_torch
        if log_torch and importlib.util.find_spec("torch") is None:
            raise ImportError("log_torch needs torch, which is not installed here")
        size = max(tracer_entries * 8, 1 << 20) if tracer_entries else _size(ring or max_size or 8192)
        flags = {
            "c_functions": not (ignore_c_function or log_sparse), "frozen": not ignore_frozen,
            "children": not ignore_multiprocess, "latest": not stop_when_full, "arguments": log_func_args,
            "results": log_func_retval, "prints": log_print, "collections": log_gc,
            "exceptions": log_exception, "tasks": log_async, "sparse": log_sparse}
        numbers = {"max_depth": max(max_stack_depth, 0), "min_duration_ns": _nanoseconds(min_duration),
                   "max_bytes": size}
        texts = {"include": include_files, "exclude": exclude_files, "audit": log_audit}
        self._config = ["%s=%d" % (key, value) for key, value in (*flags.items(), *numbers.items())]
        self._config += ["%s=%s" % (key, text) for key, value in texts.items() for text in _list(value)]
        if any("\n" in line for line in self._config):
            raise ValueError("file names and patterns cannot have line ends here")

    @property
    def enable(self):
        """Is it recording now?"""
        return _running is self and agent.load().state() == "on"

    def _new_recording(self):
        """The output itself, so that it is there whatever becomes of the program; unless it was saved already."""
        output = os.path.abspath(self.output_file)
        if output.endswith(".heat") and not self._saved:
            return output
        handle, path = tempfile.mkstemp(".heat", ".heatline-", os.path.dirname(output))
        os.close(handle)
        return path

    def start(self):
        """Begins, or goes on after stop()."""
        global _running
        if _running is not None:
            raise RuntimeError("another Tracer is recording: stop it first" if _running is not self
                               else "this Tracer is recording already")
        module = agent.load()
        if module.state() != "off":
            raise RuntimeError("this program is traced already, by `heatline trace`: see get_tracer()")
        if self._recording is None:
            self._recording = self._new_recording()
            module.create(self._recording)
        module.start("file=%s\n%s\n" % (self._recording, "\n".join(self._config)))
        _running = self
        _mark_all()
        if self._log_torch:
            self._torch = module.torch()
            self._torch.start()

    def stop(self):
        """Nothing is recorded any more; save() makes a file of what was."""
        global _running
        if _running is self:
            if self._torch is not None:
                self._torch.stop()
            agent.load().stop()
            _running = None

    def pause(self):
        """Until resume() no call is noticed, in any thread."""
        if self.enable:
            agent.load().pause()

    def resume(self):
        if _running is self and agent.load().state() == "paused":
            agent.load().resume()

    def clear(self):
        """Forgets what was recorded so far."""
        running = _running is self
        self.stop()
        self._discard()
        if running:
            self.start()

    def _discard(self):
        if self._recording is not None and os.path.exists(self._recording):
            os.unlink(self._recording)
        self._recording = None

    def save(self, output_file=None):
        """Stops, and writes the file; its path. Nothing is lost if that fails: the error says where the recording is."""
        self.stop()
        if self._recording is None:
            raise RuntimeError("nothing was recorded: start() comes first")
        output = os.path.abspath(os.fspath(output_file or self.output_file))
        agent.load().finish(self._recording)
        if output != self._recording:
            self._convert(output)
        self._recording = None
        self._saved = True
        if self.verbose > 0:
            print("heatline: wrote %s" % output)
        return output

    def _convert(self, output):
        from heatline import find_program

        if output.endswith(".heat"):
            os.replace(self._recording, output)
            return
        command = [find_program(), "export", self._recording, "-o", output]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError("%sThe recording is %s" % (done.stderr, self._recording))
        os.unlink(self._recording)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.save()

    # What a program says of itself.

    def add_instant(self, name, args=None, scope="t"):
        add_instant(name, args, scope)

    def log_instant(self, name, args=None, scope="t", cond=True):
        if cond:
            add_instant(name, args, scope)

    def add_counter(self, name, value):
        add_counter(name, value)

    def add_object(self, name, snapshot):
        add_object(name, snapshot)

    def add_variable(self, name, var, event="instant"):
        log_var(name, var) if event == "counter" else add_instant(name, {"value": var})

    def log_var(self, name, var, cond=True):
        if cond:
            log_var(name, var)

    def log_event(self, name, args=None):
        return log_event(name, args)


class _Command(Tracer):
    """The recording of `heatline trace`, which begins and ends it."""

    def __init__(self):
        super().__init__(verbose=0)

    @property
    def enable(self):
        return agent.load().state() == "on"

    def start(self):
        self.resume()

    def stop(self):
        self.pause()

    def pause(self):
        if self.enable:
            agent.load().pause()

    def resume(self):
        if agent.load().state() == "paused":
            agent.load().resume()

    def clear(self):
        raise RuntimeError("the recording belongs to `heatline trace`: only a Tracer of the program's own is cleared")

    def save(self, output_file=None):
        raise RuntimeError("`heatline trace` writes its recording itself, when the program ends")


_command = None


def get_tracer():
    """The Tracer that is recording, be it this program's own or that of `heatline trace`; None if there is none."""
    global _command
    if _running is not None:
        return _running
    module = agent.load(install=False)
    if module is None or module.state() == "off":
        return None
    if _command is None:
        _command = _Command()
    return _command


def trace(output_file="trace.heat", **options):
    """`with heatline.trace("out.heat"):` records what happens inside; see Tracer for the options."""
    return Tracer(output_file, **options)


def _module():
    """The agent, if something is being recorded."""
    module = agent.load(install=False)
    return module if module is not None and module.state() == "on" else None


def add_instant(name, args=None, scope="t"):
    """Something happened: in this thread ("t"), this process ("p") or everywhere ("g")."""
    module = _module()
    if module:
        module.instant(str(name), SCOPES[scope], _json(args, module))


def add_counter(name, value):
    """A number that changes over time, or a dict of several that belong together."""
    module = _module()
    if not module:
        return
    if isinstance(value, dict):
        for series, number in value.items():
            module.counter("%s.%s" % (name, series), float(number))
    else:
        module.counter(str(name), float(value))


def add_object(name, snapshot):
    """What an object looks like now: an instant with its state."""
    add_instant(name, {"snapshot": snapshot})


def log_var(name, var):
    """A variable: a counter if it is a number, else an instant."""
    if isinstance(var, (int, float)) and not isinstance(var, bool):
        add_counter(name, var)
    else:
        add_instant(name, {"value": var})


class log_event:
    """A span of the program's own: `with log_event("load") as event:`, or `@log_event("load")` on a function.

    What is put into `event.args`, a dict, is shown with it.
    """

    def __init__(self, name, args=None):
        self.name = str(name)
        self.args = dict(args or {})
        self._number = 0

    def __enter__(self):
        module = _module()
        self._number = module.begin(self.name) if module else 0
        return self

    def __exit__(self, *_):
        if self._number:
            module = agent.load()
            module.end(self._number, _json(self.args or None, module))
            self._number = 0

    def __call__(self, function):
        @functools.wraps(function)
        def spanned(*args, **keywords):
            with log_event(self.name, self.args):
                return function(*args, **keywords)
        return spanned


_marked = []  # code of functions that are recorded although others are not


def _mark_all():
    for code, levels in _marked:
        agent.load().mark(code, levels)


def log_sparse(function=None, *, stack_depth=1):
    """`@log_sparse`: with `log_sparse` on (`heatline trace --log-sparse`) only such functions are recorded.

    `@log_sparse(stack_depth=N)`: and what they call, N levels in all.
    """
    if function is None:
        return functools.partial(log_sparse, stack_depth=stack_depth)
    mark = function.__code__, min(max(int(stack_depth), 1), 0xffffffff)
    _marked.append(mark)
    module = agent.load(install=False)
    if module is not None and module.state() != "off":
        module.mark(*mark)
    return function


def ignore_function(function):
    """`@ignore_function`: neither it nor what it calls is recorded."""
    @functools.wraps(function)
    def ignored(*args, **keywords):
        module = _module()
        if module is None:
            return function(*args, **keywords)
        module.mute(1)
        try:
            return function(*args, **keywords)
        finally:
            module.mute(0)
    return ignored


def trace_and_save(function=None, *, output_dir=".", **options):
    """`@trace_and_save(output_dir=…)`: each call makes a recording of its own, NAME_NUMBER.heat."""
    if function is None:
        return functools.partial(trace_and_save, output_dir=output_dir, **options)
    numbers = iter(range(1, 1 << 62))

    @functools.wraps(function)
    def traced(*args, **keywords):
        if get_tracer() is not None:  # it is part of what is being recorded
            return function(*args, **keywords)
        os.makedirs(output_dir, exist_ok=True)
        path = os.path.join(output_dir, "%s_%d_%d.heat" % (function.__name__, os.getpid(), next(numbers)))
        with Tracer(path, **{"verbose": 0, **options}):
            return function(*args, **keywords)
    return traced
