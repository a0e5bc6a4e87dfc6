"""The Hand in button: it saves first, does what `dlcourse submit` does, and is there for a person only."""

from __future__ import annotations

import json
import threading
import time

import pytest
from surfaces import words_of

from dlcourse import checks
from dlcourse.checking.panel import buttons
from dlcourse.workspace import course, hand_in, submit

NAME = "01_convolution"
RIGHT = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """The learner's notebook 01, in whose folder this process is."""
    folder = tmp_path / "my-course"
    course.lay_out(folder)
    monkeypatch.chdir(folder / NAME)
    monkeypatch.setattr(hand_in, "PATIENCE", 1.0)
    return folder / NAME / f"{NAME}.ipynb"


def write(path, source):
    notebook = json.loads(path.read_text())
    path.write_text("")  # as Jupyter does, for a moment
    for cell in notebook["cells"]:
        if cell.get("id") == "exercise-zero_pad":
            cell["source"] = source
    time.sleep(0.4)
    path.write_text(json.dumps(notebook))


def test_what_is_saved_on_its_request_is_what_is_handed_in(notebook):
    """JupyterLab saves when the first panel is shown; the file must not have been read before."""
    shown = []

    def update(panel):
        shown.append(panel)
        if hand_in.SAVE in panel.html:
            threading.Timer(0.1, write, (notebook, RIGHT)).start()

    done = hand_in.hand_in(notebook, update, "ada")
    assert RIGHT.splitlines()[1] in done.path.read_text().replace("\\n", "\n")
    assert [one.state for one in done.exercises if one.name == "zero_pad"] == ["written"]
    assert "Saving" in shown[0].text and hand_in.SAVE not in shown[-1].html
    said = words_of(shown[-1].html)
    assert "01_convolution of ada, as your teacher will see it" in said and "zero_pad 1 ✓ written" in said
    assert str(done.path) in said and time.strftime("%H:") in said


def test_it_says_what_submit_says(notebook):
    write(notebook, f"from scipy import ndimage\n\n\n{RIGHT.replace('np.pad', 'ndimage.pad')}")
    shown = []
    done = hand_in.hand_in(notebook, shown.append, "ada")
    again = submit.submit(str(notebook), "ada")
    assert (again.exercises, again.path, again.again) == (done.exercises, done.path, True)
    assert "✗ zero_pad (1): cannot run: `scipy` is not there when the notebook is graded" in shown[-1].text


def test_nothing_to_hand_in_is_a_sentence(notebook):
    shown = []
    assert hand_in.hand_in(notebook, shown.append, "ada") is None
    assert "Nothing in " in shown[-1].text and "failed" in shown[-1].html


def test_the_name_is_kept_for_the_next_time(notebook):
    write(notebook, RIGHT)
    submit.remember_name("Ada Lovelace")
    assert submit.remembered_name() == "Ada Lovelace"
    assert submit.submit(str(notebook)).path.name == f"{NAME}-Ada-Lovelace.ipynb"


def test_the_button_stands_under_the_last_check_of_a_notebook_only(notebook):
    def row(topic, name):
        exercise = checks.get(topic, name)
        report = checks.run(topic, name, exercise.reference)
        return buttons.Buttons(exercise, report, hand_in._box("a panel", ""), lambda panel: None)

    write(notebook, RIGHT)
    assert row("convolution", "zero_pad").hand_in is None
    assert row("start", "total_minutes").hand_in is None
    shown = []
    last = row("convolution", "spot_the_mistake")
    last._update = shown.append
    last.hand_in.click()
    assert "as your teacher will see it" in shown[-1].text and "a panel" in shown[-1].text
    last.hand_in.click()  # the receipt is replaced
    assert shown[-1].text.count("as your teacher will see it") == 1


def test_without_a_person_it_is_a_sentence(notebook, capsys):
    hand_in.show()
    assert "In JupyterLab there is a button here." in capsys.readouterr().out
    assert not (notebook.parent.parent / submit.FOLDER).exists()
