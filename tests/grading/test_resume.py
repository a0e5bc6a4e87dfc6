"""A grader that is killed goes on where it was, two of them keep out of each other's way, and nbgrader's own autograde
gives honest learners the same points."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import test_nbgrader
from class_of_sixty import EINSUM, FLOAT32, NO_BIAS, OTHER_NAMES
from classroom import ROOT, Assignment, hand_in
from test_class import rows
from test_nbgrader import marks_in, nbgrader

from autograder.building.notebooks import build, write
from autograder.running import runtime

KILLS = 10
CLASS = 32
STOPPED = "Stopped. What was graded is kept; the same command goes on from here."
QUIET = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "autograder.command", *map(str, words)]


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


@pytest.fixture
def words(assignment: Assignment, tmp_path: Path) -> list:
    """The command that grades a small class, up to where the results go."""
    for number in range(CLASS - 1):
        hand_in(tmp_path / "in", f"student{number}", assignment.solved(*list(assignment.points)[: number % 4 + 1]))
    hand_in(tmp_path / "in", "unreadable", "{")
    release = assignment.write_release(tmp_path)
    return ["grade", tmp_path / "in", "-a", release, "--seed", 3, "--workers", 2, "--out"]


def stamps(out: Path) -> set[tuple[str, int]]:
    """Which results are there, and when each was written."""
    return {(path.name, path.stat().st_mtime_ns) for path in (out / "submissions").glob("*.json")}


def left_behind() -> set[Path]:
    return {path for prefix in (runtime.PREFIX, runtime.NEW) for path in Path(runtime.base()).glob(f"{prefix}*")}


def kill(
    out: Path, grading: list[str], early: float | None, late: float, alone: bool
) -> tuple[list[psutil.Process], set[Path]]:
    """Start a grader and end it, with its whole process group unless `alone`: `early` seconds after its start (None:
    not then), at the latest `late` seconds after its first new result. Gives the processes and folders it had then."""
    begun, before = time.monotonic(), stamps(out)
    process = subprocess.Popen(grading, start_new_session=True, **QUIET)
    while len(stamps(out)) == len(before) and (early is None or time.monotonic() < begun + early):
        assert process.poll() is None, "the run has ended before it could be killed"
        time.sleep(0.01)
    if len(stamps(out)) > len(before):
        time.sleep(late)
    started = psutil.Process(process.pid).children(recursive=True)
    open_files = {Path(file.path) for one in started for file in files_of(one)}
    (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the run has ended before it could be killed"
    return started, {path.parent for path in open_files if path.parent.name.startswith(runtime.PREFIX)}


def files_of(process: psutil.Process) -> list:
    try:
        return process.open_files()
    except psutil.Error:
        return []


def test_killed_at_ten_random_moments_and_resumed_the_tables_are_the_same(words, tmp_path):
    undisturbed, killed, moments = tmp_path / "undisturbed", tmp_path / "killed", random.Random("ten moments")
    started, run = time.monotonic(), subprocess.Popen(command(*words, undisturbed), **QUIET)
    while len(stamps(undisturbed)) < 2:  # the unreadable one is there at once
        time.sleep(0.01)
    first = time.monotonic() - started
    assert run.wait() == 1  # one is unreadable
    graded, processes, folders = set(), [], set()
    for number in range(KILLS):
        early, late = None if number % 2 else moments.uniform(0, first), moments.uniform(0, 0.15)
        started, its_folders = kill(killed, command(*words, killed), early, late, alone=number % 4 > 1)
        assert stamps(killed) >= graded, "a result that was there was written again"
        graded, processes, folders = stamps(killed), processes + started, folders | its_folders
    assert 5 <= len(graded) < CLASS

    assert subprocess.run(command(*words, killed), **QUIET, check=False).returncode == 1
    assert stamps(killed) >= graded and len(stamps(killed)) == CLASS
    for name in ("grades.csv", "results.json"):
        assert (killed / name).read_bytes() == (undisturbed / name).read_bytes()
    assert marks_in(killed) == marks_in(undisturbed) and len(marks_in(killed)) == CLASS
    assert len(list((killed / "feedback").rglob("*.html"))) == CLASS
    assert len((killed / "published").read_text().splitlines()) == CLASS
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert folders, "no kill was late enough for a sandbox to be there"
    assert folders & left_behind() == set()


def test_ctrl_c_at_any_moment_ends_at_once_and_the_next_run_goes_on(words, tmp_path):
    """As a terminal sends it, to every process of the run, and pressed twice more while the run ends."""
    out, processes, moments = tmp_path / "out", [], random.Random("six moments")
    for early in (0.1, 1, 2.5, *(None for _ in range(3))):  # seconds from its first process, or with its first result
        before, grading = stamps(out), command(*words, out)
        process = subprocess.Popen(
            grading, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        while not psutil.Process(process.pid).children():
            assert process.poll() is None, "it ended before it had started anything"
            time.sleep(0.01)
        begun = time.monotonic()
        while len(stamps(out)) == len(before) and (early is None or time.monotonic() < begun + early):
            assert process.poll() is None, "the run has ended before it could be stopped"
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.15))
        processes += psutil.Process(process.pid).children(recursive=True)
        for _ in range(3):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.02)
        _, said = process.communicate(timeout=60)  # a run that hangs fails here
        assert (process.returncode, said.splitlines()) == (130, [STOPPED])
        assert stamps(out) >= before
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    kept = stamps(out)
    assert len(kept) < CLASS
    assert subprocess.run(command(*words, out), **QUIET, check=False).returncode == 1  # one is unreadable
    assert stamps(out) >= kept and len(stamps(out)) == CLASS == len(marks_in(out))


def test_ctrl_c_in_a_moment_in_which_python_swallows_it_ends_the_run_all_the_same():
    """In the callback of a weak reference an exception is told and ignored."""
    program = """
