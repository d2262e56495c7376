"""`trace` of programs that have Python within: linked, or loaded by dlopen when they like."""
import os
import shutil
import subprocess

import pytest

from calls import Calls
from target import PROGRAMS

TEXT = """
def leaf(): pass
def work():
    for _ in range(10): leaf()
work()
print("done")
"""

MODULE = """
def leaf(): pass
def work():
    for _ in range(10): leaf()
def run():
    work()
    print("done")
"""


def compiled(python, tmp_path, name, *options):
    if shutil.which(python.compiler) is None:
        pytest.skip("no %s on this machine" % python.compiler)
    binary = tmp_path / name
    built = subprocess.run([python.compiler, "-O1", PROGRAMS / (name + ".c"), "-o", binary, *options], stderr=subprocess.PIPE,
                           check=False)
    assert built.returncode == 0, built.stderr.decode()[-2000:]
    return binary


def library_of(python):
    library = python.prefix / "lib" / ("libpython%s.so" % python.family)
    if not python.shared or not library.exists():
        pytest.skip("Python %s has no shared library" % python.text)
    return library


@pytest.fixture
def trace(heatline, tmp_path):
    def tracer(python, *command):
        out = tmp_path / "out.heat"
        env = dict(os.environ, PYTHONHOME=str(python.prefix), PYTHONPATH=str(tmp_path))
        run = heatline.run("trace", "--quiet", "--ignore-c-function", "-o", out, "--", *command, env=env)
        assert (run.status, run.out, run.err) == (0, "done\n", "")
        calls = Calls(out)
        assert calls.lost == calls.resynced == 0
        assert calls.count()["work"] == 1 and calls.count()["leaf"] == 10
        names = {call.name for thread in calls.threads for call in thread.all()}
        assert not names & {"main", "venv", "execsitecustomize"}, "Python's own start-up is in it"
        return calls
    return tracer


@pytest.mark.parametrize("scope", ["local", "global"])
def test_loaded_and_given_text(python, trace, tmp_path, scope):
    binary = compiled(python, tmp_path, "loads_python", "-ldl")
    calls = trace(python, binary, library_of(python), scope, "text", TEXT)
    assert [call.tree() for call in calls.threads[0].roots][0][0] == "<module>"


@pytest.mark.parametrize("scope", ["local", "global"])
def test_loaded_and_called(python, trace, tmp_path, scope):
    (tmp_path / "job.py").write_text(MODULE)
    binary = compiled(python, tmp_path, "loads_python", "-ldl")
    calls = trace(python, binary, library_of(python), scope, "call", "job")
    assert calls.count()["run"] == 1


def test_linked(python, trace, tmp_path):
    library = library_of(python)
    include = python.prefix / "include" / ("python" + python.family)
    if not (include / "Python.h").exists():
        pytest.skip("Python %s is here without its headers" % python.text)
    binary = compiled(python, tmp_path, "embedded", "-I%s" % include, "-L%s" % library.parent, "-Wl,-rpath,%s" % library.parent,
                      "-lpython" + python.family)
    (tmp_path / "program.py").write_text(TEXT)
    trace(python, binary, tmp_path / "program.py")
