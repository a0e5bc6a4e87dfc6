"""One fork server for all grading processes of a machine: in a real sandbox, with real kernels."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest
from classroom import ROOT

from autograder.running import sandbox
from autograder.running.forkserver import ForkServer, SharedServer
from autograder.running.kernels import KernelPool, Limits

LIMITS = Limits(wall=60)


@pytest.fixture(params=["bubblewrap", "process"])
def server(request):
    if request.param == "bubblewrap":
        assert not sandbox.bubblewrap_problem()
    made = ForkServer("numpy", "convolution", request.param)
    made.begin()
    yield made
    made.close()


def pool_of(server: ForkServer) -> KernelPool:
    shared = SharedServer(str(server.folder), server.needs, server.topic, server.level)
    return KernelPool(limits=LIMITS, server=shared)


def parent_of(kernel) -> int:
    return psutil.Process(kernel._process.here).ppid()


def test_graders_share_a_server_and_end_only_their_own_kernels(server):
    with pool_of(server) as first, first.kernel() as one:
        with pool_of(server) as second, second.kernel() as other:
            assert parent_of(one) == parent_of(other)
            assert one.run_cell("mine = 1").status == other.run_cell("mine = 2").status == "ok"
            theirs = psutil.Process(other._process.here)
            second.server.control.close()  # what the system does when a process ends, whatever ends it
            psutil.wait_procs([theirs], timeout=10)
            assert not theirs.is_running()
        assert one.run_cell("print(mine)").stdout == "1\n"


def test_a_kernel_that_ends_says_why_through_a_shared_server(server):
    with pool_of(server) as pool:
        with pool.kernel() as kernel:
            assert kernel.run_cell("import os\nos._exit(3)").status == "died"
            assert kernel.death_reason == "The kernel ended itself with exit status 3."
        with pool.kernel() as kernel:
            assert kernel.run_cell("while True: pass", Limits(wall=1)).status == "timeout"
        assert pool.server.popen is None, "it started a server of its own"


def test_the_server_ends_by_itself_when_its_owner_closes_it(server):
    with pool_of(server) as pool, pool.kernel() as kernel:
        popen, mine = server.popen, psutil.Process(kernel._process.here)
        server._end()
        assert popen.returncode == 0
        psutil.wait_procs([mine], timeout=10)
        assert not mine.is_running()


def test_a_grader_whose_shared_server_is_gone_starts_its_own(server):
    with pool_of(server) as pool:
        with pool.kernel() as kernel:
            mine = psutil.Process(kernel._process.here)
            os.kill(parent_of(kernel), signal.SIGKILL)
            server.popen.wait(10)
            assert psutil.wait_procs([mine], timeout=10)[1] == []
            assert kernel.run_cell("1").status == "died"
        with pool.kernel() as kernel:
            assert kernel.run_cell("print(6 * 7)").stdout == "42\n"
        assert pool.server.popen is not None


def test_a_killed_grader_takes_its_kernels_along_and_leaves_the_server(server):
    code = (
        "import sys\n"
        "from autograder.running.forkserver import SharedServer\n"
        "from autograder.running.kernels import KernelPool, Limits\n"
        "server = SharedServer(sys.argv[1], 'numpy', 'convolution', sys.argv[2])\n"
        "with KernelPool(limits=Limits(wall=100), server=server) as pool, pool.kernel() as kernel:\n"
        "    print(kernel._process.here, flush=True)\n"
        "    kernel.run_cell('while True: pass')\n"
    )
    command = [sys.executable, "-c", code, str(server.folder), server.level]
    grader = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    busy = psutil.Process(int(grader.stdout.readline()))
    grader.kill()
    grader.wait()
    grader.stdout.close()
    psutil.wait_procs([busy], timeout=10)
    assert not busy.is_running()
    with pool_of(server) as pool, pool.kernel() as kernel:
        assert kernel.run_cell("print(6 * 7)").stdout == "42\n" and pool.server.popen is None
