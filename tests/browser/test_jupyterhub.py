"""A class on one server, in real browsers: two learners hand in with the button, the teacher grades in a terminal of
JupyterLab, and each learner finds their own feedback in their folder. docs/jupyterhub.md is what is tried here."""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from pathlib import Path

import pytest
from classroom import ROOT, Assignment
from hub import PASSWORD, jupyterhub
from lab_page import PATIENCE, LabPage

NAME = "01_convolution"
NOTEBOOK = f"{NAME}/{NAME}.ipynb"
RIGHT = "def zero_pad(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))\n"
WRONG = "def zero_pad(X, pad):\n    return X\n"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with jupyterhub(folder) as address:
        yield address, folder


def sign_in(browser, hub, who):
    """Somebody in a browser of their own, on their start page."""
    address, folder = hub
    tab = browser.new_context(viewport={"width": 1280, "height": 1600}).new_page()
    tab.set_default_timeout(2 * PATIENCE)
    tab.goto(address)
    tab.fill("#username_input", who)
    tab.fill("#password_input", PASSWORD)
    tab.click("#login_submit")
    tab.wait_for_url(f"**/user/{who}/lab**")
    return LabPage(tab, f"{address.rstrip('/')}/user/{who}/lab", folder / "homes" / who / "my-course")


def work(page, source):
    """Write one function, have it checked, and press the button under the last check; what the receipt says."""
    page.open(NOTEBOOK)
    page.run(page.cell("from dlcourse.checks.convolution import check"))
    page.write(page.cell("def zero_pad"), source)
    page.run(page.cell("def zero_pad"))
    page.run(page.cell("check(zero_pad, points="))
    labels = page.cell("check(zero_pad, points=").get_by_role("button").all_text_contents()
    page.run(page.cell("def spot_the_mistake"))
    page.run(page.cell("check(spot_the_mistake, points="))
    last = page.cell("check(spot_the_mistake, points=")
    last.get_by_role("button", name="Hand in").click()
    receipt = last.locator(".dlcourse-receipt", has_text="as your teacher will see it")
    receipt.wait_for()
    return labels, re.sub(r"\s+", " ", page.read(receipt))


def grade(page, folder):
    """What docs/jupyterhub.md has a teacher type, in a terminal of their JupyterLab."""
    page.wait_until_ready()  # or the start page comes to the front later than the terminal
    page.tab.locator(".lm-MenuBar-item", has_text="File").first.click()
    page.tab.locator(".lm-Menu-item", has_text="New").first.hover()
    page.tab.locator(".lm-Menu-item:visible", has_text=re.compile("^Terminal$")).first.click()
    page.tab.locator(".jp-Terminal:visible .xterm-screen").first.click()
    page.tab.wait_for_timeout(2000)
    program = Path(sys.executable).with_name("autograder")
    page.tab.keyboard.type(f"PATH={program.parent}:$PATH; cd $DLCOURSE_CLASS\n")
    page.tab.keyboard.type(f"{command()}; echo $? > status\n")
    end = time.monotonic() + 240
    while not (folder / "status").exists() or not (folder / "status").read_text().strip():
        assert time.monotonic() < end, page.tab.locator(".xterm-rows").inner_text()
        page.tab.wait_for_timeout(300)
    return (folder / "status").read_text().strip()


def command() -> str:
    """The line of docs/jupyterhub.md."""
    (line,) = re.findall(r"^autograder grade .*$", (ROOT / "docs" / "jupyterhub.md").read_text("utf-8"), re.MULTILINE)
    return line


def test_a_class_from_the_button_to_the_feedback(chromium, hub):
    address, folder = hub
    points = Assignment().points["zero_pad"]
    pages = {}
    for who, source, verdict in (("ada", RIGHT, "written"), ("grace", WRONG, "written")):
        page = pages[who] = sign_in(chromium, hub, who)
        labels, said = work(page, source)
        assert f"{NAME} of {who}, as your teacher will see it" in said and f"zero_pad {points:g} ✓ {verdict}" in said
        assert "Solution" not in labels and (who == "ada" or any(label.startswith("Hint") for label in labels))
        (made,) = (folder / "class" / "submitted" / who / NAME).iterdir()
        assert source.strip() in "".join(
            "".join(cell["source"]) for cell in json.loads(made.read_text(encoding="utf-8"))["cells"]
        )
        page.shut_down()
    # Nobody gets at another's server.
    assert pages["grace"].tab.request.get(f"{address.rstrip('/')}/user/ada/api/contents").status == 403

    teacher = sign_in(chromium, hub, "teacher")
    assert grade(teacher, folder / "class") == "0"
    with (folder / "class" / "results" / "grades.csv").open(newline="", encoding="utf-8") as file:
        scores = {row["student"]: (float(row["score"]), row["status"]) for row in csv.DictReader(file)}
    assert scores == {"ada": (points, "graded"), "grace": (0, "graded")}

    for who, earned in (("ada", points), ("grace", 0)):
        tab = pages[who].tab
        tab.goto(f"{pages[who].address}/tree/feedback/{NAME}/{NAME}.html")
        shown = tab.frame_locator(".jp-HTMLViewer iframe").locator("body")
        shown.get_by_text("zero_pad").first.wait_for()
        words = re.sub(r"\s+", " ", shown.inner_text())
        assert who in words and re.search(rf"\b{earned:g} of \d+ points", words), words[:400]
        other = {"ada": "grace", "grace": "ada"}[who]
        assert other not in words
