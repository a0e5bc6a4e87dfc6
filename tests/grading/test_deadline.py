"""Deadlines, extensions, and what lateness costs: moments in zones, rules in words, and the score that counts."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from class_results import NAME, earned, master, result, write_class
from typer.testing import CliRunner

from autograder.building.nbgrader_config import file_url
from autograder.command import app
from autograder.grading.archives import InputError
from autograder.grading.deadline import in_words, make_deadline, read_moment, read_penalty
from autograder.grading.students import Member, read_roster
from autograder.grading.submissions import Submission, take_in
from autograder.results.gradebook import GradebookWriter
from autograder.results.marks import with_marks, with_penalty
from autograder.results.publishing import feedback_page, on_time
from autograder.results.tables import grades_csv

MASTER = master()
BERLIN = "2026-10-24 23:59 Europe/Berlin"  # the night before the clocks go back there
DAY = 86400


def submission(when: str, zone: str = "", student: str = "ada") -> Submission:
    return Submission(student, problem="", when=when, zone=zone, file=object())


@pytest.mark.parametrize(
    ("due", "when", "zone", "late_by"),
    [
        ("2026-11-24T23:59+01:00", "2026-11-24 23:59:00", "", 0),
        ("2026-11-24T23:59+01:00", "2026-11-25 00:00:00", "", 60),
        ("2026-11-24T23:59+01:00", "2026-11-24 22:58:59", "UTC", 0),
        ("2026-11-24T23:59+01:00", "2026-11-24 22:59:01", "Z", 1),
        ("2026-11-24T23:59+0100", "2026-11-24 17:59:00", "-05:00", 0),
        ("2026-11-24 23:59 America/New_York", "2026-11-25 04:59:30", "UTC", 30),
        (BERLIN, "2026-10-25 23:59:00", "", DAY + 3600),  # that day has 25 hours
        ("2027-03-27 23:59 Europe/Berlin", "2027-03-28 23:59:00", "", DAY - 3600),
        ("2026-07-01T12:00Z", "2026-07-01 14:00:00", "Europe/Berlin", 0),
        ("2026-07-01T12:00Z", "2026-07-01 14:00:01", "Europe/Berlin", 1),
    ],
)
def test_moments_are_compared_and_not_clocks(due, when, zone, late_by):
    assert make_deadline(due, None, {}).lateness(submission(when, zone))["late_by"] == late_by


@pytest.mark.parametrize(
    ("extension", "when", "late_by"),
    [
        ("2 days", "2026-10-26 23:59:00", 0),  # the same time of the day, two days later
        ("48 h", "2026-10-26 23:59:00", 3600),
        ("2026-10-27", "2026-10-27 23:59:59", 0),
        ("2026-10-27T12:00+00:00", "2026-10-27 13:00:01", 1),  # noon in London is one o'clock in Berlin
        ("1 week", "2026-11-01 00:00:00", 60),
    ],
)
def test_an_extension_is_a_time_or_a_length(extension, when, late_by):
    deadline = make_deadline(BERLIN, None, {"ada": Member("ada", due=extension), "bob": Member("bob")})
    assert deadline.lateness(submission(when)) | {"due": ""} == {"due": "", "extended": True, "late_by": late_by}
    assert deadline.lateness(submission(when, student="bob"))["late_by"] > late_by


@pytest.mark.parametrize(
    ("rule", "late_by", "score", "left"),
    [
        ("10% per day, at most 50%", 1, 22, 19.8),  # each started day counts
        ("10% per day, at most 50%", DAY, 22, 19.8),
        ("10% per day, at most 50%", DAY + 1, 22, 17.6),
        ("10% per day, at most 50%", 30 * DAY, 22, 11),
        ("10% per day, at most 50%", 30 * DAY, 5, 0),  # of the maximum, so more than there is
        ("10% per day", 30 * DAY, 22, 0),
        ("10% of the score per day, at most 50%", 30 * DAY, 5, 2.5),
        ("2 points per day, at most 5 points", 2 * DAY, 22, 18),
        ("2 points per day; up to 5 points", 9 * DAY, 22, 17),
        ("1% per hour", 90 * 60, 22, 21.56),
        ("5.5 % per week max 11%", 8 * DAY, 22, 19.58),
        ("10% per day", 0, 22, 22),
    ],
)
def test_what_lateness_costs(rule, late_by, score, left):
    deadline = make_deadline("2026-11-24T00:00Z", rule, {})
    moment = datetime.fromtimestamp(deadline.due.timestamp() + late_by, deadline.due.tzinfo)
    lateness = deadline.lateness(submission(moment.strftime("%Y-%m-%d %H:%M:%S")))
    one = with_penalty({"score": score, "max_score": 22.0, "lateness": lateness})
    assert one["score"] == pytest.approx(left) and one.get("earned", score) == score
    assert one.get("penalty", 0) == pytest.approx(score - left) and with_penalty(one) == one


def test_what_is_no_time_or_no_rule_is_told_in_a_sentence():
    for due, late, member, said in (
        ("2026-11-24 23:59", None, "", "is no time with a zone: write 2026-11-24T23:59+01:00"),
        ("tomorrow", None, "", "is no time with a zone"),
        ("2026-11-31T23:59Z", None, "", "is no time with a zone"),
        ("2026-11-24 23:59 Europe/Atlantis", None, "", "is no time with a zone"),
        ("2026-11-24T23:59Z", "a lot", "", "is no rule: write '10% per day, at most 50%'"),
        ("2026-11-24T23:59Z", "10% per day, at most 5 points", "", "is no rule"),
        (None, "10% per day", "", "give --due too"),
        ("2026-11-24T23:59Z", None, "soon", "extension 'soon' of ada is neither a time nor a length"),
    ):
        with pytest.raises(InputError, match=".*") as raised:
            make_deadline(due, late, {"ada": Member("ada", due=member)})
        assert said in str(raised.value) and "\n" not in str(raised.value)
    assert make_deadline(None, None, {}) is None and read_moment("2026-02-30") is None
    assert read_penalty("10% per day").words == "10% per day"
    assert in_words(DAY + 3 * 3600 + 20 * 60) == "1 day 3 h 20 min" and in_words(5) == "less than a minute"


def test_times_are_taken_from_names_from_nbgrader_and_from_moodles_worksheet(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for student, stamp in (("ada", "2026-11-24 22:58:00.123456 UTC"), ("bob", "2026-11-25T00:30:00+01:00")):
            archive.writestr(f"{student}/{NAME}/{NAME}.ipynb", "{}")
            archive.writestr(f"{student}/{NAME}/timestamp.txt", stamp)
    deadline = make_deadline("2026-11-24 23:59 Europe/Berlin", None, {})
    found = {one.student: deadline.lateness(one)["late_by"] for one in take_in(tmp_path / "all.zip", NAME).submissions}
    assert found == {"ada": 0, "bob": 31 * 60}
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        for number, name in enumerate(("Ada L", "Bob N", "Cy D"), 1):
            archive.writestr(f"{name}_{number}_assignsubmission_file_/{NAME}.ipynb", "{}")
    (tmp_path / "sheet.csv").write_text(
        "Identifier,Full name,Status,Grade,Last modified (submission)\n"
        'Participant 1,Ada L,,,"Tuesday, 24 November 2026, 11:58 PM"\n'
        'Participant 2,Bob N,,,"Mittwoch, 25. November 2026, 00:59"\nParticipant 3,Cy D,,,-\n'
    )
    intake = take_in(tmp_path / "moodle.zip", NAME, read_roster(tmp_path / "sheet.csv"))
    assert [deadline.lateness(one)["late_by"] for one in intake.submissions] == [0, 3600, None]


def test_the_penalty_stands_beside_the_score_and_after_what_a_teacher_gave(tmp_path):
    exercises = earned(MASTER, zero_pad=1, conv_forward=1)
    deadline = make_deadline("2026-11-24T00:00Z", "10% per day", {})
    lateness = deadline.lateness(submission("2026-11-25 01:00:00"))
    late = result(MASTER, "ada", "graded", exercises, late=True, submitted="2026-11-25 01:00:00", lateness=lateness)
    counts = with_marks(late, {"conv_backward": {"score": 6.0}})
    assert (counts["earned"], counts["penalty"], counts["score"]) == (12, 4.4, 7.6)
    said = "Handed in 1 day 1 h late, on 2026-11-25 01:00:00. 4.4 of the 12 points earned are taken off for that "
    assert on_time(counts) == said + "(10% per day, of the maximum)."
    assert on_time(counts) in feedback_page(counts) and "<b>7.6</b> of 22" in feedback_page(counts)
    in_time = result(MASTER, "bob", "graded", exercises, lateness=deadline.lateness(submission("2026-11-23 01:00:00")))
    unknown = result(MASTER, "cy", "graded", exercises, late=True, lateness=deadline.lateness(submission("")))
    assert with_penalty(unknown) == unknown and "How late is not known, so nothing is taken off." in on_time(unknown)
    late_only = {**unknown, "lateness": make_deadline("2026-11-24T00:00Z", None, {}).lateness(submission(""))}
    assert on_time(late_only) == "Handed in late."
    rows = {row["student"]: row for row in csv.DictReader(grades_csv([counts, in_time, unknown], MASTER).splitlines())}
    wanted = {"score": "7.6", "late": "late", "late_by": "1 day 1 h", "earned": "12", "penalty": "4.4"}
    assert {key: rows["ada"][key] for key in wanted} == wanted
    assert [rows["bob"][key] for key in wanted] == ["6", "", "", "", ""] and rows["cy"]["late"] == "late"
    folder = write_class(tmp_path / "results", MASTER, [counts, in_time, unknown])
    assert CliRunner().invoke(app, ["report", str(folder)]).exit_code == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 day 1 h" in page and "points taken off from 1" in page and "<td>4.4</td>" in page


def test_nbgraders_own_export_has_the_score_that_counts(tmp_path, assignment):
    """What is taken off is nbgrader's late_submission_penalty, so that its score is ours."""
    from nbgrader.api import Gradebook
    from nbgrader.plugins.export import CsvExportPlugin

    lateness = make_deadline("2026-11-24T00:00Z", "10% per day", {}).lateness(submission("2026-11-25 01:00:00"))
    exercises = earned(MASTER, zero_pad=1, conv_forward=1)
    results = {
        "ada": result(MASTER, "ada", "graded", exercises, late=True, lateness=lateness),
        "bob": result(MASTER, "bob", "graded", exercises),
        "cy": result(MASTER, "cy", "graded", earned(MASTER, zero_pad=1), late=True, lateness=lateness),
    }
    url, page = file_url(tmp_path / "gradebook.db"), tmp_path / "grades.csv"

    def exported(**changed: dict) -> dict[str, tuple[str, ...]]:
        with GradebookWriter(url) as book:
            book.prepare(NAME, assignment.released)
            for one in (results | changed).values():
                book.write(with_penalty(one))
        with Gradebook(url) as book:
            plugin = CsvExportPlugin()
            plugin.to = str(page)
            plugin.export(book)
        with page.open(newline="") as file:
            columns = ("raw_score", "late_submission_penalty", "score")
            rows = list(csv.DictReader(file))
        return {row["student_id"]: tuple(round(float(row[key]), 6) for key in columns) for row in rows}

    assert exported() == {"ada": (6, 4.4, 1.6), "bob": (6, 0, 6), "cy": (1, 1, 0)}
    in_time = {key: value for key, value in results["ada"].items() if key not in ("late", "lateness")}
    assert exported(ada=in_time)["ada"] == (6, 0, 6)  # the teacher has moved the deadline


