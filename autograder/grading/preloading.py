"""What all grading processes need, imported once: by the process that `executors.local` has them forked from.

It starts no threads and computes nothing: after TensorFlow's first operation, whatever is forked would hang.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal

from autograder.running.startup import import_lightly, load_checks

TOPIC = "DLCOURSE_GRADED_TOPIC"  # by the environment: multiprocessing only imports this module, by its name


def preload(topic: str) -> None:
    """Import the engine, and a topic's checks with whatever they import."""
    import_lightly()
    end_with_parent(signal.SIGKILL)  # nobody waits for the end of this any more
    gc.disable()  # nothing of what is imported is ever given up, and looking for it takes a seventh of the time
    if topic:
        with contextlib.suppress(Exception):  # the first grading process says what is wrong
            load_checks(topic)
    import autograder.grading.one_submission
    import autograder.running.kernels  # noqa: F401

    gc.enable()
    gc.freeze()  # shared with every process from now on
    end_with_parent(0)  # from now on it ends after the last of its processes


def end_with_parent(signal_number: int) -> None:
    """Have Linux send this process a signal when its parent ends; 0 for none."""
    ctypes.CDLL(None).prctl(1, signal_number)  # PR_SET_PDEATHSIG


if TOPIC in os.environ:
    preload(os.environ[TOPIC])
