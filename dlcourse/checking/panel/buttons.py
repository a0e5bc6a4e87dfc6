"""The buttons under a panel, which do what `hint`, `where` and `solution` do.

They are there only where a person's front end runs the cell. What they show goes into the panel above them, which is an
ordinary output, so that it is still there when the saved notebook is opened again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import help, leads, session
from dlcourse.checking.report import Report
from dlcourse.figures.appearance import ARROWS, Panel

VIEW = "application/vnd.jupyter.widget-view+json"
# A saved notebook knows no buttons: until its check is run again, their place holds a line of error text, or buttons
# that do nothing. So the place is shown only while there is something in it.
STYLE = (
    f"""<style>.dlcourse-buttons{{{ARROWS}}}</style>"""
    + """<style>
.jp-OutputArea-child:has(>.lm-Panel.jp-OutputArea-output):not(:has(>.lm-Panel.jp-OutputArea-output>*)),
.dlcourse-buttons.jupyter-widgets-disconnected{display:none}
.dlcourse-buttons{margin:2px 0 10px;flex-wrap:wrap;gap:8px;overflow:visible;padding:3px}
.dlcourse-buttons .jupyter-button{margin:0;padding:0 12px;height:30px;line-height:28px;width:auto;border-radius:4px;
border:1px solid var(--jp-border-color1,#8888);background:var(--jp-layout-color1,transparent);
color:var(--jp-ui-font-color1,inherit);font-size:13px}
.dlcourse-points{font-size:12px;margin:2px 0;color:var(--jp-ui-font-color2,inherit)}
.dlcourse-buttons .jupyter-button:focus-visible{outline:2px solid var(--jp-brand-color1,Highlight);outline-offset:2px}
</style>"""
)

_latest: dict[str, Buttons] = {}


def wanted() -> bool:
    """Whether a person's front end runs this cell: JupyterLab and VS Code name the cell in their request; nbclient, and
    with it nbgrader, nbconvert and every grader, does not."""
    try:
        from IPython import get_ipython

        kernel = getattr(get_ipython(), "kernel", None)
        return bool(kernel is not None and kernel.get_parent().get("metadata", {}).get("cellId"))
    except Exception:  # whatever another kernel keeps there, a check is worth more than its buttons
        return False


def show(exercise: Exercise, report: Report, above: Panel, update: Callable[[Panel], None]) -> None:
    """Show the buttons for one exercise.

    Args:
        above: the panel of the check.
        update: puts another panel in its place.
    """
    key = f"{exercise.topic}/{exercise.name}"
    if key in _latest:
        _latest.pop(key).box.close()
    buttons = _latest[key] = Buttons(exercise, report, above, update)
    if buttons.box.children:
        show_row(buttons.box)


def show_row(box: Any) -> None:
    """Show a row of buttons; nothing where there are no widgets: the text names the functions that do the same."""
    from IPython.display import display

    display({VIEW: box._repr_mimebundle_()[VIEW], "text/html": "", "text/plain": ""}, raw=True)


class Buttons:
    """The row of buttons; `hint`, `solution` and `again` are None where there is nothing to show."""

    def __init__(self, exercise: Exercise, report: Report, above: Panel, update: Callable[[Panel], None]) -> None:
        import ipywidgets

        self.exercise = exercise
        self._above, self._update = above, update
        self._added: dict[str, Panel] = {}
        self.hint = self.lead = self.solution = self.again = self.hand_in = None
        if exercise.hints and not report.passed:
            self.hint = self._button(self._hint_label(), f"Show the next hint for {exercise.name}", self._show_hint)
        self._looked = leads.offered(exercise)
        if self._looked is not None:
            tip = f"Look for a small change that puts {exercise.name} right, and say where it is"
            self.lead = self._button(self._lead_label(), tip, self._ask_where)
        if help.solution_is_open(exercise):
            self.solution = self._button("Solution", f"Show one way to write {exercise.name}", self._show_solution)
        if report.attempted and not report.passed and help.beginning(exercise) is not None:
            self.again = self._button("Start again", f"Show the text that {exercise.name} began with", self._show_again)
        self._hands_in = session.hands_in(exercise.topic, exercise.name)
        if self._hands_in is not None:
            self.hand_in = self._button("Hand in", "Save the notebook, and make the file for your teacher", self._hand)
        every = (self.hint, self.lead, self.solution, self.again, self.hand_in)
        self._every = [button for button in every if button is not None]
        self.box = ipywidgets.HBox(self._every)
        self.box.add_class("dlcourse-buttons")

    def _button(self, label: str, tooltip: str, pressed: Callable[[], None]):
        import ipywidgets

        button = ipywidgets.Button(description=label, tooltip=tooltip)
        button.on_click(lambda _: pressed())
        return button

    def _hint_label(self) -> str:
        count, shown = len(self.exercise.hints), self._hints_shown()
        return f"Hint {shown + 1} of {count}" if shown < count else "All hints again"

    def _hints_shown(self) -> int:
        return session.hints_shown(self.exercise.topic, self.exercise.name)

    def _show_hint(self) -> None:
        count = len(self.exercise.hints)
        again = self._hints_shown() >= count
        self._add(help.all_hints(self.exercise) if again else help.next_hint(self.exercise))
        if self._hints_shown() < count:
            self.hint.description = self._hint_label()
        else:  # they all stand above now
            self.hint.description, self.hint.disabled = "No more hints", True

    def _lead_label(self) -> str:
        shown = self._looked.shown
        return (
            leads.LABELS[shown] if not self._looked.searched or shown < len(self._looked.steps) else "All leads again"
        )

    def _ask_where(self) -> None:
        """At the first time a search, beside which the notebook can be used."""
        if self._looked.searched:
            self._show_lead()
            return
        leads.begin(self._looked)
        if self._looked.running is None:
            self._show_lead()
        else:
            threading.Thread(target=self._wait_for_lead, name="lead", daemon=True).start()

    def _wait_for_lead(self) -> None:
        import ipywidgets

        searching = self._looked.running
        bar = ipywidgets.FloatProgress(max=1.0, description="Looking", layout={"width": "180px"})
        stop = self._button("Stop", "Look no further", lambda: leads.stop(self._looked))
        self.box.children = [each for each in self._every if each is not self.lead] + [bar, stop]
        while not leads.waited(self._looked, leads.TICK):
            bar.value = searching.share
        self.box.children = self._every  # the others are not closed: the page may still be about to draw them
        if self._looked.searched:
            self._show_lead()

    def _show_lead(self) -> None:
        again = bool(self._looked.steps) and self._looked.shown >= len(self._looked.steps)
        self._add(leads.next_step(self._looked))
        if again or self._looked.shown >= len(self._looked.steps):
            self.lead.description, self.lead.disabled = "No more leads", True
        else:
            self.lead.description = self._lead_label()

    def _show_solution(self) -> None:
        self._add(help.solution(self.exercise))

    def _show_again(self) -> None:
        self._add(help.beginning(self.exercise))

    def _hand(self) -> None:
        """The receipt stands under everything else, and a later one takes its place."""

        def show(receipt: Panel) -> None:
            self._added.pop("receipt", None)
            self._added["receipt"] = receipt
            self._draw()

        self._hands_in(show)

    def _add(self, more: Panel) -> None:
        """Under the panel, each text once."""
        self._added[more.text] = more
        self._draw()

    def _draw(self) -> None:
        panels = [self._above, *self._added.values()]
        self._update(Panel("".join(each.html for each in panels), "\n\n".join(each.text for each in panels)))
