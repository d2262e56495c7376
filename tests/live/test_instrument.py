"""`--log-var` and its like: programs that are rewritten tell of their variables, and do else what they did."""
import hashlib
import json
import pathlib
import subprocess

import pytest

from tool import environment

ROOT = pathlib.Path(__file__).resolve().parents[2]

PROGRAM = '''#!/usr/bin/env python
"""A docstring."""
from __future__ import annotations
import sys

class Account:
    limit: int = 10

    def __init__(self):
        self.balance = 0

    def pay(self, amount):
        """Not the first statement."""
        self.balance += amount
        return self.balance

def squares(count):
    total = 0
    for i in range(count):
        total += i * i
    return total

def shapes():
    first, (second, *rest) = 1, (2.5, "three", [4])
    table = {}
    table["key"] = first
    annotated: int = 5
    if (walrus := second) > 2:
        walrus += 1
    with open(__file__) as handle:
        line = handle.readline()
    try:
        raise ValueError(line)
    except ValueError as error:
        caught = str(error)
    for first, _ in [(7, 8)]:
        pass
    total = [total for total in range(3)]
    return [first, second, rest, table, annotated, walrus, caught, total]

def untouched():
    total_of_nothing = 1
    return total_of_nothing

if __name__ == "__main__":
    account = Account()
    account.pay(5)
    print(squares(3), shapes(), account.pay(2), untouched(), Account.pay.__doc__, __doc__, __file__, sys.argv[1:])
'''


@pytest.fixture
def told(heatline, python, tmp_path):
    """told(OPTION, …, argv=…): what the program told, [(name, value)], beside its run."""
    def run(*options, argv=("program.py",), status=0):
        out = heatline.path(".json")
        command = [*python.command, *argv]
        plain = subprocess.run([str(word) for word in command], cwd=tmp_path, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment({"PYTHONDONTWRITEBYTECODE": "1"}), check=False)
        run = heatline.run("trace", "--quiet", "--ignore-c-function", "-o", out, *options, "--", *command, cwd=tmp_path)
        assert (run.status, run.out, run.err) == (plain.returncode, plain.stdout.decode(), plain.stderr.decode())
        assert run.status == status
        events = sorted(json.loads(out.read_text())["traceEvents"], key=lambda event: event.get("ts", 0))
        return [(event["name"], event.get("args", {}).get("value", event.get("args")))
                for event in events if event["ph"] in "iC"]
    (tmp_path / "program.py").write_text(PROGRAM)
    return run


def test_variables(told):
    assert told("--log-var", "total") == [("total", n) for n in (0, 0, 1, 5)] + [("total", [0, 1, 2])]
    found = told("--log-var", "first|rest", "--log-var", "walrus|table|caught|annotated|line|error|_")
    assert str(dict(found).pop("error")).startswith("<ValueError object at")
    assert [(name, value) for name, value in found if name != "error"] == [
        ("first", 1), ("rest", ["three", [4]]), ("table", {}), ("table", {"key": 1}), ("annotated", 5), ("walrus", 2.5),
        ("walrus", 3.5), ("line", "#!/usr/bin/env python\n"),
        ("caught", "#!/usr/bin/env python\n"), ("first", 7), ("_", 8)]


def test_numbers_are_counters(told):
    assert told("--log-number", "total|caught") == [
        ("total", 0), ("total", 0), ("total", 1), ("total", 5), ("caught", "#!/usr/bin/env python\n"), ("total", [0, 1, 2])]


def test_attributes(told):
    assert told("--log-attr", "bal.*") == [("self.balance", 0), ("self.balance", 5), ("self.balance", 7)]


def test_functions(told):
    assert [name for name, _ in told("--log-func-entry", "pay|squares")] == ["pay - entry", "squares - entry", "pay - entry"]
    assert told("--log-func-exec", "squares|untouched") == [
        ("total", 0), ("i", 0), ("total", 0), ("i", 1), ("total", 1), ("i", 2), ("total", 5), ("total_of_nothing", 1)]


def test_modules_and_what_is_cached_of_them(told, tmp_path, python):
    (tmp_path / "part.py").write_text("total = 3\n")
    (tmp_path / "user.py").write_text("import json, part\ntotal = part.total + 1\n")
    subprocess.run([*map(str, python.command), "-c", "import part"], cwd=tmp_path, check=True,
                   env=environment({"PYTHONDONTWRITEBYTECODE": ""}))
    cached, = (tmp_path / "__pycache__").iterdir()
    before = hashlib.sha256(cached.read_bytes()).digest()
    for argv in (["user.py"], ["-m", "user"], ["-c", "import user"]):
        assert told("--log-var", "total", argv=argv) == [("total", 3), ("total", 4)]
    assert [path.name for path in (tmp_path / "__pycache__").iterdir()] == [cached.name]
    assert hashlib.sha256(cached.read_bytes()).digest() == before


def test_code_on_the_command_line(told):
    assert told("--log-var", "x", argv=["-c", "import sys\nx = 5\nprint(x, sys.argv, __name__)", "a"]) == [("x", 5)]


