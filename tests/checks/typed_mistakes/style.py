"""Notebook 14, as learners write it."""

import tensorflow as tf
from typed_mistakes.slips import slip, whole


def compute_content_cost(content_output, generated_output):
    a_C = content_output[-1]
    a_G = generated_output[-1]
    m, n_H, n_W, n_C = a_G.shape
    a_C_unrolled = tf.reshape(a_C, shape=[m, n_H * n_W, n_C])
    a_G_unrolled = tf.reshape(a_G, shape=[m, n_H * n_W, n_C])
    J_content = tf.reduce_sum(tf.square(tf.subtract(a_C_unrolled, a_G_unrolled))) / (4 * n_H * n_W * n_C)
    return J_content


def gram_matrix(A):
    GA = tf.matmul(A, tf.transpose(A))
    return GA


def compute_layer_style_cost(a_S, a_G):
    m, n_H, n_W, n_C = a_G.shape
    a_S = tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))
    a_G = tf.transpose(tf.reshape(a_G, shape=[n_H * n_W, n_C]))
    GS = gram_matrix(a_S)
    GG = gram_matrix(a_G)
    J_style_layer = tf.reduce_sum(tf.square(tf.subtract(GS, GG))) / (4 * n_C**2 * (n_H * n_W) ** 2)
    return J_style_layer


def compute_style_cost(style_image_output, generated_image_output, STYLE_LAYERS):
    J_style = 0
    a_S = style_image_output[:-1]
    a_G = generated_image_output[:-1]
    for i, weight in zip(range(len(a_S)), STYLE_LAYERS, strict=True):
        J_style_layer = compute_layer_style_cost(a_S[i], a_G[i])
        J_style += weight[1] * J_style_layer
    return J_style


def total_cost(J_content, J_style, alpha=10, beta=40):
    J = alpha * J_content + beta * J_style
    return J


def train_step(generated_image, cost, optimizer):
    with tf.GradientTape() as tape:
        J = cost(generated_image)
    grad = tape.gradient(J, generated_image)
    optimizer.apply_gradients([(grad, generated_image)])
    generated_image.assign(tf.clip_by_value(generated_image, 0.0, 1.0))
    return J


