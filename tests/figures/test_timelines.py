"""Timelines: which events share a row, and how long a step takes."""

from dlcourse.figures import timelines

EVENTS = [("augment", 0.0, 1.0), ("augment", 0.5, 1.5), ("augment", 1.0, 2.0), ("train", 1.0, 1.2), ("train", 2.0, 2.2)]


def test_events_of_one_kind_share_a_row_as_long_as_they_do_not_overlap():
    rows = timelines.rows_of(EVENTS)
    assert [(row, kind) for row, kind, *_ in rows] == [
        (0, "augment"),
        (1, "augment"),
        (0, "augment"),
        (2, "train"),
        (2, "train"),
    ]


def test_a_step_takes_the_time_from_one_end_to_the_next():
    steps = [("train", float(i), i + 0.2) for i in range(3)] + [("train", 3.5, 3.7)]
    assert abs(timelines.milliseconds_a_step(steps, skipped=1) - 3500 / 3) < 1e-6
    assert abs(timelines.milliseconds_a_step(steps, skipped=2) - 1250) < 1e-6


def test_each_run_has_axes_of_its_own_with_a_bar_for_each_event():
    drawing = timelines.draw_timelines({"one": EVENTS, "two": EVENTS[:1]})
    assert [len(axes.patches) for axes in drawing.axes] == [5, 1]
    assert [axes.get_title() for axes in drawing.axes] == ["one", "two"]
    assert drawing.axes[0].get_xlim() == drawing.axes[1].get_xlim() == (0.0, 2200.0)
