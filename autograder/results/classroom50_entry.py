"""Grades the notebook in this checkout for Classroom 50: reads the environment, writes result.json and release-body.md.

A copy of this file is the bundle's autograder.py. It stands alone: what grades is in course/ beside it, and what that
needs is installed first. Exits with 0 whatever the answers are worth; anything else means that grading itself failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

SCALE = 10_000  # Classroom 50 takes whole numbers only: scores are told in ten-thousandths of a point, exactly
NEEDED = ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL")
OPTIONAL = {"ASSIGNMENT_TYPE": "assignment_type", "OWNER": "owner"}
SYSCTL = ("sudo", "-n", "sysctl", "-q", "-w", "kernel.apparmor_restrict_unprivileged_userns=0")


def main() -> int:
    here, checkout = Path(__file__).resolve().parent, Path.cwd()
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        print(
            f"Not in the environment: {', '.join(missing)}. This script is for Classroom 50's runner.", file=sys.stderr
        )
        return 1
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        print('Python 3.11 to 3.13 is needed: set "python": "3.13" in the runtime of the assignment.', file=sys.stderr)
        return 1
    assignment = json.loads((here / "assignment.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        python = install(here, Path(folder))
        open_the_sandbox()
        graded = grade(python, here, checkout, Path(folder) / "out", assignment["name"])
    if graded is None:
        return 1
    result = result_of(graded, assignment, dict(os.environ), datetime.now(UTC))
    (checkout / "result.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (checkout / "release-body.md").write_text(body_of(graded, assignment), encoding="utf-8", errors="replace")
    return 0


def install(here: Path, folder: Path) -> str:
    """An environment of its own for the grader; gives its interpreter."""
    # -I: the working directory is the learner's, and may hold a venv.py or a pip.py.
    subprocess.run([sys.executable, "-I", "-m", "venv", folder / "venv"], check=True)
    python = str(folder / "venv" / "bin" / "python")
    wanted = ["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]
    subprocess.run([python, *wanted, here / "requirements.txt"], check=True)
    return python


def open_the_sandbox() -> None:
    """Ubuntu 24.04 keeps bubblewrap from working; a hosted runner may change that. The grader says if it is off."""
    if shutil.which("bwrap") and shutil.which("sudo"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(SYSCTL, check=False, capture_output=True, timeout=60)


def grade(python: str, here: Path, checkout: Path, out: Path, name: str) -> dict | None:
    """One learner's result as `autograder grade` has it; None where grading failed through no fault of theirs."""
    if not any(".git" not in path.relative_to(checkout).parts for path in checkout.rglob("*.ipynb")):
        return {
            "status": "missing",
            "problem": f"There is no notebook in this repository: add {name}.ipynb.",
            "exercises": [],
        }
    words = [python, "-P", "-m", "autograder.command", "grade", str(checkout), "--student", "submission"]
    words += ["--assignment", str(here / f"{name}.ipynb"), "--out", str(out), "--db", "none"]
    secret = ("TOKEN", "SECRET", "PASSWORD")
    environment = {
        name: value for name, value in os.environ.items() if not any(word in name.upper() for word in secret)
    }
    environment["PYTHONPATH"] = str(here / "course")
    done = subprocess.run(words, env=environment, check=False)
    try:
        (graded,) = json.loads((out / "results.json").read_text(encoding="utf-8"))["submissions"]
    except (OSError, ValueError, KeyError):
        print(f"Grading ended with status {done.returncode} and without a result.", file=sys.stderr)
        return None
    if graded["status"] == "failed":
        print(graded["problem"], file=sys.stderr)
        return None
    return graded


def result_of(graded: dict, assignment: dict, environment: dict[str, str], now: datetime) -> dict:
    """result.json. Every exercise is in it, whatever became of the notebook, so that the maximum is always the same."""
    told = {one["name"]: one for one in graded["exercises"]}
    tests = []
    for name, points in assignment["points"].items():
        one = told.get(name, {})
        score = one.get("score", 0.0)
        tests.append(
            {
                "test-name": name,
                "passed": score >= points,
                "score": whole(score),
                "max-score": whole(points),
                "points": f"{score:g} of {points:g}",
                "output": said(one) or graded["problem"],
            }
        )
    made = {
        "schema": "classroom50/result/v1",
        "classroom": environment["CLASSROOM"],
        "assignment": environment["ASSIGNMENT"],
        **{key: environment[name] for name, key in OPTIONAL.items() if environment.get(name)},
        "submission": environment["SUBMISSION_TAG"],
        "commit": environment["COMMIT_URL"],
        "release": environment["RELEASE_URL"],
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
        "datetime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    if "owner" not in made and environment.get("USERNAME"):
        made["owner"] = environment["USERNAME"]
    return made


def whole(points: float) -> int:
    """Ten-thousandths of a point. The grader rounds to these, so nothing is lost."""
    return round(points * SCALE)


def said(one: dict) -> str:
    return " ".join(one[key] for key in ("case", "message", "mistake") if one.get(key))


def body_of(graded: dict, assignment: dict) -> str:
    """The release's text: points as people count them."""
    earned = sum(one["score"] for one in graded["exercises"])
    lines = [f"**{earned:g} of {sum(assignment['points'].values()):g} points**", ""]
    lines += [inert(graded["problem"]), ""] if graded["problem"] else []
    lines += ["| exercise | points | |", "| --- | --- | --- |"]
    for one in graded["exercises"]:
        lines.append(f"| `{one['name']}` | {one['score']:g} / {one['points']:g} | {inert(said(one))} |")
    lines += ["", f"Classroom 50 shows whole numbers: {SCALE} of its points are one point here."]
    return "\n".join(lines) + "\n"


def inert(text: str) -> str:
    """Words in which there is neither Markdown, nor HTML, nor a mention."""
    return re.sub(r"[^\w .,()'=-]|_", lambda match: f"&#{ord(match[0])};", " ".join(text.split()))


if __name__ == "__main__":
    sys.exit(main())
