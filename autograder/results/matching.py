"""Which line of a platform's file is whose, by the order that `autograder.grading.identity` has: the platform's number,
then an exact id, then a name that only one learner and only one line answers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from autograder.grading.students import Member, Roster

NUMBER, ID, NAME = 1, 2, 3  # how sure it is; smaller is surer


@dataclass(frozen=True)
class Line:
    """What one line of a platform's file (or one name in its zip) says of whose it is."""

    place: int
    number: str = ""
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What a teacher recognises it by."""
        name = next(filter(None, self.names), "")
        return f"{name} {self.number or next(filter(None, self.ids), '')}".strip() or "no name"


@dataclass
class Matched:
    """Lines by learner, and the lines that are nobody's, with the reason."""

    students: dict[str, Line] = field(default_factory=dict)
    lines: list[tuple[Line, str]] = field(default_factory=list)


class Learners:
    """The learners of a graded class, as platforms know them."""

    def __init__(self, known_as: dict[str, dict], platform: str) -> None:
        """
        Args:
            known_as: what the hand-in kept of each learner (see `autograder.grading.submissions`).
            platform: whose numbers count.
        """
        self.roster = Roster()
        self.numbers: dict[str, set[str]] = {}
        self.numbers_of: dict[str, set[str]] = {}
        told = {student: known.get("handed_in", []) for student, known in known_as.items()}
        own = {
            student: {one["number"] for one in claims if one.get("platform") == platform and one.get("number")}
            for student, claims in told.items()
        }
        taken = set().union(*own.values())
        for student, known in known_as.items():
            claims, words = told[student], known.get("roster") or {}
            # A roster may be of another assignment, in which Moodle's numbers are others: the hand-in decides.
            self.numbers_of[student] = own[student] or set(words.get("numbers", ())) - taken
            for number in self.numbers_of[student]:
                self.numbers.setdefault(number, set()).add(student)
            self.roster.add(
                Member(student),
                ids=[student, *words.get("ids", ()), *(claim.get("id", "") for claim in claims)],
                logins=words.get("logins", ()),
                names=[*words.get("names", ()), *(claim.get("name", "") for claim in claims)],
            )

    def match(self, lines: Iterable[Line]) -> Matched:
        """Tell whose each line is. Nobody gets two lines, and what can mean two learners is nobody's."""
        found, lines = Matched(), list(lines)
        numbered = any(line.number in self.numbers for line in lines)
        claimed: dict[str, list[tuple[int, Line]]] = {}
        for line in lines:
            level, owners = self._owners(line, numbered)
            if len(owners) == 1:
                claimed.setdefault(owners.pop(), []).append((level, line))
            else:
                found.lines.append((line, f"it can mean {' or '.join(sorted(owners))}" if owners else ""))
        for student, ways in claimed.items():
            best = min(level for level, _ in ways)
            sure = [line for level, line in ways if level == best]
            if len(sure) == 1:
                found.students[student] = sure[0]
            for _, line in ways:
                if len(sure) > 1 or line is not sure[0]:
                    found.lines.append((line, f"more than one line can mean {student}"))
        found.lines.sort(key=lambda pair: pair[0].place)
        return found

    def _owners(self, line: Line, numbered: bool) -> tuple[int, set[str]]:
        if line.number and (owners := self.numbers.get(line.number)):
            return NUMBER, set(owners)
        for identifier in filter(None, line.ids):
            if owners := self.roster.by_id(identifier):
                return ID, owners
        owners = self.roster.by_name(line.names)
        if line.number and numbered:  # whoever has another number is another person
            owners = {student for student in owners if not self.numbers_of[student]}
        return NAME, owners
