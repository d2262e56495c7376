"""Help, version, and how a command is named."""

import shutil
import subprocess

import pytest

from conftest import words

COMMANDS = ["record", "trace", "top", "dump", "doctor", "report", "diff", "merge", "export", "info", "help"]


def test_no_command_shows_the_commands(heatline):
    run = heatline(status=2)
    assert run.err == ""
    assert [line.split()[0] for line in run.out.splitlines()
            if line.startswith("  ") and not line.startswith("   ")] == COMMANDS


@pytest.mark.parametrize("arguments", [["help"], ["--help"], ["-h"]])
def test_overview(heatline, arguments):
    assert heatline(*arguments).out == heatline(status=2).out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(heatline, command):
    text = heatline("help", command).out
    assert heatline(command, "--help").out == text
    assert heatline(command, "-h").out == text
    assert "Usage: heatline %s" % command in text
    assert "-h, --help" in text
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()


def test_hidden_things_work_but_are_not_shown(heatline):
    assert "completions" not in heatline("help").out
    assert "_heatline" in heatline("completions", "bash").out
    assert "--hideprogress" not in heatline("help", "record").out


def test_version(heatline):
    name, version = heatline("--version").out.split()
    assert name == "heatline"
    assert version.count(".") == 2
    assert heatline("-V").out == heatline("--version").out


def test_a_command_may_be_shortened(heatline, recording):
    assert heatline("inf", recording).out == heatline("info", recording).out


def test_the_name_of_the_program_changes_nothing(heatline, recording, tmp_path):
    link = tmp_path / "py-spy"
    link.symlink_to(shutil.which(words()[0]))
    run = subprocess.run([link, "report", recording], stdout=subprocess.PIPE, timeout=30, check=True)
    assert run.stdout.decode() == heatline("report", recording).out


@pytest.mark.parametrize("arguments,message,hint", [
    (["exprot"], "there is no command 'exprot'", "did you mean `heatline export`?"),
    (["view"], "there is no command 'view'", "`heatline help` lists the commands"),
    (["re"], "'re' may mean record or report", None),
    (["-p", "1"], "unknown option '-p' before a command", "options follow the command"),
    (["help", "zebra"], "there is no command 'zebra'", "`heatline help` lists the commands"),
])
def test_unknown_commands(heatline, arguments, message, hint):
    run = heatline(*arguments, status=2)
    lines = run.err.splitlines()
    assert run.out == ""
    assert lines[0] == "heatline: " + message
    assert len(lines) == (2 if hint else 1)
    if hint:
        assert lines[1].startswith("hint: " + hint)
