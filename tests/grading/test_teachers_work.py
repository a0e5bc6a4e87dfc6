"""What a teacher does with a class, from the download to the grades: the commands and formgrader, as they are.

One class, as Moodle gives it, in a folder named `ML%20course`: namesakes, a second attempt, a text in place of a file,
another assignment's notebook, and one of 60 MB.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from classroom import ROOT, Assignment, as_colab
from test_class import rows
from test_nbgrader import jupyter_server

NAME = "01_convolution"
FORM = "ML101/{}_{}_assignsubmission_{}_/{}"
ROSTER = (
    "Identifier,Full name,ID number,Email address,Status,Grade\n"
    + "".join(
        f"Participant {number},{name},{student},{student}@x.org,Submitted,\n"
        for number, name, student in [
            (11, "First Last", "f1"),
            (12, "First Last", "f2"),
            (13, "Ada Lovelace", "al"),
            (14, "Cy Dee", "cd"),
            (15, "Eve Fox", "ef"),
            (16, "Gus Hall", "gh"),
            (17, "Not There", "nt"),
        ]
    )
)  # fmt: skip
EARNED = {"f1": ["zero_pad"], "f2": ["zero_pad", "conv_output_size"], "al": ["conv_output_size"], "gh": ["zero_pad"]}


@dataclass
class Day:
    """The class, and what the commands said."""

    folder: Path
    results: Path
    points: dict[str, float]
    first: subprocess.CompletedProcess
    second: subprocess.CompletedProcess

    def again(self) -> subprocess.CompletedProcess:
        return run("grade", "class.zip", "-a", "01", "--roster", "class.csv", "--out", "results", cwd=self.folder)


def run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    said = {**os.environ, "COLUMNS": "250", "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "autograder.command", *words]
    return subprocess.run(command, cwd=cwd, env=said, capture_output=True, text=True, timeout=300, check=False)


def with_pictures(notebook: dict, megabytes: int) -> dict:
    """The notebook with outputs of so many megabytes, as pictures and as text with quotes and brackets in it."""
    picture = "iVBORw0KGgo" * (2**20 // 11)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number in range(megabytes):
        text = 'a "quoted]" \\ text }' if number % 2 else ""
        data = {"image/png": picture, "text/plain": text}
        output = {"output_type": "display_data", "data": data, "metadata": {}}
        code[number % len(code)].setdefault("outputs", []).append(output)
    return notebook


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    folder = tmp_path_factory.mktemp("teacher") / "ML%20course"
    folder.mkdir()
    assignment = Assignment()
    other = json.loads((ROOT / "notebooks" / "02_pooling" / "02_pooling.ipynb").read_text(encoding="utf-8"))
    notebooks = {
        FORM.format("First Last", 11, "file", f"{NAME}.ipynb"): assignment.solved(*EARNED["f1"]),
        FORM.format("First Last", 12, "file", f"{NAME}.ipynb"): assignment.solved(*EARNED["f2"]),
        FORM.format("Ada Lovelace", 13, "file", f"{NAME}.ipynb"): assignment.blank(),
        FORM.format("Ada Lovelace", 13, "file", f"{NAME} (1).ipynb"): assignment.solved(*EARNED["al"]),
        FORM.format("Cy Dee", 14, "file", f"{NAME}.ipynb"): as_colab(other),
        FORM.format("Gus Hall", 16, "file", f"{NAME}.ipynb"): with_pictures(assignment.solved(*EARNED["gh"]), 60),
    }
    with zipfile.ZipFile(folder / "class.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place, notebook in notebooks.items():
            archive.writestr(place, json.dumps(notebook))
        archive.writestr(FORM.format("Eve Fox", 15, "onlinetext", "onlinetext.html"), "<p>I forgot it")
        archive.writestr(FORM.format("First Last", 11, "onlinetext", "onlinetext.html"), "<p>Hello")
    (folder / "class.csv").write_text(ROSTER, encoding="utf-8")
    first = run("grade", "class.zip", "-a", "01", "--out", "results", "--seed", "1", cwd=folder)
    made = Day(folder, folder / "results", assignment.points, first, first)
    made.second = made.again()
    return made


def test_everybody_earns_what_they_handed_in(day):
    found = rows(day.results)
    assert {name: (float(row["score"]), row["status"]) for name, row in found.items()} == {
        name: (sum(day.points[one] for one in EARNED.get(name, ())), status)
        for name, status in (
            {"f1": "graded", "f2": "graded", "al": "graded", "gh": "graded"}
            | {"cd": "unreadable", "ef": "unreadable", "nt": "missing"}
        ).items()
    }
    assert found["cd"]["repairs"].startswith(f"This is notebook 02_pooling, and {NAME} was asked for")


def test_what_could_not_be_taken_is_told_on_stderr_and_in_the_results(day):
    sentence = "ef: Only a text was typed in on the platform: hand in the notebook itself."
    assert (day.first.returncode, day.second.returncode) == (1, 1)
    assert sentence in day.second.stderr
    assert json.loads((day.results / "results.json").read_text(encoding="utf-8"))["refused"] == [sentence]


def test_names_of_the_run_without_the_roster_are_gone_from_the_tables(day):
    assert "First Last 11" in day.first.stdout
    assert "First Last 11" not in (day.results / "results.json").read_text(encoding="utf-8")
    assert "Left out of grades.csv and results.json" in day.second.stderr and "First Last 11" in day.second.stderr
    assert (day.results / "submissions" / "First Last 11.json").exists()


def test_a_folder_with_a_percent_sign_has_its_own_gradebook(day):
    assert {path.name for path in day.folder.iterdir()} == {"class.zip", "class.csv", "results"}
    with sqlite3.connect(day.results / "gradebook.db") as book:
        assert {"f1", "f2", "al"} <= {student for (student,) in book.execute("select id from student")}
    assert not [path for path in day.folder.parent.rglob("gradebook.db") if path.parent != day.results]


def cell_row(day: Day, student: str, cell: str, table: str) -> str:
    """The key of a mark or comment, as formgrader's page has it."""
    with sqlite3.connect(day.results / "gradebook.db") as book:
        ((found,),) = book.execute(
            f"select {table}.id from {table} join base_cell on {table}.cell_id = base_cell.id"
            f" join submitted_notebook on {table}.notebook_id = submitted_notebook.id"
            " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
            " where submitted_assignment.student_id = ? and base_cell.name = ?",
            (student, cell),
        )
    return found


