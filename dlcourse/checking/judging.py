"""Draw the cases of an exercise, have them performed, compare, and decide.

`judge` does not call the learner's function: `perform` does, beside it in a notebook, in a sandbox under
`autograder grade`. Expected values stay here.
"""

from __future__ import annotations

import dataclasses
import functools
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlcourse.checking import calling, learner_errors, plain
from dlcourse.checking.answers import difference as difference_of
from dlcourse.checking.calling import Call, Made, Outcome
from dlcourse.checking.comparing import oversized
from dlcourse.checking.exercise import UNCHANGED, UNSET, Case, Exercise, Mistake
from dlcourse.checking.naming import Row, named_mistake
from dlcourse.checking.report import Failure, Group, Report, describe_call

LONGEST_MESSAGE = 2000

Perform = Callable[[Sequence[Call]], Sequence[Outcome]]


def judge(exercise: Exercise, perform: Perform, seed: int) -> Report:
    """Check one learner's function.

    Args:
        perform: carries out calls on the learner's functions, and reports what happened.
        seed: the cases are drawn from it; the same seed draws the same cases.
    """
    outcomes = list(perform(questions(exercise, seed)))
    report = verdict(exercise, outcomes, seed)
    if report.attempted and not report.passed and all(outcome.kind != "died" for outcome in outcomes):
        with np.errstate(all="ignore"):
            return dataclasses.replace(report, helper=_wrong_helper(exercise, perform))
    return report


def questions(exercise: Exercise, seed: int) -> Sequence[Call]:
    """The calls that are to be made; what must come of them is computed too, once for a whole class."""
    with np.errstate(all="ignore"):  # whatever the learner's notebook has set, and however large the numbers are
        return _prepare(exercise, seed).calls


def verdict(exercise: Exercise, outcomes: list[Outcome], seed: int, naming: bool = True) -> Report:
    """The report on what the calls of `questions` did; with `naming`, the mistake that they show."""
    with np.errstate(all="ignore"):
        return _report_twice(exercise, _prepare(exercise, seed), outcomes, seed, naming)


def failing_cases(exercise: Exercise, outcomes: list[Outcome], seed: int) -> dict[int, Failure]:
    """The failures by the numbers of their cases, simplest first."""
    with np.errstate(all="ignore"):
        prepared = _prepare(exercise, seed)
        tamed = _tamed(prepared, outcomes)
        found = {}
        for number, (case, expected, positions) in enumerate(prepared.rows):
            failure, _ = _verdict(exercise, case, expected, [tamed[position] for position in positions])
            if failure is not None:
                found[number] = failure
        return found


def questions_of(exercise: Exercise, seed: int, number: int) -> list[Call]:
    """The calls of one case, such as screens many changes of a function quickly."""
    prepared = _prepare(exercise, seed)
    return [prepared.calls[position] for position in prepared.rows[number][2]]


def failure_of(exercise: Exercise, outcomes: list[Outcome], seed: int, number: int) -> Failure | None:
    """What is wrong with the outcomes of `questions_of`; None where one of them is right."""
    with np.errstate(all="ignore"):
        case, expected, _ = _prepare(exercise, seed).rows[number]
        tamed = [
            dataclasses.replace(outcome, value={"not plain": words})
            if outcome.kind == "value" and (words := oversized(expected, outcome.value))
            else outcome
            for outcome in outcomes
        ]
        return _verdict(exercise, case, expected, tamed)[0]


def _wrong_helper(exercise: Exercise, perform: Perform) -> str:
    """A sentence on the first of the learner's own functions that this one builds on and that fails its own check."""
    helpers = [other for name, other in exercise.siblings.items() if name in exercise.companions]
    for helper in helpers:
        prepared = _prepare(helper, 0)  # always the same cases, which are drawn once
        report = _report_twice(helper, prepared, list(perform(prepared.calls)), 0, naming=False)
        if report.attempted and not report.passed:
            return (
                f"Your {helper.name} fails its own check, and {exercise.name} builds on it: put {helper.name} right "
                "first, and run this check again."
            )
    return ""


