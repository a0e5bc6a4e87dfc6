"""Grade one submission: a plain dictionary in, a plain dictionary out, in whatever process an executor chooses."""

from __future__ import annotations

import ast
import atexit
import contextlib
import functools
import hashlib
import threading
import time
import warnings
from pathlib import Path

from autograder.grading.clock import OutOfTime, clock
from autograder.grading.judge import Judged, judge_program
from autograder.running.startup import load_checks
from dlcourse.handing_in.master import NOT_RUN, Master, read_master
from dlcourse.handing_in.reading import Unreadable, read
from dlcourse.handing_in.rebuilding import Program, Step, WrongNotebook, rebuild
from dlcourse.handing_in.recognising import other_notebook

SCHEMA = 1
SECONDS = {"numpy": 30.0, "tensorflow": 120.0}  # for one cell or one exercise
LEAST_PATIENCE = 30.0
BUDGET = 20  # times that, for a whole notebook
FINAL = ("graded", "interrupted", "unreadable", "missing")  # a submission that "failed" is tried again


def make_task(student: str, content: bytes, settings: dict, problem: str = "", notes: tuple[str, ...] = ()) -> dict:
    """What `grade_submission` needs to know about one submission.

    Args:
        settings: what all submissions of a run have in common (see `make_settings`).
        problem: why there is nothing to grade, where that is known already.
    """
    kept = {key: settings[key] for key in ("assignment", "master_digest", "seed", "version", "seconds")}
    parts = [*map(str, kept.values()), problem, *notes]
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "replace") + b"\0" + content).hexdigest()
    return {
        "student": student,
        "content": content,
        "problem": problem,
        "notes": list(notes),
        "digest": digest,
        **settings,
    }


def make_settings(
    master: Path,
    seed: int,
    isolation: str = "auto",
    seconds: float | None = None,
    budget: float | None = None,
    needs: str | None = None,
    others: dict[str, dict[str, list[str]]] | None = None,
) -> dict:
    """What all submissions of a run have in common. `needs` is found out, unless it is known; `others` is what
    tells the course's other notebooks from this one."""
    text = master.read_text(encoding="utf-8")
    read_one = read_master(master.stem, text)
    needs = needs or needs_of(read_one.topic)
    seconds = seconds or SECONDS[needs]
    return {
        "assignment": read_one.name,
        "master": text,
        "master_digest": read_one.digest,
        "seed": seed,
        "version": code_version(read_one.topic),
        "needs": needs,
        "isolation": isolation,
        "server": "",
        "others": others or {},
        "seconds": seconds,
        "budget": budget or BUDGET * seconds,
    }


def grade_submission(task: dict) -> dict:
    """Grade one submission. Raises only where the machine fails; nothing in a submission makes it raise."""
    started, cpu = time.monotonic(), time.process_time()
    master = read_master(task["assignment"], task["master"])
    try:
        if task["problem"]:
            raise Unreadable(task["problem"])
        with clock(_patience(task), "Reading it"):
            notebook = read(task["content"])
            if other := other_notebook(notebook, master.points, task["others"]):
                raise WrongNotebook(
                    f"This is notebook {other}, and {master.name} was asked for: hand in {master.name}.ipynb."
                )
            program = rebuild(master, notebook)
        result = _graded(task, master, program)
    except (Unreadable, WrongNotebook) as error:
        result = unreadable(task, master, str(error))
    except OutOfTime as error:  # of this process's own work; the next submission is another matter
        result = unreadable(task, master, str(error), "failed")
    result["seconds"] = round(time.monotonic() - started, 3)
    result["cpu_seconds"] = round(time.process_time() - cpu, 3)
    return result


def _patience(task: dict) -> float:
    """Seconds of processor time for each thing that is done with a submission outside a kernel."""
    return max(LEAST_PATIENCE, task["seconds"])


def _graded(task: dict, master: Master, program: Program) -> dict:
    load_checks(master.topic)
    judged = judge_program(
        program,
        master.topic,
        task["seed"],
        pool(task["needs"], master.topic, task["isolation"], task["server"]),
        limits(task["seconds"], task.get("memory")),
        task["budget"],
        _patience(task),
    )
    return {
        **_result(task, master, "interrupted" if judged.interrupted else "graded"),
        "score": total(judged),
        "repairs": [*task["notes"], *program.repairs],
        "exercises": judged.exercises,
        "cells": judged.cells,
        "program": plain_program(program),
        "kernels": judged.kernels,
    }


def total(judged: Judged) -> float:
    return round(sum(exercise["score"] for exercise in judged.exercises), 4)


def unreadable(task: dict, master: Master, problem: str, status: str = "unreadable") -> dict:
    """A result without a verdict: no points, and the reason."""
    empty = {"score": 0.0, "status": status, "case": "", "message": "", "line": "", "mistake": "", "groups": []}
    exercises = [{"name": name, "points": points, **empty} for name, points in master.points.items()]
    return {
        **_result(task, master, status),
        "problem": problem,
        "repairs": list(task["notes"]),
        "exercises": exercises,
        "seconds": 0.0,
        "cpu_seconds": 0.0,
    }


