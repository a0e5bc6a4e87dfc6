"""The README's pictures, taken in JupyterLab as `dlcourse lab` starts it: python scripts/take_screenshots.py"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "browser")]

from lab_page import LabPage  # noqa: E402  (the browser tests' own words for what a person does)
from test_first_hour import NOTEBOOK, RIGHT, WITHOUT_A_BIAS  # noqa: E402


def main() -> None:
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        command = [sys.executable, "-c", "from dlcourse.command import main; main()", "lab", f"{home}/my-course"]
        lab = subprocess.Popen(
            [*command, "--no-browser"], stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "300"}
        )
        address = next(word for line in lab.stdout for word in line.split() if word.startswith("http://"))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-gpu", "--no-sandbox"]
        )
        tab = browser.new_page(viewport={"width": 1180, "height": 900})
        tab.set_default_timeout(90_000)
        page = LabPage(tab, address, Path(home) / "my-course")
        page.open(NOTEBOOK)
        tab.keyboard.press("Control+b")
        page.run_all()
        take(page, WITHOUT_A_BIAS, "failing-panel")
        take(page, RIGHT, "passing-panel")
        page.menu("Settings", "Theme")
        tab.locator(".lm-Menu-itemLabel", has_text="JupyterLab Dark").first.click()
        take(page, WITHOUT_A_BIAS, "failing-panel-dark")
        browser.close()
        lab.terminate()


def take(page: LabPage, source: str, name: str) -> None:
    exercise = page.cell("def conv_forward(A_prev, W, b, hparameters):")
    page.write(exercise, source)
    page.run(exercise)
    page.run(page.cell("check(conv_forward, points="))
    cell = page.cell("check(conv_forward, points=")
    cell.screenshot(path=ROOT / "docs" / f"{name}.png")


if __name__ == "__main__":
    main()
