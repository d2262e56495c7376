"""The readers of the interpreter's own data, against the interpreter's own word.

They are run through the unit tests' programs, which take a file or a process in place of fixtures.
"""
import linecache
import subprocess

import pytest

from interpreters import REPOSITORY
from target import PROGRAMS


@pytest.fixture
def reader():
    """reader(name, argument...): what that unit test says of a live process or a file."""
    def run(name, *arguments):
        program = REPOSITORY / "build" / "dev" / ("unit_test_" + name)
        if not program.exists():
            pytest.skip("%s is not built: tools/build dev" % program.relative_to(REPOSITORY))
        run = subprocess.run([str(program), *map(str, arguments)], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
        assert run.returncode == 0, run.stderr.decode(errors="replace")
        return run.stdout.decode("utf-8", "surrogatepass")
    return run


def test_line_tables(every_python, reader, tmp_path):
    file = tmp_path / "tables.txt"
    with file.open("wb") as out:
        subprocess.run(every_python.command + [str(PROGRAMS / "line_tables.py"), "1000"],
                       stdout=out, check=True)
    version = "%d.%d" % every_python.version[:2]
    assert int(reader("lines", "%s=%s" % (version, file))) > 1000


@pytest.mark.quick
@pytest.mark.parametrize("count", [0, 200])
def test_thread_names(python, start, reader, count):
    program = start(python, "named_threads.py", count)
    expected = list(iter(program.process.stdout.readline, b"end\n"))
    assert len(expected) == count + 17, program.complaint()
    found = reader("names", program.pid)
    assert sorted(found.encode("utf-8", "surrogatepass").splitlines(True)) == sorted(expected)


# Outwards from the running task: the tasks, and in each its frames from the innermost on.
AWAIT_CHAIN = [
    ("le\u0430f \U0001f4a9", []),
    ("Task-3", ["middle_gather", "old_style", "through_old"]),
    ("shielded", ["TaskGroup._aexit", "TaskGroup.__aexit__", "middle_group", "agen", "iterate",
                  "outer_agen", "ahead", "wait_for", "wait_for"]),
    ("Task-2", ["shielded"]),
    ("Task-1", ["_wait", "wait", "main"]),
]


@pytest.mark.since(3, 14)
def test_await_chain(python, start, reader):
    program = start(python, "await_chain.py")
    program.line()
    found, lines = [], []
    for line in reader("tasks", program.pid).splitlines():
        if line.startswith("  "):
            name, number = line.split()
            found[-1][1].append(name)
            lines.append((name, int(number)))
        else:
            found.append((line, []))
    assert found == AWAIT_CHAIN
    source = str(PROGRAMS / "await_chain.py")
    own = {"middle_gather", "old_style", "through_old", "middle_group", "agen", "iterate",
           "outer_agen", "ahead", "main"}
    for name, number in lines:
        text = linecache.getline(source, number)
        assert name not in own or any(word in text for word in ("await", "async", "yield from")), (
            "%s is said to wait in line %d: %r" % (name, number, text))
