"""The walls of the sandbox, tried from inside: each test is something that a hostile submission would do."""

from __future__ import annotations

import ast
import contextlib
import http.server
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from autograder.running import sandbox, view
from autograder.running.kernels import KernelPool, Limits, describe_isolation

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def pool():
    limits = Limits(wall=20, files=16 * MEGABYTE)
    with KernelPool(needs="numpy", topic="convolution", isolation="bubblewrap", limits=limits) as made:
        yield made


@pytest.fixture
def kernel(pool):
    with pool.kernel() as made:
        yield made


def value(kernel, source: str):
    """What the last line of `source` evaluates to."""
    outcome = kernel.run_cell(source)
    assert outcome.status == "ok", outcome.error
    return ast.literal_eval(outcome.outputs[-1]["data"]["text/plain"])


# --- network --------------------------------------------------------------------------------------------------------


def test_there_is_no_network_not_even_this_machines_own(kernel):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        socket.create_connection(("127.0.0.1", port), 2).close()
        for address in (("127.0.0.1", port), ("1.1.1.1", 53), ("localhost", port)):
            outcome = kernel.run_cell(f"import socket\nsocket.create_connection({address!r}, 2)")
            assert outcome.error_name in ("OSError", "gaierror", "ConnectionRefusedError"), outcome
    finally:
        server.shutdown()
        server.server_close()


def test_abstract_sockets_of_this_machine_are_out_of_reach(kernel):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0dlcourse-test")
        listener.listen()
        outcome = kernel.run_cell("import socket\nsocket.socket(socket.AF_UNIX).connect('\\0dlcourse-test')")
    assert outcome.error_name == "ConnectionRefusedError"


# --- files ----------------------------------------------------------------------------------------------------------


def test_files_of_this_machine_are_not_there(kernel, tmp_path):
    (tmp_path / "gradebook.db").write_text("secret")
    hidden = [
        tmp_path / "gradebook.db",
        "/etc/passwd",
        "/etc/shadow",
        ROOT / "solutions",
        ROOT / "dlcourse",
        ROOT / "pyproject.toml",
        ROOT / "autograder" / "kernels.py",
        Path.home() / ".bashrc",
        "/var",
        "/home",
        "/sys",
        "/run",
        "/boot",
    ]
    assert value(kernel, f"import os\n[p for p in {[str(path) for path in hidden]!r} if os.path.exists(p)]") == []


def test_an_environment_below_tmp_is_there_although_tmp_is_the_kernels_own():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        course, package = Path(folder, "course"), Path(folder, "lib", "somewhere")
        course.mkdir()
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("answer = 42")
        script = f"import sys; sys.path.insert(0, '{sandbox.PACKAGES}/0'); import somewhere; print(somewhere.answer)"
        command = [*sandbox.bubblewrap(course, (package,)), sandbox.python(), "-I", "-S", "-c", script]
        done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "42\n", done.stderr


def test_no_file_of_the_checks_or_a_reference_is_visible_under_any_name(kernel):
    source = (ROOT / "dlcourse" / "convolution.py").read_text()
    marks = ["def conv_forward(", "topic.exercise"]
    assert marks[0] in source
    found = value(
        kernel,
        f"""
import os
found = []
for folder, folders, files in os.walk('/'):
    if folder.startswith(('/proc', '/dev', '/usr')):
        folders.clear()
    for name in files:
        if name.endswith(('.py', '.pyc', '.ipynb')) and 'site-packages' not in folder and '/lib/python' not in folder:
            text = open(os.path.join(folder, name), errors='replace').read()
            found += [os.path.join(folder, name)] if any(mark in text for mark in {marks!r}) else []
found
""",
    )
    assert found == []


def test_only_its_own_temporary_folder_can_be_written(kernel):
    written = value(
        kernel,
        """
import os
written = []
for folder, folders, files in os.walk('/'):
    if folder.startswith('/proc'):
        folders.clear()
        continue
    try:
        open(os.path.join(folder, 'mine'), 'w').close()
        written.append(folder)
    except OSError:
        pass
sorted({'/'.join(f.split('/')[:3 if f.startswith('/dev') else 2]) for f in written})
""",
    )
    assert written == ["/dev/shm", "/tmp"]


