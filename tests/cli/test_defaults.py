"""Options that are written down in .heatlinerc or pyproject.toml."""
import pytest


@pytest.fixture
def rows(heatline, recording, tmp_path):
    """rows(OPTION, …): what `report --csv` prints."""

    def run(*options, status=0, home="nowhere"):
        return heatline("report", recording, *options, status=status,
                        env={"HOME": str(tmp_path / home), "XDG_CONFIG_HOME": ""})
    return run


def test_where_they_are_found(rows, tmp_path):
    whole = rows("--csv").out
    assert whole.count("\n") > 3
    (tmp_path / "me" / ".config").mkdir(parents=True)
    (tmp_path / "me" / ".config" / "heatlinerc").write_text("[report]\ncsv = true\nlimit = 2\n")
    assert rows(home="me").out.count("\n") == 3
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.heatline.report]\ncsv = true\nlimit = 1\n')
    assert rows().out.count("\n") == 2
    (tmp_path / ".heatlinerc").write_text("[trace]\nunknown = 1\n[report]\ncsv = true # as data\n; more\nlimit=3\n")
    assert rows().out.count("\n") == 4
    assert rows("--limit", "1").out.count("\n") == 2
    other = tmp_path / "other"
    other.write_text("[report]\ncsv=true\n")
    assert rows("--rcfile", other).out == whole


@pytest.mark.parametrize("value", ['["one", \'two\']', "one, two", '[\n  "one",  # first\n  "two",\n]', '"one", two'])
def test_lists(rows, tmp_path, value):
    (tmp_path / "pyproject.toml").write_text("[tool.heatline.report]\ninclude = %s\ncsv = true\n" % value)
    (tmp_path / "empty").write_text("")
    assert rows().out == rows("--rcfile", tmp_path / "empty", "--csv", "--include", "one", "--include", "two").out


@pytest.mark.parametrize("text, sentence, hint", [
    ("[report]\n\nlimti = 3\n", ".heatlinerc:3: unknown option '--limti'", "did you mean '--limit'?"),
    ("[report]\nlimit = many\n", ".heatlinerc:2: --limit takes a whole number", "`heatline report --help`"),
    ("[report]\nlimit\n", ".heatlinerc:2: a line is neither [SECTION] nor KEY = VALUE", "`heatline report --help`"),
    ("[report]\ninclude = \"x\n", ".heatlinerc:2: a quote is not closed", "`heatline report --help`"),
    ("[report]\ninclude = [\"x\"\n", "a comma or ] is missing", "`heatline report --help`")])
def test_mistakes_are_told_with_their_place(rows, tmp_path, text, sentence, hint):
    (tmp_path / ".heatlinerc").write_text(text)
    run = rows(status=2)
    assert run.out == "" and run.err.startswith("heatline: ") and sentence in run.err
    assert "\nhint: " + hint in run.err


def test_a_file_that_is_not_there(rows):
    assert rows("--rcfile", "no.rc", status=1).err.startswith("heatline: cannot read no.rc: No such file")
