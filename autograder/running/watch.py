"""Looks at a kernel's processes from outside while it works, and says when a limit is exceeded."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import time

import psutil

from autograder.running import memory
from autograder.running.limits import Limits

FIRST_LOOK, TICK = 0.05, 0.1  # seconds until a busy kernel is looked at, and between two looks
PATIENCE = 20  # times a wall time, however busy this machine is
PAGE, CLOCK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


class Stop(Exception):
    """Why the kernel was or must be ended: "timeout", "cpu", "memory", "processes", "flood" or "died"."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def too_much_memory(limits: Limits) -> Stop:
    return Stop("memory", f"It used more than {limits.memory // 2**20} MB of memory.")


class Watch:
    """Looks at one kernel's processes from outside while it works."""

    def __init__(self, pid: int, group: memory.Group | None = None) -> None:
        self.pid, self.group = pid, group
        self.waited = 0.0  # for a processor, in all of its life
        self.baseline = 0
        self.baseline, _, _ = self.usage()

    def usage(self) -> tuple[int, float, int]:
        """Memory beyond the baseline, CPU seconds, and how many processes there are (none: it has ended)."""
        kernel = _figures(self.pid)
        if kernel is None:
            return 0, 0.0, 0
        used, cpu, count = kernel.resident - self.baseline, kernel.cpu + kernel.ended_cpu, 1
        everything = [self.pid]
        for pid in descendants(self.pid):
            if (found := _figures(pid)) is not None:
                used += _own_memory(pid, found.resident)
                cpu += found.cpu
                count += 1
                everything.append(pid)
        if self.group is None:
            used += _shared_memory(everything)
        return used, cpu, count

    async def until_broken(self, limits: Limits) -> Stop:
        """Wait until one of the limits is exceeded. Ends only then, so callers cancel it.

        Time in which the kernel stood ready and had no processor is not its own: on a busy machine a right answer
        takes longer, and is no less right.
        """
        start = time.monotonic()
        await asyncio.sleep(min(FIRST_LOOK, limits.wall))  # most cells end before it
        cpu_before, waits = self.usage()[1], _waits(self.pid)
        waited_before = self.waited
        try:
            while True:
                wall = time.monotonic() - start
                if wall >= limits.wall:
                    self.waited = waited_before + _waited(waits, _waits(self.pid))
                    if wall - (self.waited - waited_before) >= limits.wall or wall >= PATIENCE * limits.wall:
                        return Stop("timeout", f"It took longer than {limits.wall:g} s.")
                used, cpu, count = self.usage()
                if not count:
                    return Stop("died", "The kernel ended.")
                if used > limits.memory or (self.group is not None and self.group.exceeded):
                    return too_much_memory(limits)
                if cpu - cpu_before > limits.cpu:
                    return Stop("timeout", f"It used more than {limits.cpu:g} s of processor time.")
                if count > limits.processes:
                    return Stop("processes", f"It started more than {limits.processes} processes.")
                left = limits.wall - (time.monotonic() - start)
                await asyncio.sleep(min(TICK, left + 0.001) if left > 0 else TICK)
        finally:
            self.waited = waited_before + _waited(waits, _waits(self.pid))


def _waits(pid: int) -> dict[str, float]:
    """For each thread of a process, the seconds it has been ready to run without a processor; empty where the system
    doesn't tell."""
    found = {}
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
                found[thread] = int(file.read().split()[1]) / 1e9
    return found


def _waited(before: dict[str, float], now: dict[str, float]) -> float:
    """How long the thread waited that waited longest."""
    return max((seconds - before.get(thread, 0.0) for thread, seconds in now.items()), default=0.0)


@dataclasses.dataclass(frozen=True)
class _Figures:
    """What a process has used: bytes, CPU seconds, and the CPU seconds of what it started and waited for."""

    resident: int
    cpu: float
    ended_cpu: float


def _figures(pid: int) -> _Figures | None:
    """One process's figures; None where it has ended. Read at every cell, so without psutil where /proc is."""
    if not LISTS_CHILDREN:
        return _figures_elsewhere(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    times = [int(field) / CLOCK for field in fields[11:15]]
    return _Figures(int(fields[21]) * PAGE, times[0] + times[1], times[2] + times[3])


def _figures_elsewhere(pid: int) -> _Figures | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        times = process.cpu_times()
        return _Figures(process.memory_info().rss, times.user + times.system, 0.0)
    except psutil.Error:
        return None


def descendants(pid: int) -> list[int]:
    """Everything that a process started and that still runs. What a kernel's children leave behind becomes the
    kernel's own child, as it is the first process of its namespace."""
    if not LISTS_CHILDREN:
        with contextlib.suppress(psutil.Error):
            return [process.pid for process in psutil.Process(pid).children(recursive=True)]
        return []
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{parent}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{thread}/children", "rb") as file:
                    children = [int(child) for child in file.read().split()]
                    found += children
                    waiting += children
    return found


def _own_memory(pid: int, resident: int) -> int:
    """A started process's share of the pages it has in common with others: a fork shares nearly all of them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return resident


def _shared_memory(pids: list[int]) -> int:
    """What is not in the figures of processes: the files in the kernel's own file system, which is memory, and shared
    memory as it was asked for, since pages stay there that no process has in use."""
    total, seen = 0, set()
    with contextlib.suppress(OSError):
        if os.stat(f"/proc/{pids[0]}/root/tmp").st_dev != os.stat("/tmp").st_dev:
            files = os.statvfs(f"/proc/{pids[0]}/root/tmp")
            total += (files.f_blocks - files.f_bfree) * files.f_frsize
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/maps", "rb") as lines:
            for line in lines:
                if b"/dev/zero" not in line and b"/memfd:" not in line and b"/SYSV" not in line:
                    continue
                span, rights, _, device, inode = line.split(maxsplit=5)[:5]
                if rights.endswith(b"s") and (device, inode) not in seen:
                    seen.add((device, inode))
                    low, high = (int(part, 16) for part in span.split(b"-"))
                    total += high - low
    return total
