"""The search: change the learner's own function a little until it passes, and say where the change was."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from dlcourse.checking.calling import Call, Outcome
from dlcourse.checking.exercise import UNCHANGED, Exercise
from dlcourse.checking.judging import failing_cases, failure_of, questions, questions_of, verdict
from dlcourse.checking.report import Failure, Report
from dlcourse.leads.operators import KINDS, changes
from dlcourse.leads.places import Change, Text, applied, overlap, size

EVERY_CASE = "every case"
BATCH = 20
MOST_EDITS = 8  # of the same change in different places
MOST_CHANGES, MOST_KINDS = 5, 3
FOR_RIVALS = 1.0  # seconds
EVALUATIONS = 8000

Run = Callable[[Sequence[str], Sequence[Call]], Iterable[list[Outcome]]]


@dataclasses.dataclass(frozen=True)
class Lead:
    """Where a small change puts a function right, and nothing of what it is.

    `lines` are those of the function's text, from 1; `spans` are the expressions in it: line, first and last column.
    `kind` is a sentence on the kind of slip, or "" where that would be the answer. `proves` is "every case" or the
    groups of cases that are gained.
    """

    lines: tuple[int, ...]
    spans: tuple[tuple[int, int, int], ...]
    kind: str
    proves: str | tuple[str, ...]


def find(
    exercise: Exercise, seed: int, source: str, run: Run, seconds: float = 8.0, evaluations: int = EVALUATIONS
) -> Lead | None:
    """Where a small change makes a function pass; None where nothing sure can be said.

    Args:
        seed: that of the check which failed.
        source: the function's text.
        run: defines each of some texts of the function, and has it carry out the calls.
        seconds: for all of it.
        evaluations: how often a text may be run, however fast.
    """
    try:
        text = Text(source)
    except (SyntaxError, ValueError):
        return None
    budget = _Budget(seconds, evaluations)
    steps: list[_Step] = []
    base = _Base(exercise, seed, text, run, budget)
    if base.report.passed or not base.report.attempted:
        return None
    begun = base
    while len(steps) < MOST_CHANGES and not base.report.passed:
        step = base.step()
        if step is None:
            break
        steps.append(step)
        if step.silent or len({change.kind for each in steps for change in each.changes}) > MOST_KINDS:
            return None
        base = _Base(exercise, seed, Text(step.source), run, budget)
        if base.text.source.count("\n") != text.source.count("\n"):
            break  # lines are not where they were
    return _lead(begun, steps, base.report) if steps else None


class _Budget:
    def __init__(self, seconds: float, evaluations: int) -> None:
        self.began = time.process_time()
        self.seconds, self.evaluations = seconds, evaluations
        self.used = 0
        self._shortened = False

    @property
    def over(self) -> bool:
        return self.used >= self.evaluations or time.process_time() - self.began > self.seconds

    def shorten(self, seconds: float) -> None:
        """Once something is found: no more than so many seconds from now on."""
        if not self._shortened:
            self._shortened = True
            self.seconds = min(self.seconds, time.process_time() - self.began + seconds)


@dataclasses.dataclass(frozen=True)
class _Step:
    """What one round of the search has found: equally good changes, all in the same lines unless it is `silent`."""

    changes: tuple[Change, ...]
    source: str
    lines: tuple[int, ...]
    silent: bool


class _Base:
    """A text that fails, from which the search goes one step."""

    def __init__(self, exercise: Exercise, seed: int, text: Text, run: Run, budget: _Budget) -> None:
        self.exercise, self.seed, self.text, self.run, self.budget = exercise, seed, text, run, budget
        outcomes = self._outcomes([text.source], questions(exercise, seed))[0]
        self.report = verdict(exercise, outcomes, seed, naming=False)
        self.failing = {} if not self.report.attempted else failing_cases(exercise, outcomes, seed)
        self.lost = {group.name for group in self.report.groups if not group.passed}

    def step(self) -> _Step | None:
        """The change that makes every case pass; else the one that gains the most and loses nothing."""
        whole: list[Change] = []
        partly: list[tuple[frozenset[str], frozenset[int], Change]] = []
        for change in self._screened():
            source = change.apply(self.text.source)
            report, failing = self._full(source)
            if report.passed:
                if self._counts(change, set(self.failing)) and self._with_more_seeds(source):
                    whole.append(self._minimal(change))
                    self.budget.shorten(FOR_RIVALS)
            elif not whole and (gain := self._gain(report, failing)) and self._counts(change, gain[1]):
                partly.append((*gain, change))
        if whole:
            return self._of(self._smallest(whole))
        if not partly:
            return None
        best = max(partly, key=lambda one: (len(one[0]), len(one[1])))
        if not best[0]:
            return None if len(best[1]) * 2 < len(self.failing) else self._of([best[2]])
        return self._of(self._smallest([change for groups, _, change in partly if groups >= best[0]]))

    def _smallest(self, found: list[Change]) -> list[Change]:
        """Those that leave the least to read: to take away what is too much explains more than to undo it later."""
        sizes = [size(change.apply(self.text.source)) for change in found]
        return [change for change, each in zip(found, sizes, strict=True) if each == min(sizes)]

    def _of(self, found: list[Change]) -> _Step:
        lines = [self._lines(change) for change in found]
        return _Step(tuple(found), found[0].apply(self.text.source), lines[0], any(each != lines[0] for each in lines))

    def _lines(self, change: Change) -> tuple[int, ...]:
        return tuple(sorted({self.text.line(edit.start) for edit in change.edits}))

    # --- candidates -----------------------------------------------------------------------------------------------

    def _screened(self) -> Iterator[Change]:
        """The changes that help with the first case that fails, or with the first one in which another output is
        wrong."""
        screens = self._screens()
        for batch in _batched(_candidates(self.text), BATCH):
            if self.budget.over:
                return
            helping = set() if screens else set(batch)  # else only an input is changed that should not be
            for number in screens:
                left = [change for change in batch if change not in helping]
                sources = [change.apply(self.text.source) for change in left]
                calls = questions_of(self.exercise, self.seed, number)
                for change, outcomes in zip(left, self._outcomes(sources, calls), strict=False):
                    failure = failure_of(self.exercise, outcomes, self.seed, number)
                    if failure is None or _fewer_wrong(self.failing[number], failure):
                        helping.add(change)
            yield from (change for change in batch if change in helping)

    def _screens(self) -> list[int]:
        """The numbers of the cases that are tried first: of each output that is wrong, the first that shows it."""
        screens, shown = [], set()
        for number, failure in sorted(self.failing.items()):
            wrong = {name for name, right in failure.verdicts.items() if not right}
            if not screens or wrong - shown:
                screens.append(number)
            shown |= wrong
        return screens

    def _outcomes(self, sources: Sequence[str], calls: Sequence[Call]) -> list[list[Outcome]]:
        self.budget.used += len(sources)
        return list(self.run(sources, calls))

    def _full(self, source: str) -> tuple[Report, dict[int, Failure]]:
        outcomes = self._outcomes([source], questions(self.exercise, self.seed))[0]
        report = verdict(self.exercise, outcomes, self.seed, naming=False)
        return report, failing_cases(self.exercise, outcomes, self.seed) if report.attempted else dict(self.failing)

    def _passes(self, source: str, seed: int) -> bool:
        outcomes = self._outcomes([source], questions(self.exercise, seed))[0]
        return verdict(self.exercise, outcomes, seed, naming=False).passed

    def _with_more_seeds(self, source: str) -> bool:
        return all(self._passes(source, self.seed + more) for more in (1, 2))

    def _counts(self, change: Change, gained: Collection[int]) -> bool:
        """A number that is written in, and that one case alone has tried, proves nothing: it may be the answer."""
        return not change.value or len(gained) != 1

    def _gain(self, report: Report, failing: dict[int, Failure]) -> tuple[frozenset[str], frozenset[int]] | None:
        """The groups and the cases that are gained, where nothing is lost."""
        lost = {group.name for group in report.groups if not group.passed}
        if lost - self.lost or set(failing) - set(self.failing):
            return None
        groups = frozenset(self.lost - lost) - {UNCHANGED}
        cases = frozenset(set(self.failing) - set(failing))
        return (groups, cases) if groups or cases else None

    def _minimal(self, change: Change) -> Change:
        """The change without the edits that aren't needed."""
        if len(change.edits) < 2 or not change.alike:
            return change
        kept = list(change.edits)
        for edit in change.edits:
            fewer = [each for each in kept if each is not edit]
            if fewer and self._passes_as(applied(self.text.source, fewer)):
                kept = fewer
        return dataclasses.replace(change, edits=tuple(kept))

    def _passes_as(self, source: str) -> bool:
        return self._passes(source, self.seed) and self._with_more_seeds(source)


