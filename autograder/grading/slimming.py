"""A notebook's bytes without its outputs: pictures make notebooks of 100 MB, and nothing of them is ever graded.

The outputs are cut out of the text before anything parses it, so that a large notebook costs a class no more memory
than a small one. The text is looked at through a memory map, strings and brackets only.
"""

from __future__ import annotations

import mmap
import re
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.grading.archives import File

LARGEST = 100 * 2**20  # of a file
KEPT = 32 * 2**20  # of it without outputs
SMALL = 2**20  # is read as it is
MOST_STEPS = 1_000_000  # strings and brackets that are looked at: about two seconds
HEAVY = re.compile(rb'"(?:outputs|attachments|widgets)"\s*:\s*([\[{])')
INSIDE = re.compile(rb'["\[\]{}]')


class TooLarge(Exception):
    """There is more in the file than will be read; the message says what to do."""


def too_large(largest: int) -> str:
    return f"The file is larger than {largest / 2**20:.0f} MB: clear the notebook's outputs and hand it in again."


def slim(file: File, largest: int, kept: int) -> bytes:
    """The file's bytes, without outputs if it is a large notebook.

    Raises:
        TooLarge: it is larger than `largest`, or without its outputs than `kept`.
    """
    if file.size <= min(SMALL, largest):
        data = file.content(largest)
        if len(data) > largest:
            raise TooLarge(too_large(largest))
        return data
    with file.open() as stream, tempfile.TemporaryFile() as copy:
        if file.member is not None:  # unpacked, to be mapped
            _copy(stream, copy, largest)
            stream = copy
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            if len(mapped) > largest:
                raise TooLarge(too_large(largest))
            return _without_outputs(mapped, kept)


def _copy(stream, copy, largest: int) -> None:
    size = 0
    while block := stream.read(2**20):
        size += len(block)
        if size > largest:
            raise TooLarge(too_large(largest))
        copy.write(block)
    copy.flush()


def _without_outputs(text: mmap.mmap, kept: int) -> bytes:
    made: list[bytes] = []
    start = size = steps = 0
    position = text.find(b'"')
    while 0 <= position and size <= kept:
        steps += 1
        if steps > MOST_STEPS:
            raise TooLarge("The file holds too many values for a notebook: hand in the notebook itself.")
        end = _end_of_string(text, position)
        if heavy := HEAVY.match(text, position):
            end, steps = _end_of_value(text, heavy.start(1), steps)
            if end < 0:
                break  # it was cut off in the middle; whoever reads it will say so
            made += [text[start : heavy.start(1)], b"[]" if heavy[1] == b"[" else b"{}"]
            size += heavy.start(1) - start
            start = end
        position = text.find(b'"', end)
    if size + len(text) - start > kept:
        raise TooLarge(
            f"The file is larger than {kept / 2**20:.0f} MB even without its outputs: hand in the notebook with your "
            "code alone."
        )
    return b"".join([*made, text[start:]])


def _end_of_string(text: mmap.mmap, start: int) -> int:
    """The place behind the quote that ends the string; the end of the text where there is none."""
    end = text.find(b'"', start + 1)
    while end >= 0:
        if _escapes(text, start, end) % 2 == 0:
            return end + 1
        end = text.find(b'"', end + 1)
    return len(text)


def _escapes(text: mmap.mmap, start: int, end: int) -> int:
    """How many backslashes stand right before `end`, and behind `start`."""
    count, block = 0, 64
    while end - count - 1 > start:
        part = text[max(start + 1, end - count - block) : end - count]
        here = len(part) - len(part.rstrip(b"\\"))
        count += here
        if here < len(part):
            break
        block = min(2 * block, 2**20)
    return count


def _end_of_value(text: mmap.mmap, start: int, steps: int) -> tuple[int, int]:
    """The place behind the bracket that closes the one at `start` (-1: none does), and the steps so far."""
    depth, position = 0, start
    while found := INSIDE.search(text, position):
        steps += 1
        position = found.end()
        if found[0] == b'"':
            position = _end_of_string(text, found.start())
        else:
            depth += 1 if found[0] in b"[{" else -1
        if depth == 0:
            return position, steps
        if steps > MOST_STEPS:
            break
    return -1, steps
