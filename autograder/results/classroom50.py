"""The bundle for Classroom 50: this installation's dlcourse and autograder, the released notebook, and autograder.py.

It is published on GitHub's Pages, so nothing secret is in it: no taught solution and no seed.
"""

from __future__ import annotations

import json
from pathlib import Path

from autograder.results import classroom50_entry
from autograder.results.gradescope import course_files, requirements
from dlcourse.handing_in.master import read_master

RUNTIME = {"runs-on": "ubuntu-24.04", "python": "3.13", "apt": ["bubblewrap"]}


def content(master: Path) -> dict[str, bytes]:
    """The bundle's files by their places."""
    read = read_master(master.stem, master.read_text(encoding="utf-8"))
    assignment = {"name": read.name, "points": read.points}
    return {
        "autograder.py": Path(classroom50_entry.__file__).read_bytes(),
        "assignment.json": (json.dumps(assignment, indent=1) + "\n").encode(),
        "requirements.txt": requirements().encode(),
        f"{read.name}.ipynb": master.read_bytes(),
        **course_files(),
    }
