"""Train the small feature network that 14_style uses, and write its weights to dlcourse/data/features.npz.

    python scripts/train_features.py

The task needs no labels but the photographs themselves: each photograph of dlcourse.data.datasets is cut in quarters,
and the network says which quarter of which photograph a small crop comes from. Crops are turned, mirrored, enlarged,
changed in colour and contrast, so that only texture and shape can tell. About ten minutes on two cores.
"""

import argparse
import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from dlcourse.data import datasets, features

SIZE = 32
LARGEST_CROP = 80


def quarters() -> list[np.ndarray]:
    """The classes: the four quarters of every photograph, at most 1200 pixels wide before the cut."""
    pictures = []
    for name in datasets.PHOTOGRAPHS:
        image = datasets.photograph(name)
        if max(image.shape) > 1200:
            image = datasets.photograph(name, size=round(image.shape[0] * 1200 / max(image.shape)))
        image = (image * 255).round().astype(np.uint8)
        row, column = image.shape[0] // 2, image.shape[1] // 2
        pictures += [image[:row, :column], image[:row, column:], image[row:, :column], image[row:, column:]]
    return pictures


def crop(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random square of a picture, SIZE pixels wide, turned, mirrored, and changed in colour and contrast."""
    width = int(rng.integers(SIZE, min(LARGEST_CROP, *picture.shape[:2]) + 1))
    row = int(rng.integers(picture.shape[0] - width + 1))
    column = int(rng.integers(picture.shape[1] - width + 1))
    square = picture[row : row + width, column : column + width]
    if width != SIZE:
        square = np.asarray(Image.fromarray(square).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
    square = np.rot90(square, int(rng.integers(4)))
    if rng.random() < 0.5:
        square = square[:, ::-1]
    square = square.astype(np.float32) / 255
    if rng.random() < 0.2:
        square = np.repeat(square.mean(axis=2, keepdims=True), 3, axis=2)
    contrast = rng.uniform(0.6, 1.4)
    colour = rng.uniform(0.8, 1.2, size=3).astype(np.float32)
    square = (square - 0.5) * contrast * colour + 0.5 + rng.uniform(-0.1, 0.1)
    return np.clip(square, 0, 1).astype(np.float32)


def batch(pictures: list[np.ndarray], rng: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    labels = rng.integers(len(pictures), size=number)
    return np.stack([crop(pictures[label], rng) for label in labels]), labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=int, default=48_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=features.WEIGHTS)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(arguments.seed)
    rng = np.random.default_rng(arguments.seed)
    pictures = quarters()

    network = features.small_network(batch_normalization=True)
    pooled = keras.layers.GlobalAveragePooling2D()(network.output)
    model = keras.Model(network.input, keras.layers.Dense(len(pictures))(pooled))
    steps = arguments.crops // arguments.batch
    rate = keras.optimizers.schedules.CosineDecay(2e-3, steps)
    model.compile(
        keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
    )
    print(f"{len(pictures)} classes, {model.count_params():,} parameters, {steps} steps", flush=True)

    started, recent = time.perf_counter(), []
    for step in range(1, steps + 1):
        measured = model.train_on_batch(*batch(pictures, rng, arguments.batch), return_dict=True)
        recent.append((measured["loss"], measured["accuracy"]))
        if step % 100 == 0 or step == steps:
            seconds = time.perf_counter() - started
            loss, accuracy = np.mean(recent, axis=0)
            left = seconds / step * (steps - step)
            text = f"step {step}: loss {loss:.3f}, accuracy {accuracy:.3f}, {seconds:.0f} s, {left:.0f} s to go"
            print(text, flush=True)
            recent.clear()
            features.save_weights(arguments.output, features.folded_weights(network))  # usable before the end, too

    X, labels = batch(pictures, np.random.default_rng(arguments.seed + 1), 2000)
    right = np.mean(np.argmax(model.predict(X, verbose=0), axis=1) == labels)
    print(f"right on 2,000 new crops: {right:.3f}; {arguments.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