def test_what_a_teacher_gives_in_formgrader_counts_everywhere_and_stays(day):
    with jupyter_server(day.results) as get:
        listed = json.loads(get(f"formgrader/api/submissions/{NAME}"))
        assert {one["student"]: one["score"] for one in listed}["f1"] == day.points["zero_pad"]
        with sqlite3.connect(day.results / "gradebook.db") as book:
            (one, *_) = book.execute("select id from submitted_notebook").fetchone()
        page = get(f"formgrader/submissions/{one}/")
        assert "<math" in page and "\\lfloor" not in page  # formulas need no network
        get(f"formgrader/api/grade/{cell_row(day, 'f1', 'check-conv_forward', 'grade')}",
            {"manual_score": 2.5, "extra_credit": None})  # fmt: skip
        get(f"formgrader/api/grade/{cell_row(day, 'f1', 'check-zero_pad', 'grade')}",
            {"manual_score": None, "extra_credit": 0.5})  # fmt: skip
        get(f"formgrader/api/comment/{cell_row(day, 'f1', 'exercise-conv_forward', 'comment')}",
            {"manual_comment": "Well *argued* <b>here</b>."})  # fmt: skip
    done = day.again()
    kept = "Kept as a teacher gave them: scores and comments of f1 (conv_forward, zero_pad)."
    assert kept in done.stdout and done.returncode == 1
    score = day.points["zero_pad"] + 0.5 + 2.5

    def is_everywhere() -> None:
        row = rows(day.results)["f1"]
        assert (float(row["score"]), float(row["conv_forward"])) == (score, 2.5)
        assert float(row["zero_pad"]) == day.points["zero_pad"] + 0.5
        assert row["comments"] == "conv_forward: Well *argued* <b>here</b>."
        results = json.loads((day.results / "results.json").read_text(encoding="utf-8"))
        (one,) = (one for one in results["submissions"] if one["student"] == "f1")
        assert one["score"] == score
        page = (day.results / "feedback" / "f1" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
        assert "Your teacher gave 2.5 of" in page and "Extra credit: 0.5." in page
        assert "Your teacher&#39;s comment: Well *argued* &lt;b&gt;here&lt;/b&gt;." in page
        assert f"<b>{score:g}</b> of" in page
        scope = json.loads((day.results / "gradescope" / "f1.json").read_text(encoding="utf-8"))
        assert scope["score"] == score == sum(test["score"] for test in scope["tests"])

    is_everywhere()
    before = rows(day.results)
    done = run("regrade", "results", cwd=day.folder)
    assert kept in done.stdout, done.stderr
    is_everywhere()
    assert rows(day.results) == before
    with sqlite3.connect(day.results / "gradebook.db") as book:
        given = book.execute("select manual_score, extra_credit from grade where manual_score is not null").fetchall()
    assert given == [(2.5, None)]
    # Without a gradebook, what was last seen there counts.
    assert run("grade", "class.zip", "-a", "01", "--roster", "class.csv", "--out", "results", "--db", "none",
               cwd=day.folder).returncode == 1  # fmt: skip
    is_everywhere()
