"""`autograder doctor`: what this machine can do for grading."""

from __future__ import annotations

import importlib.metadata
import shutil
import tempfile
import time
import warnings

import psutil
from rich.console import Console

from autograder.commands.grade import ALL_GRADED, SOME_NOT, processors
from autograder.running import sandbox


def describe() -> int:
    """Print it; gives 1 where a class can't be graded safely, or at all."""
    screen = Console(highlight=False, soft_wrap=True)
    memory = psutil.virtual_memory()
    screen.print(
        f"Processors: {processors()}. Memory: {memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB free."
    )
    free = shutil.disk_usage(tempfile.gettempdir()).free
    screen.print(f"Temporary folder: {tempfile.gettempdir()}, {free / 2**30:.1f} GB free.", markup=False)
    for package in ("numpy", "tensorflow", "keras", "nbgrader", "sqlalchemy", "distributed", "psycopg"):
        screen.print(f"{package}: {_version(package)}")
    screen.print(sandbox.isolation_text(), markup=False)
    works = _try_kernel(screen)
    return ALL_GRADED if works and sandbox.isolation("auto").level == "bubblewrap" else SOME_NOT


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return {"distributed": "not installed (for --scheduler)", "psycopg": "not installed (for PostgreSQL)"}.get(
            package, "not installed"
        )


def _try_kernel(screen: Console) -> bool:
    from autograder.running.kernels import KernelPool, KernelStartError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what isn't protected has been printed already
            made = KernelPool(needs="numpy")
        with made as pool:
            started = time.monotonic()
            pool.start()
            ready = time.monotonic()
            with pool.kernel() as kernel:
                outcome = kernel.run_cell("import numpy; 1 + 1")
            screen.print(
                f"Fork server with NumPy: {ready - started:.1f} s. A kernel and its first cell: "
                f"{time.monotonic() - ready:.2f} s."
            )
            if outcome.status == "ok":
                return True
            screen.print(f"A kernel starts and doesn't work: {outcome.error}", markup=False)
    except KernelStartError as error:
        screen.print(f"No kernel starts here: {error}", markup=False)
    return False
