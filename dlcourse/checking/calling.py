"""Call a learner's function as a check asks for it, and report what happened as plain data.

This is the only part of checking that runs in the learner's process: it knows how to call and how to describe, and
nothing of what is right. In a notebook it runs beside the judge; in `autograder grade` it runs in a sandbox, and
`Call` and `Outcome` travel as the bytes of `plain`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import dis
import functools
import importlib
import inspect
import io
import os
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dlcourse.checking import learner_errors, plain, time_limit
from dlcourse.checking.time_limit import TimeIsUp, TimeLimit

LONGEST_TEXT = learner_errors.LONGEST
LONGEST_NAME, MOST_NAMES = 80, 20  # of what an outcome that came from elsewhere may name


@dataclasses.dataclass(frozen=True)
class Made:
    """An argument which another of the learner's functions makes: part `take` of what it returns."""

    function: str
    args: tuple
    take: int | None
    otherwise: Any


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a learner's function.

    `names` are the canonical names of the arguments; `keep` says which parts of a returned tuple matter (None: all).
    """

    function: str
    names: tuple[str, ...]
    args: tuple
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    optional: tuple[str, ...] = ()
    keep: tuple[bool, ...] | None = None
    probe: str | None = None

    def to_plain(self) -> dict:
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        fields["args"] = tuple(
            {"made": dataclasses.astuple(arg)} if isinstance(arg, Made) else {"value": arg} for arg in self.args
        )
        fields["aliases"] = dict(self.aliases)
        return fields

    @classmethod
    def from_plain(cls, fields: dict) -> Call:
        args = tuple(Made(*arg["made"]) if "made" in arg else arg["value"] for arg in fields["args"])
        return cls(**{**fields, "args": args})


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a call did. `kind` is "value", "error", "not attempted", "missing" (no such function), "no companion"
    (a function that should make an argument is missing or fails), or, from a grader, "died"."""

    kind: str
    value: Any = None
    error: str = ""
    line: str = ""
    changed: tuple[str, ...] = ()
    printed: str = ""
    reads: tuple[str, ...] = ()
    seconds: float = 0.0

    def to_plain(self) -> dict:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_plain(cls, fields: object) -> Outcome:
        """Raises ValueError where the fields are not an outcome's: the sender is not trusted."""
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(fields, dict) or set(fields) != names:
            raise ValueError("These fields are not those of an outcome.")
        texts = [fields["kind"], fields["error"], fields["line"], fields["printed"]]
        tuples = [fields["changed"], fields["reads"]]
        if not all(type(text) is str for text in texts) or type(fields["seconds"]) is not float:
            raise ValueError("An outcome's texts must be texts.")
        if not all(type(names) is tuple and all(type(name) is str for name in names) for names in tuples):
            raise ValueError("An outcome's names must be texts.")
        short = {name: fields[name][:LONGEST_TEXT] for name in ("kind", "error", "line", "printed")}
        few = {name: tuple(one[:LONGEST_NAME] for one in fields[name][:MOST_NAMES]) for name in ("changed", "reads")}
        return cls(**{**fields, **short, **few})


def perform(namespace: Mapping[str, Any], calls: Sequence[Call], limit: TimeLimit | None = None) -> list[Outcome]:
    """Carry out the calls on the functions of `namespace`. After a first call that was not attempted, the rest is
    not attempted either: a stub is asked once. So it is after a call that took too long.

    Args:
        limit: for a notebook; a grader ends the whole process instead.
    """
    outcomes: list[Outcome] = []
    with _quiet() as printed:
        for call in calls:
            outcomes.append(_perform_one(namespace, call, printed, limit))
            if not_attempted(outcomes) or (limit is not None and limit.is_over):
                return outcomes + [outcomes[-1]] * (len(calls) - len(outcomes))
    return outcomes


def not_attempted(outcomes: Sequence[Outcome]) -> bool:
    """Whether the first call that could be made found a stub, or no function."""
    first = next((outcome.kind for outcome in outcomes if outcome.kind != "no companion"), "")
    return first in ("not attempted", "missing")


