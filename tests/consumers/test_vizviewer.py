"""VizTracer's own viewer, as `vizviewer FILE` serves it, opens what we export."""

import os
import socket
import subprocess
import sys

import calls
import cases
import conftest
import pytest

FILES = {"plain": "calls.json", "gzip": "calls.json.gz"}


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(scope="module", params=FILES)
def seen(request, browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("vizviewer")
    calls.write(folder / "calls.heat")
    file = folder / FILES[request.param]
    subprocess.run([*cases.BINARY.split(), "export", folder / "calls.heat", "-o", file], check=True)
    conftest.PICTURES.mkdir(parents=True, exist_ok=True)
    port = free_port()
    viewer = subprocess.Popen(
        [sys.executable, "-c", "from viztracer.viewer import viewer_main; viewer_main()",
         "--server_only", "--port", str(port), file],
        env={**os.environ, "PYTHONPATH": str(conftest.fetched("python"))},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        viewer.stdout.readline()  # it serves now
        yield browser.json("vizviewer.mjs", f"http://127.0.0.1:{port}/",
                           conftest.PICTURES / f"vizviewer-{request.param}.png")
    finally:
        viewer.kill()
        viewer.communicate()


def test_every_track_is_there(seen):
    tracks = " | ".join(seen["tracks"]).replace("\xa0", "")
    for name in ["MainThread 100", 'wörker "1" <b> 💩 101', 'fetch "x"', "task 2", "gc collected",
                 "load value", "python -c busy() 200"]:
        assert name in tracks
    wrong = [text for text in seen["complaints"] if "rror" in text and "LiveReload" not in text
             and "Failed to load resource" not in text]  # it asks for servers that are not there
    assert wrong == []
