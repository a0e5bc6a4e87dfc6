"""A curve that grows while something trains, with the time that is left below it."""

from __future__ import annotations

import time

from IPython.display import display

from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words

PAUSE = 0.5  # seconds: a picture takes a tenth of a second, which the training should have


class LiveCurve:
    """A picture in the cell's output that is drawn again with each value.

    Args:
        total: how many values will come.
        x_label, y_label: of the axes.
        name: of this curve, in the line below it.
    """

    def __init__(self, total: int, x_label: str, y_label: str, name: str = ""):
        self.total, self.x_label, self.y_label, self.name = total, x_label, y_label, name
        self.values: list[float] = []
        self._start = time.perf_counter()
        self._drawn = float("-inf")
        self._shown: tuple | None = None

    def add(self, value: float) -> None:
        """Draw the curve with one more value, at most every PAUSE seconds, and at the end."""
        self.values.append(float(value))
        now = time.perf_counter()
        if len(self.values) < self.total and now - self._drawn < PAUSE:
            return
        self._drawn = now
        picture, words = self._picture(), Words(f"*{self.words()}*", self.words())
        if self._shown is None:
            self._shown = display(picture, display_id=True), display(words, display_id=True)
        elif None not in self._shown:  # outside Jupyter there is nothing to update
            for handle, new in zip(self._shown, (picture, words), strict=True):
                handle.update(new)

    def words(self) -> str:
        """The line below the curve: how far it is, the last value, the time that is left or was taken."""
        done, passed = len(self.values), time.perf_counter() - self._start
        left = passed / done * (self.total - done)
        progress = f"{passed:.0f} s" if done >= self.total else f"about {left:.0f} s to go"
        before = f"{self.name}: " if self.name else ""
        return f"{before}{self.x_label} {done} of {self.total}, {self.y_label} {self.values[-1]:.3f}, {progress}"

    def _picture(self) -> plots.Picture:
        drawing = plots.figure(4.2, 1.7)
        axes = plots.style(drawing.subplots(), self.x_label, self.y_label)
        axes.plot(range(1, len(self.values) + 1), self.values, color=plots.BLUE, linewidth=2, marker=".")
        axes.set_xlim(0.5, self.total + 0.5)
        axes.set_ylim(0, 1.1 * max(self.values) or 1)
        return plots.as_image(drawing, self.words())
