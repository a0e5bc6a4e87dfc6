"""Kernels as a grader uses them: warm, answering calls, limited, replaceable, and leaving nothing behind."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import psutil
import pytest

from autograder.running import memory, runtime
from autograder.running.kernels import KernelPool, KernelStartError, Limits, describe_isolation
from autograder.running.provisioner import WarmProvisioner
from dlcourse.checking.calling import Call

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20
SMALL = Limits(
    wall=5, cpu=4, memory=300 * MEGABYTE, processes=80, files=16 * MEGABYTE, output=2 * MEGABYTE, reply=4 * MEGABYTE
)


@pytest.fixture(scope="module")
def pool():
    with KernelPool(needs="numpy", topic="convolution", limits=SMALL) as made:
        yield made


@pytest.fixture
def kernel(pool):
    with pool.kernel() as made:
        yield made


def call(function: str, *values) -> Call:
    return Call(function, tuple(f"a{index}" for index in range(len(values))), values)


# --- cells and calls ------------------------------------------------------------------------------------------------


def test_a_forked_kernel_runs_cells_and_keeps_their_names(kernel):
    assert kernel.run_cell("x = 20").status == "ok"
    outcome = kernel.run_cell("print(x + 1)\nx + 2")
    assert (outcome.status, outcome.stdout, outcome.error) == ("ok", "21\n", "")
    assert outcome.outputs[-1]["data"]["text/plain"] == "22"


def test_an_error_is_named_and_the_kernel_lives_on(kernel):
    outcome = kernel.run_cell("1 / 0")
    assert (outcome.status, outcome.error_name, outcome.error) == (
        "error",
        "ZeroDivisionError",
        "ZeroDivisionError: division by zero",
    )
    assert kernel.alive and kernel.run_cell("2").status == "ok"
    assert kernel.run_cell("def f(:").error_name == "SyntaxError"
    assert kernel.run_cell("raise SystemExit(3)").error_name == "SystemExit"
    assert kernel.run_cell("").status == "ok"


def test_calls_travel_as_plain_data_and_outcomes_come_back(kernel):
    kernel.run_cell("import numpy as np\ndef f(a, b):\n    print('hello')\n    return a @ b, {'shape': a.shape}")
    a = np.random.default_rng(0).normal(size=(3, 4))
    first, second = kernel.perform([call("f", a, a.T), call("f", a, 2 * a.T)])
    assert first.kind == second.kind == "value"
    np.testing.assert_array_equal(first.value[0], a @ a.T)
    np.testing.assert_array_equal(second.value[0], a @ (2 * a.T))
    assert first.value[1] == {"shape": (3, 4)} and first.printed == "hello\n"


def test_a_stub_a_missing_function_and_an_error_are_told_apart(kernel):
    kernel.run_cell("def stub(a):\n    raise NotImplementedError\ndef bad(a):\n    return a[0]")
    assert kernel.perform([call("stub", 1)])[0].kind == "not attempted"
    assert kernel.perform([call("nothing", 1)])[0].kind == "missing"
    outcome = kernel.perform([call("bad", 1)])[0]
    assert outcome.kind == "error" and "TypeError" in outcome.error
    assert kernel.perform([]) == []


def test_numpy_draws_the_same_numbers_in_every_kernel(pool):
    drawn = []
    for _ in range(2):
        with pool.kernel() as kernel:
            outcome = kernel.run_cell("import numpy as np, random\nprint(np.random.rand(2), random.random())")
            drawn.append(outcome.stdout)
    assert drawn[0] == drawn[1] != ""


def test_pictures_come_back_as_outputs(kernel):
    outcome = kernel.run_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert any("image/png" in output.get("data", {}) for output in outcome.outputs)


def test_files_beside_the_notebook_are_there_and_links_are_not_followed(pool, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.csv").write_text("1,2")
    (tmp_path / "helper.py").write_text("answer = 42")
    (tmp_path / "secret").symlink_to("/etc/passwd")
    (tmp_path / "up").symlink_to("/etc")
    with pool.kernel(student_folder=tmp_path) as kernel:
        code = "import os, helper\nprint(sorted(os.listdir()), open('data/mine.csv').read(), helper.answer)"
        assert kernel.run_cell(code).stdout == "['data', 'helper.py'] 1,2 42\n"
        assert kernel.run_cell("open('data/mine.csv', 'w').write('changed')").status == "ok"
    assert (tmp_path / "data" / "mine.csv").read_text() == "1,2"


def test_too_many_files_beside_the_notebook_are_refused(pool, tmp_path):
    (tmp_path / "large").write_bytes(b"0" * (SMALL.files + 1))
    with pytest.raises(KernelStartError, match="beside the notebook"), pool.kernel(student_folder=tmp_path):
        pass


# --- limits and deaths ----------------------------------------------------------------------------------------------

DEATHS = {
    "endless loop": ("while True: pass", "timeout"),
    "sleep": ("import time\ntime.sleep(60)", "timeout"),
    "exit": ("import os\nos._exit(3)", "died"),
    "crash": ("import ctypes\nctypes.string_at(0)", "died"),
    "slow memory bomb": ("kept = []\nwhile True: kept.append(bytearray(10**6))", "memory"),
    "shared memory bomb": ("import mmap\nm = mmap.mmap(-1, 10**9)\nfor i in range(0, 10**9, 4096): m[i] = 1", "memory"),
    "flood of lines": ("while True: print('x' * 1000)", "flood"),
    "one flood": ("print('x' * 10**7)", "flood"),
    "fork bomb": ("import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(0.01)", "timeout"),
    "flood from a thread": (
        "import threading, time\ndef run():\n    while True: print('x' * 10000); time.sleep(0.0005)\n"
        "threading.Thread(target=run, daemon=True).start()\ntime.sleep(60)",
        "flood",
    ),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_kernel_beyond_its_limits_is_ended_and_the_next_one_works(pool, name):
    source, status = DEATHS[name]
    before = psutil.Process().memory_info().rss
    begin = time.monotonic()
    with pool.kernel() as kernel:
        family = kernel._process.here
        outcome = kernel.run_cell(source)
        assert outcome.status == status and outcome.error.endswith(".")
        assert not kernel.alive and kernel.death_reason == outcome.error
        assert not psutil.pid_exists(family) or psutil.Process(family).status() == psutil.STATUS_ZOMBIE
        assert kernel.run_cell("1").status == "died"
        assert kernel.perform([call("f", 1)])[0].kind == "died"
    assert time.monotonic() - begin < 15
    assert psutil.Process().memory_info().rss - before < 100 * MEGABYTE
    with pool.kernel() as after:
        assert after.run_cell("print('fine')").stdout == "fine\n"


def test_processor_time_is_limited_apart_from_wall_time(pool):
    with pool.kernel() as kernel:
        outcome = kernel.run_cell("while True: pass", Limits(wall=30, cpu=0.5))
        assert outcome.status == "timeout" and "processor" in outcome.error and outcome.seconds < 20


def test_waiting_for_a_processor_costs_a_right_answer_nothing(pool):
    """A machine that is busy with something else: the work takes longer than the limit, and its own time does not."""
    busy = [sys.executable, "-c", "while True: pass"]
    one = {min(os.sched_getaffinity(0))}
    others = [subprocess.Popen(busy, start_new_session=True) for _ in range(4)]
    try:
        with pool.kernel() as kernel:
            for process in (kernel._process.here, *(other.pid for other in others)):
                os.sched_setaffinity(process, one)
            source = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 1.5: pass"
            outcome = kernel.run_cell(source, Limits(wall=3, cpu=6))
            assert (outcome.status, outcome.error) == ("ok", "") and outcome.seconds > 3
            assert outcome.seconds - kernel.waited < 3
            endless = kernel.run_cell("while True: pass", Limits(wall=1, cpu=6))
            assert endless.status == "timeout"
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_an_impossible_allocation_is_an_error_and_costs_only_the_cell(kernel):
    outcome = kernel.run_cell("import numpy as np\nnp.ones((100_000, 100_000))")
    assert outcome.status == "memory" and "MemoryError" in outcome.error
    assert kernel.alive and kernel.run_cell("print(1)").stdout == "1\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "processor time"),
        ("import os; os._exit(0)", "exit status 0"),
        ("import os; os.abort()", "SIG"),
        ("x = [bytearray(10**6) for _ in range(10**6)]", "memory"),
    ],
)
def test_a_call_that_ends_the_kernel_is_no_evidence(pool, body, reason):
    with pool.kernel() as kernel:
        kernel.run_cell(f"def f(a):\n    {body}\n    return a")
        outcomes = kernel.perform([call("f", 1), call("f", 2)])
        assert [outcome.kind for outcome in outcomes] == ["died", "died"]
        assert reason in outcomes[0].error and not kernel.alive


def test_an_answer_beyond_the_limit_is_an_error(kernel):
    kernel.run_cell("import numpy as np\ndef f(a):\n    return np.zeros(10**6)")
    outcome = kernel.perform([call("f", 1)])[0]
    assert outcome.kind == "error" and "more than 4 MB" in outcome.error and kernel.alive


def test_forged_answers_are_errors_or_the_learners_own_data(pool):
    forgeries = (
        "b'nonsense'",
        "b''",
        "plain.dumps([])",
        "plain.dumps({'kind': 'value'})",
        "plain.dumps([{'kind': 'value'}])",
        "__import__('pickle').dumps([1])",
    )
    for forged in forgeries:
        with pool.kernel() as kernel:
            kernel.run_cell(
                "from dlcourse.checking import plain\nimport json\n"
                f"forged = {forged}\n"
                "plain.dumps = lambda tree: forged\ndef f(a):\n    return a"
            )
            outcome = kernel.perform([call("f", 1)])[0]
            assert outcome.kind == "error", forged


def test_messages_forged_with_the_kernels_own_key_do_not_confuse_the_grader(pool):
    source = (
        "kernel = get_ipython().kernel\nsession = kernel.session\nparent = kernel.get_parent()\n"
        "for content in ({'status': 'ok'}, {'execution_state': 'idle'}, {}, [], 'text', None):\n"
        "    for kind in ('status', 'execute_reply', 'stream', 'display_data', 'comm_open', 'update_display_data'):\n"
        "        session.send(kernel.iopub_socket, kind, content, parent)\n"
        "kernel.iopub_socket.send_multipart([b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'])\n"
        "kernel.iopub_socket.send_multipart([b'one part'])\n"
    )
    with pool.kernel() as kernel:
        begin = time.monotonic()
        outcome = kernel.run_cell(source)
        assert outcome.status in ("ok", "error", "died", "flood")
        assert time.monotonic() - begin < 15
    with pool.kernel() as kernel:
        assert kernel.run_cell("print(1)").stdout == "1\n"


# --- all memory that it holds ---------------------------------------------------------------------------------------

HELD = {
    "anonymous and shared": """
