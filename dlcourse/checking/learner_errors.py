"""What an error in a learner's function says: its reason, its line, or which function is still to be written."""

from __future__ import annotations

import inspect
import linecache
import re
from collections.abc import Mapping
from typing import Any

LONGEST = 2000

# Keras and TensorFlow begin with where they were, and mark the reason with colours and names of nodes.
_DECORATION = re.compile(r"\x1b\[[0-9;]*m|\{\{function_node [^}]*\}\} ?| \[Op:\w+\] name: *")
_WHERE = ("Exception encountered when calling", "Graph execution error", "Detected at node", "File ", "<stack traces")


def describe(error: BaseException) -> str:
    """The error's class and the first line of its text that gives a reason, without a full stop."""
    lines = [line.strip() for line in _DECORATION.sub("", str(error)).splitlines() if line.strip()]
    text = next((line for line in lines if not line.startswith(_WHERE)), lines[0] if lines else "").rstrip(".")
    return f"{type(error).__name__}: {text}"[:LONGEST] if text else type(error).__name__


_STUB = re.compile(r"(\w+) is not written yet")  # what the course's stubs raise


def unwritten(error: BaseException, function: object, name: str, namespace: Mapping[str, Any]) -> str:
    """The function that is still to be written: `name`, or another of the notebook that it calls; "" where a
    NotImplementedError comes from a library, as some of TensorFlow's do, or where it is another error."""
    if not isinstance(error, NotImplementedError):
        return ""
    said = _STUB.search(str(error))
    if said and (said[1] == name or callable(namespace.get(said[1]))):
        return said[1]
    traceback = error.__traceback__
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    raised_in, own = traceback.tb_frame, inspect.unwrap(function) if callable(function) else function
    if raised_in.f_code is getattr(own, "__code__", None) or not hasattr(own, "__globals__"):
        return name
    return raised_in.f_code.co_name if raised_in.f_globals is own.__globals__ else ""


def line_of(error: BaseException, function: object) -> str:
    """The last line of the learner's own file that the traceback passed through."""
    filename = getattr(getattr(function, "__code__", None), "co_filename", None)
    found = ""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            found = linecache.getline(filename, traceback.tb_lineno).strip() or found
        traceback = traceback.tb_next
    return found[:200]
