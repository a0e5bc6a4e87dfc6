"""The *Hand in* button: on the start page for every notebook, and under the last check of each.

It does what `dlcourse submit` does, after JupyterLab has saved. It is there for a person in front of JupyterLab only.
"""

from __future__ import annotations

import contextlib
import html
import os
import time
from collections.abc import Callable
from pathlib import Path

from dlcourse.checking.panel import buttons
from dlcourse.figures.appearance import ARROWS, COLOURS, Panel
from dlcourse.handing_in.notebook_files import CourseError, checks_in, read_notebook
from dlcourse.workspace import progress
from dlcourse.workspace.course import released_notebooks, topic_of
from dlcourse.workspace.submit import HandedIn, remember_name, remembered_name, submit

START = "00_start"
QUIET = 0.3  # seconds in which a file that is whole does not change
PATIENCE = 3.0  # seconds for JupyterLab to save; where nothing had changed it writes nothing
# JupyterLab offers its commands to pages that `dlcourse lab` started; elsewhere this does nothing.
SAVE = "<script>window.jupyterapp && window.jupyterapp.commands.execute('docmanager:save-all')</script>"
MARKS = {"written": "✓", "written twice": "◐", "unfinished": "◐", "cannot run": "✗", "not attempted": "·"}
STYLE = f"""<style>.dlcourse-buttons{{{ARROWS};margin:6px 0}}
.dlcourse-receipt{{{COLOURS};border:1px solid var(--line);border-left:4px solid var(--good);border-radius:4px;
padding:10px 14px;margin:6px 0;max-width:860px}}.dlcourse-receipt.failed{{border-left-color:var(--bad)}}
.dlcourse-receipt table{{border-collapse:collapse;margin:6px 0;font-size:13px;color:inherit}}
.dlcourse-receipt tr{{background:none!important}}.dlcourse-receipt :is(th,td){{text-align:left!important;
padding:2px 18px 2px 0;border-bottom:1px solid var(--line);font-weight:400;white-space:normal}}
.dlcourse-receipt p{{margin:6px 0}}.dlcourse-receipt .quiet{{color:var(--quiet)}}
.dlcourse-receipt code{{overflow-wrap:anywhere}}
</style>"""


def is_last(topic: str, exercise: str) -> bool:
    """Whether a notebook ends with the check of this exercise."""
    path = next((path for place, path in released_notebooks().items() if topic_of(place) == topic), None)
    checks = checks_in(read_notebook(path)) if path is not None and path.stem != START else []
    return bool(checks) and checks[-1].exercise == exercise


def notebook_of(topic: str) -> Path | None:
    """The learner's notebook: the one that this kernel is of, else that of the course folder."""
    place = next((place for place in released_notebooks() if topic_of(place) == topic), None)
    course = progress.course_folder()
    own = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if own.suffix == ".ipynb" and own.is_file() and place is not None and own.name.startswith(place.stem):
        return own
    theirs = (course or Path.cwd().parent) / place if place is not None else None
    return theirs if theirs is not None and theirs.is_file() else None


def hand_in(path: Path, update: Callable[[Panel], None], learner: str | None = None) -> HandedIn | None:
    """Have the notebook saved, hand it in, and show the receipt with `update`."""
    before = _stamp(path)
    update(_box("Saving ...", SAVE))
    _wait_until_saved(path, before)
    try:
        done = submit(str(path), learner)
    except CourseError as problem:
        update(_box("Nothing was handed in", f"<p>{html.escape(str(problem))}</p>", str(problem), "failed"))
        return None
    update(receipt(done, _saved_at(path)))
    return done


def _wait_until_saved(path: Path, before: tuple[int, int] | None) -> None:
    """Jupyter empties the file and then writes it, so that it is read only once it has stopped changing."""
    end = time.monotonic() + PATIENCE
    while _stamp(path) == before and time.monotonic() < end:
        time.sleep(0.05)
    end, last = time.monotonic() + PATIENCE, None
    while time.monotonic() < end and ((now := _stamp(path)) != last or (now is not None and not now[1])):
        last = now
        time.sleep(QUIET)


def receipt(done: HandedIn, saved_at: str) -> Panel:
    """What the teacher will see, as `dlcourse submit` says it in a terminal."""
    head = f"{done.notebook} of {done.learner}, as your teacher will see it"
    rows, lines = [], []
    for one in done.exercises:
        said = one.state + (f": {one.reason}" if one.reason else "")
        rows.append(
            f'<tr><th scope="row"><code>{html.escape(one.name)}</code></th><td>{one.points:g}</td>'
            f'<td><span aria-hidden="true">{MARKS[one.state]}</span> {html.escape(said)}</td></tr>'
        )
        lines.append(f"  {MARKS[one.state]} {one.name} ({one.points:g}): {said}")
    titles = "".join(f'<th scope="col" class="quiet">{title}</th>' for title in ("exercise", "points", "what is there"))
    last = [f"The notebook as it was saved at {saved_at}. Your own text, pictures and outputs stay with you."]
    last.append("Nothing has changed since the last time; the file to hand in:" if done.again else "To hand in:")
    body = f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    body += "".join(f"<p>{html.escape(sentence)}</p>" for sentence in (*done.repairs, *last))
    body += f"<p><code>{html.escape(str(done.path))}</code></p>"
    return _box(head, body, "\n".join([*lines, *done.repairs, *last, f"  {done.path}"]))


def show() -> None:
    """On the start page: choose a notebook, say who you are, hand it in."""
    from IPython.display import display

    if not buttons.wanted():
        words = "In JupyterLab there is a button here."
        display(_box("Hand in", f"<p>{words}</p>", words))
        return
    import ipywidgets

    there = {place.stem: path for place in released_notebooks() if (path := notebook_of(topic_of(place))) is not None}
    places = [stem for stem in there if stem != START]
    which = ipywidgets.Dropdown(options=places, description="Notebook")
    who = ipywidgets.Text(value=remembered_name(), description="Your name")
    button = ipywidgets.Button(description="Hand in", tooltip="Save, and make the file for your teacher")
    handle = None

    def pressed(_: object) -> None:
        if which.value is None:
            return
        with contextlib.suppress(CourseError):
            remember_name(who.value)
        hand_in(there[which.value], handle.update, who.value)

    button.on_click(pressed)
    row = ipywidgets.HBox([which, who, button])
    row.add_class("dlcourse-buttons")
    buttons.show_row(row)
    handle = display(_box("Nothing handed in yet", "", ""), display_id=True)


def _box(head: str, body: str, text: str = "", state: str = "") -> Panel:
    page = (
        f'{STYLE}<section class="dlcourse-receipt {state}" aria-label="{html.escape(head)}" role="status">'
        f"<b>{html.escape(head)}</b>{body}</section>"
    )
    return Panel(page, "\n".join(filter(None, [head, text])))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _saved_at(path: Path) -> str:
    return time.strftime("%H:%M:%S", time.localtime(path.stat().st_mtime))
