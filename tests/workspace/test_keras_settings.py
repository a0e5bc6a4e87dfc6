"""A person's own keras.json breaks no notebook, and where Keras cannot start with it, somebody says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from dlcourse.workspace import doctor

WRONG = {"backend": "torch", "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.5}
SETTINGS = (
    "from dlcourse.checking.quiet import quiet\n"
    "with quiet():\n    import keras\n"
    "c = keras.config\n"
    "print(c.backend(), c.image_data_format(), c.floatx(), c.epsilon())"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder for Keras's settings, and what writes them."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def write(content):
        (tmp_path / "keras.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path / "keras.json"

    return write


def python(code):
    return subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, timeout=300
    )


def test_keras_is_what_the_course_needs_whatever_the_file_says(home):
    home(WRONG)
    assert python(SETTINGS).stdout == "tensorflow channels_last float32 1e-07\n"


def test_a_check_of_a_network_passes_under_a_wrong_file(home):
    home(WRONG)
    done = python(
        "from dlcourse import checks, keras_models\n"
        "report = checks.run('keras_models', 'convolutional_model', keras_models.convolutional_model)\n"
        "print(report.passed, [failure.message for failure in report.failures])"
    )
    assert done.stdout == "True []\n", done.stderr[-2000:]


@pytest.mark.parametrize(("name", "value"), [("floatx", "float99"), ("epsilon", "small"), ("image_data_format", "?")])
def test_a_file_that_keras_refuses_is_named_by_the_setup_cell_and_by_doctor(home, name, value):
    file = home({name: value})
    said = python(SETTINGS).stderr.strip().splitlines()[-1]
    assert said.endswith(f"Keras does not start with {name} as {file} has it: delete that file, Keras writes it anew.")
    found = doctor._keras_file()
    assert not found.good and str(file) in found.state and str(file) in found.remedy


def test_a_notebook_shows_the_sentence_alone(home, tmp_path, monkeypatch):
    """Not below the forty lines of a traceback, of which a learner has written none."""
    file = home({"floatx": "float99"})
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"InteractiveShell.instance(colors='nocolor').run_cell({SETTINGS!r})"
    )
    said = python(code).stdout.strip()
    assert said == f"Keras does not start with floatx as {file} has it: delete that file, Keras writes it anew."


def test_keras_that_was_there_before_with_another_back_end_is_named(home):
    file = home({})
    done = python(
        "import os\nos.environ['KERAS_BACKEND'] = 'jax'\n"
        "import sys, types\n"
        "keras = types.ModuleType('keras')\n"
        "keras.config = types.SimpleNamespace(backend=lambda: 'torch')\n"
        "sys.modules['keras'] = keras\n"
        "from dlcourse.checking.quiet import quiet\n"
        "with quiet():\n    pass\n"
    )
    assert (
        f'with torch as its back end, where the course needs tensorflow: write "backend": "tensorflow" into {file}'
        in (done.stderr)
    )


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"backend": "tensorflow"}'])
def test_other_files_are_no_matter(home, content):
    home(content) if content != "[]" else home("{}")
    assert doctor._keras_file().good


def test_doctor_says_what_the_file_asks_for(home):
    file = home(WRONG)
    found = doctor._keras_file()
    assert found.good and found.state.startswith(f"{file} asks for backend torch, image_data_format channels_first")
