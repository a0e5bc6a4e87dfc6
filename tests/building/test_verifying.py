"""`autograder verify`: real kernels on notebooks that do one wrong thing each."""

import json
import os
import time
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest
from typer.testing import CliRunner

from autograder.building.notebooks import build, write
from autograder.building.verifying import execute, network_cutter, verify
from autograder.command import app
from autograder.commands import verify as verify_command

CHECK = """\
from IPython.display import HTML, display

def check(function, points=1.0):
    try:
        score = (function(2) == 4) / 2 + (function(3) == 6) / 2
    except NotImplementedError:
        score = 0.0
    display(HTML("<b>panel</b>"))
    return points * score
"""

SOURCE = f"""\
# %% [markdown]
# # Doubling

# %% setup
{CHECK}
# %% exercise="zero_pad"
def zero_pad(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="zero_pad" points=5
"""


def text_of(*cells: str | tuple[str, int]) -> str:
    """A notebook of code cells; a pair is a graded cell and its points."""
    made = []
    for number, cell in enumerate(cells):
        source, points = cell if isinstance(cell, tuple) else (cell, 0)
        metadata = {}
        if points:
            metadata["nbgrader"] = {
                "grade": True, "grade_id": f"check-f{number}", "locked": True, "points": points,
                "schema_version": 3, "solution": False, "task": False,
            }  # fmt: skip
        made.append({
            "cell_type": "code", "id": f"check-f{number}" if points else f"cell-{number}", "metadata": metadata,
            "source": source, "outputs": [], "execution_count": None,
        })  # fmt: skip
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def test_marks_errors_and_what_is_no_mark() -> None:
    run = execute(
        text_of(
            ("5.0", 5),
            ("2.5", 5),
            ("print('panel')", 5),
            ("float('nan')", 5),
            ("6.0", 5),
            ("True", 1),
            ("import sys; print('a warning', file=sys.stderr); 1.0", 1),
            ("1 / 0", 3),
            "undefined",
            "raise NotImplementedError('f is not written yet')",
            ("5.0", 5),
        ),
        timeout=30,
    )
    assert run.marks == {"f0": 5.0, "f1": 2.5, "f6": 1.0, "f10": 5.0}
    assert run.possible == 35 and run.earned == 13.5
    assert run.problems == [
        "check-f2 gives nothing where a mark from 0 to 5 is due.",
        "check-f3 gives nan where a mark from 0 to 5 is due.",
        "check-f4 gives 6.0 where a mark from 0 to 5 is due.",
        "check-f5 gives True where a mark from 0 to 1 is due.",
        "check-f6 writes to stderr: a warning",
        "check-f7 raises ZeroDivisionError: division by zero",
        "cell-8 raises NameError: name 'undefined' is not defined",
        "cell-9 raises NotImplementedError: f is not written yet",
    ]


