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


def test_two_people_with_one_name_are_not_guessed(tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text("student,name\na1,Ada L\na2,Ada L\n")
    assert read_roster(roster).find(["Ada L"]) is None
    assert read_roster(roster).find(["a2"]) == "a2"


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
    assert "larger than 32 MB" in take_in(tmp_path, NAME).submissions[0].content()[1]


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
