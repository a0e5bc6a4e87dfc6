"""What all tests share: in CI a skip is a failure, and a small course to try the commands on."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import Assignment
from small_course import SmallCourse

from dlcourse.checking.panel import session
from dlcourse.workspace import progress

REPOSITORY = Path(__file__).resolve().parent.parent

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# Beside other test processes: the threads of NumPy's small products would wait for one another, not compute.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A script's background job ignores Ctrl-C, and so does all that it starts; the tests press it even there.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A test that CI does not run proves nothing; what it lacks must be installed by `.ci/run`."""
    if _in_ci() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which counts as a failure in CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.fixture(autouse=True)
def no_attempts_or_hints_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was tried and shown outside a course is remembered as long as the process lives."""
    monkeypatch.setattr(session, "_attempts", {})
    monkeypatch.setattr(session, "_hints", {})
    monkeypatch.setattr(progress, "_unsaved_hints", {})


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    """Notebook 01 as it is handed out, and its solutions."""
    return Assignment()


@pytest.fixture(scope="module")
def no_kernels_left() -> Iterator[None]:
    """For tests that grade in this process: the kernels end with their module."""
    yield
    from autograder.grading.one_submission import close_pools

    close_pools()


@pytest.fixture
def small_course(tmp_path: Path) -> SmallCourse:
    """A small course, laid out and not started."""
    course = SmallCourse(tmp_path)
    done = course.lay_out()
    assert done.returncode == 0, done.stderr
    return course
