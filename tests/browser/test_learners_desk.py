"""What only a browser shows of a learner's desk: work is saved, handed in, and a panel speaks of what stands there."""

import contextlib
import json
import re
import time

import nbformat
import pytest

SOLVED = ("zero_pad", "conv_single_step", "conv_forward")
NOTEBOOK = "01_convolution/01_convolution.ipynb"
PAD = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"
UNPADDED = "def zero_pad(X, pad):\n    return X\n"
ENDLESS = "def zero_pad(X, pad):\n    while True:\n        pad = pad + 1\n"
FRACTION = "def conv_output_size(n, f, pad, stride):\n    return (n + 2 * pad - f) / stride + 1\n"


@pytest.fixture
def notebook(page):
    page.open(NOTEBOOK)
    page.run(page.cell("from dlcourse.checks.convolution import check"))
    yield page
    page.save(NOTEBOOK)  # or a save of this page's might come when the next one has the file open


def write(page, name, source):
    """Replace the text of the cell whose function's name begins like this; the cell."""
    page.write(page.cell(f"def {name}"), source)
    return page.cell(f"def {name}")


def checked(page, name):
    """Run the check of an exercise; the text of its panel."""
    page.run(page.cell(f"check({name}, points="))
    return page.panel(name)


def on_disk(page, name):
    """The text of an exercise's cell in the file, which Jupyter empties for a moment before it writes it."""
    for _ in range(100):
        with contextlib.suppress(nbformat.reader.NotJSONError, json.JSONDecodeError):
            cells = nbformat.read(page.folder / NOTEBOOK, as_version=4).cells
            break
        page.tab.wait_for_timeout(50)
    return next(cell.source for cell in cells if cell.get("id") == f"exercise-{name}")


def test_what_is_typed_is_on_the_disk_ten_seconds_later(notebook):
    write(notebook, "zero_pad", PAD)
    notebook.tab.wait_for_timeout(10_000)
    assert on_disk(notebook, "zero_pad").strip() == PAD.strip()


def test_hand_in_saves_what_was_typed_a_moment_ago(notebook):
    notebook.run(notebook.cell("def spot_the_mistake"))
    checked(notebook, "spot_the_mistake")
    write(notebook, "same_padding", "def same_padding(n, f, stride):\n    return 1, 2\n")
    last = notebook.cell("check(spot_the_mistake, points=")
    last.get_by_role("button", name="Hand in").click()
    receipt = last.locator(".dlcourse-receipt", has_text="as your teacher will see it")
    receipt.wait_for()
    said = re.sub(r"\s+", " ", notebook.read(receipt))
    assert "same_padding 2 ✓ written" in said and "conv_backward 6 · not attempted" in said
    (made,) = (notebook.folder / "handed-in").glob("01_convolution-*.ipynb")
    assert "return 1, 2" in made.read_text()


def test_a_panel_says_that_its_cell_failed_was_renamed_or_was_not_run(notebook):
    notebook.run(write(notebook, "zero_pad", PAD[:-4]))
    notebook.run(notebook.cell("check(zero_pad, points="))
    never_ran = notebook.read(notebook.cell("check(zero_pad, points="))
    assert "its cell has not been run since the kernel was started, has failed" in never_ran
    notebook.tab.screenshot(path="build/screenshots/panel-never-ran.png")
    notebook.run(write(notebook, "zero_pad", PAD))
    assert "passed" in checked(notebook, "zero_pad")
    notebook.run(write(notebook, "zero_pad", PAD[:-4]))
    assert "The cell of zero_pad failed when it was last run (SyntaxError" in checked(notebook, "zero_pad")
    under = notebook.read(notebook.cell("check(zero_pad, points="))
    assert "The number below is the points" in under
    notebook.tab.screenshot(path="build/screenshots/panel-syntax-error.png")
    notebook.run(write(notebook, "zero_pad", PAD.replace("zero_pad", "zero_padded")))
    assert "The cell that zero_pad came from defines zero_padded now" in checked(notebook, "zero_pad")
    notebook.tab.screenshot(path="build/screenshots/panel-renamed.png")
    notebook.run(write(notebook, "zero_pad", PAD))
    assert "passed" in checked(notebook, "zero_pad")
    write(notebook, "zero_pad", UNPADDED)
    end = time.monotonic() + 30
    while on_disk(notebook, "zero_pad").strip() != UNPADDED.strip() and time.monotonic() < end:
        notebook.tab.wait_for_timeout(200)
    assert "The cell of zero_pad was changed after it had run" in checked(notebook, "zero_pad")
    notebook.tab.screenshot(path="build/screenshots/panel-not-run.png")


def test_an_endless_loop_ends_by_itself_and_by_the_stop_button(notebook):
    notebook.run(write(notebook, "zero_pad", ENDLESS))
    said = checked(notebook, "zero_pad")
    assert "zero_pad was stopped after 10 seconds" in said and "In your line" in said
    notebook.tab.screenshot(path="build/screenshots/panel-endless-loop.png")
    check = notebook.cell("check(zero_pad, points=")
    notebook.press_run(check)
    notebook.tab.wait_for_timeout(2000)
    notebook.menu("Kernel", "Interrupt Kernel")
    notebook.wait_until_idle()
    assert "You stopped the check of zero_pad." in notebook.panel("zero_pad")
    assert "KeyboardInterrupt" not in notebook.read(notebook.cell("check(zero_pad, points="))


def test_see_leads_to_the_section(notebook):
    notebook.run(write(notebook, "conv_output_size", FRACTION))
    checked(notebook, "conv_output_size")
    link = notebook.cell("check(conv_output_size, points=").locator(".dlcourse-panel .mistake a").first
    wanted = notebook.read(link)
    link.click()
    heading = notebook.tab.locator(".jp-Notebook :is(h2, h3)", has_text=wanted).first
    heading.wait_for()
    notebook.tab.wait_for_timeout(500)
    box = heading.bounding_box()
    assert box is not None and 0 <= box["y"] < notebook.tab.viewport_size["height"]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_folded_cells_and_wrapped_code_in_both_themes(notebook, theme):
    notebook.choose_theme(theme)
    notebook.tab.locator(".jp-CodeCell .jp-Placeholder:visible", has_text="coffee = datasets").first.wait_for()
    notebook.run(write(notebook, "zero_pad", UNPADDED))
    checked(notebook, "zero_pad")
    notebook.cell("check(zero_pad, points=").get_by_role("button", name="Solution").click()
    solution = notebook.tab.locator(".dlcourse-panel", has_text="One way to write zero_pad").first
    solution.wait_for()
    assert solution.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    notebook.tab.screenshot(path=f"build/screenshots/panel-{theme.split()[-1].lower()}.png")
    notebook.choose_theme("JupyterLab Light")
