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

from dlcourse.checking import calling, plain
from dlcourse.checking.calling import Call, Made, Outcome
from dlcourse.checking.comparing import IN_WORDS, Difference, compare, oversized, safely
from dlcourse.checking.exercise import UNCHANGED, UNSET, Case, Exercise, Mistake
from dlcourse.checking.report import Failure, Group, Report, describe_call

LONGEST_MESSAGE = 2000

Perform = Callable[[Sequence[Call]], Sequence[Outcome]]


def judge(exercise: Exercise, perform: Perform, seed: int) -> Report:
    """Check one learner's function.

    Args:
        perform: carries out calls on the learner's functions, and reports what happened.
        seed: the cases are drawn from it; the same seed draws the same cases.
    """
    return verdict(exercise, list(perform(questions(exercise, seed))), seed)


def questions(exercise: Exercise, seed: int) -> Sequence[Call]:
    """The calls that are to be made; what must come of them is computed too, once for a whole class."""
    with np.errstate(all="ignore"):  # whatever the learner's notebook has set, and however large the numbers are
        return _prepare(exercise, seed).calls


def verdict(exercise: Exercise, outcomes: list[Outcome], seed: int) -> Report:
    """The report on what the calls of `questions` did."""
    with np.errstate(all="ignore"):
        return _report(exercise, _prepare(exercise, seed), outcomes, seed)


def _report(exercise: Exercise, prepared: _Prepared, outcomes: list[Outcome], seed: int) -> Report:
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
    groups = _groups(prepared, outcomes, verdicts, changed)
    if not failures and changed:
        failures.append(_changed_failure(exercise, prepared, changed))
    mistake = _named_mistake(exercise, prepared, outcomes, verdicts) if failures else None
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
        _note_on_the_cache(exercise, prepared, outcomes, verdicts)
        if not failures
        else ""
        if mistake
        else _note(exercise, outcomes[0]),
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
        self._variants: dict[tuple[str, int], Outcome] = {}

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
        if (mistake.key, row) not in self._variants:
            call = self.exercise.call(self.cases[row], documented=True)
            self._variants[mistake.key, row] = _outcome(self.exercise, mistake.variant, call)
        return self._variants[mistake.key, row]


@functools.lru_cache(maxsize=64)
def _prepare(exercise: Exercise, seed: int) -> _Prepared:
    return _Prepared(exercise, seed)


def _outcome(exercise: Exercise, function: Callable, call: Call) -> Outcome:
    """What the reference or a wrong variant does with a call. Networks take their time, and many of their calls are
    the same for every seed: what is seen of them is kept."""
    if call.probe:
        return _probed(exercise, function, plain.dumps(call.to_plain()))
    return calling.perform({exercise.name: function}, [call])[0]


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


def _size(args: Any) -> tuple[int, float]:
    """How many numbers go in, and how large they are."""
    if isinstance(args, Made):
        return _size(args.otherwise)
    if isinstance(args, np.ndarray) and args.dtype.kind in "fiu":
        return args.size, float(np.max(np.abs(args), initial=0.0))
    if isinstance(args, dict):
        args = list(args.values())
    if isinstance(args, (list, tuple)):
        sizes = [_size(arg) for arg in args]
        return sum(size for size, _ in sizes), max((scale for _, scale in sizes), default=0.0)
    return 0, 0.0


def _difference(exercise: Exercise, case: Case, expected: Any, value: Any) -> tuple[Difference | None, dict]:
    """The first difference, and a verdict for each named output."""
    if case.compare is not None:
        return safely(functools.partial(_told, case), expected, value, "the result"), {}
    terms, scale = _size(case.args)
    how = (case.tolerance, terms, scale or 1.0)
    labels = exercise.outputs
    if labels and isinstance(expected, (list, tuple)) and len(expected) == len(labels):
        if not isinstance(value, (list, tuple)) or len(value) != len(labels):
            count = len(value) if isinstance(value, (list, tuple)) else 1
            values = "one value" if count == 1 else f"{count} values"
            return Difference(f"{exercise.name} returns {values}; {len(labels)} were expected.", "length"), {}
        found = {
            label: safely(compare, left, right, label, *how)
            for label, left, right in zip(labels, expected, value, strict=True)
            if label is not None
        }
    elif isinstance(expected, dict) and isinstance(value, dict):
        words = IN_WORDS if "parameters" in expected else {}
        found = {
            str(key): safely(compare, part, value[key], words.get(key, str(key)), *how)
            if key in value
            else Difference(f"{exercise.name}'s result has no entry {key!r}.", "missing")
            for key, part in expected.items()
        }
    else:
        label = labels[0] if labels and labels[0] and len(labels) == 1 else "the result"
        return safely(compare, expected, value, label, *how), {}
    first = next((difference for difference in found.values() if difference), None)
    return first, {label: difference is None for label, difference in found.items()}


