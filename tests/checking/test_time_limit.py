"""A learner's endless loop ends, wherever it runs and whatever it catches, and nothing of the limit stays behind."""

from __future__ import annotations

import signal
import sys
import threading
import time

import pytest

from dlcourse import checks
from dlcourse.checking import calling
from dlcourse.checking.judging import judge
from dlcourse.checking.time_limit import TimeIsUp, TimeLimit

LOOPS = {
    "plain": "def total_minutes(hours, minutes):\n    n = 0\n    while True:\n        n += 1",
    "catches everything": (
        "def total_minutes(hours, minutes):\n    while True:\n        try:\n            hours += 1\n"
        "        except:\n            pass"
    ),
    "asleep": "import time\ndef total_minutes(hours, minutes):\n    while True:\n        time.sleep(0.01)",
    "in a helper": (
        "def helper():\n    while True:\n        pass\ndef total_minutes(hours, minutes):\n    return helper()"
    ),
}
RUNNING = {"plain": ("while True:", "n += 1"), "in a helper": ("while True:", "pass")}


def report_on(source: str, limit: TimeLimit, tmp_path):
    file = tmp_path / "cell.py"
    file.write_text(source)
    namespace: dict = {}
    exec(compile(source, str(file), "exec"), namespace)
    exercise = checks.get("start", "total_minutes")
    return judge(exercise, lambda calls: calling.perform(namespace, calls, limit), 0)


@pytest.mark.parametrize("where", ["main thread", "another thread"])
@pytest.mark.parametrize("loop", LOOPS)
def test_an_endless_loop_is_a_failure_with_its_line(loop, where, tmp_path):
    handler, found = signal.getsignal(signal.SIGALRM), []
    start = time.monotonic()
    run = threading.Thread(target=lambda: found.append(report_on(LOOPS[loop], TimeLimit(0.3, 5), tmp_path)))
    if where == "main thread":
        run.run()
    else:
        run.start()
        run.join()
    (report,) = found
    assert time.monotonic() - start < 30
    assert report.score == 0.0 and not any(group.passed for group in report.groups)
    assert report.failures[0].message.startswith("total_minutes was stopped after ")
    assert report.failures[0].message.endswith("seconds: perhaps one of its loops never comes to an end.")
    assert report.failures[0].line in RUNNING.get(loop, (report.failures[0].line,)) and report.failures[0].line
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("where", ["main thread", "another thread"])
def test_an_import_is_not_interrupted_and_what_follows_it_is(where, tmp_path, monkeypatch):
    (tmp_path / "slow_to_import.py").write_text("import time\nfor _ in range(60):\n    time.sleep(0.01)\ndone = True")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "slow_to_import", raising=False)
    right = "    import slow_to_import\n    return 60 * hours + minutes * slow_to_import.done"
    endless = "    import slow_to_import\n    while True:\n        pass"
    head, found = "def total_minutes(hours, minutes):\n", []

    def run():
        found.append(report_on(head + right, TimeLimit(0.3, 0.8), tmp_path))
        sys.modules.pop("slow_to_import")
        found.append(report_on(head + endless, TimeLimit(0.3, 0.8), tmp_path))

    thread = threading.Thread(target=run)
    if where == "main thread":
        run()
    else:
        thread.start()
        thread.join()
    assert found[0].passed and "was stopped" in found[1].failures[0].message
    assert sys.modules["slow_to_import"].done


def test_all_calls_together_have_a_limit_too(tmp_path):
    source = "import time\ndef total_minutes(hours, minutes):\n    time.sleep(0.4)\n    return 60 * hours + minutes"
    assert report_on(source, TimeLimit(30, 60), tmp_path).passed
    assert "was stopped" in report_on(source, TimeLimit(30, 0.7), tmp_path).failures[0].message


def test_what_ends_in_time_meets_no_alarm_later():
    for _ in range(20):
        with TimeLimit(0.02, 1).running():
            pass
    time.sleep(0.1)
    with pytest.raises(TimeIsUp), TimeLimit(0.02, 1).running():
        time.sleep(5)
