"""The `dlcourse` command, run as a person runs it: real processes, real kernels, real JupyterLab."""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from small_course import AS_ANYBODY, COUNT, SmallCourse

from dlcourse.handing_in.notebook_files import Check

RIGHT = "def count(items):\n    return len(items)"
HALF = "def count(items):\n    return max(1, len(items))"


def assert_one_sentence(done: subprocess.CompletedProcess, *words: str) -> None:
    """It failed with one line on stderr that holds the words, and no traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("dlcourse: ") and lines[0].endswith((".", "?")), done.stderr
    for word in words:
        assert word in lines[0]


def row(done: subprocess.CompletedProcess, exercise: str) -> str:
    """The table's row of one exercise, with single spaces."""
    (line,) = [line for line in done.stdout.splitlines() if re.match(rf"\W*{exercise}\b.* / ", line)]
    return re.sub(r"[\s│]+", " ", line).strip()


# lab: laying out


def test_lay_out_copies_everything_and_a_second_time_changes_nothing(small_course):
    released = small_course.package / "notebooks" / "01_counting" / "01_counting.ipynb"
    assert small_course.notebook.read_bytes() == released.read_bytes()
    small_course.write("my own work")
    before = small_course.notebook.read_bytes()
    done = small_course.lay_out()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert small_course.notebook.read_bytes() == before
    assert sorted(path.name for path in small_course.folder.iterdir()) == [".dlcourse", "01_counting"]


def test_a_file_that_was_there_before_the_course_stays(tmp_path):
    course = SmallCourse(tmp_path)
    course.notebook.parent.mkdir(parents=True)
    course.notebook.write_text("something of my own")
    assert course.lay_out().returncode == 0
    assert course.notebook.read_text() == "something of my own"


def test_an_update_adds_notebooks_and_offers_new_text_beside_the_old(small_course):
    small_course.write("def count(items):\n    return 'work in progress'")
    before = small_course.notebook.read_bytes()
    small_course.release("Count the elements, <b>empty</b> lists too.")
    small_course.release(number="02", topic="sorting")
    done = small_course.lay_out()
    assert "Laid out 1 file" in done.stdout
    assert "beside yours for 01_counting (updates/" in done.stdout and "02_sorting (" not in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert small_course.notebook.read_bytes() == before
    assert (small_course.folder / "02_sorting" / "02_sorting.ipynb").is_file()
    offer = small_course.folder / "updates" / "01_counting"
    new = nbformat.read(offer / "01_counting.ipynb", as_version=4)
    assert new.cells[1].source == "Count the elements, <b>empty</b> lists too."
    page = (offer / "01_counting.changes.html").read_text()
    assert "text-1" in page and "&lt;b&gt;empty&lt;/b&gt;" in page.replace("&nbsp;", " ")
    assert "exercise-1" not in page  # its released text is the same as before
    assert small_course.lay_out().stdout == ""


def test_the_next_update_keeps_what_was_written_into_the_last_offer(small_course):
    small_course.release("Second text.")
    small_course.lay_out()
    offer = small_course.folder / "updates" / "01_counting" / "01_counting.ipynb"
    small_course.write("work in the offer", offer)
    small_course.release("Third text.")
    small_course.lay_out()
    assert "work in the offer" in offer.with_name("01_counting.1.ipynb").read_text()
    assert "Third text." in offer.read_text()


def test_after_a_damaged_record_new_text_is_offered_again(small_course):
    (small_course.folder / ".dlcourse" / "released.json").write_text("{")
    small_course.release("New text.")
    done = small_course.lay_out()
    assert done.returncode == 0 and "01_counting (updates/01_counting/01_counting.changes.html)" in done.stdout
    assert small_course.lay_out().stdout == ""


# lab: JupyterLab


def test_lab_prints_a_working_address_and_ends_quietly(small_course):
    settings = small_course.home / ".jupyter"
    with Lab(small_course) as lab:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/lab\?token=[0-9a-f]+", lab.address)
        base, token = re.fullmatch(r"(.*)/lab\?token=(.*)", lab.address).groups()
        page = get(lab.address)
        assert '"news": {"disabled": true}' in page
        assert "@jupyter/nbgrader:formgrader" in page  # among the disabled ones
        listing = json.loads(get(f"{base}/api/contents/01_counting?token={token}"))
        assert [item["name"] for item in listing["content"]] == ["01_counting.ipynb"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"{base}/api/contents")
        assert refused.value.code == 403
        shown = subprocess.run(["ps", "-ww", "-o", "args", "-A"], capture_output=True, text=True).stdout
        assert token not in shown

        taken = small_course.run("lab", "--no-browser", "--port", str(lab.port))
        assert_one_sentence(taken, f"Port {lab.port} is in use")
    assert lab.returncode == 0
    assert lab.rest.strip().splitlines()[-1] == "JupyterLab has stopped."
    assert "Traceback" not in lab.rest
    assert not is_listening(lab.port)
    assert not settings.exists() or not list(settings.rglob("*config*"))


