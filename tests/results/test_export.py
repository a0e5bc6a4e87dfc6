"""Grades into a teacher's own exported file, and feedback as a zip: what the platforms' own rules make of them."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from class_results import earned, from_hand_in, master
from hypothesis import given
from hypothesis import strategies as st
from importers import Blackboard, Brightspace, Canvas, MoodleAssignment, canvas_feedback, moodle_feedback
from typer.testing import CliRunner

from autograder.command import app
from autograder.grading.archives import InputError
from autograder.grading.students import read_roster
from autograder.results.exported_file import decimal_mark, number_in, read_exported
from autograder.results.matching import Learners, Line

NAME = "01_convolution"
MASTER = master()
# What each learner has right, by the number that the platform has for them.
SHARES = {
    "11": dict.fromkeys(MASTER.points, 1),
    "12": {"zero_pad": 1 / 3, "conv_forward": 1},
    "13": {"conv_forward": 0.5},
    "14": {"zero_pad": 0},
    "15": {},
    "99": {"zero_pad": 1},
}
PEOPLE = {
    "11": "Ada Lovelace",
    "12": "Bob Noë",
    "13": "Cy_Dee",
    "14": "=HYPERLINK(1)",
    "15": "Eve Fox",
    "99": "Zoe Stray",
}
LOGINS = {"11": "ada", "12": "bob", "13": "cy", "14": "eq", "15": "eve", "16": "gus", "99": "zoe"}
SCORES = {
    number: round(sum(MASTER.points[name] * part for name, part in shares.items()), 4)
    for number, shares in SHARES.items()
}


def run(*words: object):
    return CliRunner().invoke(app, ["export", *map(str, words)], env={"COLUMNS": "500", "NO_COLOR": "1"})


def verdicts(one) -> dict:
    number = one.known_as["handed_in"][0]["number"]
    if number == "15":
        return {"status": "unreadable"}
    return {"exercises": earned(MASTER, **SHARES[number])}


def archive(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, "{}")
    return path


# --- Moodle ---------------------------------------------------------------------------------------------------------

ENGLISH = {
    "header": "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments",
    "word": "Participant ", "status": "Submitted for grading", "yes": "Yes", "no": "No",
    "date": "Monday, 2 November 2026, 10:00 AM",
}  # fmt: skip
GERMAN = {
    "header": 'ID,"Vollständiger Name",ID-Nummer,E-Mail-Adresse,Status,Bewertung,Bestwertung,'
    '"Bewertung kann geändert werden","Zuletzt geändert (Abgabe)","Zuletzt geändert (Bewertung)",'
    '"Feedback als Kommentar"',
    "word": "Teilnehmer/in", "status": "Zur Bewertung abgegeben", "yes": "Ja", "no": "Nein",
    "date": "Montag, 2. November 2026, 10:00",
}  # fmt: skip
FRENCH = {**ENGLISH, "word": "Participant ", "status": "Remis pour évaluation", "yes": "Oui", "no": "Non",
          "header": "Identifiant,Nom complet,Numéro d'identification,Adresse de courriel,Statut,Note,Note maximale,"
          "La note peut être modifiée,Dernière modification (travail remis),Dernière modification (note),"
          "Feedback par commentaires", "date": "lundi 2 novembre 2026, 10:00"}  # fmt: skip
# old grades by number; 17 is in no results
OLD = {"11": "", "12": "3.50", "13": "", "14": "0.00", "15": "", "16": "5.00", "17": "7.25"}


def worksheet(
    words: dict, grades: dict[str, str], mark=",", ends="\n", start="", most="22.00", locked="", comments=None
):
    """A worksheet as Moodle writes it; `grades` are the cells of the one column, as they stand in the file."""
    lines = [words["header"]]
    for number, grade in grades.items():
        name = PEOPLE.get(number, "Gus Hall" if number == "16" else "Una Known")
        may = words["no"] if number == locked else words["yes"]
        when = words["date"] if OLD[number] else "-"
        quoted = f'"{name}"' if " " in name else name
        row = [
            f"{words['word']}{number}",
            quoted,
            f"x{number}",
            f"{LOGINS.get(number, 'una')}@x.org",
            f'"{words["status"]}"',
        ]
        row += [grade, most, may, "-", f'"{when}"' if when != "-" else "-", (comments or {}).get(number, "")]
        lines.append(",".join(row))
    text = ends.join([*lines, ""])
    if mark != ",":
        rows = csv.reader(io.StringIO(text, newline=""))
        made = io.StringIO()
        csv.writer(made, delimiter=mark, lineterminator=ends).writerows(rows)
        text = made.getvalue()
    return (start + text).encode()


@pytest.fixture(scope="module")
def moodle(tmp_path_factory) -> Path:
    """A class that was handed in in Moodle: graded, one notebook unreadable, one (of the roster) not there."""
    folder = tmp_path_factory.mktemp("moodle")
    names = [f"{name}_{number}_assignsubmission_file_/{NAME}.ipynb" for number, name in PEOPLE.items()]
    archive(folder / "submissions.zip", names)
    from_hand_in(folder / "results", folder / "submissions.zip", None, verdicts)
    return folder


SHEETS = {
    "English": (ENGLISH, {}, False),
    "with a byte order mark and CRLF": (ENGLISH, {"start": "\ufeff", "ends": "\r\n"}, False),
    "German": (GERMAN, {"most": '"22,00"', "start": "\ufeff"}, True),
    "German, semicolons": (GERMAN, {"most": '"22,00"', "mark": ";", "ends": "\r\n"}, True),
    "French, found by places": (FRENCH, {"most": '"22,00"'}, True),
}


def cell(value: str, comma: bool, options: dict) -> str:
    """A number as it stands in the worksheet."""
    value = value.replace(".", ",") if comma else value
    return f'"{value}"' if "," in value else value


@pytest.mark.parametrize("kind", SHEETS)
def test_moodles_worksheet_is_byte_for_byte_the_teachers_but_for_the_column(moodle, tmp_path, kind):
    words, options, comma = SHEETS[kind]
    old = {number: cell(value, comma, options) for number, value in OLD.items()}
    (tmp_path / "Bewertungen.csv").write_bytes(worksheet(words, old, **options))
    done = run(moodle / "results", "--moodle", tmp_path / "Bewertungen.csv", "--out", tmp_path / "out")
    new = {
        **old,
        **{n: cell(f"{SCORES[n]:.4f}".rstrip("0").rstrip("."), comma, options) for n in ("11", "12", "13", "15")},
    }
    came = (tmp_path / "out" / "Bewertungen.csv").read_bytes()
    assert came == worksheet(words, new, **options)
    assert done.exit_code == 1 and "Graded, and on no line of Moodle's file: Zoe Stray." in done.stderr
    assert (
        "Una Known 17" in done.stdout
        and "4 grades in the column" in done.stdout
        and "1 is there already" in done.stdout
    )
    # Moodle's own rules take what we say it takes, and nothing else.
    columns = [title.strip('"') for title in next(csv.reader([words["header"]]))]
    titles = columns[0], columns[5], columns[9]
    known = {number: float(value) for number, value in OLD.items() if value}
    importer = MoodleAssignment(set(OLD), 22, known, word=words["word"], titles=titles, comments=columns[10],
                                mark=options.get("mark", ","), comma=comma)  # fmt: skip
    english = words is ENGLISH
    assert importer.take(came).grades == {
        n: SCORES[n] for n in (("11", "12", "13", "15") if english else ("11", "13", "15"))
    }
    assert english or "Tick *Allow updating" in done.stdout
    if not english:  # a regraded one is skipped unless a box is ticked, and we say so
        assert "dates that Moodle cannot read in this language: Bob Noë 12. Tick" in done.stdout
        importer.ignore_dates = True
        assert importer.take(came).grades == {n: SCORES[n] for n in ("11", "12", "13", "15")}


def test_what_moodle_skips_silently_is_named_and_keeps_its_value(moodle, tmp_path):
    (tmp_path / "sheet.csv").write_bytes(sheet := worksheet(ENGLISH, OLD, most="22.00", locked="12"))
    done = run(moodle / "results", "--moodle", tmp_path / "sheet.csv", "--out", tmp_path / "out")
    assert "Bob Noë 12 keeps the old value: locked there" in done.stderr and done.exit_code == 1
    came = (tmp_path / "out" / "sheet.csv").read_bytes()
    importer = MoodleAssignment(set(OLD), 22, {"12": 3.5, "14": 0.0, "16": 5.0, "17": 7.25}, locked={"12"})
    assert importer.take(came).grades == {n: SCORES[n] for n in ("11", "13", "15")}
    assert len(came) > len(sheet)


def test_a_grade_with_extra_credit_above_moodles_maximum_is_named(moodle, tmp_path):
    results = from_hand_in(
        tmp_path / "results",
        moodle / "submissions.zip",
        None,
        lambda one: verdicts(one) | ({"score": 23.0} if one.student == "Ada Lovelace" else {}),
    )
    table = (results / "results.json").read_text()
    assert '"score": 23.0' in table
    (tmp_path / "sheet.csv").write_bytes(worksheet(ENGLISH, OLD))
    done = run(results, "--moodle", tmp_path / "sheet.csv", "--out", tmp_path / "out")
    assert "Ada Lovelace 11 keeps the old value: 23 is more than the 22.00 points there" in done.stderr
    taken = MoodleAssignment(set(OLD), 22).take((tmp_path / "out" / "sheet.csv").read_bytes()).grades
    assert "11" not in taken


def test_another_maximum_is_refused_unless_it_is_to_be_converted(moodle, tmp_path):
    (tmp_path / "sheet.csv").write_bytes(worksheet(ENGLISH, OLD, most="100.00"))
    words = (moodle / "results", "--moodle", tmp_path / "sheet.csv", "--out", tmp_path / "out")
    done = run(*words)
    assert (
        done.exit_code == 2 and "give --scale to convert every score" in done.stderr and not (tmp_path / "out").exists()
    )
    run(*words, "--scale")
    taken = MoodleAssignment(set(OLD), 100).take((tmp_path / "out" / "sheet.csv").read_bytes()).grades
    assert taken["11"] == 100 and taken["13"] == round(SCORES["13"] * 100 / 22, 4)


def test_comments_are_taken_and_no_spreadsheet_runs_them(moodle, tmp_path):
    (tmp_path / "sheet.csv").write_bytes(worksheet(ENGLISH, OLD))
    done = run(moodle / "results", "--moodle", tmp_path / "sheet.csv", "--comments", "--out", tmp_path / "out")
    taken = MoodleAssignment(set(OLD), 22).take((tmp_path / "out" / "sheet.csv").read_bytes()).comments
    assert taken.keys() == {"11", "12", "13", "14", "15"}, done.stderr
    assert taken["12"].startswith(f"{SCORES['12']:g} of 22 points.<br>zero_pad: partly right (0.")
    assert all(text[0].isdigit() and "<script" not in text for text in taken.values())


def test_a_german_worksheet_is_a_roster_too(tmp_path):
    (tmp_path / "class.csv").write_bytes(worksheet(GERMAN, OLD, start="\ufeff", most='"22,00"'))
    roster = read_roster(tmp_path / "class.csv")
    assert len(roster.members) == len(OLD) and roster.numbers["12"] == {"x12"}
    assert roster.by_name(["Bob Noe"]) == {"x12"} and roster.members["x12"].email == "bob@x.org"


def test_feedback_for_moodle_arrives_at_everybody_in_the_zip(moodle, tmp_path):
    (tmp_path / "sheet.csv").write_bytes(worksheet(ENGLISH, OLD))
    done = run(moodle / "results", "--moodle", tmp_path / "sheet.csv", "--feedback", moodle / "submissions.zip",
               "--out", tmp_path / "out")  # fmt: skip
    with zipfile.ZipFile(tmp_path / "out" / "feedback.zip") as made:
        taken = moodle_feedback(made.namelist(), set(PEOPLE))
        assert taken == dict.fromkeys(PEOPLE, "feedback.html")  # Cy_Dee's too, whose name Moodle would cut
        pages = {number: made.read(name).decode() for number, name in zip(taken, made.namelist(), strict=True)}
    assert all(f'<p class="quiet">{"Cy_Dee" if n == "13" else ""}' in page for n, page in pages.items())
    assert "6 pages" in done.stdout


# --- Canvas ---------------------------------------------------------------------------------------------------------

TITLE = f"{NAME} (4711)"
GRADEBOOK = """\
Student,ID,SIS User ID,SIS Login ID,Section,Notes,Homework 0 (4700),{title},Current Score,Final Grade
,,,,,,Manual Posting,,,
    Points Possible,,,,,,10.00,22.00,(read only),(read only)