def test_no_network_an_empty_folder_memory_counted_and_nothing_left_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    run = execute(
        text_of(
            "import os, socket, subprocess, sys, time\n"
            f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
            f"open({str(pid)!r}, 'w').write(str(child.pid))\n"
            "assert os.listdir('.') == []",
            "block = bytearray(os.urandom(1)) * 300_000_000\ntime.sleep(0.3)",
            "names = os.listdir('/sys/class/net') if os.path.isdir('/sys/class/net') else []\n"
            "try:\n    socket.create_connection(('192.0.2.1', 9), timeout=0.2)\n"
            "except TimeoutError:\n    raise RuntimeError('packets can leave')\n"
            "except OSError as error:\n    assert error.errno == 101, error  # network is unreachable",
        ),
        timeout=30,
    )
    assert network_cutter(), "this machine has neither unshare nor bwrap"
    assert run.problems == []
    assert 300e6 < run.peak_bytes < 700e6
    child = int(pid.read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_over_time_is_stopped_and_named() -> None:
    started = time.monotonic()
    run = execute(text_of(("5.0", 5), "import time; time.sleep(100)", ("5.0", 5)), timeout=3)
    assert time.monotonic() - started < 20
    assert run.problems == ["cell-1 was still running after 3 seconds."] and run.late
    assert run.marks == {"f0": 5.0} and run.possible == 10


def test_a_dead_kernel_is_named() -> None:
    run = execute(text_of(("5.0", 5), "import os; os._exit(1)", ("5.0", 5)), timeout=30)
    assert run.problems == ["the kernel died in cell-1."]
    assert run.marks == {"f0": 5.0}


def test_without_a_way_to_cut_the_network() -> None:
    assert execute(text_of(("5.0", 5)), timeout=30, cutter=()).marks == {"f0": 5.0}


def test_a_solution_earns_every_point_and_a_release_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "solutions" / "01_convolution.py"
    source.parent.mkdir()
    source.write_text(SOURCE)
    write(tmp_path, build(tmp_path))
    assert verify_command.run([], timeout=30) == 0
    printed = capsys.readouterr()
    assert "5 / 5" in printed.out and "0 / 5" in printed.out and "right" in printed.out
    assert printed.err == "" and "…" not in printed.out  # a terminal of 80 columns shows the whole table

    source.write_text(SOURCE.replace("return 2 * x", "return 4"))
    write(tmp_path, build(tmp_path))
    files = tmp_path / "out" / "verify.xml", tmp_path / "out" / "verify.json"
    done = CliRunner().invoke(
        app, ["verify", "01", "--timeout", "30", "--junit", str(files[0]), "--json", str(files[1])]
    )
    told = "check-zero_pad gives 2.5 of 5 points."
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, f"01_convolution, solution: {told}")
    as_built, notebook = ElementTree.parse(files[0]).getroot()
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in (as_built, notebook)] == [
        ("notebooks", "1", "0"),
        ("01_convolution", "2", "1"),
    ]
    properties, solution, release = notebook
    values = {one.get("name"): one.get("value") for one in properties}
    assert values == {"score": "2.5", "max_score": "5", "score.solution": "2.5", "score.release": "0"}
    assert (solution.get("name"), [(fault.tag, fault.text) for fault in solution]) == ("solution", [("failure", told)])
    assert (release.get("name"), list(release)) == ("release", [])
    found = json.loads(files[1].read_text(encoding="utf-8"))
    assert (found["tool"], [suite["name"] for suite in found["suites"]]) == (
        "autograder verify",
        ["notebooks", "01_convolution"],
    )
    assert [(one["name"], one["state"], one["score"], one["points"]) for one in found["suites"][1]["outcomes"]] == [
        ("solution", "failure", 2.5, 5),
        ("release", "passed", 0, 5),
    ]


def test_on_a_slow_machine_it_says_how_to_give_more_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "solutions" / "01_convolution.py"
    source.parent.mkdir()
    source.write_text(SOURCE + "\n# %% demo\nimport time; time.sleep(100)\n")
    write(tmp_path, build(tmp_path))
    assert verify_command.run([], timeout=4) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("01_convolution, solution: ") and "still running after 4 seconds" in said[0]
    assert said[-1].endswith("autograder verify 01_convolution --timeout 12")


def test_points_for_a_stub_and_its_errors_are_problems() -> None:
    release = text_of(("2.0", 5), "raise NotImplementedError('f is not written yet')")
    solution, released = verify(text_of(("5.0", 5)), release, timeout=30)
    assert solution.problems == []
    assert released.problems == [
        "cell-1 raises NotImplementedError: f is not written yet",
        "check-f0 gives 2 points to a stub.",
    ]


def test_wrong_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "solutions").mkdir()
    assert verify_command.run([], timeout=30) == 2
    assert "There is no NN_topic.py" in capsys.readouterr().err
    (tmp_path / "solutions" / "01_convolution.py").write_text(SOURCE.replace("points=5", ""))
    assert verify_command.run([], timeout=30) == 1
    assert "solutions/01_convolution.py:" in capsys.readouterr().err
