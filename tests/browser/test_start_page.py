"""A new learner's first minutes: the start page, its map, one exercise with its buttons, then one of notebook 01."""

import re
import shutil

import pytest
from classroom import ROOT
from lab_page import LabPage

PAGE = "00_start.ipynb"
HOURS_UNCHANGED = "def total_minutes(hours, minutes):\n    return hours + minutes\n"
RIGHT = "def total_minutes(hours, minutes):\n    return 60 * hours + minutes\n"
HINT = '.dlcourse-panel[aria-label^="Hint"]'
ZERO_PAD = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"


@pytest.fixture
def start(page):
    """The page as `dlcourse lab` opens it, without what another test left in it: buttons of a kernel that is gone."""
    for notebook in (PAGE, "01_convolution/01_convolution.ipynb"):
        shutil.copy(ROOT / "notebooks" / notebook, page.folder / notebook)
    page.tab.goto(page.address)
    page.wait_until_ready()
    return page


def answer(page, source):
    """Write total_minutes, run it and its check; what the panel says."""
    exercise = page.cell("def total_minutes(hours, minutes):")
    page.write(exercise, source)
    page.run(exercise)
    page.run(page.cell("check(total_minutes, points="))
    return page.panel("total_minutes")


def row(page, notebook):
    """The map's words on one notebook, with single spaces."""
    return re.sub(r"\s+", " ", page.read(page.tab.locator(f'.dlcourse-map tr[data-notebook="{notebook}"]')))


def hints(page):
    return [page.read(hint) for hint in page.cell("check(total_minutes, points=").locator(HINT).all()]


def test_a_new_learner_meets_the_map_a_mistake_a_hint_and_a_pass(start):
    tab = start.tab
    assert "Start here" in start.read(tab.locator(".jp-Notebook h1").first)
    start.run_all()
    assert row(start, "00_start").startswith("00 Start here ○ new 0 of 1")
    assert "Ready for the course." in start.read(tab.locator(".dlcourse-machine"))
    assert "not attempted yet" in start.panel("total_minutes")

    said = answer(start, HOURS_UNCHANGED)
    assert "Known mistake. The hours are added as they are" in said

    check = start.cell("check(total_minutes, points=")
    check.get_by_role("button", name="Hint 1 of 2").wait_for()
    check.locator(".jp-InputPrompt").first.click()
    for _ in range(5):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "Hint 1 of 2":
            break
    tab.keyboard.press("Enter")
    check.get_by_role("button", name="Hint 2 of 2").wait_for()
    assert [text.split("\n")[0] for text in hints(start)] == ["Hint 1 of 2 for total_minutes"]
    assert tab.evaluate("document.activeElement.textContent") == "Hint 2 of 2"  # the key can be pressed again
    tab.keyboard.press("Space")
    check.locator('.dlcourse-panel[aria-label^="Hint 2"]').wait_for()
    assert [text.split("\n")[0][:6] for text in hints(start)] == ["Hint 1", "Hint 2"]
    check.get_by_role("button", name="Start again").click()
    check.locator(".dlcourse-panel", has_text="dlcourse reset 00 total_minutes").wait_for()
    assert 'NotImplementedError("total_minutes is not written yet")' in start.read(check)

    assert "1 / 1 point" in answer(start, RIGHT)
    buttons = start.cell("check(total_minutes, points=").get_by_role("button", name=re.compile("Hint|Solution|Start"))
    buttons.first.wait_for()
    assert [start.read(button) for button in buttons.all()] == ["Solution"]
    tab.locator('.dlcourse-map tr.done[data-notebook="00_start"]').wait_for(state="attached")
    assert row(start, "00_start") == "00 Start here ✓ done 1 of 1 1 / 1 2 hints"


def test_a_check_in_another_notebook_changes_the_map_without_running_it_again(start):
    tab = start.tab
    start.run(start.cell("import course_map, doctor"))
    start.run(start.cell("course_map.show()"))
    before = int(re.search(r"(\d+) of 8", row(start, "01_convolution"))[1])
    prompt = start.read(start.cell("course_map.show()").locator(".jp-InputPrompt").first)
    tab.locator(".dlcourse-map a", has_text="Convolution, step by step").click()
    tab.locator("h2:visible", has_text="An image is a grid of numbers").wait_for()
    start.wait_until_ready()
    visible = LabPage(tab, start.address, start.folder)
    visible.run(visible.cell("import explore_filters"))
    exercise = visible.cell("def zero_pad(X, pad):")
    visible.write(exercise, ZERO_PAD)
    visible.run(exercise)
    visible.run(visible.cell("check(zero_pad, points="))
    assert "passed" in visible.panel("zero_pad")

    tab.locator(".lm-TabBar-tabLabel", has_text=PAGE).click()
    expected = re.compile(f"{before + 1} of 8")
    tab.locator('.dlcourse-map tr.started[data-notebook="01_convolution"]', has_text=expected).wait_for()
    assert "◐ started" in row(start, "01_convolution")
    assert start.read(start.cell("course_map.show()").locator(".jp-InputPrompt").first) == prompt


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_every_text_can_be_read_in_both_themes(start, theme):
    start.choose_theme(theme)
    start.run(start.cell("import course_map, doctor"))
    start.run(start.cell("course_map.show()"))
    answer(start, HOURS_UNCHANGED)
    buttons = start.cell("check(total_minutes, points=").locator(".dlcourse-buttons button")
    buttons.first.wait_for()
    buttons.first.click()
    start.tab.locator(HINT).first.wait_for()
    found = start.contrasts(".dlcourse-panel, .dlcourse-map, .dlcourse-buttons")
    assert len(found) > 60
    assert [(round(contrast, 2), text) for contrast, text in found if contrast < 4.5] == []


def test_a_saved_page_opened_again_shows_what_was_said_and_no_broken_buttons(start, chromium, lab):
    start.run(start.cell("import course_map, doctor"))
    answer(start, HOURS_UNCHANGED)
    check = start.cell("check(total_minutes, points=")
    check.get_by_role("button", name=re.compile("[Hh]int")).click()
    check.locator(HINT).first.wait_for()
    start.save(PAGE)
    start.shut_down()

    context = chromium.new_context(viewport={"width": 1280, "height": 1600})
    again = LabPage(context.new_page(), *lab)
    again.open(PAGE)  # with a kernel of its own, which knows nothing of the buttons
    again.tab.locator(HINT).first.scroll_into_view_if_needed()
    place = again.tab.locator(".jp-OutputArea-child", has_text=re.compile("Loading widget|Error displaying widget"))
    place.filter(has_text="Error").wait_for(state="attached")
    assert not place.is_visible()
    assert "Known mistake" in again.panel("total_minutes")
    context.close()
