"""JupyterLab as `dlcourse lab` starts it: saves every five seconds, and ends kernels that nobody uses."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request

import pytest

from dlcourse.workspace import course, lab


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Asks the server's interface: `server("api/kernels")`; data are posted."""
    monkeypatch.setattr(lab, "IDLE", 3)
    monkeypatch.setattr(lab, "IDLE_LOOKS", 1)
    course.lay_out(tmp_path)
    with lab.jupyterlab(tmp_path, None) as (address, _):
        base, token = address.partition("/lab")[0], address.partition("token=")[2]

        def ask(path, data=None):
            content = None if data is None else json.dumps(data).encode()
            headers = {"Authorization": f"token {token}"}
            with urllib.request.urlopen(
                urllib.request.Request(f"{base}/{path}", content, headers), timeout=60
            ) as answer:
                return json.load(answer)

        yield ask


def test_a_kernel_left_alone_is_ended_and_work_is_saved_often(server):
    assert lab.IDLE != 30 * 60  # shortened for this test; the course says half an hour
    session = {
        "path": "01_convolution/01_convolution.ipynb",
        "type": "notebook",
        "name": "",
        "kernel": {"name": "python3"},
    }
    kernel = server("api/sessions", session)["kernel"]["id"]
    assert kernel in {one["id"] for one in server("api/kernels")}
    end = time.monotonic() + 90
    while time.monotonic() < end and server("api/kernels"):
        time.sleep(0.5)
    assert server("api/kernels") == []

    plugin = urllib.parse.quote("@jupyterlab/docmanager-extension:plugin", safe="@/:")
    saved = server(f"lab/api/settings/{plugin}")["schema"]["properties"]
    assert (saved["autosave"]["default"], saved["autosaveInterval"]["default"]) == (True, 5)


def test_the_course_says_how_long_a_kernel_may_idle():
    text = (course.released_folder() / "00_start.ipynb").read_text()
    assert lab.IDLE == 30 * 60 and "left alone for half an hour" in text and "every five seconds" in text
