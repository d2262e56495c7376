"""Web servers with several processes, as they are run in production: started by us, looked at from outside, traced."""
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from stacks import plain
from target import PROGRAMS, Target, until


def gunicorn(port):
    pytest.importorskip("gunicorn")
    return [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:%d" % port, "--workers", "2", "--threads", "2",
            "--log-level", "warning", "--chdir", PROGRAMS, "application:application"]


def uwsgi(port):
    found = shutil.which("uwsgi")
    if not found:
        pytest.skip("no uwsgi on this machine")
    return [found, "--plugin", "python3", "--http-socket", "127.0.0.1:%d" % port, "--wsgi-file",
            PROGRAMS / "application.py", "--master", "--die-on-term", "--need-app", "--processes", "2",
            "--threads", "2", "--disable-logging"]


@pytest.fixture(params=[gunicorn, uwsgi], ids=lambda make: make.__name__)
def server(request):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return request.param(port), port


def answers(port):
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d/" % port, timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


@pytest.fixture
def clients():
    """clients(PORT): two that ask and ask again, once the server answers."""
    over, threads = threading.Event(), []

    def start(port):
        until(lambda: answers(port), "the server answers")

        def ask():
            while not over.is_set():
                answers(port)
        for _ in range(2):
            threads.append(threading.Thread(target=ask))
            threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join()


def check(profile):
    seen = [[plain(frame.name) for frame in sample.frames] for sample in profile.samples if sample.frames]
    working = [names for names in seen if names[-1] in ("<genexpr>", "leaf")]
    assert len(working) > 20, profile.summary()
    assert all("application" in names and "page" in names for names in working), profile.summary()


def test_started_by_us(server, heatline, clients, keep):
    command, port = server
    out = heatline.path(".heat")
    run = keep(heatline.start("record", "-s", "-o", out, "--", *command))
    clients(port)
    time.sleep(1)
    run.process.send_signal(signal.SIGTERM)
    run.wait()
    check(heatline.export(out, "speedscope"))
    assert heatline.info(out)["processes"] >= 3


def test_that_runs_already(server, heatline, clients, keep):
    command, port = server
    program = keep(Target([str(word) for word in command], stderr=subprocess.DEVNULL))
    clients(port)
    check(heatline.record("-s", pid=program.pid))
    shown = heatline.run("dump", "-s", program.pid)
    assert shown.status == 0 and shown.out.count("Process ") == 3, shown.out + shown.err


def test_traced(server, heatline, clients, keep):
    command, port = server
    out = heatline.path(".heat")
    run = keep(heatline.start("trace", "--ignore-c-function", "-o", out, "--", *command))
    clients(port)
    time.sleep(1)  # uWSGI does not heed a signal that comes just after its first answer
    run.process.send_signal(signal.SIGTERM)
    run.wait()
    report = json.loads(heatline.run("report", out, "--functions", "--json", "--limit", 0).out)
    count = {row["function"]: row["calls"] for row in report["rows"]}
    assert count["leaf"] == count["page"] == count["application"] > 0
    assert heatline.info(out)["lost"] == 0
