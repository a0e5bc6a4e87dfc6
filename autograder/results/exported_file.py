"""A teacher's own exported file: its cells can be read, and filled in with every other byte left as it was."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from autograder.grading.archives import InputError

MARKS = (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")
LARGEST = 64 * 2**20  # bytes


@dataclass(frozen=True)
class Cell:
    """One cell: what it says, and where it stands in the text."""

    value: str
    start: int
    end: int
    quoted: bool = False


@dataclass
class ExportedFile:
    """The rows of a file, the header first, and the changes that are asked for."""

    path: Path
    mark: bytes
    encoding: str
    text: str
    delimiter: str
    rows: list[list[Cell]]
    changes: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def header(self) -> list[str]:
        return [cell.value.strip() for cell in self.rows[0]]

    def value(self, row: int, column: int | None) -> str:
        """What a cell says; "" where a row is too short for it, or there is no such column."""
        cells = self.rows[row]
        return cells[column].value.strip() if column is not None and column < len(cells) else ""

    def fill(self, row: int, column: int, value: str) -> bool:
        """Put a value in a cell's place. False where the row has no such cell."""
        if column >= len(self.rows[row]):
            return False
        self.changes[row, column] = value
        return True

    def content(self) -> bytes:
        """The file's bytes with the changes."""
        parts, at = [], 0
        for (row, column), value in sorted(self.changes.items()):
            cell = self.rows[row][column]
            parts += [self.text[at : cell.start], self._written(value, cell.quoted)]
            at = cell.end
        return self.mark + "".join([*parts, self.text[at:]]).encode(self.encoding)

    def _written(self, value: str, quoted: bool) -> str:
        if quoted or any(letter in value for letter in (self.delimiter, '"', "\r", "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value


def read_exported(path: Path) -> ExportedFile:
    """Read a table that a learning platform has exported.

    Raises:
        InputError: it cannot be read, or is no table.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}): name the file that the platform exported."
        ) from None
    if len(data) > LARGEST or data.startswith(b"PK\x03\x04"):
        raise InputError(f"{path} is no table of text: export the grades as CSV, and don't save them in a spreadsheet.")
    mark, told = next((row for row in MARKS if data.startswith(row[0])), (b"", ""))
    for encoding in [told] if told else ["utf-8", "cp1252", "latin-1"]:
        try:
            text = data[len(mark) :].decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise InputError(f"{path} is not the text that its first bytes say it is: export it again.")
    excel = re.match(r'"?sep=(.)"?\r?\n', text)  # its line for itself
    at, delimiter = (excel.end(), excel[1]) if excel else (0, _delimiter(text))
    rows = _rows(text, at, delimiter, path)
    if not rows or len(rows[0]) < 2:
        raise InputError(f"{path} is no table with several columns: name the file that the platform exported.")
    return ExportedFile(path, mark, encoding, text, delimiter, rows)


def _delimiter(text: str) -> str:
    line = re.sub(r'"[^"]*"', "", text.partition("\n")[0])
    return max(",;\t", key=line.count)


def _rows(text: str, at: int, delimiter: str, path: Path) -> list[list[Cell]]:
    bare = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    quoted = re.compile(r'"((?:[^"]|"")*)"')
    ends = re.compile(r"\r\n|\r|\n")
    rows: list[list[Cell]] = []
    cells: list[Cell] = []
    while True:
        start, value, in_quotes = at, "", False
        if text.startswith('"', at):
            match = quoted.match(text, at)
            if not match:
                line = text.count("\n", 0, at) + 1
                raise InputError(f"Line {line} of {path} has a quote that doesn't end: export the file again.")
            value, at, in_quotes = match[1].replace('""', '"'), match.end(), True
        match = bare.match(text, at)
        value, at = value + match[0], match.end()
        cells.append(Cell(value, start, at, in_quotes))
        if text.startswith(delimiter, at):
            at += 1
            continue
        rows.append(cells)
        cells = []
        end = ends.match(text, at)
        at = end.end() if end else at
        if at >= len(text):
            return rows


# --- numbers --------------------------------------------------------------------------------------------------------


def number_in(text: str) -> Decimal | None:
    """A number as platforms write it, with a point or a comma; the last of them is the decimal mark."""
    text = text.strip().removesuffix("%").strip()
    if not re.fullmatch(r"-?\d[\d.,\u00a0\u202f' ]*", text):
        return None
    text = re.sub(r"[\u00a0\u202f' ]", "", text)
    *before, last = re.split(r"[.,]", text)
    return Decimal(f"{''.join(before)}.{last or 0}") if before else Decimal(last)


def decimal_mark(numbers: list[str], delimiter: str) -> str:
    """The mark that a file's numbers have. Where none of them shows one, a file that is separated by semicolons is
    from a place that writes commas."""
    for number in numbers:
        if match := re.fullmatch(r"-?[\d.,]*\d([.,])(?:\d{1,2}|\d{4,})%?", number.strip()):
            return match[1]
    return "," if delimiter == ";" else "."


def written(score: Decimal, mark: str) -> str:
    """A number with at most 4 decimals, as in grades.csv."""
    rounded = score.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return f"{rounded:f}".rstrip("0").rstrip(".").replace(".", mark)
