"""How much a kernel may use: time, memory, processes, files, output. `watch` and the sandbox hold it to that."""

from __future__ import annotations

import dataclasses

MEGABYTE = 2**20


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one cell or one exercise may use (`wall` to `output`), and what a kernel may use in its whole life.

    Attributes:
        wall: seconds for one cell or one batch of calls.
        cpu: CPU seconds for the same, all of the kernel's processes together.
        memory: bytes beyond what the libraries take up in a kernel that has just started.
        processes: processes and threads at one time.
        files: bytes of the kernel's own temporary file system, and of any file.
        output: bytes of text and pictures that one cell or one batch may show.
        reply: bytes that one batch of calls may return.
        open_files: open files, sockets and pipes per process.
        kernel_cpu: CPU seconds of each process in its life.
        start: seconds until a kernel must answer.
    """

    wall: float = 60.0
    cpu: float = 60.0
    memory: int = 2048 * MEGABYTE
    processes: int = 128
    files: int = 256 * MEGABYTE
    output: int = 8 * MEGABYTE
    reply: int = 8 * MEGABYTE
    open_files: int = 512
    kernel_cpu: int = 1200
    start: float = 60.0
