"""Keep what compiled libraries write to the standard error stream out of a notebook."""

import contextlib
import os
import sys
from collections.abc import Iterator

from dlcourse.checking import keras_settings


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let TensorFlow start, and look for graphics cards, without its notices below the cell, here or later.

    They are written by C++ to file descriptor 2, before any setting of Python's is read. An error that Python raises
    is shown as usual. Keras starts as the course needs it, whatever a `keras.json` says.

    Example:
        with quiet():
            import keras
    """
    keras_settings.before_import()
    with _silent():
        yield
        if "tensorflow" in sys.modules:
            # It looks for cards when it first computes, and says once more that there are none: let it look now.
            sys.modules["tensorflow"].config.list_physical_devices()
    keras_settings.after_import()


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # there is no such stream, and so nothing to silence
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
