"""Become an ipykernel that listens on sockets which the grader made, and answer the grader's calls.

The grader hands over listening sockets, so the kernel needs no folder that it shares with the outside.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import tarfile
import threading
from collections.abc import Callable

import zmq
from ipykernel import ipkernel
from ipykernel.compiler import XCachingCompiler
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets.config import Config

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
PERFORM = "dlcourse_perform"


class GivenHeartbeat(Heartbeat):
    """A heartbeat on a socket that is already listening."""

    listening = -1

    def _try_bind_socket(self):
        self.socket.setsockopt(zmq.USE_FD, self.listening)
        return super()._try_bind_socket()


class Stream(OutStream):
    """Standard output, or standard error. A kernel flushes both several times per cell, each time by way of another
    thread, whether or not there is anything to show."""

    def flush(self):
        if self._flush_pending:
            super().flush()


class Shell(ZMQInteractiveShell):
    """A shell that `exit` and `quit` do not end half a second later, in the middle of another exercise."""

    def ask_exit(self):
        pass


class PlainKernel(IPythonKernel):
    """A kernel without subshells, whose messages would have a thread of their own."""

    shell_class = Shell
    _supports_kernel_subshells = False


class Kernel(PlainKernel):
    """A kernel that says nothing of what the grader knows: that a cell has begun, and what is written in it."""

    def _publish_execute_input(self, *args, **options):
        pass

    def _publish_status(self, status, channel, parent=None):
        asked = (parent or self.get_parent(channel) or {}).get("header", {})
        if status != "busy" and asked.get("msg_type") != PERFORM:  # that has a reply, and no outputs to wait for
            super()._publish_status(status, channel, parent)


class NoThread:
    """In place of the thread for subshells' messages: a cell with a top-level `await` asks for the one above it."""

    @property
    def parent_thread(self):
        return threading.main_thread()

    def __bool__(self):
        return False


class NoModules:
    """The module `sys` as if nothing were imported. ipykernel lists all modules for its debugger, some thousand, and to
    touch one is to copy its page of memory from the fork server."""

    modules: dict = {}

    def __getattr__(self, name):
        return getattr(sys, name)


class Application(IPKernelApp):
    """An ipykernel whose sockets are given to it."""

    outstream_class = f"{__name__}.Stream"
    listening: dict[int, int] = {}

    def parse_command_line(self, argv=None):
        """There is none, and making a parser for it takes as long as a cell."""

    def load_config_file(self, suppress_errors=True):
        """There is none of those either: the kernel's home is new."""

    def init_code(self):
        """There are no startup files, and the modules that are there were noted before the fork."""
        if not hasattr(self.shell, "_sys_modules_keys"):
            super().init_code()
        self.shell.user_ns_hidden.update(self.shell.user_ns)

    def init_kernel(self):
        ipkernel.sys = NoModules()
        super().init_kernel()
        ipkernel.sys = sys
        shell = self.kernel.shell
        if shell.kernel is not self.kernel:  # it was made before the fork
            shell.parent = shell.kernel = self.kernel
            shell.profile_dir, shell.ipython_dir = self.profile_dir, self.ipython_dir

    def _bind_socket(self, s, port):
        s.setsockopt(zmq.USE_FD, self.listening[port])
        s.bind(f"ipc://{self.ip}-{port}")
        return port

    def init_control(self, context):
        super().init_control(context)
        # The debugger's own connection would look for a file that is outside the sandbox, again and again.
        endpoint = self.shell_socket.getsockopt(zmq.LAST_ENDPOINT)
        if endpoint:
            self.debug_shell_socket.disconnect(endpoint)
        # Messages to subshells, of which there are none, would pass through this thread, and so would all others.
        self.shell_channel_thread = NoThread()

    def init_heartbeat(self):
        if self.hb_port in self.listening:
            GivenHeartbeat.listening = self.listening[self.hb_port]
            self.heartbeat = GivenHeartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
            self.heartbeat.start()


