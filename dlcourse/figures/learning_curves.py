"""Curves that grow while something trains, with the time that is left below them."""

from __future__ import annotations

import time

from IPython.display import display

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import in_italics

PAUSE = 1.0  # seconds: a picture takes a tenth of a second, which the training should have


class LearningCurves:
    """A picture in the cell's output that is drawn again with each value; one curve for each training.

    Args:
        total: how many values each curve will have.
        x_label, y_label: of the axes.
        curves: how many trainings there will be, one after another.
    """

    def __init__(self, total: int, x_label: str, y_label: str, curves: int = 1):
        self.total, self.x_label, self.y_label, self.number = total, x_label, y_label, curves
        self.curves: dict[str, list[float]] = {}
        self._start = time.perf_counter()
        self._drawn = float("-inf")
        self._shown: tuple | None = None

    def add(self, name: str, value: float) -> None:
        """One more value of a curve; it is drawn at most every PAUSE seconds, and at the end."""
        self.curves.setdefault(name, []).append(float(value))
        now = time.perf_counter()
        if self._done() >= self.total * self.number or now - self._drawn >= PAUSE:
            self._drawn = now
            self._draw(self.words(name))

    def finish(self, caption: str) -> None:
        """Put a caption below all curves that says what to see."""
        self._draw(caption)

    def words(self, name: str) -> str:
        """The line below: how far a curve is, its last value, the time that is left for all or was taken."""
        passed, done = time.perf_counter() - self._start, self._done()
        left = passed / done * (self.total * self.number - done)
        progress = f"about {left:.0f} s to go" if done < self.total * self.number else f"{passed:.0f} s"
        values = self.curves[name]
        return f"{name}: {self.x_label} {len(values)} of {self.total}, {self.y_label} {values[-1]:.3f}, {progress}"

    def _done(self) -> int:
        return sum(map(len, self.curves.values()))

    def _draw(self, words: str) -> None:
        picture, text = self._picture(words), in_italics(words)
        if self._shown is None:
            self._shown = display(picture, display_id=True), display(text, display_id=True)
        elif None not in self._shown:  # outside Jupyter there is nothing to update
            for place, new in zip(self._shown, (picture, text), strict=True):
                place.update(new)

    def _picture(self, words: str) -> plots.Picture:
        drawing = plots.figure(5.6, 2.4)
        axes = plots.style(drawing.subplots(), self.x_label, self.y_label)
        for (name, values), colour in zip(self.curves.items(), plots.ACCENTS, strict=False):
            axes.plot(range(1, len(values) + 1), values, color=colour, linewidth=2, marker=".", label=name)
        axes.set_xlim(0.5, self.total + 0.5)
        axes.set_ylim(0, 1.1 * max(max(values) for values in self.curves.values()) or 1)
        if self.number > 1:
            axes.legend(frameon=False, labelcolor=plots.INK, fontsize=9)
        return plots.as_image(drawing, words)