def test_its_files_are_limited_and_gone_with_it(pool):
    with pool.kernel() as kernel:
        outcome = kernel.run_cell("for i in range(100): open(f'/tmp/work/{i}', 'wb').write(bytes(10**6))")
        assert outcome.error_name == "OSError" and "space" in outcome.error
        assert kernel.run_cell("for i in range(100): open(f'/tmp/work/{i}', 'wb').close()").status == "ok"
        assert "space" in kernel.run_cell("for i in range(30000): open(f'/tmp/work/e{i}', 'w').close()").error
    with pool.kernel() as kernel:
        assert value(kernel, "import os\nos.listdir('/tmp/work')") == []


def test_mounts_cannot_be_taken_away(kernel):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
results = [libc.umount2(path, 2) for path in (b'/tmp', b'/proc', b'/dev/shm', b'/course', b'/')]
results += [libc.unshare(flag) for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000)]
results += [libc.mount(b'none', b'/tmp/work', b'tmpfs', 0, None), libc.chroot(b'/tmp')]
results += [libc.setuid(0), libc.ptrace(16, 1, 0, 0)]
results
"""
    assert set(value(kernel, source)) == {-1}


def test_it_has_no_rights_and_cannot_gain_any(kernel):
    source = "dict(line.split(':\\t', 1) for line in open('/proc/self/status') if ':\\t' in line)"
    status = value(kernel, source)
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Uid"].split() == ["1000"] * 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another user to give")
def test_as_root_a_kernel_is_an_unprivileged_user_of_this_machine(kernel):
    with open(f"/proc/{kernel._process.here}/status") as lines:
        uid = next(line.split()[1] for line in lines if line.startswith("Uid:"))
    assert int(uid) >= 200_000


# --- processes and secrets ------------------------------------------------------------------------------------------


def test_kill_minus_one_is_harmless(pool):
    with pool.kernel() as other, pool.kernel() as kernel:
        other.run_cell("x = 1")
        kernel.run_cell("import os\nos.kill(-1, 9)")
        kernel.run_cell("import os\nos.killpg(0, 9)")
        kernel.run_cell("for pid in range(1, 5000):\n    try: os.kill(pid, 9)\n    except OSError: pass")
        assert other.alive and value(other, "x") == 1
    with pool.kernel() as after:
        assert after.alive


def test_siblings_and_the_grader_are_not_visible(pool):
    with pool.kernel() as other, pool.kernel() as kernel:
        other.run_cell("open('/tmp/work/mine', 'w').write('x')\nopen('/dev/shm/mine', 'w').write('x')")
        assert value(kernel, "import os\n[p for p in os.listdir('/proc') if p.isdigit()]") == ["1"]
        assert value(kernel, "[os.listdir('/tmp/work'), os.listdir('/dev/shm'), os.getppid()]") == [[], [], 0]


def test_another_kernels_key_is_not_in_memory(pool):
    """The fork server must not have read it: a kernel inherits all of the server's memory."""
    with pool.kernel() as other, pool.kernel() as kernel:
        halves = [other._client.session.key[:18], other._client.session.key[18:]]
        own = kernel._client.session.key
        search = """
def search(head, tail):
    hits = 0
    for line in list(open('/proc/self/maps')):
        fields = line.split()
        low, high = (int(part, 16) for part in fields[0].split('-'))
        if fields[1].startswith('rw') and not fields[-1].startswith('[v'):
            with open('/proc/self/mem', 'rb', buffering=0) as memory:
                memory.seek(low)
                content = memory.read(high - low)
            start = content.find(head)
            while start >= 0:
                hits += content[start + len(head):start + len(head) + len(tail)] == tail
                start = content.find(head, start + 1)
    return hits
"""
        assert kernel.run_cell(search).status == "ok"
        assert value(kernel, f"search({own[:18]!r}, {own[18:]!r})") > 0, "the search itself must work"
        assert value(kernel, f"search({halves[0]!r}, {halves[1]!r})") == 0