@pytest.mark.parametrize("text, status", [
    ("def f(x):\n    y = x\n    raise KeyError(y)\nf(1)\n", 1), ("y = 1\nimport sys\nsys.exit(5)\n", 5),
    ("y = 1\nraise SystemExit('bye')\n", 1), ("y = 1\n1 +\n", 1), ("import os\ny = 1\nos._exit(4)\n", 4), ("", 0),
    ("# -*- coding: latin-1 -*-\ny = '\\xe9'\nprint(ascii(y))\n", 0),
    ("import atexit\natexit.register(print, 'end')\ny = 1\n", 0),
    ("import inspect\ny = 1\ndef f():\n    y = 2\nprint(inspect.getsource(f))\n", 0)])
def test_it_ends_as_it_did(told, tmp_path, text, status):
    (tmp_path / "ends.py").write_bytes(text.encode("latin-1"))
    told("--log-var", "y", argv=["ends.py"], status=status)


def test_children(told, tmp_path):
    (tmp_path / "program.py").write_text(
        "import subprocess, sys\nx = 1\nsubprocess.check_call([sys.executable, '-c', 'x = 2'])\nx = 3\n")
    assert sorted(told("--log-var", "x")) == [("x", 1), ("x", 2), ("x", 3)]


MAGIC = '''
import sys
def work(n):
    # !viztracer: log_instant("begin")
    x = n * 2  # !viztracer: log
    y = x + 1  # !heatline: log_var("sum", x + y)
    # !heatline: log_instant("large", {"x": x}) if x > 3
    if y:  # !viztracer: log_instant("never: in the middle of something")
        z = [1,  # !viztracer: log_instant("never")
             2]
    return y  # just a comment

print(work(1), work(2), "# !viztracer: log_instant('text')")
# !viztracer: print("not one of ours")
# !viztracer: log_number("n", len(sys.argv))
'''


def test_comments(told, tmp_path):
    (tmp_path / "magic.py").write_text(MAGIC)
    assert [name for name, _ in told(argv=["magic.py"])] == []
    found = told("--magic-comment", argv=["magic.py"])
    assert [(name, value) for name, value in found if value] == [
        ("x", 2), ("sum", 5), ("x", 4), ("sum", 9), ("large", {"x": 4}), ("n", 1)]
    assert [name for name, _ in found].count("begin") == 2 and len(found) == 8


CHECK = '''
import builtins, importlib.util, sys, types
names = {"variable": lambda *_: None, "number": lambda *_: None, "event": lambda *_: None, "__name__": "instrument"}
exec(compile(open(sys.argv[1]).read(), "instrument.py", "exec"), names)
wanted = names["Wanted"]("log_var=.*\\nlog_attr=.*\\nlog_func_entry=.*\\nmagic_comment=1")
for name in ("variable", "number", "event", "told_variable", "told_number"):
    setattr(builtins, names["NAME"] % name, names[name])

def rewritten(name):
    spec = importlib.util.find_spec(name)
    source = importlib.util.decode_source(spec.loader.get_data(spec.origin))
    code = names["rewrite"](source, spec.origin, wanted)
    assert code is not None, name
    module = importlib.util.module_from_spec(spec)
    module.__name__ = name + "_again"
    sys.modules[module.__name__] = module
    exec(code, module.__dict__)
    return module

json_decoder, json_encoder = rewritten("json.decoder"), rewritten("json.encoder")
text = '{"a": [1, 2.5, null, true], "b": {"c": "\\\\u00e9"}}'
value = json_decoder.JSONDecoder().decode(text)
assert value == {"a": [1, 2.5, None, True], "b": {"c": "\\u00e9"}}
assert json_decoder.JSONDecoder().decode(json_encoder.JSONEncoder(indent=1).encode(value)) == value
parser = rewritten("argparse").ArgumentParser("x")
parser.add_argument("--n", type=int, nargs="+")
assert parser.parse_args(["--n", "1", "2"]).n == [1, 2]
assert rewritten("textwrap").wrap("one two three", 8) == ["one two", "three"]
assert rewritten("heapq").nsmallest(2, [3, 1, 2]) == [1, 2]
assert str(rewritten("fractions").Fraction(6, 4)) == "3/2"
assert rewritten("shlex").split("a 'b c'") == ["a", "b c"]
assert rewritten("string").Template("$x y").substitute(x=1) == "1 y"
assert list(rewritten("difflib").ndiff(["a"], ["b"])) == ["- a", "+ b"]
assert rewritten("bisect").bisect([1, 2], 1) == 1
for name in ("typing", "dataclasses", "enum", "asyncio.tasks", "ast", "tokenize", "inspect", "logging", "pickle",
             "unittest.mock", "email.message", "http.client", "urllib.parse", "collections", "functools", "decimal"):
    spec = importlib.util.find_spec(name)
    if spec.origin.endswith(".py"):
        assert names["rewrite"](importlib.util.decode_source(spec.loader.get_data(spec.origin)), spec.origin, wanted)
print("same")
'''


def test_rewritten_modules_do_what_they_did(python, tmp_path):
    program = tmp_path / "check.py"
    program.write_text(CHECK)
    done = subprocess.run([*map(str, python.command), str(program), str(ROOT / "src/agent/instrument.py")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=environment({}))
    assert done.stdout == "same\n", done.stderr