def _report_twice(exercise: Exercise, prepared: _Prepared, outcomes: list[Outcome], seed: int, naming: bool) -> Report:
    """The report, with a second look at numbers in float64 that may have been computed in float32: added up in an array
    of np.zeros, they don't show it. An answer that is right when it is rounded to float32 would have been right in
    float32, so it is right, unless it is that of a known mistake, which may be a small one."""
    report = _report(exercise, prepared, outcomes, seed, naming)
    if not report.attempted or report.passed or report.mistake is not None:
        return report
    rounded = [dataclasses.replace(outcome, value=plain.rounded(outcome.value)) for outcome in outcomes]
    again = _report(exercise, prepared, rounded, seed, naming=False)
    if again.score <= report.score:
        return report
    if not naming and _report(exercise, prepared, outcomes, seed).mistake is not None:
        return report
    return _report(exercise, prepared, rounded, seed) if naming else again


def _report(exercise: Exercise, prepared: _Prepared, outcomes: list[Outcome], seed: int, naming: bool = True) -> Report:
    if len(outcomes) != len(prepared.calls):
        outcomes = [Outcome("died", error="the answers did not come back")] * len(prepared.calls)
    if calling.not_attempted(outcomes):
        groups = [Group(name, weight, False, count) for name, weight, count in prepared.groups]
        note = "" if outcomes[-1].kind == "not attempted" else f"There is no function called {exercise.name}."
        return Report(exercise.topic, exercise.name, seed, False, groups, [], note=note)
    outcomes = _tamed(prepared, outcomes)
    verdicts = [
        _verdict(exercise, case, expected, [outcomes[position] for position in positions])
        for case, expected, positions in prepared.rows
    ]
    failures = [failure for failure, _ in verdicts if failure is not None]
    changed = sorted({name for outcome in outcomes for name in outcome.changed})
    rows = [
        Row(number, case, tuple(outcomes[position] for position in positions), failure, outcomes[positions[telling]])
        for number, ((case, _, positions), (failure, telling)) in enumerate(zip(prepared.rows, verdicts, strict=True))
    ]
    groups = _groups(prepared, outcomes, rows, changed)
    if not failures and changed:
        failures.append(_changed_failure(exercise, prepared, changed))
    mistake = named_mistake(exercise, prepared, rows) if failures and naming else None
    return Report(
        exercise.topic,
        exercise.name,
        seed,
        True,
        groups,
        failures,
        mistake,
        sum(outcome.seconds for outcome in outcomes),
        outcomes[0].printed,
        _note(exercise, outcomes[0]) if failures else _note_on_the_cache(exercise, prepared, outcomes, verdicts),
    )


def _tamed(prepared: _Prepared, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, with what is far too large to be looked into named in place of itself."""
    tamed = list(outcomes)
    for _, expected, positions in prepared.rows:
        for position in positions:
            if outcomes[position].kind == "value" and (words := oversized(expected, outcomes[position].value)):
                tamed[position] = dataclasses.replace(outcomes[position], value={"not plain": words})
    return tamed


def draw_cases(exercise: Exercise, seed: int) -> list[Case]:
    """The cases of an exercise for one seed; each exercise has a stream of random numbers of its own."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{exercise.topic}/{exercise.name}".encode())])
    return list(exercise.cases(rng))


