"""What the course's widgets have in common: controls, and below them a picture with its caption that they replace.

The picture is an ordinary output of the cell, so that a saved notebook, GitHub and nbconvert show the first picture
where no controls work.
"""

from typing import ClassVar

import ipywidgets
from IPython.display import display

from dlcourse.figures.appearance import ARROWS
from dlcourse.figures.notebook_tools import Words
from dlcourse.figures.plots import Picture

UNAVAILABLE = "(The controls work when the notebook is open in JupyterLab and the cell has been run.)"


class Explorer:
    """Controls, a picture and its caption. A subclass calls `_arrange` with its controls, and has `_draw`.

    Setting the `value` of a control does what a reader's hand does.
    """

    blamed: ClassVar[str] = "The picture"  # what a message names when drawing raises, such as a function of the reader

    def _arrange(self, *moved: ipywidgets.Widget, layout: ipywidgets.Widget) -> None:
        """Redraw when one of these is moved; `layout` is how all the controls stand on the page."""
        layout.add_class("dlcourse-controls")
        style = f"<style>.dlcourse-controls{{{ARROWS}}}</style>"
        layout.children = (*layout.children, ipywidgets.HTML(style, layout=ipywidgets.Layout(display="none")))
        self.controls = layout
        self._shown = None
        for control in moved:
            control.observe(self._redraw, "value")

    def show(self) -> None:
        """Show the controls and, below them, the picture with its caption."""
        picture, words = self._draw()  # first: a function that isn't written yet must leave no controls behind
        controls = self.controls._repr_mimebundle_()
        controls["text/plain"] = UNAVAILABLE
        display(controls, raw=True)
        shown = display(picture, display_id=True), display(words, display_id=True)
        self._shown = None if None in shown else shown  # outside Jupyter there is nothing to update

    def _redraw(self, change: dict) -> None:
        if self._shown is None:
            return
        shown_picture, shown_words = self._shown
        try:
            picture, words = self._draw()
        except Exception as error:
            # the reader's function may raise anything, and a traceback from here would be lost in a log
            message = f"{self.blamed} raised {type(error).__name__}: {error}"
            shown_words.update(Words(message, message))
            return
        shown_picture.update(picture)
        shown_words.update(words)

    def _draw(self) -> tuple[Picture, Words]:
        """The picture and its caption, at the values of the controls."""
        raise TypeError(f"{type(self).__name__} does not say how it is drawn.")


def below(*controls: ipywidgets.Widget) -> ipywidgets.VBox:
    """Controls below one another, with some room to the picture."""
    return ipywidgets.VBox(controls, layout=ipywidgets.Layout(margin="0 0 12px 0"))


def columns(*controls: list[ipywidgets.Widget]) -> ipywidgets.HBox:
    """Columns of controls, with some room to the picture."""
    made = [ipywidgets.VBox(column) for column in controls]
    return ipywidgets.HBox(made, layout=ipywidgets.Layout(margin="0 0 12px 0"))
