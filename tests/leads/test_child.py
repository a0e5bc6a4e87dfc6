"""The search beside the kernel: limited, and nothing is left behind of what a learner's function does."""

import dataclasses
import subprocess
import sys
import textwrap

import pytest

from dlcourse import checks
from dlcourse.leads import child, finder

SEARCH = """
import sys
import numpy as np
from dlcourse import checks
from dlcourse.leads import child
source = sys.stdin.read()
space = {"np": np}
exec(source, space)
exercise = checks.get("start", "total_minutes")
threads = __import__("threading").active_count()
searching = child.Searching(exercise, 0, source, space, seconds=%s)
while not searching.wait(0.5):
    pass
print(searching.lead)
try:
    __import__("os").waitpid(-1, 0)
    print("a child is left")
except ChildProcessError:
    print("nobody is left")
"""


def searched(source, folder, seconds=30):
    """What a kernel-like process prints after a search in a function."""
    done = subprocess.run(
        [sys.executable, "-c", SEARCH % seconds],
        input=textwrap.dedent(source),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stderr == ""
    lead, left = done.stdout.splitlines()
    assert left == "nobody is left"
    return lead


def test_a_lead_comes_back(tmp_path):
    found = searched("def total_minutes(hours, minutes):\n    return 60 * hours - minutes\n", tmp_path)
    assert found == "Lead(lines=(2,), spans=((2, 11, 31),), kind='', proves='every case')"


HOSTILE = {
    "writes": """
        open("written", "w").write("x")
        """,
    "makes folders and removes": """
        os.mkdir("made")
        """,
    "saves": """
        np.save("saved", np.zeros(3))
        """,
    "starts processes": """
        subprocess.run(["touch", "touched"])
        """,
    "ends the process": """
        os._exit(3)
        """,
    "prints": """
        print("x" * 100_000); os.write(1, b"y" * 1000); os.write(2, b"z" * 1000)
        """,
    "takes memory": """
        np.ones(10**10)
        """,
    "answers with very much": """
        return np.zeros(10**7)
        """,
    "catches everything": """
        try:
            raise ValueError
        except BaseException:
            pass
        """,
}


# what is found in spite of it
HARMLESS = {
    "prints": "lines=(4,), spans=((4, 11, 31),)",
    "takes memory": "lines=(3, 4), spans=()",
    "catches everything": "lines=(7,), spans=((7, 11, 31),)",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_functions_leave_nothing_behind(what, tmp_path):
    """A function that reaches out of its process is not looked into; the others are, and nothing of theirs stays."""
    body = textwrap.indent(textwrap.dedent(HOSTILE[what]).strip(), "    ")
    source = f"import os, subprocess\ndef total_minutes(hours, minutes):\n{body}\n    return 60 * hours - minutes\n"
    found = f"Lead({HARMLESS[what]}, kind='', proves='every case')" if what in HARMLESS else "None"
    assert searched(source, tmp_path) == found
    assert list(tmp_path.iterdir()) == []


def test_a_function_that_never_ends_is_ended(tmp_path):
    source = """
        def total_minutes(hours, minutes):
            while True:
                pass
    """
    assert searched(source, tmp_path, seconds=2) == "None"


def test_a_search_can_be_stopped(tmp_path):
    code = "searching.stop()\nassert searching.wait(0) and searching.lead is None\nsearching.stop()"
    program = SEARCH % 30
    program = program.replace("while not searching.wait(0.5):\n    pass", code)
    source = "import time\ndef total_minutes(hours, minutes):\n    time.sleep(60)\n"
    done = subprocess.run([sys.executable, "-c", program], input=source, cwd=tmp_path, capture_output=True, text=True,
                          timeout=300)  # fmt: skip
    assert (done.stderr, done.stdout) == ("", "None\nnobody is left\n")


def test_nothing_is_searched_beside_tensorflow(monkeypatch):
    exercise = checks.get("start", "total_minutes")
    network = dataclasses.replace(exercise, needs="tensorflow")
    assert finder.begin(network, 0, "def total_minutes(): pass\n", {}) is None
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    assert not child.possible() and finder.begin(exercise, 0, "def total_minutes(): pass\n", {}) is None
