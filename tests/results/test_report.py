"""The class on a page: its numbers are those of grades.csv, it is made quickly, and it can be shown without names."""

from __future__ import annotations

import csv
import random
import re
import statistics
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from class_results import earned, master, result, write_class
from stopwatch import stopwatch
from typer.testing import CliRunner

from autograder.command import app

MASTER = master()
SECOND = master("02_pooling")
NAMED = ["The bias is left out: <b>add it</b>.", "Rows and columns are exchanged."]
CASES = ["a 3x3 image, by hand", "stride 2, pad 1"]


def verdicts(of, draw: random.Random) -> list[dict]:
    made = earned(of, **{name: draw.choice([None, 0, 0.5, 1, 1]) for name in of.points})
    for one in made:
        if one["status"] in ("failed", "partly"):
            one |= {"mistake": draw.choice([*NAMED, ""]), "case": draw.choice(CASES)}
        elif one["status"] == "not attempted" and draw.random() < 0.1:
            one["status"] = "died"
    return made


def a_class(folder: Path, of, size: int, seed: int = 1, each: bool = False) -> Path:
    draw, results = random.Random(seed), []
    for number in range(size):
        student = f"Learner_{number:04}"
        status = draw.choices(["graded", "interrupted", "unreadable", "failed", "missing"], [90, 3, 3, 1, 3])[0]
        facts = {"submitted": f"2026-11-{draw.randrange(20, 25)} 10:00:00", "late": draw.random() < 0.1}
        judged = status in ("graded", "interrupted")
        results.append(result(of, student, status, verdicts(of, draw) if judged else None, **facts))
    return write_class(folder, of, results, each)


def run(*words: object):
    return CliRunner().invoke(app, ["report", *map(str, words)], env={"COLUMNS": "500", "NO_COLOR": "1"})


