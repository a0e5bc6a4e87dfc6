"""Figures of attention: who looks where, and how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from dlcourse.figures import plots

CELL = 0.19  # inches
SEEN = LinearSegmentedColormap.from_list("seen", [plots.PAPER, plots.ORANGE, "#7d3a04"])


def looks(
    weights: np.ndarray, keys: Sequence[str], queries: Sequence[str], title: str = "", key_label: str = ""
) -> Figure:
    """A table of weights (queries, keys) as a picture; the darker, the more a query looks there."""
    rows, columns = weights.shape
    wide = min(plots.MAX_WIDTH, max(2.2, CELL * columns + 1.1))
    drawing = plots.figure(wide, max(1.2, CELL * rows + 0.8))
    axes = plots.style(drawing.subplots(), key_label, "", title)
    draw_looks(axes, weights, keys, queries)
    return drawing


def draw_looks(axes: Axes, weights: np.ndarray, keys: Sequence[str], queries: Sequence[str]) -> None:
    """The same in axes that are there."""
    axes.imshow(weights, cmap=SEEN, vmin=0, vmax=max(1e-9, float(np.max(weights))), aspect="auto")
    axes.set_xticks(range(len(keys)), ["␣" if key == " " else key for key in keys], fontsize=9)
    axes.set_yticks(range(len(queries)), queries, fontsize=9)
    axes.tick_params(length=0)


def show_looks(
    weights: np.ndarray, keys: Sequence[str], queries: Sequence[str], caption: str = "", key_label: str = ""
) -> None:
    """Show `looks` with a caption."""
    plots.show(looks(np.asarray(weights), keys, queries, key_label=key_label), caption)


def show_masks(masks: dict[str, np.ndarray], caption: str = "") -> None:
    """Show masks (queries, keys) side by side: filled where a query may look."""
    drawing = plots.figure(plots.MAX_WIDTH, 2.2)
    for axes, (title, mask) in zip(np.ravel(drawing.subplots(1, len(masks))), masks.items(), strict=True):
        plots.style(axes, "key", "query", title)
        mask = np.asarray(mask, dtype=float)
        axes.imshow(mask, cmap=SEEN, vmin=0, vmax=2)
        axes.set_xticks(range(mask.shape[1]))
        axes.set_yticks(range(mask.shape[0]))
        axes.tick_params(length=0)
    plots.show(drawing, caption)


def show_encoding(encoding: np.ndarray, caption: str = "") -> None:
    """Show positional encodings (positions, d): a row of colours for each position, and four columns as curves."""
    drawing = plots.figure(plots.MAX_WIDTH, 2.8)
    left, right = drawing.subplots(1, 2)
    plots.style(left, "column", "position")
    left.imshow(encoding, cmap=plots.SIGNED, vmin=-1, vmax=1, aspect="auto")
    plots.style(right, "position", "value")
    for column, colour in zip((0, 1, 8, 20), (plots.INK, plots.BLUE, plots.ORANGE, plots.GREEN), strict=True):
        right.plot(encoding[:, column], color=colour, label=f"column {column}")
    right.set_ylim(-1.6, 1.1)  # room for the names
    right.legend(frameon=False, fontsize=8, labelcolor=plots.INK, ncols=2, loc="lower left")
    plots.show(drawing, caption)
