"""The grader's end of the fork server (`inside/server.py` is the other end, in the sandbox).

`ForkServer` starts the server once and asks it for kernels. `SharedServer` asks one that another process of this
grading run has started. `FreshServer` has the same methods and starts a new process for every kernel, for systems where
a process with loaded libraries cannot be forked.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from autograder.running import memory, runtime, sandbox, view
from autograder.running.limits import Limits
from dlcourse.handing_in.packages import package_entries

LISTENING = "listening"  # the socket in a server's folder on which further processes connect
PATIENCE = 120.0  # seconds until a server must answer


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


class Server:
    """What all kinds share: a folder that goes away with the server, with the staged course and the log in it."""

    def __init__(self, needs: str, topic: str, level: str, extra: tuple[str, ...] = ()) -> None:
        self.needs, self.topic, self.level, self.extra = needs, topic, level, tuple(extra)
        self._runtime = runtime.RuntimeFolder()
        self.folder = self._runtime.path

    @functools.cached_property
    def course(self) -> Path:
        return view.stage_course(self.folder / "course", self.topic)

    @functools.cached_property
    def home(self) -> str:
        if self.level == "bubblewrap":
            return "/tmp/home"
        (self.folder / "home").mkdir()
        return str(self.folder / "home")

    def command(self, *flags: str, **more: object) -> list[str]:
        configuration = sandbox.server_configuration(self.needs, self.level, self.course, self.extra, **more)
        command = [sandbox.python(), "-I", "-S"]
        if self.level == "bubblewrap":
            packages = package_entries(self.needs, self.extra)
            around = [*sandbox.bubblewrap(self.course, packages), *flags]
            return [*around, *command, f"{sandbox.SCRIPTS}/server.py", configuration]
        return [*command, str(sandbox.INSIDE / "server.py"), configuration]

    def start_process(self, command: list[str], descriptors: tuple[int, ...]) -> subprocess.Popen:
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=descriptors,
                start_new_session=True,
                env=sandbox.environment(self.needs, self.home),
                cwd="/",
            )

    def log_tail(self) -> str:
        return _tail(self.folder / "log")

    def request(self, descriptors: dict[str, int], limits: Limits, work: Path) -> dict:
        """What the other end needs to know to become a kernel; paths only where it has no file system of its own."""
        given = dataclasses.asdict(limits)
        plain = self.level != "bubblewrap"
        if plain:
            given["processes"] = None  # this limit counts all of a user's processes, not only the kernel's
        home = work.parent / "home"
        if plain:
            home.mkdir()
        return {
            "op": "fork",
            "names": list(descriptors),
            "limits": given,
            "counted": memory.place() is not None,
            "home": str(home) if plain else None,
            "work": str(work) if plain else None,
            "uid": None if plain else sandbox.unprivileged_user(),
        }

    def close(self) -> None:
        self._runtime.close()


class ForkServer(Server):
    """Starts with the first kernel that is asked for, and again if it was lost."""

    warm = True

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        self.popen: subprocess.Popen | None = None
        self.control: socket.socket | None = None

    def begin(self) -> None:
        """Start the server's process, without waiting until it is ready."""
        self._end()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            address = self.folder / LISTENING
            address.unlink(missing_ok=True)
            listening.bind(str(address))
            listening.listen(128)
            numbers = {"control": theirs.fileno(), "listening": listening.fileno()}
            self.popen = self.start_process(self.command(**numbers), tuple(numbers.values()))

    def start(self) -> None:
        if self.popen is not None and self.popen.poll() is None:
            return
        self.begin()
        self._await_ready()

    def launch(self, descriptors: dict[str, int], limits: Limits, work: Path) -> Process:
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
        deadline = time.monotonic() + patience
        while process.status is None:
            process.status = self._status({"op": "reap", "pid": process.pid})
            if time.monotonic() >= deadline:
                break
            time.sleep(0.002)
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

    def _await_ready(self) -> None:
        self.control.settimeout(PATIENCE)
        try:
            ready, _ = self._receive()
        except ServerError:
            tail = self.log_tail()
            self._end()
            raise ServerError(f"The fork server did not start. Its last words: {tail or 'none'}") from None
        assert ready == {"ready": True}

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
                _kill(self.popen)
            self.popen = None


class SharedServer(ForkServer):
    """Asks the server that another process has in `address`, its folder; where that is gone, one of its own."""

    def __init__(self, address: str, *args, **options) -> None:
        super().__init__(*args, **options)
        self.address = Path(address)

    def start(self) -> None:
        if self.popen is None and (self.control is not None or self._connected()):
            return
        super().start()

    def _connected(self) -> bool:
        self.control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.control.connect(str(self.address / LISTENING))
            self._await_ready()
        except (OSError, ServerError):
            self._end()
        return self.control is not None

    def log_tail(self) -> str:
        return _tail((self.address if self.popen is None else self.folder) / "log")


class FreshServer(Server):
    """A new process, and a new sandbox around it, for every kernel."""

    warm = False

    def start(self) -> None:
        """Nothing to prepare."""

    def launch(self, descriptors: dict[str, int], limits: Limits, work: Path) -> Process:
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
        process.status = _kill(process.popen)
        if process.handle >= 0:
            os.close(process.handle)
            process.handle = -1

    def interrupt(self, process: Process) -> None:
        process.popen.send_signal(signal.SIGINT)


def _tail(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_text(encoding="utf-8", errors="replace")[-2000:].strip()
    return ""


def _kill(popen: subprocess.Popen) -> int:
    """End a process and all that it has started; bubblewrap's end alone would leave a sandbox behind."""
    with contextlib.suppress(psutil.Error):
        for started in psutil.Process(popen.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                started.kill()
    popen.kill()
    return popen.wait()


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
        with open(f"/proc/self/fdinfo/{handle}", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("Pid:"):
                    return int(line.split()[1])
    return pid
