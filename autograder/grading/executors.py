"""Many tasks on any executor of the kind in `concurrent.futures`, and what to do when one of its processes dies."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from multiprocessing import util

from autograder.grading import preloading
from autograder.running import runtime
from autograder.running.startup import import_lightly
from dlcourse.handing_in.notebook_files import CourseError

Work = Callable[[dict], dict]

INTERRUPTS = (
    signal.SIGINT,
    *([signal.SIGALRM] if hasattr(signal, "SIGALRM") else []),
)  # `grade.interrupt_once` has both

_managers: list[threading.Thread] = []  # of executors that are ending


class SchedulerError(CourseError):
    """The cluster cannot be used; the message says what to do."""


def local(workers: int, topic: str = "") -> Executor:
    """Processes on this machine. They are not forked from this one, which has threads: on Linux, from one that only
    imports what grading a topic needs, once for all of them; elsewhere each is started afresh."""
    if sys.platform.startswith("linux"):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([preloading.__name__])
        _start_preloading(topic)
        temporary = _short_temporary_folder()  # they end without sweeping up, and TensorFlow writes files in there
    else:
        context, temporary = multiprocessing.get_context("spawn"), tempfile.gettempdir()
    return _Pool(workers, mp_context=context, initializer=_prepare, initargs=(dict(os.environ), temporary))


def _start_preloading(topic: str) -> None:
    """Start the process that the others will be forked from, unless it runs already."""
    from multiprocessing import forkserver, resource_tracker

    _short_temporary_folder()
    resource_tracker.ensure_running()  # or its start would come next, and open our ears again
    os.environ[preloading.TOPIC] = topic
    with _deaf():
        forkserver.ensure_running()
    del os.environ[preloading.TOPIC]


@functools.cache
def _short_temporary_folder() -> str:
    """Let multiprocessing have its socket where the path is short, and where it is swept up after a crash."""
    folder, before = runtime.RuntimeFolder(at_exit=False), tempfile.tempdir
    tempfile.tempdir = str(folder.path)
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = before
    util.Finalize(None, folder.close, exitpriority=-200)  # its own folder in there goes at -100
    return str(folder.path)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started in here don't hear Ctrl-C while they import what they need."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _patient() -> Iterator[None]:
    """Ctrl-C waits for the end of this block. In the middle of a process's start it would leave one that nobody knows
    of, that nobody ends, and that complains when it finds nothing left of what it was to work with."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = {number: signal.signal(number, lambda number, _: pressed.append(number)) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if pressed:
            signal.raise_signal(pressed[0])


class _Pool(ProcessPoolExecutor):
    def submit(self, *args, **options) -> Future:
        with _patient() if sys.platform.startswith("linux") else _deaf():
            return super().submit(*args, **options)


class Crew:
    """The grading processes of this machine, which can be asked something before there is anything to grade."""

    def __init__(self, workers: int, topic: str) -> None:
        self.workers, self.topic = workers, topic
        self._first: Executor | None = None

    def ask(self, function: Callable, *args: object) -> object:
        """What a function gives in one of the processes, which keeps what it has imported for it."""
        self._first = self._first or local(self.workers, self.topic)
        return self._first.submit(function, *args).result()

    def executor(self) -> Executor:
        """The processes; new ones if they were given out before, and have ended since."""
        first, self._first = self._first, None
        return first or local(self.workers, self.topic)

    def close(self, wait: bool) -> None:
        """End the processes if nobody has had a task for them."""
        if self._first is not None and wait:
            self._first.shutdown()
        elif self._first is not None:
            _end(self._first)


def cluster(address: str) -> tuple[Executor, int]:
    """A Dask cluster's executor, and how many tasks it works on at once.

    Raises:
        SchedulerError: `distributed` isn't installed, or nobody answers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise SchedulerError("--scheduler needs the package distributed: pip install 'dlcourse[cluster]'.") from None
    try:
        client = Client(address, timeout="20s")
    except (OSError, TimeoutError, ValueError) as error:
        raise SchedulerError(f"There is no Dask scheduler at {address} ({error}).") from None
    try:
        client.wait_for_workers(1, timeout=20)
    except TimeoutError:
        raise SchedulerError(
            f"The Dask scheduler at {address} has no workers: start one with `dask worker {address}`."
        ) from None
    return client.get_executor(pure=False, retries=2), max(1, sum(client.nthreads().values()))


def run(
    work: Work,
    tasks: Iterable[dict],
    make_executor: Callable[[], Executor],
    window: int,
    failed: Callable[[dict, BaseException], dict],
) -> Iterator[dict]:
    """Results as they come.

    When a process of the executor dies, the tasks that were running are done again one by one, so that the one that
    kills processes is found and costs nobody else anything.

    Args:
        window: how many tasks are handed over at a time; the others aren't even made.
        failed: the result of a task whose work raised an error.
    """
    waiting, suspects = iter(tasks), []
    executor = make_executor()
    running: dict[Future, dict] = {}
    try:
        while True:
            while len(running) < (1 if suspects else window):
                task = suspects.pop() if suspects else next(waiting, None)
                if task is None:
                    break
                try:
                    running[executor.submit(work, task)] = task
                except BrokenExecutor:  # it broke since: nothing is known of this task
                    suspects.append(task)
                    break
                if task.get("suspect"):
                    break
            if not running and not suspects:
                return
            broken = not running
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                try:
                    yield future.result()
                except BrokenExecutor as error:
                    broken = True
                    if task.get("suspect"):
                        yield failed(task, error)
                    else:
                        suspects.append({**task, "suspect": True})
                except Exception as error:
                    yield failed(task, error)
            if broken:
                suspects += [{**task, "suspect": True} for task in running.values()]
                running.clear()
                _end(executor)
                executor = make_executor()
    finally:
        for future in running:
            future.cancel()
        _end(executor)


def _end(executor: Executor) -> None:
    """Let an executor end by itself. Before Python 3.11.5 (its issue 94777) this process would wait for ever, at its
    own end, for the thread that hands tasks over to processes that have died; a closed pipe tells that thread."""
    tasks, manager = (getattr(executor, name, None) for name in ("_call_queue", "_executor_manager_thread"))
    executor.shutdown(wait=False)
    if manager is not None:
        _managers.append(manager)
    if tasks is not None and sys.version_info < (3, 11, 5):
        tasks._reader.close()


def stop_local() -> None:
    """End this process's own workers at once, and the threads that look after them: at Python's own end, one of them in
    the middle of ending makes it print an error."""
    for process in multiprocessing.active_children():
        process.terminate()
    while _managers:
        _managers.pop().join(timeout=10)


def _prepare(environment: dict[str, str], temporary: str) -> None:
    """In a new process: Ctrl-C is the grader's business, and nobody outlives the grader."""
    import_lightly()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGTERM, _leave)
    os.environ.clear()  # the process that it was forked from may be older than a change
    os.environ.update(environment)
    tempfile.tempdir = temporary
    if sys.platform.startswith("linux"):
        preloading.end_with_parent(signal.SIGKILL)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """End when the grader has, however that came."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os.kill(os.getpid(), signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


def _leave(*_: object) -> None:
    """End in the middle of whatever is going on, without the words of a half-done conversation with a kernel."""
    try:
        abandon = getattr(
            sys.modules.get("autograder.grading.one_submission"), "abandon_pools", None
        )  # None while it is imported
        if abandon is not None:
            abandon()
    finally:
        os._exit(1)