def test_the_environment_and_open_files_tell_nothing(kernel):
    from_ipython = {"PWD", "PAGER", "GIT_PAGER", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "PYDEVD_USE_FRAME_EVAL"}
    names = set(value(kernel, "import os\nsorted(os.environ)"))
    # the course chooses Keras's back end where it is imported
    assert names <= from_ipython | {"KERAS_BACKEND"} | set(sandbox.environment("numpy", "/"))
    links = value(
        kernel,
        """
from pathlib import Path
[os.readlink(file) for file in Path('/proc/self/fd').iterdir() if os.path.lexists(file)]
""",
    )
    kinds = {link.split(":")[0] for link in links if not link.startswith("/proc/")}
    assert kinds <= {"socket", "pipe", "anon_inode", "/dev/null"}, links


def test_a_secret_of_the_graders_environment_does_not_come_along(monkeypatch):
    monkeypatch.setenv("GRADING_TOKEN", "s3cret")
    with KernelPool(topic="convolution") as pool, pool.kernel() as kernel:
        source = "import os\n's3cret' in str(os.environ) + open('/proc/1/environ').read()"
        assert value(kernel, source) is False


def test_each_kernel_has_its_own_terminals_and_keyring(pool):
    keys = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "number = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]\n"
        "libc.syscall(number, 0, -3, 0)"  # KEYCTL_GET_KEYRING_ID of the session's
    )
    with pool.kernel() as other, pool.kernel() as kernel:
        pair = value(other, "import os\nlist(os.openpty())")
        assert len(pair) == 2 and value(other, "sorted(os.listdir('/dev/pts'))") == ["0", "ptmx"]
        assert value(kernel, "import os\nos.listdir('/dev/pts')") == ["ptmx"]
        rings = {value(kernel, keys), value(other, keys), _session_keyring()}
        assert len(rings) == 3 or rings == {-1}  # -1: a system that gives nobody any


def _session_keyring() -> int:
    import ctypes

    number = {"x86_64": 250, "aarch64": 219}[os.uname().machine]
    return ctypes.CDLL(None).syscall(number, 0, -3, 0)


def test_a_course_below_usr_local_is_hidden_as_one_elsewhere_is():
    local = Path("/usr/local")
    places = [local, local / "share", local / "lib"]
    if not all(os.access(place, os.W_OK) for place in places):
        hidden = sandbox._of_this_machine(local)
        assert local / "share" in hidden and all(not folder.name.startswith("python") for folder in hidden)
        return
    with contextlib.ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(dir=place))) for place in places]
        for folder in folders:
            folder.chmod(0o755)
            (folder / "gradebook.db").write_text("secret")
        with KernelPool(topic="convolution", isolation="bubblewrap") as pool, pool.kernel() as kernel:
            files = [str(folder / "gradebook.db") for folder in folders]
            assert value(kernel, f"import os\n[file for file in {files!r} if os.path.exists(file)]") == []
            assert kernel.run_cell("import numpy, matplotlib.pyplot, ctypes.util, ssl, sqlite3").status == "ok"


# --- imports --------------------------------------------------------------------------------------------------------


REFUSED = ["tensorflow", "keras", "scipy.signal", "skimage", "sklearn", "torch", "jax", "pandas", "nbgrader"]


@pytest.mark.parametrize("name", REFUSED)
def test_from_scratch_notebooks_import_only_numpy(kernel, name):
    outcome = kernel.run_cell(f"import {name}")
    root = name.partition(".")[0]
    sentence = "is not available here: this notebook is written with NumPy and the standard library only."
    assert outcome.error == f"ModuleNotFoundError: {root} {sentence}"


def test_without_the_import_hook_they_are_still_not_there(kernel):
    code = """
import importlib, os, sys
sys.meta_path[:] = [finder for finder in sys.meta_path if 'Guard' not in type(finder).__name__]
missing = []
for name in ('tensorflow', 'keras', 'scipy', 'skimage', 'sklearn', 'autograder', 'nbgrader'):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        missing.append(name)
site_packages = os.path.dirname(os.path.dirname(importlib.import_module('numpy').__file__))
[missing, [file for file in os.listdir(site_packages) if 'tensor' in file]]
"""
    missing = ["tensorflow", "keras", "scipy", "skimage", "sklearn", "autograder", "nbgrader"]
    assert value(kernel, code) == [missing, []]


