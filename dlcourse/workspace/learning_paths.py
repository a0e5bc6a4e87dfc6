"""Ways through the course, and a picture of which notebook builds on which, both drawn from what the notebooks say of
themselves."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from dlcourse.figures.appearance import COLOURS, Panel
from dlcourse.workspace.course_map import Stage, stages

WIDTH, HEIGHT, ACROSS, DOWN = 164, 46, 40, 14  # of a notebook's box, and the room between two boxes
LINE = 19  # letters that fit into a box
# In a file of its own, where no page gives a colour.
ALONE = "<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"


@dataclass(frozen=True)
class Path:
    """One way: which notebooks on which day, by their numbers."""

    name: str
    why: str
    days: tuple[tuple[str, ...], ...]

    def numbers(self) -> Iterator[str]:
        return (number for day in self.days for number in day)


PATHS = (
    Path(
        "Pictures in a week",
        "From one convolution to networks that find, outline, recognise and paint.",
        (("01",), ("02",), ("03", "05"), ("07", "08"), ("09", "10"), ("12",), ("13", "14")),
    ),
    Path(
        "Sequences in a week",
        "From one recurrent cell to attention. It needs nothing of what pictures need.",
        (("17",), ("18",), ("19",), ("20",), ("21",)),
    ),
    Path("Everything", "In the order of the numbers: each notebook stands on earlier ones only.", ()),
)
STYLE = f"""<style>
.dlcourse-paths{{{COLOURS};max-width:{6 * (WIDTH + ACROSS)}px;margin:6px 0}}
.dlcourse-paths svg{{max-width:100%;height:auto;display:block}}
.dlcourse-paths a{{color:var(--jp-content-link-color,var(--vscode-textLink-foreground,LinkText))}}
.dlcourse-paths p{{margin:10px 0 0}}.dlcourse-paths ol{{margin:2px 0 0;padding-left:24px}}
.dlcourse-paths .quiet{{color:var(--quiet)}}
</style>"""


def numbers_in(words: str) -> list[str]:
    """The notebooks that a head names: "notebooks 01 to 03 and 07" is 01, 02, 03 and 07."""
    found = []
    for first, last in re.findall(r"\b(\d\d)\b(?: to (\d\d)\b)?", words):
        found += [f"{number:02d}" for number in range(int(first), int(last or first) + 1)]
    return found


def builds_on(every: list[Stage]) -> dict[str, list[str]]:
    """For each notebook with exercises of its own, the numbers of those that it builds on directly: one that another
    of them builds on already is left out."""
    there = {number_of(stage) for stage in every}
    said = {number_of(stage): [one for one in numbers_in(stage.stands_on) if one in there] for stage in every}

    def behind(number: str) -> set[str]:
        return {far for near in said[number] for far in {near, *behind(near)}}

    return {
        number: [one for one in given if not any(one in behind(other) for other in given)]
        for number, given in said.items()
    }


def number_of(stage: Stage) -> str:
    return stage.place.stem[:2]


def picture(every: list[Stage], alone: bool = False) -> str:
    """An SVG of boxes and arrows: every notebook stands to the right of those that it builds on.

    It has no links: JupyterLab 4.6 sets the address of every link in an output, cannot set that of an SVG's, and shows
    an error in place of the output.

    Args:
        alone: for a file of its own, with its own colours.
    """
    every = [stage for stage in every if stage.stands_on]  # the start page is no part of the way
    before = builds_on(every)
    column: dict[str, int] = {}
    for number in before:  # in the order of the course, in which nothing stands on what comes later
        column[number] = 1 + max((column[one] for one in before[number]), default=-1)
    heights: dict[int, int] = {}
    corner = {}
    for number, where in column.items():
        corner[number] = (where * (WIDTH + ACROSS) + 1, heights.setdefault(where, 0) * (HEIGHT + DOWN) + 1)
        heights[where] += 1
    wide, high = (1 + max(column.values())) * (WIDTH + ACROSS) - ACROSS + 2, max(heights.values()) * (HEIGHT + DOWN)
    arrows = (_arrow(corner[one], corner[number]) for number, given in before.items() for one in given)
    boxes = (_box(stage, *corner[number_of(stage)]) for stage in every)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" role="img" '
        f'font-family="system-ui,sans-serif" font-size="12" fill="currentColor">'
        f"{ALONE if alone else ''}<title>{html.escape(told(every))}</title>{''.join((*arrows, *boxes))}</svg>\n"
    )


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    (left, top), (x, y) = (start[0] + WIDTH, start[1] + HEIGHT / 2), (end[0], end[1] + HEIGHT / 2)
    half = (x - left) / 2
    return (
        f'<path d="M{left} {top:g}C{left + half:g} {top:g} {x - half:g} {y:g} {x - 5} {y:g}" fill="none" '
        f'stroke="currentColor" opacity=".55"/><path d="M{x} {y:g}l-7 -4v8z" opacity=".55"/>'
    )


def _box(stage: Stage, x: int, y: int) -> str:
    lines, middle = _short(stage.title), y + HEIGHT / 2 + 4
    words = "".join(
        f'<text x="{x + 34}" y="{middle + 15 * (place - (len(lines) - 1) / 2):g}">{html.escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="none" stroke="currentColor"/>'
        f'<text x="{x + 9}" y="{middle:g}" font-weight="700">{number_of(stage)}</text>{words}'
    )


def told(every: list[Stage]) -> str:
    """The picture in words."""
    before = builds_on([stage for stage in every if stage.stands_on])
    firsts = " and ".join(number for number, given in before.items() if not given)
    rest = "; ".join(f"{number} on {' and '.join(given)}" for number, given in before.items() if given)
    return f"Which notebook builds on which: {firsts} on none; {rest}."


def _short(title: str) -> list[str]:
    """A title in at most two short lines, without what its colon, its last comma or its last "and" begins."""
    words = title.partition(":")[0]
    while len(lines := textwrap.wrap(words, LINE)) > 2 and (shorter := re.match("(.*)(?:,| and )", words)):
        words = shorter[1].rstrip(",")
    return lines[:2]


def days(path: Path, every: list[Stage]) -> list[list[Stage]]:
    """The notebooks of each day that are there; without days, all of them as one."""
    at = {number_of(stage): stage for stage in every}
    if not path.days:
        return [[stage for stage in every if stage.stands_on]]
    return [found for day in path.days if (found := [at[number] for number in day if number in at])]


def draw() -> Panel:
    """The picture and the ways, as HTML and as text."""
    every = list(stages())
    parts, lines = [picture(every)], [told(every)]
    for path in PATHS:
        parts.append(f'<p><b>{html.escape(path.name)}.</b> <span class="quiet">{html.escape(path.why)}</span></p>')
        lines.append(f"{path.name}. {path.why}")
        if path.days:
            told_days = [[_name(stage) for stage in day] for day in days(path, every)]
            lines += [f"  day {number}: {', '.join(names)}" for number, names in enumerate(told_days, 1)]
            items = (", ".join(_link(stage) for stage in day) for day in days(path, every))
            parts.append(f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>")
    section = f'<section class="dlcourse-paths" aria-label="Ways through the course">{"".join(parts)}</section>'
    return Panel(STYLE + section, "\n".join(lines))


def _name(stage: Stage) -> str:
    return f"{number_of(stage)} {stage.title}"


def _link(stage: Stage) -> str:
    return f'<a href="{html.escape(stage.place.as_posix())}">{html.escape(_name(stage))}</a>'


def show() -> None:
    """Show which notebook builds on which, and three ways through them."""
    from IPython.display import display

    display(draw())