def _result(task: dict, master: Master, status: str) -> dict:
    return {
        "schema": SCHEMA,
        "assignment": master.name,
        "student": task["student"],
        "status": status,
        "score": 0.0,
        "max_score": float(sum(master.points.values())),
        "problem": "",
        "late": False,  # both as the platform tells it
        "submitted": "",
        "known_as": {},
        "lateness": {},
        "repairs": [],
        "exercises": [],
        "cells": [],
        "program": [],
        "kernels": 0,
        "seed": task["seed"],
        "digest": task["digest"],
    }


def plain_program(program: Program) -> list[dict]:
    """The rebuilt notebook as plain data; what the release has is named by its id only."""
    rows = []
    for step in program.steps:
        row = {"kind": step.kind, "id": step.id}
        if step.kind in ("exercise", "own"):
            row["source"] = step.source
        if step.kind in ("demo", "example", "code"):
            row["run"] = step.run
        rows.append(row)
    return rows


def program_of(master: Master, rows: list[dict]) -> Program:
    """The rebuilt notebook again."""
    released = {cell.id: cell for cell in master.cells}
    steps = []
    for row in rows:
        cell = released.get(row["id"])
        source = row.get("source", cell.source if cell else "")
        name, points = (cell.name, cell.points) if cell else ("", 0.0)
        steps.append(Step(row["kind"], row["id"], source, name, points, row.get("run", row["kind"] not in NOT_RUN)))
    return Program(tuple(steps), ())


# --- what a process keeps from one submission to the next -----------------------------------------------------------


_opened: list = []


def pool(needs: str, topic: str, isolation: str, server: str):
    """This thread's warm kernels for a topic."""
    return _pool(needs, topic, isolation, server, threading.get_ident())


@functools.cache
def _pool(needs: str, topic: str, isolation: str, server: str, thread: int):
    from autograder.running.forkserver import SharedServer
    from autograder.running.kernels import KernelPool

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the command has said it once for all processes
        shared = SharedServer(server, needs, topic, isolation) if server else None
        made = KernelPool(needs=needs, topic=topic, isolation=isolation, server=shared)
    _opened.append(made)
    return made


@atexit.register
def close_pools() -> None:
    """End every kernel and fork server of this process."""
    _pool.cache_clear()
    while _opened:
        _opened.pop().close()


def abandon_pools() -> None:
    """End the fork servers, and their kernels with them, from a signal handler."""
    for made in _opened:
        with contextlib.suppress(Exception):
            made.server.close()


def limits(seconds: float, memory: int | None = None):
    """For one cell or one exercise; `memory` is what a kernel may use, where several share a machine."""
    from autograder.running.limits import Limits

    return Limits(wall=seconds, cpu=2 * seconds, memory=memory or Limits.memory)


def needs_of(topic: str) -> str:
    """ "tensorflow" if one exercise of the topic does, else "numpy"."""
    return facts_of(topic)[0]


@functools.cache
def facts_of(topic: str) -> tuple[str, frozenset[str]]:
    """What a topic's notebook needs, and the names of its exercises. Imports the checks.

    Raises:
        KeyError: there is no such topic.
    """
    from dlcourse import checks

    load_checks(topic)
    exercises = checks.exercises(topic)
    needs = "tensorflow" if any(exercise.needs == "tensorflow" for exercise in exercises) else "numpy"
    return needs, frozenset(exercise.name for exercise in exercises)


@functools.cache
def code_version(topic: str) -> str:
    """A digest of all code that decides about a topic's points: another one means that submissions are graded again."""
    import dlcourse

    package, here = Path(dlcourse.__file__).parent, Path(__file__).parent
    waiting = [package / "checks" / f"{topic}.py", *sorted(package.glob(f"checks/{topic}/*.py"))]
    waiting += [package / "checks" / "__init__.py", package / "checking" / "calling.py"]
    waiting += sorted(package.glob("checking/probes/*.py"))
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        decides = not {"workspace", "panel"} & set(file.relative_to(package).parts)  # what is only shown does not
        if decides and file.is_file() and file not in found:
            found.add(file)
            waiting += [package / name for name in _imported(file)]
    files = [*sorted(found), *sorted(package.glob("checking/**/*.json")), *sorted(package.glob("handing_in/*.py"))]
    files.append(here / "judge.py")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _imported(file: Path) -> set[str]:
    """The files of dlcourse that a file imports, relative to the package, and some that don't exist."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    parts = [name.removeprefix("dlcourse.").replace(".", "/") for name in names if name.startswith("dlcourse.")]
    return {f"{part}.py" for part in parts} | {f"{part}/__init__.py" for part in parts}