def test_grading_a_class_with_a_deadline(tmp_path):
    """The whole way, with notebooks that need no kernel: they cannot be read, and the times are noted all the same."""
    for student, when in (("ada", "2026-11-24 10:00:00 UTC"), ("bob", "2026-11-26 10:00:00 UTC")):
        place = tmp_path / "submitted" / student / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_text("no notebook")
        (place / "timestamp.txt").write_text(when)
    (tmp_path / "class.csv").write_text("student,extension\nada,\nbob,1 day\ncy,\n")
    words = ["grade", str(tmp_path / "submitted"), "-a", "01", "--out", str(tmp_path / "out"), "--db", "none"]
    words += ["--roster", str(tmp_path / "class.csv"), "--isolation", "process"]
    done = CliRunner().invoke(app, [*words, "--due", "2026-11-24T12:00+00:00", "--late", "10% per day"])
    assert done.exit_code == 1, done.output
    with open(Path(tmp_path / "out" / "grades.csv"), newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {name: row["late_by"] for name, row in rows.items()} == {"ada": "", "bob": "22 h", "cy": ""}
    assert (rows["bob"]["score"], rows["bob"]["penalty"]) == ("0", "0")
    assert json.loads((tmp_path / "out" / "run.json").read_text())["options"]["late"] == "10% per day"
    done = CliRunner().invoke(app, [*words, "--due", "2026-11-27T12:00Z"])  # the teacher moves the deadline
    with open(Path(tmp_path / "out" / "grades.csv"), newline="") as file:
        assert "late_by" not in csv.DictReader(file).fieldnames
    assert "Handed in" not in (tmp_path / "out" / "feedback" / "bob" / NAME / f"{NAME}.html").read_text()
    done = CliRunner().invoke(app, [*words, "--due", "27.11.2026"])
    assert done.exit_code == 2 and done.stderr.count("\n") == 1