def _told(case: Case, expected: Any, value: Any, label: str) -> Difference | None:
    """The sentence of a case's own comparison."""
    sentence = case.compare(expected, value)
    return Difference(sentence, "compare") if sentence else None


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
        difference, verdicts = _difference(exercise, case, expected, outcome.value)
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


def _groups(prepared: _Prepared, outcomes: list, verdicts: list, changed: list[str]) -> list[Group]:
    failures = [failure for failure, _ in verdicts if failure is not None]
    if prepared.exercise.by_output:
        names = {name for name, _, _ in prepared.groups} - {UNCHANGED}
        failed = {name for name in names for failure in failures if not failure.verdicts.get(name, False)}
    else:
        failed = {failure.group for failure in failures}
    if failures:
        failed.add(UNCHANGED)
    if any(outcome.kind == "died" for outcome in outcomes):  # as a grader has it: an exercise that dies has no points
        failed |= {name for name, _, _ in prepared.groups}
    return [
        Group(name, weight, name not in failed and not (name == UNCHANGED and changed), count)
        for name, weight, count in prepared.groups
    ]


def _changed_failure(exercise: Exercise, prepared: _Prepared, changed: list[str]) -> Failure:
    what = ", ".join(changed)
    return Failure(
        "inputs unchanged",
        UNCHANGED,
        describe_call(exercise, prepared.cases[0].args),
        f"The result is right, but {exercise.name} changes its input {what}: work on a copy.",
    )


def _named_mistake(exercise: Exercise, prepared: _Prepared, outcomes: list, verdicts: list) -> Mistake | None:
    first = outcomes[prepared.rows[0][2][verdicts[0][1]]]
    if first.kind == "value" and first.value is None:
        return Mistake("no-return", f"{exercise.name} returns nothing: a function without `return` gives None.")
    if all(failure is None for failure, _ in verdicts):
        return Mistake("changes-input", "The function writes into one of its arguments, which the caller still needs.")
    rows = [
        (number, case.group, positions, failure)
        for number, ((case, _, positions), (failure, _)) in enumerate(zip(prepared.rows, verdicts, strict=True))
    ]
    for mistake in exercise.mistakes:
        asked = [row for row in rows if mistake.group in (None, row[1])]
        if any(failure is not None for _, _, _, failure in asked) and all(
            any(_shows_safely(exercise, prepared, mistake, number, outcomes[position]) for position in positions)
            for number, _, positions, _ in asked
        ):
            return mistake
    return None


def _shows_safely(exercise: Exercise, prepared: _Prepared, mistake: Mistake, row: int, outcome: Outcome) -> bool:
    """An answer that no known mistake gives may be of any kind."""
    try:
        return bool(_shows(exercise, prepared, mistake, row, outcome))
    except Exception:
        return False


def _shows(exercise: Exercise, prepared: _Prepared, mistake: Mistake, row: int, outcome: Outcome) -> bool:
    """Whether the outcome of one case is that of a named mistake."""
    if mistake.recognise is not None:
        return outcome.kind == "value" and mistake.recognise(outcome.value)
    if row == 0 and exercise.may_show is not None and not exercise.may_show(mistake.key, outcome):
        return False
    return _alike(exercise, prepared.cases[row], outcome, prepared.variant(mistake, row), mistake.group)


def _alike(exercise: Exercise, case: Case, outcome: Outcome, variant: Outcome, group: str | None) -> bool:
    if outcome.kind != variant.kind:
        return False
    if outcome.kind == "error":
        return outcome.error.split(":")[0] == variant.error.split(":")[0]
    if outcome.kind != "value":
        return True
    left, right = variant.value, outcome.value
    if isinstance(left, dict) and isinstance(right, dict) and group in left:  # the group is one of the outputs
        left, right = {group: left.get(group)}, {group: right.get(group)}
        return compare(left, right, "") is None
    if case.compare is not None:
        sentence = case.compare(left, right)
        return sentence is None
    return _difference(exercise, case, left, right)[0] is None


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
