"""Grading with real kernels in the real sandbox: verdicts, crashes, the command, its files, and its restarts."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from classroom import ROOT, as_colab, code, first, grade_one, hand_in, insert, scores, with_outputs

from dlcourse import checks

pytestmark = pytest.mark.usefixtures("no_kernels_left")


# --- verdicts -------------------------------------------------------------------------------------------------------


def test_the_solution_earns_every_point_and_the_release_none(assignment):
    solved, blank = grade_one(assignment, assignment.honest()), grade_one(assignment, assignment.blank())
    assert scores(solved) == assignment.points and solved["status"] == "graded" and solved["cells"] == []
    assert blank["score"] == 0 and {one["status"] for one in blank["exercises"]} == {"not attempted"}
    assert solved["repairs"] == blank["repairs"] == []


VARIANTS = {
    "zero_pad": [
        "def zero_pad(X, pad):\n    return np.pad(X, pad)",
        "def zero_pad(X, pad):\n    X *= 1\n    X[...] += 0\n    return np.zeros((1, 2, 3, 4))",
        "def zero_pad(X, pad):\n    pass",
        "def zero_pad(X, pad):\n    raise ValueError('no')",
        "zero_pad = 3",
    ],
    "conv_output_size": ["def conv_output_size(n, f, pad, stride):\n    return n + 2 * pad - f + 1"],
    "conv_forward": [
        "def conv_forward(A_prev, W, b, hparameters):\n    Z = np.zeros(3)\n    return Z, None",
        "def conv_forward(A_prev, W, b, hparameters):\n    return NotImplemented",
    ],
    "spot_the_mistake": ["def spot_the_mistake():\n    return {'flip': 'both'}"],
}


@pytest.mark.parametrize(("name", "source"), [(name, one) for name, ones in VARIANTS.items() for one in ones])
def test_verdicts_are_those_of_the_check_in_the_notebook(assignment, name, source):
    """The same exercise object, the same seed, in this process and in a walled kernel."""
    import numpy as np

    namespace = {"np": np}
    for other in assignment.solutions.values():
        exec(other, namespace)
    exec(source, namespace)
    result = grade_one(assignment, assignment.honest(**{name: source}), seed=11)
    for one in result["exercises"]:
        function = namespace[one["name"]]
        if not callable(function):
            assert one["score"] == 0
            continue
        report = checks.run("convolution", one["name"], function, seed=11, namespace=namespace)
        assert one["score"] == round(report.score * one["points"], 4), one
        assert one["mistake"] == (report.mistake.message if report.mistake else "")
        assert (one["status"] == "passed") == report.passed


COLAB = """from google.colab import drive
drive.mount("/content/drive")
import math
WORK = "/content/drive/MyDrive"
import os, sys
"""


def test_an_import_that_is_not_there_takes_nothing_along(assignment):
    """Each statement after it counts for itself, in a cell of imports and in one with a function below them."""
    size = "def conv_output_size(n, f, pad, stride):\n    return math.floor((n + 2 * pad - f) / stride) + 1"
    padding = "def same_padding(n, f, stride):\n    total = max(0, (math.ceil(n / stride) - 1) * stride + f - n)\n"
    padding = f"import cv2, google.colab\n\n{padding}    return total // 2, total - total // 2"
    notebook = first(assignment.honest(conv_output_size=size, same_padding=padding), COLAB)
    result = grade_one(assignment, notebook)
    assert scores(result) == assignment.points and result["status"] == "graded"
    assert [(cell["id"], cell["error"]) for cell in result["cells"]] == [
        ("own-1", "NameError: name 'drive' is not defined.")
    ]


def test_what_was_run_before_the_import_is_not_run_again(assignment):
    source = "seen = globals().get('seen', 0) + 1\nimport nowhere\nimport math\nassert seen == 1\nright = math.pi > 3"
    size = "def conv_output_size(n, f, pad, stride):\n    return (n + 2 * pad - f) // stride + int(right and seen == 1)"
    result = grade_one(assignment, first(assignment.honest(conv_output_size=size), source))
    assert scores(result) == assignment.points


def test_the_seed_decides_and_repeats(assignment):
    notebook = assignment.honest(conv_output_size="def conv_output_size(n, f, pad, stride):\n    return 4")
    left, right = (grade_one(assignment, notebook, seed=3) for _ in range(2))
    assert left["exercises"] == right["exercises"] and left["digest"] == right["digest"]
    assert grade_one(assignment, notebook, seed=4)["digest"] != left["digest"]


# --- crashes --------------------------------------------------------------------------------------------------------

FATAL = {
    "exits": "os._exit(0)",
    "crashes": "ctypes.string_at(0)",
    "hangs": "while True: pass",
    "takes all memory": "x = [bytearray(b'1') * (1 << 28) for _ in range(64)]",
}


@pytest.mark.parametrize("how", FATAL)
def test_a_crash_costs_one_exercise(assignment, how):
    body = "def same_padding(n, f, stride):\n    import os, ctypes\n    " + FATAL[how]
    notebook = insert(assignment.honest(same_padding=body), 3, code("own = 1"))
    result = grade_one(assignment, notebook, seconds=5.0)
    expected = {**assignment.points, "same_padding": 0.0}
    assert scores(result) == expected
    assert result["status"] == "interrupted"
    died = next(one for one in result["exercises"] if one["name"] == "same_padding")
    assert died["status"] == "died" and died["message"].startswith("No verdict: ")


@pytest.mark.parametrize("how", ["exits", "hangs"])
def test_a_crash_in_a_cell_costs_that_cell(assignment, how):
    notebook = first(assignment.honest(), f"import os\n{FATAL[how]}")
    result = grade_one(assignment, notebook, seconds=5.0)
    assert scores(result) == assignment.points
    assert [cell["id"] for cell in result["cells"]] == ["own-1"] and result["status"] == "interrupted"
    assert result["kernels"] == 2


def test_an_exercise_whose_cell_cannot_run_is_not_there_and_the_reason_is_said(assignment):
    result = grade_one(assignment, assignment.honest(zero_pad="def zero_pad(X, pad):\n    return (X"))
    failed = {one["name"]: one["message"] for one in result["exercises"] if one["score"] == 0}
    assert "SyntaxError" in failed["zero_pad"]
    assert set(failed) == {"zero_pad", "conv_forward", "conv_backward"}  # these call zero_pad
    assert "name 'zero_pad' is not defined" in failed["conv_forward"]


def test_the_time_for_the_whole_notebook_is_limited(assignment):
    notebook = assignment.honest()
    for _ in range(6):
        notebook = first(notebook, "import time\ntime.sleep(60)")
    result = grade_one(assignment, notebook, seconds=2.0, budget=6.0)
    ended = [cell["status"] for cell in result["cells"]]
    assert ended[:3] == ["timeout"] * 3 and set(ended[3:]) == {"skipped"} and result["kernels"] == 3
    assert result["score"] == 0 and "time for the whole notebook" in result["exercises"][0]["message"]


# --- the learner's process only computes ----------------------------------------------------------------------------

WRONG = "def zero_pad(X, pad):\n    return X"
SHAPE = "(X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3])"
FORGERIES = {
    "an object that equals everything": "class Yes(float):\n    __eq__ = lambda s, o: True\n"
    "    __sub__ = lambda s, o: 0.0\n"
    "def zero_pad(X, pad):\n    return Yes(1)",
    "patched comparisons": f"np.allclose = np.array_equal = np.all = lambda *a, **k: True\n{WRONG}",
    "patched outcomes": f"from dlcourse.checking import calling\ncalling.perform = lambda *a: []\n{WRONG}",
    "a patched report": f"import dlcourse.checks as c\nc.judge = c.run = lambda *a, **k: 1\n{WRONG}",
    "a patched check": f"check = lambda *a, **k: 100.0\n{WRONG}",
    "the reference": "from dlcourse import convolution\ndef zero_pad(X, pad):\n    return convolution.zero_pad(X, pad)",
    "pickles": "class P:\n    def __reduce__(self): return (eval, ('1',))\n"
    "def zero_pad(X, pad):\n    return np.array([P()])",
    "NaN": f"def zero_pad(X, pad):\n    return np.full({SHAPE}, np.nan)",
}


@pytest.mark.parametrize("how", FORGERIES)
def test_forgeries_earn_nothing(assignment, how):
    result = grade_one(assignment, with_outputs(assignment.solved(zero_pad=FORGERIES[how]), "100.0"))
    assert result["score"] == 0, result["exercises"][0]


def test_the_grader_and_numpy_topics_need_no_tensorflow(assignment):
    script = (
        "import json, sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "from classroom import Assignment, grade_one\n"
        "a = Assignment(); r = grade_one(a, a.blank())\n"
        "print(r['status'], [name for name in ('tensorflow', 'keras', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), str(ROOT / "tests")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "graded []", done.stderr


# --- feedback -------------------------------------------------------------------------------------------------------

LEAKS = [
    "raise ValueError(repr(X.tolist()))",
    "raise type(repr(X.tolist()), (Exception,), {})()",
    "print(repr(X.tolist())); return repr(X.tolist())",
    "return {repr(X.tolist()): 1}",
    "exec(compile(repr(X.tolist()) + '\\n1/0', 'cell', 'exec'))",
]


@pytest.mark.parametrize("leak", LEAKS)
def test_feedback_shows_no_hidden_input_whatever_the_learner_tries(assignment, leak):
    from autograder.results.publishing import feedback_page, graded_notebook, gradescope

    result = grade_one(assignment, assignment.solved(zero_pad=f"def zero_pad(X, pad):\n    {leak}"))
    rows = [{**one} for one in result["exercises"]]
    shown = json.dumps([rows, result["cells"]]) + feedback_page(result) + json.dumps(gradescope(result))
    shown += graded_notebook(result, assignment.released)
    assert result["score"] == 0
    assert "[[[[" not in shown and "1.0], [2.0" not in shown


def test_feedback_says_what_happened(assignment):
    from autograder.results.publishing import feedback_page

    wrong = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (pad, pad)))"
    page = feedback_page(grade_one(assignment, as_colab(assignment.honest(zero_pad=wrong))))
    assert "channels are padded too" in page and "had lost their marks" in page and "wrong shape" in page
    assert "(1, 4, 4, 1) was expected" in page, "the numbers of the failing case"


def test_markup_in_a_notebook_is_not_markup_on_the_page(assignment):
    from autograder.results.publishing import feedback_page

    body = "def zero_pad(X, pad):\n    raise ValueError('x')  # <script>alert(1)</script>"
    page = feedback_page(grade_one(assignment, assignment.honest(zero_pad=body)))
    assert "<script>" not in page and "&lt;script&gt;" in page


# --- executors ------------------------------------------------------------------------------------------------------


def work(task: dict) -> dict:
    if task["do"] == "die":
        os._exit(3)
    if task["do"] == "fail":
        raise RuntimeError("no")
    time.sleep(0.01)
    return {"name": task["name"]}


def fail(task: dict, error: BaseException) -> dict:
    return {"name": task["name"], "error": type(error).__name__}


def test_a_task_that_kills_its_process_costs_nobody_else_theirs():
    from autograder.grading import executors

    does = {3: "die", 5: "fail", 11: "die"}
    tasks = [{"name": number, "do": does.get(number, "")} for number in range(14)]
    results = list(executors.run(work, iter(tasks), lambda: executors.local(2), 4, fail))
    assert sorted(one["name"] for one in results) == list(range(14))
    assert {one["name"]: one["error"] for one in results if "error" in one} == {
        3: "BrokenProcessPool",
        5: "RuntimeError",
        11: "BrokenProcessPool",
    }


SHARING = """
import json, os, sys, time
from autograder.grading import executors

