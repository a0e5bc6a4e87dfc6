"""Whose a submission is: the one rule, in one place.

What a download says of a learner comes in three kinds, and they are asked in this order:

1. **The platform's number** (Moodle's participant, Canvas's user, GitHub's id). It belongs to one person; it decides,
   whatever the name beside it says.
2. **An exact id**: the roster's own name for a learner, letter by letter; then a login, a GitHub name or an address of
   theirs, capitals aside, because those systems don't tell capitals apart.
3. **Derived keys**: names and ids without accents, capitals, dots and dashes, in either order. They say something only
   where one member of the roster answers to them, and never against a number: who has another number on the roster is
   another person.

Nothing is merged on a name or on the form that a name takes in a file system. Without a roster, two numbers are two
learners whatever they are called, and two files that share only a person's name belong to nobody. With one, two
submissions that lead to one member by different ways are that member's only if both were decided by 1 or 2. Whatever
stays undecided is refused with a sentence, and the members who could be meant are told so in place of "nothing was
handed in".
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from autograder.grading.archives import shown
from autograder.grading.platforms import Claim
from autograder.grading.students import Member, Roster, safe_name

NUMBER, ID, NAME = 1, 2, 3  # how a member was found; smaller is surer
Key = tuple[str, str]


@dataclass
class Learner:
    """Somebody whose submission is there: the keys of the files that are theirs."""

    student: str
    keys: list[Key]
    member: Member | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Identified:
    """Everybody who was found, what was refused, and which members may be meant by that."""

    learners: list[Learner] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    doubted: dict[str, str] = field(default_factory=dict)  # a member -> why it cannot be told


def identify(claims: dict[Key, list[Claim]], roster: Roster | None) -> Identified:
    """Tell whose each group of files is. Groups are what is one learner's for certain (`Claim.key`)."""
    found = Identified()
    members: dict[str, list[tuple[int, Key]]] = {}
    strangers: list[Key] = []
    numbered = {key[0] for key, group in claims.items() if roster and group[0].number and roster.has(group[0].number)}
    for key, group in claims.items():
        level, candidates = _candidates(group[0], roster, numbered) if roster else (NAME, set())
        if len(candidates) > 1:
            _refuse(found, group, sorted(candidates), "the roster has more than one learner whom that can mean")
        elif candidates:
            members.setdefault(candidates.pop(), []).append((level, key))
        else:
            strangers.append(key)
    for student, ways in members.items():
        _settle(found, student, ways, claims, roster)
    _name_strangers(found, strangers, claims, roster)
    return found


def _candidates(claim: Claim, roster: Roster, numbered: set[str]) -> tuple[int, set[str]]:
    """The members that a claim can mean, by the surest kind of evidence that says anything."""
    if claim.number and (owners := roster.numbers.get(claim.number) or roster.by_id(claim.number)):
        # A column `id` may count something else than the platform does: then it must not contradict the name.
        named = roster.by_name((claim.name,)) if not roster.has(claim.number) else set()
        return NUMBER, owners if owners & named else owners | named
    if claim.id and (owners := roster.by_id(claim.id)):
        return ID, owners
    owners = roster.by_name((claim.id, claim.name))
    if claim.platform in numbered and claim.number:
        owners = {student for student in owners if not roster.numbers_of.get(student)}
    return NAME, owners


def _settle(found: Identified, student: str, ways: list, claims: dict[Key, list[Claim]], roster: Roster) -> None:
    """Everything that leads to one member: what is theirs for certain, and what is not."""
    sure = [key for level, key in ways if level <= ID]
    chosen = sure or ([ways[0][1]] if len(ways) == 1 else [])
    numbered = [(level, key) for level, key in ways if key in chosen and claims[key][0].number]
    of_one_platform = max(Counter(key[0] for _, key in numbered).values(), default=0)
    if of_one_platform > 1 and any(level != NUMBER for level, _ in numbered):
        chosen = []  # two numbers of one platform are two people, unless the roster says that both are theirs
    for _, key in ways:
        if key not in chosen:
            _refuse(found, claims[key], [] if chosen else [student], f"it may be {shown(student)}'s, or a namesake's")
    if chosen:
        found.learners.append(Learner(student, chosen, roster.members[student]))


def _name_strangers(found: Identified, keys: list[Key], claims: dict[Key, list[Claim]], roster: Roster | None) -> None:
    """Names for those who are on no roster, no two of them alike."""
    note = ["This learner is not on the roster."] if roster else []
    taken = {member.casefold() for member in roster.members} if roster else set()
    spoken = Counter(_spoken(group[0]) for group in claims.values())
    used = {learner.student for learner in found.learners}
    kept: list[tuple[str, Key]] = []
    for key in keys:
        group, name = claims[key], _spoken(claims[key][0])
        if key[0] == "name" and len(group) > 1:
            _refuse(found, group, [], "its name doesn't say whether that is one learner or two: give --roster")
            continue
        alone = spoken[name] == 1 and name != "Participant" and name.casefold() not in taken
        kept.append((name if alone or not group[0].number else f"{name} {group[0].number}", key))
    for name, key in kept:
        student = safe_name(name)
        if student in used:
            student += "-" + hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:6]
        notes = list(note)
        if student != name:
            notes.append(f"The name {shown(name)} was changed to one that can be a folder's name.")
        used.add(student)
        found.learners.append(Learner(student, [key], notes=notes))


def _spoken(claim: Claim) -> str:
    return claim.name or claim.id


def _refuse(found: Identified, group: list[Claim], students: list[str], why: str) -> None:
    """Leave a group of files out, and note who may be waiting for a grade on it."""
    first = group[0]
    words = " ".join(filter(None, [_spoken(first), first.number]))
    found.refused.append(f"What {shown(words)} handed in was left out: {why}.")
    for student in students:
        found.doubted[student] = f"It cannot be told whether what {shown(words)} handed in is this learner's."