import signal, time, weakref
from autograder.commands.grade import interrupt_once

class Thing:
    pass

def callback(_):
    signal.raise_signal(signal.SIGINT)
    print("after the interrupt")

interrupt_once()
thing = Thing()
reference = weakref.ref(thing, callback)
try:
    del thing
    time.sleep(30)
except KeyboardInterrupt:
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are forked from a server on Linux only")
def test_ctrl_c_in_the_middle_of_a_process_s_start_leaves_no_process_that_nobody_knows_of():
    """Such a one found nothing left of what it was to work with, and said so in twenty lines."""
    program = """
import multiprocessing, os, signal, sys
from multiprocessing import popen_forkserver
from autograder.commands.grade import interrupt_once, stopped
from autograder.grading import executors
from rich.console import Console

class Server:
    def __getattr__(self, name):
        return getattr(server, name)

    def read_signed(self, handle):  # asked once for each process that starts: it is there, its number not yet known
        os.kill(os.getpid(), signal.SIGINT)
        return server.read_signed(handle)

server, popen_forkserver.forkserver = popen_forkserver.forkserver, Server()
interrupt_once()
try:
    executors.local(1, "convolution").submit(print, "nothing")
except KeyboardInterrupt:
    print(len(multiprocessing.active_children()))
    sys.exit(stopped(Console(stderr=True), "Stopped."))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "1\n", "Stopped.\n")


def test_ctrl_c_does_not_reach_a_run_in_a_script_s_background():
    program = """
import signal
from autograder.commands.grade import interrupt_once

signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell starts its background jobs
interrupt_once()
signal.raise_signal(signal.SIGINT)
print("goes on")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")


def test_two_graders_at_once_one_works_and_the_other_says_so(words, tmp_path):
    out, course = tmp_path / "out", tmp_path / "course"
    first = subprocess.Popen(command(*words, out, "--course", course), **QUIET)
    while not (out / "run.json").exists():
        assert first.poll() is None
        time.sleep(0.01)
    for others in (out, tmp_path / "other"):  # the same results, and other results of the same gradebook
        done = subprocess.run(
            command(*words, others, "--course", course), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2 and "Another grader is at work in" in done.stderr and str(first.pid) in done.stderr
        assert not (tmp_path / "other" / "grades.csv").exists()
    assert first.wait() == 1
    assert len(rows(out)) == len(marks_in(course)) == CLASS


# --- nbgrader's own autograde ---------------------------------------------------------------------------------------


@pytest.fixture
def course(assignment: Assignment, tmp_path: Path) -> Path:
    """A course in nbgrader's layout, in which honest learners have handed in."""
    folder = tmp_path / "course"
    (folder / "solutions").mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / f"{test_nbgrader.NAME}.py", folder / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    write(folder, build(folder))
    honest = {
        "blank": assignment.blank(),
        "einsum": assignment.honest(**EINSUM),
        "float32_other_names": assignment.honest(**FLOAT32, **OTHER_NAMES),
        "half": assignment.solved("zero_pad", "same_padding", "spot_the_mistake"),
        "no_bias": assignment.honest(conv_forward=NO_BIAS),
        "solution": assignment.honest(),
    }
    for student, notebook in honest.items():
        test_nbgrader.hand_in(folder, student, nbformat.from_dict(notebook))
    return folder


def test_nbgraders_own_autograde_gives_the_same_scores(course: Path, assignment: Assignment, tmp_path: Path) -> None:
    for step in ("generate_assignment", "autograde"):
        done = nbgrader(course, step, test_nbgrader.NAME)
        assert done.returncode == 0, done.stderr
    release = course / "notebooks" / test_nbgrader.NAME / f"{test_nbgrader.NAME}.ipynb"
    words = ("grade", course / "submitted", "-a", release, "--course", tmp_path / "ours", "--out", tmp_path / "out")
    ours = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ours.returncode == 0, ours.stderr
    marks, total = marks_in(course), sum(assignment.points.values())
    assert len(marks) == 6
    for student, row in rows(tmp_path / "out").items():
        assert {name: float(row[name]) for name in marks[student]} == pytest.approx(marks[student], abs=1e-4), student
        assert marks_in(tmp_path / "ours")[student] == pytest.approx(marks[student], abs=1e-4)
    sums = {student: sum(scores.values()) for student, scores in marks.items()}
    assert sums["solution"] == sums["einsum"] == sums["float32_other_names"] == total and sums["blank"] == 0
    assert 0 < sums["half"] < sums["no_bias"] < total
    assert 0 < marks["no_bias"]["conv_forward"] < assignment.points["conv_forward"]
