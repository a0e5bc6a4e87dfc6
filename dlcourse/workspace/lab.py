"""Starting JupyterLab on a course folder, offline and without touching the person's own Jupyter settings."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace import server_class
from dlcourse.workspace.progress import MARKER

FIRST_PORT = 8888
PORTS_TRIED = 100
PATIENCE = 120.0  # seconds for JupyterLab to answer; a cold disk takes long
ADDRESS = "127.0.0.1"
START_PAGE = "00_start.ipynb"
IDLE = 30 * 60  # seconds; what a notebook that nobody works in keeps of memory, others need
IDLE_LOOKS = 60  # seconds between two looks at who is idle
IN_USE = (
    "Port {port} is in use by another program; name another one with --port, "
    "or leave --port out and a free one is chosen."
)


def choose_port(wanted: int | None) -> int:
    """`wanted` if it is free; without a wish, the first free port from 8888 up.

    Raises:
        CourseError: it is in use.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise CourseError(IN_USE.format(port=wanted))
        return wanted
    for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        if _is_free(port):
            return port
    raise CourseError(f"No port from {FIRST_PORT} to {FIRST_PORT + PORTS_TRIED - 1} is free; name one with --port.")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # elsewhere this option would let two programs share one port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except (OSError, OverflowError):
            return False
    return True


class PortTaken(CourseError):
    """Another program took the port between our look and JupyterLab's."""


@contextlib.contextmanager
def jupyterlab(folder: Path, wanted: int | None) -> Iterator[tuple[str, subprocess.Popen]]:
    """Run JupyterLab on `folder` until the block ends; gives its address, once it answers, and its process.

    Args:
        wanted: the port; None for a free one.

    Raises:
        CourseError: it did not start; its own words are in the log that the sentence names.
    """
    while True:
        try:
            address, process = _started(folder, choose_port(wanted))
            break
        except PortTaken:
            if wanted is not None:
                raise
    try:
        yield address, process
    finally:
        _stop(process)


def _started(folder: Path, port: int) -> tuple[str, subprocess.Popen]:
    token = secrets.token_hex(24)
    log = folder / MARKER / "jupyterlab.log"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.ip={ADDRESS}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    command += _options(folder)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    # The token goes through the environment: the list of processes shows a command line to everybody.
    environment = {**os.environ, "JUPYTER_TOKEN": token, "JUPYTER_CONFIG_PATH": _config_path()}
    address = f"http://{ADDRESS}:{port}{_first_page(folder)}?token={token}"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop JupyterLab without its question
        )
    try:
        _wait_until_it_answers(process, port, token, log)
    except BaseException:
        _stop(process)
        raise
    return address, process


def _options(folder: Path) -> list[str]:
    """What JupyterLab is told wherever it runs."""
    return [
        # These three would send requests to machines elsewhere.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        # Which notebooks were open is remembered for this course, not shared with the person's other folders.
        f"--LabApp.workspaces_dir={folder / MARKER / 'workspaces'}",
        "--LabApp.expose_app_in_browser=True",  # the Hand in button has JupyterLab save first
        # A kernel that computes is never ended, only one that waits, whether its notebook is open or not.
        f"--MappingKernelManager.cull_idle_timeout={IDLE}",
        "--MappingKernelManager.cull_connected=True",
        f"--MappingKernelManager.cull_interval={IDLE_LOOKS}",
        "--MappingKernelManager.cull_busy=False",
    ]


def _first_page(folder: Path) -> str:
    return f"/lab/tree/{START_PAGE}" if (folder / START_PAGE).is_file() else "/lab"


def is_spawned() -> bool:
    """Whether JupyterHub has started this command for one of its people."""
    return "JUPYTERHUB_SERVICE_URL" in os.environ


def as_spawned(folder: Path) -> None:
    """Become the server of one of JupyterHub's people, which the hub starts, stops and knows the address of."""
    server_class.link_feedback(folder)
    command = [sys.executable, "-m", "jupyterhub.singleuser", f"--ServerApp.root_dir={folder}", *_options(folder)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": _config_path(), "JUPYTERHUB_DEFAULT_URL": _first_page(folder)}
    os.chdir(folder)
    os.execve(sys.executable, command, environment)


def _config_path() -> str:
    """Our settings before the person's own, which stay as they are: no news, and no teachers' panels of nbgrader."""
    ours = str(Path(__file__).resolve().parent / "jupyter_config")
    return os.pathsep.join(filter(None, [ours, os.environ.get("JUPYTER_CONFIG_PATH")]))


def _wait_until_it_answers(process: subprocess.Popen, port: int, token: str, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    # A proxy set for the outside world must not be asked for this machine's own address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        if process.poll() is not None:
            if not _is_free(port):
                raise PortTaken(IN_USE.format(port=port))
            raise CourseError(f"JupyterLab stopped while it started: {_last_words(log)} See {log}.")
        request = urllib.request.Request(
            f"http://{ADDRESS}:{port}/api/status", headers={"Authorization": f"token {token}"}
        )
        with contextlib.suppress(OSError), opener.open(request, timeout=5):
            return
        time.sleep(0.1)
    raise CourseError(f"JupyterLab did not answer within {PATIENCE:.0f} seconds; see {log}.")


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "it gave no reason")
    return said if said.endswith(".") else said + "."


def _stop(process: subprocess.Popen) -> None:
    """End JupyterLab and, through it, its kernels."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_browser(address: str) -> None:
    """Show `address` in the person's browser where there is a screen; never a browser inside the terminal."""
    on_screen = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    )
    if on_screen:
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)