def _perform_one(namespace: Mapping[str, Any], call: Call, printed: io.StringIO, limit: TimeLimit | None) -> Outcome:
    function = namespace.get(call.function)
    if not callable(function):
        return Outcome("missing")
    start, printed_before = time.perf_counter(), printed.tell()
    in_time = limit.running if limit is not None else contextlib.nullcontext
    try:
        with in_time():
            args = tuple(_make(namespace, arg) for arg in call.args)
    except _NoCompanion as error:
        return Outcome("no companion", error=str(error))
    except TimeIsUp as caught:
        return _too_long(call, function, caught, start)
    before = plain.copy(args)
    value, error, line = None, "", ""
    try:
        with in_time():
            if call.probe:
                value = _probe(call.probe)(_adapted(function, call), dict(zip(call.names, args, strict=False)))
            else:
                value = bind(function, call.names, args, call.aliases, call.optional)()
            value = plain_result(value, call.keep)
        kind = "value"
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except TimeIsUp as caught:
        return _too_long(call, function, caught, start)
    except BaseException as caught:  # a learner's sys.exit() must not end the notebook's kernel
        unwritten = learner_errors.unwritten(caught, function, call.function, namespace)
        if unwritten == call.function:
            kind = "not attempted"
        elif unwritten:
            kind, error = "no companion", f"{unwritten} is not written yet"
        else:
            kind, error, line = "error", learner_errors.describe(caught), learner_errors.line_of(caught, function)
    changed = (
        ()
        if call.probe
        else tuple(
            name
            for name, given, old, new in zip(call.names, call.args, before, args, strict=False)
            if not isinstance(given, Made) and not plain.same(old, new)
        )
    )
    return Outcome(
        kind,
        value,
        error,
        line,
        changed,
        printed.getvalue()[printed_before:][-LONGEST_TEXT:],
        data_globals(function),
        time.perf_counter() - start,
    )


def _too_long(call: Call, function: Callable, caught: TimeIsUp, start: float) -> Outcome:
    seconds = time.perf_counter() - start
    why = f"{call.function} was stopped after {seconds:.0f} seconds: perhaps one of its loops never comes to an end"
    line = time_limit.where(caught, getattr(inspect.unwrap(function), "__globals__", None))
    return Outcome("died", error=why, line=line, seconds=seconds)


def bind(
    function: Callable,
    names: Sequence[str],
    args: Sequence,
    aliases: Mapping[str, str] = types.MappingProxyType({}),
    optional: Sequence[str] = (),
) -> Callable[[], Any]:
    """The call of `function`, ready to be made, with each argument where the learner's own signature wants it.

    Where every required parameter is known by name (or by an alias), names decide, so older signatures with another
    order work; otherwise positions do, and optional arguments are dropped from the end where there is no room.
    """
    given = dict(zip(names, args, strict=False))
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return lambda: function(*args)
    named = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    canonical = {p.name: p.name if p.name in given else aliases.get(p.name, p.name) for p in named}
    known = all(canonical[p.name] in given or p.default is not p.empty for p in named)
    used = {canonical[p.name] for p in named} & set(given)
    left = [name for name in names[: len(args)] if name not in used and name not in optional]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if known and not left and not takes_any and len(set(canonical.values())) == len(named):
        positional = [given[canonical[p.name]] for p in named if p.kind is p.POSITIONAL_ONLY]
        keywords = {
            p.name: given[canonical[p.name]]
            for p in named
            if p.kind is not p.POSITIONAL_ONLY and canonical[p.name] in given
        }
        return lambda: function(*positional, **keywords)
    if takes_any:
        return lambda: function(*args)
    room = sum(p.kind is not p.KEYWORD_ONLY for p in named)
    kept = list(zip(names, args, strict=False))
    while len(kept) > room and any(name in optional for name, _ in kept):
        last = max(index for index, (name, _) in enumerate(kept) if name in optional)
        del kept[last]
    return lambda: function(*[value for _, value in kept])


