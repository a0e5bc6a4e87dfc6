"""Timelines: what happened when, as bars, a row for each kind of event."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from dlcourse.figures import plots

Event = tuple[str, float, float]  # what, begin and end in seconds


def show_timelines(runs: Mapping[str, Sequence[Event]], caption: str = "") -> None:
    """Show several runs below one another, over the same time.

    Args:
        runs: by name, events of the kinds "augment" and "train"; overlapping events of one kind get rows of their own.
    """
    plots.show(draw_timelines(runs), caption)


def draw_timelines(runs: Mapping[str, Sequence[Event]]) -> Figure:
    drawing = plots.figure(plots.MAX_WIDTH, 0.4 + 0.95 * len(runs))
    end = max(1000 * event[2] for events in runs.values() for event in events)
    for axes, (name, events) in zip(
        np.atleast_1d(drawing.subplots(len(runs), 1, sharex=True)), runs.items(), strict=True
    ):
        rows = rows_of(events)
        count = 1 + max(row for row, *_ in rows)
        plots.style(axes, "milliseconds" if name == list(runs)[-1] else "", "", name)
        for row, kind, begin, stop in rows:
            colour = plots.ORANGE if kind == "augment" else plots.BLUE
            axes.barh(row, 1000 * (stop - begin), left=1000 * begin, height=0.8, color=colour, linewidth=0)
        labels = {row: kind for row, kind, *_ in rows}
        axes.set_yticks(range(count), [labels[row] for row in range(count)])
        axes.set_ylim(count - 0.5, -0.5)
        axes.set_xlim(0, end)
    return drawing


def rows_of(events: Sequence[Event]) -> list[tuple[int, str, float, float]]:
    """(row, kind, begin, end) of each event: those of a kind share a row as long as they don't overlap."""
    placed: list[tuple[int, str, float, float]] = []
    free: list[tuple[str, float]] = []  # of each row, its kind and when its last event ended
    for kind, begin, end in sorted(events, key=lambda event: (event[0], event[1])):
        row = next((i for i, (its, ended) in enumerate(free) if its == kind and ended <= begin + 1e-9), None)
        if row is None:
            row = len(free)
            free.append((kind, end))
        free[row] = (kind, end)
        placed.append((row, kind, begin, end))
    return placed


def milliseconds_a_step(events: Sequence[Event], skipped: int = 2) -> float:
    """The mean time from the end of one training step to the end of the next, without the first ones."""
    ends = sorted(end for kind, _, end in events if kind == "train")[skipped - 1 :]
    return 1000 * float(np.mean(np.diff(ends)))
