"""How an exercise is declared: its reference, its cases, the mistakes it knows, its hints.

One declaration serves the notebook, the class grade and the tests. Nothing here calls a learner's function.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from dlcourse.checking.calling import Call, Made, Outcome
from dlcourse.checking.comparing import written
from dlcourse.checking.raised import Raised, raised
from dlcourse.checking.working import Working

UNSET: Any = object()
UNCHANGED = "inputs unchanged"


@dataclasses.dataclass(frozen=True)
class Case:
    """One call, and what must come of it. `expect` left UNSET means: what the reference returns."""

    title: str
    args: tuple
    group: str
    expect: Any = UNSET
    tolerance: float | None = None
    probe: str | None = None
    compare: Callable[[Any, Any], str | None] | None = None
    also: tuple[tuple, ...] = ()
    corner: bool = False
    besides: tuple[str, ...] = ()


def case(
    title: str,
    *args: object,
    group: str,
    expect: object = UNSET,
    tolerance: float | None = None,
    probe: str | None = None,
    compare: Callable[[Any, Any], str | None] | None = None,
    also: Sequence[tuple] = (),
    corner: bool = False,
    besides: Sequence[str] = (),
) -> Case:
    """One case of an exercise.

    Args:
        title: what is special about it, in the learner's words.
        args: plain data, or `made(...)`, in the order of the reference's parameters.
        group: the group of cases whose points it belongs to.
        tolerance: relative to the largest expected value; by default it follows from the dtype and the input's size.
        probe: "dlcourse.checking.probes.module:function", where arguments or results are not plain.
        compare: (expected, got) -> None or one sentence, instead of the engine's comparison.
        also: other forms of all the arguments, in which another generation of the function wants them; the case is
            passed where the answer to one form is right.
        corner: a degenerate case, in which a guard decides: mistakes are recognised by the other cases.
        besides: the groups whose difficulties it has besides that of its own; where one of them is lost, this case
            costs nothing more.
    """
    return Case(title, args, group, expect, tolerance, probe, compare, tuple(also), corner, tuple(besides))


def made(function: str, *args: object, take: int | None, otherwise: object) -> Made:
    """An argument made by another of the learner's functions, such as the cache that their own forward pass keeps.

    Args:
        take: which part of the returned tuple; None for the whole.
        otherwise: the documented form, used where the learner has no such function, and accepted besides.
    """
    return Made(function, args, take, otherwise)


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A wrong variant that learners write, and the sentence that they then read."""

    key: str
    message: str
    variant: Callable | None = None
    group: str | None = None
    recognise: Callable[[Any], bool] | None = None


def two_sentences(first: str, second: str) -> str:
    """What is told of two mistakes that are made at once."""
    return f"Two things. {first} And: {second}"


@dataclasses.dataclass(frozen=True)
class Shown:
    """A mistake that shows in what came beside what was expected: `test(args, expected, got)`, in each "
    "case that failed."""

    key: str
    message: str
    test: Callable[[tuple, Any, Any], bool]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where to look if just these outputs are wrong; those of `perhaps` may be wrong besides."""

    key: str
    message: str
    wrong: frozenset[str]
    perhaps: frozenset[str] = frozenset()


@dataclasses.dataclass(eq=False)
class Exercise:
    """One graded function of one notebook.

    With `by_output`, each named output (or entry of a returned dictionary) is a group of its own, so that a right dW
    earns its points beside a wrong dA_prev; the cases' own groups then only name what they show.

    `may_show`, for variants that take long to compute, says of a mistake's key whether an outcome of the first case can
    be that of its variant; only then is the variant computed.

    `shown_as` says in words what the function receives for an argument that a case describes, such as a model.
    """

    topic: str
    name: str
    reference: Callable
    cases: Callable[[Any], Iterable[Case]]
    outputs: tuple[str | None, ...] | None = None
    aliases: dict[str, str] = dataclasses.field(default_factory=dict)
    optional: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    section: str = ""
    needs: str = "numpy"
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    by_output: bool = False
    picture: Callable[[Any], str | None] | None = None  # one of dlcourse.checks.pictures
    mistakes: list[Mistake] = dataclasses.field(default_factory=list)
    hints: list[str] = dataclasses.field(default_factory=list)
    may_show: Callable[[str, Outcome], bool] | None = None
    shown_as: dict[str, str] = dataclasses.field(default_factory=dict)
    forms: list[Mistake] = dataclasses.field(default_factory=list)
    shown: list[Shown] = dataclasses.field(default_factory=list)
    raised: list[Raised] = dataclasses.field(default_factory=list)
    places: list[Place] = dataclasses.field(default_factory=list)
    siblings: dict[str, Exercise] = dataclasses.field(default_factory=dict, repr=False)

    def mistake(
        self,
        key: str,
        message: str,
        variant: Callable,
        group: str | None = None,
        recognise: Callable[[Any], bool] | None = None,
    ) -> None:
        """Name a wrong variant.

        Args:
            group: it is looked for in this group's cases only.
            recognise: whether what a learner's function returned shows it, for a variant that takes long to compute.
        """
        if any(known.key == key for known in self.mistakes):
            raise ValueError(f"{self.name} already knows a mistake called {key!r}.")
        self.mistakes.append(Mistake(key, message, variant, group, recognise))

    def also(self, key: str, variant: Callable, group: str | None = None) -> None:
        """Another form of a named mistake: other code, or other numbers, and the same sentence."""
        known = next(known for known in self.mistakes if known.key == key)
        self.forms.append(dataclasses.replace(known, variant=variant, group=group, recognise=None))

    def pair(self, first: str, second: str, variant: Callable) -> None:
        """Name two of the mistakes above made at once: their sentences are told one after the other."""
        told = {known.key: known.message for known in self.mistakes}
        self.mistake(f"{first}+{second}", two_sentences(told[first], told[second]), variant)

    def shows(self, key: str, message: str, test: Callable[[tuple, Any, Any], bool]) -> None:
        """Name a mistake without a variant: `test(args, expected, got)` is true in each case that failed."""
        self.shown.append(Shown(key, message, test))

    def raises(self, key: str, message: str, error: str, line: str = "") -> None:
        """Name a mistake that raises: `error` is found in the error's kind and text, `line` in the learner's line (both
        regular expressions, whose named groups may stand in the message in braces)."""
        self.raised.append(raised(key, message, error, line))

    def place(self, key: str, message: str, wrong: Iterable[str], perhaps: Iterable[str] = ()) -> None:
        """Say where to look if these outputs are wrong, perhaps those besides, and no others."""
        self.places.append(Place(key, message, frozenset(wrong), frozenset(perhaps)))

    def hint(self, text: str) -> None:
        """Add a hint; each says more than the one before."""
        self.hints.append(text)

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical names of the arguments: the reference's parameters."""
        return tuple(inspect.signature(self.reference).parameters)

    @property
    def signature(self) -> str:
        """How the function is called, as text."""
        parameters = inspect.signature(self.reference).parameters.values()
        shown = (f"{p.name}={p.default!r}" if p.default is not p.empty else p.name for p in parameters)
        return f"{self.name}({', '.join(shown)})"

    def call(self, case: Case, documented: bool = False) -> Call:
        """The case as a call; with `documented`, made arguments are in their documented form."""
        args = tuple(arg.otherwise if documented and isinstance(arg, Made) else arg for arg in case.args)
        keep = None if self.outputs is None else tuple(output is not None for output in self.outputs)
        return Call(self.name, self.names, args, self.aliases, self.optional, keep, case.probe)


