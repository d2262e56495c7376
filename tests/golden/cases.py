"""What is exported for the goldens, and how an export becomes text that can be compared and read."""

import gzip
import os
import pathlib
import re
import shlex
import subprocess

import calls
import sample
import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPECTED = pathlib.Path(__file__).resolve().parent / "expected"
BINARY = os.environ.get("HEATLINE") or str(ROOT / "build/heatline")

# What a golden's name begins with → the recording that it is made of.
RECORDINGS = {"calls": calls.write, "both": lambda path: calls.write(path, sample.build())}

# Golden → options of `heatline export`. Each format shows all there is; raw, which is the easiest to
# read, shows what each option does.
EVERYTHING = ["--idle", "--threads", "--subprocesses", "--gc"]
CASES = {
    "all.svg": ["-f", "svg", *EVERYTHING],
    "all.speedscope.json": ["-f", "speedscope", *EVERYTHING],
    "all.trace.json": ["-f", "chrometrace", *EVERYTHING],
    "all.pprof.txt": ["-f", "pprof", *EVERYTHING],
    "all.gecko.json": ["-f", "gecko", *EVERYTHING],
    "all.cpuprofile": ["-f", "cpuprofile", *EVERYTHING],
    "all.txt": ["-f", "raw", *EVERYTHING],
    "busy.trace.json": ["-f", "chrometrace"],
    "busy.cpuprofile": ["-f", "cpuprofile", "--limit-threads", "100"],
    "busy.txt": ["-f", "raw"],
    "function.txt": ["-f", "raw", "--function"],
    "nolineno.txt": ["-f", "raw", "--nolineno"],
    "full-filenames.txt": ["-f", "raw", "--full-filenames"],
    "gil.txt": ["-f", "raw", "--gil"],
    "cpu.txt": ["-f", "raw", "--mode", "cpu", "--idle"],
    "include.txt": ["-f", "raw", "--include", "Worker.*", "--include", "*/json/*"],
    "exclude.txt": ["-f", "raw", "--exclude", "<module>", "--exclude", "threading.py"],
    "limit-threads.txt": ["-f", "raw", "--threads", "--idle", "--limit-threads", "w*"],
    "max-depth.txt": ["-f", "raw", "--threads", "--max-depth", "2"],
    "nothing.svg": ["-f", "svg", "--limit-threads", "nobody"],
    "nothing.cpuprofile": ["-f", "cpuprofile", "--limit-threads", "nobody"],
    "all.pftrace.txt": ["-f", "perfetto", *EVERYTHING],
    "calls.txt": ["-f", "raw", "--threads"],
    "calls.speedscope.json": ["-f", "speedscope"],
    "calls.pprof.txt": ["-f", "pprof"],
    "calls.gecko.json": ["-f", "gecko"],
    "calls.cpuprofile": ["-f", "cpuprofile"],
    "calls.svg": ["-f", "svg"],
    "calls.trace.json": ["-f", "chrometrace"],
    "calls.pftrace.txt": ["-f", "perfetto"],
    "calls-exclude.trace.json": ["-f", "chrometrace", "--exclude", "main", "--exclude", "*/fetch"],
    "both.trace.json": ["-f", "chrometrace", *EVERYTHING],
    "both.pftrace.txt": ["-f", "perfetto", *EVERYTHING],
}


def write_recordings(folder):
    """What a golden's name begins with → its recording, by a function."""
    made = {"": folder / "sample.heat"}
    sample.write(made[""])
    for name, write in RECORDINGS.items():
        made[name] = folder / f"{name}.heat"
        write(made[name])
    return lambda golden: made.get(re.match("[a-z]*", golden)[0], made[""])


def export(recording, options):
    """The bytes of an export."""
    argv = [*shlex.split(BINARY), "export", str(recording), "-o", "-", *options]
    return subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout


def without_assets(svg):
    """Style sheet and script stand in src/export, and are no part of a golden."""
    return re.sub(r"<!\[CDATA\[.*?\]\]>", "<![CDATA[…]]>", svg, flags=re.S)


def lines_of(json):
    """One value a line, so that a difference shows where it is."""
    return re.sub(r"(?<=[}\]]),(?=[{\[\"])", ",\n", json)


def readable(name, data):
    if name.endswith(".pprof.txt"):
        return wire.profile_text(gzip.decompress(data))
    if name.endswith(".pftrace.txt"):
        return wire.trace_text(data)
    text = re.sub(r"heatline@[0-9][0-9.a-z]*", "heatline@VERSION", data.decode())
    if name.endswith(".svg"):
        return without_assets(text)
    return lines_of(text) if name.endswith(("json", ".cpuprofile")) else text
