"""`%load_ext heatline` and `%%trace`, in IPython's own shell."""
import pathlib
import sys

import pytest

from calls import Calls

pytest.importorskip("IPython", reason="IPython is not installed: tools/setup test")


@pytest.fixture
def shell(tmp_path, monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).resolve().parents[2] / "python"))
    monkeypatch.setattr("sys.argv", [sys.argv[0]])
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_cell_is_traced(shell, tmp_path, capfd):
    shell.run_cell("def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n").raise_error()
    shell.run_line_magic("load_ext", "heatline")
    shell.run_cell("%%trace --ignore-c-function -o cell.heat --limit 3\nanswer = fib(5)\n").raise_error()
    assert shell.user_ns["answer"] == 5
    assert Calls(tmp_path / "cell.heat").count()["fib"] == 15
    out = capfd.readouterr().out
    assert "fib" in out and out.endswith("heatline: wrote cell.heat\n")


def test_an_unknown_option_is_told(shell):
    shell.run_line_magic("load_ext", "heatline")
    with pytest.raises(ValueError, match="knows no option --fast; there are: --ignore-c-function"):
        shell.run_cell_magic("trace", "--fast", "1")
