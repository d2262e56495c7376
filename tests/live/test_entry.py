"""Ways into Python: -m, -c, stdin, zipapp, frozen modules, copies of the executable, embedding."""
import os
import shutil
import subprocess
import zipapp
from pathlib import Path

import pytest

from calls import Calls
from stacks import plain
from target import PROGRAMS, Target

PARKED = [("outer", 12), ("inner", 8)]


def where(profile, last=2):
    """Names and lines of the innermost frames of the only stack."""
    (frames, _weight), = profile.counts().most_common(1)
    return [(plain(frame.name), frame.line) for frame in frames[-last:]]


@pytest.mark.quick
def test_module(python, heatline, keep):
    target = keep(Target(python.command + ["-m", "parked"], cwd=str(PROGRAMS)))
    target.line()
    profile = heatline.record("-i", "--full-filenames", pid=target.pid)
    assert where(profile) == PARKED, profile.summary()
    names = [frame.name for frame in profile.samples[0].frames]
    assert python.name("_run_module_as_main") in names, "runpy is below the module: %s" % names


def test_command(python, start, heatline):
    code = "import os\ndef f():\n    print('ready', flush=True); os.read(0, 1)\n\n\nf()"
    target = start(python, None, "-c", code)
    target.line()
    profile = heatline.record("-i", pid=target.pid)
    (frames, _weight), = profile.counts().most_common(1)
    assert [tuple(frame) for frame in frames] == [("<module>", "<string>", 6), ("f", "<string>", 3)]


def test_program_from_stdin(one_python, heatline, keep, tmp_path):
    read_fd, write_fd = os.pipe()
    target = keep(Target(one_python.command + ["-"], pass_fds=[read_fd]))
    target.process.stdin.write(
        b"import os\nprint('ready', flush=True)\nos.read(%d, 1)\n" % read_fd)
    target.process.stdin.close()
    target.line()
    profile = heatline.record("-i", pid=target.pid)
    (frames, _weight), = profile.counts().most_common(1)
    os.close(read_fd)
    os.close(write_fd)
    assert [(frame.name, frame.line) for frame in frames] == [("<module>", 3)]
    assert frames[0].file in ("<stdin>", "<stdin>-0"), frames


def test_zipapp(python, heatline, keep, tmp_path):
    source = tmp_path / "app"
    source.mkdir()
    shutil.copy(PROGRAMS / "parked.py", source / "parked.py")
    (source / "__main__.py").write_text("import parked\n\nparked.outer()\n")
    zipapp.create_archive(source, tmp_path / "app.pyz")
    target = keep(Target(python.command + [str(tmp_path / "app.pyz")]))
    target.line()
    profile = heatline.record("-i", "--full-filenames", pid=target.pid)
    assert where(profile, 3) == [("<module>", 3)] + PARKED, profile.summary()
    assert profile.samples[0].frames[-1].file == str(tmp_path / "app.pyz" / "parked.py")


def test_frozen_modules_are_named(one_python, heatline, keep, tmp_path):
    (tmp_path / "blocks.py").write_text("import os\nprint('ready', flush=True)\nos.read(0, 1)\n")
    target = keep(Target(one_python.command + ["-c", "import blocks"], cwd=str(tmp_path)))
    target.line()
    profile = heatline.record("-i", pid=target.pid)
    files = [frame.file for frame in profile.samples[0].frames]
    assert "<frozen importlib._bootstrap>" in files, profile.summary()
    assert "<frozen importlib._bootstrap_external>" in files, profile.summary()


def real_executable(python):
    if not python.is_local:
        pytest.skip("its executable lies in another root")
    return os.path.realpath(python.executable)


def library_folder(python):
    return {"LD_LIBRARY_PATH": str(python.prefix / "lib"), "PYTHONHOME": str(python.prefix)}


@pytest.mark.parametrize("what", ["renamed", "deleted", "stripped"])
def test_copies_of_the_executable(python, heatline, keep, tmp_path, what):
    copy = tmp_path / "a program (with an odd name)"
    environment = dict(os.environ, **library_folder(python))
    shutil.copy(real_executable(python), copy)
    if what == "stripped":
        if shutil.which("strip") is None:
            pytest.skip("no strip on this machine")
        subprocess.run(["strip", "--strip-all", str(copy)], check=True)
        bare = subprocess.run([str(copy), "-c", ""], env=environment)
        if bare.returncode != 0:
            pytest.skip("strip has broken the executable of Python %s" % python.text)
    target = keep(Target([str(copy), str(PROGRAMS / "parked.py")], env=environment))
    target.line()
    if what == "deleted":
        copy.unlink()
    profile = heatline.record("-i", pid=target.pid)
    assert where(profile) == PARKED, profile.summary()


