"""What an error in a learner's function means, in the course's words.

An error is recognised by its kind and text, and by the line where it rose. What an exercise says of its own errors
(`Exercise.raises`) comes first, then code for older libraries, then `network_errors`,
`tensor_errors` and `everyday_errors`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from dlcourse.checking import outdated
from dlcourse.checking.everyday_errors import EVERYDAY
from dlcourse.checking.network_errors import NETWORKS
from dlcourse.checking.raised import Raised
from dlcourse.checking.tensor_errors import TENSORS


def explain(
    error: str, line: str, own: Sequence[Raised] = (), args: Sequence = (), names: Sequence[str] = ()
) -> tuple[str, str] | None:
    """Key and sentence for an error, or None.

    Args:
        error: its kind and the first line of its text.
        line: the line of the learner's function where it rose.
        own: what the exercise itself says of errors.
        args: the call's arguments, for the entries of their dictionaries.
        names: what the arguments are called.
    """
    for rule in own:
        if sentence := rule.explain(error, line):
            return rule.key, sentence
    if found := outdated.explain(error, line):
        return found
    if found := re.match(r"KeyError: (?P<key>.+)", error):
        return _unknown_key(found["key"].strip("'\""), args)
    if found := re.match(r"NameError: name '(?P<name>\w+)' is not defined", error):
        return _unknown_name(found["name"], names)
    for rule in (*NETWORKS, *TENSORS, *EVERYDAY):
        if sentence := rule.explain(error, line):
            return rule.key, sentence
    return None


def _unknown_key(key: str, args: Sequence) -> tuple[str, str] | None:
    every = list(dict.fromkeys(_keys(args)))
    if not every or key in every:
        return "unknown-key", f"The dictionary has no entry {key!r} where this line asks for it: how is it written?"
    shown = ", ".join(map(repr, every[:12])) + (", ..." if len(every) > 12 else "")
    near = difflib.get_close_matches(key, every, 1, 0.5)
    guess = f" Was {near[0]!r} meant?" if near else ""
    return "unknown-key", f"There is no entry {key!r}; those of the dictionary are {shown}.{guess}"


def _keys(args: Any) -> Iterator[str]:
    if isinstance(args, dict):
        yield from (key for key in args if isinstance(key, str))
        args = list(args.values())
    elif hasattr(args, "otherwise"):
        args = args.otherwise
    if isinstance(args, (list, tuple)):
        for part in args:
            yield from _keys(part)


def _unknown_name(name: str, names: Sequence[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(name, names, 1, 0.6)
    guess = f" The argument is called {near[0]}." if near else ""
    return "unknown-name", (
        f"{name} has no value here: is it spelled as where it was made, and made before this line?{guess}"
    )
