"""Paint a picture with the reader's train_step: watch it, go through its steps, choose how much each cost counts."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO

import ipywidgets
import numpy as np
from IPython.display import display
from PIL import Image

from dlcourse.checking.probes.tensors import step_of
from dlcourse.figures import plots
from dlcourse.figures.notebook_tools import Words, in_italics
from dlcourse.widgets.explorer import Explorer, below

BAR = 30  # characters
WEIGHTS = (1, 4, 10, 40, 100, 400, 1000)  # of a cost


@dataclass
class Painting:
    """A picture on its way: what it looked like, and what it cost before every step."""

    steps: list[int] = field(default_factory=list)
    images: list[np.ndarray] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def image_at(self, step: int) -> np.ndarray:
        """The picture after a number of steps that was recorded."""
        return self.images[self.steps.index(step)]

    def show_film(self, *steps: int, caption: str = "", columns: int | None = None) -> None:
        """Show the picture after these steps, side by side."""
        titles = [f"after {step} steps" if step else "at first" for step in steps]
        plots.show_images([self.image_at(step) for step in steps], titles, caption, columns)


def paint(
    train_step: Callable,
    start: np.ndarray,
    cost: Callable,
    steps: int = 200,
    learning_rate: float = 0.02,
    every: int = 10,
) -> Painting:
    """Take steps with the reader's train_step; show the picture and the time that is left while they are taken.

    Args:
        start: the picture to begin with, shape (n_H, n_W, 3), values between 0 and 1.
        cost: from a batch of one picture to a number, as train_step wants it.
        every: the picture is recorded and shown after so many steps, and at the end.
    """
    taken = _steps(train_step, start, cost, learning_rate)
    paid, image = next(taken)  # its errors are shown with the reader's own lines, before anything is drawn
    painting = Painting([0], [start], [paid])

    shown = display(_picture(start), display_id=True), display(_progress(0, steps, 0), display_id=True)
    started = time.perf_counter()
    for number in range(1, steps + 1):
        if number > 1:
            painting.costs.append(next(taken)[0])
        if number % every == 0 or number == steps:
            painting.steps.append(number)
            painting.images.append(image.numpy()[0])
            _update(shown, painting.images[-1], _progress(number, steps, time.perf_counter() - started))
    return painting


def picture_after(
    steps: int, train_step: Callable, start: np.ndarray, cost: Callable, learning_rate: float = 0.02
) -> np.ndarray:
    """The picture after some steps, which are not shown; the other arguments are those of `paint`."""
    taken = _steps(train_step, start, cost, learning_rate)
    for _ in range(steps):
        _, image = next(taken)
    return image.numpy()[0]


def _steps(train_step: Callable, start: np.ndarray, cost: Callable, learning_rate: float) -> Iterator[tuple]:
    """Take a step whenever one is asked for: what the picture cost before it, and the variable that holds it."""
    import keras
    import tensorflow as tf

    image = tf.Variable(start[np.newaxis], dtype=tf.float32)
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build([image])  # here, because a compiled step must not make variables
    take_step = step_of(train_step, cost, optimizer)
    yield float(take_step(image)), image  # as it is written, so that an error has the reader's lines
    step = _compiled(lambda: take_step(image))
    while True:
        yield float(step()), image


def _compiled(step: Callable) -> Callable:
    """The step as one TensorFlow graph, which takes half the time; or as it is, where a graph cannot be made of it."""
    import tensorflow as tf

    graph = tf.function(step, autograph=False)
    try:
        graph.get_concrete_function()
    except Exception:  # a step with .numpy() or float() in it
        return step
    return graph


def _update(shown: tuple, image: np.ndarray, words: Words) -> None:
    if None not in shown:  # outside Jupyter there is nothing to update
        shown[0].update(_picture(image))
        shown[1].update(words)


def _progress(step: int, steps: int, seconds: float) -> Words:
    if step == steps:
        return in_italics(f"{steps} steps in {seconds:.0f} s.")
    left = f", about {seconds / step * (steps - step):.0f} s to go" if step else ""
    done = round(BAR * step / steps)
    bar = "█" * done + "░" * (BAR - done)
    return Words(f"`{bar}` step {step} of {steps}{left}", f"{bar} step {step} of {steps}{left}")


def _picture(image: np.ndarray) -> plots.Picture:
    """The picture at twice its size, quicker than a figure."""
    pixels = Image.fromarray((np.clip(image, 0, 1) * 255).round().astype(np.uint8))
    pixels = pixels.resize((2 * pixels.width, 2 * pixels.height), Image.Resampling.BICUBIC)
    file = BytesIO()
    pixels.save(file, "PNG", compress_level=1)
    return plots.Picture(file.getvalue(), format="png", alt="The picture as it is painted.")


class PaintingExplorer(Explorer):
    """Go through the recorded steps of a painting, beside the image that it takes its style from.

    The attribute `step` is the slider; setting its `value` does what a reader's hand does.
    """

    def __init__(self, painting: Painting, style_image: np.ndarray):
        self.painting = painting
        self.style_image = style_image
        self.step = ipywidgets.SelectionSlider(
            options=painting.steps,
            value=painting.steps[-1],
            description="step",
            layout=ipywidgets.Layout(width="460px"),
        )
        self._arrange(self.step, layout=below(self.step))

    def _draw(self) -> tuple[plots.Picture, Words]:
        step = self.step.value
        drawing = plots.figure(plots.MAX_WIDTH, 2.8)
        left, right = drawing.subplots(1, 2)
        plots.draw_image(left, self.painting.image_at(step), f"after {step} steps")
        plots.draw_image(right, self.style_image, "the style")
        # a cost is known before each step: after the last one, the last that is known is shown
        cost = self.painting.costs[min(step, len(self.painting.costs) - 1)]
        words = f"After {step} of {self.painting.steps[-1]} steps; the cost is {cost:.3g}."
        return plots.as_image(drawing, words), in_italics(words)


def explore_painting(painting: Painting, style_image: np.ndarray) -> None:
    """Show a PaintingExplorer: a painting, with a slider over its steps."""
    PaintingExplorer(painting, style_image).show()


class WeightsExplorer(Explorer):
    """Choose the weights of content and style, and see what is painted with them.

    The attributes `alpha` and `beta` are the sliders.

    Args:
        painted: from alpha and beta to a picture, shape (n_H, n_W, 3). It is asked once for each pair.
    """

    blamed = "The painting"

    def __init__(self, painted: Callable[[float, float], np.ndarray]):
        self.painted = functools.cache(painted)
        layout = ipywidgets.Layout(width="460px")
        self.alpha, self.beta = (
            ipywidgets.SelectionSlider(
                options=WEIGHTS,
                value=value,
                description=name,
                layout=layout,
                continuous_update=False,  # a picture takes a second or two
            )
            for name, value in (("alpha", 10), ("beta", 40))
        )
        self._arrange(self.alpha, self.beta, layout=below(self.alpha, self.beta))

    def _draw(self) -> tuple[plots.Picture, Words]:
        alpha, beta = self.alpha.value, self.beta.value
        words = f"Content counts {alpha:g}, style {beta:g}: α / β = {alpha / beta:.3g}."
        drawing = plots.figure(plots.MAX_WIDTH / 2, 2.6)
        plots.draw_image(drawing.subplots(), self.painted(alpha, beta), "")
        return plots.as_image(drawing, words), in_italics(words)


def explore_weights(painted: Callable[[float, float], np.ndarray]) -> None:
    """Show a WeightsExplorer: two sliders, for alpha and beta, and what is painted with them."""
    WeightsExplorer(painted).show()
