"""Grade a class: take in, hand out tasks, write each result as it comes, and pass it on to the gradebook."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from autograder import executors, sandbox
from autograder.forkserver import ForkServer
from autograder.grading import grade_submission, make_settings, make_task, unreadable
from autograder.records import Records, write
from autograder.submissions import Intake, Submission
from dlcourse.handing_in.master import Master, read_master

if TYPE_CHECKING:
    from autograder.store.gradebook import GradebookWriter

Progress = Callable[[int, int], None]


@dataclass
class Plan:
    """Everything that a run needs."""

    intake: Intake
    settings: dict
    records: Records
    course: Path
    master: Master
    crew: executors.Crew
    scheduler: str | None = None
    database: str | None = None  # None: no gradebook
    force: bool = False
    dry: bool = False  # write nothing


@dataclass
class Done:
    """What a run did."""

    results: list[dict] = field(default_factory=list)
    graded: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)  # for the teacher


def plan(intake: Intake, master: Path, seed: int, records: Records, course: Path, **options) -> Plan:
    """Fill in what follows from the rest."""
    chosen = {key: options.pop(key) for key in ("isolation", "seconds", "budget", "needs") if key in options}
    settings = make_settings(master, seed, **chosen)
    read = read_master(settings["assignment"], settings["master"])
    return Plan(intake, settings, records, course, read, **options)


def grade_class(run: Plan, progress: Progress) -> Done:
    """Grade what isn't graded yet. `progress` is told how many of how many are done."""
    done, started = Done(), time.monotonic()
    publisher = _Publisher(run, done)
    total, finished = len(run.intake.submissions), 0
    try:
        progress(0, total)
        for result, fresh in _results(run):
            if fresh and not run.dry:
                run.records.save(result)
            publisher.pass_on(result)
            done.graded += fresh
            done.results.append(_light(result))
            finished += 1
            progress(finished, total)
    finally:
        publisher.close()
    done.results.sort(key=lambda result: result["student"])
    done.seconds = time.monotonic() - started
    return done


def _results(run: Plan) -> Iterator[tuple[dict, bool]]:
    """Known results first, then the new ones in the order in which they are ready."""
    new: list[Submission] = []
    for submission in run.intake.submissions:
        task = _task(run, submission)
        known = None if run.force else run.records.graded(submission.student, task["digest"])
        if known is not None:
            yield known, False
        elif submission.missing or task["problem"]:
            status = "missing" if submission.missing else "unreadable"
            yield unreadable(task, run.master, task["problem"], status), True
        else:
            new.append(submission)
    if not new:
        return
    make_executor, window = _executor(run)
    with _server(run) as where:
        tasks = ({**_task(run, submission), **where} for submission in new)
        for result in executors.run(
            grade_submission, tasks, make_executor, window, lambda *failure: _failed(run, *failure)
        ):
            yield result, True


@contextlib.contextmanager
def _server(run: Plan) -> Iterator[dict]:
    """One fork server for all grading processes of this machine, where kernels can be forked."""
    offer = sandbox.isolation(run.settings["isolation"])
    if run.scheduler or not offer.warm:
        yield {}
        return
    with contextlib.closing(ForkServer(run.settings["needs"], run.master.topic, offer.level)) as server:
        server.begin()
        yield {"server": str(server.folder), "isolation": offer.level}


def _task(run: Plan, submission: Submission) -> dict:
    content, problem = submission.content()
    return make_task(submission.student, content, run.settings, problem, submission.notes)


def _executor(run: Plan):
    if run.scheduler:
        executor, threads = executors.cluster(run.scheduler)
        return lambda: executor, 2 * threads
    return run.crew.executor, 2 * run.crew.workers


def _failed(run: Plan, task: dict, error: BaseException) -> dict:
    from concurrent.futures import BrokenExecutor

    reason = f"The grader failed on this submission ({type(error).__name__}: {error})."
    if isinstance(error, BrokenExecutor):
        reason = "The grading process ended twice while it worked on this submission."
    return unreadable(task, run.master, reason, "failed")


def _light(result: dict) -> dict:
    """What the reports need, so that a large class fits into memory."""
    return {**result, "program": []}


class _Publisher:
    """The one writer of the gradebook, the graded notebooks and the feedback pages.

    A gradebook that cannot be written costs nobody their result: the next run passes on what is missing.
    """

    def __init__(self, run: Plan, done: Done) -> None:
        self.run, self.done = run, done
        self.submissions: dict[str, Submission] = {one.student: one for one in run.intake.submissions}
        self.own_course = run.course.resolve() == run.records.folder.resolve()
        self.published = run.records.published()
        self.wants_gradebook = bool(run.database) and not run.dry
        self.gradebook: GradebookWriter | None = None
        self.there: set[str] = set()
        if self.wants_gradebook:  # nbgrader takes seconds to import, in which the first submissions can be graded
            threading.Thread(target=_import_nbgrader, daemon=True).start()

    @functools.cached_property
    def _opened(self) -> bool:
        """Open the gradebook once, with the first result."""
        from autograder.store.gradebook import GradebookError, GradebookWriter

        try:
            self.gradebook = GradebookWriter(self.run.database)
            self.gradebook.prepare(self.run.settings["assignment"], self.run.settings["master"])
            self.there = self.gradebook.students(self.run.settings["assignment"])
        except GradebookError as error:
            self._give_up(error)
        return self.gradebook is not None

    def pass_on(self, result: dict) -> None:
        run, student = self.run, result["student"]
        if run.dry or result["status"] == "failed":
            return
        wants_gradebook = self.wants_gradebook and result["status"] != "missing"
        mark = hashlib.sha256(f"{result['digest']} {run.database} {run.course.resolve()}".encode()).hexdigest()[:32]
        page = run.course / "feedback" / student / result["assignment"] / f"{result['assignment']}.html"
        there = student in self.there if wants_gradebook and self._opened and self.gradebook else True
        if f"{mark} {student}" in self.published and there and page.exists() and not run.force:
            return
        from autograder.publishing import publish

        publish(result, run.master, run.settings["master"], run.course, run.records.folder)
        if self.own_course:
            self._keep(self.submissions[student], result["assignment"])
        if wants_gradebook and not self._enter(result):
            return
        run.records.note_published(f"{mark} {student}")

    def _keep(self, submission: Submission, name: str) -> None:
        """Formgrader lists who is in `submitted/`; a folder of results that is a course of its own gets a copy."""
        kept = self.run.course / "submitted"
        if submission.file is None or submission.file.path.parent.resolve().is_relative_to(kept.resolve()):
            return
        folder = kept / submission.student / name
        folder.mkdir(parents=True, exist_ok=True)
        content, problem = submission.content()
        if not problem:
            write(folder / f"{name}.ipynb", content)

    def _enter(self, result: dict) -> bool:
        from autograder.store.gradebook import GradebookError

        if self.gradebook is None:
            return False
        try:
            self.gradebook.write(result, self.submissions[result["student"]].member)
        except GradebookError as error:
            self._give_up(error)
            return False
        return True

    def _give_up(self, error: Exception) -> None:
        said = str(error).rstrip(".")
        self.done.problems.append(f"{said}. Every result is in {self.run.records.folder}; run the same command again.")
        self.close()
        self.gradebook = None

    def close(self) -> None:
        if self.gradebook is not None:
            self.gradebook.close()


def _import_nbgrader() -> None:
    with contextlib.suppress(Exception):  # whoever needs it says what is wrong with it
        importlib.import_module("nbgrader.api")