def _fewer_wrong(before: Failure, after: Failure) -> bool:
    """Whether fewer of several outputs are wrong."""
    wrong, still = ({name for name, right in failure.verdicts.items() if not right} for failure in (before, after))
    return bool(after.verdicts) and (still < wrong or (not before.verdicts and len(still) < len(after.verdicts)))


def _candidates(text: Text) -> Iterator[Change]:
    """The changes of a text, the likeliest first, none of the kinds waiting for all of another, nor the same change in
    several places for all those in one."""
    every = list(changes(text))
    for tier in sorted({change.tier for change in every}):
        here = [change for change in every if change.tier == tier]
        both = here, together(here)
        rows = [[change for change in some if change.kind == kind] for kind in KINDS for some in both]
        yield from (change for row in itertools.zip_longest(*rows) for change in row if change is not None)


def together(singles: list[Change]) -> list[Change]:
    """The same change in several places."""
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in singles:
        for alike in change.alike:
            groups.setdefault((change.kind, alike), []).append(change)
    made = []
    for (kind, alike), members in groups.items():
        edits = tuple(dict.fromkeys(edit for change in members for edit in change.edits))
        if 2 <= len(members) and len(edits) <= MOST_EDITS and not overlap(edits):
            made.append(Change(kind, edits, members[0].tier, (alike,), any(change.value for change in members)))
    return made


def _batched(items: Iterable[Change], size: int) -> Iterator[list[Change]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _lead(begun: _Base, steps: list[_Step], report: Report) -> Lead | None:
    gained = begun.lost - {group.name for group in report.groups if not group.passed} - {UNCHANGED}
    if not report.passed and not gained:
        return None
    lines = tuple(sorted({line for step in steps for line in step.lines}))
    kinds = {change.kind for step in steps for change in step.changes}
    kind = KINDS[kinds.pop()].sentence if len(kinds) == 1 else ""
    spans = _spans(begun.text, steps[0]) if len(steps) == 1 else ()
    proves = EVERY_CASE if report.passed else tuple(group.name for group in report.groups if group.name in gained)
    return Lead(lines, spans, kind, proves)


def _spans(text: Text, step: _Step) -> tuple[tuple[int, int, int], ...]:
    """Of each line, the least expression in which all of the equally good changes lie."""
    spans = []
    for line in step.lines:
        edits = [edit for change in step.changes for edit in change.edits if text.line(edit.start) == line]
        start, end = text.around(edits)
        begin = text.start_of_line(line)
        length = len(text.line_text(line))
        spans.append((line, start - begin, min(end - begin, length)))
    return tuple(spans)