class Tables(HTMLParser):
    """The rows of every table by its class, and all the text of the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.text, self._rows, self._cell = [], None, False
        self.labels: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.labels += [attributes["aria-label"]] if "aria-label" in attributes else []
        if tag == "table":
            self._rows = self.tables.setdefault(attributes["class"], [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data):
        self.text.append(data)
        if self._cell:
            self._rows[-1][-1] += data


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    folder = a_class(tmp_path_factory.mktemp("class") / "results", MASTER, 120)
    done = run(folder)
    assert done.exit_code == 0, done.output
    return folder


def grades(folder: Path) -> list[dict]:
    with open(folder / "grades.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(folder: Path) -> dict[tuple[str, str, str], str]:
    with open(folder / "report.csv", encoding="utf-8", newline="") as file:
        return {(row["exercise"], row["what"], row["which"]): row["number"] for row in csv.DictReader(file)}


def shown(value: float) -> str:
    return f"{round(value, 2):.2f}".rstrip("0").rstrip(".")


def test_every_number_is_that_of_the_grades(results):
    rows, numbers = grades(results), told(results)
    page = Tables((results / "report.html").read_text(encoding="utf-8"))
    handed_in = [row for row in rows if row["status"] in ("graded", "interrupted", "unreadable")]
    scores = [float(row["score"]) for row in handed_in]
    for status, count in Counter(row["status"] for row in rows).items():
        assert numbers["", "learners", status] == str(count)
    assert numbers["", "score", "mean"] == shown(statistics.fmean(scores))
    assert numbers["", "score", "median"] == shown(statistics.median(scores))
    assert numbers["", "learners", "late"] == str(sum(row["late"] == "late" for row in rows))
    most = float(rows[0]["max_score"])
    tenths = Counter(min(int(10 * score / most), 9) for score in scores)
    bins = [numbers[key] for key in numbers if key[1] == "points"]
    assert list(map(int, bins)) == [tenths[place] for place in range(10)] and sum(tenths.values()) == len(scores)
    days = Counter(row["submitted"][:10] for row in rows if row["submitted"])
    assert {key[2]: int(numbers[key]) for key in numbers if key[1] == "handed in"} == days
    by_exercise = {row[0]: row for row in page.tables["exercises"][1:]}
    for name, points in MASTER.points.items():
        got = [float(row[name]) for row in handed_in]
        full, part = sum(score >= points for score in got), sum(0 < score < points for score in got)
        assert numbers[name, "outcome", "full marks"] == str(full)
        assert numbers[name, "outcome", "part of them"] == str(part)
        nothing = [int(numbers[name, "outcome", which]) for which in ("wrong", "not attempted", "no verdict")]
        assert full + part + sum(nothing) == len(got) and nothing[2] >= sum(r["status"] == "unreadable" for r in rows)
        assert numbers[name, "score", "mean"] == shown(statistics.fmean(got))
        grouped = sum(
            int(numbers[key]) for key in numbers if key[0] == name and key[1] in ("mistake", "first failing case")
        )
        assert grouped == part + nothing[0]
        assert by_exercise[name][2:] == [*map(str, (full, part, *nothing)), shown(statistics.fmean(got)), shown(points)]
        assert f"{full} full marks, {part} part of them" in page.labels[2 + [*MASTER.points].index(name) - 1]
    by_learner = {row[0]: row[1] for row in page.tables["learners"][1:]}
    assert by_learner == {row["student"]: row["score"] for row in rows}


def test_who_needs_a_look_is_named_and_what_is_said_is_text(results):
    page = (results / "report.html").read_text(encoding="utf-8")
    text = " ".join("".join(Tables(page).text).split())
    for status, words in (("missing", "nothing was handed in"), ("unreadable", "the notebook cannot be read")):
        who = [row["student"] for row in grades(results) if row["status"] == status]
        assert who and f"{len(who)} {words}: {', '.join(who)}" in text
        assert (
            who[0] not in text.partition("Who needs a look")[2].replace(", ".join(who), "").partition("When it was")[0]
        )
    assert "<b>add it</b>" in text and "&lt;b&gt;add it&lt;/b&gt;" in page
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)


def test_a_version_without_names_has_none(results):
    done = run(results, "--no-names")
    assert done.exit_code == 0
    page = (results / "report-without-names.html").read_text(encoding="utf-8")
    table = (results / "report-without-names.csv").read_text(encoding="utf-8")
    assert "Learner_" not in page + table and "nothing was handed in" in page
    assert (results / "report.html").read_text(encoding="utf-8").count("Learner_") > 120


def test_the_same_learners_across_assignments(results, tmp_path):
    second = a_class(tmp_path / "second", SECOND, 130, seed=5)
    done = run(results, second, "--out", tmp_path / "both.html")
    assert done.exit_code == 0, done.output
    page = Tables((tmp_path / "both.html").read_text(encoding="utf-8"))
    rows = {row[0]: row[1:] for row in page.tables["learners"][1:131]}
    wanted = ("graded", "interrupted", "unreadable")
    for place, folder in enumerate((results, second)):
        by_name = {row["student"]: row["score"] for row in grades(folder) if row["status"] in wanted}
        assert {name: row[place] for name, row in rows.items() if row[place] != "–"} == by_name
    assert len(rows) == 130
    nameless = run(results, second, "--no-names", "--out", tmp_path / "nameless.html")
    assert nameless.exit_code == 0 and "Learner_" not in (tmp_path / "nameless.html").read_text(encoding="utf-8")
    twice = run(results, results)
    assert twice.exit_code == 2 and "the same assignment" in twice.stderr
    none = run(tmp_path)
    assert none.exit_code == 2 and "There are no grades in" in none.stderr


def test_a_score_that_a_teacher_gave_counts(tmp_path):
    mine = earned(MASTER, zero_pad=0)
    mine[0] |= {"score": MASTER.points["zero_pad"], "auto_score": 0.0, "teacher": {"score": MASTER.points["zero_pad"]}}
    folder = write_class(tmp_path / "results", MASTER, [result(MASTER, "ada", "graded", mine)])
    assert run(folder).exit_code == 0
    assert told(folder)["zero_pad", "outcome", "full marks"] == "1"
    assert not [key for key in told(folder) if key[1] == "first failing case"]


def test_a_class_of_a_thousand_takes_two_seconds_at_most(tmp_path):
    folder = a_class(tmp_path / "results", MASTER, 1000)
    with stopwatch() as watch:
        assert run(folder).exit_code == 0
    assert watch.seconds < 2
    assert (folder / "report.html").stat().st_size < 2**20
