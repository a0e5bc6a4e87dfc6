"""A graded class for machines: each learner a suite, each exercise a case."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.results.publishing import STATUS, verdict
from dlcourse.workspace.outcomes import DEAD, OPEN, RIGHT, WRONG, Outcome, Suite

STATES = {"passed": RIGHT, "partly": WRONG, "failed": WRONG, "not attempted": OPEN, "missing": OPEN}


def suites_of(results: Iterable[dict]) -> list[Suite]:
    made = []
    for result in results:
        outcomes = []
        for one in result["exercises"]:
            state = DEAD if result["status"] == "failed" else STATES.get(one["status"], DEAD)
            said = [verdict(one), STATUS[result["status"]], result["problem"]]
            said += [one.get(key, "") for key in ("case", "message", "line", "helper", "mistake")]
            message = "\n".join(filter(None, said)) if state != RIGHT else ""
            outcomes.append(Outcome(one["name"], state, message, one["score"], one["points"]))
        name = f"{result['student']} {result['assignment']}"
        seconds = result.get("seconds", 0.0)
        made.append(Suite(name, outcomes, "", result["score"], result["max_score"], seconds))
    return made
