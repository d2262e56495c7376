"""Fixtures of the live tests: the interpreters, the program under test, and programs to profile."""
import os
import shutil
from collections import Counter

import pytest

import interpreters
from target import PROGRAMS, Target
from tool import Heatline, environment, find_binary

FOUND = interpreters.discover()
MAIN_LABEL = "3.12"


def as_parameter(label, python, reason):
    marks = [] if python else [pytest.mark.skip(reason=reason)]
    return pytest.param(python, id=label, marks=marks)


def pytest_generate_tests(metafunc):
    """`python` is one interpreter of each version, `every_python` each build; see `since`, `musl`."""
    since = metafunc.definition.get_closest_marker("since")
    others = ([entry for entry in FOUND if entry[1] and entry[1].musl]
              if metafunc.definition.get_closest_marker("musl") else [])
    chosen = interpreters.one_per_family(FOUND)
    chosen += [entry for entry in others if entry not in chosen]
    for fixture, entries in (("python", chosen), ("every_python", FOUND)):
        if fixture not in metafunc.fixturenames:
            continue
        if since is not None:
            entries = [entry for entry in entries if interpreters.version(entry) >= since.args]
        metafunc.parametrize(fixture, [as_parameter(*entry) for entry in entries], indirect=True)


@pytest.fixture
def python(request):
    request.node.user_properties.append(("python", request.param.label))
    return request.param


@pytest.fixture
def every_python(request):
    request.node.user_properties.append(("python", request.param.label))
    return request.param


@pytest.fixture
def one_python(request):
    """A single interpreter, for what does not depend on the version."""
    there = {label: python for label, python, _reason in FOUND if python and python.is_local}
    if not there:
        pytest.skip("no Python interpreter outside a chroot on this machine")
    python = there.get(MAIN_LABEL) or next(iter(there.values()))
    request.node.user_properties.append(("python", python.label))
    return python


@pytest.fixture
def heatline(tmp_path):
    binary = find_binary()
    if not shutil.which(binary.split()[0]):
        pytest.fail("%s is not there; build it, or name another in HEATLINE" % binary)
    return Heatline(binary, tmp_path)


@pytest.fixture
def start():
    """start(python, program, *arguments): runs a program and hands it over; ended after the test."""
    running = []

    def starter(python, program, *arguments, flags=(), env=None, **options):
        argv = python.command + list(flags)
        if program is not None:
            argv += [PROGRAMS / program]
        target = Target([str(word) for word in argv + list(arguments)], env=environment(env),
                        **options)
        running.append(target)
        return target

    yield starter
    for target in running:
        target.end()


@pytest.fixture
def flutter(python, start):
    """A program that only calls and returns, and what each of its lines calls."""
    program = start(python, "flutter.py")
    calls = program.json()
    assert program.line() == "ready"
    return program, calls


class InPidNamespace:
    """A Python whose programs run in a pid namespace of their own."""

    def __init__(self, python):
        self.command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child",
                        *python.command]

    @staticmethod
    def pid(program):
        """Our id of the program, which unshare has forked."""
        with open("/proc/%d/task/%d/children" % (program.pid, program.pid)) as children:
            return int(children.read())


@pytest.fixture
def in_pid_namespace(as_root):
    return InPidNamespace


@pytest.fixture
def keep():
    """keep(target): ends a program that the test started by itself."""
    kept = []

    def keeper(target):
        kept.append(target)
        return target

    yield keeper
    for target in kept:
        target.end()


@pytest.fixture
def as_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")


def pytest_configure(config):
    config.addinivalue_line("markers", "since(3, N): only interpreters of this version or newer")
    config.addinivalue_line("markers", "musl: also on one that runs on musl")


def pytest_terminal_summary(terminalreporter):
    ran = Counter()
    for outcome in ("passed", "failed", "xfailed", "xpassed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, value in getattr(report, "user_properties", ()):
                ran[value] += name == "python"
    if not ran:
        return
    terminalreporter.section("interpreters", sep="-")
    for label, python, reason in FOUND:
        if python is None:
            terminalreporter.write_line("%-12s skipped: %s" % (label, reason))
        else:
            terminalreporter.write_line("%-12s %-22s %d tests" % (label, python.text, ran[label]))