class Topic:
    """The exercises of one notebook.

    A topic's module begins with `topic = Topic("convolution")`, and gives its notebook what
    `dlcourse.checking.panel.notebook.functions(topic)` makes of it: check, hint and solution.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.exercises: dict[str, Exercise] = {}

    def exercise(self, reference: Callable, name: str | None = None, **options: Any) -> Callable[..., Exercise]:
        """Declare an exercise from the generator of its cases; `options` are the fields of `Exercise`."""

        def declare(cases: Callable) -> Exercise:
            exercise = Exercise(self.name, name or cases.__name__, reference, cases, **options)
            if exercise.name in self.exercises:
                raise ValueError(f"{self.name} already has an exercise called {exercise.name!r}.")
            self.exercises[exercise.name] = exercise
            exercise.siblings = self.exercises
            return exercise

        return declare

    def claims(self, *claims: Claim) -> Exercise:
        """Declare `spot_the_mistake`: the learner returns a dictionary with each claim put right."""

        def spot_the_mistake() -> dict:
            return {claim.name: claim.right for claim in claims}

        def cases(rng: object) -> Iterator[Case]:
            for claim in claims:
                yield case(claim.question, group=claim.name, compare=claim.compare)

        declare = self.exercise(reference=spot_the_mistake, name="spot_the_mistake", section="Spot the mistake")
        exercise = declare(cases)
        for claim in claims:
            for wrong, message in claim.wrong.items():
                answer = {claim.name: wrong}
                exercise.mistake(
                    f"{claim.name}={wrong}",
                    message,
                    lambda answer=answer: {**spot_the_mistake(), **answer},
                    group=claim.name,
                )
        return exercise


@dataclasses.dataclass(frozen=True)
class Claim:
    """A sentence from the notes that may be wrong, and what is right."""

    name: str
    question: str
    right: Any
    wrong: dict[Any, str]
    choices: tuple[str, ...] = ()
    tolerance: float = 1e-9
    working: Working | None = None

    def compare(self, expected: dict, got: object) -> str | None:
        if not isinstance(got, dict):
            return "spot_the_mistake must return a dictionary with one entry for each claim."
        if self.name not in got or got[self.name] is None:
            return f"The dictionary has no answer to {self.name!r} yet."
        answer = got[self.name]
        if equal_answers(self.right, answer, self.tolerance):
            return None
        choices = f" It is one of {', '.join(map(repr, self.choices))}." if self.choices else ""
        known = isinstance(answer, str) and answer in self.choices
        unknown = choices if self.choices and not known else ""
        return f"{written(answer)} is not right for {self.name!r}: {self.question}{unknown}"


def claim(
    name: str,
    question: str,
    right: object,
    wrong: dict,
    choices: tuple[str, ...] = (),
    tolerance: float = 1e-9,
    working: Working | None = None,
) -> Claim:
    """One claim of a `spot_the_mistake` exercise.

    Args:
        right: the corrected value, computed from the references: a number or one of `choices`.
        wrong: for each wrong value worth naming, its sentence.
        tolerance: how far a number may be off, relative to the right one.
        working: how a number is worked out; an answer with one slip in it is then told which.
    """
    return Claim(name, question, right, wrong, choices, tolerance, working)


def equal_answers(right: object, answer: object, tolerance: float) -> bool:
    """Whether a learner's short answer is right: texts without regard to case, numbers within a tolerance."""
    if isinstance(right, str):
        return isinstance(answer, str) and answer.strip().casefold() == right.casefold()
    if isinstance(answer, bool) != isinstance(right, bool) and not hasattr(answer, "dtype"):
        return False
    try:
        if np.iscomplexobj(answer):
            return False
        return abs(float(answer) - float(right)) <= tolerance * max(1.0, abs(float(right)))
    except (TypeError, ValueError, OverflowError):
        return False