import mmap, time
shared = mmap.mmap(-1, 400 * 2**20)
for page in range(0, len(shared), 4096):
    shared[page] = 1
    if page % 2**20 == 0:
        shared.madvise(mmap.MADV_DONTNEED)
time.sleep(20)""",
    "files without a name": """
import os, time
held = [os.memfd_create(str(number)) for number in range(40)]
for number in held:
    os.write(number, bytes(10 * 2**20))
time.sleep(20)""",
    "pages of many processes": """
import os, time
for number in range(40):
    if os.fork() == 0:
        own = bytearray(b"1") * (10 * 2**20)
        time.sleep(20)
        os._exit(0)
time.sleep(20)""",
    "memory of a process that has ended": """
import os, time
read, write = os.pipe()
if os.fork() == 0:
    held = os.memfd_create("kept")
    for number in range(40):
        os.write(held, bytes(10 * 2**20))
    if os.fork() == 0:
        time.sleep(20)
    os._exit(0)
time.sleep(20)""",
    "its own file system": """
import os, time
for number in range(40):
    with open(f"/dev/shm/{number}", "wb") as file:
        file.write(bytes(10 * 2**20))
time.sleep(20)""",
    "System V": """
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
held = [libc.shmget(0, 10 * 2**20, 0o1600) for number in range(40)]
if -1 in held:
    raise OSError(ctypes.get_errno(), "refused")
