"""The pages that show the whole course: tables of its notebooks, which builds on which, ways through them, and what of
each comes back in a later one; all of it read from the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.building.source import ABOUT, Source, place
from dlcourse.workspace import learning_paths
from dlcourse.workspace.course_map import HEAD, Stage

TABLES = {"README.md": "notebooks/", "notebooks/README.md": ""}  # page -> what its links begin with
ROW = re.compile(r"^\| \d\d \|.*\n", re.MULTILINE)
PICTURE = Path("notebooks", "map.svg")
BEGIN, END = "<!-- autograder build writes what follows -->\n", "<!-- as far as here -->\n"
CLAIMS = "spot_the_mistake"


def row(source: Source) -> str:
    """A notebook's line in the tables; "" if it says nothing for them."""
    said = [source.said.get(words, "") for words in ABOUT]
    link = f"[{source.title}](PLACE{place(source.name).as_posix()})"
    return f"| {source.name[:2]} | {link} | {said[0]} | {said[1]} |\n" if any(said) else ""


def pages(course: Path, rows: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Each page with what it says today: the rows of notebooks built now are given, the others stay as they stand."""
    there = {path.stem[:2] for path in (course / "solutions").glob("[0-9][0-9]_*.py")}
    shown = False
    for page, before in TABLES.items():
        if not (course / page).is_file():
            continue
        text = (course / page).read_bytes().decode()
        now = {line[2:4]: line for line in ROW.findall(text)}
        now |= {name[:2]: line.replace("(PLACE", f"({before}") for name, line in rows.items() if line}
        if found := list(ROW.finditer(text)):
            new = "".join(line for number, line in sorted(now.items()) if number in there)
            text = text[: found[0].start()] + new + text[found[-1].end() :]
        head, begun, rest = text.partition(BEGIN)
        if begun:
            text, shown = head + BEGIN + _ways(course) + END + rest.partition(END)[2], True
        yield course / page, text
    if shown:
        yield course / PICTURE, learning_paths.picture(stages(course), alone=True)


def stages(course: Path) -> list[Stage]:
    """The notebooks as their sources' heads describe them."""
    found = []
    for path in sorted((course / "solutions").glob("[0-9][0-9]_*.py")):
        text = re.sub("^# ?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        title, head = re.search(r"^# +(.*\S)", text, re.MULTILINE), HEAD.search(text)
        said = (" ".join(part.split()) for part in head.groups()) if head else ()
        found.append(Stage(place(path.stem), title[1] if title else path.stem, (), *said))
    return found


def _ways(course: Path) -> str:
    every = stages(course)
    lines = [f"![{learning_paths.told(every)}]({PICTURE.name})", ""]
    for path in learning_paths.PATHS:
        lines += [f"**{path.name}.** {path.why}", ""]
        if path.days:
            for number, day in enumerate(learning_paths.days(path, every), 1):
                links = (f"[{stage.title}]({stage.place.as_posix()})" for stage in day)
                lines.append(f"{number}. " + ", ".join(links))
            lines.append("")
    lines += ["What you write comes back:", "", "| you write | in | and meet it again in |", "| --- | --- | --- |"]
    lines += [
        f"| `{exercise}` | {name[:2]} | {', '.join(other[:2] for other in others)} |"
        for name, exercise, others in used_again(course)
    ]
    return "\n".join(lines) + "\n"


def used_again(course: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Each exercise that later notebooks call or speak of by its name, with its notebook and theirs."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((course / "solutions").glob("[0-9]*_*.py"))}
    taken = set()
    for name, text in texts.items():
        for exercise in re.findall(r'exercise="(\w+)"', text):
            later = [one for one, other in texts.items() if one > name and re.search(rf"\b{exercise}\b", other)]
            if later and exercise != CLAIMS and exercise not in taken:
                yield name, exercise, later
            taken.add(exercise)
