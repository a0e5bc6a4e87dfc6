"""The clock on what a grading process does itself: past it a submission is "failed", and the class goes on."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from classroom import Assignment, code, data, insert, scores, settings_of

from autograder.grading import one_submission
from autograder.grading.clock import OutOfTime, clock
from autograder.grading.one_submission import close_pools, grade_submission, make_task


def work_for(seconds: float) -> int:
    """Be busy, and catch whatever can be caught."""
    until, count = time.thread_time() + seconds, 0
    while time.thread_time() < until:
        try:
            count += 1
        except Exception:
            continue
    return count


def in_a_thread(function) -> list:
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found


def stopped() -> str:
    try:
        with clock(0.3, "Reading it"):
            work_for(20)
    except OutOfTime as error:
        return str(error)
    return "it was not"


def test_work_is_stopped_in_the_first_thread_and_in_others():
    expected = "Reading it took more than 0.3 s of processor time."
    started = time.process_time()
    assert stopped() == expected and in_a_thread(stopped) == [expected]
    assert time.process_time() - started < 5


def fallen_over() -> str:
    try:
        with clock(0.3, "Reading it"):
            try:
                work_for(20)
            except OutOfTime:
                raise SystemError("the library's own bookkeeping is off") from None
    except OutOfTime as error:
        return str(error)
    return "it was not"


def test_what_goes_wrong_after_the_bell_counts_as_out_of_time_and_what_went_wrong_before_does_not():
    expected = "Reading it took more than 0.3 s of processor time."
    assert fallen_over() == expected and in_a_thread(fallen_over) == [expected]
    with pytest.raises(SystemError), clock(5, "It"):
        raise SystemError("in time")


def test_what_is_in_time_is_left_alone_and_so_is_what_comes_after_it():
    def calm() -> bool:
        for _ in range(50):
            with clock(0.2, "It"):
                work_for(0.001)
        return work_for(0.6) > 0

    assert calm() and in_a_thread(calm) == [True]


def test_waiting_is_not_counted():
    with clock(0.2, "It"):
        time.sleep(0.8)


def in_a_library(seconds: float) -> None:
    with clock(seconds, "It"):
        sum(range(10**11))  # one call into a loop that isn't Python's, which nothing interrupts


def test_work_that_cannot_be_interrupted_takes_its_process_along():
    with ProcessPoolExecutor(1) as pool, pytest.raises(BrokenProcessPool):
        pool.submit(in_a_library, 0.2).result(timeout=60)


def slow_and_ada(slow: bytes, ada: bytes, settings: dict) -> list[dict]:
    one_submission.LEAST_PATIENCE = 2.0
    tasks = [make_task("slow", slow, {**settings, "seconds": 2.0}), make_task("ada", ada, settings)]
    try:
        return list(map(grade_submission, tasks))
    finally:
        close_pools()


def test_a_submission_that_takes_too_long_to_read_is_failed_and_the_next_one_graded():
    """In a process of its own, as in a class: the clock may end the process, and this one has other tests to run."""
    assignment = Assignment()
    long = "\n".join(f"a{number} = [{number}, {number}]" for number in range(30_000))
    notebook = insert(assignment.honest(), 0, *[code(f"{long}\nb = {number}") for number in range(12)])
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        work = pool.submit(slow_and_ada, data(notebook), data(assignment.honest()), settings_of(assignment))
        slow, ada = work.result(timeout=300)
    assert slow["status"] == "failed" and slow["score"] == 0
    assert slow["problem"] == "Reading it took more than 2 s of processor time."
    assert scores(ada) == assignment.points and ada["status"] == "graded"
