"""The references of notebook 01 against TensorFlow's kernels, finite differences, and the numbers of the curriculum."""

import jaxtyping
import numpy as np
import pytest
import tensorflow as tf
from beartype import beartype
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcourse import convolution
from dlcourse.checking.gradients import numerical_gradient

conv_forward = jaxtyping.jaxtyped(convolution.conv_forward, typechecker=beartype)
conv_backward = jaxtyping.jaxtyped(convolution.conv_backward, typechecker=beartype)
zero_pad = jaxtyping.jaxtyped(convolution.zero_pad, typechecker=beartype)

layers = st.fixed_dictionaries(
    {
        "m": st.integers(1, 3),
        "n_H": st.integers(1, 8),
        "n_W": st.integers(1, 8),
        "n_C_prev": st.integers(1, 3),
        "n_C": st.integers(1, 3),
        "f": st.integers(1, 4),
        "stride": st.integers(1, 3),
        "pad": st.integers(0, 2),
        "seed": st.integers(0, 10**6),
        "dtype": st.sampled_from(["f4", "f8"]),
    }
)


def draw(layer):
    rng = np.random.default_rng(layer["seed"])
    assume(min(layer["n_H"], layer["n_W"]) + 2 * layer["pad"] >= layer["f"])
    A_prev = rng.normal(size=(layer["m"], layer["n_H"], layer["n_W"], layer["n_C_prev"])).astype(layer["dtype"])
    W = rng.normal(size=(layer["f"], layer["f"], layer["n_C_prev"], layer["n_C"])).astype(layer["dtype"])
    b = rng.normal(size=(1, 1, 1, layer["n_C"])).astype(layer["dtype"])
    return A_prev, W, b, {"stride": layer["stride"], "pad": layer["pad"]}, rng


def in_tensorflow(A_prev, W, b, hparameters):
    pad = hparameters["pad"]
    padding = [[0, 0], [pad, pad], [pad, pad], [0, 0]]
    return tf.nn.conv2d(A_prev, W, hparameters["stride"], padding) + tf.reshape(b, [-1])


@settings(deadline=None)
@given(layers)
def test_both_passes_equal_tensorflows(layer):
    A_prev, W, b, hparameters, rng = draw(layer)
    tolerance = {"rtol": 1e-10, "atol": 1e-10} if layer["dtype"] == "f8" else {"rtol": 1e-3, "atol": 1e-4}
    Z, cache = conv_forward(A_prev, W, b, hparameters)
    variables = [tf.Variable(value) for value in (A_prev, W, b)]
    with tf.GradientTape() as tape:
        expected = in_tensorflow(*variables, hparameters)
    np.testing.assert_allclose(Z, expected, **tolerance)
    assert Z.dtype == A_prev.dtype
    dZ = rng.normal(size=Z.shape).astype(layer["dtype"])
    gradients = tape.gradient(expected, variables, output_gradients=tf.constant(dZ))
    for ours, theirs in zip(conv_backward(dZ, cache), gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, **tolerance)


@pytest.mark.parametrize(("stride", "pad", "f"), [(1, 0, 2), (2, 1, 3), (3, 2, 3)])
def test_gradients_are_those_of_finite_differences(stride, pad, f):
    rng = np.random.default_rng(stride)
    A_prev, W, b = rng.normal(size=(2, 5, 4, 2)), rng.normal(size=(f, f, 2, 3)), rng.normal(size=(1, 1, 1, 3))
    hparameters = {"stride": stride, "pad": pad}
    Z, cache = conv_forward(A_prev, W, b, hparameters)
    dZ = rng.normal(size=Z.shape)
    dA_prev, dW, db = conv_backward(dZ, cache)

    def forward(A=A_prev, filters=W, bias=b):
        return conv_forward(A, filters, bias, hparameters)[0]

    np.testing.assert_allclose(dA_prev, numerical_gradient(lambda x: forward(A=x), A_prev, dZ), atol=1e-7)
    np.testing.assert_allclose(dW, numerical_gradient(lambda x: forward(filters=x), W, dZ), atol=1e-7)
    np.testing.assert_allclose(db, numerical_gradient(lambda x: forward(bias=x), b, dZ), atol=1e-7)


