"""Curves that grow while something trains, with the time that is left."""

import time

from IPython.display import display

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics

SECONDS = 1.0  # between two drawings: one takes a tenth of a second


class LiveCurves:
    """Curves over the epochs of one training after another; each `add` is one more point of a curve.

    Args:
        points: how many points there will be in all, from which the time left follows.
        logarithmic: whether the values are drawn on a scale of powers of ten.
    """

    def __init__(self, points: int, x_label: str, y_label: str, logarithmic: bool = False):
        self.points, self.labels, self.logarithmic = points, (x_label, y_label), logarithmic
        self.curves: dict[str, list[float]] = {}
        self.begin = self.drawn = time.perf_counter()
        self._shown = None

    def add(self, name: str, value: float) -> None:
        """One more point of a curve; drawn at once if the last drawing is SECONDS old."""
        self.curves.setdefault(name, []).append(value)
        now = time.perf_counter()
        if self._shown is None or now - self.drawn >= SECONDS:
            done = sum(map(len, self.curves.values()))
            left = (now - self.begin) / done * (self.points - done)
            self.drawn = now
            self._draw(f"{name}: {done} of {self.points} epochs, about {left:.0f} s left.")

    def finish(self, caption: str) -> None:
        """Draw all points, with a caption that says what to see."""
        self._draw(caption)

    def _draw(self, words: str) -> None:
        drawing = plots.figure(5.6, 2.8)
        axes = plots.style(drawing.subplots(), *self.labels)
        for (name, values), colour in zip(self.curves.items(), plots.ACCENTS, strict=False):
            axes.plot(
                range(1, len(values) + 1), values, color=colour, linewidth=2, marker="o", markersize=3, label=name
            )
        if self.logarithmic:
            axes.set_yscale("log")
        axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
        picture, text = plots.as_image(drawing, words), in_italics(words)
        if self._shown is None:
            shown = display(picture, display_id=True), display(text, display_id=True)
            self._shown = shown if None not in shown else (_Nowhere(), _Nowhere())
        else:
            for place, what in zip(self._shown, (picture, text), strict=True):
                place.update(what)


class _Nowhere:
    """Outside Jupyter there is nothing to replace."""

    def update(self, what: object) -> None:
        if isinstance(what, Words):
            print(what)
