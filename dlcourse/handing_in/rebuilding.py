"""Put a submission back into the released notebook: the learner's own code, in the release's order, and nothing else.

Tags, metadata, outputs, and whatever became of checks and other released cells have no effect. Each repair is a
sentence on the learner's receipt.
"""

from __future__ import annotations

import builtins
import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dlcourse.handing_in.absent import removed_names, without_absent
from dlcourse.handing_in.master import NOT_RUN, Master, MasterCell
from dlcourse.handing_in.names import alike, defined, new_statements, only_defines, tree_of, used
from dlcourse.handing_in.packages import Graded, written_by
from dlcourse.handing_in.reading import Cell, Notebook

BUILTINS = frozenset(dir(builtins))
SHORTEST_ALIKE = 12  # characters; shorter cells are alike by chance
LONGEST_NAME, LONGEST_SENTENCE, MOST_REPAIRS = 40, 400, 30  # on a receipt; a learner chooses names and how many


@dataclass(frozen=True)
class Step:
    """One cell of the rebuilt notebook. `kind` is text, install, setup, code, demo, example, exercise, check or own;
    what is not `run` is only shown."""

    kind: str
    id: str
    source: str
    name: str = ""
    points: float = 0.0
    run: bool = True


@dataclass(frozen=True)
class Program:
    """A rebuilt notebook: its cells in order (released text cells by their id only) and the receipt.

    Attributes:
        removed: names that an import gave which is not there when graded -> the import's package.
        twice: exercises that are written above their check and again below it, where it doesn't count.
    """

    steps: tuple[Step, ...]
    repairs: tuple[str, ...]
    removed: Mapping[str, str] = field(default_factory=dict)
    twice: tuple[str, ...] = ()


class WrongNotebook(ValueError):
    """Nothing of the assignment is in the notebook; the message says so."""


def rebuild(master: Master, notebook: Notebook) -> Program:
    """Take the learner's own code out of a notebook, and put it where the release has it.

    Raises:
        WrongNotebook: none of the assignment's cells is in it.
    """
    return _Rebuilding(master, notebook).program()


