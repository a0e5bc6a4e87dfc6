"""Keep what compiled libraries write to the standard error stream out of a notebook."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let TensorFlow start, and look for graphics cards, without its notices below the cell, here or later.

    They are written by C++ to file descriptor 2, before any setting of Python's is read. An error that Python raises
    is shown as usual.

    Example:
        with quiet():
            import keras
    """
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
        if "tensorflow" in sys.modules:
            # It looks for cards when it first computes, and says once more that there are none: let it look now.
            sys.modules["tensorflow"].config.list_physical_devices()
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)
