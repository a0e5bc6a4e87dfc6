"""A whole class, graded by the command: each earns exactly what is theirs, and nobody is touched by anybody else.

`class_of_sixty.py` says who hands in what and what it earns; DLCOURSE_CLASS=eve,colab grades a part of it.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil
import pytest
from class_of_sixty import Handed, Places, make_class
from classroom import ROOT, Assignment

from autograder.grading.students import safe_name
from dlcourse import checks

SEED = 5
LIMITS = ("--seconds", "6", "--budget", "90")


@dataclass
class Graded:
    """The class, what was found after its run, and what its run did to this machine."""

    assignment: Assignment
    everybody: list[Handed]
    places: Places
    done: subprocess.CompletedProcess
    seconds: float
    processes: set[psutil.Process] = field(default_factory=set)
    folders: set[Path] = field(default_factory=set)
    callers: list = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    temporary: Path = Path()

    def of(self, kind: str) -> list[Handed]:
        return [one for one in self.everybody if one.kind == kind]


class Watcher(threading.Thread):
    """Notes every process that a command starts, and the folders that its sandboxes are given."""

    def __init__(self, process: subprocess.Popen) -> None:
        super().__init__(daemon=True)
        self.process, self.found, self.folders = process, set(), set()

    def run(self) -> None:
        while self.process.poll() is None:
            try:
                started = psutil.Process(self.process.pid).children(recursive=True)
            except psutil.Error:
                break
            for one in set(started) - self.found:
                try:
                    self.folders |= {Path(w).parent for w in one.cmdline() if w.endswith("/course") and w != "/course"}
                except psutil.Error:
                    continue
            self.found |= set(started)
            time.sleep(0.2)


class Listener:
    """A service on this machine that no submission may reach."""

    def __init__(self) -> None:
        self.abstract = f"dlcourse-test-{os.getpid()}"
        self.callers: list = []
        self.sockets = [socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)]
        self.sockets[1].bind("\0" + self.abstract)
        self.sockets[1].listen()
        self.port = self.sockets[0].getsockname()[1]
        for one in self.sockets:
            threading.Thread(target=self.listen, args=(one,), daemon=True).start()

    def listen(self, one: socket.socket) -> None:
        while True:
            try:
                self.callers.append(one.accept())
            except OSError:
                return

    def close(self) -> None:
        for one in self.sockets:
            one.close()


def hand_in(submitted: Path, one: Handed, assignment: str) -> None:
    folder = submitted / one.student / assignment
    folder.mkdir(parents=True)
    path = folder / (one.file or f"{assignment}.ipynb")
    if isinstance(one.content, Path):
        path.symlink_to(one.content)
    else:
        path.write_bytes(one.content)


def grade(submitted: Path, release: Path, out: Path, temporary: Path) -> tuple[subprocess.CompletedProcess, Watcher]:
    temporary.mkdir()
    words = ["grade", submitted, "-a", release, "--out", out, "--seed", SEED, *LIMITS]
    words += ["--isolation", "bubblewrap", "--workers", 2]
    command = [sys.executable, "-m", "autograder.command", *map(str, words)]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TMPDIR": str(temporary), "SECRET_SEED": "seed 5"}
    log = temporary.parent / f"{temporary.name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        watcher = Watcher(process)
        watcher.start()
        try:
            process.wait(timeout=900)
        finally:
            process.kill()
    watcher.join()
    text = log.read_text(errors="replace")
    return subprocess.CompletedProcess(command, process.returncode, text), watcher


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(out: Path) -> dict[str, dict]:
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def key(one: Handed) -> str:
    name = safe_name(one.student)
    return f"'{name}" if name[0] in "=+-@" else name


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    root = tmp_path_factory.mktemp("class")
    assignment, listener = Assignment(), Listener()
    places = Places(ROOT, root / "submitted", root / "out", listener.port, listener.abstract)
    everybody = make_class(assignment, places)
    if only := os.environ.get("DLCOURSE_CLASS"):  # a part of the class, while one works on it
        everybody = [one for one in everybody if any(word in one.student for word in only.split(","))]
    for one in everybody:
        hand_in(places.submitted, one, assignment.name)
    release = assignment.write_release(root)
    before, started = digests(places.submitted), time.monotonic()
    done, watcher = grade(places.submitted, release, places.out, root / "temporary")
    seconds = time.monotonic() - started
    listener.close()
    return Graded(
        assignment,
        everybody,
        places,
        done,
        seconds,
        watcher.found,
        watcher.folders,
        listener.callers,
        before,
        root / "temporary",
    )


def expected(one: Handed, points: dict[str, float]) -> dict[str, float]:
    """The exact score of each exercise."""
    scores = {name: points[name] if name in one.earns else 0.0 for name in points}
    for name, source in one.partly:
        namespace = {"np": np, "zero_pad": lambda X, p: np.pad(X, ((0, 0), (p, p), (p, p), (0, 0)))}
        exec(source, namespace)
        report = checks.run("convolution", name, namespace[name], seed=SEED, namespace=namespace)
        assert 0 < report.score < 1
        scores[name] = round(report.score * points[name], 4)
    return scores


def test_it_is_a_class_of_sixty_and_more(graded):
    assert len({key(one) for one in graded.everybody}) == len(graded.everybody) >= 60
    assert len(graded.of("hostile")) >= 40 and len(graded.of("honest")) >= 8


@pytest.mark.parametrize("kind", ["honest", "damaged", "broken", "hostile"])
def test_everybody_earns_exactly_what_is_theirs(graded, kind):
    points, found = graded.assignment.points, rows(graded.places.out)
    wrong = {}
    for one in graded.of(kind):
        row, scores = found[key(one)], expected(one, points)
        got = ({name: float(row[name]) for name in points}, float(row["score"]), row["status"])
        status = row["status"] if row["status"] in one.status.split(" or ") else one.status
        wanted = (scores, round(sum(scores.values()), 4), status)
        if got != wanted:
            lost = [name for name in points if got[0][name] != scores[name]]
            wrong[one.student] = (lost, got[1:], wanted[1:], row["repairs"][:300])
    assert wrong == {}


def test_the_run_ends_by_itself_and_says_that_some_work_could_not_be_graded(graded):
    assert graded.done.returncode == 1, graded.done.stdout[-3000:]
    assert "Traceback" not in graded.done.stdout and "\x1b" not in graded.done.stdout
    assert len(rows(graded.places.out)) == len(graded.everybody)
    assert graded.seconds < 900


def test_no_process_and_no_folder_is_left(graded):
    _, alive = psutil.wait_procs(graded.processes, timeout=10)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert graded.folders and [folder for folder in graded.folders if folder.exists()] == []
    assert list(graded.temporary.iterdir()) == []


def test_what_was_handed_in_is_untouched_and_nothing_was_added(graded):
    assert digests(graded.places.submitted) == graded.before
    names = {path.name for path in graded.places.out.iterdir()}
    assert names <= {
        ".autograder.lock",
        "autograded",
        "build",
        "feedback",
        "gradescope",
        "notebooks",
        "gradebook.db",
        "grades.csv",
        "nbgrader_config.py",
        "published",
        "results.json",
        "run.json",
        "submissions",
        "submitted",
    }
    assert not [path for path in graded.places.out.parent.rglob("*") if path.name in ("pwned", "forged")]
    assert not (ROOT / "pwned").exists()


def test_nobody_reached_the_network(graded):
    assert graded.callers == []


def test_the_gradebook_has_the_scores_of_the_table(graded):
    with sqlite3.connect(graded.places.out / "gradebook.db") as book:
        found = dict(
            book.execute(
                "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
                " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
                " join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id group by 1"
            )
        )
    table = {name.removeprefix("'"): float(row["score"]) for name, row in rows(graded.places.out).items()}
    assert found == pytest.approx(table)


def test_pages_and_results_stay_small_and_hold_no_markup_of_learners(graded):
    for page in (graded.places.out / "feedback").rglob("*.html"):
        text = page.read_text(encoding="utf-8", errors="strict")
        assert "<script>" not in text and "[[[[" not in text  # no markup of theirs, and no hidden input
        assert len(text) < 2 * 2**20, page
    content = json.loads((graded.places.out / "results.json").read_text(encoding="utf-8"))
    assert "[[[[" not in json.dumps(content)
    assert len(content["submissions"]) == len(graded.everybody)
    assert (graded.places.out / "results.json").stat().st_size < 4 * 2**20


def test_the_honest_score_the_same_as_graded_alone(graded, tmp_path):
    together = rows(graded.places.out)
    for one in graded.of("honest"):
        hand_in(tmp_path / "submitted", one, graded.assignment.name)
    release = graded.assignment.write_release(tmp_path)
    done, _ = grade(tmp_path / "submitted", release, tmp_path / "out", tmp_path / "temporary")
    assert done.returncode == 0, done.stdout
    assert rows(tmp_path / "out") == {key(one): together[key(one)] for one in graded.of("honest")}
