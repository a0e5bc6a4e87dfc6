"""What every grading process does before it imports anything large."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

# The course is written for one Keras. A teacher's own settings (`~/.keras/keras.json`: another back end, channels
# first, float64) are for other work; Keras reads them when it is imported, from a folder that has none here.
KERAS = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}
KERAS_UNSET = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED")


def speak_utf8() -> None:
    """Start again with UTF-8 for files and their names, where the locale has another encoding: learners' names and
    notebooks have all letters. What is printed keeps the encoding that was asked for."""
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower().replace("-", "") == "utf8" or os.name == "nt":
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def print_anywhere() -> None:
    """Let no learner's name, and no line of a table, be an error on a screen or in a log that has not all letters."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def import_lightly() -> None:
    """Leave out what costs seconds of CPU and is never used here.

    jsonschema, which nbformat needs, builds a grammar of international URLs with rfc3987_syntax on import, where that
    is installed: 2 to 3 s. No schema of a notebook has such a URL in it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)


def load_checks(topic: str) -> None:
    """Import a topic's checks, and Keras with them where they need it.

    Where scikit-learn and matplotlib are installed, Keras imports them for wrappers and pictures that no check uses: a
    third of the time that it takes. They can still be imported afterwards.

    Raises:
        KeyError: there is no such topic.
    """
    from dlcourse import checks
    from dlcourse.checking.quiet import quiet

    if f"dlcourse.checks.{topic}" not in sys.modules:
        with quiet(), _absent("sklearn", "matplotlib"), _the_courses_keras():
            checks.topic(topic)


@contextlib.contextmanager
def _the_courses_keras() -> Iterator[None]:
    """Keras with the settings that the course is written for, whether it is imported in here or was before."""
    before = dict(os.environ)
    os.environ.update(KERAS)
    for name in KERAS_UNSET:
        os.environ.pop(name, None)
    try:
        yield
        if "keras" in sys.modules:
            settings = sys.modules["keras"].config
            settings.set_floatx("float32")
            settings.set_epsilon(1e-7)
            settings.set_image_data_format("channels_last")
    finally:
        for name in (*KERAS, *KERAS_UNSET):
            os.environ.pop(name, None)
            if name in before:
                os.environ[name] = before[name]
        os.environ["KERAS_BACKEND"] = KERAS["KERAS_BACKEND"]


@contextlib.contextmanager
def _absent(*names: str) -> Iterator[None]:
    """Let modules that are not imported yet look as if they weren't installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