"Lovelace, Ada",5011,s11,ada,DL,"says ""hi""
twice",10.00,{11},100.00,A
"Noë, Bob",5012,,bob@x.org,DL,,9.50,{12},95.00,A
Cy_Dee,5013,,,DL,,,{13},,
"=HYPERLINK(1)",5014,s14,eq,"DL, evening",=1+1,,{14},,
Eve Fox,5015,s15,eve,DL,,,{15},,
"Hall, Gus",5016,s16,gus,DL,,,{16},,
Una Known,5017,s17,una,DL,,,{17},,
"Student, Test",5999,,abc,DL,,,{test},,
"""
BEFORE = {
    "11": "1.00",
    "12": "",
    "13": "EX",
    "14": "0.00",
    "15": "",
    "16": "5.00",
    "17": "N/A",
    "test": "",
    "title": TITLE,
}


def gradebook(cells: dict[str, str], mark=",", ends="\n", start="", comma=False) -> bytes:
    text = GRADEBOOK.replace("{title}", cells["title"])
    for key, value in cells.items():
        text = text.replace(f"{{{key}}}", f'"{value}"' if mark in value else value)
    if mark != "," or comma:
        made = io.StringIO()
        rows = csv.reader(io.StringIO(text, newline=""))
        csv.writer(made, delimiter=mark, lineterminator="\n", quoting=csv.QUOTE_ALL if comma else 0).writerows(
            [value.replace(".", ",") if comma and number_in(value) is not None else value for value in row]
            for row in rows
        )
        text = made.getvalue()
    return (start + text.replace("\n", ends)).encode()


@pytest.fixture(scope="module")
def canvas(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("canvas")
    plain = {"11": "lovelaceada", "12": "noebob", "13": "cydee", "14": "hyperlink1", "15": "foxeve", "99": "strayzoe"}
    names = [f"{name}{'_LATE' * (n == '12')}_50{n}_9{n}_{NAME}-1.ipynb" for n, name in plain.items()]
    archive(folder / "submissions.zip", [*names, f"lovelaceada_5011_811_{NAME}.ipynb"])  # an earlier attachment of hers

    def said(one) -> dict:
        number = one.known_as["handed_in"][0]["number"][2:]
        return {"status": "unreadable"} if number == "15" else {"exercises": earned(MASTER, **SHARES[number])}

    from_hand_in(folder / "results", folder / "submissions.zip", None, said)
    return folder


def canvas_course() -> Canvas:
    people = {
        "5011": ("s11", "ada", "Lovelace, Ada"),
        "5012": ("", "bob@x.org", "Noë, Bob"),
        "5013": ("", "", "Cy_Dee"),
        "5014": ("s14", "eq", "=HYPERLINK(1)"),
        "5015": ("s15", "eve", "Eve Fox"),
        "5016": ("s16", "gus", "Hall, Gus"),
        "5017": ("s17", "una", "Una Known"),
        "5999": ("", "abc", "Student, Test"),
    }
    scores = {f"50{number}": value for number, value in BEFORE.items() if number.isdigit() and value != "N/A"}
    return Canvas(people, {"4700": "Homework 0", "4711": NAME}, scores, "4711", {"5017"})


@pytest.mark.parametrize(
    "options",
    [{}, {"start": "\ufeff", "ends": "\r\n"}, {"mark": ";"}, {"mark": ";", "comma": True}, {"comma": True}],
    ids=str,
)
def test_canvas_takes_what_we_say_and_its_file_is_otherwise_the_teachers(canvas, tmp_path, options):
    (tmp_path / "grades.csv").write_bytes(gradebook(BEFORE, **options))
    done = run(canvas / "results", "--canvas", tmp_path / "grades.csv", "--out", tmp_path / "out")
    came = (tmp_path / "out" / "grades.csv").read_bytes()
    filled = {n: f"{SCORES[n]:.4f}".rstrip("0").rstrip(".") for n in ("11", "12", "15")}
    assert came == gradebook({**BEFORE, **filled}, **options)
    assert "Cy_Dee 5013 keeps the old value: excused there" in done.stderr and done.exit_code == 1
    assert "strayzoe" in done.stderr and "Una Known 5017" in done.stdout and "Student, Test" not in done.output
    taken = canvas_course().take(came)
    assert taken.grades == {f"50{n}": SCORES[n] for n in ("11", "12", "15")}
    assert (taken.created, taken.strangers) == (["Notes"], [])  # Notes is the teacher's own column, and was there
    assert float(taken.points["4711"].replace(",", ".")) == 22


def test_a_column_without_a_number_would_be_a_new_assignment(canvas, tmp_path):
    (tmp_path / "grades.csv").write_bytes(gradebook({**BEFORE, "title": "Convolution"}))
    done = run(canvas / "results", "--canvas", tmp_path / "grades.csv", "--column", "Convolution")
    assert done.exit_code == 2 and "Canvas makes a new assignment of a column without a number" in done.stderr
    assert "'Homework 0 (4700)'" in done.stderr
    done = run(canvas / "results", "--canvas", tmp_path / "grades.csv", "--column", "Final Grade")
    assert done.exit_code == 2 and "No column is called 'Final Grade'" in done.stderr


def test_who_handed_in_nothing_gets_zero_only_when_asked_for(canvas, tmp_path):
    (tmp_path / "class.csv").write_text("student,name,number\ngus,Gus Hall,5016\nada,Ada Lovelace,5011\n")

    def said(one) -> dict:
        return {"exercises": earned(MASTER, **SHARES["12"])}

    results = from_hand_in(tmp_path / "results", canvas / "submissions.zip", tmp_path / "class.csv", said)
    (tmp_path / "grades.csv").write_bytes(gradebook(BEFORE))
    for more, gus in (((), None), (("--zeros",), 0.0)):
        done = run(results, "--canvas", tmp_path / "grades.csv", "--out", tmp_path / "out", *more)
        taken = canvas_course().take((tmp_path / "out" / "grades.csv").read_bytes()).grades
        assert taken.get("5016") == gus and taken["5011"] == SCORES["12"], done.output
    assert "Hall, Gus" not in done.output


def test_feedback_for_canvas_names_an_attachment_that_exists(canvas, tmp_path):
    (tmp_path / "grades.csv").write_bytes(gradebook(BEFORE))
    done = run(canvas / "results", "--canvas", tmp_path / "grades.csv", "--feedback", canvas / "submissions.zip",
               "--out", tmp_path / "out")  # fmt: skip
    names = zipfile.ZipFile(tmp_path / "out" / "feedback.zip").namelist()
    handed_in = {f"9{n}": f"50{n}" for n in PEOPLE} | {"811": "5011"}
    taken = canvas_feedback(names, handed_in)
    assert taken.keys() == set(handed_in.values()) and len(names) == len(taken) and "6 pages" in done.stdout
    assert taken["5011"].startswith("lovelaceada_5011_911_")  # one comment each, on the newest


def test_two_lines_that_can_mean_one_learner_get_nothing(canvas, tmp_path):
    text = gradebook({**BEFORE, "17": ""}).decode().replace("5017,s17,una", "5011,s17,una")
    (tmp_path / "grades.csv").write_text(text)
    done = run(canvas / "results", "--canvas", tmp_path / "grades.csv", "--out", tmp_path / "out")
    assert "It cannot be told whose these lines are" in done.stderr and "lovelaceada" in done.stderr
    came = (tmp_path / "out" / "grades.csv").read_text().splitlines()
    assert [line for line in came if ",5011," in line] == [line for line in text.splitlines() if ",5011," in line]


def test_a_roster_of_another_assignment_misleads_nobody():
    """Moodle counts participants anew in each assignment, and a roster may be an older worksheet."""
    known_as = {
        "ada": {"handed_in": [{"platform": "moodle", "number": "12", "name": "Ada L"}], "roster": {"numbers": ["11"]}},
        "bob": {"handed_in": [{"platform": "moodle", "number": "11", "name": "Bob N"}], "roster": {"numbers": ["12"]}},
        "cy": {"handed_in": [], "roster": {"numbers": ["12"], "ids": ["cy"], "names": ["Cy D"]}},
        "di": {"handed_in": [{"platform": "canvas", "number": "14"}], "roster": {"numbers": ["13"]}},
    }
    lines = [Line(1, "11", (), ("Bob N",)), Line(2, "12", (), ("Ada L",)), Line(3, "19", (), ("Cy D",))]
    lines += [Line(4, "13", (), ("Di",)), Line(5, "14", (), ("Somebody",))]
    found = Learners(known_as, "moodle").match(lines)
    assert {student: line.place for student, line in found.students.items()} == {"bob": 1, "ada": 2, "cy": 3, "di": 4}
    assert [line.place for line, _ in found.lines] == [5]


# --- Brightspace and Blackboard -------------------------------------------------------------------------------------

D2L = (
    "OrgDefinedId,Username,Last Name,Homework Points Grade <Numeric MaxPoints:5>,"
    "01 Convolution Points Grade <Numeric MaxPoints:22 Weight:10>,End-of-Line Indicator\n"
    "#s11,#ada,Lovelace,5,{11},#\n#s12,#bob,Noë,,{12},#\n#s16,#gus,Hall,,{16},#\n#s17,#una,Known,1,{17},#\n"
)
BB = (
    '"Last Name","First Name","Username","Homework [Total Pts: 5 Score] |403",'
    '"01 Convolution [Total Pts: 22 Score] |404"\n'
    '"Lovelace","Ada","ada","","{11}"\n"Noë","Bob","bob","4.00","{12}"\n"Hall","Gus","gus","","{16}"\n'
    '"Known","Una","una","",""\n'
)


@pytest.fixture(scope="module")
def loose(tmp_path_factory) -> Path:
    """A class in nbgrader's layout, with a roster: platforms that put no number into names."""
    folder = tmp_path_factory.mktemp("loose")
    for student in ("ada", "bob"):
        (folder / "submitted" / student / NAME).mkdir(parents=True)
        (folder / "submitted" / student / NAME / f"{NAME}.ipynb").write_text("{}")
    (folder / "class.csv").write_text(
        "student,OrgDefinedId,name\nada,s11,Ada Lovelace\nbob,s12,Bob Noë\ngus,s16,Gus Hall\n", encoding="utf-8"
    )

    def said(one) -> dict:
        return {"exercises": earned(MASTER, **SHARES["11" if one.student == "ada" else "12"])}

    from_hand_in(folder / "results", folder / "submitted", folder / "class.csv", said)
    return folder


