"""What the course needs of Keras, whatever a person's own settings say.

Keras reads a file, by default `.keras/keras.json` in the home folder, when it is imported. Another back end in it, or
channels first, breaks every network of this course, and nothing that is then shown names the file.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

WANTED = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}


FORMATS, FLOATS = ("channels_last", "channels_first"), ("float16", "float32", "float64")


class WrongSettings(RuntimeError):
    """Keras cannot be had as the course needs it; the message says what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the sentence alone, which would else stand below forty lines."""
        return [str(self)]


def before_import() -> None:
    """Choose the back end. It goes before that of the file, and cannot be chosen any more once Keras is there.

    Raises:
        WrongSettings: Keras would not start with that file.
    """
    os.environ["KERAS_BACKEND"] = WANTED["backend"]
    if "keras" not in sys.modules and (problem := unusable()):
        raise WrongSettings(problem)


def after_import() -> None:
    """Set what can still be set, if Keras is there.

    Raises:
        WrongSettings: what cannot.
    """
    if "keras" not in sys.modules:
        return
    from keras import config

    if config.backend() != WANTED["backend"]:
        raise WrongSettings(
            f"Keras was imported before the course, with {config.backend()} as its back end, where the course needs "
            f'tensorflow: write "backend": "tensorflow" into {file()} and restart the kernel.'
        )
    config.set_image_data_format(WANTED["image_data_format"])
    config.set_floatx(WANTED["floatx"])
    config.set_epsilon(WANTED["epsilon"])


def file() -> Path:
    """Where a person's own settings of Keras are, or would be."""
    home = os.environ.get("KERAS_HOME")
    return Path(home).expanduser() / "keras.json" if home else Path.home() / ".keras" / "keras.json"


def others() -> dict[str, object]:
    """What that file asks for and the course does not use; {} where there is no such file."""
    found = _content()
    return {name: found[name] for name, wanted in WANTED.items() if name in found and found[name] != wanted}


def unusable() -> str:
    """Why Keras would not start with that file, and what to do; "" where it would."""
    found = _content()
    epsilon, floatx, layout = found.get("epsilon", 0.1), found.get("floatx"), found.get("image_data_format")
    wrong = [
        name
        for name, good in (
            ("floatx", floatx is None or floatx in FLOATS),
            ("epsilon", type(epsilon) is float),
            ("image_data_format", layout is None or layout in FORMATS),
        )
        if not good
    ]
    if not wrong:
        return ""
    return (
        f"Keras does not start with {' and '.join(wrong)} as {file()} has it: delete that file, Keras writes it anew."
    )


def _content() -> dict[str, object]:
    """Keras too takes what it cannot read as JSON for an empty file."""
    try:
        found = json.loads(file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {"floatx": found}
