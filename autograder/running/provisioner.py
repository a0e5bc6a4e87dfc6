"""Jupyter's way to our kernels: a kernel provisioner that gets them from the fork server.

Everything that speaks to Jupyter kernels can use it through a kernel specification with

    "metadata": {"kernel_provisioner": {"provisioner_name": "dlcourse-warm", "config": {"needs": "numpy"}}}

The provisioner makes the kernel's listening sockets itself, in a folder that only the grader can see, and hands them
over: a client's first message waits in the socket until the kernel is ready, and kernels share no folder with anyone.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import os
import shutil
import signal
import socket
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Any as AnyTrait
from traitlets import Bool, Unicode

from autograder.running import sandbox
from autograder.running.forkserver import ForkServer, FreshServer, Process
from autograder.running.limits import Limits

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}


class WarmProvisioner(KernelProvisionerBase):
    """One kernel from a fork server. `server` is given by a pool, or made from the configuration on first use."""

    needs = Unicode("numpy", config=True, help='Packages of the kernel: "numpy" or "tensorflow".')
    topic = Unicode("", config=True, help="The topic that is graded: its reference and checks are left out.")
    isolation = Unicode("auto", config=True, help='"auto", "bubblewrap" or "process".')
    heartbeat = Bool(True, config=True, help="Whether the kernel answers heartbeats.")
    server = AnyTrait(None, allow_none=True)
    limits = AnyTrait(None, allow_none=True)
    student_folder = AnyTrait(None, allow_none=True, help="Files that were handed in with the notebook.")

    process: Process | None = None
    folder: Path | None = None

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.server = self.server or shared_server(self.needs, self.topic, self.isolation)
        self.limits = self.limits or Limits()
        self.folder = self.folder or Path(tempfile.mkdtemp(prefix="k", dir=self.server.folder))
        manager = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / "s")
        for name, port in PORTS.items():
            setattr(manager, f"{name}_port", port)
        manager.connection_file = str(self.folder / "connection.json")
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        # No command and no environment of this process: neither is any business of a learner's code.
        kwargs.pop("extra_arguments", None)
        return {**kwargs, "cmd": [], "env": {}}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict:
        descriptors: dict[str, int] = {}
        try:
            for name, port in PORTS.items():
                if name != "hb" or self.heartbeat:
                    descriptors[name] = listen(f"{self.folder}/s-{port}")
            descriptors["connection"] = readable(self._connection_text().encode())
            if self.student_folder is not None:
                descriptors["files"] = pack(Path(self.student_folder), self.limits.files)
            work = self.folder / "work"
            work.mkdir()
            self.process = self.server.launch(descriptors, self.limits, work)
        finally:
            for number in descriptors.values():
                os.close(number)
        return self.connection_info

    def _connection_text(self) -> str:
        info = self.connection_info
        key = info["key"].decode() if isinstance(info["key"], bytes) else info["key"]
        ports = {f"{name}_port": port for name, port in PORTS.items()}
        scheme = info.get("signature_scheme", "hmac-sha256")
        return json.dumps({**ports, "transport": "ipc", "key": key, "signature_scheme": scheme})

    async def poll(self) -> int | None:
        return 0 if self.process is None else self.server.poll(self.process)

    async def wait(self) -> int | None:
        if self.process is None:
            return 0
        while (status := self.server.poll(self.process)) is None:
            await asyncio.sleep(0.02)
        self.server.kill(self.process)
        self.process = None
        return status

    async def send_signal(self, signum: int) -> None:
        if self.process is None:
            return
        if signum == signal.SIGINT:
            self.server.interrupt(self.process)
        elif signum in (signal.SIGKILL, signal.SIGTERM):
            self.server.kill(self.process)

    async def kill(self, restart: bool = False) -> None:
        if self.process is not None:
            self.server.kill(self.process)

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        if self.process is not None:
            self.server.kill(self.process)
            self.process = None
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


def listen(path: str) -> int:
    """A listening Unix socket, as a descriptor."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(8)
        listener.setblocking(False)
        return listener.detach()


def readable(data: bytes) -> int:
    """A descriptor from which `data` (short) can be read: not a file that anyone else could open."""
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as pipe:
        pipe.write(data)
    return ours


def pack(folder: Path, limit: int) -> int:
    """The ordinary files of a learner's folder as a tar: links are not followed and not taken along.

    Raises:
        ValueError: the files together are larger than the limit.
    """
    total = 0
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_symlink() or not (path.is_file() or path.is_dir()):
                    continue
                if any(parent.is_symlink() for parent in path.relative_to(folder).parents if parent.name):
                    continue
                total += path.stat().st_size if path.is_file() else 0
                if total > limit:
                    raise ValueError(f"The files beside the notebook take up more than {limit // 2**20} MB.")
                archive.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=_anonymous)
        packed.seek(0)
        return os.dup(packed.fileno())


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() else 0o644
    return member


def make_server(needs: str, topic: str, isolation: str, extra: tuple[str, ...] = (), warm: bool | None = None):
    """The fork server for this machine, or what takes its place where forking is not possible."""
    offer = sandbox.isolation(isolation)
    kind = ForkServer if (offer.warm if warm is None else warm) else FreshServer
    return kind(needs, topic, offer.level, extra)


@functools.cache
def shared_server(needs: str, topic: str, isolation: str):
    """The server of provisioners that no pool has given one: one for the process, closed at its end."""
    server = make_server(needs, topic, isolation)
    atexit.register(server.close)
    return server
