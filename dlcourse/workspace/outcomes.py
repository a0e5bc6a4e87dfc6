"""What checks said, for machines: JUnit's XML, JSON, and GitHub's annotations and job summary."""

import contextlib
import html
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from dlcourse.handing_in.notebook_files import CourseError, write_atomically

SCHEMA = 1
WRONG, DEAD, OPEN, RIGHT = "failure", "error", "skipped", "passed"  # JUnit's words; OPEN: nothing attempted yet
# GitHub shows ten annotations of a kind in a step and fifty in a job, and refuses a summary of more than 1 MiB a step.
IN_A_STEP, IN_A_JOB, LARGEST_SUMMARY = 10, 50, 2**20
LONGEST = 2_000  # characters of one message
PRIVATE = ("GITHUB_", "ACTIONS_", "RUNNER_")  # variables through which a process speaks to GitHub's runner


@dataclass(frozen=True)
class Outcome:
    """One exercise, or one other thing that was checked."""

    name: str
    state: str
    message: str = ""
    score: float = 0.0
    points: float = 0.0
    seconds: float = 0.0


@dataclass
class Suite:
    """One notebook, of one learner."""

    name: str
    outcomes: list[Outcome] = field(default_factory=list)
    file: str = ""
    score: float = 0.0
    points: float = 0.0
    seconds: float = 0.0


def write_outcomes(tool: str, suites: Sequence[Suite], junit: Path | None, json_file: Path | None) -> None:
    """Write the files that were asked for, and tell GitHub where it listens.

    Raises:
        CourseError: a file cannot be written.
    """
    for path, content in ((junit, lambda: junit_xml(tool, suites)), (json_file, lambda: as_json(tool, suites))):
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, content())
            except OSError as problem:
                raise CourseError(f"{path} cannot be written ({problem.strerror}); name another file.") from None
    if on_github():
        tell_github(tool, suites)


def as_json(tool: str, suites: Sequence[Suite]) -> str:
    rows = [asdict(suite) for suite in suites]
    return _sound(json.dumps({"schema": SCHEMA, "tool": tool, "suites": rows}, ensure_ascii=False, indent=1)) + "\n"


def junit_xml(tool: str, suites: Sequence[Suite]) -> str:
    """JUnit has no score, so scores are properties. A wrong answer is a failure, one without a verdict an error."""
    root = ElementTree.Element("testsuites", name=tool, **_counts([one for suite in suites for one in suite.outcomes]))
    for suite in suites:
        made = ElementTree.SubElement(root, "testsuite", name=_xml(suite.name), **_counts(suite.outcomes))
        made.set("time", f"{suite.seconds:.3f}")
        properties = ElementTree.SubElement(made, "properties")
        facts = {"score": suite.score, "max_score": suite.points}
        facts |= {f"score.{one.name}": one.score for one in suite.outcomes if one.points}
        for name, value in facts.items():
            ElementTree.SubElement(properties, "property", name=_xml(name), value=f"{value:g}")
        for one in suite.outcomes:
            case = ElementTree.SubElement(made, "testcase", classname=_xml(suite.name), name=_xml(one.name))
            case.set("time", f"{one.seconds:.3f}")
            if one.state == OPEN:
                ElementTree.SubElement(case, "skipped", message=_xml(one.message or "not attempted yet"))
            elif one.state != RIGHT:
                first = one.message.strip().partition("\n")[0]
                fault = ElementTree.SubElement(case, one.state, message=_xml(first), type=one.state)
                fault.text = _xml(one.message)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    count = {word: sum(one.state == word for one in outcomes) for word in (WRONG, DEAD, OPEN)}
    return {"tests": str(len(outcomes)), "failures": str(count[WRONG]), "errors": str(count[DEAD]),
            "skipped": str(count[OPEN])}  # fmt: skip