class _Prepared:
    """The cases of an exercise for one seed, with their expected values: made once, used for a whole class."""

    def __init__(self, exercise: Exercise, seed: int) -> None:
        self.exercise = exercise
        self.cases = draw_cases(exercise, seed)
        self.calls: list[Call] = []
        self.rows: list[tuple[Case, Any, list[int]]] = []
        for case in self.cases:
            positions = []
            for documented in (False, True) if any(isinstance(arg, Made) for arg in case.args) else (True,):
                positions.append(len(self.calls))
                self.calls.append(exercise.call(case, documented))
            for args in case.also:
                positions.append(len(self.calls))
                self.calls.append(exercise.call(dataclasses.replace(case, args=args), documented=True))
            self.rows.append((case, self._expected(case), positions))
        self._variants: dict[tuple[Mistake, int], Outcome] = {}

    @property
    def groups(self) -> list[tuple[str, float, int]]:
        """Name, weight and number of cases of each group; inputs can only be changed where they are arrays, lists or
        dictionaries."""
        counts: dict[str, int] = {}
        for case, expected, _ in self.rows:
            for name in _labels(self.exercise, expected) if self.exercise.by_output else (case.group,):
                counts[name] = counts.get(name, 0) + 1
        rows = [(name, self.exercise.weights.get(name, 1.0), count) for name, count in counts.items()]
        if any(not case.probe and any(map(_can_be_changed, case.args)) for case in self.cases):
            rows.append((UNCHANGED, self.exercise.weights.get(UNCHANGED, 1.0), len(self.cases)))
        return rows

    def _expected(self, case: Case) -> Any:
        if case.expect is not UNSET:
            value, labels = case.expect, self.exercise.outputs
            if labels and labels.count(None) == len(labels) - 1 and not isinstance(value, tuple):
                value = tuple(None if label is None else value for label in labels)
            return calling.to_plain(value)
        call = self.exercise.call(case, documented=True)
        outcome = _outcome(self.exercise, self.exercise.reference, call)
        if outcome.kind != "value":
            raise RuntimeError(f"The reference of {self.exercise.name} fails on {case.title!r}: {outcome.error}")
        return outcome.value

    def variant(self, mistake: Mistake, row: int) -> Outcome:
        """What a wrong variant gives on one case; computed when it is asked for, since models take their time."""
        if (mistake, row) not in self._variants:
            call = self.exercise.call(self.cases[row], documented=True)
            self._variants[mistake, row] = _outcome(self.exercise, mistake.variant, call)
        return self._variants[mistake, row]


@functools.lru_cache(maxsize=64)
def _prepare(exercise: Exercise, seed: int) -> _Prepared:
    return _Prepared(exercise, seed)


def _outcome(exercise: Exercise, function: Callable, call: Call) -> Outcome:
    """What the reference or a wrong variant does with a call. Networks take their time, and many of their calls are
    the same for every seed: what is seen of them is kept."""
    if call.probe:
        return _probed(exercise, function, plain.dumps(call.to_plain()))
    try:  # the course's own code: no need for what guards against a learner's
        return Outcome("value", calling.plain_result(function(*plain.copy(call.args)), call.keep))
    except Exception as error:
        return Outcome("error", error=learner_errors.describe(error))


@functools.lru_cache(maxsize=512)
def _probed(exercise: Exercise, function: Callable, call: bytes) -> Outcome:
    return calling.perform({exercise.name: function}, [Call.from_plain(plain.loads(call))])[0]


def _labels(exercise: Exercise, expected: Any) -> tuple[str, ...]:
    """The names of the outputs that are graded."""
    if isinstance(expected, dict):
        return tuple(map(str, expected))
    return tuple(label for label in exercise.outputs or () if label is not None)


def _can_be_changed(arg: Any) -> bool:
    return isinstance(arg, (np.ndarray, list, dict)) or (isinstance(arg, tuple) and any(map(_can_be_changed, arg)))


def _verdict(exercise: Exercise, case: Case, expected: Any, outcomes: list[Outcome]) -> tuple[Failure | None, int]:
    """None where one of the outcomes (own cache, documented cache) is right; else the failure of the telling one."""
    failures = []
    for position, outcome in enumerate(outcomes):
        failure = _failure(exercise, case, expected, outcome)
        if failure is None:
            return None, position
        failures.append(failure)
    with_value = [position for position, outcome in enumerate(outcomes) if outcome.kind == "value"]
    with_error = [position for position, outcome in enumerate(outcomes) if outcome.kind == "error"]
    telling = (with_value or with_error or [len(outcomes) - 1])[0]
    return failures[telling], telling


