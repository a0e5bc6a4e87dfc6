"""Figures of the notebooks on sequences: networks step by step, the inside of a cell, values over time."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import MaxNLocator

from dlcourse.figures import plots
from dlcourse.figures.plots import BLUE, GREEN, INK, MAX_WIDTH, ORANGE, PAPER, SIGNED, VIOLET

MEMORY, GATE, OUTPUT = ORANGE, BLUE, GREEN  # the same colours in every figure


# Networks, step by step


def show_network(
    inputs: Sequence[str | None],
    outputs: Sequence[str | None],
    states: Sequence[str] | None = None,
    start: str = "",
    backwards: bool = False,
    caption: str = "",
) -> None:
    """Show a recurrent network as a row of steps: input below, hidden state in the middle, output above.

    Args:
        inputs, outputs: what stands at each step; None where there is nothing.
        states: the texts of the hidden states. Default: a⟨1⟩, a⟨2⟩, ...
        start: the text of the state before the first step; empty for none.
        backwards: draw the way of the gradients, from each output to the first step, under the way of the values.
    """
    drawing = plots.figure(MAX_WIDTH, 2.5)
    axes = _empty(drawing.subplots())
    states = [f"a⟨{t + 1}⟩" for t in range(len(inputs))] if states is None else states
    size = 9 if len(inputs) > 6 else 10
    _draw_network(axes, inputs, outputs, states, start, backwards, size)
    plots.show(drawing, caption)


def show_five_shapes(caption: str = "") -> None:
    """Show how many steps have an input and how many an output, in five kinds of task."""
    shapes = {
        "one to one": ([0], [0]),
        "one to many": ([0], [0, 1, 2]),
        "many to one": ([0, 1, 2], [2]),
        "many to many,\nequal lengths": ([0, 1, 2], [0, 1, 2]),
        "many to many,\nother lengths": ([0, 1, 2], [2, 3, 4]),
    }
    lengths = [max(max(given), max(made)) + 1 for given, made in shapes.values()]
    drawing = plots.figure(MAX_WIDTH, 2.5)
    all_axes = drawing.subplots(1, 5, width_ratios=[max(length, 2) + 0.8 for length in lengths])
    for axes, (name, (given, made)), length in zip(all_axes, shapes.items(), lengths, strict=True):
        inputs = ["x" if t in given else None for t in range(length)]
        outputs = ["ŷ" if t in made else None for t in range(length)]
        _draw_network(_empty(axes), inputs, outputs, ["a"] * length, "", False, 10, margin=0.9)
        axes.set_title(name, color=INK, fontsize=10)
    plots.show(drawing, caption)


def _draw_network(
    axes: Axes,
    inputs: Sequence,
    outputs: Sequence,
    states: Sequence[str],
    start: str,
    backwards: bool,
    size: float,
    margin: float = 0.6,
) -> None:
    def join(here: tuple[float, float], there: tuple[float, float]) -> None:
        """The values' arrow and, where gradients are shown, theirs beside it."""
        (x, y), (to_x, to_y) = here, there
        aside = 0.09 if backwards else 0.0
        sideways = (aside, 0.0) if to_x == x else (0.0, aside)
        _arrow(axes, (x - sideways[0], y + sideways[1]), (to_x - sideways[0], to_y + sideways[1]))
        if backwards:
            back = (to_x + sideways[0], to_y - sideways[1]), (x + sideways[0], y - sideways[1])
            _arrow(axes, *back, colour=VIOLET, width=1.8)

    half, wide = 0.19, 0.94 if any(len(text or "") > 6 for text in inputs) else 0.7
    for t, state in enumerate(states):
        if t or start:
            join((t - 1 + 0.36, 1), (t - 0.36, 1))
        if inputs[t] is not None:
            join((t, half + 0.02), (t, 1 - half - 0.02))
            _box(axes, t, 0, inputs[t], GATE, size=size, width=wide)
        if outputs[t] is not None:
            join((t, 1 + half + 0.02), (t, 2 - half - 0.02))
            _box(axes, t, 2, outputs[t], OUTPUT, size=size, width=0.7)
        _box(axes, t, 1, state, MEMORY, size=size, width=0.7)
    if start:
        _box(axes, -1, 1, start, MEMORY, size=size, width=0.7)
    axes.set_xlim(-(1 if start else 0) - margin, len(states) - 1 + margin)
    axes.set_ylim(-0.35, 2.35)


