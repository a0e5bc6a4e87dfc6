"""Which mistake it is: the exercise's own, what an error means, or what an answer shows by itself."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from dlcourse.checking import patterns, raising
from dlcourse.checking.answers import alike, alike_within, named_outputs, near
from dlcourse.checking.calling import Outcome
from dlcourse.checking.comparing import compare, written
from dlcourse.checking.exercise import Case, Claim, Exercise, Mistake, two_sentences
from dlcourse.checking.nearness import ANOTHER, Nearness
from dlcourse.checking.report import Failure

# An answer is a mistake's but for rounding where it is so many times nearer to it than to what is right.
NEARER = 1 / 16


@dataclasses.dataclass(frozen=True)
class Row:
    """One case: what came of it, in each form of its arguments, and the failure that is told, if it failed."""

    number: int
    case: Case
    outcomes: tuple[Outcome, ...]
    failure: Failure | None
    telling: Outcome

    @property
    def raised(self) -> bool:
        return self.failure is not None and self.telling.kind == "error"


def named_mistake(exercise: Exercise, prepared: Any, rows: Sequence[Row]) -> Mistake | None:
    """The mistake to tell, or None where none is known.

    Args:
        prepared: the cases, with `variant(mistake, row)`: what a wrong variant gives.
    """
    first = rows[0].telling
    none_is_an_answer = any(expected is None for _, expected, _ in prepared.rows)
    something = any(row.telling.kind == "value" and row.telling.value is not None for row in rows)
    if first.kind == "value" and first.value is None and not (none_is_an_answer and something):
        return Mistake("no-return", f"{exercise.name} returns nothing: a function without `return` gives None.")
    failed = [row for row in rows if row.failure is not None]
    calm = [row for row in rows if not row.raised]
    if not failed:
        return Mistake("changes-input", "The function writes into one of its arguments, which the caller still needs.")
    return (
        _own(exercise, prepared, rows)
        or _nearly_own(exercise, prepared, rows)
        or (_raised(exercise, prepared, rows, failed[0]) if failed[0].raised else None)
        or (_own(exercise, prepared, calm) if len(calm) < len(rows) else None)
        or (_two(exercise, prepared, rows) if len(calm) == len(rows) else None)
        or _shown(exercise, failed)
        or _chosen(failed)
        or _in_the_answers(exercise, failed)
        or _by_outputs(exercise, failed)
        or next((found for row in failed if row.raised and (found := _raised(exercise, prepared, rows, row))), None)
    )


def _own(exercise: Exercise, prepared: Any, rows: Sequence[Row]) -> Mistake | None:
    """The first of the exercise's own mistakes that all cases show. Corner cases are asked only where they alone fail:
    a guard that is there or missing must not hide a mistake."""
    for mistake, asked in _asked(exercise, rows):
        # where nothing but errors came, their kind alone says too little
        exact = all(row.raised for row in asked)
        if all(
            any(_shows_safely(exercise, prepared, mistake, row.number, outcome, exact) for outcome in row.outcomes)
            for row in asked
        ):
            return mistake
    return None


def _asked(exercise: Exercise, rows: Sequence[Row]) -> Iterator[tuple[Mistake, list[Row]]]:
    """Each of the exercise's own mistakes, and the cases that must show it."""
    only_corners = not any(row.failure is not None and not row.case.corner for row in rows)
    # a case that failed tells most mistakes apart, so it is asked first
    ordered = sorted(rows, key=lambda row: row.failure is None)
    for mistake in (*exercise.mistakes, *exercise.forms):
        if mistake.group is None:
            asked = [row for row in ordered if only_corners or not row.case.corner]
        else:
            asked = [row for row in ordered if row.case.group == mistake.group]
        if any(row.failure is not None for row in asked):
            yield mistake, asked


def _nearly_own(exercise: Exercise, prepared: Any, rows: Sequence[Row]) -> Mistake | None:
    """The nearest of the exercise's own mistakes, where rounding keeps an answer from being that of any: computed in
    float32, the difference of two large numbers has lost digits. It must be far nearer than what is right."""
    if any(row.telling.kind != "value" for row in rows):
        return None
    nearest, found = NEARER, None
    for mistake, asked in _asked(exercise, rows):
        farthest, told = 0.0, False
        for row in asked:
            came = _nearness(exercise, prepared, mistake, row)
            farthest, told = max(farthest, came.share), told or (came.told and row.failure is not None)
            if farthest >= nearest:
                break
        if told and farthest < nearest:
            nearest, found = farthest, mistake
    return found