UNROLLED = "tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))"
APPLY = "    optimizer.apply_gradients([(grad, generated_image)])\n"
CLIP = "    generated_image.assign(tf.clip_by_value(generated_image, 0.0, 1.0))\n"
SLIPS = [
    # compute_content_cost
    slip(compute_content_cost, "half", ("(4 * n_H * n_W * n_C)", "2")),
    slip(compute_content_cost, "no-constant", (" / (4 * n_H * n_W * n_C)", "")),
    slip(compute_content_cost, "brackets-missing", ("/ (4 * n_H * n_W * n_C)", "/ 4 * n_H * n_W * n_C")),
    slip(compute_content_cost, "multiplied", ("/ (4 *", "* (4 *")),
    slip(compute_content_cost, "added", ("tf.subtract(", "tf.add(")),
    slip(compute_content_cost, "divided-by-a-size", ("n_H * n_W * n_C)", "n_H * n_W / n_C)")),
    slip(compute_content_cost, "another-constant", ("(4 *", "(3 *")),
    slip(compute_content_cost, "another-constant", ("(4 *", "(16 *")),
    slip(compute_content_cost, "reshape-sizes", ("content_output[-1]", "content_output[-2]")),
    slip(compute_layer_style_cost, "multiplied", ("/ (4 * n_C**2", "* (4.0 * n_C**2")),
    slip(compute_layer_style_cost, "added", ("tf.subtract(", "tf.add(")),
    slip(
        compute_layer_style_cost, "divided-by-a-size", ("(4 * n_C**2 * (n_H * n_W) ** 2)", "(2 * n_C * n_H / n_W) ** 2")
    ),
    slip(compute_layer_style_cost, "float-for-a-size", ("shape=[n_H * n_W, n_C]", "shape=[n_H / n_W, n_C]")),
    slip(compute_layer_style_cost, "argument-missing", ("tf.reshape(a_S, shape=[n_H * n_W, n_C])", "tf.reshape(a_S)")),
    slip(total_cost, "subtracted", ("+ beta", "- beta")),
    slip(total_cost, "divided", ("alpha * J_content", "alpha / J_content")),
    slip(total_cost, "divided", ("alpha * J_content + beta * J_style", "J_content / alpha + J_style / beta")),
    slip(train_step, "gradient-of-nothing", ("tape.gradient(J, generated_image)", "tape.gradient(J, None)")),
    slip(train_step, "gradient-of-nothing", ("J = cost(generated_image)", "J = None")),
    slip(train_step, "argument-missing", ("generated_image, 0.0, 1.0)", "generated_image, 1.0)")),
    slip(train_step, "one-value-left", ("generated_image, 0.0, 1.0)", "generated_image, 1.0, 1.0)")),
    slip(train_step, "clipped-below-only", ("0.0, 1.0)", "0.0, 2.0)")),
    slip(compute_content_cost, "mean", ("(4 * n_H", "(n_H")),
    slip(compute_content_cost, "channels-left-out", ("(4 * n_H * n_W * n_C)", "(4 * n_H * n_W)")),
    slip(compute_content_cost, "twice-for-four", ("(4 * n_H", "(2 * n_H")),
    slip(compute_content_cost, "style-constant", ("(4 * n_H * n_W * n_C)", "(4 * n_C**2 * (n_H * n_W) ** 2)")),
    slip(
        compute_content_cost,
        "not-squared",
        ("tf.square(tf.subtract(a_C_unrolled, a_G_unrolled))", "tf.subtract(a_C_unrolled, a_G_unrolled)"),
    ),
    slip(
        compute_content_cost,
        "square-of-the-sum",
        (
            "tf.reduce_sum(tf.square(tf.subtract(a_C_unrolled, a_G_unrolled)))",
            "tf.square(tf.reduce_sum(tf.subtract(a_C_unrolled, a_G_unrolled)))",
        ),
    ),
    slip(
        compute_content_cost,
        "mean",
        (
            "tf.reduce_sum(tf.square(tf.subtract(a_C_unrolled, a_G_unrolled))) / (4 * n_H * n_W * n_C)",
            "tf.reduce_mean(tf.square(a_C - a_G))",
        ),
    ),
    slip(compute_content_cost, "first-layer", ("_output[-1]", "_output[0]")),
    slip(compute_content_cost, "one-image-twice", ("generated_output[-1]", "content_output[-1]")),
    slip(
        compute_content_cost,
        "left-tensorflow",
        ("tf.reduce_sum(tf.square(tf.subtract(a_C_unrolled, a_G_unrolled)))", "np.sum(np.square(a_C - a_G))"),
    ),
    slip(
        compute_content_cost,
        "no-constant+not-squared",
        (" / (4 * n_H * n_W * n_C)", ""),
        ("tf.square(tf.subtract(a_C_unrolled, a_G_unrolled))", "tf.subtract(a_C_unrolled, a_G_unrolled)"),
    ),
    slip(
        compute_content_cost,
        "all-layers",
        ("content_output[-1]", "content_output"),
        (
            "    a_C_unrolled = tf.reshape(a_C, shape=[m, n_H * n_W, n_C])\n",
            "    a_C_unrolled = tf.reshape(a_C, shape=[m, n_H * n_W, n_C])\n",
        ),
    ),
    # gram_matrix
    slip(gram_matrix, "not-transposed", ("tf.matmul(A, tf.transpose(A))", "tf.matmul(A, A)")),
    slip(gram_matrix, "between-positions", ("tf.matmul(A, tf.transpose(A))", "tf.matmul(tf.transpose(A), A)")),
    slip(gram_matrix, "number-by-number", ("tf.matmul(A, tf.transpose(A))", "A * tf.transpose(A)")),
    slip(gram_matrix, "number-by-number", ("tf.matmul(A, tf.transpose(A))", "tf.multiply(A, A)")),
    slip(gram_matrix, "left-tensorflow", ("tf.matmul(A, tf.transpose(A))", "np.dot(A, np.transpose(A))")),
    # compute_layer_style_cost
    slip(
        compute_layer_style_cost, "constant-not-squared", ("(4 * n_C**2 * (n_H * n_W) ** 2)", "(2 * n_C * n_H * n_W)")
    ),
    slip(compute_layer_style_cost, "content-constant", ("(4 * n_C**2 * (n_H * n_W) ** 2)", "(4 * n_C * n_H * n_W)")),
    slip(compute_layer_style_cost, "twice-for-four", ("(4 * n_C**2", "(2 * n_C**2")),
    slip(compute_layer_style_cost, "without-the-2", ("(4 * n_C**2", "(n_C**2")),
    slip(compute_layer_style_cost, "channels-not-squared", ("n_C**2", "n_C")),
    slip(compute_layer_style_cost, "positions-not-squared", ("(n_H * n_W) ** 2", "(n_H * n_W)")),
    slip(
        compute_layer_style_cost,
        "brackets-missing",
        ("/ (4 * n_C**2 * (n_H * n_W) ** 2)", "/ 4 * n_C**2 * (n_H * n_W) ** 2"),
    ),
    slip(compute_layer_style_cost, "no-constant", (" / (4 * n_C**2 * (n_H * n_W) ** 2)", "")),
    slip(compute_layer_style_cost, "not-squared", ("tf.square(tf.subtract(GS, GG))", "tf.subtract(GS, GG)")),
    slip(
        compute_layer_style_cost,
        "square-of-the-sum",
        ("tf.reduce_sum(tf.square(tf.subtract(GS, GG)))", "tf.square(tf.reduce_sum(tf.subtract(GS, GG)))"),
    ),
    slip(
        compute_layer_style_cost,
        "not-transposed",
        ("tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))", "tf.reshape(a_S, shape=[n_C, n_H * n_W])"),
        ("tf.transpose(tf.reshape(a_G, shape=[n_H * n_W, n_C]))", "tf.reshape(a_G, shape=[n_C, n_H * n_W])"),
    ),
    slip(
        compute_layer_style_cost,
        "between-positions",
        ("tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))", "tf.reshape(a_S, shape=[n_H * n_W, n_C])"),
        ("tf.transpose(tf.reshape(a_G, shape=[n_H * n_W, n_C]))", "tf.reshape(a_G, shape=[n_H * n_W, n_C])"),
    ),
    slip(compute_layer_style_cost, "no-gram", ("gram_matrix(a_S)", "a_S"), ("gram_matrix(a_G)", "a_G")),
    slip(compute_layer_style_cost, "one-image-twice", ("gram_matrix(a_G)", "gram_matrix(a_S)")),
    slip(
        compute_layer_style_cost,
        "left-tensorflow",
        ("tf.reduce_sum(tf.square(tf.subtract(GS, GG)))", "np.sum(np.square(GS - GG))"),
    ),
    slip(
        compute_layer_style_cost,
        "not-transposed+constant-not-squared",
        ("tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))", "tf.reshape(a_S, shape=[n_C, n_H * n_W])"),
        ("tf.transpose(tf.reshape(a_G, shape=[n_H * n_W, n_C]))", "tf.reshape(a_G, shape=[n_C, n_H * n_W])"),
        ("(4 * n_C**2 * (n_H * n_W) ** 2)", "(2 * n_C * n_H * n_W)"),
    ),
    slip(
        compute_layer_style_cost,
        "not-transposed+content-constant",
        ("tf.transpose(tf.reshape(a_S, shape=[n_H * n_W, n_C]))", "tf.reshape(a_S, shape=[n_C, n_H * n_W])"),
        ("tf.transpose(tf.reshape(a_G, shape=[n_H * n_W, n_C]))", "tf.reshape(a_G, shape=[n_C, n_H * n_W])"),
        ("(4 * n_C**2 * (n_H * n_W) ** 2)", "(4 * n_C * n_H * n_W)"),
    ),
    # compute_style_cost
    slip(compute_style_cost, "no-weights", ("weight[1] * J_style_layer", "J_style_layer")),
    slip(compute_style_cost, "last-layer-only", ("J_style += ", "J_style = ")),
    slip(compute_style_cost, "first-layer-only", ("    return J_style", "        return J_style")),
    slip(compute_style_cost, "content-layer-counted", ("[:-1]", "[1:]")),
    slip(compute_style_cost, "one-image-twice", ("generated_image_output[:-1]", "style_image_output[:-1]")),
    slip(compute_style_cost, "name-for-a-weight", ("weight[1] * J_style_layer", "weight[0] * J_style_layer")),
    slip(compute_style_cost, "first-layer-each-time", ("a_S[i], a_G[i]", "a_S[0], a_G[0]")),
    slip(
        compute_style_cost, "over-the-weights", ("return J_style", "return J_style / sum(w[1] for w in STYLE_LAYERS)")
    ),
    slip(compute_style_cost, "mean", ("weight[1] * J_style_layer", "J_style_layer / len(STYLE_LAYERS)")),
    # total_cost
    slip(total_cost, "exchanged", ("alpha * J_content + beta * J_style", "beta * J_content + alpha * J_style")),
    slip(total_cost, "defaults-exchanged", ("alpha=10, beta=40", "alpha=40, beta=10")),
    slip(total_cost, "fixed-weights", ("alpha * J_content + beta * J_style", "10 * J_content + 40 * J_style")),
    slip(total_cost, "no-weights", ("alpha * J_content + beta * J_style", "J_content + J_style")),
    slip(
        total_cost,
        "style-weighed-twice",
        ("alpha * J_content + beta * J_style", "alpha * (J_content + beta * J_style)"),
    ),
    slip(total_cost, "multiplied", ("alpha * J_content + beta * J_style", "alpha * J_content * beta * J_style")),
    slip(total_cost, "one-weight", ("beta * J_style", "alpha * J_style")),
    slip(total_cost, "other-defaults", ("beta=40", "beta=4")),
    slip(total_cost, "left-tensorflow", ("return J", "return float(J)")),
    # train_step
    slip(train_step, "not-clipped", (CLIP, "")),
    slip(train_step, "not-clipped", (CLIP, "    generated_image = tf.clip_by_value(generated_image, 0.0, 1.0)\n")),
    slip(train_step, "not-clipped", (CLIP, "    tf.clip_by_value(generated_image, 0.0, 1.0)\n")),
    slip(train_step, "not-applied", (APPLY, "")),
    slip(train_step, "clipped-below-only", ("0.0, 1.0", "0.0, 255.0")),
    slip(train_step, "clipped-before", (CLIP, ""), (APPLY, CLIP + APPLY)),
    slip(train_step, "uphill", ("[(grad, generated_image)]", "[(-grad, generated_image)]")),
    slip(train_step, "no-learning-rate", (APPLY, "    generated_image.assign_sub(grad)\n")),
    slip(train_step, "cost-after", ("return J", "return cost(generated_image)")),
    slip(
        train_step,
        "outside-the-tape",
        ("        J = cost(generated_image)\n", "        pass\n    J = cost(generated_image)\n"),
    ),
    slip(train_step, "list-of-pairs", ("[(grad, generated_image)]", "(grad, generated_image)")),
    slip(train_step, "gradient-second", ("[(grad, generated_image)]", "[(generated_image, grad)]")),
    slip(train_step, "no-return", ("    return J", "    print(J.shape)")),
    slip(train_step, "not-clipped+cost-after", (CLIP, ""), ("return J", "return cost(generated_image)")),
]


@whole("compute_content_cost", "shapes-differ")
def cost_of_the_layer_before(content_output, generated_output):
    a_C, a_G = content_output[-2], generated_output[-1]
    _, n_H, n_W, n_C = a_G.shape
    return tf.reduce_sum((a_C - a_G) ** 2) / (4 * n_H * n_W * n_C)
