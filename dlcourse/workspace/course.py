"""The course folder of a learner: laying the released notebooks out, finding one of them, and taking updates.

A file that exists in the course folder is never overwritten. The released text that each came from is kept in
`.dlcourse/released/`, so that a later release can say which texts it changed, and `dlcourse update` can take them.
"""

import contextlib
import difflib
import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dlcourse
from dlcourse.handing_in.notebook_files import CourseError, read_notebook, write_atomically
from dlcourse.workspace.progress import MARKER, course_folder

DEFAULT_FOLDER = "my-course"
RECORD = "released.json"
RELEASED = "released"
UPDATES = "updates"


@dataclass
class LaidOut:
    """What `lay_out` did."""

    folder: Path
    added: list[Path] = field(default_factory=list)
    changed: dict[Path, Path] = field(default_factory=dict)  # a notebook -> the page that compares its texts
    gone: list[Path] = field(default_factory=list)  # no longer released; the learner's stay

    def sentence(self) -> str:
        """What was done, in one sentence; "" if nothing was."""
        parts = []
        if self.added:
            parts.append(f"laid out {len(self.added)} file{'s' if len(self.added) > 1 else ''} in {self.folder}")
        if self.changed:
            pages = ", ".join(f"{place.stem} ({page.as_posix()})" for place, page in self.changed.items())
            parts.append(f"put new text of this release beside yours for {pages}; `dlcourse update` takes it")
        if self.gone:
            names = ", ".join(place.stem for place in self.gone)
            parts.append(f"left {names} as it is, which this release no longer has")
        if self.changed or self.gone:
            parts.append("nothing of yours was changed")
        said = "; ".join(parts)
        return said[:1].upper() + said[1:] + "." if said else ""


@contextlib.contextmanager
def plain_errors(doing: str) -> Iterator[None]:
    """Turn the operating system's errors into one sentence that says what to do."""
    try:
        yield
    except OSError as problem:
        where = f" ({problem.filename})" if problem.filename else ""
        if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise CourseError(f"The disk is full, so {doing} did not work; free some space and try again.") from None
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise CourseError(
                f"You may not write here{where}, so {doing} did not work; choose a folder of your own."
            ) from None
        if problem.errno in (errno.ENOTDIR, errno.EEXIST):
            raise CourseError(f"There is a file where a folder is needed{where}; choose another folder.") from None
        raise CourseError(f"While {doing}: {problem.strerror or problem}{where}.") from None


def released_folder() -> Path:
    """Where the released notebooks are: inside the installed package, or in the repository beside it."""
    here = Path(__file__).resolve().parent
    inside = here / "released_notebooks"
    return inside if inside.is_dir() else here.parents[1] / "notebooks"


def released_files() -> dict[Path, Path]:
    """Every released file: its place in a course folder -> where it is now."""
    root = released_folder()
    files = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    files.pop(Path("README.md"), None)  # for whoever reads the repository; a learner has the start page
    return {place: path for place, path in files.items() if not any(part.startswith(".") for part in place.parts)}


def released_notebooks() -> dict[Path, Path]:
    """Every released notebook, in the order of the course: place in a course folder -> where it is now."""
    return {place: path for place, path in released_files().items() if place.suffix == ".ipynb"}


def topic_of(place: Path) -> str:
    """The topic word of a notebook: `01_convolution.ipynb` -> `convolution`."""
    return re.sub(r"^\d+[_-]", "", place.stem)


def find_course(start: Path | None = None) -> Path | None:
    """The course folder at or above `start` (default: the working directory), or `my-course` below it."""
    found = course_folder(start)
    below = (start or Path.cwd()) / DEFAULT_FOLDER
    return found or (below if (below / MARKER).is_dir() else None)


def released_place(name: str) -> Path:
    """Which released notebook `name` means: a number, a topic word, both, or a file name.

    Raises:
        CourseError: none, with the names that would have been understood.
    """
    notebooks = list(released_notebooks())
    wanted = Path(name).name.removesuffix(".ipynb")
    for place in notebooks:
        number = place.stem.partition("_")[0]
        same_number = wanted.isdigit() and number.isdigit() and int(wanted) == int(number)
        if wanted in (place.stem, topic_of(place)) or same_number:
            return place
    # A copy keeps the notebook's name at the front: 01_convolution-Copy1, 01_convolution.before-reset-...
    for place in notebooks:
        if re.match(rf"{re.escape(place.stem)}\W", wanted):
            return place
    topics = [topic_of(place) for place in notebooks]
    close = difflib.get_close_matches(wanted, [*topics, *(place.stem for place in notebooks)], n=1)
    if close:
        raise CourseError(f"There is no notebook `{name}` in this course; did you mean `{close[0]}`?")
    known = f"it has {', '.join(place.stem for place in notebooks)}" if notebooks else "it has no notebooks yet"
    raise CourseError(f"There is no notebook `{name}` in this course; {known}.")


