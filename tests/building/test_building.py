"""The notebook builder: what it makes of a source, and what it says of a wrong one."""

import json
import os
import zlib
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder.building.clearing import ClearingError, release
from autograder.building.notebooks import (
    CourseError,
    Identifiers,
    build,
    course_folder,
    differences,
    headless,
    sources,
    write,
)
from autograder.building.source import AuthorError, Cell, read
from autograder.commands import build as build_command
from dlcourse.checking import taught

SOURCE = '''\
# %% [markdown]
# # Padding
#
# A picture with a border. **Stands on** notebook 00. **Takes** about a minute.

# %% setup
from dlcourse.checks.convolution import check

# %% demo
# cat pictures
quoted = """
# %% not a header
"""

# %% [markdown]
# ## The border

# %% exercise="zero_pad"
def zero_pad(X, pad):
    """Surround it."""
    ### BEGIN SOLUTION
    answer = "secret"

    return answer
    ### END SOLUTION

# %% check="zero_pad" points=2

# %%
border = 1

# %% example
print(border)
'''


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_convolution.py").write_text(SOURCE)
    return tmp_path


def problems_of(course: Path, text: str) -> list[str]:
    (course / "solutions" / "01_convolution.py").write_text(text)
    with pytest.raises(AuthorError) as raised:
        build(course)
    return raised.value.problems


