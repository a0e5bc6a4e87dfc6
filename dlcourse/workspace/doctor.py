"""What this machine has and lacks for the course, and how to get what is missing."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from packaging.requirements import Requirement

from dlcourse.checking import keras_settings
from dlcourse.figures.appearance import COLOURS, Panel, escape
from dlcourse.workspace.course import released_notebooks
from dlcourse.workspace.progress import course_folder

DISK_NEEDED = 1.0  # GB, for saved notebooks and trained models
MEMORY_NEEDED = 2.0  # GB, for the largest notebook
TENSORFLOW_PATIENCE = 180  # seconds; the first import after an installation compiles and reads a lot


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: str
    good: bool
    needed: bool = True  # False: only teachers or maintainers miss it
    remedy: str = ""


def examine(teachers: bool = True) -> Iterator[Finding]:
    """Look at everything, quickest first; without `teachers`, only at what a learner needs."""
    yield _python()
    yield _packages()
    yield _notebooks()
    yield _kernel()
    yield _writable(course_folder() or Path.cwd())
    yield _disk(Path.cwd())
    yield _memory()
    yield _keras_file()
    yield _tensorflow()
    if teachers:
        yield _teachers_packages()
        yield _sandbox()


def show() -> None:
    """In a notebook: look at what a learner needs, and show each finding as it comes."""
    from IPython.display import display

    found: list[Finding] = []
    shown = display(_in_words(found, "Looking at Python, the packages, the disk and the memory ..."), display_id=True)
    for finding in examine(teachers=False):
        found.append(finding)
        if shown is not None:
            is_next = finding.what == "Settings of Keras"
            waiting = "TensorFlow is next, and takes some seconds ..." if is_next else "Looking ..."
            shown.update(_in_words(found, waiting))
    missing = sum(not finding.good for finding in found)
    last = (
        f"{missing} thing{'s' if missing > 1 else ''} missing. Mend what has a cross, then run this cell again."
        if missing
        else "Ready for the course."
    )
    if shown is None:
        print(_in_words(found, last))
    else:
        shown.update(_in_words(found, last))


def _in_words(found: list[Finding], last: str) -> Panel:
    rows, lines = [], []
    for finding in found:
        mark, word = ("✓", "in order") if finding.good else ("✗", "missing")
        remedy = "" if finding.good else finding.remedy
        rows.append(
            f'<li><span role="img" aria-label="{word}">{mark}</span> {escape(finding.what)}: {escape(finding.state)}'
            f"{f'<br>{escape(remedy)}' if remedy else ''}</li>"
        )
        lines.append(f"{mark} {finding.what}: {finding.state}" + (f"\n    {remedy}" if remedy else ""))
    page = (
        f"<style>.dlcourse-machine{{{COLOURS}}}.dlcourse-machine ul{{list-style:none;padding:0;margin:0 0 6px}}</style>"
        f'<section class="dlcourse-machine" aria-label="Is this machine ready"><ul>{"".join(rows)}</ul>'
        f'<b role="status">{escape(last)}</b></section>'
    )
    return Panel(page, "\n".join([*lines, last]))


def _python() -> Finding:
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", version, good, remedy="Install Python 3.11, 3.12 or 3.13 and make a new environment.")


def _requirements(extra: str) -> list[Requirement]:
    """What the installed dlcourse asks for, by itself (`extra` empty) or only with an extra."""
    found = []
    for line in metadata.requires("dlcourse") or []:
        requirement = Requirement(line)
        marker = requirement.marker
        by_itself = marker is None or marker.evaluate({"extra": ""})
        if by_itself if not extra else (not by_itself and marker.evaluate({"extra": extra})):
            found.append(requirement)
    return found


def _lacking(requirements: list[Requirement]) -> list[str]:
    lacking = []
    for requirement in requirements:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            lacking.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            lacking.append(f"{requirement.name} is {version}, not {requirement.specifier}")
    return lacking


def _packages() -> Finding:
    try:
        requirements = _requirements("")
    except metadata.PackageNotFoundError:
        return Finding("Packages", "dlcourse is not installed", False, remedy="pip install dlcourse")
    lacking = _lacking(requirements)
    state = "; ".join(lacking) or f"all {len(requirements)} in the versions asked for"
    return Finding("Packages", state, not lacking, remedy="pip install --upgrade dlcourse")


def _teachers_packages() -> Finding:
    try:
        lacking = _lacking(_requirements("grading"))
    except metadata.PackageNotFoundError:
        lacking = ["dlcourse is not installed"]
    remedy = "pip install 'dlcourse[grading]'"
    return Finding("For teachers: grading", "; ".join(lacking) or "installed", not lacking, False, remedy)


def _notebooks() -> Finding:
    count = len(released_notebooks())
    remedy = "pip install --force-reinstall dlcourse; in a clone, run `make build`."
    return Finding("Notebooks", f"{count} released", count > 0, remedy=remedy)


def _kernel() -> Finding:
    remedy = "pip install --force-reinstall ipykernel"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("Kernel", "Jupyter finds no Python kernel", False, remedy=remedy)
    program = spec.argv[0] if spec.argv else ""
    if program in ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
        program = sys.executable  # as Jupyter does: no environment needs to be activated for it
    if not shutil.which(program) and not Path(program).is_file():
        return Finding("Kernel", f"its program {program or '(none)'} does not exist", False, remedy=remedy)
    return Finding("Kernel", spec.display_name, True)


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
    except OSError as problem:
        remedy = "Choose a folder of your own, or free some space."
        return Finding("Writing here", f"{folder}: {problem.strerror}", False, remedy=remedy)
    return Finding("Writing here", str(folder), True)


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free / 1e9
    return Finding("Disk", f"{free:.1f} GB free", free >= DISK_NEEDED, remedy=f"Free {DISK_NEEDED:.0f} GB.")


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    state = f"{memory.available / 1e9:.1f} of {memory.total / 1e9:.1f} GB available"
    remedy = "Close other programs: the largest notebooks need 2 GB."
    return Finding("Memory", state, memory.available / 1e9 >= MEMORY_NEEDED, remedy=remedy)


def _keras_file() -> Finding:
    """The person's own file, that Keras reads before anything of the course's."""
    what, file = "Settings of Keras", keras_settings.file()
    if problem := keras_settings.unusable():
        return Finding(what, f"{file} has values that Keras refuses", False, remedy=problem)
    others = keras_settings.others()
    if not others:
        return Finding(what, "as the course needs them", True)
    asked = ", ".join(f"{name} {value}" for name, value in others.items())
    return Finding(what, f"{file} asks for {asked}; the notebooks set their own", True)


# As the notebooks import it; in a process of its own, since on a processor it was not built for it ends the process.
TRY_TENSORFLOW = """
from dlcourse.checking.quiet import quiet
with quiet():
    import tensorflow
    import keras
