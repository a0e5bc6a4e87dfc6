"""Kernels for a grader: forked warm, walled in, limited, and believed in nothing.

    with KernelPool(needs="numpy", topic="convolution") as pool:
        with pool.kernel() as kernel:
            outcome = kernel.run_cell("import numpy as np")       # CellOutcome
            outcomes = kernel.perform(calls)                      # list[Outcome], one per call

`run_cell` and `perform` never raise for what the learner's code does. After any status but "ok" and "error", `perform`
outcomes of kind "died", or in general where `kernel.alive` is False, `kernel.death_reason` says why; ask the pool for
another kernel and replay the learner's cells.

A pool belongs to one thread (a grader has one pool per worker process and topic); it may have several kernels at once.
`describe_isolation()` says what this machine protects from. Whatever a kernel sends is only data: a kernel that is
forged through and through can say anything about the learner's own functions, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import time
import uuid
import warnings
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import zmq.asyncio
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from nbclient.exceptions import CellTimeoutError

from autograder.running import conversation, memory, provisioner, sandbox, watch
from autograder.running.conversation import LONGEST_ERROR
from autograder.running.forkserver import Server
from autograder.running.limits import Limits
from autograder.running.sandbox import describe_isolation
from autograder.running.watch import Stop, Watch
from dlcourse.checking.calling import Call, Outcome

__all__ = ["CellOutcome", "Kernel", "KernelPool", "KernelStartError", "Limits", "describe_isolation"]


class KernelStartError(RuntimeError):
    """No kernel can be had: nothing a learner's work could cause."""


@dataclasses.dataclass(frozen=True)
class CellOutcome:
    """What became of a cell.

    Attributes:
        status: "ok", "error" (it raised), "timeout" (wall or CPU time), "memory", "processes", "flood" or "died".
        error: the exception, or the reason in one sentence; "" when ok.
        error_name: the exception's class name, "" otherwise.
        outputs: nbformat outputs, for the learner's feedback.
        seconds: wall time.
    """

    status: str
    error: str = ""
    error_name: str = ""
    outputs: tuple = ()
    seconds: float = 0.0

    @property
    def stdout(self) -> str:
        texts = [o["text"] for o in self.outputs if o.get("output_type") == "stream" and o.get("name") == "stdout"]
        return "".join(text for text in texts if isinstance(text, str))[-LONGEST_ERROR:]