def _failure(exercise: Exercise, case: Case, expected: Any, outcome: Outcome) -> Failure | None:
    if outcome.kind == "value":
        difference, verdicts = difference_of(exercise, case, expected, outcome.value)
        if difference is None:
            return None
        call = describe_call(exercise, case.args)
        message = difference.message
        kind = outcome.value.get("not plain") if isinstance(outcome.value, dict) else None
        if kind == "coroutine":
            message = f"{exercise.name} begins with `async def`, so that a call does nothing yet: write `def`."
        elif kind == "generator":
            message = f"{exercise.name} has a `yield` in it, so that a call does nothing yet: write `return`."
        if outcome.value is None:
            message = f"{exercise.name} returned None: is there a `return` at its end?"
        return Failure(
            case.title,
            case.group,
            call,
            message[:LONGEST_MESSAGE],
            expected,
            outcome.value,
            difference.index,
            verdicts=verdicts,
            args=case.args,
        )
    message = {
        "not attempted": "This case is not written yet (NotImplementedError).",
        "no companion": f"This needs another of your functions: {outcome.error}.",
    }.get(outcome.kind, f"{exercise.name} raised {outcome.error}." if outcome.kind == "error" else f"{outcome.error}.")
    call = describe_call(exercise, case.args)
    return Failure(case.title, case.group, call, message, expected, None, line=outcome.line)


def _groups(prepared: _Prepared, outcomes: list[Outcome], rows: list[Row], changed: list[str]) -> list[Group]:
    failed = _failed_groups([row.case for row in rows if row.failure is not None])
    if prepared.exercise.by_output:
        names = {name for name, _, _ in prepared.groups} - {UNCHANGED}
        wrong = [
            row for row in rows if row.failure is not None and not (row.raised and _one_kind_raises(prepared, rows))
        ]
        failed = {name for name in names for row in wrong if not row.failure.verdicts.get(name, False)}
    if any(row.failure is not None for row in rows):
        failed.add(UNCHANGED)
    if any(outcome.kind == "died" for outcome in outcomes):  # as a grader has it: an exercise that dies has no points
        failed |= {name for name, _, _ in prepared.groups}
    return [
        Group(name, weight, name not in failed and not (name == UNCHANGED and changed), count)
        for name, weight, count in prepared.groups
    ]


def _failed_groups(cases: list[Case]) -> set[str]:
    """The groups that cases cost which went wrong. One slip costs one group: a case with several difficulties counts
    against its own where the others are mastered by themselves."""
    failed = {case.group for case in cases if not case.besides}
    for case in cases:
        if failed.isdisjoint(case.besides):
            failed.add(case.group)
    return failed


def _one_kind_raises(prepared: _Prepared, rows: list[Row]) -> bool:
    """Whether errors rise in one kind of cases only: then they cost the last group, and each output is judged by the
    other cases, for an error does not say which of the outputs it belongs to."""
    raising = {row.case.group for row in rows if row.raised}
    others = {row.case.group for row in rows} - raising
    return len(raising) == 1 and len(others) > 1 and any(name == UNCHANGED for name, _, _ in prepared.groups)


def _changed_failure(exercise: Exercise, prepared: _Prepared, changed: list[str]) -> Failure:
    what = ", ".join(changed)
    return Failure(
        "inputs unchanged",
        UNCHANGED,
        describe_call(exercise, prepared.cases[0].args),
        f"The result is right, but {exercise.name} changes its input {what}: work on a copy.",
    )


def _note_on_the_cache(exercise: Exercise, prepared: _Prepared, outcomes: list, verdicts: list) -> str:
    """What is right with the documented cache only leaves the fault with the function that makes the cache."""
    for (case, _, positions), (_, position) in zip(prepared.rows, verdicts, strict=True):
        makers = [arg.function for arg in case.args if isinstance(arg, Made)]
        if makers and position > 0 and outcomes[positions[0]].kind in ("value", "error"):
            return (
                f"{exercise.name} is right with the cache as the text describes it, but not with the one that your "
                f"{makers[0]} returns: look at that one again."
            )
    return ""


def _note(exercise: Exercise, outcome: Outcome) -> str:
    if outcome.reads:
        names = ", ".join(f"`{name}`" for name in outcome.reads)
        return (
            f"{exercise.name} reads {names} from the notebook, not from its arguments: what it returns then depends "
            f"on cells run before."
        )
    return ""
