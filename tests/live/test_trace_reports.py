"""What `report` makes of traces of real programs."""

import json

import pytest

FORKING = """
import os

def leaf():
    pass

def outer():
    child = os.fork()
    for _ in range(2 if child else 3):
        leaf()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def main():
    outer()

main()
"""


@pytest.mark.quick
def test_a_forked_child_knows_what_is_open(heatline, every_python, tmp_path):
    program, trace = tmp_path / "forking.py", tmp_path / "forking.heat"
    program.write_text(FORKING)
    run = heatline.run("trace", "-o", trace, "--ignore-c-function", "--", *every_python.command,
                       program)
    assert run.status == 0, run.err
    info = json.loads(heatline.run("info", trace, "--json").out)
    assert (info["processes"], info["damaged_references"], info["resynced"]) == (2, 0, 0)
    rows = json.loads(heatline.run("report", trace, "--calls", "--json").out)["rows"]
    calls = {(row["caller"], row["function"]): row["calls"] for row in rows}
    assert calls["outer", "leaf"] == 5
    assert calls["main", "outer"] == calls["<module>", "main"] == 2  # in both processes
