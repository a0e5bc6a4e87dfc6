"""The search in a process of its own, which a notebook's kernel forks: limited in time and memory, it writes nothing.

A kernel in which TensorFlow has run cannot be forked: its threads don't come along. There, and where there is no fork,
nothing is searched.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping
from typing import Any, NoReturn

from dlcourse.checking.exercise import Exercise
from dlcourse.leads.search import Lead, find
from dlcourse.leads.trying import Trying

SECONDS = 8.0  # of the processor; so much again is waited for where the machine does other work
PATIENCE = 2.0
MEMORY = 1 << 30  # bytes that the search may take beyond what the kernel has
LARGEST_ANSWER = 1 << 16
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# What Python tells its auditors about, as far as it reaches beyond the process.
REFUSED = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "os.chmod", "os.chown",
    "os.utime", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.fork", "os.forkpty",
    "os.kill", "os.setxattr", "os.removexattr", "os.chflags", "subprocess.Popen", "pty.spawn", "socket.connect",
    "socket.bind", "socket.sendto", "socket.sendmsg", "shutil.", "signal.pthread_kill",
    "ctypes.dlopen", "ctypes.dlsym", "sqlite3.connect",
)  # fmt: skip


def possible() -> bool:
    """Whether this process can be forked for a search."""
    return sys.platform == "linux" and "tensorflow" not in sys.modules


class Searching:
    """A search that is under way.

    Args:
        seed: that of the check.
        source: the function's text.
        namespace: the learner's notebook.
    """

    def __init__(
        self, exercise: Exercise, seed: int, source: str, namespace: Mapping[str, Any], seconds: float = SECONDS
    ) -> None:
        self.seconds, self._began = seconds, time.monotonic()
        self._answer = b""
        self._done = False
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of other threads: the child uses none of theirs
            self._pid = os.fork()
        if self._pid == 0:
            os.close(reading)
            _be_the_child(writing, exercise, seed, source, namespace, seconds)
        os.close(writing)
        self._reading = reading

    @property
    def share(self) -> float:
        """How much of the time is gone, from 0 to 1."""
        return min(1.0, (time.monotonic() - self._began) / self.seconds)

    def wait(self, seconds: float) -> bool:
        """Whether it has come to an end, after so many seconds at most."""
        end = time.monotonic() + seconds
        while not self._done:
            if time.monotonic() - self._began > PATIENCE * self.seconds or len(self._answer) > LARGEST_ANSWER:
                self._answer = b""
                self.stop()
                break
            if not select.select([self._reading], [], [], max(0.0, min(0.5, end - time.monotonic())))[0]:
                if time.monotonic() >= end:
                    break
                continue
            part = os.read(self._reading, 1 << 14)
            self._answer += part
            if not part:
                self.stop()
        return self._done

    def stop(self) -> None:
        """End it, however far it is."""
        if self._done:
            return
        self._done = True
        os.close(self._reading)
        with contextlib.suppress(OSError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(self._pid, 0)

    @property
    def lead(self) -> Lead | None:
        """What was found, once it is done."""
        try:
            found = json.loads(self._answer)
            proves = found["proves"]
            return Lead(
                tuple(int(line) for line in found["lines"]),
                tuple((int(line), int(start), int(end)) for line, start, end in found["spans"]),
                str(found["kind"]),
                proves if isinstance(proves, str) else tuple(map(str, proves)),
            )
        except (ValueError, TypeError, KeyError):  # nothing was found, or the child died
            return None


def _be_the_child(
    writing: int, exercise: Exercise, seed: int, source: str, namespace: Mapping[str, Any], seconds: float
) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        writing = _out_of_the_way(writing)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        tempfile.gettempdir()  # which tries at the first time whether it can write there
        sys.dont_write_bytecode = True
        _limit(seconds)
        sys.addaudithook(_audit)
        found = find(exercise, seed, source, Trying(exercise.name, namespace), seconds)
        if found is not None:
            told = {"lines": found.lines, "spans": found.spans, "kind": found.kind, "proves": found.proves}
            os.write(writing, json.dumps(told).encode())
    except BaseException:  # whatever a learner's function has done to this process
        pass
    finally:
        os._exit(0)


def _out_of_the_way(descriptor: int) -> int:
    """The same with a number that no function writes to by mistake: a change of `os.write(1, ...)` may."""
    import fcntl

    with contextlib.suppress(OSError):
        higher = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 900)
        os.close(descriptor)
        return higher
    return descriptor


def _limit(seconds: float) -> None:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/statm") as pages:
        have = int(pages.read().split()[0]) * resource.getpagesize()
    limits = {
        resource.RLIMIT_AS: have + MEMORY,
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime + 2 * seconds) + 1,
        resource.RLIMIT_FSIZE: 1 << 20,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        hard = resource.getrlimit(limit)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))


def _audit(event: str, args: tuple) -> None:
    """End the process where something reaches out of it: such a function is not looked into. A temporary file without a
    name, in which the engine catches what is written to the error stream, leaves nothing behind; it is asked for by the
    name of its folder."""
    if event == "open":
        path, _, flags = args
        nameless = flags & getattr(os, "O_TMPFILE", 0) == getattr(os, "O_TMPFILE", 1)
        if not isinstance(path, int) and flags & WRITING and not nameless and not os.path.isdir(path):
            os._exit(0)
    elif event.startswith(REFUSED):
        os._exit(0)