def filled(template: str, cells: dict[str, str]) -> str:
    for key, value in cells.items():
        template = template.replace(f"{{{key}}}", value)
    return template


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_brightspace(loose, tmp_path, ends):
    old = {"11": "", "12": "3", "16": "1.5", "17": ""}
    new = {**old, "11": "22", "12": f"{SCORES['12']:g}"}
    (tmp_path / "g.csv").write_bytes(filled(D2L, old).replace("\n", ends).encode("utf-8-sig"))
    done = run(loose / "results", "--brightspace", tmp_path / "g.csv", "--out", tmp_path / "out")
    came = (tmp_path / "out" / "g.csv").read_bytes()
    assert came == filled(D2L, new).replace("\n", ends).encode("utf-8-sig") and done.exit_code == 0, done.output
    taken = Brightspace({"s11", "s12", "s16", "s17"}, {"Homework": 5, "01 Convolution": 22}).take(came)
    assert taken.grades == {"s11": 22, "s12": SCORES["12"], "s16": 1.5} | {"s17": 1} | {"s11": 22}
    assert taken.created == [] and taken.strangers == []
    assert "s16" in done.stdout and "s17" in done.stdout


@pytest.mark.parametrize("kind", ["csv", "xls"])
def test_blackboard(loose, tmp_path, kind):
    def data(cells: dict[str, str]) -> bytes:
        text = filled(BB, cells)
        return (
            text.encode("utf-8-sig") if kind == "csv" else ("\ufeff" + text.replace('","', '"\t"')).encode("utf-16-le")
        )

    old = {"11": "", "12": "", "16": "1.5"}
    path = tmp_path / f"gc.{kind}"
    path.write_bytes(data(old))
    done = run(loose / "results", "--blackboard", path, "--out", tmp_path / "out")
    came = (tmp_path / "out" / path.name).read_bytes()
    assert came == data({**old, "11": "22", "12": f"{SCORES['12']:g}"}) and done.exit_code == 0, done.output
    taken = Blackboard({"ada", "bob", "gus", "una"}, {"403": 5, "404": 22}, "404").take(came)
    assert taken.grades == {"ada": 22, "bob": SCORES["12"], "gus": 1.5} and taken.created == []
    done = run(loose / "results", "--blackboard", path, "--column", "Nothing")
    assert done.exit_code == 2 and "text worth no points" in done.stderr


