"""The grader's end of the fork server (`inside/server.py` is the other end, in the sandbox).

`ForkServer` starts the server once and asks it for kernels; `FreshServer` has the same methods and starts a new
process for every kernel, for systems where a process with loaded libraries cannot be forked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from autograder import runtime, sandbox, view


@dataclasses.dataclass
class Process:
    """A kernel's process: `pid` as the server names it, `here` as this machine does, `handle` a pidfd or -1."""

    pid: int
    here: int
    handle: int = -1
    status: int | None = None
    popen: subprocess.Popen | None = None


class ServerError(RuntimeError):
    """The fork server does not start, or is gone."""


class _Server:
    """What both kinds share: the staged course and the log, in one folder that goes away with the server."""

    def __init__(self, needs: str, topic: str, level: str, extra: tuple[str, ...] = ()) -> None:
        self.needs, self.topic, self.level, self.extra = needs, topic, level, tuple(extra)
        self._runtime = runtime.RuntimeFolder()
        self.folder = self._runtime.path
        self.course = view.stage_course(self.folder / "course", topic)
        self.home = "/tmp/home" if level == "bubblewrap" else str(self.folder / "home")
        if level != "bubblewrap":
            Path(self.home).mkdir()

    def command(self, *flags: str, **more: object) -> list[str]:
        configuration = sandbox.server_configuration(self.needs, self.level, self.course, self.extra, **more)
        command = [sandbox.python(), "-I", "-S"]
        if self.level == "bubblewrap":
            packages = view.package_entries(self.needs, self.extra)
            around = [*sandbox.bubblewrap(self.course, packages), *flags]
            return [*around, *command, f"{sandbox.SCRIPTS}/server.py", configuration]
        return [*command, str(sandbox.INSIDE / "server.py"), configuration]

    def start_process(self, command: list[str], descriptors: tuple[int, ...]) -> subprocess.Popen:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=descriptors, start_new_session=True,
                env=sandbox.environment(self.needs, self.home), cwd="/",
            )

    def log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")[-2000:].strip()
        return ""

    def request(self, descriptors: dict[str, int], limits: sandbox.Limits, work: Path) -> dict:
        """What the other end needs to know to become a kernel; paths only where it has no file system of its own."""
        given = dataclasses.asdict(limits)
        plain = self.level != "bubblewrap"
        if plain:
            given["processes"] = None  # this limit counts all of a user's processes, not only the kernel's
        home = work.parent / "home"
        if plain:
            home.mkdir()
        return {
            "op": "fork", "names": list(descriptors), "limits": given, "home": str(home) if plain else None,
            "work": str(work) if plain else None, "uid": None if plain else sandbox.unprivileged_user(),
        }

    def close(self) -> None:
        self._runtime.close()


class ForkServer(_Server):
    """Starts with the first kernel that is asked for, and again if it was lost."""

    warm = True

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.popen: subprocess.Popen | None = None
        self.control: socket.socket | None = None
        self.seconds = 0.0

    def start(self, patience: float = 120.0) -> None:
        if self.popen is not None and self.popen.poll() is None:
            return
        self._end()
        start = time.monotonic()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.popen = self.start_process(self.command(control=theirs.fileno()), (theirs.fileno(),))
        self.control.settimeout(patience)
        try:
            ready, _ = self._receive()
        except ServerError:
            tail = self.log_tail()
            self._end()
            raise ServerError(f"The fork server did not start. Its last words: {tail or 'none'}") from None
        assert ready == {"ready": True}
        self.seconds = time.monotonic() - start

    def launch(self, descriptors: dict[str, int], limits: sandbox.Limits, work: Path) -> Process:
        request, numbers = self.request(descriptors, limits, work), tuple(descriptors.values())
        self.start()
        try:
            answer, handles = self._ask(request, numbers)
        except ServerError:
            self._end()
            self.start()
            answer, handles = self._ask(request, numbers)
        if "pid" not in answer:
            raise ServerError(f"The fork server could not make a kernel: {answer.get('error')}")
        handle = handles[0] if handles else -1
        return Process(answer["pid"], _pid_here(handle, answer["pid"]), handle)

    def poll(self, process: Process, patience: float = 0.0) -> int | None:
        """The exit status of a kernel that has ended (negative: the signal), or None."""
        if process.status is None and not patience and _runs(process.handle):
            return None
        if process.status is None:
            process.status = self._status({"op": "reap", "pid": process.pid, "patience": patience})
        return process.status

    def kill(self, process: Process) -> None:
        if process.status is None:
            process.status = self._status({"op": "kill", "pid": process.pid})
        if process.handle >= 0:
            os.close(process.handle)
            process.handle = -1

    def interrupt(self, process: Process) -> None:
        if process.status is None and process.handle >= 0:
            signal.pidfd_send_signal(process.handle, signal.SIGINT)

    def close(self) -> None:
        self._end()
        super().close()

    def _status(self, request: dict) -> int | None:
        try:
            return self._ask(request)[0].get("status")
        except ServerError:
            return -signal.SIGKILL  # a sandbox that is gone took its kernels with it

    def _ask(self, request: dict, descriptors: tuple[int, ...] = ()) -> tuple[dict, list[int]]:
        if self.control is None:
            raise ServerError("The fork server is not running.")
        try:
            socket.send_fds(self.control, [json.dumps(request).encode()], list(descriptors))
        except OSError as error:
            raise ServerError(f"The fork server is gone: {error}") from None
        return self._receive()

    def _receive(self) -> tuple[dict, list[int]]:
        try:
            data, handles, _, _ = socket.recv_fds(self.control, 1 << 16, 4)
        except OSError as error:
            raise ServerError(f"The fork server does not answer: {error}") from None
        if not data:
            raise ServerError("The fork server is gone.")
        return json.loads(data), handles

    def _end(self) -> None:
        if self.control is not None:
            self.control.close()
            self.control = None
        if self.popen is not None:
            try:
                self.popen.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
            self.popen = None


class FreshServer(_Server):
    """A new process, and a new sandbox around it, for every kernel."""

    warm = False
    seconds = 0.0

    def start(self) -> None:
        """Nothing to prepare."""

    def launch(self, descriptors: dict[str, int], limits: sandbox.Limits, work: Path) -> Process:
        request = self.request(descriptors, limits, work)
        request["descriptors"] = descriptors
        popen = self.start_process(self.command("--die-with-parent", once=request), tuple(descriptors.values()))
        handle = os.pidfd_open(popen.pid) if hasattr(os, "pidfd_open") else -1
        return Process(popen.pid, popen.pid, handle, popen=popen)

    def poll(self, process: Process, patience: float = 0.0) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.popen.wait(patience)
        return None

    def kill(self, process: Process) -> None:
        with contextlib.suppress(psutil.Error):
            for started in psutil.Process(process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    started.kill()
        process.popen.kill()
        process.status = process.popen.wait()
        if process.handle >= 0:
            os.close(process.handle)
            process.handle = -1

    def interrupt(self, process: Process) -> None:
        process.popen.send_signal(signal.SIGINT)


def _runs(handle: int) -> bool:
    """Whether a pidfd says that its process has not ended: asked for at every cell, so without the server."""
    if handle < 0:
        return False
    asked = select.poll()
    asked.register(handle, select.POLLIN)
    return not asked.poll(0)


def _pid_here(handle: int, pid: int) -> int:
    """The process's number on this machine, which is another than inside the sandbox."""
    if handle >= 0:
        with open(f"/proc/self/fdinfo/{handle}") as lines:
            for line in lines:
                if line.startswith("Pid:"):
                    return int(line.split()[1])
    return pid