def test_expanded_and_released(course: Path) -> None:
    (built,) = build(course)
    expanded, released = json.loads(built.expanded), json.loads(built.released)
    names = [
        "padding-1", "install", "padding-2", "padding-3", "the-border-1", "exercise-zero_pad", "check-zero_pad",
        "the-border-2", "the-border-3",
    ]  # fmt: skip
    for notebook in (expanded, released):
        nbformat.validate(notebook)
        assert [cell["id"] for cell in notebook["cells"]] == names
        assert notebook["metadata"] == {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
        assert "jupytext" not in json.dumps(notebook)
        assert not any(cell.get("outputs") for cell in notebook["cells"])
        for cell in notebook["cells"]:
            if "nbgrader" in cell["metadata"]:
                assert cell["metadata"]["nbgrader"]["grade_id"] == cell["id"]

    by_name = {cell["id"]: cell for cell in expanded["cells"]}
    assert by_name["exercise-zero_pad"]["metadata"]["nbgrader"] == {
        "grade": False, "grade_id": "exercise-zero_pad", "locked": False, "points": 0, "schema_version": 3,
        "solution": True, "task": False,
    }  # fmt: skip
    assert by_name["check-zero_pad"]["metadata"]["nbgrader"] == {
        "grade": True, "grade_id": "check-zero_pad", "locked": True, "points": 2, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    assert by_name["padding-1"]["metadata"] == {}
    assert by_name["padding-2"]["metadata"]["nbgrader"]["locked"]
    assert [by_name[name]["metadata"].get("tags") for name in ("padding-2", "padding-3", "the-border-3")] == [
        ["setup"], ["demo"], ["example"],
    ]  # fmt: skip
    assert by_name["the-border-2"]["metadata"] == {}

    # No cell of nbgrader's: its database knows the assignments that were released without it.
    assert [cell["metadata"] for cell in released["cells"] if cell["id"] == "install"] == [
        {"jupyter": {"source_hidden": True}, "tags": ["install"]}
    ]

    source = {cell["id"]: "".join(cell["source"]) for cell in released["cells"]}
    assert source["check-zero_pad"] == "check(zero_pad, points=2)"
    assert source["padding-3"] == '# cat pictures\nquoted = """\n# %% not a header\n"""'
    assert source["exercise-zero_pad"] == (
        'def zero_pad(X, pad):\n    """Surround it."""\n    raise NotImplementedError("zero_pad is not written yet")'
    )
    assert "SOLUTION" not in built.released and "secret" not in built.released


def test_two_builds_are_byte_identical_and_check_sees_every_difference(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(course / "solutions")
    assert build_command.run([], check=True) == 1
    assert "notebooks/01_convolution/01_convolution.ipynb is missing." in capsys.readouterr().err
    assert not (course / "notebooks").exists()

    assert build_command.run([], check=False) == 0
    released = course / "notebooks" / "01_convolution" / "01_convolution.ipynb"
    first = released.read_bytes()
    assert build(course)[0].released.encode() == first
    assert write(course, build(course)) == []
    assert build_command.run([], check=True) == 0
    assert list(course.rglob(".*")) == []

    released.write_bytes(first.replace(b"not written", b"not yet written"))
    (course / "notebooks" / "07_left_over").mkdir()
    capsys.readouterr()
    assert build_command.run(["01"], check=True) == 1
    named = capsys.readouterr().err
    assert "notebooks/01_convolution/01_convolution.ipynb differs from" in named and "07" not in named
    assert build_command.run([], check=True) == 1
    assert "notebooks/07_left_over has no source solutions/07_left_over.py." in capsys.readouterr().err
    assert build_command.run(["convolution"], check=False) == 0
    assert released.read_bytes() == first


def test_one_line_of_the_source_is_one_line_of_the_release(course: Path) -> None:
    before = build(course)[0].released.splitlines()
    path = course / "solutions" / "01_convolution.py"
    path.write_text(SOURCE.replace("border = 1", "border = 2"))
    after = build(course)[0].released.splitlines()
    assert len(before) == len(after)
    changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    assert changed == [('    "border = 1"', '    "border = 2"')]


def test_ids_stay_when_a_cell_is_added_elsewhere() -> None:
    def ids(*cells: tuple[str, str, str]) -> list[str]:
        identifiers = Identifiers()
        return [identifiers(Cell(kind, source, 1, name)) for kind, source, name in cells]

    title, code = ("text", "# Title", ""), ("code", "x = 1", "")
    one = ("text", "words\n\n## One *layer*, größer\n\n```\n# a comment\n```", "")
    two = ("text", "## Two", "")
    again = ("text", "### In short", "")
    exercise = ("exercise", "", "conv_forward")
    plain = ids(title, one, code, again, exercise, two, code, again, code)
    assert plain == [
        "title-1", "one-layer-groer-1", "one-layer-groer-2", "in-short-1", "exercise-conv_forward",
        "two-1", "two-2", "two-in-short-1", "two-in-short-2",
    ]  # fmt: skip
    more = ids(title, code, one, code, code, again, exercise, two, code, again, code)
    assert [name for name in more if name not in ("title-2", "one-layer-groer-3")] == plain

    many = ids(*[("text", f"## {words}", "") for words in ("Same", "Same", "same!", "x" * 90, "x" * 91, "图")])
    assert len(set(many)) == len(many)
    assert all(len(name) <= 64 for name in many)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("# %% demo", "# %% demonstration", 9, "`# %% demonstration` is not a header of this course"),
        ("# %% demo", "# %% demo points=3", 9, "is not a header of this course"),
        ("# %% [markdown]\n# ## The", "# %% [raw]\n# ## The", 15, "`# %% [raw]` is not a header of this course"),
        ('exercise="zero_pad"', 'exercise="zero pad"', 18, "'zero pad' is not the name of a function"),
        ("    ### END SOLUTION\n", "", 21, "this `### BEGIN SOLUTION` has no `### END SOLUTION` in its cell."),
        ("    ### BEGIN SOLUTION\n", "", 24, "this `### END SOLUTION` has no `### BEGIN SOLUTION` before it."),
        ("    answer =", "    ### BEGIN SOLUTION\n    answer =", 22, "comes before the end of the one on line 21."),
        ("    ### BEGIN", "### BEGIN", 21, "indent the solution: outside a function, the stub would stop"),
        ("border = 1", "border = 1  ### BEGIN SOLUTION", 30, "solutions belong in an exercise cell"),
        ('# %% exercise="zero_pad"', "# %% example", 21, "solutions belong in an exercise cell"),
        ('# %% check="zero_pad" points=2', "", 18, 'no cell `# %% check="zero_pad" points=...` follows'),
        (
            '# %% check="zero_pad" points=2',
            '# %% check="conv_forward" points=2',
            27,
            'no cell `# %% exercise="conv_forward"` comes before this check.',
        ),
        ("points=2", 'points=2\n# %% check="zero_pad" points=2', 28, "is already on line 27."),
        ("points=2", "", 27, 'say what the check of "zero_pad" is worth, in whole points: `points=5`.'),
        ("points=2", "points=0", 27, "in whole points"),
        ("points=2", 'points="2"', 27, "in whole points"),
        ("points=2\n", "points=2\ncheck(zero_pad)\n", 27, 'leave the check of "zero_pad" empty'),
        ("# # Padding", "# Padding", 1, "begin the notebook with its title"),
        ("zero_pad", "one_pad", 27, 'dlcourse.checks.convolution declares no exercise "one_pad".'),
        ("def zero_pad", "def zero_bad", 18, "this exercise cell does not define `zero_pad`."),
        ("border = 1", "border == = 1", 30, "this is not Python"),
        ("# %% [markdown]\n# # P", "x = 1\n# %% [markdown]\n# # P", 1, "start the file with a cell header"),
    ],
)
def test_an_authors_mistake_is_named_with_its_line(course: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in SOURCE
    found = problems_of(course, SOURCE.replace(old, new))
    assert any(
        problem.startswith(f"solutions/01_convolution.py:{line}: ") and sentence in problem for problem in found
    ), found


def test_all_mistakes_of_all_notebooks_are_named_and_nothing_is_written(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build_command_in(course, monkeypatch) == 0
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    (course / "solutions" / "01_convolution.py").write_text(SOURCE.replace("border = 1", "border = 2"))
    (course / "solutions" / "02_unheard_of.py").write_text(SOURCE.replace("# # Padding", "# Padding"))
    capsys.readouterr()
    assert build_command_in(course, monkeypatch) == 1
    assert capsys.readouterr().err.splitlines() == [
        "solutions/02_unheard_of.py:1: begin the notebook with its title: a text cell that starts with `# Title`.",
        "solutions/02_unheard_of.py:27: dlcourse.checks has no exercises for unheard_of: "
        "write dlcourse/checks/unheard_of.py.",
        "Nothing was written.",
    ]
    assert {path: path.read_bytes() for path in course.rglob("*.ipynb")} == before


def test_the_command(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.command import app

    monkeypatch.chdir(course)
    command = CliRunner()
    assert command.invoke(app, ["build", "--check"]).exit_code == 1
    assert command.invoke(app, ["build", "convolution"]).exit_code == 0
    assert command.invoke(app, ["build", "--check"]).exit_code == 0
    assert command.invoke(app, ["build", "pooling"]).exit_code == 2


def build_command_in(course: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(course)
    return build_command.run([], check=False)


def test_nbgraders_refusal_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "build" / "source" / "01_a" / "01_a.ipynb"
    path.parent.mkdir(parents=True)
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = "### BEGIN SOLUTION"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    with pytest.raises(ClearingError) as raised:
        release(tmp_path, "01_a")
    assert str(raised.value) == "nbgrader cannot clear 01_a: RuntimeError: no end solution statement found"
    assert not list(tmp_path.rglob("gradebook.db"))


def test_wrong_requests(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    every = sources(course)
    for word in ("01", "convolution", "01_convolution", "solutions/01_convolution.py", "x/01_convolution.ipynb"):
        assert sources(course, [word]) == every
    monkeypatch.chdir(course)
    assert build_command.run(["02"], check=False) == 2
    assert "There is no notebook '02'" in capsys.readouterr().err
    with pytest.raises(CourseError, match="There is no folder solutions/"):
        course_folder(Path("/"))
    with pytest.raises(AuthorError, match="name the file NN_topic.py"):
        read(course / "solutions" / "convolution.py")
    (course / "solutions" / "02_x.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(AuthorError, match="02_x.py: it cannot be read"):
        read(course / "solutions" / "02_x.py")


def test_a_folder_that_cannot_be_written_is_one_sentence(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "notebooks").write_text("a file where the folder should be")
    monkeypatch.chdir(course)
    assert build_command.run([], check=False) == 1
    message = capsys.readouterr().err
    assert str(course / "notebooks") in message and "cannot be read or written" in message
    assert len(message.splitlines()) == 1


def test_a_full_disk_leaves_the_old_notebook(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(course, build(course))
    released = course / "notebooks" / "01_convolution" / "01_convolution.ipynb"
    before = released.read_bytes()
    (course / "solutions" / "01_convolution.py").write_text(SOURCE.replace("border = 1", "border = 2"))
    built = build(course)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(course, built)
    assert released.read_bytes() == before
    assert [path.name for path in released.parent.iterdir()] == [released.name]


def test_the_repositorys_notebooks_are_what_their_sources_give(repository: Path) -> None:
    from autograder.building.notebooks import differences

    assert differences(repository, build(repository), every=True) == []


def test_the_solutions_are_packed_as_the_notebook_teaches_them(course):
    written = write(course, build(course))
    (file,) = [path for path in written if path.suffix == ".z"]
    assert b"secret" not in file.read_bytes()
    assert taught.unpacked(file.read_bytes()) == {
        "zero_pad": 'def zero_pad(X, pad):\n    """Surround it."""\n    answer = "secret"\n\n    return answer'
    }
    file.write_bytes(zlib.compress(zlib.decompress(file.read_bytes()), 1))  # as another version of zlib packs it
    assert differences(course, build(course), every=True) == []
    file.write_bytes(taught.packed({"zero_pad": "another"}))
    assert differences(course, build(course), every=True) == [
        "dlcourse/checking/solutions/convolution.z differs from what solutions/01_convolution.py gives."
    ]


def test_a_notebook_ends_with_the_way_to_the_next_one_and_to_the_map(course):
    (course / "solutions" / "02_pooling.py").write_text("# %% [markdown]\n# # Pools\n#\n# **Stands on** 01.\n")
    first, second = build(course)
    assert json.loads(first.released)["cells"][-1]["source"] == ["**Next:** [02 Pools](../02_pooling/02_pooling.ipynb)"]
    assert headless([first, second]) == [
        "solutions/02_pooling.py: end the first text with a line such as "
        "`**Stands on** notebooks 01 and 03. **Takes** about half an hour to read and two hours to do.`"
    ]
    (course / "solutions" / "00_start.py").write_text("# %% [markdown]\n# # Start\n")
    start, _, second = build(course)
    assert json.loads(second.released)["cells"][-1]["source"] == ["[Back to the map](../00_start.ipynb)"]
    assert [cell["id"] for cell in json.loads(start.released)["cells"]] == ["start-1", "install"]


def test_what_only_draws_is_folded(course):
    text = SOURCE.replace('quoted = """', 'more = 1\nquoted = """')
    (course / "solutions" / "01_convolution.py").write_text(text)
    cells = json.loads(build(course)[0].released)["cells"]
    folded = [cell["id"] for cell in cells if cell["metadata"].get("jupyter") == {"source_hidden": True}]
    assert folded == ["install", "padding-3"]  # the demo of more than three lines; not the example, setup or code
