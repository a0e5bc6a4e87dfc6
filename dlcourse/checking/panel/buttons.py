"""The buttons under a panel, which do what `hint` and `solution` do.

They are there only where a person's front end runs the cell. What they show goes into the panel above them, which is an
ordinary output, so that it is still there when the saved notebook is opened again.
"""

from __future__ import annotations

from collections.abc import Callable

from dlcourse.checking.exercise import Exercise
from dlcourse.checking.panel import help, session
from dlcourse.checking.report import Report
from dlcourse.figures.appearance import Panel

VIEW = "application/vnd.jupyter.widget-view+json"
# A saved notebook knows no buttons: until its check is run again, their place holds a line of error text, or buttons
# that do nothing. So the place is shown only while there is something in it.
STYLE = """<style>
.jp-OutputArea-child:has(>.lm-Panel.jp-OutputArea-output):not(:has(>.lm-Panel.jp-OutputArea-output>*)),
.dlcourse-buttons.jupyter-widgets-disconnected{display:none}
.dlcourse-buttons{margin:2px 0 10px;flex-wrap:wrap;gap:8px;overflow:visible;padding:3px}
.dlcourse-buttons .jupyter-button{margin:0;padding:0 12px;height:30px;line-height:28px;width:auto;border-radius:4px;
border:1px solid var(--jp-border-color1,#8888);background:var(--jp-layout-color1,transparent);
color:var(--jp-ui-font-color1,inherit);font-size:13px}
.dlcourse-buttons .jupyter-button:focus-visible{outline:2px solid var(--jp-brand-color1,Highlight);outline-offset:2px}
</style>"""

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
    from IPython.display import display

    key = f"{exercise.topic}/{exercise.name}"
    if key in _latest:
        _latest.pop(key).box.close()
    buttons = _latest[key] = Buttons(exercise, report, above, update)
    if buttons.box.children:
        # Empty where there are no widgets: the panel names the functions that do the same.
        display({VIEW: buttons.box._repr_mimebundle_()[VIEW], "text/html": "", "text/plain": ""}, raw=True)


class Buttons:
    """The row of buttons; `hint`, `solution` and `again` are None where there is nothing to show."""

    def __init__(self, exercise: Exercise, report: Report, above: Panel, update: Callable[[Panel], None]) -> None:
        import ipywidgets

        self.exercise = exercise
        self._above, self._update = above, update
        self._added: dict[str, Panel] = {}
        self.hint = self.solution = self.again = None
        if exercise.hints and not report.passed:
            self.hint = self._button(self._hint_label(), f"Show the next hint for {exercise.name}", self._show_hint)
        if help.solution_is_open(exercise):
            self.solution = self._button("Solution", f"Show one way to write {exercise.name}", self._show_solution)
        if report.attempted and not report.passed and help.beginning(exercise) is not None:
            self.again = self._button("Start again", f"Show the text that {exercise.name} began with", self._show_again)
        self.box = ipywidgets.HBox([button for button in (self.hint, self.solution, self.again) if button is not None])
        self.box.add_class("dlcourse-buttons")

    def _button(self, label: str, tooltip: str, pressed: Callable[[], None]):
        import ipywidgets

        button = ipywidgets.Button(description=label, tooltip=tooltip)
        button.on_click(lambda _: pressed())
        return button

    def _hint_label(self) -> str:
        count = len(self.exercise.hints)
        shown = session.hints_shown(self.exercise.topic, self.exercise.name)
        return f"Hint {min(shown + 1, count)} of {count}"

    def _show_hint(self) -> None:
        shown = help.next_hint(self.exercise)
        self.hint.description = self._hint_label()
        self._add(shown)

    def _show_solution(self) -> None:
        self._add(help.solution(self.exercise))

    def _show_again(self) -> None:
        self._add(help.beginning(self.exercise))

    def _add(self, more: Panel) -> None:
        """Under the panel, each text once."""
        self._added[more.text] = more
        panels = [self._above, *self._added.values()]
        self._update(Panel("".join(each.html for each in panels), "\n\n".join(each.text for each in panels)))
