"""From a picture file to the vector that a network makes of it. Used by learners' functions and by the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float


def img_to_encoding(image_path: str | Path, model: object) -> Float[np.ndarray, "1 d"]:
    """The encoding of one picture, of length 1.

    Args:
        image_path: a picture file; its pixels are scaled to [0, 1] and resized to what the model takes.
        model: a Keras model for one picture, or anything with `predict_on_batch` and `input_shape`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    from PIL import Image

    _, height, width, channels = model.input_shape
    with Image.open(image_path) as picture:
        picture = picture.convert("L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height))
        pixels = np.asarray(picture, dtype=np.float32) / 255.0
    encoding = np.asarray(model.predict_on_batch(pixels.reshape(1, height, width, channels)))
    return encoding / np.linalg.norm(encoding, ord=2)
