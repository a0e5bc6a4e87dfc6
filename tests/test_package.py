"""The package as a stranger gets it: what the wheel holds, what it asks for, and what an import costs."""

import contextlib
import email
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import dlcourse

# What notebooks, teachers' scripts and tools import; a change here breaks somebody.
PUBLIC = {
    "dlcourse": ["__version__"],
    "dlcourse.checks": [
        "Exercise",
        "Failure",
        "Group",
        "Mistake",
        "Report",
        "exercises",
        "get",
        "run",
        "topics",
        "where",
    ],
    "dlcourse.checks.convolution": ["check", "hint", "solution", "topic"],
    "dlcourse.convolution": [
        "conv_backward",
        "conv_forward",
        "conv_output_size",
        "conv_parameters",
        "conv_single_step",
        "same_padding",
        "zero_pad",
    ],
    "dlcourse.workspace.progress": ["last_problem", "read", "record_attempt", "record_hint"],
}
COMMANDS = {
    "dlcourse": ["check", "doctor", "hint", "lab", "progress", "reset", "submit", "update"],
    "autograder": ["build", "verify"],
}


@pytest.fixture(scope="module")
def project(repository) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text())["project"]


def built_wheel(repository: Path, folder: Path) -> Path:
    """The wheel, built by the build backend as pip does it."""
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(repository, tmp_path_factory) -> Path:
    return built_wheel(repository, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that holds what installing the wheel puts there, and nothing of this repository."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    subprocess.run(command, check=True, capture_output=True)
    return target


def python(code: str, *arguments: str, path: Path | None = None, cwd: Path = Path("/")) -> str:
    """What `code` prints in a new process; with `path`, the dlcourse in that folder is used."""
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else dict(os.environ)
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_holds_the_packages_and_the_notebooks_and_no_solutions(wheel, repository):
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names}
    assert tops == {"dlcourse", "autograder", f"dlcourse-{dlcourse.__version__}.dist-info"}
    assert "dlcourse/workspace/jupyter_config/labconfig/page_config.json" in names
    released = {
        name.removeprefix("dlcourse/workspace/released_notebooks/") for name in names if "/released_notebooks/" in name
    }
    notebooks = repository / "notebooks"
    assert released == {
        path.relative_to(notebooks).as_posix()
        for path in notebooks.rglob("*")
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }
    assert "01_convolution/01_convolution.ipynb" in released
    packed = {name for name in names if re.fullmatch(r"dlcourse/checking/solutions/\w+\.z", name)}  # not lying open
    assert packed and not [
        name for name in names - packed if "solutions" in name or "tests" in name or name.endswith(".pyc")
    ]


def test_no_released_notebook_holds_a_solution(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".ipynb"):
                text = archive.read(name).decode()
                assert "BEGIN SOLUTION" not in text and "HIDDEN TESTS" not in text
                cells = json.loads(text)["cells"]
                marked = [c for c in cells if c["metadata"].get("nbgrader", {}).get("solution")]
                assert marked and all("NotImplementedError" in "".join(cell["source"]) for cell in marked)


