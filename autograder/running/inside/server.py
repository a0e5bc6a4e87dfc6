"""The fork server: import the libraries once, then fork a kernel for each request.

    python -I -S server.py CONFIGURATION

`CONFIGURATION` is JSON: "path" (the whole of sys.path), "preload" (modules), "allowed" and "sentence" (import policy),
"control" (the number of a connected SOCK_SEQPACKET socket), "listening" (the number of one on which further graders
connect), "walls" (whether each kernel enters its own namespaces); "once" (a request) makes this process itself the
kernel, for systems where forking is not possible.

A grader that goes away takes its kernels along, and the one at the other end of "control" the server as well. Requests
are JSON with file descriptors beside them:
    {"op": "fork", "names": [...descriptors...], "limits": {...}, "counted": true, "uid": null, "home": ...,
     "work": ...}
                                                        -> {"pid": ...} with a pidfd where the system has them
    {"op": "reap", "pid": ...}                          -> {"status": exit status or null}
    {"op": "kill", "pid": ...}                          -> {"status": ...}
The server never runs a learner's code and never reads a kernel's connection key, so no kernel inherits another's.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback

MOST_DESCRIPTORS = 16
LONGEST_REQUEST = 1 << 16


def main() -> None:
    configuration = json.loads(sys.argv[1])
    sys.path[:] = configuration["path"]
    sys.dont_write_bytecode = True
    import guard

    gc.disable()  # all of it is kept, and looking for what isn't takes a seventh of the time
    sys.modules["sklearn"] = None  # Keras would import it, for wrappers that nobody uses: a second, and many pages
    for name in configuration["preload"]:
        try:
            importlib.import_module(name)
        except ImportError as error:  # a kernel without it tells its learner so
            print(f"Not loaded beforehand: {name}: {error}", file=sys.stderr)
    del sys.modules["sklearn"]
    once = configuration.get("once")
    if not once:
        sys.modules["worker"].prepare(os.environ["HOME"])
    guard.install(configuration["allowed"], configuration["sentence"])
    if once:
        gc.enable()
        descriptors = {name: int(number) for name, number in once["descriptors"].items()}
        become_kernel(once, descriptors, configuration["walls"])
        return
    gc.collect()
    gc.enable()
    gc.freeze()  # the collector would write to these objects, and so copy the shared pages, in every kernel
    control, listening = (socket.socket(fileno=configuration[name]) for name in ("control", "listening"))
    Server(control, listening, configuration["walls"]).serve()


class Server:
    def __init__(self, control: socket.socket, listening: socket.socket, walls: bool) -> None:
        self.control, self.listening, self.walls = control, listening, walls
        self.graders: dict[int, Grader] = {}
        self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY) if walls else -1

    def serve(self) -> None:
        readable = select.poll()
        readable.register(self.listening, select.POLLIN)
        first = self.control.fileno()
        self.welcome(self.control, readable)
        while True:
            for number, _ in readable.poll():
                if number == self.listening.fileno():
                    self.welcome(self.listening.accept()[0], readable)
                elif not self.graders[number].serve():
                    readable.unregister(number)
                    self.graders.pop(number).leave()
                    if number == first:
                        return

    def welcome(self, connection: socket.socket, readable: select.poll) -> None:
        self.graders[connection.fileno()] = grader = Grader(connection, self.walls, self.own_pids)
        readable.register(connection, select.POLLIN)
        with contextlib.suppress(OSError):  # it may have gone already
            grader.answer({"ready": True})


class Grader:
    """One grading process, and its kernels."""

    def __init__(self, connection: socket.socket, walls: bool, own_pids: int) -> None:
        self.connection, self.walls, self.own_pids = connection, walls, own_pids
        self.kernels: set[int] = set()

    def serve(self) -> bool:
        """Answer one request; False where there will be none."""
        try:
            data, packed, _, _ = self.connection.recvmsg(LONGEST_REQUEST, socket.CMSG_SPACE(4 * MOST_DESCRIPTORS))
            if not data:
                return False
            numbers = array.array("i")
            for level, kind, payload in packed:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    numbers.frombytes(payload[: len(payload) - len(payload) % numbers.itemsize])
            request = json.loads(data)
            try:
                getattr(self, f"do_{request['op']}")(request, list(numbers))
            except OSError as error:
                self.answer({"error": str(error)})
            finally:
                for number in numbers:
                    os.close(number)
        except OSError:  # it went away in the middle
            return False
        return True

    def leave(self) -> None:
        for pid in self.kernels:
            self.end(pid)
        self.connection.close()

    def answer(self, message: dict, descriptors: tuple[int, ...] = ()) -> None:
        socket.send_fds(self.connection, [json.dumps(message).encode()], list(descriptors))

    def do_fork(self, request: dict, numbers: list[int]) -> None:
        if self.walls:
            import namespaces

            namespaces.new_pid_namespace(self.own_pids)
        pid = os.fork()
        if pid == 0:
            become_kernel(request, dict(zip(request["names"], numbers, strict=True)), self.walls)
        self.kernels.add(pid)
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        self.answer({"pid": pid}, (handle,) if handle is not None else ())
        if handle is not None:
            os.close(handle)

    def do_reap(self, request: dict, numbers: list[int]) -> None:
        ended, status = os.waitpid(request["pid"], os.WNOHANG)
        if ended:
            self.kernels.discard(ended)
        self.answer({"status": os.waitstatus_to_exitcode(status) if ended else None})

    def do_kill(self, request: dict, numbers: list[int]) -> None:
        known = request["pid"] in self.kernels
        self.kernels.discard(request["pid"])
        self.answer({"status": self.end(request["pid"]) if known else None})

    def end(self, pid: int) -> int:
        if not self.walls:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status)


def become_kernel(request: dict, descriptors: dict[str, int], walls: bool) -> None:
    """Never returns: the process is the kernel until it ends."""
    try:
        import namespaces

        kept = sorted(descriptors.values())
        for low, high in zip([2, *kept], [*kept, 1 << 16], strict=True):
            os.closerange(low + 1, high)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with contextlib.suppress(PermissionError):  # a process of its own leads its session already
            os.setsid()
        home, work = request.get("home"), request.get("work")
        if walls:
            namespaces.enter(request["limits"]["files"], request.get("uid"))
            home, work = namespaces.HOME, namespaces.WORK
        else:
            namespaces.die_with_parent()
        namespaces.limit_resources(request["limits"])
        if sys.platform.startswith("linux"):
            namespaces.own_keyring()
            if not request["counted"]:
                namespaces.refuse_hidden_memory()
        import worker

        worker.run(descriptors, home, work, before_learner=silence)
    except BaseException:
        traceback.print_exc()
        os._exit(70)
    os._exit(0)


def silence() -> None:
    """Nothing that the learner's code writes to the real standard streams reaches a file of the grader's."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


if __name__ == "__main__":
    main()
