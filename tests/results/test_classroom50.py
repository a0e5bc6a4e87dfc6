"""The bundle for Classroom 50, what it writes, and the workflow for a learner's own repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from class_results import NAME, earned, master, result
from classroom import ROOT, Assignment, hand_in
from github_runner import HOSTILE, commands
from typer.testing import CliRunner

from autograder.command import app
from autograder.results import classroom50_entry as entry
from autograder.results.outcomes import suites_of
from dlcourse.workspace.outcomes import junit_xml

MASTER = master()
WORDS = {"type": "string", "minLength": 1}
WHOLE = {"type": "integer", "minimum": 0}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$"}
# classroom50/result/v1 as it was in November 2026: nothing else at the top, anything else in a test.
RESULT_V1 = {
    "type": "object",
    "additionalProperties": False,
    "required": ["schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
                 "review", "datetime", "score", "max-score", "tests"],
    "properties": {
        "schema": {"const": "classroom50/result/v1"},
        "assignment_type": {"enum": ["individual", "group"]},
        "submission": {"type": "string", "pattern": "^submit/"},
        "datetime": MOMENT,
        "graded_at": MOMENT,
        "submitted_by": {"type": "object"},
        **dict.fromkeys(("classroom", "assignment", "owner", "commit", "release", "review"), WORDS),
        **dict.fromkeys(("score", "max-score"), WHOLE),
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": {"test-name": WORDS, "passed": {"type": "boolean"}, "score": WHOLE, "max-score": WHOLE},
            },
        },
    },
}  # fmt: skip
ENVIRONMENT = {
    "CLASSROOM": "dl", "ASSIGNMENT": "convolution", "SUBMISSION_TAG": "submit/2026-11-24T10-00-00Z-a1b2c3d",
    "COMMIT_URL": "https://git.example/c", "RELEASE_URL": "https://git.example/r", "ASSIGNMENT_TYPE": "individual",
    "OWNER": "ada",
}  # fmt: skip
ASSIGNMENT = {"name": NAME, "points": MASTER.points}


def written(graded: dict) -> dict:
    made = entry.result_of(graded, ASSIGNMENT, ENVIRONMENT, datetime(2026, 11, 24, 10, tzinfo=UTC))
    jsonschema.validate(made, RESULT_V1, jsonschema.Draft202012Validator)
    assert made["score"] <= made["max-score"] and all(one["score"] <= one["max-score"] for one in made["tests"])
    return made


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("classroom50")
    done = CliRunner().invoke(app, ["classroom50", "01", "--out", str(folder)])
    assert done.exit_code == 0 and "A point here is 10000 there" in done.stdout
    assert json.loads((folder / "runtime.json").read_text())["python"] == "3.13"
    return folder / NAME


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 6, 7])
def test_scores_become_whole_numbers_and_lose_nothing(groups):
    for passed in range(groups + 1):
        judged = earned(MASTER, **dict.fromkeys(MASTER.points, passed / groups))
        made = written(result(MASTER, "submission", "graded", judged))
        assert made["max-score"] == entry.SCALE * 22
        exact = [Fraction(str(one["score"])) * entry.SCALE for one in judged]
        assert [one["score"] for one in made["tests"]] == exact and made["score"] == sum(exact)


def test_the_maximum_is_the_same_whatever_was_handed_in():
    nothing = {"status": "missing", "problem": "There is no notebook in this repository.", "exercises": []}
    made = written(nothing)
    assert (made["score"], made["max-score"], len(made["tests"])) == (0, 22 * entry.SCALE, len(MASTER.points))
    assert made["tests"][0]["output"] == nothing["problem"] and made["review"] == made["commit"]
    assert "**0 of 22 points**" in entry.body_of(nothing, ASSIGNMENT)
    judged = earned(MASTER, zero_pad=0)
    judged[0]["message"] = "<script>@everybody | [x](y) `z`"
    body = entry.body_of(result(MASTER, "submission", "graded", judged), ASSIGNMENT)
    assert "<script>" not in body and "@everybody" not in body and "](y)" not in body


def test_the_bundle_holds_nothing_that_must_not_be_published(bundle):
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert {"autograder.py", "assignment.json", "requirements.txt", f"{NAME}.ipynb"} <= names
    assert not [name for name in names if "solutions" in name.split("/") or "__pycache__" in name]
    taught = Assignment().solutions["conv_backward"].strip()
    assert not [name for name in names if name.endswith((".py", ".ipynb")) and taught in (bundle / name).read_text()]


def test_the_bundle_grades_a_checkout(bundle, tmp_path, no_kernels_left):
    """As the runner has it: in the learner's checkout, and by the bundle's own copy of everything."""
    hand_in(tmp_path / "work", NAME, Assignment().solved("zero_pad", "conv_output_size"))
    (tmp_path / "work" / "venv.py").write_text("raise SystemExit('forged')")
    graded = subprocess.run(
        [sys.executable, "-P", "-c",
         "import json, sys; from pathlib import Path; import autograder as entry\n"
         "graded = entry.grade(sys.executable, Path(sys.argv[1]), Path.cwd(), Path(sys.argv[2]), sys.argv[3])\n"
         "print('GRADED' + json.dumps(graded))", str(bundle), str(tmp_path / "out"), NAME],
        cwd=tmp_path / "work", env={**os.environ, "PYTHONPATH": str(bundle)}, capture_output=True, text=True,
        timeout=300, check=True,
    )  # fmt: skip
    made = written(json.loads(graded.stdout.rpartition("GRADED")[2]))
    points = MASTER.points["zero_pad"] + MASTER.points["conv_output_size"]
    assert made["score"] == entry.SCALE * points
    assert {one["test-name"] for one in made["tests"] if one["passed"]} == {"zero_pad", "conv_output_size"}


def test_only_a_failure_of_the_machine_is_a_failure(bundle, tmp_path):
    words = [sys.executable, str(bundle / "autograder.py")]
    bare = {"PATH": os.environ["PATH"]}
    done = subprocess.run(words, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "Not in the environment: CLASSROOM" in done.stderr
    assert not (tmp_path / "result.json").exists()
    assert entry.grade(sys.executable, bundle, tmp_path, tmp_path / "out", NAME)["status"] == "missing"


def test_it_overwrites_bundles_only(tmp_path):
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "mine.txt").write_text("")
    done = CliRunner().invoke(app, ["classroom50", "01", "--out", str(tmp_path)])
    assert done.exit_code == 2 and "is no bundle" in done.stderr and (tmp_path / NAME / "mine.txt").exists()
    assert CliRunner().invoke(app, ["classroom50", "99", "--out", str(tmp_path)]).exit_code == 2


# --- a class in CI --------------------------------------------------------------------------------------------------


def test_a_class_as_junit_has_a_suite_for_each_learner():
    judged = earned(MASTER, zero_pad=1, conv_forward=0.5, conv_backward=0)
    judged[-1]["status"] = "died"
    ada = result(MASTER, "ada", "interrupted", judged)
    results = [ada, result(MASTER, "bob", "missing"), result(MASTER, "cy", "unreadable")]
    root = ElementTree.fromstring(junit_xml("autograder grade", suites_of(results)))
    counts = {one.get("name"): (one.get("failures"), one.get("errors"), one.get("skipped")) for one in root}
    most = str(len(MASTER.points))
    assert counts == {f"ada {NAME}": ("2", "1", "4"), f"bob {NAME}": ("0", "0", most), f"cy {NAME}": ("0", most, "0")}
    assert root[0].find("properties/property[@name='score']").get("value") == f"{ada['score']:g}"


def test_a_submission_changes_nothing_in_a_run_of_githubs(tmp_path):
    """Names of learners and files, and text that is no notebook: what comes from outside without any kernel."""
    name = "::add-mask::e %0A::error::forged"
    hand_in(tmp_path / "submitted", name, HOSTILE, NAME)
    hand_in(tmp_path / "submitted", "bob", "{}", NAME)
    github = {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    words = ["grade", str(tmp_path / "submitted"), "-a", "01", "--out", str(tmp_path / "out"), "--db", "none",
             "--isolation", "process", "--junit", str(tmp_path / "junit.xml")]  # fmt: skip
    done = CliRunner().invoke(app, words, env=github)
    assert done.exit_code == 1, done.output
    told = commands(done.stdout)
    assert len(told) == 10 and {word for word, *_ in told} == {"error"}
    assert all(text.startswith("no verdict") or "more are in the summary" in text for *_, text in told)
    assert len(list(ElementTree.parse(tmp_path / "junit.xml").iter("error"))) == 2 * len(MASTER.points)
    assert "::" not in (tmp_path / "summary").read_text()


def test_the_workflow_for_a_learners_repository_runs_commands_that_exist():
    workflow = yaml.safe_load((ROOT / "docs" / "check-notebooks.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    assert job["runs-on"] == "ubuntu-24.04" and workflow["permissions"] == {"contents": "read"}
    said = " ".join(step.get("run", "") for step in job["steps"])
    assert "apparmor_restrict_unprivileged_userns=0" in said and "The sandbox is off" in said
    command = next(step["run"] for step in job["steps"] if step.get("name") == "Grade").replace("\\\n", " ").split()
    options = CliRunner().invoke(app, ["grade", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    assert command[:2] == ["autograder", "grade"]
    assert all(word in options for word in command if word.startswith("--"))
    python = next(step["with"]["python-version"] for step in job["steps"] if "python-version" in step.get("with", {}))
    assert (3, 11) <= tuple(map(int, python.split("."))) <= (3, 13)
