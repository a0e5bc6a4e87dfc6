"""A time limit for a learner's function in a running notebook, where nobody may end the process that it runs in."""

from __future__ import annotations

import contextlib
import ctypes
import linecache
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from types import FrameType, TracebackType
from typing import Any

AGAIN = 0.05  # seconds; a bare `except:` inside an endless loop takes the first exception for its own
IMPORTS = 120.0  # seconds more for an import, which a slow disk can need, and which half done would break the kernel


class TimeIsUp(BaseException):
    """Raised in the learner's code where it is; not an Exception, so that `except Exception` lets it through."""


class TimeLimit:
    """How long the calls of one check may take.

    In the main thread the operating system's timer interrupts Python between two of its steps. In other threads, and
    where there is no such timer, another thread asks Python to raise the exception; the effect is the same. Neither
    reaches code that never comes back to Python, such as an endless loop in a compiled TensorFlow graph. An import that
    is under way is not interrupted, and its time is not counted.

    Args:
        each: seconds for one call.
        whole: seconds for all of them.
    """

    def __init__(self, each: float, whole: float) -> None:
        self.each, self.left = each, whole
        self.is_over = False

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Raise TimeIsUp in the block once it has had its time."""
        seconds = min(self.each, max(self.left, AGAIN))
        began = time.monotonic()
        try:
            with _alarm(seconds) if _has_alarm() else _watch(seconds):
                yield
        except TimeIsUp:
            self.is_over = True
            raise
        finally:
            self.left -= min(seconds, time.monotonic() - began)


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    active = True
    latest = time.monotonic() + seconds + IMPORTS

    def ring(number: int, frame: FrameType | None) -> None:
        if active and not (_importing(frame) and time.monotonic() < latest):
            raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:  # an alarm in here still comes out of the block as TimeIsUp
        active = False
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _watch(seconds: float) -> Iterator[None]:
    thread, lock, done = threading.get_ident(), threading.Lock(), threading.Event()
    latest = time.monotonic() + seconds + IMPORTS

    def raise_there(what: type[BaseException] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread), ctypes.py_object(what) if what is not None else None
        )

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            wait = AGAIN
            with lock:
                importing = _importing(sys._current_frames().get(thread)) and time.monotonic() < latest
                if not done.is_set() and not importing:
                    raise_there(TimeIsUp)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        with lock:
            done.set()
            raise_there(None)  # one that was asked for and has not been raised yet


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def where(error: BaseException, namespace: Mapping[str, Any] | None) -> str:
    """The learner's line that was running when an exception came from outside; "" if it was none of theirs.

    Args:
        namespace: the notebook's own; the names in it are the learner's.
    """
    found = ""
    for frame, number in _steps(error.__traceback__):
        if frame.f_globals is namespace:
            found = linecache.getline(frame.f_code.co_filename, number, frame.f_globals).strip() or found
    return found[:200]


def _steps(traceback: TracebackType | None) -> Iterator[tuple[Any, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next
