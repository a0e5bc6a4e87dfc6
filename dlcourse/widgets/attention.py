"""The explorer of notebook 21: a date of one's own, what the Transformer writes, and where it looks."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from dlcourse.figures import attention, plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

MEAN = "the mean of all"


class AttentionExplorer(Explorer):
    """Write a date; see the date that the Transformer makes of it, and at which characters each head looks.

    The attributes `date` and `head` are the controls; setting their `value` does what a reader's hand does.

    Args:
        read: from a date as people write it to the machine's date (text) and the weights (heads, written, characters).
        heads: how many heads there are.
        known: the characters that can be read.
        longest: how many characters can be read.
    """

    blamed = "One of your functions"

    def __init__(self, read: Callable, heads: int, known: str, longest: int):
        self.read, self.known, self.longest = read, set(known), longest
        wide = {"layout": ipywidgets.Layout(width="420px"), "style": {"description_width": "80px"}}
        self.date = ipywidgets.Text("domingo, 9 de mayo de 2027", description="date", continuous_update=False, **wide)
        choices = [MEAN, *(f"head {head + 1}" for head in range(heads))]
        self.head = ipywidgets.Dropdown(options=choices, value=MEAN, description="weights", **wide)
        self._arrange(self.date, self.head, layout=below(self.date, self.head))

    def typed(self) -> str:
        """The date that was typed, without what the Transformer cannot read; a space where nothing is left."""
        text = "".join(char for char in self.date.value.lower() if char in self.known)
        return text[: self.longest] or " "

    def _draw(self) -> tuple[plots.Picture, Words]:
        text = self.typed()
        written, weights = self.read(text)
        weights = np.asarray(weights)
        head = self.head.index
        table = weights.mean(axis=0) if head == 0 else weights[head - 1]
        table = table[:, : len(text)]
        strongest = text[int(np.argmax(table[0]))]
        words = (
            f"{text.strip() or 'Nothing'} is read as {written}. Each row is a character that is written, and shows at"
            f" which characters of the input ({self.head.value}) it looks; the first looks most at"
            f" {'a space' if strongest == ' ' else strongest}."
        )
        return plots.as_image(attention.looks(table, list(text), list(written)), words), in_italics(words)


def explore_dates(read: Callable, heads: int, known: str, longest: int) -> None:
    """Show an AttentionExplorer: a date to write, what the Transformer makes of it, and where its heads look."""
    AttentionExplorer(read, heads, known, longest).show()
