"""What starts and ends around a page: the system's Chromium, and JupyterLab as `dlcourse lab` starts it."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading

from playwright.sync_api import sync_playwright

QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def chromium():
    """The system's own browser, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise RuntimeError("Chromium is not installed; on Debian: apt-get install chromium.")
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET + sandbox)
        yield browser
        browser.close()


@contextlib.contextmanager
def lab(folder, settings):
    """Run `dlcourse lab` on a folder; the address that it prints.

    Args:
        settings: a folder for JupyterLab's settings, since a theme that somebody likes must not decide what is seen.
    """
    command = [
        sys.executable,
        "-c",
        "from dlcourse.workspace.command import main; main()",
        "lab",
        str(folder),
        "--no-browser",
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "300", "JUPYTERLAB_SETTINGS_DIR": str(settings)},
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*\?token=\w+", line):
                break
        else:
            raise RuntimeError("dlcourse lab printed no address: " + "".join(said))
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield found.group()
    finally:
        process.terminate()
        process.wait(timeout=30)