assert keras.layers.Conv2D(2, 3)(keras.ops.zeros((1, 8, 9, 1))).shape == (1, 6, 7, 2), keras.config.backend()
print(tensorflow.__version__)
"""


def _tensorflow() -> Finding:
    """Whether TensorFlow and Keras can be imported, and compute what the notebooks have them compute."""
    command = [sys.executable, "-c", TRY_TENSORFLOW]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    remedy = "pip install --force-reinstall tensorflow; it needs a 64-bit processor with AVX."
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TENSORFLOW_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return Finding("TensorFlow", f"not imported after {TENSORFLOW_PATIENCE} seconds", False, remedy=remedy)
    if done.returncode != 0:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        reason = said[-1] if said else f"ended with status {done.returncode}"
        if keras_settings.unusable():
            remedy = "Mend the settings of Keras first, as said above."
        return Finding("TensorFlow", re.sub(r"\s+", " ", reason)[:200], False, remedy=remedy)
    return Finding("TensorFlow", done.stdout.strip(), True)


def _sandbox() -> Finding:
    what = "For teachers: sandbox"
    if not sys.platform.startswith("linux"):
        return Finding(what, "needs Linux", False, False, "Grade on Linux, or in the Docker image.")
    program = shutil.which("bwrap")
    if program is None:
        return Finding(what, "bubblewrap is missing", False, False, "sudo apt-get install bubblewrap")
    command = [program, "--ro-bind", "/", "/", "--unshare-all", "--proc", "/proc", "true"]
    try:
        works = subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    remedy = "Allow user namespaces for bwrap on this machine (in Docker: --privileged)."
    return Finding(what, "bubblewrap works" if works else "bubblewrap may not make namespaces", works, False, remedy)
