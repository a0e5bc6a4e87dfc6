"""What a learner sees of a lead: the line, then the part, then the kind; in a notebook where no mistake was named."""

import linecache
import threading

import pytest

from dlcourse import checks
from dlcourse.checking.panel import buttons, leads, notebook, session
from dlcourse.figures.appearance import Panel
from dlcourse.leads import finder
from dlcourse.leads.search import Lead

EXERCISE = checks.get("recurrent", "rnn_cell_forward")
SOURCE = """def rnn_cell_forward(xt, a_prev, parameters):
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    ba, by = parameters["ba"], parameters["by"]
    a_next = np.tanh(np.dot(Wax, xt) + np.dot(Waa, a_prev) * 3 - ba)
    return a_next, a_next, (a_next, a_prev, xt, parameters)
"""
FOUND = Lead((4,), ((4, 21, 67),), "one name stands where another one belongs", "every case")


class Searching:
    """A search that has come to an end."""

    def __init__(self, lead):
        self.lead, self.share, self.stopped = lead, 0.5, False

    def wait(self, seconds):
        return True

    def stop(self):
        self.stopped = True


class Finder:
    """Finds what it is told to find, and counts how often it is asked."""

    def __init__(self, lead):
        self.found, self.asked = lead, []

    def unread(self, exercise, source):
        return finder.unread(exercise, source)

    def begin(self, exercise, seed, source, namespace):
        self.asked.append(seed)
        return Searching(self.found)


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A learner who has done nothing yet, outside any course folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLCOURSE_LEADS", raising=False)
    monkeypatch.setattr(leads, "_latest", {})
    monkeypatch.setattr(leads, "_known", {})


@pytest.fixture
def found(monkeypatch):
    """The next search finds this."""

    def use(lead=FOUND):
        asked = Finder(lead)
        monkeypatch.setattr(session, "_finder", asked)
        return asked

    return use


def checked(source=SOURCE, seed=0):
    """The report on a function that stands in a cell, two lines below its top."""
    import numpy as np

    cell = f"# a remark\n\n{source}"
    filename = f"<cell {hash(source)}>"
    linecache.cache[filename] = (len(cell), None, cell.splitlines(keepends=True), filename)
    namespace = {"np": np}
    exec(compile(cell, filename, "exec"), namespace)
    function = namespace["rnn_cell_forward"]
    report = checks.run("recurrent", "rnn_cell_forward", function, seed=seed)
    leads.note(EXERCISE, report, function, namespace)
    return report


def test_the_ladder_line_part_kind(found):
    found()
    assert not checked().mistake
    first, second, third, all_again = (leads.where("rnn_cell_forward") for _ in range(4))
    assert "A small change in line 6 alone makes every case pass." in first.text  # as the cell counts
    assert "a_next = np.tanh(np.dot(Wax, xt) + np.dot(Waa, a_prev) * 3 - ba)" in first.text
    assert "<u>np.dot(Wax, xt) + np.dot(Waa, a_prev) * 3 - ba</u>" in second.html.replace("&#x27;", "'")
    underlined, marks = second.text.splitlines()[-2:]
    assert underlined[marks.index("^") : marks.rindex("^") + 1] == "np.dot(Wax, xt) + np.dot(Waa, a_prev) * 3 - ba"
    assert "One name stands where another one belongs." in third.text
    assert all(each.text in all_again.text for each in (first, second, third))
    assert "wrong" not in first.text + second.text + third.text


def test_groups_that_are_gained_are_named(found):
    found(Lead((2, 4), (), "", ("dW", "db")))
    checked()
    said = leads.where("rnn_cell_forward").text
    assert "Small changes in lines 4 and 6 alone make “dW” and “db” right; the rest needs more." in said


def test_a_kind_that_is_the_answer_is_not_told(found):
    found(Lead((4,), ((4, 21, 67),), "", "every case"))
    checked()
    assert len({leads.where("rnn_cell_forward").text for _ in range(6)}) == 3  # line, part, both again


