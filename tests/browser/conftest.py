"""JupyterLab as `dlcourse lab` starts it, and a page of the system's Chromium that looks at it."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from lab_page import LabPage
from playwright.sync_api import sync_playwright

SCREENSHOTS = Path(os.environ.get("DLCOURSE_SCREENSHOTS", "build/screenshots"))


@pytest.fixture(scope="module")
def chromium():
    """Ends before other tests begin: Playwright keeps an event loop running in the thread, where a grader's pool of
    kernels needs its own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is not installed; on Debian: apt-get install chromium.")
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet + sandbox)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address that `dlcourse lab` prints, and the course's folder."""
    folder = tmp_path_factory.mktemp("learner") / "my-course"
    command = [sys.executable, "-c", "from dlcourse.command import main; main()", "lab", str(folder), "--no-browser"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "COLUMNS": "300"}
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\?token=\w+", line):
            break
    else:
        pytest.fail("dlcourse lab printed no address: " + "".join(said))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield found.group(), folder
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def page(chromium, lab, request):
    """A fresh page on the course; its console must stay free of errors, and its last look is kept as a picture."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1600})
    tab = context.new_page()
    complaints = []
    tab.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_default_timeout(60_000)
    yield LabPage(tab, *lab)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
    context.close()
    # The browser itself complains of pictures and sockets that go away with the page; those are not the course's.
    ours = [text for text in complaints if not re.search(r"favicon|WebSocket|ERR_ABORTED|404", text)]
    assert ours == []
