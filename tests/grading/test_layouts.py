"""Classes as learning platforms hand them out: every learner, every attempt, exactly.

One row of `LAYOUTS` is one platform's form, with two namesakes, a learner with two attempts, and whatever that platform
puts beside them. Each is tried as a folder and as a zip, as it is and in one or two folders, with a roster and without.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from classroom import ROOT, Assignment, data
from test_class import rows

from autograder.grading.students import read_roster
from autograder.grading.submissions import Intake, take_in

NAME = "01_convolution"
FILE = f"{NAME}.ipynb"


@dataclass(frozen=True)
class Layout:
    """A class: what lies where (the word is which notebook it is), and whose is what without and with the roster."""

    files: dict[str, str]
    alone: dict[str, str]
    roster: str
    known: dict[str, str]
    late: set[str] = field(default_factory=set)  # of those whom the roster names
    refused: tuple[str, ...] = ()  # without a roster


NUMBERS = "student,name,number\nf1,First Last,11\nf2,First Last,12\nal,Ada Lovelace,13\n"
KNOWN = {"f1": "eleven", "f2": "twelve", "al": "new"}
SPOKEN = {"First Last 11": "eleven", "First Last 12": "twelve", "Ada Lovelace": "new"}
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,01 Convolution (77)\n"
    ',,,,,Manual Posting\n"    Points Possible",,,,,22\n'
    '"Last, First",11,,f1,A,\n"Last, First",12,,f2,A,\n"Lovelace, Ada",13,,al,A,\n"Student, Test",99,,,A,\n'
)
GITHUB = (
    "identifier,github_username,github_id,name\n"
    "f1,First-Last,7001,First Last\nf2,first-last-2,7002,First Last\nal,Ada7,7003,Ada Lovelace\n"
)
BOARD = "Last Name,First Name,Username\nLast,First,f_last\nLast,First,f_last2\nLovelace,Ada,ada7\n"
RECEIPT = "Name: {name} ({login})\nAssignment: HW 1_b\nDate Submitted: Tuesday, 10 February 2026 15:01:00 o'clock\n"


def moodle(form: str, person: str = "First Last", other: str = "Ada Lovelace") -> dict[str, str]:
    return {
        form.format(person, 11, FILE): "eleven",
        form.format(person, 12, FILE): "twelve",
        form.format(other, 13, FILE): "old",
        form.format(other, 13, f"{NAME} (1).ipynb"): "new",
    }


def board(login: str, when: str, word: str) -> dict[str, str]:
    """A file that Blackboard names, and the receipt that it always puts beside it."""
    head = f"HW 1_b_{login}_attempt_2026-02-{when}"
    return {f"{head}_{FILE}": word, f"{head}.txt": RECEIPT.format(name="Somebody", login=login)}


MOODLE_FOLDER, MOODLE_FILE = "{}_{}_assignsubmission_file_/{}", "{}_{}_assignsubmission_file_{}"
TEXT = "{}_{}_assignsubmission_onlinetext_/onlinetext.html"
BRIGHTSPACE = {
    "39786-640693 - First Last - Feb 9, 2026 1159 PM": "eleven",
    "39787-640693 - First Last - Feb 10, 2026 1201 AM": "twelve",
    "39788-640693 - Ada Lovelace - Feb 10, 2026 301 PM": "new",
    "39788-640693 - Ada Lovelace - Feb 10, 2026 1059 AM": "old",
}
INBOUND = {
    "f.last+01_convolution+2026-02-09 10:00:00.000000 UTC": "eleven",
    "f-last+01_convolution+2026-02-09 10:00:00.000000 UTC+aB-_c0==": "twelve",
    "ada+01_convolution+2026-02-09 23:59:00.000000 UTC+zzzzzz": "old",
    "ada+01_convolution+2026-02-10 00:01:00.000000 UTC+aaaaaa": "new",
    "ada+02_pooling+2026-02-11 00:01:00.000000 UTC": "another assignment's",
}
REPOSITORIES = {"first-last": "eleven", "first-last-2": "twelve", "ada7": "new"}
NBGRADER = {"student": "f.last eleven f-last twelve ada new".split()}

LAYOUTS = {
    "Moodle": Layout(moodle(MOODLE_FOLDER), SPOKEN, NUMBERS, KNOWN),
    "Moodle 5": Layout(moodle(MOODLE_FOLDER.replace("_/", "/")), SPOKEN, NUMBERS, KNOWN),
    "Moodle, no folders": Layout(moodle(MOODLE_FILE), SPOKEN, NUMBERS, KNOWN),
    "Moodle, blind": Layout(
        moodle(MOODLE_FOLDER, "Participant", "Participant"),
        {"Participant 11": "eleven", "Participant 12": "twelve", "Participant 13": "new"},
        "Identifier,ID number,Status,Grade\nParticipant 11,f1,,\nParticipant 12,f2,,\nParticipant 13,al,,\n",
        KNOWN,
    ),
    "Moodle, blind, in German": Layout(
        moodle(MOODLE_FILE, "Teilnehmer", "Teilnehmer"),
        {"Teilnehmer 11": "eleven", "Teilnehmer 12": "twelve", "Teilnehmer 13": "new"},
        "Identifier;ID number;Status;Grade\nTeilnehmer 11;f1;;\nTeilnehmer 12;f2;;\nTeilnehmer 13;al;;\n",
        KNOWN,
    ),
    "Moodle with online text": Layout(
        moodle(MOODLE_FOLDER) | {TEXT.format("First Last", 11): "a text", TEXT.format("Ada Lovelace", 13): "a text"},
        SPOKEN,
        NUMBERS,
        KNOWN,
    ),
    "Canvas": Layout(
        {
            f"lastfirst_11_901_{FILE}": "eleven",
            f"lastfirst_LATE_12_902_{FILE}": "twelve",
            f"lovelaceada_13_903_{FILE}": "old",
            f"lovelaceada_LATE_13_950_{NAME}-1.ipynb": "new",
        },
        {"lastfirst 11": "eleven", "lastfirst 12": "twelve", "lovelaceada": "new"},
        CANVAS,
        KNOWN,
        late={"f2", "al"},
    ),
    "Canvas, blind": Layout(
        {
            f"anon_bDvXR_901_{FILE}": "eleven",
            f"LATE_anon_cDvXR_902_{FILE}": "twelve",
            f"anon_dDvXR_903_{FILE}": "old",
            f"anon_dDvXR_1004_{NAME}-1.ipynb": "new",
        },
        {"anon bDvXR": "eleven", "anon cDvXR": "twelve", "anon dDvXR": "new"},
        "student,number\nf1,bDvXR\nf2,cDvXR\nal,dDvXR\n",
        KNOWN,
        late={"f2"},
    ),
    "Blackboard": Layout(
        board("f_last", "09-10-00-00", "eleven") | board("f_last2", "09-10-00-00", "twelve")
        | board("ada7", "10-15-01-00", "new") | board("ada7", "09-15-01-00", "old"),
        {"f_last": "eleven", "f_last2": "twelve", "ada7": "new"},
        BOARD,
        {"f_last": "eleven", "f_last2": "twelve", "ada7": "new"},
    ),
    "Brightspace": Layout(
        {f"{folder}/{FILE}": word for folder, word in BRIGHTSPACE.items()} | {"index.html": "an index"},
        {"First Last 39786-640693": "eleven", "First Last 39787-640693": "twelve", "Ada Lovelace": "new"},
        NUMBERS.replace(",1", ",3978").replace("39781", "39786-640693").replace("39782", "39787-640693")
        .replace("39783", "39788-640693"),
        KNOWN,
    ),
    "Google Classroom": Layout(  # it writes names alone: two files of one name are anybody's
        {f"First Last - {FILE}": "eleven", f"First Last - {NAME} (1).ipynb": "twelve",
         f"Ada Lovelace - {FILE}": "old", f"Ada Lovelace - {NAME} (1).ipynb": "new", f"Bo Chi - {FILE}": "bo"},
        {"Bo Chi": "bo"},
        "student,name\nf1,First Last\nf2,First Last\nal,Ada Lovelace\nbo,Bo Chi\n",
        {"al": "new", "bo": "bo", "f1": "", "f2": ""},
        refused=("'Ada Lovelace'", "'First Last'"),
    ),
    "GitHub Classroom": Layout(
        {f"01-convolution-{name}/{FILE}": word for name, word in REPOSITORIES.items()}
        | {f"01-convolution-{name}/README.md": "a readme" for name in REPOSITORIES},
        REPOSITORIES,
        GITHUB,
        KNOWN,
    ),
    "Classroom 50": Layout(
        {f"cs-lab-1-{name}/{FILE}": word for name, word in REPOSITORIES.items()}
        | {f"cs-lab-1-{name}/result.json": "{}" for name in REPOSITORIES}
        | {"scores.csv": "username,datetime,late\nFirst-Last,2026-02-10T15:01:00Z,true\nfirst-last-2,,\nada7,,\n"},
        REPOSITORIES,
        "username,first_name,last_name,email,section,github_id\nFirst-Last,First,Last,,,7001\n"
        "first-last-2,First,Last,,,7002\nAda7,Ada,Lovelace,,,7003\n",
        {"First-Last": "eleven", "first-last-2": "twelve", "Ada7": "new"},
        late={"First-Last"},
    ),
    "nbgrader's inbound": Layout(
        {f"{folder}/{FILE}": word for folder, word in INBOUND.items()}
        | {f"{folder}/timestamp.txt": "2026" for folder in INBOUND},
        {"f.last": "eleven", "f-last": "twelve", "ada": "new"},
        "student,name\nf.last,First Last\nf-last,First Last\nada,Ada Lovelace\n",
        {"f.last": "eleven", "f-last": "twelve", "ada": "new"},
    ),
    "nbgrader's submitted": Layout(
        {f"f.last/{NAME}/{FILE}": "eleven", f"f-last/{NAME}/{FILE}": "twelve", f"ada/{NAME}/{FILE}": "old",
         f"ada/{NAME}/{NAME} (1).ipynb": "new", "ada/02_pooling/02_pooling.ipynb": "another assignment's"},
        {"f.last": "eleven", "f-last": "twelve", "ada": "new"},
        "student,name\nf.last,First Last\nf-last,First Last\nada,Ada Lovelace\n",
        {"f.last": "eleven", "f-last": "twelve", "ada": "new"},
    ),
    "dlcourse submit": Layout(
        {f"{NAME}-20641234.ipynb": "old", f"{NAME}-20641234 (2).ipynb": "new", f"{NAME}-20641235.ipynb": "eleven",
         f"{NAME}-first.last.ipynb": "twelve"},
        {"20641234": "new", "20641235": "eleven", "first.last": "twelve"},
        "student,id number,name\nal,20641234,Ada Lovelace\nf1,20641235,First Last\nfirst.last,20641236,First Last\n",
        {"al": "new", "f1": "eleven", "first.last": "twelve"},
    ),
}  # fmt: skip
AROUND = {
    "as it is": "",
    "in a folder": "ML101/",
    "in two": "ML101/Übung 1/",
    "with a title": "Assignment 1 submissions/",
}


def written(word: str, place: str) -> bytes:
    """A notebook that says which one it is; anything else as it stands."""
    if not place.endswith(".ipynb"):
        return word.encode()
    cell = {"cell_type": "code", "source": f"which = {word!r}", "metadata": {}}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode()


def laid_out(layout: Layout, root: Path, form: str, around: str) -> Path:
    """The class as a folder, or as a zip: from Linux, from macOS, from Windows PowerShell."""
    places = {f"{around}{place}": written(word, place) for place, word in layout.files.items()}
    if form == "folder":
        for place, content in places.items():
            path = root / "given" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root / "given"
    with zipfile.ZipFile(root / "given.zip", "w") as archive:
        if form == "zip of macOS" and around:
            archive.writestr(zipfile.ZipInfo(around), b"")
            archive.writestr(zipfile.ZipInfo(f"__MACOSX/{around}._x.ipynb"), b"")
        for place, content in places.items():
            info = zipfile.ZipInfo("given")
            info.filename = place.replace("/", "\\") if form == "zip of PowerShell" else place
            archive.writestr(info, content)
    return root / "given.zip"


def found(intake: Intake) -> dict[str, str]:
    """Whose is what: the word in the notebook that counts; "" where none does."""
    words = {}
    for one in intake.submissions:
        content, problem = one.content()
        words[one.student] = "" if problem or one.missing else json.loads(content)["cells"][0]["source"][9:-1]
    return words


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("form", ["folder", "zip", "zip of macOS", "zip of PowerShell"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_everybody_has_their_own_latest_attempt(tmp_path, name, form, around):
    layout = LAYOUTS[name]
    given = laid_out(layout, tmp_path, form, AROUND[around])
    intake = take_in(given, NAME)
    assert found(intake) == layout.alone
    assert len(intake.refused) == len(layout.refused)
    assert all(word in sentence for word, sentence in zip(layout.refused, intake.refused, strict=True))

    (tmp_path / "class.csv").write_text(layout.roster, encoding="utf-8")
    intake = take_in(given, NAME, read_roster(tmp_path / "class.csv"))
    assert found(intake) == layout.known
    assert {one.student for one in intake.submissions if one.late} == layout.late
    assert bool(intake.refused) == ("" in layout.known.values())


def test_lateness_is_a_column_where_a_platform_tells_it(tmp_path):
    """From the name of Canvas's file to the table, through a run of the command."""
    assignment, folder = Assignment(), tmp_path / "ML%20course"
    folder.mkdir()
    for name, solved in (("lastfirst_11_901", ["zero_pad"]), ("lastfirst_LATE_12_902", ["conv_output_size"])):
        (folder / f"{name}_{FILE}").write_bytes(data(assignment.solved(*solved)))
    command = [sys.executable, "-m", "autograder.command", "grade", folder, "-a", "01", "--out", tmp_path / "out"]
    done = subprocess.run([*command, "--db", "none"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {name: (float(row["score"]), row["late"]) for name, row in rows(tmp_path / "out").items()}
    points = assignment.points
    assert found == {"lastfirst 11": (points["zero_pad"], ""), "lastfirst 12": (points["conv_output_size"], "late")}
    page = (tmp_path / "out" / "feedback" / "lastfirst 12" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Handed in late." in page
