"""The reference convolution and its backward pass against TensorFlow's kernels and the course's loops, in one run.

python benchmarks/convolution.py [--rounds 15]      prints a table and draws benchmarks/convolution.png
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import statistics
import time
from pathlib import Path

import matplotlib
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from dlcourse import convolution

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# images, side, channels, filters, filter side, stride, padding
SHAPES = [
    (16, 32, 3, 16, 3, 1, 1),
    (16, 32, 16, 32, 3, 1, 1),
    (8, 32, 32, 64, 3, 2, 1),
    (8, 16, 64, 64, 3, 1, 1),
    (32, 28, 1, 8, 5, 1, 2),
    (4, 64, 3, 32, 7, 2, 3),
]


def loop_forward(A_prev, W, b, hparameters):
    """The loops of notebook 01, on one image."""
    stride, f, n_C = hparameters["stride"], W.shape[0], W.shape[3]
    A_pad = convolution.zero_pad(A_prev, hparameters["pad"])
    n_H = convolution.conv_output_size(A_prev.shape[1], f, hparameters["pad"], stride)
    Z = np.zeros((1, n_H, n_H, n_C))
    for h in range(n_H):
        for w in range(n_H):
            for c in range(n_C):
                window = A_pad[0, h * stride : h * stride + f, w * stride : w * stride + f]
                Z[0, h, w, c] = np.sum(window * W[..., c]) + float(b[0, 0, 0, c])
    return Z


def loop_backward(dZ, A_prev, W, hparameters):
    """The loops of notebook 01 on the way back, on one image."""
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    A_pad = convolution.zero_pad(A_prev, pad)
    dA_pad, dW, db = np.zeros_like(A_pad), np.zeros_like(W), np.zeros((1, 1, 1, W.shape[3]))
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            for c in range(W.shape[3]):
                rows, columns = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
                dA_pad[0, rows, columns] += W[..., c] * dZ[0, h, w, c]
                dW[..., c] += A_pad[0, rows, columns] * dZ[0, h, w, c]
                db[..., c] += dZ[0, h, w, c]
    return dA_pad, dW, db


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    rows = [measure(*shape, rounds) for shape in SHAPES]
    table = Table(title=f"Medians of {rounds} interleaved rounds, float32, milliseconds")
    for heading in ("shape", "pass", "dlcourse", "TensorFlow", "loops", "against TensorFlow", "against loops"):
        table.add_column(heading, justify="left" if heading in ("shape", "pass") else "right")
    for name, times in rows:
        for way, (ours, theirs, loops) in times.items():
            table.add_row(
                name,
                way,
                f"{ours:.2f}",
                f"{theirs:.2f}",
                f"{loops:.0f}",
                f"{ours / theirs:.2f}x",
                f"1/{loops / ours:.0f}",
            )
    Console(width=120).print(table)
    for way in ("forward", "backward"):
        ratios = [times[way] for _, times in rows]
        against = statistics.geometric_mean(ours / theirs for ours, theirs, _ in ratios)
        faster = statistics.geometric_mean(loops / ours for ours, _, loops in ratios)
        print(f"{way}: {against:.2f}x TensorFlow's time (geometric mean), {faster:.0f}x faster than the loops")
    draw(rows)


def measure(m, n, n_C_prev, n_C, f, stride, pad, rounds):
    rng = np.random.default_rng(0)
    A_prev = rng.normal(size=(m, n, n, n_C_prev)).astype("f4")
    W, b = rng.normal(size=(f, f, n_C_prev, n_C)).astype("f4"), np.zeros((1, 1, 1, n_C), "f4")
    hparameters = {"stride": stride, "pad": pad}
    Z, cache = convolution.conv_forward(A_prev, W, b, hparameters)
    dZ = rng.normal(size=Z.shape).astype("f4")
    image, kernel, upstream = tf.constant(A_prev), tf.constant(W), tf.constant(dZ)
    border = [0, 0, pad, pad, pad, pad, 0, 0]
    how = {"strides": [1, stride, stride, 1], "padding": "EXPLICIT", "explicit_paddings": border}

    def tensorflow_backward():
        by_input = tf.raw_ops.Conv2DBackpropInput(input_sizes=A_prev.shape, filter=kernel, out_backprop=upstream, **how)
        by_filter = tf.raw_ops.Conv2DBackpropFilter(input=image, filter_sizes=W.shape, out_backprop=upstream, **how)
        return by_input.numpy(), by_filter.numpy(), tf.reduce_sum(upstream, [0, 1, 2]).numpy()

    contenders = {
        "forward": (
            lambda: convolution.conv_forward(A_prev, W, b, hparameters),
            lambda: tf.raw_ops.Conv2D(input=image, filter=kernel, **how).numpy(),
        ),
        "backward": (lambda: convolution.conv_backward(dZ, cache), tensorflow_backward),
    }
    # The loops take seconds: one image, once, times the number of images.
    loops = {
        "forward": m * clock(lambda: loop_forward(A_prev[:1], W, b, hparameters)),
        "backward": m * clock(lambda: loop_backward(dZ[:1], A_prev[:1], W, hparameters)),
    }
    times = {}
    for way, pair in contenders.items():
        timed = [[clock(contender) for contender in pair] for _ in range(rounds + 2)][2:]
        ours, theirs = (statistics.median(column) for column in zip(*timed, strict=True))
        times[way] = (1e3 * ours, 1e3 * theirs, 1e3 * loops[way])
    return f"{m}x{n}x{n}x{n_C_prev}, {n_C} of {f}x{f}, /{stride}", times


def clock(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def draw(rows):
    figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
    for axis, way in zip(axes, ("forward", "backward"), strict=True):
        colours = {"dlcourse": "#2a6f97", "TensorFlow": "#e09f3e", "loops": "#999999"}
        for offset, (label, colour) in enumerate(colours.items()):
            heights = [times[way][offset] for _, times in rows]
            axis.bar(np.arange(len(rows)) + 0.27 * (offset - 1), heights, 0.27, label=label, color=colour)
        axis.set_yscale("log")
        axis.set_title(way)
        axis.set_xticks(range(len(rows)), [name.replace(", ", "\n") for name, _ in rows], fontsize=7)
    axes[0].set_ylabel("milliseconds, logarithmic")
    axes[0].legend()
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
