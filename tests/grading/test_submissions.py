"""Intake: what is found in folders and archives, whose it is, and what is refused."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.students import RosterError, read_roster, safe_name
from autograder.grading.submissions import InputError, take_in
from dlcourse.handing_in.reading import Unreadable, read

NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}}], "nbformat": 4}).encode()
NAME = "01_convolution"


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(NOTEBOOK)
    return root


def archive(path: Path, *names: str, content: bytes = NOTEBOOK) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, content)
    return path


def students(root: Path, **options) -> dict[str, str]:
    """Learner -> the file that counts, or why none does."""
    found = take_in(root, NAME, **options).submissions
    return {one.student: one.problem or (str(one.file.place) if one.file else "missing") for one in found}


# --- layouts --------------------------------------------------------------------------------------------------------


def test_nbgraders_folders_are_read_and_other_assignments_left_alone(tmp_path):
    root = folder(tmp_path, f"ada/{NAME}/{NAME}.ipynb", f"bob/{NAME}/{NAME}.ipynb", "bob/02_networks/02_networks.ipynb")
    (root / "bob" / NAME / "timestamp.txt").write_text("2026-01-01")
    assert students(root) == {"ada": f"ada/{NAME}/{NAME}.ipynb", "bob": f"bob/{NAME}/{NAME}.ipynb"}


def test_nobody_who_misplaced_a_notebook_is_lost_without_a_word(tmp_path):
    root = folder(
        tmp_path,
        f"ada/{NAME}/{NAME}.ipynb",
        "bob/mine.ipynb",
        f"carla/{NAME}/work/{NAME}.ipynb",
        f"dan/{NAME.title()}/{NAME}.ipynb",
        f"eve/{NAME}.ipynb",
        f"eve/{NAME}/{NAME}.ipynb",
        "left over.ipynb",
    )
    assert students(root) == {
        "ada": f"ada/{NAME}/{NAME}.ipynb",
        "bob": "bob/mine.ipynb",
        "carla": f"carla/{NAME}/work/{NAME}.ipynb",
        "dan": f"dan/{NAME.title()}/{NAME}.ipynb",
        "eve": f"eve/{NAME}/{NAME}.ipynb",
    }
    assert take_in(root, NAME).refused == ["'left over.ipynb' was left out: it is in no learner's folder."]


def test_a_folder_of_another_name_or_deep_down_is_graded_if_the_notebooks_name_says_so(tmp_path):
    deep, deeper = f"tom/deep/er/and/deeper/{NAME}.ipynb", "/".join(["uma", *"abcdefghijklm", f"{NAME}.ipynb"])
    root = folder(tmp_path, f"ada/{NAME}/{NAME}.ipynb", f"eve/homework/{NAME}.ipynb", "bob/ps2/ps2.ipynb", deep, deeper)
    found = students(root)
    assert found.pop("uma").startswith("The folders are too many levels deep")
    assert found == {"ada": f"ada/{NAME}/{NAME}.ipynb", "eve": f"eve/homework/{NAME}.ipynb", "tom": deep}


def test_moodles_folders_have_their_names_whatever_one_learner_hands_in(tmp_path):
    root = folder(
        tmp_path,
        f"Ada Lovelace_4711_assignsubmission_file_/{NAME}.ipynb",
        f"Bob Moss_4712_assignsubmission_file_/{NAME}/{NAME}.ipynb",
    )
    assert set(students(root)) == {"Ada Lovelace", "Bob Moss"}


def test_loose_notebooks_are_named_after_their_learner(tmp_path):
    root = folder(tmp_path, "ada.ipynb", f"{NAME}_bob.ipynb", f"carla-{NAME} (1).ipynb", "notes.txt")
    assert set(students(root)) == {"ada", "bob", "carla"}


def test_one_folder_for_each_learner_as_moodle_unpacks_it(tmp_path):
    root = folder(tmp_path, f"Ada Lovelace_4711_assignsubmission_file_/{NAME}.ipynb", "Bob/work.ipynb")
    assert set(students(root)) == {"Ada Lovelace", "Bob"}


def test_moodles_and_canvass_archives(tmp_path):
    moodle = archive(
        tmp_path / "moodle.zip",
        f"Ada Lovelace_4711_assignsubmission_file/{NAME}.ipynb",
        f"Bob Noe_4712_assignsubmission_file_{NAME}.ipynb",
    )
    assert set(students(moodle)) == {"Ada Lovelace", "Bob Noe"}
    canvas = archive(tmp_path / "canvas.zip", f"lovelaceada_17_900_{NAME}.ipynb", f"noebob_LATE_18_901_{NAME}-2.ipynb")
    assert set(students(canvas)) == {"lovelaceada", "noebob"}


def test_an_archive_may_hold_everything_in_one_folder(tmp_path):
    wrapped = archive(tmp_path / "all.zip", "class/ada.ipynb", "class/bob.ipynb", "__MACOSX/class/._ada.ipynb")
    assert set(students(wrapped)) == {"ada", "bob"}


def test_one_notebook_and_one_learner(tmp_path):
    root = folder(tmp_path, "ada.ipynb")
    assert students(root / "ada.ipynb") == {"ada": "ada.ipynb"}
    assert students(root, student="eve") == {"eve": "ada.ipynb"}


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        ([f"{NAME}.ipynb", "draft.ipynb"], f"{NAME}.ipynb"),
        ([f"{NAME} (1).ipynb", "zzz.ipynb"], f"{NAME} (1).ipynb"),
        (["mine.ipynb"], "mine.ipynb"),
        ([f"{NAME}.ipynb.txt"], f"{NAME}.ipynb.txt"),
    ],
)
def test_of_several_notebooks_the_one_with_the_right_name_counts(tmp_path, names, counts):
    root = folder(tmp_path, *(f"ada/{NAME}/{name}" for name in names))
    one = take_in(root, NAME).submissions[0]
    assert one.file.place.name == counts
    assert bool(one.notes) == (names != [f"{NAME}.ipynb"])


def test_handing_in_something_else_is_said(tmp_path):
    root = folder(tmp_path, f"ada/{NAME}/report.pdf", f"bob/{NAME}/{NAME}.ipynb")
    assert "no notebook" in students(root)["ada"]


def test_nothing_to_grade_is_bad_input(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError):
            take_in(path, NAME)
    (tmp_path / "damaged.zip").write_bytes(b"PK\x05\x06 and nothing")
    with pytest.raises(InputError):
        take_in(tmp_path / "damaged.zip", NAME)


# --- what is around a class -------------------------------------------------------------------------------------------


def test_a_folder_around_the_class_is_taken_off(tmp_path):
    form = "{}_{}_assignsubmission_file_/" + f"{NAME}.ipynb"
    root = folder(tmp_path / "moodle", f"ML101/{form.format('First Last', 4711)}")
    assert set(students(root)) == {"First Last"}
    root = folder(tmp_path / "two", f"ML101/{form.format('First Last', 4711)}", f"ML101/{form.format('Bob', 4712)}")
    assert set(students(root)) == {"First Last", "Bob"}
    root = folder(tmp_path / "bright", f"Assignment 1/ada/{NAME}.ipynb", "Assignment 1/bob/work.ipynb")
    (root / "index.html").write_text("an index")
    assert set(students(root)) == {"ada", "bob"}
    assert set(students(archive(tmp_path / "b.zip", "index.html", f"Assignment 1/ada/{NAME}.ipynb"))) == {"ada"}


@pytest.mark.parametrize(
    "names",
    [
        [f"ada/{NAME}.ipynb"],
        ["ada/mine.ipynb"],
        [f"ada/{NAME}.ipynb", "ada/helper.ipynb", "ada/data/x.csv"],
        [f"ada/{NAME}/{NAME}.ipynb"],
        [f"ada/{NAME}/{NAME}.ipynb", "ada/02_pooling/02_pooling.ipynb"],
        ["ada/report.pdf", "ada/mine.ipynb"],
    ],
)
def test_one_learners_folder_keeps_its_name(tmp_path, names):
    assert set(students(archive(tmp_path / "class.zip", *names))) == {"ada"}
    assert set(students(folder(tmp_path / "class", *names))) == {"ada"}


def test_one_learner_in_two_folders_could_be_either_and_is_refused(tmp_path):
    root = folder(tmp_path / "in", "ML101/ada/work.ipynb")
    with pytest.raises(InputError, match="either name could be theirs.*--student"):
        take_in(root, NAME)
    assert with_roster(tmp_path, root, "student\nada\n") == {"ada": "ada/work.ipynb"}
    assert set(students(root, student="eve")) == {"eve"}


def test_one_learner_with_notebooks_in_several_folders_is_told(tmp_path):
    names = [f"Group A/ada/{NAME}.ipynb", f"Group A/bob/{NAME}.ipynb", f"carl/{NAME}.ipynb", f"carl/old/{NAME}.ipynb"]
    intake = take_in(folder(tmp_path, *names), NAME)
    found = {one.student: one for one in intake.submissions}
    assert "several folders" in found["Group A"].problem and "cannot be told whose" in intake.refused[0]
    assert str(found["carl"].file.place) == f"carl/{NAME}.ipynb"
    assert intake.doubts == [f"carl: There are notebooks in several folders; 'carl/{NAME}.ipynb' was graded."]


# --- attempts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        ([f"{NAME}.ipynb", f"{NAME} (1).ipynb"], f"{NAME} (1).ipynb"),
        ([f"{NAME} (9).ipynb", f"{NAME} (10).ipynb"], f"{NAME} (10).ipynb"),
        ([f"{NAME} Version 10.ipynb", f"{NAME} Version 2.ipynb"], f"{NAME} Version 10.ipynb"),
        (["Version 10.ipynb", "Version 2.ipynb"], "Version 10.ipynb"),
        ([f"{NAME}-20641234.ipynb", f"{NAME}-20641234 (2).ipynb"], f"{NAME}-20641234 (2).ipynb"),
        ([f"{NAME}-2.ipynb", f"{NAME}.ipynb"], f"{NAME}-2.ipynb"),
        ([f"{NAME}-12.ipynb", f"{NAME}-12 (2).ipynb"], f"{NAME}-12 (2).ipynb"),
        ([f"{NAME}-Copy1.ipynb", f"{NAME}.ipynb"], f"{NAME}.ipynb"),
        ([f"{NAME}.before-reset (3).ipynb", f"{NAME}.ipynb"], f"{NAME}.ipynb"),
    ],
)
def test_the_latest_of_one_learners_copies_counts(tmp_path, names, counts):
    root = folder(tmp_path, *(f"12/{name}" for name in names))
    (one,) = take_in(root, NAME).submissions
    assert one.file.place.name == counts
    assert f"2 notebooks were handed in; '{counts}' was graded." in one.notes


def test_of_several_attempts_the_latest_with_a_notebook_counts(tmp_path):
    form = "39788-640693 - Ada Lovelace - {}/{}"
    names = [form.format("Feb 9, 2026 1201 PM", f"{NAME}.ipynb"), form.format("Feb 10, 2026 1201 AM", "a.ipynb")]
    root = folder(tmp_path, *names, form.format("Feb 11, 2026 1201 AM", "sorry.pdf"))
    (one,) = take_in(root, NAME).submissions
    assert str(one.file.place) == names[1] and one.when == "2026-02-10 00:01:00"
    assert "An even later attempt holds no notebook." in one.notes


def test_attempts_whose_dates_cannot_be_read_are_not_guessed(tmp_path):
    form = "39788-640693 - Ada Lovelace - {}/" + f"{NAME}.ipynb"
    root = folder(tmp_path, form.format("9 février 2026 1201"), form.format("10 février 2026 0101"))
    (one,) = take_in(root, NAME).submissions
    assert "cannot be told which attempt is the latest" in one.problem and not one.missing


# --- nothing is dropped without a word --------------------------------------------------------------------------------


def test_whatever_is_no_notebook_is_told(tmp_path):
    root = folder(tmp_path, "ada.ipynb", "bob.zip", "carla.pdf", "dan.py", "index.html", "grades.csv", "README.md")
    (root / "eve.ipynb").mkdir()
    (root / "fay").mkdir()
    intake = take_in(root, NAME)
    assert {one.student: one.problem for one in intake.submissions} == {
        "ada": "",
        "eve": "'eve.ipynb' is an empty folder.",
        "fay": "'fay' is an empty folder.",
    }
    assert intake.refused == [
        "'bob.zip' was left out: it is not a notebook (.ipynb).",
        "'carla.pdf' was left out: it is not a notebook (.ipynb).",
        "'dan.py' was left out: it is not a notebook (.ipynb).",
        "eve: 'eve.ipynb' is an empty folder.",
        "fay: 'fay' is an empty folder.",
    ]


def test_who_handed_in_only_a_text_or_a_receipt_is_told_and_nobody_else_appears(tmp_path):
    head = "HW1_{}_attempt_2026-02-10-15-01-00"
    board = archive(tmp_path / "b.zip", f"{head.format('ada7')}.txt", f"{head.format('bob')}_{NAME}.ipynb")
    intake = take_in(board, NAME)
    assert [one.student for one in intake.submissions] == ["ada7", "bob"]
    (refused,) = intake.refused
    assert refused.startswith("ada7: There is no file with this attempt, only the platform's receipt")
    text = "{}_{}_assignsubmission_onlinetext/onlinetext.html"
    moodle = archive(
        tmp_path / "m.zip", text.format("Ada", 1), f"Ada_1_assignsubmission_file/{NAME}.ipynb", text.format("Bob", 2)
    )
    found = {one.student: one for one in take_in(moodle, NAME).submissions}
    assert set(found) == {"Ada", "Bob"} and not found["Ada"].problem
    assert found["Bob"].problem == "Only a text was typed in on the platform: hand in the notebook itself."


def test_empty_folders_in_an_archive_are_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("class/", b"")
        made.writestr("class/ada.ipynb", NOTEBOOK)
        made.writestr("class/bob.ipynb", NOTEBOOK)
        made.writestr("class/eve.ipynb/", b"")
    assert students(tmp_path / "a.zip")["eve"] == "'eve.ipynb' is an empty folder."


# --- rosters --------------------------------------------------------------------------------------------------------


def test_a_roster_gives_everybody_their_own_name_and_shows_who_is_missing(tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text(
        "\ufeffUsername;First name;Last name;Email\n"
        "al1;Ada;Lovelace;ada@x.org\nzg;Zoë;Güler;z@x.org\nbn;Bob;Noe;b@x.org\n"
    )
    root = folder(
        tmp_path / "in", f"lovelaceada_17_900_{NAME}.ipynb", "Zoe Guler_3_assignsubmission_file_/n.ipynb", "eve.ipynb"
    )
    found = {one.student: one for one in take_in(root, NAME, read_roster(roster)).submissions}
    assert set(found) == {"al1", "zg", "bn", "eve"}
    assert found["bn"].missing and not found["al1"].missing
    assert found["zg"].member.last_name == "Güler"
    assert found["eve"].notes == ("This learner is not on the roster.",)


def with_roster(tmp_path: Path, root: Path, text: str) -> dict[str, str]:
    (tmp_path / "class.csv").write_text(text, encoding="utf-8")
    return students(root, roster=read_roster(tmp_path / "class.csv"))


def test_two_people_with_one_name_are_not_guessed(tmp_path):
    root = folder(tmp_path / "in", "Ada L.ipynb", "a2.ipynb")
    found = with_roster(tmp_path, root, "student,name\na1,Ada L\na2,Ada L\n")
    assert found == {"a1": "It cannot be told whether what 'Ada L' handed in is this learner's.", "a2": "a2.ipynb"}
    (refused,) = take_in(root, NAME, read_roster(tmp_path / "class.csv")).refused
    assert refused.startswith("What 'Ada L' handed in was left out")


@pytest.mark.parametrize(
    ("roster", "found"),
    [
        # An exact id counts before what looks like it.
        ("student,email\nkim,lee@x.org\nlee,kim@x.org\n", {"kim": "kim.ipynb", "lee": "lee.ipynb"}),
        ("student,name\nkim,Lee\nlee,Kim\n", {"kim": "kim.ipynb", "lee": "lee.ipynb"}),
        # An address is one too, with or without capitals.
        ("student,email\nx1,KIM\nx2,lee\n", {"x1": "kim.ipynb", "x2": "lee.ipynb"}),
        # A name may be anybody's.
        ("student,name\nx1,Kim\nx2,K-I-M\nlee,Lee\n", {"x1": None, "x2": None, "lee": "lee.ipynb"}),
    ],
)
def test_exact_ids_come_before_what_looks_like_them(tmp_path, roster, found):
    told = with_roster(tmp_path, folder(tmp_path / "in", "kim.ipynb", "lee.ipynb"), roster)
    assert {one: None if "cannot be told" in file else file for one, file in told.items()} == found


def test_ids_that_differ_in_dots_dashes_and_capitals_are_different_learners(tmp_path):
    names = ["a.b", "a-b", "ab", "A.B", "a_b"]
    root = folder(tmp_path / "in", *(f"{name}/{NAME}/{NAME}.ipynb" for name in names))
    expected = {name: f"{name}/{NAME}/{NAME}.ipynb" for name in names}
    assert students(root) == expected
    assert with_roster(tmp_path, root, "student\n" + "\n".join(names)) == expected
    (root / "A-B").mkdir()
    (root / "A-B" / "mine.ipynb").write_bytes(NOTEBOOK)
    found = with_roster(tmp_path, root, "student\n" + "\n".join(names))
    assert {name: file for name, file in found.items() if "cannot be told" not in file} == expected


@pytest.mark.parametrize(
    ("roster", "found"),
    [
        # The number decides, whatever the name beside it says.
        ("student,name,number\nx1,Somebody Else,11\nx2,First Last,12\n", {"x1": "11", "x2": "12"}),
        # Who has another number is another person, even with the same name.
        ("student,name,number\nx1,First Last,11\nx9,Other,99\n", {"x1": "11", "First Last 12": "12", "x9": ""}),
        # One person of this name, and two numbers: one of them is somebody else.
        ("student,name\nx1,First Last\n", {"x1": None}),
        ("student,name\nx1,First Last\nx2,Last First\n", {"x1": None, "x2": None}),
        # Numbers as ids.
        ("student,name\n11,First Last\n12,First Last\n", {"11": "11", "12": "12"}),
        # A running number is none of the platform's: it says one thing and the name another.
        ("id,student,name\n11,x1,Ada Love\n12,x2,First Last\n", {"x1": "11?", "x2": "12"}),
    ],
)
def test_the_platforms_number_decides(tmp_path, roster, found):
    form = "First Last_{}_assignsubmission_file_/" + f"{NAME}.ipynb"
    told = with_roster(tmp_path, folder(tmp_path / "in", form.format(11), form.format(12)), roster)
    short = {one: None if "cannot be told" in file else file for one, file in told.items()}
    if "11?" in found.values():  # 11 belongs to x1 by the one column, to x2 by its name
        assert short == {"x1": None, "x2": form.format(12)}
        return
    files = {"11": form.format(11), "12": form.format(12), "": "missing", None: None}
    assert short == {one: files[which] for one, which in found.items()}


ROSTERS = {
    "GitHub Classroom": "identifier,github_username,github_id,name\nal,Ada7,71,\nbn,bobn,72,Bob Noe\n,loner,73,\n",
    "Canvas": "Student,ID,SIS User ID,SIS Login ID,Section,X (1)\n    Points Possible,,,,,22\n"
    '"Lovelace, Ada",7001,s1,al,A,\n"Noe, Bob",7002,s2,bn,A,\n"Loner",7003,s3,loner,A,\n"Student, Test",9,,ff00,A,\n',
    "blank first lines": "\n\r\n student,login\nal,Ada7\nbn,bobn\nloner,\n",
    "sep=;": 'sep=;\nstudent;name\nal;"Lovelace; Ada"\nbn;"Noe; Bob"\nloner;\n',
    "sep= in quotes": '"sep=;"\r\nstudent;name\r\nal;\r\nbn;\r\n;\r\nloner;\r\n',
    "a huge field": f'student,remark\nal,"{"x" * 200_000}"\nbn,\nloner,\n',
    "Brightspace": "OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n"
    "#1,#al,L,A,#\n#2,#bn,N,B,#\n#3,#loner,,,#\n",
    "Blackboard": "Last Name\tFirst Name\tUsername\nLovelace\tAda\tal\nNoe\tBob\tbn\n\t\tloner\n",
    "a NUL and short lines": "student,name,email\nal\0,Ada\nbn\nloner,,,,,\n",
}  # fmt: skip


@pytest.mark.parametrize("name", ROSTERS)
def test_rosters_as_spreadsheets_and_platforms_write_them(tmp_path, name):
    encoding = "utf-16" if name == "Blackboard" else "utf-8-sig"
    (tmp_path / "class.csv").write_bytes(ROSTERS[name].encode(encoding))
    assert set(read_roster(tmp_path / "class.csv").members) == {"al", "bn", "loner"}


def test_a_table_that_cannot_be_read_is_told_in_a_sentence(tmp_path):
    (tmp_path / "class.csv").write_text('student\n"' + "x" * 2**25)
    with pytest.raises(RosterError, match="is not a table"):
        read_roster(tmp_path / "class.csv")


@pytest.mark.parametrize("text", ["", "colour,size\nred,1\n", "student\nada\nada\n"])
def test_a_roster_that_cannot_be_used_is_refused(tmp_path, text):
    (tmp_path / "class.csv").write_text(text)
    with pytest.raises(RosterError):
        read_roster(tmp_path / "class.csv")


# --- tricks ---------------------------------------------------------------------------------------------------------


def test_names_that_lead_out_of_an_archive_are_refused_and_cost_nobody_else(tmp_path):
    bad = ["../evil.ipynb", "/etc/evil.ipynb", "a/../../evil.ipynb", "..\\evil.ipynb", "C:\\evil.ipynb"]
    intake = take_in(archive(tmp_path / "a.zip", *bad, "ada.ipynb"), NAME)
    assert [one.student for one in intake.submissions] == ["ada"]
    assert len(intake.refused) == len(bad)


def test_names_as_windows_and_macos_write_them_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for name in ("class\\ada.ipynb", "class\\Zo\u00eb.ipynb", "class\\..\\..\\evil.ipynb", "\\\\host\\evil.ipynb"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            made.writestr(info, NOTEBOOK)
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # as macOS does: UTF-8, and no mark that it is
        start = -1
        while (start := packed.find(mark, start + 1)) >= 0:
            packed[start + place + 1] &= ~0x08
    (tmp_path / "a.zip").write_bytes(packed)
    intake = take_in(tmp_path / "a.zip", NAME)
    assert [one.student for one in intake.submissions] == ["Zo\u00eb", "ada"]
    assert all(one.content() == (NOTEBOOK, "") for one in intake.submissions)
    assert len(intake.refused) == 2 and all("leads out of the archive" in sentence for sentence in intake.refused)


def test_too_many_files_cost_only_their_owner(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        for number in range(50_001):
            made.writestr(f"eve/{number}.ipynb", b"")
        made.writestr("ada/mine.ipynb", NOTEBOOK)
    found = students(tmp_path / "a.zip")
    assert found["ada"] == "ada/mine.ipynb" and found["eve"].startswith("More than 50000 files were handed in")


def test_links_are_refused_and_not_followed(tmp_path):
    secret = folder(tmp_path / "secret", "gradebook.ipynb") / "gradebook.ipynb"
    root = folder(tmp_path / "in", f"ada/{NAME}/{NAME}.ipynb")
    (root / "eve" / NAME).mkdir(parents=True)
    (root / "eve" / NAME / f"{NAME}.ipynb").symlink_to(secret)
    (root / "mal").symlink_to(root / "ada")
    found = students(root)
    assert found["ada"].endswith(".ipynb")
    assert "symbolic link" in found["eve"] and "symbolic link" in found["mal"]

    link = zipfile.ZipInfo("eve.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr(link, str(secret))
        made.writestr("ada.ipynb", NOTEBOOK)
    assert "symbolic link" in students(tmp_path / "a.zip")["eve"]


def test_a_file_that_becomes_a_link_after_it_was_found_is_not_followed(tmp_path):
    root = folder(tmp_path, "eve.ipynb", "secret/s.txt")
    one = take_in(root / "eve.ipynb", NAME).submissions[0]
    (root / "eve.ipynb").unlink()
    (root / "eve.ipynb").symlink_to(root / "secret" / "s.txt")
    data, problem = one.content()
    assert not data and "cannot be read" in problem


def test_pipes_do_not_make_the_grader_wait(tmp_path):
    root = folder(tmp_path, f"ada/{NAME}/{NAME}.ipynb")
    (root / "eve" / NAME).mkdir(parents=True)
    os.mkfifo(root / "eve" / NAME / f"{NAME}.ipynb")
    assert "is not a file" in students(root)["eve"]


def test_files_beyond_the_limit_are_not_read(tmp_path):
    with open(tmp_path / "ada.ipynb", "wb") as file:
        file.truncate(50 * 2**20)
    assert "larger than 32 MB even without its outputs" in take_in(tmp_path, NAME).submissions[0].content()[1]
    with open(tmp_path / "ada.ipynb", "wb") as file:
        file.truncate(101 * 2**20)
    assert "larger than 100 MB" in take_in(tmp_path, NAME).submissions[0].content()[1]


def test_an_archive_that_lies_about_a_size_is_cut_off(tmp_path):
    packed = archive(tmp_path / "a.zip", "ada.ipynb", content=b"x" * 4000)
    one = take_in(packed, NAME).submissions[0]
    assert "larger than" in one.content(largest=100)[1]
    raw = packed.read_bytes().replace((4000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    packed.write_bytes(raw)
    data, problem = take_in(packed, NAME).submissions[0].content(largest=100)
    assert problem and not data


@given(st.text(max_size=200))
def test_every_name_becomes_one_that_is_safe(name):
    safe = safe_name(name)
    assert safe and len(safe.encode()) < 255
    assert "/" not in safe and "\\" not in safe and not safe.startswith(".") and safe.isprintable()
    assert Path("root", safe).resolve().parent == Path("root").resolve()
    assert safe_name(safe) == safe


@pytest.mark.parametrize("letter", ["\U00020000", "ß", "x"])
def test_a_long_name_fits_into_a_file_systems_255_bytes(letter):
    safe = safe_name(79 * letter)
    assert len(f"{safe}.json.partial".encode()) < 255 and safe_name(safe) == safe


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_names_become_one_only_if_they_look_the_same(left, right):
    if safe_name(left) == safe_name(right):
        import unicodedata

        assert unicodedata.normalize("NFC", left).strip() == unicodedata.normalize("NFC", right).strip()


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\0" * 100, "empty"),
        (b"not json", "not valid JSON"),
        (NOTEBOOK[:-20], "not valid JSON"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"[1, 2]", "not a Jupyter notebook"),
        (b'{"a": 1}', "no cells"),
        (b"[" * 200_000, "nested"),
        (b"<<<<<<< HEAD\n{}", "merge"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not valid JSON"),
    ],
)
def test_what_is_no_notebook_is_said_in_a_sentence(data, word):
    with pytest.raises(Unreadable, match=word) as caught:
        read(data)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_understood(encoding):
    text = json.dumps({"cells": [{"cell_type": "code", "source": ["name = 'Zoë'\r\n", "y = 1"]}]}, ensure_ascii=False)
    assert read(text.encode(encoding)).cells[0].source == "name = 'Zoë'\ny = 1"


def test_damaged_cells_cost_only_themselves():
    cells = [
        None,
        3,
        {"cell_type": "code"},
        {"cell_type": "code", "source": 7},
        {"source": [1]},
        {"cell_type": "code", "source": "x=1"},
    ]
    notebook = read(json.dumps({"cells": cells}).encode())
    assert [cell.source for cell in notebook.cells] == ["", "x=1"]
    assert notebook.repairs == ("4 damaged cells were left out.",)


def test_metadata_of_any_shape_is_survived():
    cells = [
        {"cell_type": "code", "source": "x", "metadata": value, "id": value}
        for value in (None, [], "a", 1, {"nbgrader": 3})
    ]
    assert len(read(json.dumps({"cells": cells, "metadata": []}).encode()).cells) == 5
