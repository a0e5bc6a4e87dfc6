"""The buttons under a panel: only where a person runs the cell, and the same as hint() and solution()."""

import pytest
from jupyter_client.manager import start_new_kernel

from dlcourse import checks
from dlcourse.checking.panel import buttons, notebook, session
from dlcourse.figures.appearance import Panel

VIEW = buttons.VIEW
WRONG = "from dlcourse.checks.start import check\ndef total_minutes(hours, minutes):\n    return hours + minutes\n"
EXERCISE = checks.get("start", "total_minutes")
ABOVE = Panel("<p>the panel</p>", "the panel")


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """A learner who has done nothing yet, outside any course folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DLCOURSE_SOLUTIONS", raising=False)


def pressed_on(function):
    """The buttons for a function that was checked, and the list of panels that they ask for."""
    report = checks.run("start", "total_minutes", function)
    if report.attempted:
        session.record_attempt("start", "total_minutes", report.score)
    shown = []
    return buttons.Buttons(EXERCISE, report, ABOVE, shown.append), shown


def wrong(hours, minutes):
    return hours + minutes


def stub(hours, minutes):
    raise NotImplementedError("total_minutes is not written yet")


def labels(row):
    return [button.description for button in row.box.children]


def test_which_buttons_there_are():
    assert labels(pressed_on(stub)[0]) == ["Hint 1 of 2"]
    assert labels(pressed_on(wrong)[0]) == ["Hint 1 of 2", "Solution", "Start again"]
    assert labels(pressed_on(EXERCISE.reference)[0]) == ["Solution"]


def test_a_classroom_without_solutions_has_no_button_for_them(monkeypatch):
    monkeypatch.setenv("DLCOURSE_SOLUTIONS", "off")
    assert labels(pressed_on(wrong)[0]) == ["Hint 1 of 2", "Start again"]
    assert labels(pressed_on(EXERCISE.reference)[0]) == []


def test_every_button_says_what_it_does_and_for_which_exercise():
    row, _ = pressed_on(wrong)
    assert all("total_minutes" in button.tooltip for button in row.box.children)


def test_hints_come_one_by_one_under_the_panel_and_are_counted():
    row, shown = pressed_on(wrong)
    row.hint.click()
    assert row.hint.description == "Hint 2 of 2"
    assert shown[-1].text == f"the panel\n\nHint 1 of 2 for total_minutes: {EXERCISE.hints[0]}"
    row.hint.click()
    assert session.hints_shown("start", "total_minutes") == 2
    assert all(hint in shown[-1].text for hint in EXERCISE.hints)
    assert (row.hint.description, row.hint.disabled) == ("No more hints", True)
    later, shown = pressed_on(wrong)  # the check is run again, and everything can be read again
    assert (later.hint.description, later.hint.disabled) == ("All hints again", False)
    later.hint.click()
    assert all(hint in shown[-1].text for hint in EXERCISE.hints)
    assert session.hints_shown("start", "total_minutes") == 2


def test_the_button_goes_on_where_the_function_has_stopped(capsys):
    row, shown = pressed_on(wrong)
    notebook.functions(checks.topic("start")).hint("total_minutes")
    assert "Hint 1 of 2" in capsys.readouterr().out
    row.hint.click()
    assert EXERCISE.hints[1] in shown[-1].text and EXERCISE.hints[0] not in shown[-1].text


def test_the_solution_and_the_beginning():
    row, shown = pressed_on(wrong)
    row.solution.click()
    assert "return 60 * hours + minutes" in shown[-1].text
    row.again.click()
    assert 'raise NotImplementedError("total_minutes is not written yet")' in shown[-1].text
    assert "dlcourse reset 00 total_minutes" in shown[-1].text and "the panel" in shown[-1].html


def test_the_solution_of_claims_is_their_answers():
    exercise = checks.get("convolution", "spot_the_mistake")
    session.record_attempt("convolution", "spot_the_mistake", 0.0)
    from dlcourse.checking.panel import help

    shown = help.solution(exercise).text
    namespace = {}
    exec(shown.partition("\n\n")[2], namespace)
    assert namespace["spot_the_mistake"]() == exercise.reference()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("kernel")))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def outputs(client, code, metadata):
    """What a front end is sent for a cell: kinds of messages and their contents."""
    message = client.session.msg("execute_request", {
        "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
        "stop_on_error": True,
    }, metadata=metadata)  # fmt: skip
    client.shell_channel.send(message)
    found = []
    while True:
        answer = client.get_iopub_msg(timeout=60)
        if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
            return found
        found.append((answer["msg_type"], answer["content"]))


def test_a_person_gets_panel_buttons_and_points_in_this_order(kernel):
    found = outputs(kernel, WRONG + "check(total_minutes, points=1)", {"cellId": "check-total_minutes"})
    assert [kind for kind, _ in found if kind == "stream"] == []
    shown = [content["data"] for kind, content in found if kind in ("display_data", "execute_result")]
    assert ["Known mistake" in shown[0]["text/html"], VIEW in shown[1], shown[2]] == [True, True, {"text/plain": "0.0"}]
    assert (shown[1]["text/html"], shown[1]["text/plain"]) == ("", "")  # nothing where there are no widgets


def test_running_a_check_again_closes_the_buttons_before(kernel):
    outputs(kernel, WRONG + "check(total_minutes, points=1)", {"cellId": "one"})
    found = outputs(kernel, "check(total_minutes, points=1)", {"cellId": "one"})
    assert [kind for kind, _ in found].count("comm_close") >= 1


def test_a_grader_gets_no_buttons_and_no_ipywidgets(tmp_path):
    manager, client = start_new_kernel(cwd=str(tmp_path))
    try:
        found = outputs(client, WRONG + "check(total_minutes, points=1)", {})
        assert [kind for kind, _ in found] == ["status", "execute_input", "display_data", "execute_result"]
        assert "dlcourse-buttons" not in found[2][1]["data"]["text/html"]
        (_, answer) = outputs(client, "import sys; 'ipywidgets' in sys.modules", {})[-1]
        assert answer["data"]["text/plain"] == "False"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
