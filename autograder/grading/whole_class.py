"""Grade a class: take in, hand out tasks, write each result as it comes, and pass it on to the gradebook."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from autograder.grading import executors
from autograder.grading.assignments import other_notebooks
from autograder.grading.deadline import Deadline
from autograder.grading.one_submission import grade_submission, make_settings, make_task, unreadable
from autograder.grading.records import Records
from autograder.grading.submissions import Intake, Submission
from autograder.running import memory, sandbox
from autograder.running.forkserver import ForkServer
from autograder.running.limits import Limits
from dlcourse.handing_in.master import Master, read_master

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
    deadline: Deadline | None = None


@dataclass
class Done:
    """What a run did."""

    results: list[dict] = field(default_factory=list)
    graded: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)  # for the teacher
    marks: dict[str, dict] = field(default_factory=dict)  # what teachers have given by hand


def plan(intake: Intake, master: Path, seed: int, records: Records, course: Path, **options) -> Plan:
    """Fill in what follows from the rest."""
    chosen = {key: options.pop(key) for key in ("isolation", "seconds", "budget", "needs") if key in options}
    settings = make_settings(master, seed, others=other_notebooks(master), **chosen)
    read = read_master(settings["assignment"], settings["master"])
    return Plan(intake, settings, records, course, read, **options)


class Publisher(Protocol):
    """Where results go as they come: `autograder.results.publisher`."""

    def pass_on(self, result: dict) -> None: ...

    def take_over(self) -> None: ...

    def close(self) -> None: ...


def grade_class(run: Plan, progress: Progress, publisher: Callable[[Plan, Done], Publisher]) -> Done:
    """Grade what isn't graded yet. `progress` is told how many of how many are done."""
    done, started = Done(), time.monotonic()
    published = publisher(run, done)
    told = {one.student: _told(one, run.deadline) for one in run.intake.submissions}
    total, finished = len(run.intake.submissions), 0
    try:
        progress(0, total)
        for result, fresh in _results(run):
            by_platform = told[result["student"]]
            new = fresh or any(result.get(key) != value for key, value in by_platform.items())
            result |= by_platform
            if new and not run.dry:
                run.records.save(result)
            published.pass_on(result)
            done.graded += fresh
            done.results.append(_light(result))
            finished += 1
            progress(finished, total)
        published.take_over()
    finally:
        published.close()
    done.results.sort(key=lambda result: result["student"])
    done.seconds = time.monotonic() - started
    return done


def _told(one: Submission, deadline: Deadline | None) -> dict:
    """What the hand-in and the deadline say of one result, whatever is in the notebook."""
    lateness = deadline.lateness(one) if deadline else {}
    late_by = lateness.get("late_by")
    late = one.late if late_by is None else late_by > 0  # the platform's word, unless the time is known
    return {"late": late, "submitted": one.when, "known_as": one.known_as, "lateness": lateness}


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
    if run.scheduler:
        yield {}
        return
    share = {"memory": memory.share(run.crew.workers, Limits.memory)}
    if not offer.warm:
        yield share
        return
    with contextlib.closing(ForkServer(run.settings["needs"], run.master.topic, offer.level)) as server:
        server.begin()
        yield {"server": str(server.folder), "isolation": offer.level, **share}


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