def _nearness(exercise: Exercise, prepared: Any, mistake: Mistake, row: Row) -> Nearness:
    with contextlib.suppress(Exception):  # an answer that no known mistake gives may be of any kind
        if mistake.recognise is not None:
            return ANOTHER
        if row.number == 0 and exercise.may_show is not None and not exercise.may_show(mistake.key, row.telling):
            return ANOTHER
        variant, expected = prepared.variant(mistake, row.number), prepared.rows[row.number][1]
        parts = variant.value, row.telling.value, expected
        if mistake.group and all(isinstance(part, dict) and mistake.group in part for part in parts):
            parts = tuple(part[mistake.group] for part in parts)
        if variant.kind == "value":
            return near(exercise, row.case, *parts)
    return ANOTHER


def _two(exercise: Exercise, prepared: Any, rows: Sequence[Row]) -> Mistake | None:
    """Two of the exercise's own mistakes, each in outputs of its own: between them they show every output of each case,
    and neither changes what is right."""
    if any(row.case.probe or row.case.compare for row in rows):
        return None  # networks take their time; boxes in any order have no outputs of their own
    wrong = {
        name for row in rows if row.failure is not None for name, right in row.failure.verdicts.items() if not right
    }
    if len(wrong) < 2:
        return None
    ordered = [row for row in sorted(rows, key=lambda row: row.failure is None) if not row.case.corner]
    explained: dict[frozenset[str], Mistake] = {}
    for mistake in (*exercise.mistakes, *exercise.forms):
        outputs = _outputs_shown(exercise, prepared, mistake, ordered, wrong)
        if not outputs or outputs in explained:
            continue
        for others, other in explained.items():
            if other.key != mistake.key and outputs | others == wrong:
                return Mistake(f"{other.key}+{mistake.key}", two_sentences(other.message, mistake.message))
        explained[outputs] = mistake
    return None


def _outputs_shown(
    exercise: Exercise, prepared: Any, mistake: Mistake, rows: Sequence[Row], wrong: set[str]
) -> frozenset[str]:
    """The wrong outputs that a mistake explains in every case; none, if it changes one that is right or explains one
    in some of the cases only."""
    if mistake.recognise is not None or mistake.group is not None:
        return frozenset()
    explained: set[str] = set()
    unlike: set[str] = set()
    with contextlib.suppress(Exception):  # an answer that no known mistake gives may be of any kind
        for row in rows:
            variant, expected = prepared.variant(mistake, row.number), prepared.rows[row.number][1]
            if variant.kind != "value":
                return frozenset()
            made, right = (named_outputs(exercise, expected, value) for value in (variant.value, expected))
            came, same = named_outputs(exercise, expected, row.telling.value), alike_within(row.case)
            if not made or not came:
                return frozenset()
            for name, part in made.items():  # one output after the other: the first rules most mistakes out
                if not same(came[name], part):
                    unlike.add(name)
                if not same(right[name], part):
                    explained.add(name)
                    if name in unlike:
                        return frozenset()
            if explained & unlike or not explained < wrong:
                return frozenset()
        return frozenset(explained)
    return frozenset()


def _raised(exercise: Exercise, prepared: Any, rows: Sequence[Row], row: Row) -> Mistake | None:
    """What the error means, and the mistake that the cases without an error show, which waits behind it."""
    found = raising.explain(row.telling.error, row.telling.line, exercise.raised, row.case.args, exercise.names)
    if found is None:
        return None
    key, message = found
    if row.number != next(other.number for other in rows if other.failure is not None):
        message = f"In another case ({row.case.title}) there is an error in the line `{row.telling.line}`. {message}"
    behind = _own(exercise, prepared, [other for other in rows if not other.raised])
    return Mistake(key, f"{message} Behind it another one waits: {behind.message}" if behind else message)


