"""Firefox Profiler's own command line tool, which loads a profile as profiler.firefox.com does."""

import json
import os
import subprocess

import conftest
import pytest

TOOL = "node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js"


def wait_for_line(log, line, process):
    with subprocess.Popen(["tail", "-n", "+1", "-F", f"--pid={process.pid}", log],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as tail:
        told = []
        for told_line in tail.stdout:
            told.append(told_line)
            if line in told_line:
                tail.terminate()
                return
        raise AssertionError("it never said so: " + "".join(told))


@pytest.fixture(scope="module")
def profiler(node, exports, tmp_path_factory):
    """Runs its commands on the profile. They talk to a process that holds it; the tool would start
    that by itself, but gives up on it after half a second."""
    tool, folder = conftest.fetched("npm") / TOOL, tmp_path_factory.mktemp("sessions")
    env = {"PROFILER_CLI_SESSION_DIR": str(folder)}
    with node.start(tool, "--daemon", exports["gecko"], "--session", "goldens",
                    env={**os.environ, **env}, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL) as holder:
        try:
            wait_for_line(folder / "goldens.log", "Profile loaded successfully", holder)
            yield lambda *arguments: node.run(tool, *arguments, "--session", "goldens",
                                              env=env).stdout.decode()
        finally:
            holder.terminate()


def functions(profiler, thread):
    listed = json.loads(profiler("thread", "functions", "--include-idle", "--json", "--thread",
                                 thread))
    return {one["name"]: [one["selfSamples"], one["totalSamples"]] for one in listed["functions"]}


def test_threads(profiler):
    threads = json.loads(profiler("thread", "list", "--json"))["threads"]
    assert [(one["pid"], one["tid"], one["name"]) for one in
            sorted(threads, key=lambda one: (one["pid"], one["tid"]))] == [
        ("100", 100, "MainThread"), ("100", 101, 'wörker "1" <b> 💩'), ("200", 200, ""),
        ("200", 200 + (1 << 22), "MainThread (interpreter 1)")]
    assert {one["threadHandle"]: one["cpuMs"] for one in threads} == {
        "t-0": 105, "t-1": 40, "t-2": 45, "t-3": 25}


@pytest.mark.parametrize("thread, name", [("t-0", "main"), ("t-1", "worker"), ("t-2", "child")])
def test_times(profiler, thread, name):
    conftest.assert_times(functions(profiler, thread), [name])


def test_calls_nest(profiler):
    tree = profiler("thread", "samples-top-down", "--thread", "t-0")
    places = [tree.index(name) for name in (" <module> ", " main ", " spin ", " <GC> ")]
    assert places == sorted(places)
