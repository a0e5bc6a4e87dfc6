"""Trees of plain data as bytes, and back: JSON for the structure, the numbers as they are, pickle for nothing.

Plain means None, bool, int, float, str, NumPy arrays and scalars of numbers or text, and lists, tuples and
dictionaries of these. What a learner's process sends to a grader passes through `loads`, so `loads` trusts nothing: it
counts before it reads, and whatever it makes is no larger than a small multiple of the bytes that came.

The bytes are a mark, the length of the text, the text, and then all arrays end to end, those of one type of number
together. (An npz has a table of contents that takes up more memory than the numbers, and headers to be parsed.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import numpy as np

PLAIN_KINDS = "biufcU"  # bool, integers, floats, complex, text
LARGEST = 512 * 2**20
MARK = b"plain 1\n"
MOST_VALUES = 50_000  # values outside arrays: each takes up to 250 bytes of memory for three bytes of text
LONGEST_TEXT = 8 * 2**20
MOST_DIMENSIONS = 32
MOST_ROWS_OF_NOTHING = 2**18  # what the shape of an array without numbers may come to: it is looped over all the same
TYPE = re.compile(rf"[<>|=][{PLAIN_KINDS}][1-9]\d{{0,7}}")


class NotPlain(TypeError):
    """A value that has no plain form."""


def dumps(tree: object) -> bytes:
    """Write a tree of plain data.

    Raises:
        NotPlain: the tree holds something else.
    """
    arrays: dict[str, list[np.ndarray]] = {}
    structure = _flatten(tree, arrays)
    numbers = {kind: np.concatenate(parts) for kind, parts in arrays.items()}
    counts = [[kind, len(flat)] for kind, flat in numbers.items()]
    text = json.dumps({"tree": structure, "numbers": counts}, separators=(",", ":")).encode()
    return b"".join([MARK, len(text).to_bytes(8, "little"), text, *(flat.tobytes() for flat in numbers.values())])


def loads(data: bytes, largest: int = LARGEST, most_values: int = MOST_VALUES) -> object:
    """Read a tree that `dumps` has written.

    Args:
        largest: the most bytes that are read.
        most_values: the most values outside arrays.

    Raises:
        ValueError: the bytes are too many, damaged, or hold anything that is not plain.
    """
    try:
        text, numbers = _parts(data, largest, most_values)
        content = json.loads(text)
        arrays = _flat_arrays(content["numbers"], numbers)
        return _unflatten(content["tree"], {kind: _Reader(flat) for kind, flat in arrays.items()})
    except Exception as error:  # whatever forged bytes provoke is the same to the reader
        raise ValueError(f"These bytes are not plain data: {error}"[:500]) from None


def _parts(data: bytes, largest: int, most_values: int) -> tuple[bytes, memoryview]:
    """The text and the numbers, neither of them looked into yet."""
    if len(data) > largest:
        raise ValueError("they are larger than the limit")
    begin = len(MARK) + 8
    if len(data) < begin or not data.startswith(MARK):
        raise ValueError("they do not begin as such data do")
    end = begin + int.from_bytes(data[len(MARK) : begin], "little")
    if end > len(data):
        raise ValueError("the text is cut off")
    text = data[begin:end]
    if len(text) > LONGEST_TEXT or sum(map(text.count, (b",", b"[", b"{"))) > 4 * most_values:
        raise ValueError(f"more than {most_values} values outside arrays")
    return text, memoryview(data)[end:]


def _flat_arrays(counts: Iterable, numbers: memoryview) -> dict[str, np.ndarray]:
    """All numbers of each type, as they lie in the bytes."""
    arrays, begin = {}, 0
    for kind, count in counts:
        if type(kind) is not str or not TYPE.fullmatch(kind) or type(count) is not int or count < 0:
            raise ValueError("there is a type of number that is none")
        dtype = np.dtype(kind)
        if kind in arrays or dtype.itemsize == 0 or count > (len(numbers) - begin) // dtype.itemsize:
            raise ValueError("there are fewer numbers than the text says")
        end = begin + count * dtype.itemsize
        arrays[kind], begin = np.frombuffer(numbers[begin:end], dtype), end
    if begin != len(numbers):
        raise ValueError("there are more numbers than the text says")
    return arrays


def copy(tree: object) -> object:
    """A deep copy of a plain tree; what is not plain is passed on as it is."""
    if isinstance(tree, np.ndarray):
        return tree.copy()
    if isinstance(tree, dict):
        return {key: copy(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(copy(value) for value in tree)
    return tree


def rounded(tree: object) -> object:
    """A deep copy of a plain tree in which all fractions are such as float32 has."""
    if isinstance(tree, (np.ndarray, np.generic)):
        return tree.astype(np.float32).astype(tree.dtype) if tree.dtype == np.float64 else tree
    if type(tree) is float:
        return float(np.float32(tree))
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(rounded(value) for value in tree)
    return tree


def weigh(tree: object) -> tuple[int, int]:
    """How many values a plain tree holds, those in arrays included, and how many bytes the widest of them takes up in
    an array: an array that is made of a list has room for the widest everywhere."""
    count, widest, waiting = 0, 8, [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (np.ndarray, np.generic)):
            count, widest = count + max(part.size, 1), max(widest, part.dtype.itemsize)
        elif isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, (list, tuple)):
            count += 1
            waiting += part
        else:
            count, widest = count + 1, max(widest, 4 * len(part) if isinstance(part, str) else 8)
    return count, widest


def same(left: object, right: object) -> bool:
    """Whether two plain trees are equal to the last bit, types of containers included."""
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        if not (isinstance(left, np.ndarray) and isinstance(right, np.ndarray)):
            return False
        return left.shape == right.shape and left.dtype == right.dtype and left.tobytes() == right.tobytes()
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if type(left) in (list, tuple) and type(right) is type(left):
        return len(left) == len(right) and all(map(same, left, right))
    return left is right or bool(left == right)


class _Reader:
    """Takes one array after another from a flat one, each number once: a short structure must not unfold into
    gigabytes."""

    def __init__(self, flat: np.ndarray) -> None:
        self.flat, self.begin = flat, 0

    def take(self, shape: list[int], order: str) -> np.ndarray:
        end = self.begin + size(shape, len(self.flat) - self.begin)
        part, self.begin = self.flat[self.begin : end], end
        if part.dtype.kind == "b":  # forged, it may be neither 0 nor 1
            part = part.view(np.uint8) != 0
        return part.reshape(shape, order=order).copy("K")


def size(shape: list[int], most: int) -> int:
    """How many numbers an array of this shape has.

    Raises:
        ValueError: it is no shape, or there are more than `most`; found out before anything large is multiplied.
    """
    if type(shape) is not list or len(shape) > MOST_DIMENSIONS:
        raise ValueError("a shape is not one")
    if not all(type(length) is int and 0 <= length <= LARGEST for length in shape):
        raise ValueError("a shape is not one")
    empty = 0 in shape
    count, most = 1, MOST_ROWS_OF_NOTHING if empty else most
    for length in shape:
        count *= length or 1
        if count > most:
            raise ValueError("an array is longer than its numbers")
    return 0 if empty else count


def _flatten(tree: object, arrays: dict[str, list[np.ndarray]]) -> object:
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if isinstance(tree, (np.ndarray, np.generic)):
        array = np.asarray(tree)
        if array.dtype.kind not in PLAIN_KINDS:
            raise NotPlain(f"an array of {array.dtype} is not plain data")
        if not array.dtype.itemsize:  # a text without letters
            array = array.astype("<U1")
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        arrays.setdefault(array.dtype.str, []).append(array.ravel(order))
        described = {"array": array.dtype.str, "shape": array.shape, "order": order}
        return {**described, "scalar": True} if isinstance(tree, np.generic) else described
    if isinstance(tree, dict):
        return {"dict": [[_flatten(k, arrays), _flatten(v, arrays)] for k, v in tree.items()]}
    if isinstance(tree, (list, tuple)):
        kind = "list" if isinstance(tree, list) else "tuple"
        return {kind: [_flatten(value, arrays) for value in tree]}
    raise NotPlain(f"a {type(tree).__name__} is not plain data")


def _unflatten(structure: object, arrays: dict[str, _Reader]) -> object:
    if not isinstance(structure, dict):
        return structure
    if "array" in structure:
        array = arrays[structure["array"]].take(structure["shape"], structure["order"])
        return array[()] if "scalar" in structure else array
    if "dict" in structure:
        return {_key(_unflatten(k, arrays)): _unflatten(v, arrays) for k, v in structure["dict"]}
    if "tuple" in structure:
        return tuple(_unflatten(value, arrays) for value in structure["tuple"])
    return [_unflatten(value, arrays) for value in structure["list"]]


def _key(key: object) -> object:
    """A key of a dictionary. Numbers beyond 2**60 can be chosen such that all of them have the same hash."""
    if not (key is None or type(key) in (str, bool) or (type(key) in (int, float) and abs(key) < 2**60)):
        raise ValueError("a key is neither a text nor a small number")
    return key
