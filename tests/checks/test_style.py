"""Notebook 14: references against NumPy and finite differences, the solution against the references, differently
written answers and older generations, and the painter."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from solution_functions import functions

from dlcourse import checks, style
from dlcourse.checking.gradients import numerical_gradient
from dlcourse.widgets import style as widgets_style

layers = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4), st.integers(0, 10**6))


def draw(layer, dtype="f8"):
    *shape, seed = layer
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=(1, *shape)).astype(dtype) for _ in range(2))


# An independent computation, with loops and no matrix product


def content_cost(a_C, a_G):
    return np.mean((a_C - a_G) ** 2) / 4


def style_cost(a_S, a_G):
    _, n_H, n_W, n_C = a_S.shape
    total = 0.0
    for k in range(n_C):
        for other in range(n_C):
            G_S, G_G = (np.sum(a[0, :, :, k] * a[0, :, :, other]) for a in (a_S, a_G))
            total += (G_S - G_G) ** 2
    return total / (4 * n_C**2 * (n_H * n_W) ** 2)  # Gatys and others: 4 N^2 M^2


@settings(deadline=None, max_examples=40)
@given(layers)
def test_references_and_solution_equal_the_independent_computation(layer):
    a, b = draw(layer)
    for ours in (style, functions("style")):
        tensors = tf.constant(a), tf.constant(b)
        np.testing.assert_allclose(
            ours.compute_content_cost([None, tensors[0]], [None, tensors[1]]), content_cost(a, b), rtol=1e-12
        )
        np.testing.assert_allclose(ours.compute_layer_style_cost(*tensors), style_cost(a, b), rtol=1e-9, atol=1e-14)
        A = tf.transpose(tf.reshape(tensors[0], (-1, a.shape[-1])))
        np.testing.assert_allclose(ours.gram_matrix(A), np.einsum("nhwk,nhwl->kl", a, a), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weights", [(1.0,), (0.5, 0.25), (0.2, 3.0, 1.5)])
def test_several_layers_are_weighted_and_the_content_layer_does_not_count(weights):
    rng = np.random.default_rng(len(weights))
    pairs = [draw((4, 3, n, int(rng.integers(100)))) for n in range(2, 2 + len(weights) + 1)]
    names = [(f"layer{i}", weight) for i, weight in enumerate(weights)]
    expected = sum(weight * style_cost(*pair) for weight, pair in zip(weights, pairs, strict=False))
    S, G = zip(*pairs, strict=True)
    for ours in (style, functions("style")):
        J = ours.compute_style_cost([tf.constant(a) for a in S], [tf.constant(a) for a in G], names)
        np.testing.assert_allclose(J, expected, rtol=1e-9)
        assert float(ours.total_cost(2.0, 3.0)) == 140.0
        assert float(ours.total_cost(2.0, 3.0, alpha=1, beta=7)) == 23.0


@pytest.mark.parametrize("module", ["reference", "solution"])
def test_gradients_are_those_of_finite_differences(module):
    ours = style if module == "reference" else functions("style")
    a, b = draw((3, 2, 4, 1))
    for cost in (
        lambda generated: ours.compute_content_cost([tf.constant(a)], [generated]),
        lambda generated: ours.compute_layer_style_cost(tf.constant(a), generated),
    ):
        generated = tf.Variable(b)
        with tf.GradientTape() as tape:
            J = cost(generated)
        expected = numerical_gradient(lambda x, cost=cost: np.asarray(cost(tf.constant(x))), b, np.array(1.0))
        np.testing.assert_allclose(tape.gradient(J, generated), expected, atol=1e-7)


def test_positions_do_not_matter_to_style_and_do_to_content():
    a, _ = draw((4, 5, 3, 0))
    elsewhere = a[:, ::-1, ::-1].copy()
    assert float(style.compute_layer_style_cost(tf.constant(a), tf.constant(elsewhere))) < 1e-20
    assert float(style.compute_content_cost([tf.constant(a)], [tf.constant(elsewhere)])) > 0.1


def test_a_step_descends_clips_and_returns_the_cost_before():
    for ours in (style, functions("style")):
        image = tf.Variable(np.array([0.5, 0.9, 0.1], "f4").reshape(1, 1, 1, 3))
        target = np.array([0.0, 2.0, 0.1], "f4").reshape(1, 1, 1, 3)
        J = ours.train_step(
            image, lambda picture, target=target: tf.reduce_sum((picture - target) ** 2), keras.optimizers.SGD(0.1)
        )
        np.testing.assert_allclose(J, 0.25 + 1.21, rtol=1e-6)
        np.testing.assert_allclose(image.numpy().ravel(), [0.4, 1.0, 0.1], rtol=1e-6)


# Right answers, written differently


def first_generation_content_cost(a_C, a_G):
    m, n_H, n_W, n_C = a_G.get_shape().as_list()
    unrolled = [tf.transpose(tf.reshape(a, shape=[m, -1, n_C]), perm=[0, 2, 1]) for a in (a_C, a_G)]
    return tf.reduce_sum(tf.square(tf.subtract(*unrolled))) / (4.0 * n_H * n_W * n_C)


def newest_generation_content_cost(content_output, generated_output):
    a_C, a_G = content_output[-1], generated_output[-1]
    _, n_H, n_W, n_C = a_G.get_shape().as_list()
    return 1 / (4 * n_H * n_W * n_C) * tf.reduce_sum(tf.square(tf.subtract(a_C, a_G)))


def content_cost_of_one_layer(a_C, a_G):
    """The first generation of this exercise, with its names."""
    return tf.reduce_mean(tf.math.squared_difference(a_C, a_G)) / 4


def content_cost_in_float64(content_output, generated_output):
    difference = tf.cast(content_output[-1], tf.float64) - tf.cast(generated_output[-1], tf.float64)
    return tf.reduce_sum(difference**2) / tf.cast(4 * tf.size(difference), tf.float64)


def gram_matrix_with_einsum(A):
    return tf.einsum("ki,li->kl", A, A)


def layer_style_cost_with_einsum(a_S, a_G):
    difference = tf.einsum("mhwk,mhwl->kl", a_S, a_S) - tf.einsum("mhwk,mhwl->kl", a_G, a_G)
    size = tf.cast(tf.size(a_S), tf.float32)
    return tf.norm(difference) ** 2 / (4 * size**2)


def style_cost_without_the_last(style_image_output, generated_image_output, STYLE_LAYERS):
    J_style = 0
    a_S, a_G = style_image_output[:-1], generated_image_output[:-1]
    for i, weight in zip(range(len(a_S)), STYLE_LAYERS, strict=True):
        J_style += weight[1] * layer_style_cost_with_einsum(a_S[i], a_G[i])
    return J_style


@tf.function
def compiled_total_cost(J_content, J_style, alpha=10, beta=40):
    return tf.add(alpha * J_content, beta * J_style)


@tf.function
def compiled_train_step(generated_image, cost=None, optimizer=None):
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    optimizer.apply([tape.gradient(J, generated_image)], [generated_image])
    generated_image.assign(tf.minimum(tf.maximum(generated_image, 0.0), 1.0))
    return J


# beside the functions of the notebook, as they stand in its oldest form
vgg_model_outputs = compute_content_cost = compute_style_cost = cost = optimizer = a_S = a_C = None
total_cost = style.total_cost


def clip_0_1(image):
    return tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0)


def train_step_of_2021(generated_image):
    with tf.GradientTape() as tape:
        a_G = vgg_model_outputs(generated_image)
        J_style = compute_style_cost(a_S, a_G)
        J_content = compute_content_cost(a_C, a_G)
        J = total_cost(J_content, J_style, alpha=10, beta=40)
    grad = tape.gradient(J, generated_image)
    optimizer.apply_gradients([(grad, generated_image)])
    generated_image.assign(clip_0_1(generated_image))
    return J


def train_step_that_reads_the_cost(generated_image, alpha=10, beta=40):
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    optimizer.apply_gradients(zip([tape.gradient(J, generated_image)], [generated_image], strict=True))
    generated_image.assign(clip_0_1(generated_image))
    return J


OTHER_ANSWERS = [
    ("train_step", train_step_of_2021),
    ("train_step", tf.function(train_step_of_2021)),
    ("train_step", train_step_that_reads_the_cost),
    ("compute_content_cost", first_generation_content_cost),
    ("compute_content_cost", newest_generation_content_cost),
    ("compute_content_cost", content_cost_of_one_layer),
    ("compute_content_cost", content_cost_in_float64),
    ("gram_matrix", gram_matrix_with_einsum),
    ("compute_layer_style_cost", layer_style_cost_with_einsum),
    ("compute_style_cost", style_cost_without_the_last),
    ("total_cost", compiled_total_cost),
    ("train_step", compiled_train_step),
    *((exercise.name, None) for exercise in checks.exercises("style")),
]


@pytest.mark.parametrize(("name", "answer"), OTHER_ANSWERS)
def test_right_answers_pass(name, answer):
    report = checks.run("style", name, answer or getattr(functions("style"), name), seed=3)
    assert report.score == 1.0, [(failure.case, failure.message) for failure in report.failures]


def test_an_older_step_leaves_the_notebooks_names_as_they_were_and_is_not_always_right():
    def never_clipped(generated_image):
        with tf.GradientTape() as tape:
            J = total_cost(compute_content_cost(a_C, vgg_model_outputs(generated_image)), 0.0)
        optimizer.apply_gradients([(tape.gradient(J, generated_image), generated_image)])
        return J

    report = checks.run("style", "train_step", never_clipped)
    assert report.mistake.key == "not-clipped"
    assert {vgg_model_outputs, compute_content_cost, compute_style_cost, cost, optimizer, a_S, a_C} == {None}
    assert total_cost is style.total_cost


@pytest.mark.parametrize(
    "name", ["compute_content_cost", "gram_matrix", "compute_layer_style_cost", "compute_style_cost", "total_cost"]
)
def test_a_calculation_in_numpy_is_told_that_it_cannot_train(name):
    def in_numpy(*args):
        return np.float32(np.asarray(getattr(style, name)(*args)))

    report = checks.run("style", name, in_numpy)
    assert [group.name for group in report.groups if not group.passed] == ["gradient"]
    assert report.mistake.key == "left-tensorflow"
    assert "no gradient comes back" in report.mistake.message


def content_cost_that_pops(content_output, generated_output):
    return tf.reduce_mean((content_output.pop() - generated_output.pop()) ** 2) / 4


def style_cost_that_pops(style_image_output, generated_image_output, STYLE_LAYERS):
    generated_image_output.pop()
    return style_cost_without_the_last(style_image_output, [*generated_image_output, None], STYLE_LAYERS)


@pytest.mark.parametrize(
    ("name", "cost"), [("compute_content_cost", content_cost_that_pops), ("compute_style_cost", style_cost_that_pops)]
)
def test_a_cost_that_shortens_its_lists_is_told_so(name, cost):
    report = checks.run("style", name, cost)
    assert [group.name for group in report.groups if not group.passed] == ["gradient"]
    assert report.mistake.key == "list-changed"
    assert "It changes the list" in report.failures[0].message


def test_a_step_that_clips_from_below_only_is_told_that_values_above_1_remain():
    def train_step(generated_image, cost, optimizer):
        with tf.GradientTape() as tape:
            J = cost(generated_image)
        optimizer.apply_gradients([(tape.gradient(J, generated_image), generated_image)])
        generated_image.assign(tf.nn.relu(generated_image))
        return J

    report = checks.run("style", "train_step", train_step)
    assert report.mistake.message.startswith("Values above 1 remain")


# The painter


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def distance(image):
    return tf.reduce_sum((image - 0.25) ** 2)


def test_painting_records_shows_and_ends(shell):
    start = np.ones((4, 6, 3), "f4")
    with capture_output() as captured:
        painting = widgets_style.paint(style.train_step, start, distance, steps=25, learning_rate=0.1, every=10)
    assert painting.steps == [0, 10, 20, 25]
    assert len(painting.costs) == 25
    assert painting.costs[-1] < 0.1 * painting.costs[0]
    np.testing.assert_array_equal(painting.image_at(0), start)
    assert painting.image_at(25).shape == (4, 6, 3)
    texts = [output["data"].get("text/plain", "") for output in captured._outputs]
    assert any("s to go" in text for text in texts)
    assert texts[-1].startswith("25 steps in ")


def test_a_step_that_no_graph_can_be_made_of_paints_as_well(shell):
    def train_step(generated_image, cost, optimizer):
        J = style.train_step(generated_image, cost, optimizer)
        return J.numpy()

    with capture_output():
        painting = widgets_style.paint(train_step, np.ones((4, 6, 3), "f4"), distance, steps=3)
    assert painting.costs[0] > painting.costs[2]


def test_a_step_of_an_older_notebook_paints_the_same_picture(shell):
    start = np.ones((4, 6, 3), "f4")
    with capture_output():
        paintings = [
            widgets_style.paint(step, start, distance, steps=6)
            for step in (style.train_step, train_step_of_2021, tf.function(train_step_of_2021))
        ]
    for painting in paintings[1:]:
        np.testing.assert_allclose(painting.costs, paintings[0].costs, rtol=1e-6)


def test_an_unwritten_step_raises_in_its_own_words(shell):
    def train_step(generated_image, cost, optimizer):
        raise NotImplementedError("train_step is not written yet")

    with pytest.raises(NotImplementedError, match="train_step"), capture_output() as captured:
        widgets_style.paint(train_step, np.ones((4, 6, 3), "f4"), distance, steps=3)
    assert not captured._outputs


def test_the_slider_changes_the_picture_and_its_caption(shell):
    painting = widgets_style.Painting([0, 10], [np.zeros((8, 12, 3)), np.ones((8, 12, 3))], [5.0] * 9 + [1.0])
    explorer = widgets_style.PaintingExplorer(painting, np.full((8, 12, 3), 0.5))
    with capture_output() as captured:
        explorer.show()
        explorer.step.value = 0
    texts = [output["data"]["text/plain"] for output in captured._outputs]
    assert "After 10 of 10 steps; the cost is 1." in texts[2]
    assert "After 0 of 10 steps; the cost is 5." in texts[-1]
    assert captured._outputs[-1]["update"]


def test_a_picture_that_is_not_watched_is_the_one_that_is(shell):
    start = np.ones((4, 6, 3), "f4")
    with capture_output() as captured:
        image = widgets_style.picture_after(6, style.train_step, start, distance)
        assert not captured._outputs
        watched = widgets_style.paint(style.train_step, start, distance, steps=6)
    np.testing.assert_array_equal(image, watched.image_at(6))


def test_each_pair_of_weights_is_painted_once(shell):
    asked = []

    def painted(alpha, beta):
        asked.append((alpha, beta))
        return np.full((8, 12, 3), alpha / (alpha + beta))

    explorer = widgets_style.WeightsExplorer(painted)
    with capture_output() as captured:
        explorer.show()
        explorer.alpha.value = 100
        explorer.beta.value = 400
        explorer.alpha.value, explorer.beta.value = 10, 40
    texts = [output["data"]["text/plain"] for output in captured._outputs]
    assert "Content counts 10, style 40: α / β = 0.25." in texts[2]
    assert "Content counts 100, style 40: α / β = 2.5." in texts[4]
    assert "Content counts 10, style 40: α / β = 0.25." in texts[-1]
    assert asked == [(10, 40), (100, 40), (100, 400), (10, 400)]


def test_with_adam_only_the_ratio_of_the_weights_counts():
    """The sentence of the notebook: ten times the cost paints the same picture."""
    start = np.random.default_rng(0).uniform(0, 1, (4, 6, 3)).astype("f4")
    one, ten = (
        widgets_style.picture_after(10, style.train_step, start, lambda image, k=k: k * distance(image))
        for k in (1, 10)
    )
    np.testing.assert_allclose(one, ten, atol=1e-4)
    assert np.max(np.abs(one - start)) > 0.1
