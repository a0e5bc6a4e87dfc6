"""The ways through the course: nobody is sent to a notebook before those that it stands on."""

import re

import pytest
from classroom import ROOT

from autograder.building import overview
from dlcourse.workspace import course_map, learning_paths

EVERY = list(course_map.stages())
COURSE = [f"{number:02d}" for number in range(1, 22)]
STANDS_ON = {learning_paths.number_of(stage): learning_paths.numbers_in(stage.stands_on) for stage in EVERY[1:]}


@pytest.mark.parametrize(
    "words, numbers",
    [
        ("Python and NumPy, no other notebook", []),
        ("notebook 17", ["17"]),
        ("notebooks 01 to 03", ["01", "02", "03"]),
        ("notebooks 03, 05 and 07", ["03", "05", "07"]),
        ("notebooks 01 to 03 and 16", ["01", "02", "03", "16"]),
    ],
)
def test_the_numbers_that_a_head_names(words, numbers):
    assert learning_paths.numbers_in(words) == numbers


def test_a_notebook_stands_on_earlier_ones_that_there_are_or_are_being_written():
    assert {one for given in STANDS_ON.values() for one in given} <= set(COURSE)
    assert [number for number, given in STANDS_ON.items() if max(given, default="") >= number] == []


@pytest.mark.parametrize("path", learning_paths.PATHS, ids=lambda path: path.name)
def test_what_a_notebook_stands_on_comes_before_it(path):
    assert set(path.numbers()) <= set(COURSE) and len(set(path.numbers())) == len(list(path.numbers()))
    done: set[str] = set()
    for day in learning_paths.days(path, EVERY):
        for stage in day:
            number = learning_paths.number_of(stage)
            assert done >= set(STANDS_ON[number]), number
            done.add(number)
    assert done == (set(path.numbers()) or set(COURSE)) & set(STANDS_ON)
    assert len(path.days) <= 7


def test_the_picture_has_every_notebook_and_an_arrow_for_each_that_it_builds_on():
    before = learning_paths.builds_on(EVERY[1:])
    svg = learning_paths.picture(EVERY)
    assert re.findall(r'font-weight="700">(\d\d)<', svg) == list(before)
    assert svg.count("l-7 -4v8z") == sum(map(len, before.values()))
    assert "<a " not in svg  # JupyterLab would show an error in its place
    links = re.findall(r'<a href="([^"]+)">', learning_paths.draw().html)
    assert set(links) <= {stage.place.as_posix() for stage in EVERY} and len(links) >= 7
    boxes = dict(zip(before, map(int, re.findall(r'<rect x="(\d+)"', svg)), strict=True))
    assert all(boxes[one] < boxes[number] for number, given in before.items() for one in given)


def test_an_arrow_that_others_imply_is_left_out_and_nothing_else():
    before = learning_paths.builds_on(EVERY[1:])

    def behind(number):
        return {far for near in before[number] for far in {near, *behind(near)}}

    for number, given in STANDS_ON.items():
        assert behind(number) >= {one for one in given if one in STANDS_ON}
        assert not any(one in behind(other) for one in before[number] for other in before[number])


def test_no_title_in_the_picture_is_too_long_or_ends_in_the_middle():
    for stage in EVERY[1:]:
        lines = learning_paths._short(stage.title)
        assert max(map(len, lines)) <= learning_paths.LINE and stage.title.startswith(" ".join(lines))
        assert stage.title[len(" ".join(lines)) :][:1] in ("", ":", ",", " ")


def test_the_start_page_and_the_page_of_the_notebooks_say_the_same():
    shown = learning_paths.draw()
    page = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    assert learning_paths.told(EVERY) in page and learning_paths.told(EVERY) in shown.html.replace("&#x27;", "'")
    assert all(path.why in page and path.why in shown.text for path in learning_paths.PATHS)
    assert [stage.title for stage in overview.stages(ROOT)] == [stage.title for stage in EVERY]


def test_what_comes_back_is_named_in_each_notebook_that_it_is_said_to_come_back_in():
    rows = list(overview.used_again(ROOT))
    assert ("01_convolution", "conv_forward") in [row[:2] for row in rows]
    for name, exercise, others in rows:
        assert min(others) > name
        for other in others:
            assert re.search(rf"\b{exercise}\b", (ROOT / "solutions" / f"{other}.py").read_text(encoding="utf-8"))
