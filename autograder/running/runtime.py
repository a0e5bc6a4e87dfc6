"""The folder of a fork server and its kernels: short-lived, visible to nobody else, and swept up after a crash."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import weakref
from pathlib import Path

PREFIX, NEW = "dlcourse-", ".dlcourse-"  # a folder gets its name once it has its lock
YOUNG = 60.0  # seconds in which a folder without a lock may still get one


class RuntimeFolder:
    """A temporary folder that goes away with `close`, with this process, or with the next pool's first look around.

    Args:
        at_exit: False where somebody else calls `close` at the process's end, at the right moment.
    """

    def __init__(self, at_exit: bool = True) -> None:
        sweep()
        new = Path(tempfile.mkdtemp(prefix=NEW, dir=base()))
        self._lock = os.open(new / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = new.rename(new.with_name(PREFIX + new.name.removeprefix(NEW)))
        self._finalizer = weakref.finalize(self, _remove, self.path, self._lock, os.getpid())
        self._finalizer.atexit = at_exit

    def close(self) -> None:
        self._finalizer()


def base() -> str:
    """Where such folders are: the path of a Unix socket must stay below 108 characters, so not below a long TMPDIR."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()


def sweep() -> None:
    """Remove what graders that were killed left behind: folders of this user whose lock nobody holds."""
    for folder in (*Path(base()).glob(f"{PREFIX}*"), *Path(base()).glob(f"{NEW}*")):
        with contextlib.suppress(OSError):
            state = folder.lstat()
            named = folder.name.startswith(PREFIX) and (folder / "lock").exists()
            if state.st_uid != os.getuid() or not (named or time.time() - state.st_mtime > YOUNG):
                continue
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _remove(path: Path, lock: int, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked copy of the grader, which only inherited the object
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
