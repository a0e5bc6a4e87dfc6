"""Neural style transfer: the costs and the training step, the references of notebook 14."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tensorflow as tf
from jaxtyping import Float


def compute_content_cost(content_output: Sequence[tf.Tensor], generated_output: Sequence[tf.Tensor]) -> tf.Tensor:
    """Sum of (a_C - a_G)^2 over all activations of one layer, divided by 4 n_H n_W n_C.

    Args:
        content_output: the layers' activations for the content image, (1, n_H, n_W, n_C) each. The last layer counts.
        generated_output: the same for the generated image.
    """
    a_C, a_G = content_output[-1], generated_output[-1]
    _, n_H, n_W, n_C = a_C.shape
    return tf.reduce_sum(tf.square(a_C - a_G)) / (4 * n_H * n_W * n_C)


def gram_matrix(A: Float[tf.Tensor, "n_C positions"]) -> Float[tf.Tensor, "n_C n_C"]:
    """A A^T: for each pair of channels, the sum over all positions of the product of their activations."""
    return tf.linalg.matmul(A, A, transpose_b=True)


def compute_layer_style_cost(
    a_S: Float[tf.Tensor, "1 n_H n_W n_C"], a_G: Float[tf.Tensor, "1 n_H n_W n_C"]
) -> Float[tf.Tensor, ""]:
    """Sum of (G_S - G_G)^2 over all entries of the Gram matrices, divided by (2 n_H n_W n_C)^2.

    Source: Gatys, Ecker and Bethge, A Neural Algorithm of Artistic Style, equation 4.
    """
    _, n_H, n_W, n_C = a_S.shape
    # (1, n_H, n_W, n_C) -> (n_H * n_W, n_C): one row for each position, one column for each channel
    by_position_S, by_position_G = (tf.reshape(a, (-1, n_C)) for a in (a_S, a_G))
    difference = gram_matrix(tf.transpose(by_position_S)) - gram_matrix(tf.transpose(by_position_G))
    return tf.reduce_sum(tf.square(difference)) / (2 * n_H * n_W * n_C) ** 2


def compute_style_cost(
    style_image_output: Sequence[tf.Tensor],
    generated_image_output: Sequence[tf.Tensor],
    STYLE_LAYERS: Sequence[tuple[str, float]],
) -> tf.Tensor:
    """The weighted sum of the layers' style costs.

    Args:
        style_image_output: the activations of the style layers, in the order of STYLE_LAYERS, and of the content
            layer, which comes last and does not count here.
        generated_image_output: the same for the generated image.
        STYLE_LAYERS: (name, weight) of each style layer.
    """
    layers = zip(style_image_output, generated_image_output, STYLE_LAYERS, strict=False)  # the content layer has none
    return tf.add_n([weight * compute_layer_style_cost(a_S, a_G) for a_S, a_G, (_, weight) in layers])


def total_cost(J_content: tf.Tensor, J_style: tf.Tensor, alpha: float = 10, beta: float = 40) -> tf.Tensor:
    """alpha J_content + beta J_style."""
    return alpha * J_content + beta * J_style


def train_step(generated_image: tf.Variable, cost: Callable[[tf.Variable], tf.Tensor], optimizer) -> tf.Tensor:
    """Change the image, in place, so that it costs less; return what it cost before.

    Args:
        generated_image: values between 0 and 1, where they stay.
        cost: from the image to one number.
        optimizer: a Keras optimizer.
    """
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    gradient = tape.gradient(J, generated_image)
    optimizer.apply_gradients([(gradient, generated_image)])
    generated_image.assign(tf.clip_by_value(generated_image, 0.0, 1.0))
    return J
