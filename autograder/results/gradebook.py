"""nbgrader's gradebook, written through nbgrader's own API, by one process."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

from autograder.grading.students import Member
from autograder.results.marks import Marks

WAIT_SECONDS = 60  # for another process that is writing an SQLite file


class GradebookError(RuntimeError):
    """The gradebook cannot be used; the message says what to do. The results' own folder has everything."""


class GradebookWriter:
    """One connection to the gradebook of a course."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._names: dict[str, dict[str, str]] = {}
        with _plainly(url):
            from nbgrader import api

            api.get_alembic_version = _newest_schema
            self.gradebook = api.Gradebook(_patient(url))
            # Each result's objects are dropped once it is entered; until then nobody else changes them.
            self.gradebook.db().expire_on_commit = False

    def close(self) -> None:
        self.gradebook.close()

    def __enter__(self) -> GradebookWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def prepare(self, assignment: str, released: str) -> None:
        """Enter the assignment and its cells, as `nbgrader generate_assignment` would.

        Raises:
            GradebookError: the gradebook has grades for another version of the notebook.
        """
        with _plainly(self.url):
            import nbformat

            notebook = nbformat.reads(released, as_version=4)
            self.gradebook.update_or_create_assignment(assignment)
            if self._known_cells(assignment) == _cells(notebook):
                return
            from nbgrader.preprocessors import SaveCells

            resources = {"nbgrader": {"notebook": assignment, "assignment": assignment, "db_url": _patient(self.url)}}
            self.gradebook.db.commit()
            try:
                SaveCells().preprocess(notebook, resources)
            except RuntimeError:
                raise GradebookError(
                    f"The gradebook holds grades for another version of {assignment}: use another --db, or remove the "
                    "assignment from it (nbgrader db assignment remove)."
                ) from None
            self.gradebook.db.expire_all()

    def students(self, assignment: str) -> set[str]:
        """Everybody who has a submission there."""
        from nbgrader.api import Assignment, SubmittedAssignment

        with _plainly(self.url):
            query = self.gradebook.db.query(SubmittedAssignment.student_id).join(Assignment)
            return {student for (student,) in query.filter(Assignment.name == assignment).all()}

    def marks(self, assignment: str) -> dict[str, Marks]:
        """What people have given there: a score in place of the grader's, extra credit, comments; by student."""
        from nbgrader.api import Assignment, BaseCell, Comment, Grade, SubmittedAssignment, SubmittedNotebook

        def rows(kind: type, *columns):
            given = [column.is_not(None) for column in columns]
            query = self.gradebook.db.query(SubmittedAssignment.student_id, BaseCell.name, *columns)
            query = query.select_from(kind).join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
            query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            query = query.join(BaseCell, kind.cell_id == BaseCell.id)
            return query.filter(Assignment.name == assignment, or_(*given)).all()

        with _plainly(self.url):
            from sqlalchemy import or_

            found: dict[str, Marks] = {}
            for student, cell, score, extra in rows(Grade, Grade.manual_score, Grade.extra_credit):
                mark = found.setdefault(student, {}).setdefault(cell.removeprefix("check-"), {})
                mark |= {key: value for key, value in (("score", score), ("extra", extra)) if value is not None}
            for student, cell, comment in rows(Comment, Comment.manual_comment):
                if comment.strip():
                    mark = found.setdefault(student, {}).setdefault(cell.removeprefix("exercise-"), {})
                    mark["comment"] = comment.strip()
            return found

    def write(self, result: dict, member: Member | None = None) -> None:
        """Enter one result, all of it or nothing. Marks that a person has given stay, flagged for another look."""
        with _plainly(self.url), self._in_one_transaction():
            facts = (
                {}
                if member is None
                else {"first_name": member.first_name, "last_name": member.last_name, "email": member.email}
            )
            self.gradebook.update_or_create_student(
                result["student"], **{key: value for key, value in facts.items() if value}
            )
            submission = self.gradebook.update_or_create_submission(result["assignment"], result["student"])
            names = self._names_of_cells(result["assignment"])
            exercises = {exercise["name"]: exercise for exercise in result["exercises"]}
            for notebook in submission.notebooks:
                notebook.late_submission_penalty = result.get("penalty")
                for grade in notebook.grades:
                    exercise = exercises.get(names[grade.cell_id].removeprefix("check-"))
                    if exercise is not None:
                        grade.auto_score = float(exercise["score"])
                        grade.needs_manual_grade = grade.manual_score is not None
                for comment in notebook.comments:
                    exercise = exercises.get(names[comment.cell_id].removeprefix("exercise-"))
                    if exercise is not None:
                        comment.auto_comment = (
                            " ".join(filter(None, [exercise["message"], exercise["mistake"]])) or None
                        )
        self.gradebook.db.expunge_all()  # a class's worth of objects isn't needed

    @contextlib.contextmanager
    def _in_one_transaction(self) -> Iterator[None]:
        """nbgrader commits after each row that it makes; here the last step does it for all."""
        session = self.gradebook.db
        session.commit = session.flush
        try:
            yield
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.commit
        session.commit()

    def _names_of_cells(self, assignment: str) -> dict[str, str]:
        """The assignment's cells by their keys: asking each grade for its name is a query each."""
        if assignment not in self._names:
            notebook = self.gradebook.find_notebook(assignment, assignment)
            self._names[assignment] = {cell.id: cell.name for cell in [*notebook.grade_cells, *notebook.solution_cells]}
        return self._names[assignment]

    def _known_cells(self, assignment: str) -> dict[str, float]:
        from nbgrader.api import MissingEntry

        try:
            notebook = self.gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return {}
        cells = {cell.name: cell.max_score for cell in notebook.grade_cells}
        return cells | {cell.name: 0.0 for cell in notebook.solution_cells}


def _cells(notebook) -> dict[str, float]:
    marked = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {m.grade_id: float(m.get("points", 0)) for m in marked if m.grade} | {
        m.grade_id: 0.0 for m in marked if m.solution
    }


def _patient(url: str) -> str:
    """SQLite waits for other writers instead of failing at once."""
    from sqlalchemy.engine import make_url

    known = make_url(url)
    if known.get_backend_name() == "sqlite" and known.database not in (None, "", ":memory:") and not known.query:
        return known.update_query_dict({"timeout": str(WAIT_SECONDS)}).render_as_string(hide_password=False)
    return url


def _newest_schema() -> str:
    """What nbgrader writes into a new database. Its own way runs the program `alembic`: that takes seconds, and fails
    where the environment isn't activated."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    config = Config()
    config.set_main_option("script_location", ALEMBIC_DIR)
    return ScriptDirectory.from_config(config).get_current_head()


@contextlib.contextmanager
def _plainly(url: str) -> Iterator[None]:
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SQLAlchemy's, on the way nbgrader makes a submission's rows
            yield
    except GradebookError:
        raise
    except Exception as error:  # SQLAlchemy's, the driver's, nbgrader's own
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise GradebookError(f"The gradebook {_without_password(url)} cannot be written: {reason}") from error


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).render_as_string(hide_password=True)
    except Exception:  # not a URL at all
        return "given with --db"