def learner_notebook(name: str) -> Path:
    """The learner's notebook that `name` means: a path, or a number or topic word to look up in the course.

    Raises:
        CourseError: there is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    if path.suffix == ".ipynb" or len(path.parts) > 1 or path.is_dir():
        if path.is_dir():
            inside = sorted(path.glob("*.ipynb"))
            if len(inside) == 1:
                return inside[0]
            raise CourseError(f"{name} is a folder with {len(inside) or 'no'} notebooks; name one notebook.")
        course = find_course()
        if len(path.parts) > 1 or course is None:
            raise CourseError(f"There is no notebook {name}; check the path.")
    place = released_place(name)
    course = find_course()
    if course is None:
        raise CourseError(f"There is no course folder here to find `{name}` in; go to yours, or run `dlcourse lab`.")
    if not (course / place).is_file():
        raise CourseError(f"{course / place} is missing; `dlcourse reset {name}` puts the released one back.")
    return course / place


def lay_out(folder: Path) -> LaidOut:
    """Put every released file that is missing into `folder`, and offer released texts that have changed.

    Raises:
        CourseError: the folder cannot be written, or nothing has been released.
    """
    files = released_files()
    if not any(place.suffix == ".ipynb" for place in files):
        raise CourseError(f"No notebooks have been released into {released_folder()}; build them first.")
    done = LaidOut(folder)
    with plain_errors(f"laying the course out in {folder}"):
        (folder / MARKER).mkdir(parents=True, exist_ok=True)
        record = _read_record(folder)
        offered = record["offered"]
        for place, source in files.items():
            _lay_out_file(done, place, source, offered)
        done.gone = [place for place in map(Path, offered) if place not in files and (folder / place).exists()]
        record["offered"] = {name: digest for name, digest in offered.items() if Path(name) in files}
        record.update(version=2, dlcourse=dlcourse.__version__)
        write_atomically(folder / MARKER / RECORD, json.dumps(record, indent=1, sort_keys=True) + "\n")
    return done


def _lay_out_file(done: LaidOut, place: Path, source: Path, offered: dict[str, str]) -> None:
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    target, came_from = done.folder / place, release_of(done.folder, place)
    if not (target.exists() or target.is_symlink()):
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_in_one_step(source, target)
        remember(done.folder, place, source)
        done.added.append(place)
    elif came_from is None:  # it was there before the course: nothing can be compared, but the next release with this
        remember(done.folder, place, source)
    elif came_from.read_bytes() != source.read_bytes() and offered.get(place.as_posix()) != digest:
        if place.suffix == ".ipynb":
            done.changed[place] = _offer(done.folder, place, source, came_from)
    offered[place.as_posix()] = digest


def release_of(folder: Path, place: Path) -> Path | None:
    """The released text that the learner's copy of a file comes from, if it is known."""
    kept = folder / MARKER / RELEASED / place
    return kept if kept.is_file() else None


def remember(folder: Path, place: Path, source: Path) -> None:
    """Note that the learner's copy comes from this release."""
    kept = folder / MARKER / RELEASED / place
    kept.parent.mkdir(parents=True, exist_ok=True)
    copy_in_one_step(source, kept)


def copy_in_one_step(source: Path, target: Path) -> None:
    """Copy so that `target` is whole or not there; a failure leaves what was there before."""
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, part)
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _read_record(folder: Path) -> dict[str, Any]:
    """Which release of each file has been offered already."""
    try:
        record = json.loads((folder / MARKER / RECORD).read_text(encoding="utf-8"))
        if all(isinstance(digest, str) for digest in record["offered"].values()):
            return record
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        pass  # then everything that has changed is offered once more
    return {"offered": {}}


def _texts(source: Path) -> dict[str, str]:
    """Cell id -> text."""
    return {cell.get("id", str(index)): cell["source"] for index, cell in enumerate(read_notebook(source)["cells"])}


def _offer(folder: Path, place: Path, source: Path, came_from: Path) -> Path:
    """Put the new release of a notebook into `updates/`, with a page that shows both texts side by side."""
    target = folder / UPDATES / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.move(target, _free_name(target))  # the learner may have written into the offer before this one
    copy_in_one_step(source, target)
    old, new = _texts(came_from), _texts(source)
    before, after = [], []
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            before += [f"[{name}]" if name in old else "", *old.get(name, "").splitlines(), ""]
            after += [f"[{name}]" if name in new else "", *new.get(name, "").splitlines(), ""]
    page = target.with_suffix(".changes.html")
    html = difflib.HtmlDiff(tabsize=4, wrapcolumn=80).make_file(
        before, after, f"{place.stem}: the release that yours comes from", "this release"
    )
    write_atomically(page, html)
    return page.relative_to(folder)


def _free_name(path: Path) -> Path:
    number = 1
    while (candidate := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
        number += 1
    return candidate
