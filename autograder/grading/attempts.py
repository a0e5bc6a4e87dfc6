"""Which of one learner's files is graded: the latest attempt's notebook, and a sentence on what was left aside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.grading.archives import File, shown
from autograder.grading.platforms import COUNTED, NOTEBOOK, Claim, counted, stem_of


@dataclass(frozen=True)
class Chosen:
    """The file that counts, or why none does; `doubt` is a sentence for the teacher."""

    file: File | None
    claim: Claim
    problem: str = ""
    notes: tuple[str, ...] = ()
    doubt: str = ""


def choose(files: list[tuple[Claim, File]], assignment: str, words: Iterable[str] = (), alone: bool = False) -> Chosen:
    """Choose among everything that one learner has handed in.

    Args:
        words: what the learner is called; names of files may carry it.
        alone: there is no other learner, so that every folder is this one's.
    """
    first_claim, first_file = files[0]
    notebooks = [(claim, file) for claim, file in files if _is_notebook(file)]
    if not notebooks:
        return Chosen(first_file, first_claim, _why_none([file for _, file in files], [claim for claim, _ in files]))
    attempts = {claim.when for claim, _ in notebooks}
    if len(attempts) > 1 and any(claim.time is None for claim, _ in notebooks):
        dates = ", ".join(sorted(map(shown, attempts)))
        return Chosen(None, first_claim, f"It cannot be told which attempt is the latest ({dates}).")
    latest = max(claim.time for claim, _ in notebooks).strftime("%Y-%m-%d %H:%M") if len(attempts) > 1 else ""
    if latest:
        last = max(notebooks, key=lambda pair: pair[0].time)[0]
        candidates = [(claim, file) for claim, file in notebooks if claim.time == last.time]
    else:
        candidates = notebooks
    words = [word.casefold() for word in words if word]
    ranked = sorted(candidates, key=lambda pair: _rank(pair, assignment, words), reverse=True)
    claim, best = ranked[0]
    notes, doubt = [], ""
    called = claim.file or best.place.name
    if latest:
        notes.append(f"{len(attempts)} attempts were handed in; the latest, of {latest}, was graded.")
        empty = [c.time for c, _ in files if c.time and c.time > claim.time]
        if empty:
            notes.append("An even later attempt holds no notebook.")
    if len(candidates) > 1:
        notes.append(f"{len(candidates)} notebooks were handed in; {shown(best.place.name)} was graded.")
        rank = _rank(ranked[0], assignment, words)
        alike = {file.place.parent for claim, file in ranked if _rank((claim, file), assignment, words)[:4] == rank[:4]}
        if len(alike) > 1 and not (alone or rank[0] or rank[4]):
            names = ", ".join(sorted(shown(str(folder)) for folder in alike)[:3])
            return Chosen(None, claim, f"There are notebooks in several folders ({names}): it cannot be told whose.")
        if len({file.place.parent for _, file in candidates}) > 1 and not alone:
            doubt = f"There are notebooks in several folders; {shown(str(best.place))} was graded."
    if kinds := sorted({c.kind for c, _ in files if c.kind in ("onlinetext", "text", "link")}):
        notes.append(f"What was typed in on the platform ({', '.join(kinds)}) is not graded.")
    if not best.place.name.lower().endswith(".ipynb"):
        notes.append(f"The file is called {shown(best.place.name)}; it was read as a notebook.")
    elif _kind(counted(stem_of(called))[0], assignment, words) == 0 and len(best.place.parts) > 1:
        notes.append(f"The file is called {shown(best.place.name)}, not {assignment}.ipynb.")
    return Chosen(best, claim, notes=tuple(notes), doubt=doubt)


def _is_notebook(file: File) -> bool:
    return bool(NOTEBOOK.fullmatch(file.place.name)) and not file.problem


def _why_none(files: list[File], claims: list[Claim]) -> str:
    if problem := next((file.problem for file in files if file.problem), ""):
        return problem
    if all(claim.kind in ("onlinetext", "text", "link") for claim in claims):
        return "Only a text was typed in on the platform: hand in the notebook itself."
    if all(claim.kind == "txt" for claim in claims):
        return "There is no file with this attempt, only the platform's receipt: hand in the notebook itself."
    names = ", ".join(shown(file.place.name) for file in files[:3])
    return f"There is no notebook among what was handed in ({names})."


def _rank(pair: tuple[Claim, File], assignment: str, words: list[str]) -> tuple:
    """What makes a notebook the one to grade, most telling first: its folder, its name, its number, its attachment."""
    claim, file = pair
    called = claim.file or file.place.name
    base, number = _base_and_number(called, assignment, words)
    folders = [part.casefold() for part in file.place.parts[1:-1]]
    place = 2 if folders[:1] == [assignment.casefold()] else 1 if not folders else 0
    kind = _kind(base, assignment, words)
    return (
        place == 2,
        kind,
        claim.order if claim.platform == "canvas" else 0,
        number,
        place,
        -len(folders),
        _natural(str(file.place)),
    )


def _base_and_number(called: str, assignment: str, words: list[str]) -> tuple[str, int]:
    """A name without the number of a copy, and the number. A bare number counts only right behind the assignment's
    name, and if it isn't the learner's own."""
    base, number = counted(stem_of(called))
    match = COUNTED.fullmatch(base)
    if not number and match and match["base"].casefold() == assignment.casefold() and match["number"] not in words:
        return match["base"], int(match["number"])
    return base, number


def _kind(base: str, assignment: str, words: list[str]) -> int:
    """2 for the assignment's own name, with the learner's or without; 1 for a name that holds it; 0 for others."""
    plain, wanted = base.casefold(), assignment.casefold()
    if wanted not in plain:
        return 0
    left = plain.replace(wanted, "", 1).strip(" _-")
    return 2 if left == "" or left.isdigit() or left in words else 1


def _natural(text: str) -> tuple:
    """Sorts "Version 10" behind "Version 2"."""
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in re.split(r"(\d{1,18})", text))
