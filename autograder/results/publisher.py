"""Passes each result on as it comes: to the gradebook, the graded notebooks and the feedback pages."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import threading
from typing import TYPE_CHECKING

from autograder.grading.clock import OutOfTime, clock
from autograder.grading.records import write
from autograder.grading.submissions import Submission
from autograder.grading.whole_class import Done, Plan
from autograder.results import marks

if TYPE_CHECKING:
    from autograder.results.gradebook import GradebookWriter


SECONDS_FOR_PAGES = 60.0


class Publisher:
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
        self.anew: set[str] = set()  # whose pages were written in this run
        if self.wants_gradebook:  # nbgrader takes seconds to import, in which the first submissions can be graded
            threading.Thread(target=_import_nbgrader, daemon=True).start()

    @functools.cached_property
    def _opened(self) -> bool:
        """Open the gradebook once, with the first result."""
        from autograder.results.gradebook import GradebookError, GradebookWriter

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
        facts = f"{result['digest']} {run.database} {run.course.resolve()}{result.get('lateness') or ''}"
        mark = hashlib.sha256(facts.encode()).hexdigest()[:32]
        result = marks.with_penalty(result)
        page = run.course / "feedback" / student / result["assignment"] / f"{result['assignment']}.html"
        there = student in self.there if wants_gradebook and self._opened and self.gradebook else True
        if f"{mark} {student}" in self.published and there and page.exists() and not run.force:
            return
        from autograder.results.publishing import publish

        try:
            with clock(SECONDS_FOR_PAGES, f"Writing the pages of {student}", may_end=False):
                publish(result, run.master, run.settings["master"], run.course, run.records.folder)
        except OutOfTime as error:
            self.done.problems.append(f"{error} They are left out; the points are in {run.records.folder}.")
        self.anew.add(student)
        if self.own_course:
            self._keep(self.submissions[student], result["assignment"])
        if wants_gradebook and not self._enter(result):
            return
        run.records.note_published(f"{mark} {student}")

    def take_over(self) -> None:
        """See what teachers have given by hand in the gradebook, and put it into the results and the pages."""
        from autograder.results.gradebook import GradebookError
        from autograder.results.publishing import publish

        run, before = self.run, marks.load(self.run.records)
        now = before
        if self.gradebook is not None:
            try:
                now = self.gradebook.marks(run.settings["assignment"])
            except GradebookError as error:
                self._give_up(error)
        self.done.marks = now
        self.done.results = list(marks.joined(self.done.results, now))
        if run.dry:
            return
        marks.save(run.records, now)
        for student in sorted(self.submissions):
            changed = now.get(student) != before.get(student) or (student in self.anew and student in now)
            if changed and (result := run.records.load(student)):
                joined = marks.with_marks(result, now.get(student))
                publish(joined, run.master, run.settings["master"], run.course, run.records.folder)

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
        from autograder.results.gradebook import GradebookError

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