def test_the_wheel_says_what_pyproject_says(wheel, project):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        said = email.message_from_bytes(archive.read(name))
        (scripts,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert "dlcourse = dlcourse.workspace.command:main" in archive.read(scripts).decode()
    assert said["Version"] == dlcourse.__version__
    assert set(said["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    asked = {Requirement(line).name for line in said.get_all("Requires-Dist") if "extra ==" not in line}
    assert asked == {Requirement(line).name for line in project["dependencies"]}


def test_the_installed_wheel_lays_the_course_out(installed, tmp_path):
    code = "import dlcourse; from dlcourse.workspace import course; from pathlib import Path; import sys;"
    code += "print(dlcourse.__file__, course.lay_out(Path(sys.argv[1])).added[0])"
    where, first = python(code, str(tmp_path / "course"), path=installed).split()
    assert where == str(installed / "dlcourse" / "__init__.py")
    assert (tmp_path / "course" / first).is_file() and first.endswith(".ipynb")
    assert (tmp_path / "course" / "01_convolution" / "01_convolution.ipynb").is_file()


def test_the_installed_wheel_checks_a_function(installed):
    code = "from dlcourse import checks, convolution as c; print(checks.__file__,"
    code += "checks.run('convolution', 'zero_pad', c.zero_pad).passed,"
    code += "checks.run('convolution', 'zero_pad', lambda X, pad: X).passed)"
    assert python(code, path=installed) == f"{installed / 'dlcourse' / 'checks' / '__init__.py'} True False"


def test_import_is_light():
    heavy = "{'tensorflow', 'keras', 'numpy', 'matplotlib', 'IPython', 'nbformat', 'sklearn', 'skimage', 'typer'}"
    assert python(f"import sys, dlcourse, dlcourse.progress; print({heavy} & set(sys.modules))") == "set()"
    code = f"import sys, dlcourse.checks.convolution; print(({heavy} - {{'numpy'}}) & set(sys.modules))"
    assert python(code) == "set()"


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names(module):
    code = "import importlib, json, sys; module = importlib.import_module(sys.argv[1]); print(json.dumps(dir(module)))"
    assert set(PUBLIC[module]) <= set(json.loads(python(code, module)))


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command):
    assert set(COMMANDS[command]) <= commands_of(command)


def commands_of(program: str) -> set[str]:
    module = next(iter(metadata.entry_points(group="console_scripts", name=program))).module
    code = f"import json, typer; from {module} import app;"
    code += "print(json.dumps(list(typer.main.get_command(app).commands)))"
    return set(json.loads(python(code)))


def test_dependencies_are_bounded_and_listed_once(project):
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    names = []
    for group, lines in groups.items():
        for requirement in map(Requirement, lines):
            if requirement.name == "dlcourse":
                assert group == "dev"
                continue
            names.append(requirement.name)
            operators = {part.operator for part in requirement.specifier}
            assert ">=" in operators and (operators & {"<", "!="} or requirement.name in ("pillow", "distributed"))
    assert len(names) == len(set(names))


def test_environment_yml_agrees_with_pyproject(repository, project):
    environment = yaml.safe_load((repository / "environment.yml").read_text())
    *packages, by_pip = environment["dependencies"]
    python_asked = Requirement(packages[0])
    assert python_asked.name == "python"
    assert str(python_asked.specifier) == str(Requirement(f"python{project['requires-python']}").specifier)
    # Everything else comes from pyproject.toml through the project itself, so that nothing is listed twice.
    assert packages[1:] == ["pip"]
    assert by_pip == {"pip": ["-c constraints.txt", "-e .[grading]"]}
    assert "grading" in project["optional-dependencies"]


def test_constraints_are_plain_pins_within_the_bounds(repository, project):
    lines = (repository / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9A-Za-z.+]*", line) for line in lines if not line.startswith("#"))
    extras = [line for group in project["optional-dependencies"].values() for line in group]
    for requirement in map(Requirement, [*project["dependencies"], *extras]):
        if requirement.name != "dlcourse":
            assert requirement.specifier.contains(pins[requirement.name.lower()]), requirement


def test_every_constraint_takes_every_python_that_the_course_takes(repository):
    """Debian 12 has Python 3.11.2: a package that asks for 3.11.5 keeps the course from being installed there."""
    lines = (repository / "constraints.txt").read_text().splitlines()
    for name, version in (line.split("==") for line in lines if not line.startswith("#")):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found = metadata.metadata(name)
            asked = SpecifierSet(found.get("Requires-Python") or "")
            assert found["Version"] != version or all(map(asked.contains, ("3.11.0", "3.12.0", "3.13.0"))), name


def test_the_setuptools_of_the_constraints_runs_on_every_python_that_the_course_takes(repository):
    """nbgrader imports it and sets no bound; one before 66.1 cannot be imported from Python 3.12 on."""
    pins = dict(re.findall(r"^([a-z-]+)==(.+)$", (repository / "constraints.txt").read_text(), re.M))
    assert Version(pins["setuptools"]) >= Version("66.1")


def test_the_image_gets_what_the_wheel_is_built_from_and_no_class(repository, project):
    """Without the list, `docker build` would copy the environment, submissions and marks into the image."""
    lines = (repository / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {line[1:] for line in rules if line.startswith("!")}
    wheel = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["only-include"], project["readme"], *project["license-files"], "pyproject.toml", "constraints.txt"}
    assert kept == needed and all((repository / name).exists() for name in kept)


def test_the_readme_names_only_what_exists(repository):
    text = (repository / "README.md").read_text() + (repository / "CONTRIBUTING.md").read_text()
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (repository / target).exists(), target
    made = set(re.findall(r"^([a-z]+):", (repository / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)`", text)) | set(re.findall(r"^make ([a-z]+)", text, re.M)) <= made
    for program in COMMANDS:
        assert set(re.findall(rf"`{program} ([a-z]+)", text)) <= commands_of(program)


def test_both_tables_of_the_course_list_every_notebook(repository):
    def rows(page):
        return [line for line in (repository / page).read_text().splitlines() if re.match(r"\| \d\d \|", line)]

    table = rows("README.md")
    assert rows("notebooks/README.md") == [row.replace("](notebooks/", "](") for row in table]
    linked = [re.search(r"\]\(notebooks/(\S+)\)", row).group(1) for row in table]
    released = [path.relative_to(repository / "notebooks") for path in (repository / "notebooks").rglob("*.ipynb")]
    assert linked == sorted(map(str, released), key=lambda place: place.rpartition("/")[2])
