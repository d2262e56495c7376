"""The man page and the completions are made from the tables, are current, and are right for their readers."""

import os
import shlex
import shutil
import subprocess

import pytest

from conftest import ROOT, environment, words


def need(program):
    if not shutil.which(program):
        pytest.skip("%s is not installed" % program)


def output(*argv, **options):
    run = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=30, **options)
    return run.returncode, run.stdout.decode()


def test_checked_in_files_are_current():
    status, text = output(ROOT / "tools/manual", "--check",
                          env=environment(HEATLINE=shlex.join(words())))
    assert status == 0, text


def test_man_page_is_right_roff():
    need("groff")
    assert output("groff", "-man", "-ww", "-Tutf8", "-z", ROOT / "docs/man/heatline.1") == (0, "")


def options_shown(heatline, command):
    """The long options of a command, as --help lists them."""
    return {word.rstrip(",") for line in heatline(command, "--help").out.splitlines()
            for word in line[:28].split() if word.startswith("--")} - {"--help"}


def test_man_page_has_every_option(heatline):
    page = (ROOT / "docs/man/heatline.1").read_text().replace("\\-", "-")
    for command in ("record", "report", "export", "info"):
        assert all(option + "\\fR" in page for option in options_shown(heatline, command))
    for name in ("svg", "raw", "heat"):
        assert ".TP\n\\fB%s\\fR (." % name in page


def complete_bash(heatline, *line):
    script = heatline("completions", "bash").out + """
        COMP_WORDS=(%s) COMP_CWORD=%d
        _heatline; printf '%%s\\n' "${COMPREPLY[@]}" """ % (
            " ".join(map(shlex.quote, line)), len(line) - 1)
    status, text = output("bash", "-c", script)
    assert status == 0, text
    return text.split()


def test_bash(heatline):
    need("bash")
    assert complete_bash(heatline, "heatline", "re") == ["record", "report"]
    assert complete_bash(heatline, "heatline", "record", "--dur") == ["--duration"]
    offered = set(complete_bash(heatline, "heatline", "record", "--"))
    assert offered == options_shown(heatline, "record") | {"--help"}
    assert complete_bash(heatline, "heatline", "record", "-f", "sp") == ["speedscope"]
    assert complete_bash(heatline, "heatline", "report", "--mode", "=") == ["wall", "cpu", "gil"]
    assert complete_bash(heatline, "heatline", "report", "--mode", "=", "g") == ["gil"]
    assert complete_bash(heatline, "heatline", "report", "--limit", "") == []


def test_bash_offers_files(heatline, tmp_path, monkeypatch):
    need("bash")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.heat").touch()
    assert complete_bash(heatline, "heatline", "report", "on") == ["one.heat"]
    assert complete_bash(heatline, "heatline", "export", "-o", "on") == ["one.heat"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_syntax(heatline, tmp_path, shell):
    need(shell)
    (tmp_path / "script").write_text(heatline("completions", shell).out)
    assert output(shell, "-n", tmp_path / "script") == (0, "")


def test_fish(heatline, tmp_path):
    need("fish")
    (tmp_path / "heatline.fish").write_text(heatline("completions", "fish").out)

    def complete(line):
        status, text = output("fish", "-c", "source heatline.fish; complete -C '%s'" % line,
                              cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
        assert status == 0, text
        return [row.split("\t")[0] for row in text.splitlines()]

    assert complete("heatline re") == ["record", "report"]
    assert complete("heatline record --dur") == ["--duration"]
    assert complete("heatline record -f sp") == ["speedscope"]


def test_unknown_shell(heatline):
    assert "bash, zsh and fish" in heatline("completions", "csh", status=2).err
