"""Run a rebuilt notebook in a walled kernel, and judge each exercise at its check: the kernel only computes.

A kernel that dies, hangs or is ended costs the cell or the exercise it was at. The next one repeats the cells before
it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.grading.clock import clock
from autograder.grading.wording import Lost, describe, no_verdict, public_error, wrong_helper
from dlcourse import checks
from dlcourse.checking.calling import Call, Outcome
from dlcourse.checking.judging import judge, questions, verdict
from dlcourse.checking.report import Report
from dlcourse.handing_in.names import imports_only, statements, syntax_error, used
from dlcourse.handing_in.rebuilding import Program, Step

NOT_THERE = ("ImportError", "ModuleNotFoundError")
OUT_OF_TIME = "The time for the whole notebook was over."
START_ATTEMPTS = 3
BEYOND_REPAIR = 25  # kernels for one submission


@dataclasses.dataclass
class Judged:
    """The verdicts on one rebuilt notebook."""

    exercises: list[dict]
    cells: list[dict]  # those that raised an error or were ended
    kernels: int
    seconds: float

    @property
    def interrupted(self) -> bool:
        return any(cell["status"] not in ("error", "skipped") for cell in self.cells) or any(
            exercise["status"] == "died" for exercise in self.exercises
        )


def judge_program(
    program: Program, topic: str, seed: int, pool: Any, limits: Any, budget: float, patience: float = 60.0
) -> Judged:
    """Grade a rebuilt notebook.

    Args:
        pool: gives kernels, such as `autograder.kernels.KernelPool`.
        limits: for each cell and each exercise.
        budget: seconds for the whole notebook; what is not judged by then earns nothing. Only the kernels' own time
            counts, not that in which a busy machine let them wait.
        patience: seconds of processor time for comparing what came back for one exercise.

    Raises:
        OutOfTime: one comparison took longer.
    """
    run = _Run(program, pool, limits, budget)
    started, judged = time.monotonic(), []
    source = "\n".join(step.source for step in program.steps if step.kind in ("exercise", "own"))
    with contextlib.closing(run):
        for index, step in enumerate(program.steps):
            if step.kind == "check":
                judged.append(_judge_exercise(run, index, step, topic, seed, source, patience))
            elif step.run and step.kind != "text":
                run.execute(index)
    for one in judged:
        if helper := wrong_helper(checks.get(topic, one["name"]), one, judged):
            one["helper"] = helper
    cells = [
        _cell(program.steps[index], status, error, source) for index, (status, error) in sorted(run.faults.items())
    ]
    return Judged(judged, cells, run.kernels, round(time.monotonic() - started, 3))


def report_of(program: Program, topic: str, name: str, seed: int, pool: Any, limits: Any, budget: float) -> Report:
    """The whole report on one exercise, hidden inputs included: for the teacher only."""
    run = _Run(program, pool, limits, budget)
    with contextlib.closing(run):
        for index, step in enumerate(program.steps):
            if step.kind == "check" and step.name == name:
                return judge(checks.get(topic, name), functools.partial(run.perform, index), seed)
            if step.run and step.kind not in ("check", "text"):
                run.execute(index)
    raise KeyError(name)


def _judge_exercise(run: _Run, index: int, step: Step, topic: str, seed: int, source: str, patience: float) -> dict:
    exercise = checks.get(topic, step.name)
    outcomes = list(run.perform(index, questions(exercise, seed)))
    lost, fault, score = run.lost.get(index), _fault(run, step, source), 0.0
    try:
        with clock(patience, f"Judging {step.name}"):
            report = verdict(exercise, outcomes, seed)
            said = describe(exercise, report, lost, fault, source)
        score = 0.0 if lost else round(report.score * float(step.points), 4)
    except Exception as error:  # a fault of the course; it must not cost the learner the other exercises
        said = no_verdict(Lost(f"What it returned could not be judged ({type(error).__name__}); tell your teacher."))
    return {"name": step.name, "points": float(step.points), "score": score, **said}


def _fault(run: _Run, step: Step, source: str) -> str:
    """What became of an exercise's own cell, if anything did."""
    written = next(
        (i for i, other in enumerate(run.program.steps) if other.kind == "exercise" and other.name == step.name), -1
    )
    if written not in run.faults:
        return ""
    status, error = run.faults[written]
    if status != "error":
        return f"Its cell was ended. {error}"
    return f"Its cell raised {syntax_error(run.program.steps[written].source) or public_error(error, source)}"


def _cell(step: Step, status: str, error: str, source: str) -> dict:
    shown = (syntax_error(step.source) or public_error(error, source)) if status == "error" else error
    return {"id": step.id, "kind": step.kind, "status": status, "error": shown}