def _xml(text: str) -> str:
    """Without the characters that no XML may hold, however they are written."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)[:LONGEST]


# --- GitHub ---------------------------------------------------------------------------------------------------------


def on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS", "").lower() == "true"


def without_the_runner(environment: dict[str, str]) -> dict[str, str]:
    """An environment for somebody's code: without the files and tokens through which GitHub's runner takes orders."""
    return {name: value for name, value in environment.items() if not name.startswith(PRIVATE)}


@contextlib.contextmanager
def deaf_runner() -> Iterator[None]:
    """Keep GitHub's runner from taking for commands what is printed meanwhile: somebody's code may have written it."""
    if not on_github():
        yield
        return
    word = secrets.token_hex(16)  # nobody's output can hold it
    _say(f"::stop-commands::{word}")
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _say("")  # what was printed last may have no end of line
        _say(f"::{word}::")


def tell_github(tool: str, suites: Sequence[Suite]) -> None:
    """Annotations for what is wrong, as many as GitHub shows, and everything in the job's summary."""
    wrong = [(suite, one) for suite in suites for one in suite.outcomes if one.state in (WRONG, DEAD)]
    left = _annotations_left(len(wrong))
    shown = wrong if len(wrong) <= left else wrong[: max(left - 1, 0)]
    for suite, one in shown:
        place = f"file={_property(suite.file)}," if suite.file else ""
        # No line: those of a notebook's file are lines of JSON.
        _say(f"::error {place}title={_property(f'{one.name} ({suite.name})')}::{_data(one.message or 'not right yet')}")
    if len(shown) < len(wrong) and left:
        _say(f"::error title={_property(tool)}::{len(wrong) - len(shown)} more are in the summary of this job.")
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        _append(Path(path), summary(tool, suites))


def summary(tool: str, suites: Sequence[Suite]) -> list[str]:
    """The lines of the job's summary."""
    lines = [
        f"### {_text(tool)}",
        "",
        "| notebook | points | right | wrong | not attempted |",
        "| --- | --- | --- | --- | --- |",
    ]
    for suite in suites:
        count = {word: sum(one.state == word for one in suite.outcomes) for word in (RIGHT, WRONG, DEAD, OPEN)}
        points = f"{suite.score:g} / {suite.points:g}" if suite.points else ""
        lines.append(
            f"| {_text(suite.name)} | {points} | {count[RIGHT]} | {count[WRONG] + count[DEAD]} | {count[OPEN]} |"
        )
    lines += ["", "| notebook | exercise | what is said |", "| --- | --- | --- |"]
    for suite in suites:
        for one in suite.outcomes:
            if one.state in (WRONG, DEAD):
                lines.append(f"| {_text(suite.name)} | {_text(one.name)} | {_text(one.message)} |")
    return [*lines, ""]


def _append(path: Path, lines: list[str]) -> None:
    """Add whole lines, as many as there is room for: a summary that is too long is lost as a whole."""
    told = "\nThe rest is left out: a summary holds 1 MiB.\n"
    try:
        room = LARGEST_SUMMARY - (path.stat().st_size if path.exists() else 0) - len(told) - 1
        kept: list[str] = []
        for line in lines:
            room -= len(line.encode("utf-8", "replace")) + 1
            if room < 0:
                kept.append(told)
                break
            kept.append(line)
        if len(kept) > 1:
            with path.open("a", encoding="utf-8", errors="replace") as file:
                file.write("\n".join(kept) + "\n")
    except OSError as problem:
        _say(f"::notice::The summary could not be written ({_data(problem.strerror or 'unknown')}).")


def _annotations_left(wanted: int) -> int:
    """How many errors this step and this job may still show; those that are taken now are counted."""
    folder, step = os.environ.get("RUNNER_TEMP"), Path(os.environ.get("GITHUB_STEP_SUMMARY", "step")).name
    if not folder:
        return IN_A_STEP
    path = Path(folder) / "dlcourse-annotations.json"
    try:
        counted = json.loads(path.read_text(encoding="utf-8"))
        known = {name: int(count) for name, count in counted.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        known = {}
    left = max(min(IN_A_STEP - known.get(step, 0), IN_A_JOB - sum(known.values())), 0)
    known[step] = known.get(step, 0) + min(wanted, left)
    with contextlib.suppress(OSError):
        path.write_text(json.dumps(known), encoding="utf-8")
    return left


def _sound(text: str) -> str:
    """Without halves of characters, which no file and no stream takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _say(line: str) -> None:
    sys.stdout.write(_sound(line) + "\n")
    sys.stdout.flush()


def _data(text: str) -> str:
    return text[:LONGEST].replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _text(text: str) -> str:
    """Somebody's words in a cell of a Markdown table: neither Markdown, nor HTML, nor a mention of anybody."""
    plain = html.escape(" ".join(text[:LONGEST].split()))
    return re.sub(r"[|`*_\[\]\\@#~$!:]", lambda match: f"&#{ord(match[0])};", plain)
