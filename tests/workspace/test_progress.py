"""The progress file: what it says, and that nothing which goes wrong with it reaches a learner's check."""

import concurrent.futures
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from small_course import AS_ANYBODY

from dlcourse.workspace import progress


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder, with the working directory at a notebook in it."""
    (tmp_path / ".dlcourse").mkdir()
    (tmp_path / "01_convolution").mkdir()
    monkeypatch.chdir(tmp_path / "01_convolution")
    return tmp_path


@pytest.fixture
def file(course: Path) -> Path:
    return course / ".dlcourse" / "progress.json"


def leftovers(course: Path) -> list[str]:
    return sorted(path.name for path in (course / ".dlcourse").iterdir() if path.name != "progress.json")


def test_attempts_keep_the_best_score_and_a_pass_stays_passed(course, file):
    assert progress.record_attempt("convolution", "zero_pad", 0.5) is None
    assert progress.record_attempt("convolution", "zero_pad", 1.0) is None
    assert progress.record_attempt("convolution", "zero_pad", 0.0) is None
    entry = json.loads(file.read_text())["exercises"]["convolution/zero_pad"]
    assert (entry["attempts"], entry["best"], entry["passed"], entry["hints"]) == (3, 1.0, True, 0)
    assert entry["last"] >= "2026"
    assert leftovers(course) == []


def test_a_part_of_the_points_is_no_pass(file):
    progress.record_attempt("convolution", "zero_pad", 0.999)
    assert not progress.read()["exercises"]["convolution/zero_pad"]["passed"]


@pytest.mark.parametrize(("score", "best"), [(float("nan"), 0.0), (2.0, 1.0), (-1.0, 0.0), (float("inf"), 0.0)])
def test_a_score_outside_zero_to_one_is_brought_inside(file, score, best):
    assert progress.record_attempt("convolution", "zero_pad", score) is None
    assert progress.read()["exercises"]["convolution/zero_pad"]["best"] == best


def test_hints_are_counted_and_kept_apart(file):
    assert [progress.record_hint("convolution", "zero_pad") for _ in range(3)] == [1, 2, 3]
    assert progress.record_hint("convolution", "conv_forward") == 1
    entries = progress.read()["exercises"]
    assert {key: entry["hints"] for key, entry in entries.items()} == {
        "convolution/zero_pad": 3,
        "convolution/conv_forward": 1,
    }


def test_without_a_course_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert progress.record_attempt("convolution", "outside", 1.0) is None
    assert [progress.record_hint("convolution", "outside") for _ in range(2)] == [1, 2]
    assert progress.read() == {"version": 1, "exercises": {}}
    assert list(tmp_path.iterdir()) == []


def test_the_nearest_course_folder_is_used(course, file, monkeypatch):
    inner = course / "other"
    (inner / ".dlcourse").mkdir(parents=True)
    monkeypatch.chdir(inner)
    progress.record_attempt("convolution", "zero_pad", 1.0)
    assert not file.exists()
    assert progress.read(inner)["exercises"] and not progress.read(course)["exercises"]


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"exercises": 3}', '{"version": 1}', "\ufeff{"])
def test_a_damaged_file_is_kept_beside_a_new_one(course, file, text):
    file.write_text(text)
    assert progress.read()["exercises"] == {}
    sentence = progress.record_attempt("convolution", "zero_pad", 1.0)
    assert "damaged" in sentence
    assert progress.read()["exercises"]["convolution/zero_pad"]["passed"]
    (kept,) = leftovers(course)
    assert kept in sentence
    assert (file.parent / kept).read_text() == text
    assert progress.record_attempt("convolution", "zero_pad", 1.0) is None


def test_wrong_types_in_an_entry_break_nothing(file):
    odd = {"attempts": "many", "best": None, "passed": "yes", "hints": [], "own": 1}
    file.write_text(json.dumps({"version": 1, "exercises": {"a/b": odd, "c/d": 7}, "note": "kept"}))
    assert progress.record_attempt("a", "b", 0.25) is None
    data = progress.read()
    entry = data["exercises"]["a/b"]
    assert (entry["attempts"], entry["best"], entry["passed"], entry["own"]) == (1, 0.25, False, 1)
    assert data["note"] == "kept" and "c/d" not in data["exercises"]


IN_A_PROCESS = """
import sys
from dlcourse.workspace import progress
print(progress.record_attempt("convolution", "zero_pad", 1.0))
print(progress.record_hint("convolution", "zero_pad"), progress.last_problem())
"""


def test_a_full_disk_is_one_sentence_and_loses_nothing(course, file):
    progress.record_attempt("convolution", "zero_pad", 0.5)
    before = file.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS],
        capture_output=True,
        text=True,
        check=True,
        # Writing one byte to any file fails in this process, as it does on a full disk.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)),
    )
    sentence, hint = done.stdout.splitlines()
    assert sentence == "Your progress was not saved: the disk is full, so free some space and run the check again."
    assert hint == f"1 {sentence}"
    assert done.stderr == ""
    assert file.read_bytes() == before
    assert leftovers(course) == []


def test_a_read_only_folder_is_one_sentence_and_loses_nothing(course, file):
    progress.record_attempt("convolution", "zero_pad", 0.5)
    before = file.read_bytes()
    os.chmod(file.parent, 0o555)
    done = subprocess.run([*AS_ANYBODY, sys.executable, "-c", IN_A_PROCESS], capture_output=True, text=True)
    os.chmod(file.parent, 0o755)
    sentence, hint = done.stdout.splitlines()
    assert sentence.startswith("Your progress was not saved: ") and "may not be written to" in sentence
    assert hint.startswith("1 ")
    assert done.stderr == ""
    assert file.read_bytes() == before
    assert leftovers(course) == []


def test_a_deleted_working_directory_is_no_error(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    code = f"import os; os.rmdir({str(folder)!r}); " + "from dlcourse.workspace import progress; "
    code += "print(progress.record_attempt('a', 'b', 1.0), progress.read()['exercises'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.stdout == "None {}\n", done.stderr


def record_many(times: int) -> None:
    for _ in range(times):
        assert progress.record_attempt("convolution", "zero_pad", 0.5) is None


def test_two_notebooks_at_once_lose_no_attempt(course, file):
    with concurrent.futures.ProcessPoolExecutor(4) as pool:
        for done in [pool.submit(record_many, 25) for _ in range(4)]:
            done.result()
    assert progress.read()["exercises"]["convolution/zero_pad"]["attempts"] == 100
    assert leftovers(course) == []


def test_a_lock_left_by_a_killed_kernel_is_taken_over(course, file):
    lock = file.with_suffix(".lock")
    lock.touch()
    os.utime(lock, (1, 1))
    assert progress.record_attempt("convolution", "zero_pad", 0.5) is None
    assert leftovers(course) == []
    assert progress.read()["exercises"]["convolution/zero_pad"]["attempts"] == 1


def test_writing_keeps_the_file_mode_and_replaces_in_one_step(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    os.chmod(path, 0o640)
    inode = path.stat().st_ino
    progress.write_atomically(path, "new\n")
    assert path.read_text() == "new\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_ino != inode
    assert list(tmp_path.iterdir()) == [path]


def test_a_solution_that_was_looked_at_is_noted_and_stays(course, file):
    progress.record_solution("pooling", "pool_forward")
    progress.record_attempt("pooling", "pool_forward", 1.0)
    entry = progress.read()["exercises"]["pooling/pool_forward"]
    assert (entry["solution"], entry["passed"], entry["attempts"]) == (True, True, 1)
