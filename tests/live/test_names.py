"""Names: odd ones, long ones, and ten thousand that come and go at the same addresses."""
import re

import pytest

from target import Target



@pytest.mark.quick
def test_file_with_an_emoji_name(python, start, heatline, tmp_path, keep):
    program = tmp_path / "caf\u00e9 \U0001f4a9; \"x\" (1).py"
    program.write_text("import os\ndef gr\u00fc\u00dfe(fd):\n    os.read(fd, 1)\n"
                       "print('ready', flush=True)\ngr\u00fc\u00dfe(0)\n", encoding="utf-8")
    target = keep(Target(python.command + [str(program)]))
    target.line()
    full = heatline.record("-i", "--full-filenames", pid=target.pid)
    (frames, _weight), = full.counts().most_common(1)
    assert [tuple(frame) for frame in frames] == [
        ("<module>", str(program), 5), ("gr\u00fc\u00dfe", str(program), 3)]
    raw = heatline.path(".txt")
    run = heatline.run("record", "-i", "-d", 1, "-f", "raw", "-o", raw, "-p", target.pid)
    assert run.status == 0, run.err
    for line in raw.read_text(encoding="utf-8").splitlines():
        assert re.search(r" \d+$", line), "a collapsed line ends in a count: %r" % line
        assert "gr\u00fc\u00dfe (" in line or "<module> (" in line


def test_names_of_short_lived_code(python, start, heatline):
    program = start(python, "churn.py")
    program.line()
    profile = heatline.record("--full-filenames", pid=program.pid, duration_s=3, rate_hz=2000,
                              timeout_s=80)
    program.say()
    made = int(program.line())
    assert made >= 3000, "the program made only %d functions: too slow to test with" % made
    seen, wrong, order = set(), [], []
    for sample in profile.samples:
        for frame in sample.frames:
            function = re.match(r"function_(\d+)$", frame.name)
            file = re.match(r"/made/file_(\d+)\.py$", frame.file or "")
            if not function and not file:
                continue
            if frame.name == "<module>":
                continue
            if not function or not file or function.group(1) != file.group(1):
                wrong.append(frame)
                continue
            number = int(function.group(1))
            if not 1 <= frame.line - number % 97 <= 3:
                wrong.append(frame)
            seen.add(number)
            order.append(number)
    old = sum(after < before for before, after in zip(order, order[1:]))
    assert old <= len(order) / 1000, "%d of %d have the name of one before them" % (old, len(order))
    assert not wrong, "%d frames mix two functions, e.g. %r" % (len(wrong), wrong[:5])
    assert len(seen) >= 300, "%d functions of %d were seen, must be >= 300" % (len(seen), made)


def test_function_view_uses_the_first_line(python, start, heatline):
    program = start(python, "longsleep.py")
    program.line()
    profile = heatline.record("-i", "-F", pid=program.pid, fmt="raw")
    (frames, _count), = profile.counts().most_common(1)
    assert [tuple(frame) for frame in frames] == [
        ("<module>", "longsleep.py", 1), ("long_sleep", "longsleep.py", 5)]


def test_without_line_numbers(one_python, start, heatline):
    program = start(one_python, "longsleep.py")
    program.line()
    profile = heatline.record("-i", "--nolineno", pid=program.pid, fmt="raw")
    (frames, _count), = profile.counts().most_common(1)
    assert [tuple(frame) for frame in frames] == [
        ("<module>", "longsleep.py", None), ("long_sleep", "longsleep.py", None)]


def test_file_names_are_shortened_to_the_package(one_python, heatline, tmp_path, keep):
    package = tmp_path / "outer" / "inner"
    package.mkdir(parents=True)
    for folder in (package, package.parent):
        (folder / "__init__.py").write_text("")
    (package / "module.py").write_text(
        "import os\nprint('ready', flush=True)\nos.read(0, 1)\n")
    target = keep(Target(one_python.command + ["-m", "outer.inner.module"], cwd=str(tmp_path)))
    target.line()
    short = heatline.record("-i", pid=target.pid, fmt="raw")
    assert ("<module>", "outer/inner/module.py", 3) in {
        tuple(frame) for frames in short.counts() for frame in frames}, short.summary()
    full = heatline.record("-i", "--full-filenames", pid=target.pid, fmt="raw")
    assert ("<module>", str(package / "module.py"), 3) in {
        tuple(frame) for frames in full.counts() for frame in frames}, full.summary()