def look(_):
    time.sleep(0.5)  # so that each of the two processes gets one
    return os.getpid(), os.getppid(), "dlcourse.checks.convolution" in sys.modules, os.environ.get("SET_SINCE")

if __name__ == "__main__":
    found = []
    for topic, since in (("convolution", "no"), ("pooling", "yes")):
        os.environ["SET_SINCE"] = since
        with executors.local(2, topic) as crew:
            found += crew.map(look, range(2))
    print(json.dumps(found))
"""


def test_the_processes_of_a_machine_share_what_they_import_and_know_the_present_environment(tmp_path):
    (tmp_path / "sharing.py").write_text(SHARING)
    words = [sys.executable, tmp_path / "sharing.py"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
    processes, parents, loaded, since = zip(*json.loads(done.stdout), strict=True)
    assert len(set(processes)) == 4 and len(set(parents)) == 1
    assert loaded == (True,) * 4 and since == ("no", "no", "yes", "yes")


def test_importing_checks_starts_nothing_that_a_forked_process_would_lack():
    program = (
        "from autograder.running.startup import load_checks\nfrom dlcourse import checks\n"
        "for name in checks.topics(): load_checks(name)\n"
        "from tensorflow.python.eager import context\n"
        "print(context.context()._initialized)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, **environment())
    assert done.stdout.strip() == "False", "TensorFlow's first operation starts threads, and a fork has none of them"


def test_any_executor_of_that_kind_will_do():
    from autograder.grading import executors

    tasks = [{"name": number, "do": ""} for number in range(5)]
    results = list(executors.run(work, iter(tasks), lambda: ThreadPoolExecutor(2), 2, fail))
    assert sorted(one["name"] for one in results) == list(range(5))


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release(assignment, tmp_path_factory) -> Path:
    return assignment.write_release(tmp_path_factory.mktemp("release"))


def command(*words: object, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        arguments(*words), capture_output=True, text=True, timeout=300, check=False, **environment(), **options
    )


def arguments(*words: object) -> list[str]:
    return [sys.executable, "-m", "autograder.command", *map(str, words)]


def environment() -> dict:
    return {"env": {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}, "cwd": ROOT}


def rows(out: Path) -> dict[str, dict]:
    with open(out / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def graded(assignment, release, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A small class, graded once for several tests."""
    root = tmp_path_factory.mktemp("class")
    submitted = root / "submitted"
    hand_in(submitted, "ada", assignment.honest(), assignment.name)
    hand_in(submitted, "bob", assignment.solved("zero_pad", "conv_parameters"), assignment.name)
    hand_in(submitted, "broken", "not a notebook", assignment.name)
    hand_in(submitted, "=cmd()", as_colab(assignment.honest()), assignment.name)
    hand_in(
        submitted,
        "eve",
        assignment.honest(zero_pad="def zero_pad(X, pad):\n    import os\n    os._exit(0)"),
        assignment.name,
    )
    roster = root / "roster.csv"
    roster.write_text("student,first name,last name\nada,Ada,Lovelace\nzoe,Zoë,Z\n")
    done = command(
        "grade", submitted, "-a", release, "--out", root / "out", "--seed", 5, "--roster", roster, "--workers", 2
    )
    return root, done


