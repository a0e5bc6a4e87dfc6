"""Texts of a function defined and called in this process, beside the learner's other functions."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dlcourse.checking import calling
from dlcourse.checking.calling import Call, Outcome
from dlcourse.checking.time_limit import TimeLimit


class Trying:
    """Runs texts of one function.

    Args:
        namespace: the learner's notebook; each text is defined in a copy of it.
        each, whole: seconds for one call and for all calls of one text.
    """

    def __init__(self, name: str, namespace: Mapping[str, Any], each: float = 1.0, whole: float = 2.0) -> None:
        self.name, self.namespace = name, dict(namespace)
        self.each, self.whole = each, whole

    def __call__(self, sources: Sequence[str], calls: Sequence[Call]) -> Iterator[list[Outcome]]:
        for source in sources:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                outcomes = self._one(source, calls)
            yield outcomes

    def _one(self, source: str, calls: Sequence[Call]) -> list[Outcome]:
        space = dict(self.namespace)
        try:
            exec(compile(source, f"<{self.name}>", "exec", dont_inherit=True), space)
        except Exception as error:  # a change of a default, or of a decorator
            return [Outcome("error", error=type(error).__name__)] * len(calls)
        return calling.perform(space, calls, TimeLimit(self.each, self.whole))
