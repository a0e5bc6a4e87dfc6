"""Trees of plain data as bytes, and back: JSON for the structure, npz for the arrays, pickle for nothing.

Plain means None, bool, int, float, str, NumPy arrays and scalars of numbers or text, and lists, tuples and
dictionaries of these. What a learner's process sends to a grader passes through `loads`, so `loads` trusts nothing.

The npz has one member for each type of number, with all arrays of that type end to end: a member takes as long to open
as a thousand numbers to read, and an exercise has a hundred small arrays.
"""

from __future__ import annotations

import io
import json
import math
import zipfile

import numpy as np

PLAIN_KINDS = "biufcU"  # bool, integers, floats, complex, text
LARGEST = 512 * 2**20


class NotPlain(TypeError):
    """A value that has no plain form."""


def dumps(tree: object) -> bytes:
    """Write a tree of plain data.

    Raises:
        NotPlain: the tree holds something else.
    """
    arrays: dict[str, list[np.ndarray]] = {}
    structure = _flatten(tree, arrays)
    text = np.frombuffer(json.dumps(structure).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, structure=text, **{kind: np.concatenate(parts) for kind, parts in arrays.items()})
    return buffer.getvalue()


def loads(data: bytes, largest: int = LARGEST) -> object:
    """Read a tree that `dumps` has written.

    Args:
        largest: the most bytes that the arrays may take up in memory.

    Raises:
        ValueError: the bytes are too many, damaged, or hold anything that is not plain.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            members = archive.zip.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ValueError("compressed members are not accepted")
            if sum(member.file_size for member in members) > largest:
                raise ValueError("it is larger than the limit")
            arrays = {name: archive[name] for name in archive.files}
            structure = json.loads(arrays.pop("structure").tobytes())
            return _unflatten(structure, {name: _Reader(flat) for name, flat in arrays.items()})
    except Exception as error:  # whatever a forged archive provokes is the same to the reader
        raise ValueError(f"These bytes are not plain data: {error}") from None


def copy(tree: object) -> object:
    """A deep copy of a plain tree; what is not plain is passed on as it is."""
    if isinstance(tree, np.ndarray):
        return tree.copy()
    if isinstance(tree, dict):
        return {key: copy(value) for key, value in tree.items()}
    if type(tree) in (list, tuple):
        return type(tree)(copy(value) for value in tree)
    return tree


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
        if flat.ndim != 1 or flat.dtype.kind not in PLAIN_KINDS:
            raise ValueError("an array of the archive is not flat and plain")
        self.flat, self.begin = flat, 0

    def take(self, shape: list[int], order: str) -> np.ndarray:
        if not all(type(length) is int and length >= 0 for length in shape):
            raise ValueError("a shape is not one")
        end = self.begin + math.prod(shape)
        if end > len(self.flat):
            raise ValueError("an array is longer than its numbers")
        part, self.begin = self.flat[self.begin : end], end
        return part.reshape(shape, order=order).copy("K")


def _flatten(tree: object, arrays: dict[str, list[np.ndarray]]) -> object:
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    if isinstance(tree, (np.ndarray, np.generic)):
        array = np.asarray(tree)
        if array.dtype.kind not in PLAIN_KINDS:
            raise NotPlain(f"an array of {array.dtype} is not plain data")
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
        return {_unflatten(k, arrays): _unflatten(v, arrays) for k, v in structure["dict"]}
    if "tuple" in structure:
        return tuple(_unflatten(value, arrays) for value in structure["tuple"])
    return [_unflatten(value, arrays) for value in structure["list"]]