class KernelPool:
    """Kernels with the same packages, for one topic. The first kernel starts the fork server.

    Args:
        needs: "numpy" (NumPy, matplotlib, ipywidgets, the standard library) or "tensorflow" (TensorFlow and Keras too).
        topic: what is graded; its reference and checks (and all others) do not exist for the kernels.
        isolation: "auto", "bubblewrap" or "process".
        limits: the limits where a call gives none.
        extra: names of further installed distributions that kernels may import.
        warm: False starts every kernel afresh; None decides by the machine.
        server: where the kernels come from, if there is one already; it has the packages, the topic and the isolation.
    """

    def __init__(
        self,
        needs: str = "numpy",
        topic: str = "",
        isolation: str = "auto",
        limits: Limits | None = None,
        extra: Sequence[str] = (),
        warm: bool | None = None,
        server: Server | None = None,
    ) -> None:
        self.limits = limits or Limits()
        if server is None:
            offer = sandbox.isolation(isolation)
            if offer.warning:
                warnings.warn(offer.warning, stacklevel=2)
            server = provisioner.make_server(needs, topic, offer.level, tuple(extra), warm)
        self.server = server
        self._loop = asyncio.new_event_loop()
        self._context = zmq.asyncio.Context()
        self._kernels: set[Kernel] = set()
        self._started = 0

    def start(self) -> None:
        """Start the fork server now instead of with the first kernel."""
        try:
            self.server.start()
        except (OSError, RuntimeError) as error:
            raise KernelStartError(str(error)) from error

    @contextlib.contextmanager
    def kernel(self, student_folder: Path | str | None = None, limits: Limits | None = None) -> Iterator[Kernel]:
        """A new kernel; it is ended, and leaves nothing, when the block ends. Raises KernelStartError."""
        kernel = Kernel(self, student_folder, limits or self.limits)
        self._kernels.add(kernel)
        try:
            kernel.start()
            yield kernel
        finally:
            kernel.close()
            self._kernels.discard(kernel)
            self._started += 1
            if self._started % 50 == 0:
                gc.collect()  # Jupyter's managers and clients are cycles of objects

    def run(self, coroutine: Coroutine) -> Any:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        for kernel in list(self._kernels):
            kernel.close()
        self.server.close()
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._context.destroy(linger=0)
            self._loop.close()

    def __enter__(self) -> KernelPool:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Kernel:
    """One kernel, from its first moment to its last."""

    def __init__(self, pool: KernelPool, student_folder: Path | str | None, limits: Limits) -> None:
        self.pool, self.limits = pool, limits
        self.death_reason = ""
        self.start_seconds = 0.0
        self._student_folder = student_folder
        self._manager: AsyncKernelManager | None = None
        self._client: conversation.BoundedClient | None = None
        self._watch: Watch | None = None
        self._memory: memory.Group | None = None

    @property
    def alive(self) -> bool:
        if self._manager is None or self.death_reason:
            return False
        status = self.pool.server.poll(self._manager.provisioner.process)
        if status is not None:
            self.death_reason = str(self._out_of_memory() or conversation.describe_death(status))
        return status is None

    @property
    def waited(self) -> float:
        """Seconds of its work in which it was ready and had no processor, because the machine was busy."""
        return self._watch.waited if self._watch is not None else 0.0

    def start(self) -> None:
        begin = time.monotonic()
        try:
            self.pool.run(self._start())
        except Stop as stop:
            self.close()
            raise KernelStartError(stop.sentence) from None
        except (OSError, RuntimeError, ValueError) as error:
            self.close()
            raise KernelStartError(str(error)) from error
        self.start_seconds = time.monotonic() - begin

    async def _start(self) -> None:
        pool = self.pool
        spec = KernelSpec(argv=[], display_name="dlcourse", language="python")
        self._manager = manager = AsyncKernelManager(
            kernel_name="dlcourse-warm",
            transport="ipc",
            context=pool._context,
            client_factory=conversation.BoundedClient,
        )
        manager._kernel_spec = spec
        manager.provisioner = provisioner.WarmProvisioner(
            kernel_id=uuid.uuid4().hex,
            kernel_spec=spec,
            parent=manager,
            server=pool.server,
            limits=self.limits,
            heartbeat=False,
            student_folder=self._student_folder,
        )
        await manager.start_kernel()
        self._client = client = manager.client(context=pool._context)
        client.limits = self.limits
        client.start_channels(hb=False, stdin=False, control=False)
        for channel in (client.shell_channel, client.iopub_channel):
            channel.allowed = self.limits.reply + self.limits.output
        self._process = manager.provisioner.process
        await self._guarded(conversation.ready(client), dataclasses.replace(self.limits, wall=self.limits.start), None)
        self._memory = memory.group(self.limits.memory)
        if self._memory is not None:  # nothing of the learner's has been run yet
            self._memory.take([self._process.here, *watch.descendants(self._process.here)])
        self._watch = Watch(self._process.here, self._memory)
        self._runner = conversation.runner(manager, client)

    # --- work -------------------------------------------------------------------------------------------------------

    def run_cell(self, source: str, limits: Limits | None = None) -> CellOutcome:
        """Run a cell. Never raises for what the cell does."""
        limits, begin = limits or self.limits, time.monotonic()
        cell = _code_cell(source)
        if not source.strip():
            return CellOutcome("ok")
        if not self.alive:
            return CellOutcome("died", self.death_reason)
        self._runner.nb.cells = [cell]
        self._runner.reset_execution_trackers()
        work = self._runner.async_execute_cell(cell, 0, store_history=False)
        try:
            self.pool.run(self._guarded(work, limits, self._watch))
        except Stop as stop:
            return CellOutcome(stop.kind, stop.sentence, "", tuple(cell.outputs), time.monotonic() - begin)
        except CellTimeoutError:
            self._end("It showed too much output at once.")
            return CellOutcome("flood", self.death_reason, "", (), time.monotonic() - begin)
        except Exception as error:  # nbclient on a forged or incomplete conversation
            self._end(f"The kernel's answers could not be understood ({type(error).__name__}).")
            return CellOutcome("died", self.death_reason, "", tuple(cell.outputs), time.monotonic() - begin)
        outputs = tuple(cell.outputs)
        errors = [output for output in outputs if output.get("output_type") == "error"]
        if not errors:
            return CellOutcome("ok", outputs=outputs, seconds=time.monotonic() - begin)
        name, text = str(errors[-1].get("ename", "")), str(errors[-1].get("evalue", ""))[:LONGEST_ERROR]
        status = "memory" if name in ("MemoryError", "_ArrayMemoryError", "ResourceExhaustedError") else "error"
        return CellOutcome(status, f"{name}: {text}" if text else name, name, outputs, time.monotonic() - begin)

    def perform(self, calls: Sequence[Call], limits: Limits | None = None) -> list[Outcome]:
        """Have the kernel make the calls. One outcome per call; kind "died" where there is no evidence."""
        calls, limits = list(calls), limits or self.limits
        if not calls:
            return []
        if not self.alive:
            return [Outcome("died", error=self.death_reason)] * len(calls)
        try:
            return self.pool.run(self._guarded(conversation.perform(self._client, calls, limits), limits, self._watch))
        except Stop as stop:
            return [Outcome("died", error=stop.sentence)] * len(calls)

    async def _guarded(self, work: Coroutine, limits: Limits, watch: Watch | None) -> Any:
        """Await the work, unless the kernel dies, floods or breaks a limit first: then end it and raise Stop."""
        loop = asyncio.get_running_loop()
        broken: asyncio.Future = loop.create_future()

        def stop(kind: str, sentence: str) -> None:
            if not broken.done():
                broken.set_result(Stop(kind, sentence))

        flood = f"It showed more than {limits.output / 2**20:g} MB of output."
        shell, iopub = self._client.shell_channel, self._client.iopub_channel
        for channel, size in ((shell, limits.reply + 2**20), (iopub, limits.output)):
            channel.received, channel.allowed = 0, size
            channel.on_flood = lambda: stop("flood", flood)
        handle = self._process.handle
        if handle >= 0:
            loop.add_reader(handle, stop, "died", "The kernel ended.")
        if watch is None:
            watching = asyncio.ensure_future(self._patience(limits.wall))
        else:
            watching = asyncio.ensure_future(watch.until_broken(limits))
        cut_off = asyncio.ensure_future(self._client.cut_off())
        cut_off.add_done_callback(lambda task: task.cancelled() or stop("flood", "It sent too much at once."))
        working = asyncio.ensure_future(work)
        try:
            await asyncio.wait({working, watching, broken}, return_when=asyncio.FIRST_COMPLETED)
            if working.done() and not broken.done():
                return working.result()
            found: Stop = broken.result() if broken.done() else watching.result()
            if found.kind == "died":
                found = self._out_of_memory() or found
            self._end(found.sentence, found.kind)
            if found.kind == "died":
                found = Stop("died", self.death_reason)
            raise found
        finally:
            if handle >= 0:
                loop.remove_reader(handle)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _out_of_memory(self) -> Stop | None:
        """Whether the system has ended it, or something it started, for the memory that they held."""
        exceeded = self._memory is not None and self._memory.exceeded
        return watch.too_much_memory(self.limits) if exceeded else None

    async def _patience(self, seconds: float) -> Stop:
        """For a kernel that is only starting. Also notices a death where the system has no handle for it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            await asyncio.sleep(0.25)
            if self.pool.server.poll(self._process) is not None:
                return Stop("died", "The kernel ended.")
        return Stop("timeout", f"The kernel was not ready within {seconds:g} s.")

    # --- the end ----------------------------------------------------------------------------------------------------

    def _end(self, reason: str, kind: str = "") -> None:
        """Kill the kernel and everything it started; the folder stays until `close`."""
        server, process = self.pool.server, self._manager.provisioner.process
        if kind == "died":
            status = server.poll(process, patience=2.0)  # its last threads may still be going
            reason = conversation.describe_death(status, server.log_tail())
        self.death_reason = self.death_reason or reason
        server.kill(process)

    def close(self) -> None:
        if self._client is not None:
            self._client.stop_channels()
            self._client = None
        if self._manager is not None:
            manager, self._manager = self._manager, None
            manager._close_control_socket()
            self.pool.run(manager.provisioner.cleanup())
            if self._memory is not None:
                self._memory.close()
            self.death_reason = self.death_reason or "The kernel was closed."


def _code_cell(source: str) -> nbformat.NotebookNode:
    """A code cell. nbformat's own function checks it against the schema of notebooks, at every cell of a class."""
    empty = {"metadata": {}, "outputs": [], "execution_count": None}
    return nbformat.from_dict({"id": "cell", "cell_type": "code", "source": source, **empty})