def test_the_table_has_everybody(graded, assignment):
    root, done = graded
    found = rows(root / "out")
    total = sum(assignment.points.values())
    lost = sum(assignment.points[name] for name in ("zero_pad", "conv_forward", "conv_backward"))
    assert {name: (float(row["score"]), row["status"]) for name, row in found.items()} == {
        "'=cmd()": (total, "graded"),
        "ada": (total, "graded"),
        "bob": (assignment.points["zero_pad"] + assignment.points["conv_parameters"], "graded"),
        "broken": (0, "unreadable"),
        "eve": (total - lost, "interrupted"),
        "zoe": (0, "missing"),
    }
    first_line = (root / "out" / "grades.csv").read_text().splitlines()[0]
    assert first_line == ",".join(["student,assignment,score,max_score,status,repairs", *assignment.points])
    assert done.returncode == 1, done.stderr
    for name in ("ada", "bob", "broken", "eve", "zoe"):
        assert name in done.stdout


def test_results_json_has_a_schema_and_no_secrets(graded):
    root, _ = graded
    content = json.loads((root / "out" / "results.json").read_text())
    assert content["schema"] == 1 and len(content["submissions"]) == 6
    assert not {"seed", "program"} & set(content["submissions"][0])
    assert (root / "out" / "run.json").stat().st_mode & 0o077 == 0


