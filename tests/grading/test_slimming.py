"""Large notebooks: read without their outputs, exactly, in the memory of a small one and in bounded time."""

from __future__ import annotations

import json
import mmap
import tempfile
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stopwatch import stopwatch

from autograder.grading.slimming import KEPT, _without_outputs
from autograder.grading.submissions import take_in
from dlcourse.handing_in.reading import read

NAME = "01_convolution"
HEAVY = ("outputs", "attachments", "widgets")
KEYS = st.sampled_from([*HEAVY, "cells", "source", "metadata", 'with "quotes"', "back\\slash"])
WORDS = st.one_of(st.sampled_from([*HEAVY, '"outputs": [', '\\"', "\\\\", "]", "{", 'a"b']), st.text(max_size=8))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), WORDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=30,
)


def emptied(value: object) -> object:
    """What must be left."""
    if isinstance(value, list):
        return [emptied(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: type(one)() if key in HEAVY and isinstance(one, list | dict) else emptied(one)
        for key, one in value.items()
    }


def slimmed(text: str) -> bytes:
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return _without_outputs(mapped, KEPT)


@settings(max_examples=300, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_outputs_are_emptied_and_everything_else_stays(value, plain, indent):
    text = json.dumps(value, ensure_ascii=plain, indent=indent)
    assert json.loads(slimmed(text)) == emptied(value)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.integers(min_value=1, max_value=40))
def test_damage_neither_hangs_nor_makes_a_notebook(value, cut):
    text = json.dumps({"outputs": value})
    made = slimmed(text[: max(1, len(text) - cut)])
    with pytest.raises(ValueError):
        json.loads(made)


def notebook(outputs: str) -> str:
    return '{"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": ' + outputs + "}]}"


LARGE = {
    "a picture": notebook('[{"data": {"image/png": "' + "iVBORw0KGgo" * (90 * 2**20 // 11) + '"}}]'),
    "line ends": notebook('[{"text": "' + "\\n" * (40 * 2**20) + '"}]'),
    "backslashes": notebook('[{"text": "' + "\\\\" * (20 * 2**20) + '"}]'),
}


@pytest.mark.parametrize("archive", [False, True], ids=["file", "zip"])
@pytest.mark.parametrize("name", LARGE)
def test_a_notebook_of_90_mb_is_read_in_little_memory(tmp_path, name, archive):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.ipynb").write_text(LARGE[name])
    given = tmp_path / "in"
    if archive:
        given = tmp_path / "in.zip"
        with zipfile.ZipFile(given, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
            made.write(tmp_path / "in" / "ada.ipynb", "ada.ipynb")
    (one,) = take_in(given, NAME).submissions
    tracemalloc.start()
    content, problem = one.content()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem == "" and [cell.source for cell in read(content).cells] == ["x = 1"]
    assert len(content) < 200 and peak < 8 * 2**20


@pytest.mark.parametrize("text", [notebook("[" * 2**25), notebook('["",' * 2**23), '{"cells": [' + '"",' * 2**24])
def test_nothing_in_a_file_takes_long_to_refuse(tmp_path, text):
    (tmp_path / "eve.ipynb").write_text(text)
    (one,) = take_in(tmp_path, NAME).submissions
    with stopwatch() as watch:
        content, problem = one.content()
    assert watch.seconds < 15 and not content and problem.endswith(".")