# The inside of a cell


def show_rnn_cell(caption: str = "") -> None:
    """Show the plain recurrent cell: one tanh for the state, one softmax for the output."""
    drawing = plots.figure(5.4, 2.2)
    axes = _empty(drawing.subplots())
    _arrow(axes, (0.5, 1), (2.0, 1))
    _arrow(axes, (2.6, 0.1), (2.6, 0.7))
    _arrow(axes, (3.2, 1), (6.4, 1))
    _arrow(axes, (4.8, 1), (4.8, 1.75))
    _arrow(axes, (4.8, 2.35), (4.8, 2.8))
    _box(axes, 2.6, 1, "tanh", MEMORY, width=1.1, height=0.55)
    _box(axes, 4.8, 2.05, "softmax", OUTPUT, width=1.3, height=0.55)
    for x, y, text in [(0.1, 1, "a⟨t-1⟩"), (2.6, -0.1, "x⟨t⟩"), (6.8, 1, "a⟨t⟩"), (4.8, 3.0, "ŷ⟨t⟩")]:
        _label(axes, x, y, text)
    for x, y, text in [(1.2, 1.2, "Waa"), (2.95, 0.38, "Wax"), (5.15, 1.4, "Wya")]:
        _label(axes, x, y, text, size=9)
    axes.set_xlim(-0.5, 7.3)
    axes.set_ylim(-0.3, 3.2)
    plots.show(drawing, caption)


def show_gru_cell(caption: str = "") -> None:
    """Show the inside of a GRU: two gates and a candidate."""
    drawing = plots.figure(6.6, 3.3)
    axes = _empty(drawing.subplots())
    _stack_line(axes, 5.2)
    for x in (2.0, 5.2):
        _arrow(axes, (x, 0.5), (x, 1.28))
    _arrow(axes, (0.5, 4), (4.95, 4), colour=MEMORY, width=3)
    _arrow(axes, (5.45, 4), (6.75, 4), colour=MEMORY, width=3)
    _arrow(axes, (7.25, 4), (8.6, 4), colour=MEMORY, width=3)
    _arrow(axes, (2.0, 4), (2.0, 3.05), colour=MEMORY)
    _arrow(axes, (2.0, 1.9), (2.0, 2.55), colour=GATE)
    _arrow(axes, (2.25, 2.8), (3.05, 2.8))
    _arrow(axes, (3.6, 0.5), (3.6, 2.48))
    _label(axes, 3.42, 1.3, "x⟨t⟩", ha="right", size=9)
    _arrow(axes, (4.15, 2.8), (6.75, 2.8))
    _arrow(axes, (5.2, 1.9), (5.2, 3.75), colour=GATE)
    _arrow(axes, (5.75, 1.6), (7.0, 1.6), (7.0, 2.55), colour=GATE)
    _arrow(axes, (7.0, 3.05), (7.0, 3.75))
    for x, y, text, colour in [(2.0, 1.6, "σ  Γr", GATE), (5.2, 1.6, "σ  Γu", GATE), (3.6, 2.8, "tanh  c̃", MEMORY)]:
        _box(axes, x, y, text, colour, width=1.1, height=0.6)
    for x, y, sign in [(2.0, 2.8, "×"), (5.2, 4, "×"), (7.0, 2.8, "×"), (7.0, 4, "+")]:
        _sign(axes, x, y, sign)
    _label(axes, 5.28, 3.35, "1 - Γu", ha="left", size=9)
    _label(axes, 7.08, 2.1, "Γu", ha="left", size=9)
    _label(axes, 0.45, 4, "a⟨t-1⟩", ha="right")
    _label(axes, 8.7, 4, "a⟨t⟩", ha="left")
    _finish(axes)
    plots.show(drawing, caption)