def test_what_cannot_be_done_is_one_sentence(loose, tmp_path):
    (tmp_path / "note.txt").write_text("a,b\n1,2\n")
    for words, said in (
        ((), "Name the one file to fill in"),
        (("--canvas", tmp_path / "none.csv"), "cannot be read"),
        (("--canvas", tmp_path / "note.txt"), "is not Canvas's gradebook"),
        (("--moodle", tmp_path / "note.txt"), "is not a grading worksheet"),
        (("--brightspace", tmp_path / "note.txt"), "is not Brightspace's export"),
        (("--blackboard", tmp_path / "note.txt"), "has no column Username"),
        (("--blackboard", tmp_path / "note.txt", "--feedback", tmp_path / "note.txt"), "takes no zip of feedback"),
    ):
        done = run(loose / "results", *words)
        assert done.exit_code == 2 and said in done.stderr and done.stderr.count("\n") == 1
    done = run(tmp_path, "--canvas", tmp_path / "note.txt")
    assert done.exit_code == 2 and "There are no grades in" in done.stderr
    (tmp_path / "g.csv").write_text(filled(D2L, dict.fromkeys(("11", "12", "16", "17"), "")), encoding="utf-8")
    before = (tmp_path / "g.csv").read_bytes()
    done = run(loose / "results", "--brightspace", tmp_path / "g.csv", "--out", tmp_path)
    assert done.exit_code == 2 and "is the file that you exported" in done.stderr
    assert (tmp_path / "g.csv").read_bytes() == before