def _shown(exercise: Exercise, failed: Sequence[Row]) -> Mistake | None:
    told = [row for row in failed if row.telling.kind == "value"]
    for shown in exercise.shown:
        with contextlib.suppress(Exception):  # what a learner returned may be anything
            if told and all(shown.test(row.case.args, row.failure.expected, row.failure.got) for row in told):
                return Mistake(shown.key, shown.message)
    return None


def _chosen(failed: Sequence[Row]) -> Mistake | None:
    """A word that is none of those from which a claim lets choose, or a number with one slip in its working."""
    claim = getattr(failed[0].case.compare, "__self__", None)
    got = failed[0].telling.value
    if not isinstance(claim, Claim) or not isinstance(got, dict):
        return None
    answer = got.get(claim.name)
    if (
        claim.choices
        and answer is not None
        and not (isinstance(answer, str) and answer.strip().casefold() in claim.choices)
    ):
        return Mistake(
            "not-one-of-the-words",
            f"{written(answer)} cannot be chosen for {claim.name!r}: the answers are "
            f"{', '.join(map(repr, claim.choices))}.",
        )
    if not claim.choices and isinstance(answer, str):
        return Mistake(
            "number-wanted", f"{claim.name!r} is a number, and {written(answer)} is a text: leave the quotes out."
        )
    if claim.working and (sentence := claim.working.slip(answer)):
        return Mistake("slip-in-the-working", sentence)
    return None


def _in_the_answers(exercise: Exercise, failed: Sequence[Row]) -> Mistake | None:
    told = [row.failure for row in failed if row.telling.kind == "value"]
    if any(row.case.probe and isinstance(row.failure.expected, (dict, list)) for row in failed):
        return None  # what a probe saw of a model, or tokens: no array that a function fills
    with contextlib.suppress(Exception):  # what a learner returned may be anything
        found = patterns.explain(exercise.name, exercise.outputs, [_pairs(exercise, failure) for failure in told])
        return Mistake(*found) if found else None
    return None


def _pairs(exercise: Exercise, failure: Failure) -> list[patterns.Pair]:
    if (
        isinstance(failure.expected, dict)
        and isinstance(failure.got, dict)
        and set(failure.expected) - set(failure.got)
    ):
        return [("The result", failure.expected, failure.got)]
    outputs = failure.outputs
    if outputs:
        return [(name, *outputs[name]) for name, right in failure.verdicts.items() if not right]
    return [("The result", failure.expected, failure.got)]


def _by_outputs(exercise: Exercise, failed: Sequence[Row]) -> Mistake | None:
    """The place to look at, told by which outputs are wrong."""
    if not exercise.places or any(row.raised or not row.failure.verdicts for row in failed):
        return None
    wrong = {name for row in failed for name, right in row.failure.verdicts.items() if not right}
    for place in exercise.places:
        if place.wrong <= wrong <= place.wrong | place.perhaps:
            return Mistake(place.key, place.message)
    return None


def _shows_safely(*asked: Any) -> bool:
    """An answer that no known mistake gives may be of any kind."""
    try:
        return bool(_shows(*asked))
    except Exception:
        return False


def _shows(exercise: Exercise, prepared: Any, mistake: Mistake, row: int, outcome: Outcome, exact: bool) -> bool:
    """Whether the outcome of one case is that of a named mistake."""
    if mistake.recognise is not None:
        return outcome.kind == "value" and mistake.recognise(outcome.value)
    if row == 0 and exercise.may_show is not None and not exercise.may_show(mistake.key, outcome):
        return False
    return _alike(exercise, prepared.cases[row], outcome, prepared.variant(mistake, row), mistake.group, exact)


def _alike(exercise: Exercise, case: Case, outcome: Outcome, variant: Outcome, group: str | None, exact: bool) -> bool:
    if outcome.kind != variant.kind:
        return False
    if outcome.kind == "error":
        kind, _, text = outcome.error.partition(":")
        other, _, words = variant.error.partition(":")
        return kind == other and (not exact or text == words)
    if outcome.kind != "value":
        return True
    left, right = variant.value, outcome.value
    if isinstance(left, dict) and isinstance(right, dict) and group in left:  # the group is one of the outputs
        left, right = {group: left.get(group)}, {group: right.get(group)}
        return compare(left, right, "") is None
    if case.compare is not None:
        return case.compare(left, right) is None
    return alike(exercise, case, left, right)
