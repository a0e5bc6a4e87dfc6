"""All memory that a kernel holds, counted by the system: a memory cgroup of its own, where this machine has one.

A cgroup counts what is mapped and what isn't: shared memory, files in memory, whatever a process leaves behind. Where
there is none, `watch` adds up what can be seen from outside, and the sandbox refuses what can't
(see `inside/namespaces`).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

PREFIX, GRADERS = "dlcourse-", "dlcourse-graders"
PATIENCE = 1.0  # seconds until the last process of a group is gone
ENOUGH = 512 * 2**20  # a kernel gets at least this, however little is free

_numbers = itertools.count()


class Group:
    """The memory of one kernel and of whatever it starts."""

    def __init__(self, parent: Path, limit: int) -> None:
        self.folder = parent / f"{PREFIX}{os.getpid()}-{next(_numbers)}"
        self.limit = limit
        self.folder.mkdir()
        try:
            if (self.folder / "memory.max").exists():
                self._write("memory.max", limit)
                self._write("memory.swap.max", 0, needed=False)
                self._write("memory.oom.group", 1, needed=False)
            else:
                self._write("memory.limit_in_bytes", limit)
                self._write("memory.memsw.limit_in_bytes", limit, needed=False)
        except OSError:
            self.folder.rmdir()
            raise

    def take(self, pids: Iterable[int]) -> None:
        """Count what these processes use from now on; what they start is counted too."""
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                self._write("cgroup.procs", pid)

    @property
    def exceeded(self) -> bool:
        """Whether the system has ended a process of it for want of memory."""
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError), open(self.folder / name, encoding="utf-8") as lines:
                return any(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        return False

    def close(self) -> None:
        """Give it up; its processes have been ended."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.folder.rmdir()
                return
            except FileNotFoundError:
                return
            except OSError:
                if time.monotonic() > deadline:
                    return  # the next grader sweeps it up
                time.sleep(0.005)

    def _write(self, name: str, value: int, needed: bool = True) -> None:
        try:
            (self.folder / name).write_text(str(value))
        except OSError:
            if needed:
                raise


def group(limit: int) -> Group | None:
    """A new group; None where this machine has none to give."""
    parent = place()
    if parent is None:
        return None
    try:
        return Group(parent, limit)
    except OSError:
        return None


def place() -> Path | None:
    """The folder in which groups can be made, if there is one."""
    return _place(os.getpid())


@functools.lru_cache(maxsize=1)
def _place(pid: int) -> Path | None:
    for folder in own_folders():
        if folder.name == GRADERS:
            folder = folder.parent
        try:
            _let_count(folder)
            _sweep(folder)
            trial = Group(folder, ENOUGH)
        except OSError:
            continue
        trial.close()
        return folder
    return None


def own_folders(mounts: str = "/proc/self/mountinfo", membership: str = "/proc/self/cgroup") -> list[Path]:
    """Where the groups that this process is in are to be found, those that count memory: version 2's, version 1's."""
    found = []
    with contextlib.suppress(OSError, ValueError):
        paths = {}
        for line in Path(membership).read_text(encoding="utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            paths |= dict.fromkeys(controllers.split(","), path)
        for line in Path(mounts).read_text(encoding="utf-8").splitlines():
            before, _, after = line.partition(" - ")
            root, point = before.split()[3:5]
            kind, _, options = after.split(" ", 2)
            path = paths.get("") if kind == "cgroup2" else paths.get("memory")
            if path is None or (kind != "cgroup2" and not (kind == "cgroup" and "memory" in options.split(","))):
                continue
            inside = os.path.relpath(path, root) if path.startswith(root) else path.lstrip("/")
            found.append((kind != "cgroup2", Path(os.path.normpath(os.path.join(point, inside)))))
    return [folder for _, folder in sorted(found)]


def _let_count(folder: Path) -> None:
    """Version 2 counts in the groups below one only where it is told to, and where no process is in it itself: ours
    move down, and where there are others, there is nothing to be done."""
    switch = folder / "cgroup.subtree_control"
    if not switch.exists() or "memory" in switch.read_text().split():
        return
    try:
        switch.write_text("+memory")
    except OSError as error:
        pids = [int(pid) for pid in (folder / "cgroup.procs").read_text().split()]
        ours = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
        if error.errno != errno.EBUSY or not set(pids) <= ours:
            raise
        (folder / GRADERS).mkdir(exist_ok=True)
        for pid in pids:
            (folder / GRADERS / "cgroup.procs").write_text(str(pid))
        switch.write_text("+memory")


def _sweep(folder: Path) -> None:
    """Groups of graders that were killed."""
    for left in folder.glob(f"{PREFIX}[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if not psutil.pid_exists(int(left.name.split("-")[1])):
                left.rmdir()


def free() -> int:
    """Bytes that could be used now: of the machine, and of what this process's own groups may use."""
    found = [psutil.virtual_memory().available]
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for folder in own_folders():
        for limit, usage in names:
            with contextlib.suppress(OSError, ValueError):
                found.append(int((folder / limit).read_text()) - int((folder / usage).read_text()))
    return max(0, min(found))


def share(kernels: int, most: int) -> int:
    """What each of so many kernels may use such that together they leave half of what is free."""
    return max(min(most, free() // 2 // max(1, kernels)), min(most, ENOUGH))