# --- the file itself ------------------------------------------------------------------------------------------------

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5),
    mark=st.sampled_from(",;\t"),
    ends=st.sampled_from(["\n", "\r\n"]),
    everything=st.booleans(),
    start=st.sampled_from(["", "\ufeff"]),
    value=st.text(',;."1\n', max_size=4),
)
def test_a_cell_changes_and_no_byte_else(tmp_path_factory, rows, mark, ends, everything, start, value):
    rows = [["head", *map(str, range(len(rows[0])))], *rows]
    made = io.StringIO()
    quoting = csv.QUOTE_ALL if everything else csv.QUOTE_MINIMAL
    csv.writer(made, delimiter=mark, lineterminator=ends, quoting=quoting).writerows(rows)
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes((start + made.getvalue()).encode())
    file = read_exported(path)
    assert file.delimiter == mark and [[cell.value for cell in row] for row in file.rows] == rows
    assert file.content() == path.read_bytes()
    last = len(rows) - 1
    assert file.fill(last, 1, value) and not file.fill(last, 9, value)
    rows[last][1] = value
    text = file.content().decode().removeprefix(start)
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=mark)) == rows


def test_other_bytes_come_back_too(tmp_path):
    path = tmp_path / "latin.csv"
    for data in ("Name;Größe\nÅsa;1,5\n".encode("cp1252"), b"a,b\n\x81\x8d,2\n", b"sep=;\r\na;b,c\r\n1;2\r\n"):
        path.write_bytes(data)
        assert read_exported(path).content() == data
    for bad in (b'a,b\n"1,2\n', b"PK\x03\x04 a spreadsheet", b"", b"\xff\xfea"):
        path.write_bytes(bad)
        with pytest.raises(InputError):
            read_exported(path)


def test_numbers():
    assert [str(number_in(text)) for text in ("7,5", "7.50", "1.000,25", "12", "95 %", "EX", "-", "")] == [
        "7.5", "7.50", "1000.25", "12", "95", "None", "None", "None",
    ]  # fmt: skip
    assert decimal_mark(["", "x", "3,50"], ",") == "," and decimal_mark(["7"], ",") == "."
    assert decimal_mark(["7"], ";") == "," and decimal_mark(["7.25"], ";") == "."
