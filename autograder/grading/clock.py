"""A clock on what a grading process does itself: reading, rebuilding, comparing, writing pages.

What runs in a kernel has limits of its own. Only the processor's time counts here, so that a busy machine costs nobody
anything.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import threading
import time
from collections.abc import Iterator

LOOKS = 0.25  # seconds between two looks at another thread's time
PATIENCE = 3  # times its limit, after which work that cannot be interrupted takes its process along


class OutOfTime(BaseException):
    """It took too long. Not an Exception: what is being worked on may catch those."""


@contextlib.contextmanager
def clock(seconds: float, doing: str, may_end: bool = True) -> Iterator[None]:
    """Raise OutOfTime in the work below it once that has used so many seconds of processor time.

    Args:
        doing: what it is, as the subject of a sentence.
        may_end: whether the process may be ended where the work sits in a library and cannot be interrupted; then
            another one is started, and the next submission is graded.
    """
    sentence = f"{doing} took more than {seconds:g} s of processor time."
    if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        with _by_signal(seconds, sentence, may_end):
            yield
    elif hasattr(time, "pthread_getcpuclockid"):
        with _by_thread(seconds, sentence):
            yield
    else:
        yield


@contextlib.contextmanager
def _by_signal(seconds: float, sentence: str, may_end: bool) -> Iterator[None]:
    rang = False

    def ring(*_: object) -> None:
        nonlocal rang
        rang = True
        raise OutOfTime(sentence)

    before = signal.signal(signal.SIGPROF, ring)
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds, LOOKS)  # again: a callback into Python may swallow the first
        if may_end:
            signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE * seconds)
        yield
    except Exception:
        # What goes wrong after the bell comes of it: where a callback swallows it, its report may compile source, and
        # Python 3.11's ast.parse, interrupted so, raises a SystemError of its own.
        if rang:
            raise OutOfTime(sentence) from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _by_thread(seconds: float, sentence: str) -> Iterator[None]:
    """Where submissions are graded in threads, as on a Dask worker: signals only reach a process's first thread."""
    mine = threading.get_ident()
    used = time.pthread_getcpuclockid(mine)
    deadline = time.clock_gettime(used) + seconds
    lock, over, rang = threading.Lock(), threading.Event(), threading.Event()
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch() -> None:
        while not over.wait(LOOKS):
            with lock:
                if not over.is_set() and time.clock_gettime(used) > deadline:
                    rang.set()
                    throw(ctypes.c_ulong(mine), ctypes.py_object(OutOfTime))
                    return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except OutOfTime:
        raise OutOfTime(sentence) from None
    except Exception:
        if rang.is_set():  # as above
            raise OutOfTime(sentence) from None
        raise
    finally:
        over.set()
        with lock:
            throw(ctypes.c_ulong(mine), None)  # one that was thrown and hasn't arrived must not hit what comes next
        watcher.join()
