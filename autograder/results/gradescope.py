"""The zip that Gradescope's autograder asks for: this installation's dlcourse and autograder, and two scripts."""

from __future__ import annotations

import importlib.metadata
import io
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

SETUP = """#!/usr/bin/env bash
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install --yes --no-install-recommends python3 python3-venv bubblewrap
python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    echo "This image's Python is not 3.11 to 3.13: choose a newer base image (Debian 12, Ubuntu 24.04)."; exit 1; }
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install --quiet --requirement /autograder/source/requirements.txt
chmod -R go-rwx /autograder/source
"""

RUN = """#!/usr/bin/env bash
# Grades what is in /autograder/submission and writes /autograder/results/results.json.
set -uo pipefail
export PYTHONPATH=/autograder/source/course PATH="/autograder/venv/bin:$PATH"
out="$(mktemp -d)"
python -P -m autograder.command grade /autograder/submission --student submission --assignment {notebook} \\
    --out "$out" --db none
if [ -f "$out/gradescope/submission.json" ]; then
    cp "$out/gradescope/submission.json" /autograder/results/results.json
else
    echo '{{"score": 0, "output": "The notebook could not be graded: hand in {name}.ipynb."}}' \\
        > /autograder/results/results.json
fi
"""
FIXED = (2020, 1, 1, 0, 0, 0)  # the same files give the same zip


def content(master: Path, name: str) -> bytes:
    """The zip's bytes."""
    files: dict[str, bytes] = {
        "setup.sh": SETUP.encode(),
        "run_autograder": RUN.format(notebook=f"/autograder/source/{name}.ipynb", name=name).encode(),
        "requirements.txt": requirements().encode(),
        f"{name}.ipynb": master.read_bytes(),
        **course_files(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, data in files.items():
            entry = zipfile.ZipInfo(place, FIXED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if place in ("setup.sh", "run_autograder") else 0o644) << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def course_files() -> dict[str, bytes]:
    """This installation's packages, below `course/`, without any taught solution."""
    import autograder
    import dlcourse

    files = {}
    for package in (dlcourse, autograder):
        folder = Path(package.__file__).parent
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            if path.is_file() and not {"__pycache__", "released_notebooks", "solutions"} & set(place.parts):
                files[f"course/{folder.name}/{place.as_posix()}"] = path.read_bytes()
    return files


def requirements() -> str:
    """What dlcourse and its grading need, in the versions that are installed here."""
    lines = []
    for text in importlib.metadata.requires("dlcourse") or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": "grading"}):
            lines.append(f"{requirement.name}=={importlib.metadata.version(requirement.name)}")
    return "\n".join(sorted(set(lines), key=str.lower)) + "\n"
