"""A class in which somebody stalls, starves or fools the grader in each way that has been seen, on an odd machine.

The machine's owner has other settings for Keras, a locale without letters and a terminal of Windows', and the course is
in a folder with a percent sign in its name. Everybody else's grade is exact all the same, and the run ends by itself.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from classroom import Assignment, code, first, hand_in, insert, last

KERAS = {"backend": "torch", "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.1}
SHARED = """
import mmap, os
held = []
for number in range(60):
    held.append(mmap.mmap(-1, 64 * 2**20))
    for page in range(0, len(held[-1]), 4096):
        held[-1][page] = 1
    held[-1].madvise(mmap.MADV_DONTNEED)
"""
NAMELESS = """
import os
held = []
for number in range(60):
    held.append(os.memfd_create(str(number)))
    os.write(held[-1], bytes(64 * 2**20))
"""
FORGED = """
from dlcourse.checking import plain
import json
honest = plain.dumps
def forged(tree):
    if tree[0]["value"] is None or not hasattr(tree[0]["value"], "shape"):
        return honest(tree)
    value = {value}
    text = json.dumps({{"tree": {{"list": [value] * len(tree)}}, "numbers": [["<f8", 1]]}}).encode()
    return plain.MARK + len(text).to_bytes(8, "little") + text + bytes(8)
