"""The map: what it says of a learner's progress, and that it is drawn again when the progress changes."""

import re
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from dlcourse.workspace import course_map, progress
from dlcourse.workspace.course import released_notebooks


@pytest.fixture
def course(tmp_path, monkeypatch):
    (tmp_path / ".dlcourse").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stage(number):
    return next(stage for stage in course_map.stages() if stage.place.stem.startswith(number))


def test_every_released_notebook_is_on_it_once_in_order_with_its_title(course):
    stages = list(course_map.stages())
    assert [stage.place for stage in stages] == list(released_notebooks())
    assert stages[1].title == "Convolution, step by step"
    assert all(stage.points > 0 and stage.state == "new" and stage.earned == 0 for stage in stages)


def test_states_points_and_hints_follow_the_progress_file(course):
    progress.record_hint("convolution", "zero_pad")
    assert (stage("01").state, stage("01").hints, stage("01").passed) == ("started", 1, 0)
    progress.record_attempt("convolution", "zero_pad", 0.5)
    points = {check.exercise: check.points for check, _ in stage("01").exercises}
    assert stage("01").earned == points["zero_pad"] / 2
    for exercise in points:
        progress.record_attempt("convolution", exercise, 1.0)
    done = stage("01")
    assert (done.state, done.passed, done.earned) == ("done", len(points), done.points)
    assert stage("02").state == "new"


def test_what_is_next_is_the_first_notebook_that_is_not_done(course):
    assert course_map.draw(course).text.endswith("Next: 00  Start here.")
    progress.record_attempt("start", "total_minutes", 1.0)
    drawn = course_map.draw(course)
    assert drawn.text.endswith("Next: 01  Convolution, step by step.")
    assert re.search(r'class="new next" data-notebook="01_convolution"', drawn.html)
    assert "✓ 00  Start here" in drawn.text and 'href="01_convolution/01_convolution.ipynb"' in drawn.html


def test_a_state_is_a_word_beside_its_mark(course):
    progress.record_attempt("convolution", "zero_pad", 0.5)
    html = course_map.draw(course).html
    for mark, word in course_map.MARKS.items():
        assert word in html or mark == "done"
    assert re.search(r'<span aria-hidden="true">◐</span> started', html)


def test_outside_a_course_folder_it_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "`dlcourse lab` makes one" in course_map.draw(None).text


def test_a_damaged_progress_file_draws_an_empty_map(course):
    (course / ".dlcourse" / "progress.json").write_text("{")
    assert {stage.state for stage in course_map.stages()} == {"new"}


def test_in_a_kernel_it_is_drawn_again_when_another_notebook_passes_a_check(course):
    manager, client = start_new_kernel(cwd=str(course))
    try:
        identifier = displayed(client, "from dlcourse.workspace import course_map; course_map.show()")
        progress.record_attempt("start", "total_minutes", 1.0)  # this process stands for the other notebook's kernel
        update = next_update(client)
        assert update["transient"]["display_id"] == identifier
        assert "✓ 00  Start here" in update["data"]["text/plain"]

        second = displayed(client, "course_map.show()")  # the first one is left as it is from now on
        progress.record_attempt("convolution", "zero_pad", 1.0)
        assert next_update(client)["transient"]["display_id"] == second
        client.execute("import time; time.sleep(2 * course_map.SECONDS)")
        assert "update_display_data" not in kinds_until_idle(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def displayed(client, code) -> str:
    """Run code that displays one thing; the name under which it can be replaced."""
    client.execute(code)
    while (message := client.get_iopub_msg(timeout=60))["msg_type"] != "display_data":
        assert message["msg_type"] != "error", message["content"]["traceback"]
    identifier = message["content"]["transient"]["display_id"]
    kinds_until_idle(client)
    return identifier


def next_update(client) -> dict:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "update_display_data":
            return message["content"]
    raise AssertionError("The map was not drawn again.")


def kinds_until_idle(client) -> list[str]:
    kinds = []
    while True:
        message = client.get_iopub_msg(timeout=60)
        kinds.append(message["msg_type"])
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return kinds


def test_without_jupyter_it_is_printed(course, capsys):
    course_map.show()
    assert "01  Convolution, step by step" in capsys.readouterr().out
    assert Path.cwd() == course


def test_it_says_what_a_notebook_stands_on_how_long_it_takes_and_which_help_was_looked_at(course):
    progress.record_hint("pooling", "pool_forward")
    progress.record_solution("pooling", "pool_forward")
    every = list(course_map.stages(course))
    assert all(stage.stands_on and stage.takes for stage in every if not stage.place.stem.startswith("00"))
    stage = next(stage for stage in every if stage.place.stem == "02_pooling")
    drawn = course_map.draw(course)
    row = drawn.html.partition('data-notebook="02_pooling"')[2].partition("</tr>")[0]
    assert f'<td class="words">{stage.stands_on}</td><td class="words">{stage.takes}</td>' in row
    assert "<td>1 hint, 1 solution</td>" in row
    assert "Help: hints and solutions that you have looked at. They cost no points." in drawn.text


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((0, 1, 2), ""),
        ((0, 1, 3), "Number 02 is"),
        ((0, 1, 4), "Numbers 02 to 03 are"),
        ((0, 1, 3, 6, 8), "Numbers 02, 04 to 05 and 07 are"),
    ],
)
def test_numbers_that_are_not_there_yet_are_no_gaps(numbers, words):
    every = [course_map.Stage(Path(f"{number:02d}_topic.ipynb"), "A title", ()) for number in numbers]
    assert course_map._gaps(every) == (f"{words} still being written; nothing is missing here." if words else "")
