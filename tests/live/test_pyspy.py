"""What py-spy's users and its own tests expect of its command line, expected of ours."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stacks import parse_speedscope
from target import PROGRAMS


def sample(heatline, python, program, *options):
    """As py-spy's tests do it: two seconds, launched, in speedscope's format; (profile, document)."""
    out = heatline.path(".json")
    run = heatline.run("record", "-o", out, "--format", "speedscope", "-d", "2", *options, "--",
                       *python.command, PROGRAMS / program)
    # py-spy's is 0 whatever the program did; ours is the program's, which -d ends by SIGTERM.
    return parse_speedscope(out.read_text()), run


def test_sleeping_program(python, heatline):
    profile, _run = sample(heatline, python, "longsleep.py", "--idle")
    frames, weight = profile.counts().most_common(1)[0]
    assert weight >= 0.80 * profile.total, "%.2f of %.2f s asleep, must be 80 %% (the rest starts up)\n%s" % (
        weight, profile.total, profile.summary())
    assert [(frame.name, frame.line) for frame in frames] == [("<module>", 10), ("long_sleep", 6)]


def test_busy_program_holds_the_gil(python, heatline):
    if python.free_threaded:
        pytest.skip("a free-threaded build has no GIL")
    profile, _run = sample(heatline, python, "busyloop.py", "--gil")
    assert len(profile.samples) >= 95, "%d samples of about 200, must be >= 95" % len(profile.samples)


def test_duration_is_no_failure(one_python, heatline):
    _profile, run = sample(heatline, one_python, "longsleep.py")
    assert run.status == 0, "-d ended it as asked, py-spy says 0, we said %d: %s" % (
        run.status, run.err)


def test_thread_titles(one_python, heatline):
    out = heatline.path(".json")
    heatline.run("record", "-o", out, "-f", "speedscope", "-d", 2, "-t", "-i", "--",
                 *one_python.command, PROGRAMS / "thread_names.py")
    titles = re.findall(r'"name":\s*"[^"]*Thread \d+ \\"(.*?)\\"', out.read_text())
    assert "MainThread" in titles and "CustomThreadName-3" in titles, titles


@pytest.mark.parametrize("how", ["-f raw", "--format=raw", "-fraw", "--format raw"])
@pytest.mark.quick
def test_spellings_of_options(one_python, start, heatline, how):
    program = start(one_python, "longsleep.py")
    program.line()
    out = heatline.path(".txt")
    run = heatline.run("record", *how.split(" "), "-r50", "--duration=1", "-itF", "-o%s" % out,
                       "--pid=%d" % program.pid)
    assert run.status == 0, run.err
    assert re.fullmatch(r"thread \(\d+\)(: [^;]+)?;<module> \(longsleep.py:1\);"
                        r"long_sleep \(longsleep.py:5\) \d+\n", out.read_text()), out.read_text()


@pytest.mark.parametrize("name", ["flamegraph", "raw", "speedscope", "chrometrace"])
def test_formats_by_their_names(one_python, start, heatline, name):
    program = start(one_python, "longsleep.py")
    program.line()
    out = heatline.path(".any")
    run = heatline.run("record", "-i", "-d", 1, "-f", name, "-o", out, "-p", program.pid)
    assert run.status == 0, run.err
    assert "long_sleep" in out.read_text()


@pytest.mark.slow
def test_their_own_tests(python, heatline, tmp_path):
    """py-spy's tests, from a checkout of theirs, with our binary as `py-spy`."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heatline"
    script = Path(os.environ.get("PYSPY_CHECKOUT") or cache / "py-spy") / "tests" / "integration_test.py"
    if not script.exists():
        pytest.skip("no checkout of py-spy: tools/setup gets one, or name it in PYSPY_CHECKOUT")
    (tmp_path / "py-spy").symlink_to(os.path.abspath(shutil.which(heatline.binary)))
    path = "%s:%s" % (tmp_path, os.environ["PATH"])
    run = subprocess.run([*python.command, str(script)], env=dict(os.environ, PATH=path),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=85)
    assert run.returncode == 0, run.stdout.decode()[-4000:]
