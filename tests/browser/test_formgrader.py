"""A teacher's look at a graded class: nbgrader's formgrader in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from classroom import ROOT, Assignment, hand_in

from dlcourse import checks

SCREENSHOTS = Path(os.environ.get("DLCOURSE_SCREENSHOTS", "build/screenshots"))
NAME = "01_convolution"
NO_BIAS = """def conv_forward(A_prev, W, b, hparameters):
    s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = np.pad(A_prev, ((0, 0), (p, p), (p, p), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (f, f), axis=(1, 2))[:, ::s, ::s]
    return np.einsum("nhwkij,ijkc->nhwc", windows, W), (A_prev, W, b, hparameters)"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A small class, graded by the command. Its results are a course that JupyterLab can be started in."""
    folder, assignment = tmp_path_factory.mktemp("teacher"), Assignment(NAME)
    hand_in(folder / "submitted", "ada", assignment.honest(), NAME)
    hand_in(folder / "submitted", "bob", assignment.honest(conv_forward=NO_BIAS), NAME)
    hand_in(folder / "submitted", "eve", "not a notebook", NAME)
    words = ["grade", folder / "submitted", "-a", assignment.write_release(folder), "--out", folder / "results"]
    command = [sys.executable, "-m", "autograder.command", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr  # one could not be read
    return folder / "results"


@pytest.fixture(scope="module")
def address(course):
    """The address of JupyterLab in the course's folder, as `jupyter lab` prints it."""
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port=0"]
    process = subprocess.Popen(
        command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ)
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", line):
            break
    else:
        pytest.fail("jupyter lab printed no address: " + "".join(said))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield found.group()
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def tab(chromium, request):
    context = chromium.new_context(viewport={"width": 1280, "height": 1100})
    made = context.new_page()
    made.set_default_timeout(60_000)
    yield made
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    made.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    context.close()


@pytest.fixture
def formgrader(tab, address):
    """Formgrader in JupyterLab, opened from its menu."""
    tab.goto(f"{address}&reset")
    tab.locator(".lm-MenuBar-item", has_text="Nbgrader").click()
    tab.locator('.lm-Menu-item[data-command="nbgrader:open-formgrader"]').click()
    return tab.frame_locator("iframe").last


def score_of(conv_forward: str) -> float:
    namespace = {"np": np}
    exec(conv_forward, namespace)
    return checks.run("convolution", "conv_forward", namespace["conv_forward"]).score


def test_formgrader_shows_the_class_and_opens_a_graded_notebook(formgrader):
    row = formgrader.locator("tr", has_text=NAME)
    row.locator(".num-submissions a", has_text="3").click()
    bob = formgrader.locator("tr", has_text="bob")
    bob.locator(".student-name a").wait_for()
    cells = [
        [one.locator(f".{kind}").inner_text() for kind in ("student-id", "status", "score")]
        for one in formgrader.locator("tbody tr").all()
    ]
    mark = round(5 * score_of(NO_BIAS), 4)
    assert cells == [
        ["ada", "graded", "22 / 22"],
        ["bob", "graded", f"{17 + mark:.4g} / 22"],
        ["eve", "graded", "0 / 22"],
    ]
    bob.locator(".student-name a").click()
    formgrader.locator(".name a", has_text=NAME).click()
    said = formgrader.get_by_text("conv_forward: partly right")
    said.scroll_into_view_if_needed()
    assert "The bias b is never added" in said.inner_text()
    assert float(formgrader.locator("#check-conv_forward").get_attribute("placeholder")) == mark


def test_the_feedback_page_says_what_is_wrong_and_opens_from_the_file_browser(tab, address):
    tab.goto(f"{address.replace('/lab?', f'/lab/tree/feedback/bob/{NAME}/{NAME}.html?')}&reset")
    page = tab.frame_locator(".jp-HTMLViewer iframe")
    page.get_by_text("The bias b is never added").wait_for()
    assert "partly right" in page.locator("body").inner_text()
