"""benchmarks/mutation.md: what the mutation runs gave, with every survivor and the reason why it may live."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
SURVIVORS = HERE / "mutation_survivors.toml"
PAGE = HERE.parent / "benchmarks" / "mutation.md"
HEAD = """\
# Mutation testing of the checks

Written by `python tests/mutation.py --page` from the results of `make mutation`; not to be edited by hand.

mutmut {version} changes the solutions' functions in small ways: another operator, another number, an argument left out,
a value replaced by None. Only the lines that a learner writes are changed. A mutant is killed if the exercise's check
rejects it with every one of several seeds, or if it does not come to an end. It is named if with every seed the check
says which mistake it is; one that does not come to an end has no name here. Every survivor is compared with the
solution on wider inputs (`tests/wider_inputs.py`): the cases of other seeds as they are, rounded so that ties and exact
thresholds occur, and with other values, numbers and sizes. Why a survivor may live is written in
`tests/mutation_survivors.toml`.

A survivor counts as changing the behaviour if a difference was found, in what is graded or in what is not (a cache), or
if the reason says so. It counts as unchanged if none was found, or if the reason shows that the difference lies outside
what the exercise defines.

Where fewer were tried than made, they were drawn by lot; an exercise that is not in these tables was not run, and one
that was not run again keeps its row. The first run, of ten notebooks and before names were counted, killed 2,303 of
2,432 mutants: 99.5 % of those that change the behaviour.

"""


@dataclasses.dataclass
class Count:
    """The figures of one exercise, or of several."""

    made: int = 0
    tried: int = 0
    killed: int = 0
    named: int = 0
    endless: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, other: Count) -> None:
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def row(self, name: str) -> str:
        share = 100 * self.killed / max(1, self.killed + self.changed)
        named = 100 * self.named / max(1, self.killed)
        counts = [self.made, self.tried, self.killed, self.endless, self.unchanged, self.changed]
        parts = [*counts, f"{share:.1f} %", self.named, f"{named:.0f} %"]
        return f"| {name} | " + " | ".join(map(str, parts)) + " |\n"


def reasons() -> dict[tuple[str, str], dict]:
    """(exercise, change) -> its entry, with a `reason`, and perhaps `changes_behaviour`, which then decides."""
    entries = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
    return {
        (exercise, change): entry
        for exercise, group in entries.items()
        for entry in group
        for change in entry["changes"]
    }


def write(results: Path) -> str | None:
    """Write the page; returns a sentence that names the survivors without a reason, if there are any."""
    reviewed, left = reasons(), []
    found = _rows_so_far()
    for path in sorted(results.glob("*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        topic, _, name = facts["exercise"].partition("/")
        count, rows = Count(facts["made"], len(facts["results"])), []
        for result in facts["results"]:
            if result["verdict"] != "survived":
                count.killed += 1
                count.named += bool(result["told"]) and all(result["told"])
                count.endless += result["verdict"] == "timed out"
                continue
            entry = reviewed.get((facts["exercise"], result["change"]))
            if entry is None:
                left.append(f"{facts['exercise']}: {result['change']}")
                entry = {"reason": "**not reviewed**"}
            changed = entry.get("changes_behaviour", bool(result["difference"]))
            count.changed += changed
            count.unchanged += not changed
            rows.append(_survivor(name, result["change"], changed, entry["reason"]))
        title = f"{name}, {facts['seeds']} seed{'s' * (facts['seeds'] > 1)}"
        found[topic, name] = count, count.row(title), rows
    total, topics, sections = Count(), {}, {}
    for (topic, _), (count, row, survivors) in sorted(found.items(), key=lambda entry: entry[0]):
        topics.setdefault(topic, Count()).add(count)
        total.add(count)
        section = sections.setdefault(topic, ([], []))
        section[0].append(row)
        section[1].extend(survivors)
    PAGE.write_text(_page(total, topics, sections), encoding="utf-8")
    return None if not left else "\n".join(["These survivors have no reason in tests/mutation_survivors.toml:", *left])


def _rows_so_far() -> dict[tuple[str, str], tuple[Count, str, list[str]]]:
    """What the page says already of each exercise: its figures, as numbers and as a row, and the rows of its survivors.
    An exercise that was not run again keeps them."""
    found, topic = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines(keepends=True) if PAGE.exists() else ():
        if line.startswith("## "):
            topic = line[3:].strip()
        elif figures := re.match(r"\| (\w+), \d+ seeds? \|(.*)\|$", line):
            made, tried, killed, endless, unchanged, changed, _, named, _ = figures[2].split("|")
            numbers = map(int, (made, tried, killed, named, endless, changed, unchanged))
            found[topic, figures[1]] = Count(*numbers), line, []
        elif (survivor := re.match(r"\| (\w+) \| ", line)) and (topic, survivor[1]) in found:
            found[topic, survivor[1]][2].append(line)
    return found


def _page(total: Count, topics: dict[str, Count], sections: dict[str, tuple[list[str], list[str]]]) -> str:
    head = (
        "| {} | mutants made | tried | killed | of these endless | survivors, behaviour unchanged | survivors, "
        "behaviour changed | killed of those that change it | named | named of those killed |\n"
        "| --- | " + "---: | " * 8 + "---: |\n"
    )
    page = HEAD.format(version=version("mutmut")) + head.format("notebook")
    page += "".join(count.row(topic) for topic, count in topics.items()) + total.row("**all**")
    for topic, (figures, survivors) in sections.items():
        page += f"\n## {topic}\n\n" + head.format("exercise") + "".join(figures)
        if survivors:
            page += "\n| exercise | survivor | behaviour | reason |\n| --- | --- | --- | --- |\n" + "".join(survivors)
    return page


def _survivor(name: str, change: str, changed: bool, reason: str) -> str:
    old, _, new = change.partition(" → ")
    shown = "<br>→ ".join(f"`{part.replace('|', chr(92) + '|')}`" if part else "(nothing)" for part in (old, new))
    return f"| {name} | {shown} | {'changed' if changed else 'unchanged'} | {reason} |\n"