class _Run:
    """The kernels of one submission, one after another, and what was lost in them."""

    def __init__(self, program: Program, pool: Any, limits: Any, budget: float) -> None:
        self.program, self.pool, self.limits, self.left = program, pool, limits, budget
        self.faults: dict[int, tuple[str, str]] = {}  # cell -> status and error
        self.lost: dict[int, Lost] = {}  # check -> why it has no verdict
        self.kernels = 0
        self._done: list[int] = []  # cells to repeat in a new kernel
        self._kernel: Any = None
        self._closing = contextlib.ExitStack()

    def execute(self, index: int) -> None:
        """Run one cell. One that ends its kernel is left out from then on."""
        if self._ready():
            self._execute(index)
        else:
            self.faults[index] = ("skipped", OUT_OF_TIME)

    def perform(self, index: int, calls: Sequence[Call]) -> Sequence[Outcome]:
        """Have the calls of one exercise made; outcomes of kind "died" where the kernel did not survive them."""
        if not self._ready():
            self.lost[index] = Lost(OUT_OF_TIME)
        else:
            with self._spending():
                outcomes = self._kernel.perform(calls, self._limits())
            if all(outcome.kind != "died" for outcome in outcomes):
                return outcomes
            self.lost[index] = Lost(self._kernel.death_reason or "The kernel ended.")
            self._end_kernel()
        return [Outcome("died", error=self.lost[index].reason.rstrip("."))] * len(calls)

    def close(self) -> None:
        self._end_kernel()

    def _execute(self, index: int) -> bool:
        step = self.program.steps[index]
        with self._spending():
            outcome = self._kernel.run_cell(step.source, self._limits())
            lacks = outcome.error_name == "NameError" and self._uses_what_is_not_there(step.source)
            if lacks or outcome.error_name in NOT_THERE or (step.kind == "setup" and outcome.status == "error"):
                ended = self._run_the_others(step)
                outcome = ended or outcome
        if outcome.status == "ok" or outcome.error_name:  # it raised, at most
            if outcome.status != "ok":
                self.faults[index] = ("error", outcome.error)
            if index not in self._done:
                self._done.append(index)
            return True
        self.faults[index] = (outcome.status, outcome.error or self._kernel.death_reason)
        self._end_kernel()
        return False

    def _run_the_others(self, step: Step) -> Any:
        """One import that isn't there must not take along what comes after it: imports are tried one by one, and from
        the first that fails on every statement is, as if it were in a cell of its own. Gives an outcome that ended
        the kernel, if one did."""
        failed = step.kind == "setup"
        for statement in statements(step.source):
            imports = imports_only(statement)
            if not failed and not imports:
                failed = self._uses_what_is_not_there(statement)
            elif imports or failed:
                outcome = self._kernel.run_cell(statement, self._limits())
                failed = failed or (imports and outcome.status != "ok")
                if not self._kernel.alive:
                    return outcome
        return None

    def _uses_what_is_not_there(self, source: str) -> bool:
        """Whether code uses a name whose import was left out when the notebook was rebuilt."""
        return bool(used(source) & set(self.program.removed))

    def _ready(self) -> bool:
        """A living kernel in which every cell so far has been run, those left out that end it."""
        while self._kernel is None or not self._kernel.alive:
            if self.left <= 0 or self.kernels >= BEYOND_REPAIR:
                return False
            self._end_kernel()
            self._kernel = self._new_kernel()
            repeat, self._done = self._done, []
            for position, index in enumerate(repeat):
                if not self._execute(index):
                    self._done += repeat[position + 1 :]
                    break
        return self.left > 0

    def _new_kernel(self) -> Any:
        """A machine under load may need a second try; that no kernel starts is never the learner's doing."""
        for attempt in range(1, START_ATTEMPTS + 1):
            self.kernels += 1
            try:
                return self._closing.enter_context(self.pool.kernel())
            except RuntimeError:
                if attempt == START_ATTEMPTS:
                    raise
        raise AssertionError

    @contextlib.contextmanager
    def _spending(self) -> Iterator[None]:
        """Take what the kernel does from the notebook's time."""
        started, waited = time.monotonic(), self._kernel.waited
        yield
        self.left -= time.monotonic() - started - (self._kernel.waited - waited)

    def _limits(self) -> Any:
        """The limits of one cell or exercise; none may outlast the notebook's time."""
        left = max(1.0, self.left)
        return dataclasses.replace(self.limits, wall=left) if left < self.limits.wall else self.limits

    def _end_kernel(self) -> None:
        self._kernel = None
        self._closing.close()
