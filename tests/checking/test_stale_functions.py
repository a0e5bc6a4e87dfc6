"""In a notebook that is open: a check looks at the function that stands in its cell, and says why where it can't."""

from __future__ import annotations

import json
import os
import threading
import time

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

from dlcourse.workspace import course

NAME = "01_convolution"
RIGHT = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
WRONG = "def zero_pad(X, pad):\n    return X"
SETUP = "import numpy as np\nfrom dlcourse.checks.convolution import check, hint, solution"
CHECK = "check(zero_pad, points=2)"


class Notebook:
    """A kernel, the file that it is of, and the requests of a person's front end."""

    def __init__(self, path):
        self.path = path
        # As Jupyter's server starts the kernel of a notebook.
        self.manager, self.client = start_new_kernel(
            cwd=str(path.parent), env={**os.environ, "JPY_SESSION_NAME": str(path)}
        )

    def run(self, source, cell=""):
        """Run a cell; what is shown under it as plain text, an error as its text and its traceback."""
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        self.client.shell_channel.send(message)
        found = []
        while True:
            answer = self.client.get_iopub_msg(timeout=120)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, content = answer["msg_type"], answer["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return "\n".join(found)
            if kind in ("display_data", "execute_result"):
                found.append(content["data"].get("text/plain", ""))
            elif kind == "error":
                found.append("\n".join([f"{content['ename']}: {content['evalue']}", *content["traceback"]]))

    def save(self, **cells):
        """Write these cells' text into the file, as JupyterLab saves it."""
        notebook = json.loads(self.path.read_text())
        for cell in notebook["cells"]:
            if cell.get("id", "").replace("-", "_") in cells:
                cell["source"] = cells[cell["id"].replace("-", "_")]
        time.sleep(0.05)
        self.path.write_text(json.dumps(notebook))

    def add_below_the_check(self, source):
        notebook = nbformat.read(self.path, as_version=4)
        at = next(index for index, cell in enumerate(notebook.cells) if cell.id == "check-zero_pad")
        notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(source, id="mine"))
        nbformat.write(notebook, self.path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("learner") / "my-course"
    course.lay_out(made)
    return made


@pytest.fixture(scope="module")
def kernel(folder):
    notebook = Notebook(folder / NAME / f"{NAME}.ipynb")
    notebook.run(SETUP, "setup")
    yield notebook
    notebook.client.stop_channels()
    notebook.manager.shutdown_kernel(now=True)


@pytest.fixture
def notebook(kernel):
    """With the right function run in its cell, and saved so."""
    kernel.path.write_bytes((course.released_folder() / NAME / f"{NAME}.ipynb").read_bytes())
    kernel.save(exercise_zero_pad=RIGHT)
    kernel.run(RIGHT, "exercise-zero_pad")
    assert "zero_pad: passed (2 / 2 points)" in kernel.run(CHECK, "check-zero_pad")
    return kernel


def not_checked(notebook):
    said = notebook.run(CHECK, "check-zero_pad")
    assert "zero_pad: not checked (0 / 2 points)" in said and said.endswith("0.0") and "passed" not in said
    return said


def test_a_syntax_error_in_the_cell(notebook):
    notebook.run(RIGHT[:-3], "exercise-zero_pad")
    said = not_checked(notebook)
    assert "The cell of zero_pad failed when it was last run (SyntaxError: " in said and "in line 2)" in said
    notebook.run(RIGHT, "exercise-zero_pad")
    assert "passed" in notebook.run(CHECK, "check-zero_pad")


def test_an_error_above_the_function(notebook):
    notebook.run(f"import nonsense_of_theirs\n{RIGHT}", "exercise-zero_pad")
    assert "(ModuleNotFoundError: No module named 'nonsense_of_theirs')" in not_checked(notebook)


def test_an_error_below_the_function_leaves_the_new_one(notebook):
    notebook.run(f"{WRONG}\n1 / 0", "exercise-zero_pad")
    assert "zero_pad: not right yet" in notebook.run(CHECK, "check-zero_pad")


def test_another_name(notebook):
    notebook.run(RIGHT.replace("zero_pad", "zero_padding"), "exercise-zero_pad")
    assert "The cell that zero_pad came from defines zero_padding now" in not_checked(notebook)


def test_the_function_was_deleted(notebook):
    notebook.run("1 + 1", "exercise-zero_pad")
    assert "The cell that zero_pad came from defines nothing now" in not_checked(notebook)


def test_a_change_that_was_saved_and_not_run(notebook):
    notebook.save(exercise_zero_pad=WRONG)
    assert "The cell of zero_pad was changed after it had run" in not_checked(notebook)
    notebook.run(WRONG, "exercise-zero_pad")
    assert "zero_pad: not right yet" in notebook.run(CHECK, "check-zero_pad")


@pytest.mark.parametrize(
    "text", [f"# a comment\n{RIGHT}", f"{RIGHT}\nprint('later')", RIGHT.replace("X, ((0", "X,  ((0")]
)
def test_comments_and_other_lines_make_no_other_function(notebook, text):
    notebook.save(exercise_zero_pad=text)
    assert "passed" in notebook.run(CHECK, "check-zero_pad")


def test_the_right_version_in_a_cell_that_does_not_count(notebook):
    notebook.run(WRONG, "exercise-zero_pad")
    notebook.save(exercise_zero_pad=WRONG)
    notebook.add_below_the_check(RIGHT)
    notebook.run(RIGHT, "mine")
    time.sleep(0.05)
    os.utime(notebook.path)
    assert "Two cells define zero_pad, and this one is not the one that will be graded." in not_checked(notebook)


def test_a_notebook_that_was_not_saved_since_says_nothing(notebook):
    notebook.run(WRONG, "exercise-zero_pad")  # on the disk stands the right one, from before
    assert "zero_pad: not right yet" in notebook.run(CHECK, "check-zero_pad")


def test_a_package_that_the_grader_lacks(notebook):
    source = RIGHT.replace("    return", "    import scipy\n    return")
    notebook.save(exercise_zero_pad=source)
    notebook.run(source, "exercise-zero_pad")
    said = notebook.run(CHECK, "check-zero_pad")
    assert "zero_pad: not right yet (0 / 2 points)" in said
    assert "zero_pad will not count as it is: `scipy` is not there when the notebook is graded" in said


def test_an_endless_loop_is_stopped_with_its_line(notebook):
    source = "def zero_pad(X, pad):\n    while True:\n        pad += 1"
    notebook.save(exercise_zero_pad=source)
    notebook.run(source, "exercise-zero_pad")
    began = time.monotonic()
    said = notebook.run(CHECK, "check-zero_pad")
    assert time.monotonic() - began < 60
    assert "zero_pad was stopped after 10 seconds: perhaps one of its loops never comes to an end." in said
    assert "In your line: " in said and said.endswith("0.0")


def test_the_stop_button_is_one_sentence(notebook):
    source = "def zero_pad(X, pad):\n    while True:\n        pad += 1"
    notebook.save(exercise_zero_pad=source)
    notebook.run(source, "exercise-zero_pad")
    threading.Timer(1.5, notebook.manager.interrupt_kernel).start()
    said = notebook.run(CHECK, "check-zero_pad")
    assert "You stopped the check of zero_pad." in said and "It was at your line: " in said
    assert said.endswith("Stopped: The check of zero_pad was stopped.\nThe check of zero_pad was stopped.")


def test_async_and_numpys_own_max(notebook):
    notebook.run(f"async {RIGHT}", "exercise-zero_pad")
    notebook.save(exercise_zero_pad=f"async {RIGHT}")
    assert "zero_pad begins with `async def`" in notebook.run(CHECK, "check-zero_pad")
    taken = "from numpy import max\n\n\ndef zero_pad(X, pad):\n    return np.pad(X, max(pad, 0, 0))"
    notebook.run(taken, "exercise-zero_pad")
    notebook.save(exercise_zero_pad=taken)
    assert "`max` is NumPy's here, not Python's" in notebook.run(CHECK, "check-zero_pad")
    notebook.run("del max", "other")


def test_names_that_are_not_there_say_which_cell_gives_them(notebook):
    notebook.run("del zero_pad", "other")
    assert "`zero_pad` is not there: its cell has not been run" in notebook.run(CHECK, "check-zero_pad")
    notebook.run(f"{RIGHT}\nkept, check = check, True", "other")
    assert "`check` has been given another value: run the cell with the imports again." in notebook.run(CHECK, "x")
    notebook.run("del check", "other")
    assert "`check` is not there: the cell with the imports" in notebook.run(CHECK, "check-zero_pad")
    notebook.run("check = kept", "other")
    assert "NameError: name 'nothing' is not defined\n" in notebook.run("nothing", "other")