plain.dumps = forged
"""
DIGITS = '{"array": "<f8", "shape": [10**4000] * 1000, "order": "C"}'
EMPTY = '{"array": "<f8", "shape": [2**40, 0], "order": "C"}'
LISTS = '{"list": [{"list": []}] * 100_000}'
ODD = "def same_padding(n, f, stride):\n    return {value}"
LOOKING = """
import os, tempfile
tempfile.mkstemp(), os.openpty()
print(os.listdir("/dev/pts"), open("/proc/keys").read() if os.path.exists("/proc/keys") else "")
"""


def the_class(a: Assignment) -> dict[str, tuple[dict, tuple[str, ...]]]:
    """Who hands in what, and which exercises it costs them."""
    padding = ("zero_pad", "conv_forward", "conv_backward")
    links = [code(f"def link_{i}(X, pad):\n    return link_{i + 1}(X, pad)") for i in range(4900)]
    links.append(code("def link_4900(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"))
    chained = a.honest(
        zero_pad="import sys\nsys.setrecursionlimit(10**5)\ndef zero_pad(X, pad):\n    return link_0(X, pad)"
    )
    long = "h" * 900_000
    named = a.honest(zero_pad=f"def zero_pad(X, pad):\n    return {long}(X, pad)")
    helper = code(f"def {long}(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))")
    odd = {name: a.honest(same_padding=ODD.format(value=value)) for name, value in ODD_VALUES.items()}
    return {
        "ada": (a.honest(), ()),
        "łukasz": (a.honest(), ()),
        "bo": (a.solved("zero_pad", "conv_parameters"), tuple(set(a.points) - {"zero_pad", "conv_parameters"})),
        "shares_memory": (first(a.honest(), SHARED), ()),
        "keeps_nameless_files": (first(a.honest(), NAMELESS), ()),
        **{
            f"forges_{name}": (first(a.honest(), FORGED.format(value=value)), FORGED_ARRAYS)
            for name, value in {"digits": DIGITS, "emptiness": EMPTY, "lists": LISTS}.items()
        },
        **{f"returns_{name}": (notebook, ("same_padding",)) for name, notebook in odd.items()},
        "looks_around": (first(a.honest(), LOOKING), ()),
        "chains_helpers": (last(insert(chained, len(chained["cells"]), *links), "own = 1"), ()),
        "has_a_long_name": (insert(named, len(named["cells"]), helper), ()),
        "imports_from_colab": (first(a.honest(), "from google.colab import drive\nimport math"), padding[:0]),
    }


ODD_VALUES = {
    "infinity": "float('inf'), float('-inf')",
    "a_dictionary": "{(1, 2): [None], 'a': np.array(['b'])}",
    "many_digits": "10**5000, -(10**5000)",
    "long_text": "'x' * 10**6, ['a'] * 10**4",
    "a_gigabyte": "np.broadcast_to(np.uint8(1), (10**9,))",
}
FORGED_ARRAYS = ("zero_pad", "conv_single_step")  # those that are answered with an array first


@dataclass
class Run:
    done: subprocess.CompletedProcess
    out: Path
    temporary: Path
    seconds: float
    free_before: int
    free_least: int
    rows: dict[str, dict] = field(default_factory=dict)


def odd_machine(root: Path) -> dict[str, str]:
    """The environment of somebody with other settings and few letters."""
    home, temporary = root / "home", root / "temporary"
    (home / ".keras").mkdir(parents=True)
    (home / ".keras" / "keras.json").write_text(json.dumps(KERAS))
    temporary.mkdir()
    odd = {"HOME": str(home), "TMPDIR": str(temporary), "PYTHONIOENCODING": "cp1252", "LC_ALL": "C", "COLUMNS": "150"}
    return {**os.environ, **odd, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def grade(root: Path, assignment: Assignment, course: Path, *more: str) -> Run:
    release = assignment.write_release(root)
    words = ["grade", course / "submitted", "-a", release, "--out", course / "graded", "--seed", "5", *more]
    command = [sys.executable, "-m", "autograder.command", *map(str, words)]
    free = [psutil.virtual_memory().available]
    started = time.monotonic()
    with open(root / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=course, env=odd_machine(root), stdout=log, stderr=log)

        def look() -> None:
            while process.poll() is None:
                free.append(psutil.virtual_memory().available)
                time.sleep(0.05)

        threading.Thread(target=look, daemon=True).start()
        try:
            process.wait(timeout=600)
        finally:
            process.kill()
    seconds, text = time.monotonic() - started, (root / "log").read_text("cp1252", "replace")
    done = subprocess.CompletedProcess(command, process.returncode, text)
    run = Run(done, course / "graded", root / "temporary", seconds, free[0], min(free))
    if (run.out / "grades.csv").exists():
        with open(run.out / "grades.csv", newline="", encoding="utf-8") as file:
            run.rows = {row["student"]: row for row in csv.DictReader(file)}
    return run


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


@pytest.fixture(scope="module")
def handed_in(assignment) -> dict:
    return the_class(assignment)


@pytest.fixture(scope="module")
def run(tmp_path_factory, assignment, handed_in) -> Run:
    root = tmp_path_factory.mktemp("stalling")
    course = root / "ML%20course"
    for student, (notebook, _) in handed_in.items():
        hand_in(course / "submitted", student, notebook)
    return grade(root, assignment, course, "--seconds", "6", "--budget", "120", "--workers", "2")


def test_everybody_earns_exactly_what_is_theirs(run, assignment, handed_in):
    assert set(run.rows) == set(handed_in), run.done.stdout[-3000:]
    wrong = {}
    for student, (_, costs) in handed_in.items():
        row = run.rows[student]
        lost = {name for name, points in assignment.points.items() if float(row[name]) < points}
        if lost != set(costs):
            wrong[student] = (lost, row["status"], row["repairs"][:300])
    assert wrong == {}


def test_nobody_is_left_ungraded_and_the_run_ends_by_itself(run):
    statuses = {student: row["status"] for student, row in run.rows.items()}
    assert set(statuses.values()) <= {"graded", "interrupted"}, statuses
    assert run.done.returncode in (0, 1) and run.seconds < 400
    assert "Traceback" not in run.done.stdout and "grades.csv" in run.done.stdout


def test_the_machine_keeps_half_of_the_memory_that_was_free(run):
    assert run.free_least > run.free_before / 2


def test_nothing_is_left_in_the_temporary_folder(run):
    assert list(run.temporary.iterdir()) == []


def test_long_names_do_not_travel(run):
    for path in (run.out / "grades.csv", run.out / "results.json", *(run.out / "feedback").rglob("*.html")):
        if "has_a_long_name" not in str(path):
            assert "h" * 200 not in path.read_text(encoding="utf-8"), path
        else:
            assert path.stat().st_size < 3 * 2**20


def test_other_settings_of_keras_cost_a_class_nothing(tmp_path):
    """Back end torch, channels first, float64: judged like anywhere else, in processes that judge and in kernels."""
    assignment, course = Assignment("03_keras_models"), tmp_path / "course"
    hand_in(course / "submitted", "ada", assignment.honest())
    hand_in(course / "submitted", "bo", assignment.blank())
    run = grade(tmp_path, assignment, course, "--workers", "1", "--db", "none")
    assert run.done.returncode == 0, run.done.stdout[-3000:]
    assert {name: float(run.rows["ada"][name]) for name in assignment.points} == assignment.points
    assert float(run.rows["bo"]["score"]) == 0
    assert list(run.temporary.iterdir()) == []