def test_what_is_never_used_is_told_with_the_line(found):
    found(None)
    checked()
    said = leads.where("rnn_cell_forward")
    assert "Wya is computed and never used." in said.text and "<code>Wya</code>" in said.html
    assert "by is computed and never used." in said.text


def test_silence_says_so_and_counts_as_nothing(found, monkeypatch):
    counted = []
    monkeypatch.setattr(session, "record_lead", lambda topic, exercise: counted.append(exercise))
    found(None)
    checked(SOURCE.replace("a_next, a_next, (", "np.dot(Wya, a_next) * by, a_next, ("))
    assert leads.where("rnn_cell_forward").text.startswith("No single small change was found")
    assert counted == []


def test_each_step_counts_once_as_a_hint(found, monkeypatch):
    counted = []
    monkeypatch.setattr(session, "record_lead", lambda topic, exercise: counted.append(exercise))
    found()
    checked()
    for _ in range(5):
        leads.where("rnn_cell_forward")
    assert counted == ["rnn_cell_forward"] * 3


def test_one_search_for_each_text_however_often_it_is_checked(found):
    asked = found()
    for seed in range(3):
        checked(seed=seed)
        leads.where("rnn_cell_forward")
    assert asked.asked == [0]
    checked(SOURCE.replace("* 3", "* 4"))
    leads.where("rnn_cell_forward")
    assert asked.asked == [0, 0]


def test_when_nothing_is_looked_for(found, monkeypatch, capsys):
    asked = found()
    notebook.where("rnn_cell_forward")
    assert "Run the check of rnn_cell_forward first" in capsys.readouterr().out
    checked('def rnn_cell_forward(xt, a_prev, parameters):\n    raise NotImplementedError("not written yet")\n')
    assert "Write rnn_cell_forward and run its check once" in leads.where("rnn_cell_forward").text
    checked(SOURCE.replace("* 3 - ba", "+ ba").replace("a_next, a_next, (", "a_next, 0 * a_next, ("))
    looked = leads._latest["recurrent/rnn_cell_forward"]
    looked.report = checks.run("recurrent", "rnn_cell_forward", EXERCISE.reference)
    assert "passes its check" in leads.where("rnn_cell_forward").text
    monkeypatch.setenv("DLCOURSE_LEADS", "off")
    assert "turned off in this classroom" in leads.where("rnn_cell_forward").text
    assert asked.asked == []


def row(report):
    shown = []
    return buttons.Buttons(EXERCISE, report, Panel("<p>above</p>", "above"), shown.append), shown


def test_the_button_goes_down_the_ladder_after_a_search_beside_the_notebook(found):
    found()
    made, shown = row(checked())
    assert made.lead.description == "Which line?"
    made.lead.click()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name.startswith("lead"):
            thread.join()
    assert "line 6 alone" in shown[-1].text and made.lead.description == "Which part of it?"
    made.lead.click()
    assert made.lead.description == "Which kind of slip?"
    made.lead.click()
    assert (made.lead.description, made.lead.disabled) == ("No more leads", True)
    assert all(words in shown[-1].text for words in ("line 6 alone", "underlined", "One name stands"))


def test_no_button_where_a_mistake_was_named_or_the_classroom_has_none(found, monkeypatch):
    found()
    report = checked()
    monkeypatch.setenv("DLCOURSE_LEADS", "off")
    assert row(report)[0].lead is None
    monkeypatch.delenv("DLCOURSE_LEADS")
    assert row(report)[0].lead is not None
    leads._latest["recurrent/rnn_cell_forward"].report = checks.run(
        "recurrent", "rnn_cell_forward", EXERCISE.mistakes[0].variant
    )
    assert row(report)[0].lead is None


def test_a_wrong_helper_comes_first(found):
    found()
    import dataclasses

    report = dataclasses.replace(checked(), helper="Your softmax fails its own check.")
    leads._latest["recurrent/rnn_cell_forward"].report = report
    assert leads.where("rnn_cell_forward").text == "Your softmax fails its own check."
    assert row(report)[0].lead is None