def test_inputs_come_back_unchanged():
    rng = np.random.default_rng(0)
    A_prev, W, b = rng.normal(size=(1, 4, 4, 2)), rng.normal(size=(3, 3, 2, 2)), rng.normal(size=(1, 1, 1, 2))
    kept = A_prev.copy(), W.copy(), b.copy()
    Z, cache = conv_forward(A_prev, W, b, {"stride": 1, "pad": 0})
    Z += 1
    for gradient in conv_backward(np.ones_like(Z), cache):
        gradient += 1
    for before, after in zip(kept, (A_prev, W, b), strict=True):
        np.testing.assert_array_equal(before, after)


@given(st.integers(1, 50), st.integers(1, 9), st.integers(1, 5))
def test_same_padding_is_tensorflows(n, f, stride):
    before, after = convolution.same_padding(n, f, stride)
    x = np.zeros((1, n, 1, 1))
    same = tf.nn.conv2d(x, np.ones((f, 1, 1, 1)), [1, stride, 1, 1], "SAME")
    assert same.shape[1] == -(-n // stride)
    padded = n + before + after
    assert (padded - f) // stride + 1 == same.shape[1] or padded < f
    # The place of the border shows where a single bright pixel comes out.
    x[0, 0] = 1.0
    filter_ = np.arange(1.0, f + 1).reshape(f, 1, 1, 1)
    theirs = tf.nn.conv2d(x, filter_, [1, stride, 1, 1], "SAME").numpy().ravel()
    if before < f:
        assert theirs[0] == before + 1


def edge_image(left, right):
    return np.repeat([[left] * 3 + [right] * 3], 6, axis=0).astype(float).reshape(1, 6, 6, 1)


@pytest.mark.parametrize(("left", "right", "middle"), [(10, 0, 30), (0, 10, -30)])
def test_the_vertical_edge(left, right, middle):
    vertical = np.array([[1.0, 0.0, -1.0]] * 3).reshape(3, 3, 1, 1)
    Z, _ = conv_forward(edge_image(left, right), vertical, np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0})
    np.testing.assert_array_equal(Z[0, :, :, 0], [[0, middle, middle, 0]] * 4)


def test_the_numbers_of_the_curriculum():
    assert convolution.conv_parameters(3, 3, 10) == 280
    assert convolution.conv_parameters(5, 3, 6) == 456
    sizes = [39]
    for f, stride in ((3, 1), (5, 2), (5, 2)):
        sizes.append(convolution.conv_output_size(sizes[-1], f, 0, stride))
    assert sizes == [39, 37, 17, 7]
    assert sizes[-1] ** 2 * 40 == 1960
    counts = [convolution.conv_parameters(*layer) for layer in ((3, 3, 10), (5, 10, 20), (5, 20, 40))]
    assert counts == [280, 5020, 20040]
    rng = np.random.default_rng(0)
    Z, _ = conv_forward(
        rng.normal(size=(1, 6, 6, 3)), rng.normal(size=(3, 3, 3, 10)), np.zeros((1, 1, 1, 10)), {"stride": 1, "pad": 0}
    )
    assert Z.shape == (1, 4, 4, 10)
    assert 1000 * 1000 * 3 * 1000 == 3 * 10**9
    assert 3000 * 3000 * 3 * 1000 == 27 * 10**9


def test_bad_sizes_are_refused_with_the_sizes():
    with pytest.raises(ValueError, match="not -1"):
        convolution.zero_pad(np.zeros((1, 2, 2, 1)), -1)
    with pytest.raises(ValueError, match="does not fit"):
        convolution.conv_output_size(3, 5, 0, 1)
    with pytest.raises(ValueError, match="not 0"):
        convolution.conv_output_size(3, 2, 0, 0)
    with pytest.raises(ValueError, match="2 channels, the input has 3"):
        convolution.conv_forward(
            np.zeros((1, 4, 4, 3)), np.zeros((3, 3, 2, 1)), np.zeros((1, 1, 1, 1)), {"stride": 1, "pad": 0}
        )


def test_shapes_are_checked_where_they_are_written():
    assert zero_pad(np.ones((2, 3, 4, 1)), 2).shape == (2, 7, 8, 1)
    with pytest.raises(jaxtyping.TypeCheckError):
        zero_pad(np.ones((3, 4, 1)), 2)
