"""Small tools for the cells of a notebook that show something."""

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.display import display


@contextmanager
def attempt() -> Iterator[None]:
    """Let a cell use functions that the reader may not have written yet.

    An unwritten function raises NotImplementedError; the cell then prints one sentence instead of a traceback.
    Every other error is shown as usual, and so is a NotImplementedError that a library raises.

    Example:
        with attempt():
            print(zero_pad(X, 1).shape)
    """
    try:
        yield
    except NotImplementedError as error:
        name = _unwritten_function(error)
        if name is None:
            raise
        print(f"Waiting for {name}: it is not written yet.")


def _unwritten_function(error: NotImplementedError) -> str | None:
    """The notebook's function that raised, or None when the error comes from somewhere else."""
    traceback = error.__traceback__.tb_next  # the first frame is attempt() itself, the second one the cell
    cell = traceback.tb_frame
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    raised_in = traceback.tb_frame
    if raised_in is cell or raised_in.f_globals is not cell.f_globals:
        return None
    return raised_in.f_code.co_name


class Words:
    """Text that `display` shows as Markdown, in the colours of the reader's theme, and as it is in a terminal."""

    def __init__(self, markdown: str, plain: str):
        self.markdown = markdown
        self.plain = plain

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return self.plain


def in_italics(text: str) -> Words:
    """A caption to display: Markdown and formulas between dollar signs are allowed, asterisks are not."""
    return Words(f"*{text}*", text)


def caption(text: str) -> None:
    """Show one or two sentences under a figure that say what to see."""
    display(in_italics(text))


def show_table(headings: list[str], rows: list[tuple], text: str = "") -> None:
    """Show a small table, numbers to the right, with a caption under it.

    Whole numbers get thousands separators: 20040 is shown as 20,040.
    """
    cells = [[_in_words(value) for value in row] for row in rows]
    right = [all(isinstance(row[column], int | float) for row in rows) for column in range(len(headings))]
    rule = ["---:" if is_number else ":---" for is_number in right]
    markdown = "\n".join("| " + " | ".join(row) + " |" for row in [list(headings), rule, *cells])

    widths = [max(len(row[column]) for row in [list(headings), *cells]) for column in range(len(headings))]
    plain = "\n".join(
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(headings), *cells]
    )
    display(Words(markdown, plain))
    if text:
        caption(text)


def _in_words(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
