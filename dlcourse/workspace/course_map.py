"""The map of the course on the start page: every notebook, and how far its reader has come in it.

The map is an ordinary output that is drawn again when the progress file changes, so that a saved notebook, GitHub and
nbconvert show it as it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlcourse.figures.appearance import COLOURS, Panel
from dlcourse.handing_in.notebook_files import Check, checks_in, read_notebook
from dlcourse.workspace import progress
from dlcourse.workspace.course import released_notebooks, topic_of

SECONDS = 1.0  # between two looks at the progress file
# What a notebook's first text says of itself; `autograder build --check` asks for it.
HEAD = re.compile(r"\*\*Stands on\*\* (.+?)\. \*\*Takes\*\* about (.+?)\.(?=\s|$)", re.DOTALL)
MARKS = {"done": "✓", "started": "◐", "new": "○"}
STYLE = f"""<style>
.dlcourse-map{{{COLOURS};max-width:860px;margin:6px 0}}
.jp-RenderedHTMLCommon .dlcourse-map table,.dlcourse-map table{{border-collapse:collapse;width:100%;margin:0;
color:inherit;font-size:inherit;table-layout:auto;border:0}}
.dlcourse-map tr,.jp-RenderedHTMLCommon .dlcourse-map tr:nth-child(n){{background:none}}
.dlcourse-map caption{{text-align:left;color:var(--quiet);padding:0 0 6px}}
.dlcourse-map th,.dlcourse-map td,.jp-RenderedHTMLCommon .dlcourse-map :is(th,td){{text-align:right;padding:4px 10px;
border:0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;white-space:nowrap;vertical-align:top}}
.dlcourse-map thead th{{color:var(--quiet);font-weight:400}}
.dlcourse-map tbody th,.jp-RenderedHTMLCommon .dlcourse-map :is(tbody th,.words){{text-align:left;font-weight:400;
white-space:normal}}
.dlcourse-map .new .words,.dlcourse-map .quiet{{color:var(--quiet)}}
.dlcourse-map .quiet{{margin:6px 0 0}}.dlcourse-map tr.next th{{font-weight:600}}
.dlcourse-map .bar{{display:inline-block;width:72px;height:8px;border:1px solid var(--line);border-radius:4px;
overflow:hidden;margin-right:8px;vertical-align:middle}}
.dlcourse-map .bar i{{display:block;height:100%;background:var(--good)}}
.dlcourse-map a{{color:var(--jp-content-link-color,var(--vscode-textLink-foreground,LinkText))}}
</style>"""

_watcher: asyncio.Task | None = None


@dataclass(frozen=True)
class Stage:
    """One notebook of the course, with what the progress file knows of each of its exercises."""

    place: Path
    title: str
    exercises: tuple[tuple[Check, dict], ...]
    stands_on: str = ""
    takes: str = ""

    @property
    def points(self) -> float:
        return sum(check.points for check, _ in self.exercises)

    @property
    def earned(self) -> float:
        return sum(check.points * entry.get("best", 0.0) for check, entry in self.exercises)

    @property
    def passed(self) -> int:
        return sum(entry.get("passed", False) for _, entry in self.exercises)

    @property
    def hints(self) -> int:
        return sum(entry.get("hints", 0) + entry.get("leads", 0) for _, entry in self.exercises)

    @property
    def solutions(self) -> int:
        return sum(bool(entry.get("solution")) for _, entry in self.exercises)

    @property
    def state(self) -> str:
        """ "done", "started" or "new"."""
        if self.passed == len(self.exercises):
            return "done"
        return "started" if any(entry.get("attempts") or entry.get("hints") for _, entry in self.exercises) else "new"


def stages(folder: Path | None = None) -> Iterator[Stage]:
    """The notebooks in the order of the course.

    Args:
        folder: a course folder, or one inside it; by default the working directory.
    """
    known = progress.read(folder)["exercises"]
    for place, title, checks, head in _released():
        exercises = tuple((check, known.get(f"{topic_of(place)}/{check.exercise}", {})) for check in checks)
        yield Stage(place, title, exercises, *head)


@functools.cache
def _released() -> tuple[tuple[Path, str, tuple[Check, ...], tuple[str, ...]], ...]:
    found = []
    for place, path in released_notebooks().items():
        notebook = read_notebook(path)
        text = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
        title = re.search(r"^# +(.+)$", text, re.MULTILINE)
        head = HEAD.search(text)
        said = tuple(" ".join(part.split()) for part in head.groups()) if head else ()
        found.append((place, title[1].strip() if title else place.stem, tuple(checks_in(notebook)), said))
    return tuple(found)


def show() -> None:
    """Show the map, and draw it again whenever a check in any notebook of the course has changed the progress file."""
    global _watcher
    from IPython.display import display

    if _watcher is not None:
        _watcher.cancel()
        _watcher = None
    course = progress.course_folder()
    before = _stamp(course)  # before it is drawn, so that no change falls between the two
    shown = display(draw(course), display_id=True)
    if course is None or shown is None:
        return
    with contextlib.suppress(RuntimeError):  # a terminal runs no event loop between two inputs, and needs no redrawing
        _watcher = asyncio.get_running_loop().create_task(_redraw_when_changed(shown, course, before))


async def _redraw_when_changed(shown, course: Path, before: tuple[int, int] | None) -> None:
    while True:
        await asyncio.sleep(SECONDS)
        now = _stamp(course)
        if now != before:
            before = now
            shown.update(draw(course))


def _stamp(course: Path | None) -> tuple[int, int] | None:
    if course is None:
        return None
    try:
        found = (course / progress.MARKER / progress.FILE_NAME).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def draw(course: Path | None) -> Panel:
    """The map as it is now."""
    every = list(stages(course))
    following = next((stage for stage in every if stage.state != "done"), None)
    rows = [_row(stage, stage is following) for stage in every]
    if course is None:
        words = "This is not a course folder, so progress is not kept: `dlcourse lab` makes one."
    elif following is None:
        words = "You have done everything there is."
    else:
        words = f"Next: {_name(following)}."
    table = (
        f'<table><caption role="status">{html.escape(words)}</caption>'
        '<thead><tr><th scope="col" class="words">notebook</th><th scope="col" class="words">stands on</th>'
        '<th scope="col" class="words">takes about</th><th scope="col" class="words">state</th>'
        '<th scope="col">exercises</th><th scope="col">points</th><th scope="col">help</th></tr></thead>'
        f"<tbody>{''.join(row for row, _ in rows)}</tbody></table>"
    )
    notes = ["Help: hints and solutions that you have looked at. They cost no points."]
    notes += filter(None, [_gaps(every)])
    table += "".join(f'<p class="quiet">{html.escape(note)}</p>' for note in notes)
    text = "\n".join([*(line for _, line in rows), *notes, words])
    return Panel(f'{STYLE}<section class="dlcourse-map" aria-label="Map of the course">{table}</section>', text)


def _gaps(every: list[Stage]) -> str:
    """A sentence about the numbers that the course leaves out so far; "" if it has them all."""
    numbers = [int(head) for stage in every if (head := stage.place.stem.partition("_")[0]).isdigit()]
    missing = sorted(set(range(max(numbers, default=0))) - set(numbers))
    runs: list[list[int]] = []
    for number in missing:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]:02d} to {run[-1]:02d}" if len(run) > 1 else f"{run[0]:02d}" for run in runs]
    if not words:
        return ""
    which = " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
    are = f"Numbers {which} are" if len(missing) > 1 else f"Number {which} is"
    return f"{are} still being written; nothing is missing here."


def _help(stage: Stage) -> str:
    counts = ((stage.hints, "hint"), (stage.solutions, "solution"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)


def _row(stage: Stage, following: bool) -> tuple[str, str]:
    points = f"{stage.earned:.3g} / {stage.points:g}"
    exercises = f"{stage.passed} of {len(stage.exercises)}"
    share = 100 * stage.earned / stage.points if stage.points else 0
    row = (
        f'<tr class="{stage.state}{" next" if following else ""}" data-notebook="{html.escape(stage.place.stem)}">'
        f'<th scope="row"><a href="{html.escape(stage.place.as_posix())}">{html.escape(_name(stage))}</a></th>'
        f'<td class="words">{html.escape(stage.stands_on)}</td><td class="words">{html.escape(stage.takes)}</td>'
        f'<td><span aria-hidden="true">{MARKS[stage.state]}</span> {stage.state}</td>'
        f"<td>{exercises}</td>"
        f'<td><span class="bar" aria-hidden="true"><i style="width:{share:.0f}%"></i></span>{points}</td>'
        f"<td>{_help(stage)}</td></tr>"
    )
    line = f"{MARKS[stage.state]} {_name(stage):<58} {stage.state:<8} {exercises:>8} {points:>9} points"
    return row, line + (f", {_help(stage)}" if _help(stage) else "")


def _name(stage: Stage) -> str:
    number = stage.place.stem.partition("_")[0]
    return f"{number}  {stage.title}" if number.isdigit() else stage.title
