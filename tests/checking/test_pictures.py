"""Pictures of a failure: they show the place that differs, whatever the answer is, and never get in the way."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from dlcourse import checks, convolution, recurrent, yolo
from dlcourse.checking.panel import panel, pictures
from dlcourse.checking.report import Failure

RNG = np.random.default_rng(0)


def failure(expected, got, args=(), verdicts=None):
    return Failure("case", "group", "call", "message", expected, got, verdicts=verdicts or {}, args=args)


def shown(topic, name, function):
    """The panel of a check, and the report behind it."""
    exercise = checks.get(topic, name)
    report = checks.run(topic, name, function)
    return panel.of_report(exercise, report, 0.0, 1.0), report


def drawn(html):
    """The pictures of a panel as arrays, by their captions."""
    found = re.findall(r'alt="([^"]+)" src="data:image/png;base64,([^"]+)"', html)
    return {label: np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")) for label, data in found}


def scenes(html):
    found = re.findall(r'alt="([^"]+)" src="data:image/svg\+xml;base64,([^"]+)"', html)
    return {label: base64.b64decode(data).decode() for label, data in found}


def test_a_large_array_is_drawn_where_it_differs_most():
    expected = RNG.normal(size=(2, 6, 5, 3))
    got = expected.copy()
    got[1, 4, 2, 2] += 50
    html = pictures.images(failure(expected, got))
    assert "Drawn is [1, :, :, 2]" in html
    difference = next(picture for label, picture in drawn(html).items() if label.startswith("difference"))
    zoom = difference.shape[0] // 6
    assert difference.shape[:2] == (6 * zoom, 5 * zoom)
    bright = difference[zoom // 2 :: zoom, zoom // 2 :: zoom, 0]
    assert np.argwhere(bright == 255).tolist() == [[4, 2]] and np.count_nonzero(bright) == 1


def test_filters_are_drawn_along_their_first_two_axes():
    expected = RNG.normal(size=(3, 3, 8, 16))
    got = expected.copy()
    got[:, :, 2, 5] = 0
    assert "Drawn is [:, :, 2, 5]" in pictures.images(failure(expected, got))


def test_colour_photographs_are_drawn_in_colour():
    expected = RNG.random((12, 20, 3))
    html = pictures.images(failure(expected, expected[::-1].copy()))
    picture = drawn(html)["expected"]
    zoom = picture.shape[0] // 12
    np.testing.assert_allclose(picture[::zoom, ::zoom] / 255, expected, atol=1 / 255)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_seen_and_said(value):
    expected = RNG.normal(size=(9, 9))
    got = expected.copy()
    got[3, 4] = value
    html = pictures.images(failure(expected, got))
    assert "1 of the values drawn are not finite numbers" in html
    difference = next(picture for label, picture in drawn(html).items() if label.startswith("difference"))
    zoom = difference.shape[0] // 9
    assert difference[3 * zoom, 4 * zoom, 0] == 255


@pytest.mark.parametrize(
    "got",
    [None, "text", np.zeros(3), np.zeros((9, 9), complex), [1, 2], np.zeros((9, 8))],
    ids=["None", "text", "a vector", "complex", "a list", "another shape"],
)
def test_nothing_is_drawn_of_what_is_no_picture(got):
    assert pictures.images(failure(np.zeros((9, 9)), got)) is None
    assert pictures.strip()(failure(np.zeros((3, 2, 9)), got)) is None


def test_a_sequence_says_from_which_step_it_is_wrong():
    def late(x, a0, parameters):
        a, y, caches = recurrent.rnn_forward(x, a0, parameters)
        return np.where(np.arange(a.shape[2]) >= 2, 0.7 * a, a) if a.shape[2] > 3 else a, y, caches

    made, report = shown("recurrent", "rnn_forward", late)
    units, _, steps = report.failures[0].expected[0].shape
    assert f"wrong at {steps - 2} of {steps} time steps, first at step 2" in made.html
    picture = drawn(made.html)["got"]
    assert picture.shape[1] / picture.shape[0] == pytest.approx(steps / units)


def test_each_gradient_has_its_row_with_verdict_and_difference():
    def no_bias_gradient(dZ, cache):
        dA, dW, db = convolution.conv_backward(dZ, cache)
        return dA, dW, 0 * db

    made, report = shown("convolution", "conv_backward", no_bias_gradient)
    row = r"<tr><th scope=\"row\"><code>(\w+)</code></th><td>[^<]*</td><td>(.*?)</td><td>([^<]*)</td>"
    rows = re.findall(row, made.html)
    verdicts = {name: re.sub("<[^>]+>", "", verdict) for name, verdict, _ in rows}
    assert verdicts == {"dA_prev": "✓ agrees", "dW": "✓ agrees", "db": "✗ is wrong"}
    db = report.failures[0].outputs["db"][0]
    assert float(rows[-1][2]) == pytest.approx(np.abs(db).max(), rel=0.05)
    assert "dW agrees" in made.text and "db is wrong, largest difference" in made.text


def test_boxes_are_drawn_on_the_boxes_that_were_given():
    def across_classes(scores, boxes, classes, max_boxes=10, iou_threshold=0.5):
        return yolo.yolo_non_max_suppression(scores, boxes, 0 * classes, max_boxes, iou_threshold)

    made, report = shown("yolo", "yolo_non_max_suppression", across_classes)
    found = scenes(made.html)
    count = [len(result[1]) for result in (report.failures[0].expected, report.failures[0].got)]
    assert [int(re.search(r"(\d+) box", label)[1]) for label in found] == count
    expected, got = found.values()
    assert expected.count('stroke-width="3"') == count[0] and got.count('stroke-width="3"') == count[1]
    assert expected.count("dasharray") == count[0] - count[1] and "dasharray" not in got
    assert "dashed: not in the other picture" in made.html  # not by colour alone


def test_boxes_keep_their_places():
    corners = np.array([[0.0, 0.0, 2.0, 4.0]])  # y1, x1, y2, x2: twice as wide as high
    html = pictures.boxes(output=1)(failure((None, corners), (None, corners[:0])))
    size = re.compile(r'width="([\d.]+)" height="([\d.]+)" fill')
    width, height = size.search(scenes(html)["expected: 1 box"]).groups()
    assert float(width) == pytest.approx(2 * float(height))
    html = pictures.boxes("xy", given=(0,))(failure(1.0, 2.0, args=(corners,)))
    width, height = size.search(scenes(html)["the boxes of this case"]).groups()
    assert float(height) == pytest.approx(2 * float(width))


@pytest.mark.parametrize("got", [None, (1,), (1, "text", 2), (1, np.full((2, 4), np.nan), 2), np.zeros(3)], ids=repr)
def test_boxes_that_are_none_do_no_harm(got):
    corners = np.array([[0.0, 0.0, 2.0, 4.0]])
    html = pictures.boxes(output=1)(failure((None, corners), got))
    assert html is None or list(scenes(html))[1] == "got: 0 boxes"


def test_a_picture_that_fails_leaves_the_words():
    exercise = checks.get("recurrent", "rnn_forward")
    report = checks.run("recurrent", "rnn_forward", lambda x, a0, parameters: (0 * x, x, None))
    before, exercise.picture = exercise.picture, lambda failure: 1 / 0
    try:
        made = panel.of_report(exercise, report, 0.0, 1.0)
    finally:
        exercise.picture = before
    assert report.failures[0].message in made.text