def test_two_labs_started_at_once_find_two_ports(small_course):
    first, second = Lab(small_course), Lab(small_course)
    with first as one, second as two:
        assert one.port != two.port
        for lab in (one, two):
            assert "JupyterLab" in get(lab.address)


class Lab:
    """`dlcourse lab` in a process of its own, stopped by Ctrl-C."""

    def __init__(self, course: SmallCourse) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from dlcourse.workspace.command import main; main()", "lab", "--no-browser"],
            cwd=course.home,
            env=course.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.address = self.rest = ""
        self.port = 0

    def __enter__(self) -> "Lab":
        for line in self.process.stdout:
            if found := re.search(r"http://\S+", line):
                self.address = found.group()
                self.port = int(re.search(r":(\d+)/", self.address).group(1))
                return self
        raise AssertionError(f"dlcourse lab ended with {self.process.wait()}")

    def __exit__(self, *error: object) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.rest, _ = self.process.communicate(timeout=120)
        finally:
            self.process.kill()
        self.returncode = self.process.returncode


def get(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=20) as answer:
        return answer.read().decode()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_lab_names_a_port_that_is_in_use(small_course):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = small_course.run("lab", "--no-browser", "--port", str(port))
    assert_one_sentence(done, f"Port {port} is in use", "--port")


def test_lab_where_a_file_is_in_the_way(small_course):
    (small_course.home / "taken").write_text("a file")
    assert_one_sentence(small_course.run("lab", "taken", "--no-browser"), "taken", "another folder")


def test_lab_on_a_full_disk_leaves_no_half_notebook(tmp_path):
    course = SmallCourse(tmp_path)
    done = course.run("lab", "--no-browser", preexec_fn=limit_file_size(100))
    assert_one_sentence(done, "disk is full")
    assert list(course.home.rglob("*.ipynb")) == []
    assert course.lay_out().returncode == 0


def test_lab_in_a_folder_that_may_not_be_written(tmp_path):
    course = SmallCourse(tmp_path)
    os.chmod(course.home, 0o555)
    done = course.run("lab", "--no-browser", prefix=AS_ANYBODY)
    os.chmod(course.home, 0o755)
    assert_one_sentence(done, "may not write", "my-course")