def test_the_gradebook_has_a_mark_for_each_check(graded, assignment):
    root, _ = graded
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root / 'out' / 'gradebook.db'}") as gradebook:
        found = {one.student.id: one.score for one in gradebook.assignment_submissions(assignment.name)}
        total = sum(assignment.points.values())
        assert found["ada"] == total and found["=cmd()"] == total and found["broken"] == 0 and "zoe" not in found
        assert gradebook.find_student("ada").last_name == "Lovelace"
        grade = gradebook.find_grade("check-zero_pad", assignment.name, assignment.name, "bob")
        assert grade.auto_score == assignment.points["zero_pad"] and not grade.needs_manual_grade
        assert gradebook.find_assignment(assignment.name).max_score == total


def test_formgraders_files_are_there(graded, assignment):
    import nbformat

    root, _ = graded
    name = assignment.name
    for student in ("ada", "bob", "broken", "eve", "=cmd()"):
        assert (root / "out" / "feedback" / student / name / f"{name}.html").is_file()
        notebook = nbformat.read(root / "out" / "autograded" / student / name / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)


def test_formgrader_lists_the_class(graded, assignment):
    root, _ = graded
    script = (
        "import os; from traitlets.config import Config; from nbgrader.apps.api import NbGraderAPI\n"
        "c = Config(); file = os.path.abspath('nbgrader_config.py')\n"
        "exec(open(file).read(), {'c': c, '__file__': file})\n"
        "api = NbGraderAPI(config=c); name = api.get_assignments()[0]['name']\n"
        "print(name, *[(s['student'], s['score'], s['autograded']) for s in api.get_submissions(name)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=root / "out",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    total = sum(assignment.points.values())
    assert done.stdout.startswith(assignment.name) and f"('ada', {total}, True)" in done.stdout, done.stderr


def test_running_again_grades_nothing_again_and_changes_nothing(graded, release):
    root, _ = graded
    before = (root / "out" / "grades.csv").read_bytes()
    stamps = {path: path.stat().st_mtime_ns for path in (root / "out" / "submissions").iterdir()}
    done = command("grade", root / "submitted", "-a", release, "--out", root / "out", "--roster", root / "roster.csv")
    assert "0 graded in" in done.stdout, done.stdout + done.stderr
    assert (root / "out" / "grades.csv").read_bytes() == before
    assert stamps == {path: path.stat().st_mtime_ns for path in (root / "out" / "submissions").iterdir()}


def test_a_lost_gradebook_is_written_again_without_grading(graded, release):
    root, _ = graded
    (root / "out" / "gradebook.db").unlink()
    done = command("grade", root / "submitted", "-a", release, "--out", root / "out", "--roster", root / "roster.csv")
    assert "0 graded in" in done.stdout
    with sqlite3.connect(root / "out" / "gradebook.db") as database:
        assert database.execute("select count(*) from submitted_assignment").fetchone() == (5,)


def test_replay_shows_the_learners_panel(graded):
    root, _ = graded
    done = command("replay", root / "out", "eve", "conv_output_size")
    assert done.returncode == 0 and "conv_output_size: passed" in done.stdout, done.stderr
    assert command("replay", root / "out", "nobody", "zero_pad").returncode == 2
    assert command("replay", root / "out", "ada", "nothing").returncode == 2
    assert command("replay", root / "out", "broken", "zero_pad").returncode == 2


def test_two_graders_on_one_folder_refuse_and_a_dead_ones_lock_is_free(graded, release):
    from autograder.grading.records import locked

    root, _ = graded
    words = ("grade", root / "submitted", "-a", release, "--out", root / "out")
    with locked(root / "out"):
        done = command(*words)
    assert done.returncode == 2 and "Another grader" in done.stderr and str(os.getpid()) in done.stderr
    (root / "out" / ".autograder.lock").write_text("999999\n")
    assert "Another grader" not in command(*words).stderr


def test_a_dask_cluster_with_threads_grades_as_this_machine_does(assignment, release, tmp_path):
    from distributed import LocalCluster

    for number in range(8):
        hand_in(tmp_path / "in", f"student{number}", assignment.solved(*list(assignment.points)[: number + 1]))
    words = ("grade", tmp_path / "in", "-a", release, "--seed", 3, "--db", "none", "--out")
    with LocalCluster(n_workers=1, threads_per_worker=4, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        done = command(*words, tmp_path / "there", "--scheduler", cluster.scheduler_address)
    assert done.returncode == 0, done.stderr
    assert command(*words, tmp_path / "here").returncode == 0
    assert (tmp_path / "there" / "grades.csv").read_bytes() == (tmp_path / "here" / "grades.csv").read_bytes()


NO_SERVER = "postgresql+psycopg://somebody:secret@127.0.0.1:1/grades"


def test_bad_input_is_one_sentence_and_status_2(tmp_path, release):
    hand_in(tmp_path, "ada", "{}")
    for words in (
        ("grade", tmp_path / "absent", "-a", release, "--out", tmp_path / "out"),
        ("grade", tmp_path, "-a", "99_nothing", "--out", tmp_path / "out"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--roster", tmp_path / "absent.csv"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--isolation", "nothing"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--db", "nothing"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--db", "nothing://there"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--db", "postgres://somebody@127.0.0.1/one"),
        ("grade", tmp_path, "-a", release, "--out", tmp_path / "out", "--db", NO_SERVER),
        ("regrade", tmp_path / "absent", "--dry-run"),
    ):
        done = command(*words)
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert "secret" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_regrade_shows_who_would_move_and_why(assignment, release, tmp_path):
    submitted, out = tmp_path / "in", tmp_path / "out"
    hand_in(submitted, "ada", assignment.honest())
    hand_in(submitted, "bob", assignment.honest())
    assert command("grade", submitted, "-a", release, "--out", out, "--db", "none").returncode == 0
    assert "Nobody's points change" in command("regrade", out, "--dry-run").stdout
    hand_in(submitted, "bob", assignment.honest(zero_pad="def zero_pad(X, pad):\n    return X"))
    before = (out / "grades.csv").read_bytes()
    done = command("regrade", out, "--dry-run")
    assert "1 of 2 submissions change" in done.stdout and "zero_pad" in done.stdout and "bob" in done.stdout
    assert (out / "grades.csv").read_bytes() == before
    command("regrade", out)
    assert rows(out)["bob"]["zero_pad"] == "0" and rows(out)["ada"]["zero_pad"] == "1"
    roster = tmp_path / "class.csv"
    roster.write_text("student\nada\nbob\n")
    command("grade", submitted, "-a", release, "--out", out, "--db", "none", "--roster", roster)
    roster.unlink()
    done = command("regrade", out)
    assert done.returncode == 2 and "class.csv cannot be read" in done.stderr and "Traceback" not in done.stderr


def test_killed_at_any_moment_and_started_again_the_table_is_the_same(assignment, release, tmp_path):
    submitted = tmp_path / "in"
    for number in range(6):
        solved = list(assignment.points)[: number + 1]
        hand_in(submitted, f"student{number}", assignment.solved(*solved))
    words = ("grade", submitted, "-a", release, "--seed", 3, "--workers", 1)
    assert command(*words, "--out", tmp_path / "undisturbed").returncode == 0
    out = tmp_path / "killed"
    counts = set()
    for enough in (1, 3, 5):
        process = subprocess.Popen(
            arguments(*words, "--out", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **environment()
        )
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if len(list((out / "submissions").glob("*.json"))) >= enough:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        counts.add(len(list((out / "submissions").glob("*.json"))))
    assert len(counts) > 1
    done = command(*words, "--out", out)
    assert done.returncode == 0, done.stderr
    for name in ("grades.csv", "results.json"):
        assert (out / name).read_bytes() == (tmp_path / "undisturbed" / name).read_bytes()


def test_the_gradescope_zip_grades_with_its_own_files(assignment, release, tmp_path):
    import zipfile

    done = command("gradescope", release, "--out", tmp_path / "autograder.zip")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "autograder.zip") as packed:
        names = packed.namelist()
        assert {"setup.sh", "run_autograder", "requirements.txt", release.name} <= set(names)
        assert not [name for name in names if "solutions" in name]
        assert packed.getinfo("run_autograder").external_attr >> 16 & 0o111
        packed.extractall(tmp_path / "source")
    assert subprocess.run(["bash", "-n", tmp_path / "source" / "run_autograder"], check=False).returncode == 0
    (tmp_path / "submission").mkdir()
    hand_in(tmp_path / "submission", "whatever they called it", assignment.honest())
    (tmp_path / "results").mkdir()
    script = (tmp_path / "source" / "run_autograder").read_text().replace("/autograder/", f"{tmp_path}/")
    script = script.replace("python -P", f"{sys.executable} -P")
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    content = json.loads((tmp_path / "results" / "results.json").read_text())
    assert content["score"] == sum(assignment.points.values()), ran.stderr
    assert [one["name"] for one in content["tests"]] == list(assignment.points)


def test_doctor_knows_this_machine():
    done = command("doctor")
    assert "Isolation: " in done.stdout and "first cell" in done.stdout, done.stderr