def prepare(home: str) -> None:
    """Before the fork: make the shell that each kernel will find there, and what it imports on first use."""
    profile = os.path.join(home, ".ipython", "profile_default")
    os.makedirs(profile, exist_ok=True)
    shell = Shell.instance(
        config=_config("", home), profile_dir=ProfileDir(location=profile), user_ns={}, compiler_class=XCachingCompiler
    )
    shell._sys_modules_keys = set(sys.modules)
    _show_figures()


def run(descriptors: dict[str, int], home: str, work: str, before_learner: Callable[[], None]) -> None:
    """Serve as a kernel until told to stop.

    Args:
        descriptors: file descriptors by name: the five channels, "connection" (JSON), "files" (a tar, optional).
        before_learner: called once the kernel is ready, before it takes a request.
    """
    os.environ.update(HOME=home, TMPDIR=os.path.join(home, "tmp"), MPLCONFIGDIR=os.path.join(home, "matplotlib"))
    profile = os.path.join(home, ".ipython", "profile_default")
    for folder in (os.environ["TMPDIR"], os.environ["MPLCONFIGDIR"], profile):
        os.makedirs(folder, exist_ok=True)
    os.chdir(work)
    if "files" in descriptors:
        with os.fdopen(descriptors["files"], "rb") as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
            archive.extractall(work, filter="data")
    with os.fdopen(descriptors["connection"]) as given:
        connection = json.load(given)
    connection["ip"] = os.path.join(home, "channel")
    connection_file = os.path.join(home, "connection.json")
    with open(os.open(connection_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        json.dump(connection, file)
    Application.listening = {PORTS[name]: number for name, number in descriptors.items() if name in PORTS}
    graders_own = "hb" not in descriptors
    kernel = Kernel if graders_own else PlainKernel
    application = Application.instance(config=_config(connection_file, home), kernel_class=kernel)
    application.log.setLevel(logging.WARNING)  # else a record is made of each message, and shown to nobody
    application.initialize([])
    application.kernel.shell_handlers[PERFORM] = lambda stream, ident, parent: _perform(
        application.kernel, stream, ident, parent
    )
    sys.path.insert(0, work)  # IPython drops it if it is there before
    sys.path_importer_cache.pop(work, None)
    _seed()
    _show_figures()
    before_learner()
    application.start()


def _show_figures() -> None:
    """matplotlib's inline backend was imported when there was no shell yet to show pictures in."""
    if "matplotlib_inline.backend_inline" in sys.modules:
        sys.modules["matplotlib_inline.backend_inline"]._enable_matplotlib_integration()


def _config(connection_file: str, home: str) -> Config:
    config = Config()
    config.IPKernelApp.connection_file = connection_file
    config.IPKernelApp.parent_handle = 0
    config.IPKernelApp.capture_fd_output = False
    config.BaseIPythonApplication.ipython_dir = os.path.join(home, ".ipython")
    config.BaseIPythonApplication.add_ipython_dir_to_sys_path = False
    config.HistoryManager.enabled = False
    config.IPythonKernel._execute_sleep = 0
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Context"
    return config


def _seed() -> None:
    """The same work gets the same random numbers in every kernel, however the kernel came to be."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].random.set_seed(0)


def _perform(kernel, stream, ident, parent) -> None:
    from dlcourse.checking import calling, plain

    try:
        calls = [calling.Call.from_plain(fields) for fields in plain.loads(bytes(parent["buffers"][0]))]
        outcomes = calling.perform(kernel.shell.user_ns, calls)
        content, buffers = {"status": "ok"}, [plain.dumps([outcome.to_plain() for outcome in outcomes])]
        limit = parent["content"].get("largest")
        if limit is not None and len(buffers[0]) > limit:
            content, buffers = {"status": "error", "error": f"It returned more than {limit // 2**20} MB."}, []
    except Exception as error:  # the grader must hear of it: a silent kernel would cost the time limit
        content, buffers = {"status": "error", "error": f"{type(error).__name__}: {error}"[:500]}, []
    kernel.session.send(stream, f"{PERFORM}_reply", content, parent, ident=ident, buffers=buffers)