def limit_file_size(size: int):
    """For a process in which no file may grow beyond `size`, which looks like a full disk to it."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_no_notebooks_released(tmp_path):
    course = SmallCourse(tmp_path)
    shutil.rmtree(course.package / "notebooks")
    assert_one_sentence(course.run("lab", "--no-browser"), "No notebooks have been released")


# check


def test_check_prints_points_and_verdicts_and_leaves_the_file_alone(small_course):
    small_course.write(HALF)
    before = small_course.notebook.read_bytes()
    done = small_course.run("check", "01")
    assert done.returncode == 1
    assert row(done, "count") == "count 1.5 / 3 ◐ partly right"
    assert row(done, "size") == "size 0 / 2 · not attempted"
    assert row(done, "All") == "All 1.5 / 5"
    assert "The empty list has no elements." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr and done.stderr.strip() == ""
    assert small_course.notebook.read_bytes() == before
    assert [path.name for path in small_course.notebook.parent.iterdir()] == ["01_counting.ipynb"]


def test_check_with_all_points_is_status_0(small_course):
    text = small_course.notebook.read_text().replace(
        'raise NotImplementedError(\\"size is not written yet\\")', "return len(items)"
    )
    small_course.notebook.write_text(text)
    small_course.write(RIGHT)
    done = small_course.run("check", str(small_course.notebook))
    assert done.returncode == 0, done.stdout + done.stderr
    assert row(done, "All") == "All 5 / 5"


def test_check_goes_on_after_an_endless_loop_and_an_error(small_course):
    small_course.write("def count(items):\n    while True: pass")
    done = small_course.run("check", "counting", "--timeout", "2")
    assert done.returncode == 1
    assert row(done, "count") == "count 0 / 3 ✗ stopped"
    assert "more than 2 seconds" in done.stdout
    assert row(done, "size") == "size 0 / 2 · not attempted"

    small_course.write("def count(items)\n    return 1")
    done = small_course.run("check", "counting")
    assert row(done, "count") == "count 0 / 3 ✗ stopped"
    assert "Cell 4: SyntaxError" in done.stdout
    assert row(done, "size") == "size 0 / 2 · not attempted"


@pytest.mark.parametrize(
    "body", ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", None], ids=["killed", "deaf to interrupts"]
)
def test_check_says_where_a_kernel_died(small_course, body):
    deaf = "while True:\n        try:\n            import time; time.sleep(1)\n        except BaseException: pass"
    small_course.write(f"def count(items):\n    {body or deaf}")
    done = small_course.run("check", "counting", "--timeout", "1")
    assert done.returncode == 1
    assert row(done, "count") == "count 0 / 3 ✗ stopped"
    assert row(done, "size") == "size 0 / 2 · not reached"
    assert "The kernel died in cell 5" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


ODD = ("None", "nan", "inf", "True", "'3.0'", "np.float64(3.0)", None)


@pytest.mark.parametrize(
    ("answer", "state", "earned"),
    [
        ("3", "passed", 3),
        ("3.0", "passed", 3),
        ("99", "passed", 3),
        ("1.5", "partly right", 1.5),
        ("0.0", "not right yet", 0),
    ]
    + [(odd, "stopped", 0) for odd in ODD],
)
def test_only_a_number_is_points(answer, state, earned):
    """Of the text of a check's last value; a kernel's own test of this is above."""
    from dlcourse.workspace.running import verdict_of

    data = {"text/plain": answer}
    outputs = [nbformat.v4.new_output("execute_result", data)] if answer is not None else []
    cell = nbformat.v4.new_code_cell("check(count, points=3)", outputs=outputs)
    verdict = verdict_of(Check("count", 3.0, 0), cell, 120)
    assert (verdict.state, verdict.earned) == (state, earned)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not a notebook", "not JSON"),
        ("", "not JSON"),
        ("{}", "no list of cells"),
        ("[1, 2]", "no list of cells"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "no cells"),
        ('{"cells": [3], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a notebook"),
        ('{"cells": "x", "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a notebook"),
        ('{"worksheets": 5, "metadata": {}, "nbformat": 3, "nbformat_minor": 0}', "not a notebook"),
        ("[" * 100_000, "not JSON"),
        (b"\xff\xfe\x00\x00PK", "not text"),
    ],
)
def test_check_of_a_damaged_notebook_is_one_sentence(small_course, content, words):
    data = content if isinstance(content, bytes) else content.encode()
    small_course.notebook.write_bytes(data)
    assert_one_sentence(small_course.run("check", "01"), "01_counting.ipynb", words)
    assert small_course.notebook.read_bytes() == data


def test_check_without_checks_is_one_sentence(small_course):
    content = nbformat.read(small_course.notebook, as_version=4)
    content.cells = content.cells[:3]
    nbformat.write(content, small_course.notebook)
    assert_one_sentence(small_course.run("check", "01"), "no checks")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("99", "it has 01_counting"),
        ("conting", "did you mean `counting`?"),
        ("nowhere/01_counting.ipynb", "There is no notebook nowhere/01_counting.ipynb"),
        ("my-course/01_counting/02.ipynb", "There is no notebook"),
    ],
)
def test_an_unknown_notebook_is_one_sentence(small_course, name, words):
    assert_one_sentence(small_course.run("check", name), words)


def test_a_missing_notebook_and_a_missing_course_are_one_sentence(small_course):
    small_course.notebook.unlink()
    assert_one_sentence(small_course.run("check", "01"), "is missing", "dlcourse reset 01")
    assert_one_sentence(small_course.run("check", "01", cwd=small_course.root), "no course folder", "dlcourse lab")


def test_no_kernel_is_one_sentence(small_course):
    """Without ipykernel there is no kernel, as in a broken environment."""
    hidden = "import sys; sys.modules['ipykernel'] = sys.modules['ipykernel.kernelspec'] = None;"
    empty = small_course.root / "empty"
    empty.mkdir()
    code = f"{hidden} import jupyter_core.paths as p; p.ENV_JUPYTER_PATH[:] = p.SYSTEM_JUPYTER_PATH[:] = [];"
    code += "import jupyter_client.kernelspec as k; k.NATIVE_KERNEL_NAME = 'none';"
    done = small_course.python(
        f"{code} from dlcourse.workspace.command import main; main()",
        "check",
        "01",
        env=small_course.environment(JUPYTER_DATA_DIR=str(empty)),
    )
    assert_one_sentence(done, "no Python kernel", "dlcourse doctor")


@pytest.mark.parametrize("name", ["1", "01", "counting", "01_counting", "01_counting.ipynb"])
def test_the_names_of_a_notebook(small_course, name):
    code = "import sys; from dlcourse.workspace.course import learner_notebook; print(learner_notebook(sys.argv[1]))"
    for cwd in (small_course.home, small_course.folder, small_course.notebook.parent):
        found = small_course.python(code, name, cwd=cwd).stdout.strip()
        assert (cwd / found).resolve() == small_course.notebook.resolve()


# progress, hint


def test_progress_shows_what_was_recorded(small_course):
    code = "from dlcourse.workspace import progress; progress.record_attempt('counting', 'count', 0.5);"
    code += "progress.record_hint('counting', 'count')"
    small_course.python(code, cwd=small_course.notebook.parent)
    done = small_course.run("progress")
    assert done.returncode == 0
    assert row(done, "count") == "count ◐ partly right 1.5 / 3 1 1"
    assert row(done, "size") == "size · not attempted 0 / 2"
    assert row(done, "All") == "All 1.5 / 5"
    assert small_course.run("progress", str(small_course.folder), cwd=Path("/")).stdout == done.stdout


def test_progress_without_a_course_is_one_sentence(small_course):
    assert_one_sentence(small_course.run("progress", cwd=small_course.root), "no course folder")


def test_hints_come_one_by_one_and_the_last_stays(small_course):
    from dlcourse import checks

    hints = checks.get("convolution", "zero_pad").hints
    small_course.release(number="02", topic="convolution")
    for number in [*range(len(hints)), len(hints) - 1]:
        done = small_course.run("hint", "02", "zero_pad")
        assert done.returncode == 0
        assert done.stdout.splitlines() == [f"Hint {number + 1} of {len(hints)} for zero_pad:", hints[number]]
    record = json.loads((small_course.folder / ".dlcourse" / "progress.json").read_text())
    assert record["exercises"]["convolution/zero_pad"]["hints"] == len(hints)
    assert_one_sentence(small_course.run("hint", "02", "zeropad"), "no exercise called 'zeropad'")
    assert_one_sentence(small_course.run("hint", "03", "zero_pad"), "There is no notebook `03`")


# reset


def test_reset_of_one_exercise_keeps_the_rest_and_the_old_text(small_course):
    small_course.write(HALF)
    content = nbformat.read(small_course.notebook, as_version=4)
    content.cells[5].source = "def size(items):\n    return 'mine'"
    content.cells.insert(2, nbformat.v4.new_markdown_cell("My notes: é ☃", id="mine"))
    nbformat.write(content, small_course.notebook)
    before = small_course.notebook.read_bytes()
    done = small_course.run("reset", "01", "count")
    assert done.returncode == 0, done.stderr
    after = nbformat.read(small_course.notebook, as_version=4)
    assert [cell.id for cell in after.cells] == [cell.id for cell in content.cells]
    changed = [new.id for new, old in zip(after.cells, content.cells, strict=True) if new.source != old.source]
    assert changed == ["exercise-1"]
    assert after.cells[4].source == COUNT
    (kept,) = small_course.notebook.parent.glob("01_counting.before-reset-*.ipynb")
    assert re.fullmatch(r"01_counting\.before-reset-\d{8}-\d{6}\.ipynb", kept.name)
    assert kept.read_bytes() == before
    assert str(kept) in done.stdout


def test_reset_finds_an_exercise_whose_ids_were_lost(small_course):
    content = nbformat.read(small_course.notebook, as_version=4)
    content.nbformat_minor = 4
    for cell in content.cells:
        del cell["id"]
        cell.metadata = {}
    content.cells[3].source = "def count(items)\n    return 'half written'"
    small_course.notebook.write_text(nbformat.writes(content))
    assert small_course.run("reset", "01", "count").returncode == 0
    after = json.loads(small_course.notebook.read_text())
    assert "".join(after["cells"][3]["source"]) == COUNT
    assert len(after["cells"]) == len(content.cells)


def test_reset_puts_a_deleted_exercise_back_in_its_place(small_course):
    content = nbformat.read(small_course.notebook, as_version=4)
    del content.cells[3]
    nbformat.write(content, small_course.notebook)
    assert small_course.run("reset", "01", "count").returncode == 0
    after = nbformat.read(small_course.notebook, as_version=4)
    assert [cell.id for cell in after.cells][2:5] == ["setup-1", "exercise-1", "check-1"]


def test_reset_of_a_whole_notebook_mends_a_damaged_and_a_missing_one(small_course):
    released = (small_course.package / "notebooks" / "01_counting" / "01_counting.ipynb").read_bytes()
    small_course.notebook.write_text("damaged")
    assert small_course.run("reset", "counting").returncode == 0
    assert small_course.notebook.read_bytes() == released
    (kept,) = small_course.notebook.parent.glob("*.before-reset-*")
    assert kept.read_text() == "damaged"
    small_course.notebook.unlink()
    assert small_course.run("reset", "counting").returncode == 0
    assert small_course.notebook.read_bytes() == released


def test_two_resets_in_a_row_keep_both_old_texts(small_course):
    for text in ("first", "second", "third"):
        small_course.notebook.write_text(text)
        assert small_course.run("reset", "counting").returncode == 0
    kept = {path.read_text() for path in small_course.notebook.parent.glob("*.before-reset-*")}
    assert kept == {"first", "second", "third"}


def test_reset_of_an_unknown_exercise_changes_nothing(small_course):
    before = small_course.notebook.read_bytes()
    assert_one_sentence(small_course.run("reset", "01", "check"), "no exercise `check`", "count, size")
    assert small_course.notebook.read_bytes() == before
    assert len(list(small_course.notebook.parent.iterdir())) == 1


def test_reset_on_a_full_disk_loses_nothing(small_course):
    small_course.write(HALF)
    before = small_course.notebook.read_bytes()
    done = small_course.run("reset", "01", "count", preexec_fn=limit_file_size(100))
    assert_one_sentence(done, "disk is full")
    assert small_course.notebook.read_bytes() == before
    assert len(list(small_course.notebook.parent.iterdir())) == 1


# doctor and the rest


def test_doctor_finds_this_machine_ready_in_an_environment_that_is_not_activated(small_course):
    done = small_course.run("doctor", env=small_course.environment(PATH=str(small_course.root)))
    assert done.returncode == 0, done.stdout
    for line in (
        "Python",
        "Packages",
        "Notebooks: 1 released",
        "Kernel",
        "Writing here",
        "Disk",
        "Memory",
        "TensorFlow: 2",
    ):
        assert f"✓ {line}" in done.stdout


def test_doctor_says_what_is_missing_and_how_to_get_it(small_course):
    """A machine without TensorFlow, without notebooks and with a folder that is full."""
    shutil.rmtree(small_course.package / "notebooks")
    broken = small_course.root / "broken" / "tensorflow"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise ImportError('no such processor')")
    path = os.pathsep.join([str(small_course.package), str(broken.parent)])
    done = small_course.run("doctor", env=small_course.environment(PYTHONPATH=path), preexec_fn=limit_file_size(0))
    assert done.returncode == 1
    assert "✗ TensorFlow: ImportError: no such processor\n    pip install --force-reinstall tensorflow" in done.stdout
    assert "✗ Notebooks: 0 released\n    pip install" in done.stdout
    assert "✗ Writing here" in done.stdout
    assert "3 things missing." in done.stdout


def test_help_and_version(small_course):
    from dlcourse import __version__

    assert small_course.run("--version").stdout.strip() == f"dlcourse {__version__}"
    overview = small_course.run("--help").stdout
    for name in ("lab", "check", "progress", "hint", "reset", "update", "submit", "doctor"):
        assert re.search(rf"\b{name}\b", overview)
    assert "--timeout" in small_course.run("check", "--help").stdout
    assert small_course.run("nonsense").returncode == 2


def test_quick_commands_do_not_wait_for_heavy_packages(small_course):
    code = "import sys; from pathlib import Path; from dlcourse.workspace import command, course, reset, progress;"
    code += "course.lay_out(Path('x').absolute());"
    code += "print({'tensorflow', 'nbformat', 'jsonschema', 'matplotlib', 'numpy'} & set(sys.modules))"
    assert small_course.python(code).stdout.strip() == "set()"


def test_released_notebook_runs_unchanged(tmp_path, repository):
    """The real first notebook, as handed out: every exercise not attempted, nothing raised."""
    folder = tmp_path / "my-course"
    code = (
        "import sys; from pathlib import Path; from dlcourse.workspace import course; course.lay_out(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    command = [sys.executable, "-m", "dlcourse.workspace.command", "check", "convolution"]
    environment = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1, done.stderr
    assert row(done, "conv_forward").endswith("not attempted")
    assert re.fullmatch(r"All 0 / \d+", row(done, "All"))
    assert "Cell " not in done.stdout
