"""What `autograder classroom50` prints."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from autograder.commands.grade import ALL_GRADED, bad_input, consoles
from autograder.grading.archives import InputError
from autograder.grading.assignments import find_master
from autograder.grading.records import to_json, write
from autograder.results.classroom50 import RUNTIME, content
from autograder.results.classroom50_entry import SCALE
from dlcourse.handing_in.notebook_files import CourseError
from dlcourse.workspace.course import plain_errors


def make(asked: str, out: Path) -> int:
    """Write the bundle; gives the exit status."""
    screen, err = consoles()
    try:
        master = find_master(asked)
        bundle = out / master.stem
        if bundle.exists() and not (bundle / "assignment.json").exists():
            raise InputError(f"{bundle} is there already, and is no bundle: name another folder with --out.")
        files = content(master)
        with plain_errors(f"writing {bundle}"):
            shutil.rmtree(bundle, ignore_errors=True)
            for place, data in files.items():
                (bundle / place).parent.mkdir(parents=True, exist_ok=True)
                (bundle / place).write_bytes(data)
            write(out / "runtime.json", to_json(RUNTIME))
    except CourseError as error:
        return bad_input(err, error)
    screen.print(
        f"{bundle}: put its content into CLASSROOM/autograders/ASSIGNMENT/ of your classroom50 repository, and "
        f"give {out / 'runtime.json'} ({json.dumps(RUNTIME)}) as the assignment's runtime. A point here is {SCALE} "
        "there, as Classroom 50 takes whole numbers only.",
        markup=False,
        soft_wrap=True,
    )
    return ALL_GRADED
