"""JupyterLab as `dlcourse lab` starts it, and a page of the system's Chromium that looks at it."""

import os
import re
from pathlib import Path

import browsing
import pytest
from lab_page import PATIENCE, LabPage
from playwright.sync_api import expect

SCREENSHOTS = Path(os.environ.get("DLCOURSE_SCREENSHOTS", "build/screenshots"))


@pytest.fixture(scope="module")
def chromium():
    """Ends before other tests begin: Playwright keeps an event loop running in the thread, where a grader's pool of
    kernels needs its own."""
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address that `dlcourse lab` prints, and the course's folder: a new one for each file of tests, since
    JupyterLab opens again what was open in it before."""
    folder = tmp_path_factory.mktemp("learner") / "my-course"
    with browsing.lab(folder, tmp_path_factory.mktemp("settings")) as address:
        yield address, folder


@pytest.fixture
def page(chromium, lab, request):
    """A fresh page on the course; its console must stay free of errors, and its last look is kept as a picture."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1600})
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    expect.set_options(timeout=PATIENCE)
    yield LabPage(tab, *lab)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    context.close()
    # The browser itself complains of pictures and sockets that go away with the page; those are not the course's.
    ours = [text for text in complaints if not re.search(r"favicon|WebSocket|ERR_ABORTED|404", text)]
    assert ours == []