def show_lstm_cell(caption: str = "") -> None:
    """Show the inside of an LSTM: the memory above, three gates and a candidate below."""
    drawing = plots.figure(6.6, 3.3)
    axes = _empty(drawing.subplots())
    _stack_line(axes, 6.1)
    _arrow(axes, (0.5, 4), (1.95, 4), colour=MEMORY, width=3)
    _arrow(axes, (2.45, 4), (3.95, 4), colour=MEMORY, width=3)
    _arrow(axes, (4.45, 4), (8.6, 4), colour=MEMORY, width=3)
    for x in (2.2, 3.3, 4.9, 6.1):
        _arrow(axes, (x, 0.5), (x, 1.28))
    _arrow(axes, (2.2, 1.9), (2.2, 3.75), colour=GATE)
    _arrow(axes, (3.3, 1.9), (3.3, 2.8), (3.95, 2.8), colour=GATE)
    _arrow(axes, (4.9, 1.9), (4.9, 2.8), (4.45, 2.8))
    _arrow(axes, (4.2, 3.05), (4.2, 3.75))
    _arrow(axes, (6.55, 1.6), (6.95, 1.6), colour=GATE)
    _arrow(axes, (7.2, 4), (7.2, 3.1))
    _arrow(axes, (7.2, 2.5), (7.2, 1.85))
    _arrow(axes, (7.45, 1.6), (8.6, 1.6), colour=MEMORY)
    for x, text in [(2.2, "σ  Γf"), (3.3, "σ  Γi"), (6.1, "σ  Γo")]:
        _box(axes, x, 1.6, text, GATE, width=0.9, height=0.6)
    _box(axes, 4.9, 1.6, "tanh  c̃", MEMORY, width=1.1, height=0.6)
    _box(axes, 7.2, 2.8, "tanh", MEMORY, width=0.9, height=0.6)
    for x, y, sign in [(2.2, 4, "×"), (4.2, 2.8, "×"), (4.2, 4, "+"), (7.2, 1.6, "×")]:
        _sign(axes, x, y, sign)
    _label(axes, 0.45, 4, "c⟨t-1⟩", ha="right")
    _label(axes, 8.7, 4, "c⟨t⟩", ha="left")
    _label(axes, 8.7, 1.6, "a⟨t⟩", ha="left")
    _finish(axes)
    plots.show(drawing, caption)


def _stack_line(axes: Axes, end: float) -> None:
    """The line along the bottom that brings the hidden state and the input to the gates."""
    axes.plot([0.5, end], [0.5, 0.5], color=INK, linewidth=1.3, zorder=1)
    _label(axes, 0.45, 0.5, "a⟨t-1⟩", ha="right")
    _arrow(axes, (1.1, -0.25), (1.1, 0.5))
    _label(axes, 1.1, -0.4, "x⟨t⟩")


def _finish(axes: Axes) -> None:
    axes.set_xlim(-0.6, 9.4)
    axes.set_ylim(-0.6, 4.4)


# Values and gradients over time


