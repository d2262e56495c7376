"""Wrong command lines: one clear sentence, one hint, status 2, nothing on standard output, nothing made."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest

from conftest import environment, words

LIST = "`heatline %s --help` lists the options"
FORMATS = "give -f with one of svg, raw"

WRONG = [
    ("record --raet 5 -- true", "unknown option '--raet'", "did you mean '--rate'?"),
    ("record -r 0 -- true", "--rate takes a whole number from 1 to 1000000, not '0'", LIST),
    ("record -r -1 -- true", "--rate takes a whole number from 1 to 1000000, not '-1'", LIST),
    ("record -r ten -- true", "--rate takes a whole number from 1 to 1000000, not 'ten'", LIST),
    ("record -d never -- true", "--duration takes seconds above 0 or 'unlimited', not 'never'",
     LIST),
    ("record -p 0", "--pid takes a whole number from 1 to 2147483647, not '0'", LIST),
    ("record -F --nolineno -- true", "--function and --nolineno cannot be used together", LIST),
    ("record --blocking --nonblocking -- true",
     "--nonblocking and --blocking cannot be used together", LIST),
    ("record --mode fast -- true", "--mode takes one of wall, cpu, gil, not 'fast'", LIST),
    ("record -f flame -- true", "unknown format 'flame'", "formats are svg, raw"),
    ("trace --trigger f -o - -- true", "--trigger writes files, so -o cannot be standard output", None),
    ("record -f rwa -- true", "unknown format 'rwa'", "did you mean 'raw'?"),
    ("trace --log-var ( -- true", "--log-var takes a regular expression, not '('", "it has to match whole names"),
    ("trace --log-attr x --attach 1", "--log-attr needs a program that is started, not --attach", "a program that runs already"),
    ("trace --sample-every 3 -- true", "--sample-every needs --root: calls of which function?",
     "heatline trace --root handle_request --sample-every 100 program.py"),
    ("trace --root /(/ -- true", "--root takes a function or /REGEX/, not '/(/'", "a name like Server.handle"),
    ("trace --max-size 512K -- true", "--max-size takes a size of at least 1M like 512M or 4G, not '512K'", LIST),
    ("trace --ring much -- true", "--ring takes a size of at least 1M like 512M or 4G, not 'much'", LIST),
    ("trace --min-duration soon -- true", "--min-duration takes a time like 300ns, 5.5us, 2ms or 1s, not 'soon'", LIST),
    ("record -o", "--output needs a value: --output FILE", LIST),
    ("record -o --format raw", "--output needs a value: --output FILE",
     "write --output=--format if that is the value"),
    ("record --threads=yes -- true", "--threads takes no value", LIST),
    ("record --no -- true", "'--no' may mean --nonblocking or --nolineno", LIST),
    ("export", "which recording? No file was named", "`heatline record -o profile.heat -- COMMAND`"),
    ("export a b -f raw", "one recording at a time: what is 'b'?", None),
    ("export a", "which format? There is no file name to tell it by", FORMATS),
    ("export a -o b.doc", "cannot tell the format from the name 'b.doc'", FORMATS),
    ("report", "which recording? No file was named", "`heatline record -o profile.heat -- COMMAND`"),
    ("report a --max-depth 0", "--max-depth takes a whole number from 1 to 1000000, not '0'", LIST),
    ("report a --limit=-1", "--limit takes a whole number from 0 to 4294967295, not '-1'", LIST),
    ("info a --json --dump", "--json and --dump cannot be used together", LIST),
    ("info -x", "unknown option '-x'", LIST),
]


@pytest.mark.parametrize("line,message,hint", WRONG, ids=[row[0] for row in WRONG])
def test_wrong_usage(heatline, tmp_path, line, message, hint):
    run = heatline(*line.split(), status=2)
    lines = run.err.splitlines()
    assert run.out == ""
    assert lines[0] == "heatline: " + message
    if hint is None:
        assert len(lines) == 1 or lines[1].startswith("hint: ")
    else:
        assert lines[1].startswith("hint: " + (hint % line.split()[0] if "%s" in hint else hint))
    assert len(lines) <= 2
    assert not list(tmp_path.iterdir())


def test_messages_cannot_drive_the_terminal(heatline):
    run = heatline("info", "evil\033[2J\nname", status=1)
    assert "\033" not in run.err
    assert len(run.err.splitlines()) <= 2


def test_no_colour_unless_on_a_terminal(heatline, recording):
    assert "\033" not in heatline("report", recording).out
    assert "\033" not in heatline("info", "nothing", status=1).err


@pytest.mark.parametrize("columns", [80, 60])
def test_messages_fit_the_terminal(tmp_path, columns):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    run = subprocess.run([*words(), "record", "-f", "flame", "--", "true"], cwd=tmp_path, timeout=30,
                         stderr=theirs, env=environment(TERM="dumb"))
    os.close(theirs)
    rows = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert run.returncode == 2
    assert len(rows) > 2 and all(len(row) <= columns for row in rows), rows
    assert "formats are svg, raw, speedscope, chrometrace, perfetto, pprof, gecko, cpuprofile, heat" in (
        " ".join(row.strip() for row in rows))
