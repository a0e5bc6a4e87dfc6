"""The site before Sphinx: what the solutions show is kept as long as it is true, and put on a page with a text."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from classroom import ROOT

from autograder.building.notebooks import build
from autograder.building.site import notebook_pages, running
from autograder.building.site.other_pages import in_rest
from autograder.commands import site as site_command

SOURCE = """\
# %% [markdown]
# # Doubling

# %% setup
from dlcourse.figures import helper

def check(function, points=1.0):
    raise RuntimeError("checks do not run for the site")

# %% exercise="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double" points=1

# %% demo
print("shown:", double(2))
"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg=="


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_doubling.py").write_text(SOURCE)
    (tmp_path / "dlcourse" / "figures").mkdir(parents=True)
    (tmp_path / "dlcourse" / "figures" / "helper.py").write_text("from dlcourse.data import deeper\n")
    (tmp_path / "dlcourse" / "data").mkdir()
    (tmp_path / "dlcourse" / "data" / "deeper.py").write_text("")
    return tmp_path


def test_what_is_kept_counts_until_code_that_makes_it_changes(course: Path) -> None:
    (notebook,) = build(course, known=None)
    assert running.kept(course, notebook) is None
    cells = running.to_run(notebook)["cells"]
    assert "check(double" not in json.dumps(cells)
    cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "shown: 4\n"}]
    running.keep(course, notebook, cells)
    assert list(running.kept(course, notebook)) == [cells[-1]["id"]]
    # Words change nothing, and so does what only judges.
    source = course / "solutions" / "01_doubling.py"
    source.write_text(SOURCE.replace("# # Doubling", "# # Doubling\n#\n# A sentence."))
    assert running.kept(course, build(course, known=None)[0])
    (course / "dlcourse" / "data" / "deeper.py").write_text("SIZE = 2\n")
    assert running.kept(course, notebook) is None
    running.keep(course, notebook, cells)
    source.write_text(SOURCE.replace("2 * x", "x + x"))
    assert running.kept(course, build(course, known=None)[0]) is None
    (course / running.KEPT / "01_doubling.json").write_text("[]")
    assert running.kept(course, notebook) is None


def test_a_solution_runs_once_and_its_errors_are_named(course: Path) -> None:
    source = SOURCE.replace("from dlcourse.figures import helper\n", "")
    (course / "solutions" / "01_doubling.py").write_text(source)
    (notebook,) = build(course, known=None)
    said: list[str] = []
    for _ in range(2):
        outputs = running.shown_by(course, [notebook], said.append)["01_doubling"]
        assert [output["text"] for (output,) in outputs.values()] == ["shown: 4\n"]
    assert len(said) == 1 and said[0].startswith("01_doubling (")
    (course / "solutions" / "01_doubling.py").write_text(source.replace('"shown:"', "nothing"))
    with pytest.raises(running.NotShown) as raised:
        running.shown_by(course, build(course, known=None))
    assert len(raised.value.problems) == 1
    assert raised.value.problems[0].startswith("01_doubling: ") and "NameError" in raised.value.problems[0]


def figure(alt: str | None) -> dict:
    about = {"width": 760} | ({"alt": alt} if alt else {})
    return {"output_type": "display_data", "data": {"image/png": PIXEL}, "metadata": {"image/png": about}}


def test_every_figure_has_a_text_or_the_page_is_refused(course: Path) -> None:
    (notebook,) = build(course, known=None)
    cell = running.to_run(notebook)["cells"][-1]["id"]
    shown = {cell: [figure(None), figure('"Two" pictures of $x_1$: *one* caption')]}
    notebook_pages.write_page(course / "pages", notebook, shown)
    page = (course / "pages" / "01_doubling" / "01_doubling.ipynb").read_text()
    sources = [cell["source"] for cell in json.loads(page)["cells"]]
    pictures = [source for source in sources if source.startswith("```{image}")]
    assert len(pictures) == 2
    assert all(':alt: "\\"Two\\" pictures of x_1: one caption"\n:width: 760px' in source for source in pictures)
    assert len(list((course / "pages" / "figures").rglob("*.png"))) == 2
    assert "2 * x" not in page and "raise NotImplementedError" in page
    with pytest.raises(notebook_pages.Unfit, match=f"a figure of cell {cell} has no caption"):
        notebook_pages.write_page(course / "pages", notebook, {cell: [figure("one"), figure(None)]})


def test_a_docstring_of_ours_is_read_as_plain_text() -> None:
    given = ["`pad` rows of a * b, |x|, n_ and n_H; `a*b_`", "    r\\s"]
    assert list(in_rest(given)) == ["``pad`` rows of a \\* b, \\|x\\|, n\\_ and n_H; ``a*b_``", "    r\\\\s"]


def test_without_mathjax_it_says_where_that_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    monkeypatch.chdir(tmp_path)
    assert site_command.run() == 2
    assert capsys.readouterr().err == "MathJax is not there: run `make site`, which has npm fetch it first.\n"