def over_time(
    rows: dict[str, np.ndarray],
    limits: dict[str, tuple[float, float]] | None = None,
    columns: Sequence[str] | None = None,
) -> Figure:
    """Draw values over time, one strip below the other: (T,) as a strip of one row, (features, T) as a picture.

    Args:
        limits: by the name of a strip, the values drawn darkest and brightest; by default -1 and 1, or 0 and 1 where
            nothing is negative.
        columns: what stands under each step. Default: the steps' numbers.
    """
    arrays = {name: np.atleast_2d(values) for name, values in rows.items()}
    heights = [0.28 if len(values) == 1 else 0.11 * len(values) + 0.15 for values in arrays.values()]
    drawing = plots.figure(MAX_WIDTH, sum(heights) + 0.12 * len(heights) + 0.45)
    all_axes = drawing.subplots(len(arrays), 1, height_ratios=heights, squeeze=False)[:, 0]
    for axes, (name, values) in zip(all_axes, arrays.items(), strict=True):
        signed = plots.is_signed(values)
        low, high = (limits or {}).get(name, (-1.0 if signed else 0.0, 1.0))
        axes.imshow(
            values, cmap=SIGNED if signed else "gray", vmin=low, vmax=high, aspect="auto", interpolation="nearest"
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_ylabel(name, rotation=0, ha="right", va="center", color=INK, fontsize=10)
        axes.tick_params(colors=INK, labelsize=9, length=0)
        for spine in axes.spines.values():
            spine.set_color(INK)
            spine.set_linewidth(0.8)
    last, steps = all_axes[-1], next(iter(arrays.values())).shape[1]
    if columns is None:
        last.set_xticks(range(0, steps, max(1, steps // 12)))
        last.set_xticklabels([str(t + 1) for t in range(0, steps, max(1, steps // 12))])
        last.set_xlabel("step", color=INK, fontsize=10)
    else:
        last.set_xticks(range(steps), columns)
    return drawing


def show_over_time(
    rows: dict[str, np.ndarray],
    caption: str = "",
    limits: dict[str, tuple[float, float]] | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Show what `over_time` draws, with its caption."""
    plots.show(over_time(rows, limits, columns), caption)


def reach(
    curves: dict[str, np.ndarray],
    y_label: str,
    lowest: float = 1e-9,
    highest: float | None = None,
    dotted: np.ndarray | None = None,
) -> Figure:
    """Draw how large gradients are over the number of steps that they have gone back, on a logarithmic scale.

    Args:
        curves: by name, one value for each step of a sequence, in the order of the steps.
        lowest, highest: the ends of the scale; what lies beyond leaves the picture.
        dotted: a curve to compare with, in the same order.
    """
    drawing = plots.figure(5.8, 2.9)
    axes = plots.style(drawing.subplots(), "steps back from the last", y_label)
    for (name, values), colour in zip(curves.items(), cycle(plots.ACCENTS)):
        values = np.asarray(values, dtype=np.float64)[::-1]
        axes.plot(np.arange(len(values)), np.maximum(values, lowest / 1e3), color=colour, linewidth=2, label=name)
    if dotted is not None:
        axes.plot(np.arange(len(dotted)), dotted[::-1], color=INK, linewidth=1.5, linestyle=":", label="without tanh")
    axes.axhline(1.0, color=INK, linewidth=0.6)
    axes.set_yscale("log")
    axes.set_ylim(lowest, highest)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(curves) > 1 or dotted is not None:
        axes.legend(frameon=False, labelcolor=INK, fontsize=9)
    return drawing


def show_reach(
    curves: dict[str, np.ndarray], y_label: str, caption: str = "", lowest: float = 1e-9, highest: float | None = None
) -> None:
    """Show `reach`."""
    plots.show(reach(curves, y_label, lowest, highest), caption)


# Details


# Words as points


def show_word_map(vectors: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]], caption: str = "") -> None:
    """Show words in the two directions in which they are spread most, with an arrow from the first of each pair to the
    second."""
    plots.show(word_map(vectors, pairs), caption)


def word_map(vectors: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]) -> Figure:
    """Draw what `show_word_map` shows."""
    words = [word for pair in pairs for word in pair]
    points = np.stack([vectors[word] for word in words])
    points = points - points.mean(axis=0)
    _, _, directions = np.linalg.svd(points, full_matrices=False)
    flat = points @ directions[:2].T
    drawing = plots.figure(MAX_WIDTH, 4.6)
    axes = plots.style(drawing.subplots(), "first principal component", "second principal component")
    for start, end in zip(flat[::2], flat[1::2], strict=True):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 1.2})
    axes.scatter(*flat.T, color=BLUE, s=18)
    for word, (x, y) in zip(words, flat, strict=True):
        axes.annotate(word, (x, y), (4, 4), textcoords="offset points", color=INK, fontsize=9)
    axes.margins(0.12)
    return drawing


def _empty(axes: Axes) -> Axes:
    axes.axis("off")
    axes.set_facecolor("none")
    return axes


def _box(
    axes: Axes, x: float, y: float, text: str, colour: str, size: float = 10, width: float = 0.8, height: float = 0.38
) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour,
            edgecolor="none",
            zorder=2,
        )
    )
    axes.text(x, y, text, ha="center", va="center", color=PAPER, fontsize=size, zorder=3)


def _sign(axes: Axes, x: float, y: float, sign: str) -> None:
    axes.plot([x], [y], marker="o", markersize=15, color=PAPER, markeredgecolor=INK, zorder=3)
    axes.text(x, y, sign, ha="center", va="center_baseline", color="#1d1f22", fontsize=12, zorder=4)


def _label(axes: Axes, x: float, y: float, text: str, ha: str = "center", size: float = 10) -> None:
    axes.text(x, y, text, ha=ha, va="center", color=INK, fontsize=size)


def _arrow(axes: Axes, *points: tuple[float, float], colour: str = INK, width: float = 1.3) -> None:
    """An arrow through two or more points."""
    if len(points) > 2:
        x, y = zip(*points[:-1], strict=True)
        axes.plot(x, y, color=colour, linewidth=width, zorder=1, solid_joinstyle="round")
    axes.annotate(
        "",
        points[-1],
        points[-2],
        zorder=1,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0},
    )