for number in held:
    place = libc.shmat(number, None, 0)
    ctypes.memset(place, 1, 10 * 2**20)
    libc.shmdt(ctypes.c_void_p(place))
time.sleep(20)""",
}
TOGETHER = dataclasses.replace(SMALL, wall=15, memory=200 * MEGABYTE, files=1024 * MEGABYTE)


@pytest.mark.parametrize("counted", [True, False], ids=["a memory cgroup", "no memory cgroup"])
def test_no_memory_is_held_beyond_the_limit_however_it_is_held(counted, monkeypatch):
    """Each tries to hold 400 MB and may hold 200. With a cgroup it is ended; without one some of it is refused."""
    if not counted:
        monkeypatch.setattr(memory, "place", lambda: None)
    elif memory.place() is None:
        assert "cgroup" in " ".join(describe_isolation()["not_protected"])
        return
    before = psutil.virtual_memory().available
    found = {}
    with KernelPool(topic="convolution", limits=TOGETHER) as pool:
        for name, source in HELD.items():
            with pool.kernel() as kernel:
                outcome = kernel.run_cell(source)
                refused = outcome.error_name == "OSError" and not counted
                found[name] = "refused" if refused else (outcome.status, outcome.error)
        with pool.kernel() as kernel:
            usual = (
                "import multiprocessing as m\nv = m.Array('d', 1000)\np = m.Pool(2)\nprint(p.map(abs, [-1]), len(v))"
            )
            assert kernel.run_cell(usual).stdout == "[1] 1000\n"
    ended = ("memory", "It used more than 200 MB of memory.")
    hidden = {"files without a name", "memory of a process that has ended", "System V"}
    if counted:
        assert found == dict.fromkeys(HELD, ended)
    else:
        assert {name: what for name, what in found.items() if name not in hidden} == dict.fromkeys(
            HELD.keys() - hidden, ended
        )
        assert {found["files without a name"], found["System V"]} == {"refused"}
    assert psutil.virtual_memory().available > before / 2


def test_groups_are_gone_with_their_kernels_and_those_of_killed_graders_are_swept_up(pool):
    place = memory.place()
    if place is None:
        assert "cgroup" in " ".join(describe_isolation()["not_protected"])
        return
    with pool.kernel() as kernel:
        group = kernel._memory.folder
        assert group.exists() and str(kernel._process.here) in (group / "cgroup.procs").read_text().split()
    assert not group.exists()
    left = place / f"{memory.PREFIX}{2**22 + 1}-0"  # of a process that there cannot be
    left.mkdir()
    memory._sweep(place)
    assert not left.exists()


def test_the_group_is_found_in_both_versions_of_cgroups(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "30 25 0:26 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw\n"
        "31 30 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 30 0:28 /docker/abc /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    )
    membership = tmp_path / "cgroup"
    membership.write_text("4:memory:/user/me\n3:cpu:/\n0::/docker/abc/jobs\n")
    assert [str(folder) for folder in memory.own_folders(str(mounts), str(membership))] == [
        "/sys/fs/cgroup/unified/jobs",
        "/sys/fs/cgroup/memory/user/me",
    ]


def test_kernels_together_leave_half_of_what_is_free():
    free = memory.free()
    assert memory.share(1, 2**50) <= free / 2 * 1.1 and memory.share(4, 2**50) <= free / 8 * 1.1
    assert memory.share(2, 300 * MEGABYTE) == 300 * MEGABYTE
    assert memory.share(10**6, 2**40) == memory.ENOUGH


# --- TensorFlow -----------------------------------------------------------------------------------------------------


def test_tensorflow_trains_in_a_fork_with_the_same_result_every_time():
    source = (
        "import keras, numpy as np, tensorflow as tf\n"
        "model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation='relu'),\n"
        "    keras.layers.Flatten(), keras.layers.Dense(1)])\n"
        "model.compile('adam', 'mse')\n"
        "x = np.random.rand(32, 8, 8, 1).astype('float32')\n"
        "losses = model.fit(x, x.sum(axis=(1, 2)), epochs=3, verbose=0).history['loss']\n"
        "print(losses, losses[-1] < losses[0])"
    )
    with KernelPool(needs="tensorflow", topic="residual", limits=Limits(wall=60)) as pool:
        shown = []
        pool.start()
        for _ in range(2):
            with pool.kernel() as kernel:
                outcome = kernel.run_cell(source)
                assert outcome.status == "ok", outcome.error
                shown.append(outcome.stdout)
                refused = kernel.run_cell("import torch")
                assert "torch is not available here" in refused.error
                assert kernel.start_seconds < 5  # a fresh one loads TensorFlow for longer than that
        assert shown[0] == shown[1] and shown[0].endswith("True\n")


# --- other ways to a kernel -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("isolation", "warm"), [("process", True), ("process", False), ("bubblewrap", False)])
def test_the_fallbacks_have_the_same_interface(isolation, warm, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool = KernelPool(topic="convolution", isolation=isolation, warm=warm, limits=SMALL)
    assert any("WITHOUT a sandbox" in str(one.message) for one in caught) == (isolation == "process")
    with pool:
        with pool.kernel(student_folder=tmp_path) as kernel:
            kernel.run_cell("from dlcourse.checks.convolution import check\ndef f(a):\n    return a + 1")
            assert kernel.perform([call("f", 1)])[0].value == 2
            assert kernel.run_cell("import os\nprint(os.listdir())").stdout == "['mine.txt']\n"
            assert "not available here" in kernel.run_cell("import tensorflow").error
            assert kernel.run_cell("import os\nos._exit(0)").status == "died"
        with pool.kernel() as kernel:
            assert kernel.run_cell("while True: pass", Limits(wall=1)).status == "timeout"


def test_jupyter_gets_a_warm_kernel_through_the_provisioner_interface():
    import nbformat
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec
    from nbclient import NotebookClient

    manager = AsyncKernelManager(kernel_name="dlcourse-warm")
    manager._kernel_spec = spec = KernelSpec(argv=[], display_name="warm", language="python")
    manager.provisioner = WarmProvisioner(kernel_id="one", kernel_spec=spec, parent=manager, topic="convolution")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
    executed = NotebookClient(notebook, km=manager, timeout=30).execute()
    assert executed.cells[0].outputs[0]["text"] == "42\n"


# --- nothing is left ------------------------------------------------------------------------------------------------


def test_fifty_kernels_are_cheap_and_leave_nothing(pool):
    me = psutil.Process()
    cost, server, memory = [], None, []
    for index in range(50):
        with pool.kernel() as kernel:
            assert kernel.run_cell("import numpy as np").status == "ok"
            own = psutil.Process(kernel._process.here).cpu_times()
            server = psutil.Process(kernel._process.here).ppid()
        cost.append(own.user + own.system)
        if index == 9:
            judge, descriptors = time.process_time(), me.num_fds()
            memory = [me.memory_info().rss, psutil.Process(server).memory_info().rss]
    judged = (time.process_time() - judge) / 40
    assert sorted(cost)[25] + judged < 0.4, (sorted(cost)[25], judged)
    assert me.num_fds() <= descriptors + 1
    assert me.memory_info().rss - memory[0] < 8 * MEGABYTE
    assert psutil.Process(server).memory_info().rss - memory[1] < 4 * MEGABYTE
    assert psutil.Process(server).children() == []
    assert {path.name for path in pool.server.folder.iterdir()} == {"course", "listening", "lock", "log"}


def test_a_closed_pool_leaves_no_process_and_no_folder():
    before = set(psutil.Process().children(recursive=True))
    with KernelPool(topic="convolution") as pool:
        folder = pool.server.folder
        with pool.kernel() as kernel:
            kernel.run_cell("import subprocess\nsubprocess.Popen(['sleep', '1000'])")
        with pool.kernel() as kernel:
            kernel.run_cell("import os\nif os.fork() == 0:\n    os.setsid()\n    os.execvp('sleep', ['sleep', '1000'])")
    assert not folder.exists()
    assert set(psutil.Process().children(recursive=True)) <= before


def test_what_a_killed_grader_left_is_swept_up(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "base", lambda: str(tmp_path))
    left, half_made, young = (tmp_path / name for name in ("dlcourse-left", ".dlcourse-half-made", ".dlcourse-young"))
    for folder in (left, half_made, young):
        folder.mkdir()
    (left / "lock").touch()
    os.utime(half_made, (1, 1))
    held = runtime.RuntimeFolder()
    os.utime(held.path, (1, 1))
    assert not left.exists() and not half_made.exists() and young.exists()
    other = runtime.RuntimeFolder()
    assert held.path.exists()
    held.close()
    other.close()
    assert [path.name for path in tmp_path.iterdir()] == [".dlcourse-young"]


def test_a_killed_grader_takes_its_kernels_along():
    code = (
        "from autograder.running.kernels import KernelPool, Limits\n"
        "import psutil\n"
        "with KernelPool(topic='convolution', limits=Limits(wall=100)) as pool, pool.kernel() as kernel:\n"
        "    kernel.run_cell('import os, signal\\nos.fork()')\n"
        "    print(*[p.pid for p in psutil.Process().children(recursive=True)], flush=True)\n"
        "    kernel.run_cell('import os\\nos.fork()\\nwhile True: pass')\n"
    )
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    processes = [psutil.Process(int(pid)) for pid in grader.stdout.readline().split()]
    assert len(processes) >= 4
    time.sleep(0.5)
    grader.kill()
    grader.wait()
    grader.stdout.close()
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert alive == []


def test_the_loss_of_the_fork_server_costs_one_kernel(pool):
    with pool.kernel() as kernel:
        process = psutil.Process(kernel._process.here)
        process.parent().kill()
        assert psutil.wait_procs([process], timeout=10)[1] == []  # it may be quick enough for one more cell
        assert kernel.run_cell("1").status == "died"
    with pool.kernel() as kernel:
        assert kernel.run_cell("print(1)").stdout == "1\n"


def test_the_entry_point_names_the_provisioner():
    text = (ROOT / "pyproject.toml").read_text()
    assert 'dlcourse-warm = "autograder.running.provisioner:WarmProvisioner"' in text