def test_deleted_library(one_python, heatline, keep, tmp_path):
    if not one_python.shared:
        pytest.skip("Python %s has no shared library" % one_python.text)
    name = "libpython%s.so.1.0" % one_python.family
    shutil.copy(one_python.prefix / "lib" / name, tmp_path / name)
    environment = dict(os.environ, LD_LIBRARY_PATH=str(tmp_path), PYTHONHOME=str(one_python.prefix))
    copy = tmp_path / "python"
    shutil.copy(real_executable(one_python), copy)
    target = keep(Target([str(copy), str(PROGRAMS / "parked.py")], env=environment))
    target.line()
    maps = Path("/proc/%d/maps" % target.pid).read_text()
    if str(tmp_path / name) not in maps:
        pytest.skip("the executable insists on its own library (RPATH)")
    (tmp_path / name).unlink()
    profile = heatline.record("-i", pid=target.pid)
    assert where(profile) == PARKED, profile.summary()


@pytest.fixture
def embedding(python, tmp_path):
    """A program of C with that Python in it, which runs the file that it is given; and its environment."""
    if shutil.which(python.compiler) is None:
        pytest.skip("no %s on this machine" % python.compiler)
    include = python.prefix / "include" / ("python" + python.family)
    library = python.prefix / "lib"
    if not (include / "Python.h").exists():
        pytest.skip("Python %s is here without its headers" % python.text)
    archive = next(iter(sorted(library.glob("python%s/config-*/libpython%s.a" % (
        python.family, python.family)))), None)
    binary = tmp_path / "embeds"
    command = [python.compiler, "-O1", "-I%s" % include, str(PROGRAMS / "embedded.c"), "-o", str(binary)]
    if python.shared:
        command += ["-L%s" % library, "-Wl,-rpath,%s" % library, "-lpython" + python.family]
    elif archive is not None:
        command += ["-rdynamic", str(archive), "-lpthread", "-ldl", "-lutil", "-lm"]
    else:
        pytest.skip("Python %s has neither a shared library nor libpython.a" % python.text)
    built = subprocess.run(command, stderr=subprocess.PIPE)
    assert built.returncode == 0, built.stderr.decode()[-2000:]
    return binary, dict(os.environ, PYTHONHOME=str(python.prefix))


def test_embedded(embedding, heatline, keep):
    binary, env = embedding
    target = keep(Target([str(binary), str(PROGRAMS / "parked.py")], env=env))
    target.line()
    profile = heatline.record("-i", pid=target.pid)
    assert where(profile) == PARKED, profile.summary()


def test_embedded_and_traced(embedding, heatline, tmp_path):
    binary, env = embedding
    program, out = tmp_path / "program.py", tmp_path / "out.heat"
    program.write_text("import os\ndef traced(): pass\ntraced()\nprint(os.environ.get('HEATLINE_AGENT'))\n")
    run = heatline.run("trace", "--quiet", "--ignore-c-function", "-o", out, "--", binary, program,
                       env={"PYTHONHOME": env["PYTHONHOME"]})
    assert (run.status, run.out, run.err) == (0, "None\n", "")
    calls = Calls(out)
    assert calls.count()["traced"] == 1 and calls.resynced == 0


def test_in_another_root(every_python, start, heatline):
    if every_python.is_local:
        pytest.skip("lives in this root")
    target = start(every_python, "parked.py")
    target.line()
    profile = heatline.record("-i", pid=target.pid)
    assert where(profile) == PARKED, profile.summary()


@pytest.mark.since(3, 12)
def test_subinterpreters(python, start, heatline):
    target = start(python, "subinterpreters.py")
    target.line()
    profile = heatline.record("-i", "-t", pid=target.pid)
    seen = {plain(sample.frames[-1].name) for sample in profile.samples if sample.frames}
    assert {"in_main", "in_sub_0", "in_sub_1"} <= seen, profile.summary()


@pytest.mark.since(3, 14)
def test_await_chain(python, start, heatline):
    target = start(python, "tasks.py")
    target.line()
    profile = heatline.record("--async", pid=target.pid)
    chained = profile.share(lambda sample: order(sample, ["root", "middle", "leaf", "burn"]))
    assert chained > 60, "root > middle > leaf > burn in %.1f %%, must be > 60:\n%s" % (
        chained, profile.summary())
    names = {frame.name for sample in profile.samples for frame in sample.frames}
    assert any("leaf-task" in name for name in names), profile.summary()
    assert any("middle-task" in name for name in names), profile.summary()


def order(sample, names):
    """Whether these functions stand on the stack in this order, outermost first."""
    stack = iter(plain(frame.name) for frame in sample.frames)
    return all(name in stack for name in names)