class _Rebuilding:
    def __init__(self, master: Master, notebook: Notebook) -> None:
        self.master = master
        self.cells = [cell for cell in notebook.cells if cell.source.strip()]
        self.repairs = list(notebook.repairs)
        self.owner: dict[int, MasterCell] = {}  # handed-in cell -> the released cell that it is
        self.taken: dict[str, list[int]] = {}  # exercise -> the handed-in cells that hold it
        self.inside: dict[str, str] = {}  # exercise -> the exercise whose cell holds it too
        self.unmarked: list[str] = []  # exercises that were found by their function alone
        self.said: set[int] = set()  # cells that the receipt mentions already
        self.names: dict[str, frozenset[str]] = {}  # source -> what it defines: there may be thousands of cells
        self.graded = Graded(master.needs, written_by(cell.source for cell in self.cells))
        self.removed: dict[str, str] = {}  # a name -> the package that it was imported from, and that is not there

    def program(self) -> Program:
        self._match_released()
        for cell in self.master.cells:
            if cell.kind == "exercise":
                self._match_exercise(cell)
        # Every notebook of the course has the same cell that installs it.
        if not self.taken and all(cell.kind == "install" for cell in self.owner.values()):
            raise WrongNotebook(
                f"None of the cells of {self.master.name} is in this notebook: was another notebook handed in?"
            )
        self._match_by_position()
        steps = self._in_order(self._steps())
        twice = tuple(self._written_twice(steps))
        self._report_unmarked()
        self._report_checks()
        self._report_edits()
        return Program(tuple(self._needed(steps)), shortened(dict.fromkeys(self.repairs)), self.removed, twice)

    def _match_released(self) -> None:
        """By grade id or cell id where there are any, else by content."""
        by_id = {cell.id: cell for cell in self.master.cells}
        by_source = {cell.source.strip(): cell for cell in self.master.cells if len(cell.source) >= SHORTEST_ALIKE}
        for position, cell in enumerate(self.cells):
            match = by_id.get(cell.grade_id) or by_id.get(cell.id) or by_source.get(cell.source.strip())
            if match is not None and not (match.kind == "text" and cell.kind == "code"):
                self.owner[position] = match

    def _match_exercise(self, exercise: MasterCell) -> None:
        """Its cells by id, and wherever else its function is written; stubs count only where there is nothing else."""
        marked = [position for position, cell in self.owner.items() if cell is exercise]
        code = [position for position in marked if self._is_code(position, exercise.name)]
        elsewhere = [
            position
            for position, cell in enumerate(self.cells)
            if cell.kind == "code" and position not in self.owner and exercise.name in self._defined(cell.source)
        ]
        written = [p for p in code if not alike(self.cells[p].source, exercise.source)]
        defining = [p for p in written if exercise.name in self._defined(self.cells[p].source)]
        chosen = defining or elsewhere or written or code
        if not chosen:
            return
        if not marked:
            self.unmarked.append(exercise.name)
        elif defining and len(marked) > 1:
            self._say(
                f"The cell of {exercise.name} is there {len(marked)} times; the last one that was filled in counts."
            )
        elif not defining and elsewhere:
            self._say(f"{exercise.name} is written in another cell than the one made for it; it was found there.")
        elif chosen and self.cells[chosen[-1]].kind != "code":
            self._say(f"The cell of {exercise.name} had become a text cell; it was read as code.")
        for position in marked:
            if (
                position not in chosen
                and self._is_code(position)
                and not alike(self.cells[position].source, exercise.source)
            ):
                del self.owner[position]  # kept as a cell of the learner's own
        last = chosen[-1:] if defining else chosen
        self.taken[exercise.name] = last
        for position in last:
            self.owner[position] = exercise
        for position in (defining if defining else [])[:-1]:
            self.owner[position] = exercise

    def _match_by_position(self) -> None:
        """An exercise that is still missing is the one unknown cell between its neighbours, if there is just one."""
        names = {cell.name for cell in self.master.cells if cell.kind == "exercise"}  # a cell that says whose it is
        for index, exercise in enumerate(self.master.cells):
            if exercise.kind != "exercise" or exercise.name in self.taken:
                continue
            before = {cell.id for cell in self.master.cells[:index]}
            after = {cell.id for cell in self.master.cells[index + 1 :]}
            start = max((p for p, cell in self.owner.items() if cell.id in before), default=-1)
            end = min((p for p, cell in self.owner.items() if cell.id in after), default=len(self.cells))
            between = [
                p
                for p in range(start + 1, end)
                if p not in self.owner and self.cells[p].kind == "code" and not defined(self.cells[p].source) & names
            ]
            holders = (
                name
                for name, taken in self.taken.items()
                if any(exercise.name in self._defined(self.cells[p].source) for p in taken)
            )
            if holder := next(holders, None):
                self.inside[exercise.name] = holder
                self._say(f"{exercise.name} is written in the cell of another exercise; it was found there.")
            elif len(between) == 1:
                self._say(f"No cell defines {exercise.name}; the cell that stands in its place was taken.")
                self.taken[exercise.name] = between
                self.owner[between[0]] = exercise
            else:
                self._say(f"No cell defines {exercise.name}.")

    def _steps(self) -> list[Step]:
        """The release's cells, with the learner's in between: each of their own after the cell it came after."""
        own: dict[str, list[int]] = {}
        previous = ""
        for position, cell in enumerate(self.cells):
            if position in self.owner:
                previous = self.owner[position].id
            elif cell.kind == "code":
                own.setdefault(previous, []).append(position)
        steps, placed = [self._own(position) for position in own.get("", [])], set()
        for cell in self.master.cells:
            if cell.kind == "exercise":
                holder = self.inside.get(cell.name, cell.name)
                sources = [self.cells[position].source for position in self.taken.get(holder, [])]
                if holder in placed:  # the released stub must not take the place of what is there already
                    sources = [f"# {cell.name} is written in the cell of {holder}."]
                placed.add(cell.name)
                source = self._present("\n\n".join(sources), f"the cell of {cell.name}") or cell.source
                steps.append(Step("exercise", cell.id, source, cell.name))
            else:
                steps.append(Step(cell.kind, cell.id, cell.source, cell.name, cell.points, cell.kind not in NOT_RUN))
            if cell.kind not in ("exercise", "text"):
                steps += self._helpers(cell)
            steps += [self._own(position) for position in own.get(cell.id, [])]
        return steps

    def _in_order(self, steps: list[Step]) -> list[Step]:
        """A helper below the exercise that uses it works while a learner is at the notebook: it moves up."""
        ordered: list[Step] = []
        known = set(BUILTINS)
        below = {position for position, step in enumerate(steps) if step.kind == "own" and only_defines(step.source)}
        makers: dict[str, list[int]] = {}
        for position in sorted(below):
            for name in self._defined(steps[position].source):
                makers.setdefault(name, []).append(position)

        def take(step: Step) -> None:
            ordered.append(step)
            known.update(self._defined(step.source))

        moved: set[int] = set()
        for position, step in enumerate(steps):
            if position in moved:
                continue
            below.discard(position)
            # Helpers that define what is missing, the topmost first; each adds what it uses itself.
            waiting = self._makers(makers, step.source, known) if step.kind == "exercise" else []
            heapq.heapify(waiting)
            while waiting:
                helper = heapq.heappop(waiting)
                if helper not in below or self._defined(steps[helper].source) <= known:
                    continue
                below.remove(helper)
                moved.add(helper)
                take(steps[helper])
                for more in self._makers(makers, steps[helper].source, known):
                    heapq.heappush(waiting, more)
                names = listed(self._defined(steps[helper].source))
                self._say(f"{names} stood below {step.name or step.id}, which uses it; it was moved up.")
            take(step)
        return ordered

    @staticmethod
    def _makers(makers: dict[str, list[int]], source: str, known: set[str]) -> list[int]:
        """Where the names that a cell uses and that aren't known yet are defined."""
        return [position for name in used(source) - known for position in makers.get(name, ())]

    def _own(self, position: int) -> Step:
        return Step("own", f"own-{position + 1}", self._present(self.cells[position].source, "a cell of your own"))

    def _present(self, source: str, where: str) -> str:
        """A learner's cell without what isn't there while it is graded."""
        self.removed |= removed_names(source, self.graded)
        source, said = without_absent(source, self.graded)
        for sentence in said:
            self._say(f"In {where}: {sentence}")
        return source

    def _written_twice(self, steps: list[Step]) -> Iterator[str]:
        """Exercises that a cell of the learner's own, below the check, writes once more."""
        checked: dict[str, str] = {}  # exercise -> its text at its check
        for step in steps:
            if step.kind == "exercise" and step.name in defined(step.source) and not self._is_stub(step):
                checked.setdefault(step.name, "written")
            elif step.kind == "check" and step.name in checked:
                checked[step.name] = "checked"
            elif step.kind == "own":
                for name in sorted(name for name in defined(step.source) if checked.get(name) == "checked"):
                    checked.pop(name)
                    self._say(f"{name} is written again below its check; the one above the check counts.")
                    yield name

    def _is_stub(self, step: Step) -> bool:
        return any(cell.id == step.id and alike(cell.source, step.source) for cell in self.master.cells)

    def _helpers(self, released: MasterCell) -> list[Step]:
        """What the learner has added to a released cell: imports and definitions that the release has nowhere."""
        steps = []
        for position, owner in self.owner.items():
            cell = self.cells[position]
            if owner.id != released.id or cell.kind != "code" or alike(cell.source, released.source):
                continue
            kept = self._present(new_statements(cell.source, self.master.defined), "the cell of the imports")
            if kept:
                names = listed(self._defined(kept) - self.master.defined)
                self._say(
                    f"The released cell {released.id!r} was changed; the released text counts, and {names} was kept."
                )
                self.said.add(position)
                steps.append(Step("own", f"own-{position + 1}", kept))
        return steps

    def _needed(self, steps: list[Step]) -> list[Step]:
        """Pictures, examples and other released cells that the learner's code doesn't use are not run."""
        wanted: set[str] = set()
        for step in steps:
            if step.kind in ("exercise", "own"):
                wanted |= used(step.source)
        needed: set[int] = set()
        while True:
            more = {
                index
                for index, step in enumerate(steps)
                if index not in needed
                and step.kind in ("code", "demo", "example")
                and self._defined(step.source) & wanted
            }
            if not more:
                break
            needed |= more
            for index in more:
                wanted |= used(steps[index].source)
        return [
            replace(step, run=index in needed) if step.kind in ("code", "demo", "example") else step
            for index, step in enumerate(steps)
        ]

    def _report_checks(self) -> None:
        found: dict[str, list[Cell]] = {}
        for position, owner in self.owner.items():
            if owner.kind == "check":
                found.setdefault(owner.name, []).append(self.cells[position])
        missing = [name for name in self.master.points if name not in found]
        if missing and len(missing) == len(self.master.points):
            self._say("The checks were missing; they were put back.")
        elif missing:
            self._say(f"The checks of {', '.join(missing)} were missing; they were put back.")
        for cell in self.master.cells:
            copies = found.get(cell.name, []) if cell.kind == "check" else []
            if len(copies) > 1:
                self._say(f"The check of {cell.name} was there {len(copies)} times; it counts once.")
            if any(not alike(copy.source, cell.source) for copy in copies):
                self._say(f"The check of {cell.name} was changed; the released one counts.")

    def _report_edits(self) -> None:
        """Changes to pictures and examples are play; changes to what other code rests on are worth a sentence."""
        setup_there = any(owner.kind == "setup" for owner in self.owner.values())
        if not setup_there and any(cell.kind == "setup" for cell in self.master.cells):
            self._say("The cell with the imports was missing; it was put back.")
        for position, owner in self.owner.items():
            changed = owner.kind in ("setup", "code") and not alike(self.cells[position].source, owner.source)
            if changed and position not in self.said:
                self._say(f"The released cell {owner.id!r} was changed; the released text counts.")

    def _is_code(self, position: int, name: str = "") -> bool:
        cell = self.cells[position]
        return cell.kind == "code" or (tree_of(cell.source) is not None and name in self._defined(cell.source))

    def _report_unmarked(self) -> None:
        """A converter loses the marks of all cells at once, and one sentence is enough for that."""
        if len(self.unmarked) == 1:
            self._say(f"The cell of {self.unmarked[0]} had lost its marks; it was found by the function it defines.")
        elif self.unmarked:
            every = len(self.unmarked) == sum(cell.kind == "exercise" for cell in self.master.cells)
            whose = "every exercise" if every else f"{', '.join(self.unmarked[:-1])} and {self.unmarked[-1]}"
            self._say(f"The cells of {whose} had lost their marks; they were found by the functions they define.")

    def _defined(self, source: str) -> frozenset[str]:
        if source not in self.names:
            self.names[source] = defined(source)
        return self.names[source]

    def _say(self, sentence: str) -> None:
        self.repairs.append(sentence)


def listed(names: Iterable[str]) -> str:
    """A few names of a learner's, none of them longer than people write them."""
    return ", ".join(
        name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..." for name in sorted(names, key=str)[:5]
    )


def shortened(sentences: Iterable[str]) -> tuple[str, ...]:
    """The receipt, as long as somebody may read it."""
    sentences = [one if len(one) <= LONGEST_SENTENCE else f"{one[:LONGEST_SENTENCE]}..." for one in sentences]
    more = len(sentences) - MOST_REPAIRS
    return (*sentences[:MOST_REPAIRS], *([f"And {more} more of this kind."] if more > 0 else []))