def data_globals(function: object) -> tuple[str, ...]:
    """Names of the notebook's data (arrays, numbers, lists, dictionaries) that a function reads besides its
    parameters. Constants in capitals are left out: they are meant to be global."""
    code, namespace = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    if code is None:
        return ()
    data = (np.ndarray, int, float, list, dict, tuple)
    named = [
        name
        for name in code.co_names  # attributes too; to tell them apart takes longer than the rest
        if not name.isupper() and not name.startswith("_") and isinstance(namespace.get(name), data)
    ]
    return tuple(sorted(_globals_of(code).intersection(named))) if named else ()


@functools.lru_cache(maxsize=256)
def _globals_of(code: types.CodeType) -> frozenset[str]:
    return frozenset(i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")


class _NoCompanion(Exception):
    pass


def _make(namespace: Mapping[str, Any], arg: object) -> object:
    if not isinstance(arg, Made):
        return plain.copy(arg)
    companion = namespace.get(arg.function)
    if not callable(companion):
        raise _NoCompanion(f"{arg.function} is not defined")
    try:
        made = companion(*plain.copy(arg.args))
        return made if arg.take is None else made[arg.take]
    except Exception as error:
        raise _NoCompanion(f"{arg.function} raised {learner_errors.describe(error)}") from error


def _adapted(function: Callable, call: Call) -> Callable:
    def call_with(**given: object) -> object:
        return bind(function, tuple(given), tuple(given.values()), call.aliases, call.optional)()

    call_with.__wrapped__ = function
    return call_with


def _probe(path: str) -> Callable:
    module, name = path.split(":")
    if not module.startswith("dlcourse.checking.probes."):
        raise ImportError(f"{path} is not one of dlcourse's probes")
    return getattr(importlib.import_module(module), name)


def plain_result(value: object, keep: tuple[bool, ...] | None) -> object:
    """What a function returned, in plain form; the parts of a tuple that do not matter become None."""
    if keep is not None and isinstance(value, (tuple, list)) and len(value) == len(keep):
        value = tuple(part if wanted else None for part, wanted in zip(value, keep, strict=True))
    return to_plain(value)


def to_plain(value: object, depth: int = 0) -> object:
    """The plain form of a result: tensors become arrays, what has no plain form becomes {"not plain": its type}."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if array.dtype.kind == "O":
            with contextlib.suppress(Exception):
                array = array.astype(float)
        if array.dtype.kind in "SO" or array.dtype.kind not in plain.PLAIN_KINDS:
            return {"not plain": f"array of {array.dtype}"}
        return array[()] if isinstance(value, np.generic) else array
    if depth < 6:
        if isinstance(value, dict):
            return {
                key if type(key) in (str, int) else str(key): to_plain(part, depth + 1) for key, part in value.items()
            }
        if isinstance(value, (list, tuple)):
            parts = [to_plain(part, depth + 1) for part in value]
            return parts if isinstance(value, list) else tuple(parts)
    if hasattr(value, "numpy"):
        with contextlib.suppress(Exception):
            return to_plain(value.numpy(), depth + 1)
    if hasattr(value, "__array__"):
        with contextlib.suppress(Exception):
            return to_plain(np.asarray(value), depth + 1)
    for number in (bool, int, float, str):
        if isinstance(value, number):
            return number(value)
    return {"not plain": type(value).__name__}


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Collect what is printed, on file descriptor 2 too: one line that TensorFlow's C++ logs would cost the
    learner the cell's points under nbgrader."""
    printed = io.StringIO()
    try:
        saved, aside = os.dup(2), tempfile.TemporaryFile()
    except OSError:  # there is no such stream, or the learner's code has filled the disk
        saved, aside = None, contextlib.nullcontext()
    with aside as log:
        if saved is not None:
            sys.stderr.flush()
            os.dup2(log.fileno(), 2)
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                yield printed
        finally:
            if saved is not None:
                os.dup2(saved, 2)
                os.close(saved)