def test_what_the_course_itself_uses_can_be_imported(kernel):
    for line in (
        "import numpy, matplotlib.pyplot, ipywidgets, IPython.display, csv, sqlite3, unittest, multiprocessing",
        "from dlcourse.checking import plain, calling, probes; from dlcourse.data import datasets",
        "from dlcourse.figures import plots, notebook_tools; from dlcourse.widgets import convolution",
        "from dlcourse.recurrent import Adam, softmax; softmax(numpy.zeros(2))",
        "from dlcourse import plots, sequences; sequences.softmax(numpy.zeros(2))  # as a notebook of version 0.1 does",
    ):
        outcome = kernel.run_cell(line)
        assert outcome.status == "ok", outcome.error
    assert kernel.run_cell("%%writefile mine.py\nanswer = 42").status == "ok"
    assert value(kernel, "import mine\nmine.answer") == 42


def test_asking_whether_a_package_is_installed_is_no_error(kernel):
    source = "import importlib.util\n[importlib.util.find_spec(n) is not None for n in ('torch', 'numpy', 'json')]"
    assert value(kernel, source) == [False, True, True]


def test_checks_and_references_are_inert_stand_ins(kernel):
    assert value(
        kernel,
        """
from dlcourse.checks.convolution import check, hint, solution
def conv_forward(a): return a
[check(conv_forward, points=5), hint(conv_forward), solution(conv_forward)]
""",
    ) == [0.0, 0.0, 0.0]
    for line in ("import dlcourse.checks", "from dlcourse import convolution", "from dlcourse.checks import judging"):
        assert kernel.run_cell(line).status == "ok"
    outcome = kernel.run_cell("convolution.conv_forward(1, 2)")
    assert outcome.error_name == "RuntimeError" and "not available while work is graded" in outcome.error
    modules = value(
        kernel,
        """
import sys
sorted(module.__file__ for name, module in sys.modules.items() if name.startswith('dlcourse.'))
""",
    )
    assert modules and all(file.startswith("/course/dlcourse/") for file in modules)


def test_every_reference_and_check_of_the_course_is_left_out(tmp_path):
    view.stage_course(tmp_path / "course", "convolution")
    staged = tmp_path / "course" / "dlcourse"
    topics = {file.stem for file in (ROOT / "dlcourse" / "checks").iterdir()} & {
        file.stem for file in (ROOT / "dlcourse").glob("*.py")
    }
    assert {"convolution", "faces"} <= topics
    for name in topics - {"__init__"}:
        assert "Stands in for" in (staged / f"{name}.py").read_text()
    for file in (staged / "checks").glob("*.py"):
        assert file.read_text() == view.INERT_CHECKS
    assert not (staged / "checks" / "nonsense.py").exists()
    assert not list(staged.rglob("*.pyc")) and not list(staged.rglob("*.ipynb"))


# --- what the machine offers ----------------------------------------------------------------------------------------


def test_the_description_names_the_level_and_what_is_not_protected():
    found = describe_isolation()
    assert found["level"] == "bubblewrap" and found["warm_kernels"] and not found["warning"]
    assert found["protected"] and found["not_protected"]
    assert "Isolation: bubblewrap" in sandbox.isolation_text()


def test_without_bubblewrap_the_fallback_says_so(monkeypatch, tmp_path):
    code = (
        "import warnings; warnings.simplefilter('error')\nfrom autograder.running import sandbox\n"
        "found = sandbox.isolation('auto'); print(found.level, '|', found.warning)\n"
        "try: sandbox.isolation('bubblewrap')\nexcept RuntimeError as error: print(error)"
    )
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    first, second = run.stdout.splitlines()
    assert first.startswith("process | Submissions run WITHOUT a sandbox (bubblewrap is not installed")
    assert second.startswith("The sandbox does not work here: bubblewrap is not installed")


def test_an_unknown_isolation_is_refused():
    with pytest.raises(ValueError, match='"auto", "bubblewrap" or "process"'):
        sandbox.isolation("docker")
