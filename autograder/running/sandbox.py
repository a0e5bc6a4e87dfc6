"""The sandbox around the fork server, and what this machine can and cannot protect.

Isolation is "bubblewrap" (Linux: namespaces, a file system that holds only what is needed, no network) or "process"
(anywhere: a plain process of the same user, with resource limits and nothing else).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.running import runtime, view
from autograder.running.limits import MEGABYTE, Limits
from dlcourse.handing_in.packages import SENTENCES, package_entries

INSIDE = Path(__file__).parent / "inside"
COURSE, SCRIPTS, PACKAGES = "/course", "/inside", "/packages"

PROTECTED = (
    "Network: none, not even this machine's own; each kernel has an interface of its own that is down.",
    "Files: only Python, the packages of the notebook and a copy of dlcourse without checks and references, read-only; "
    "one small temporary file system per kernel, gone with it.",
    "Processes: a kernel sees, signals and traces only its own processes.",
    "Memory, CPU time, wall time, processes, files and output are limited; a kernel beyond a limit is ended.",
)
PROTECTED_PROCESS = ("Wall time, CPU time, memory and output are limited, as far as a plain process allows.",)
NOT_PROTECTED_BUBBLEWRAP = (
    "A fault in the operating system's kernel: the sandbox shares it. Grade on a machine that is kept up to date.",
    "CPU caches and timing: a kernel can measure how busy the machine is.",
    "Disk is not reserved: several kernels at their limits together can fill a small one.",
)
COUNTED = (
    "Memory: the system counts all that a kernel holds, shared memory and files in memory included (a memory cgroup, "
    "{folder}), and ends it beyond {megabytes} MB."
)
NOT_COUNTED = (
    "Memory is added up from outside, ten times a second, because there is no memory cgroup that we may use; memfd and "
    "System V's shared memory are refused, and buffers of pipes and sockets are not counted. For an exact limit, grade "
    "as root, in a container with its own cgroup, or with `systemd-run --user --scope -p Delegate=yes autograder ...`."
)
NOT_PROTECTED_PROCESS = (
    "Files: learners' code can read and write whatever the user who grades can, among it other submissions, the "
    "references in the course and the gradebook.",
    "Network: learners' code can use it.",
    "Processes: learners' code can end or trace every process of the user who grades, the grader among them.",
    "Processes it starts and detaches may outlive the grading, and their number is not limited.",
)
WARNING = (
    "Submissions run WITHOUT a sandbox ({reason}). Not protected: files, network and processes of the user who grades. "
    "Install bubblewrap, or use the Dockerfile; grade only work you trust until then."
)


@dataclasses.dataclass(frozen=True)
class Isolation:
    """What this machine offers. `reason` says why a sandbox is missing, where it is."""

    level: str
    reason: str
    warm: bool
    as_root: bool

    @property
    def protected(self) -> tuple[str, ...]:
        return PROTECTED if self.level == "bubblewrap" else PROTECTED_PROCESS

    @property
    def not_protected(self) -> tuple[str, ...]:
        return NOT_PROTECTED_BUBBLEWRAP if self.level == "bubblewrap" else NOT_PROTECTED_PROCESS

    @property
    def warning(self) -> str:
        return "" if self.level == "bubblewrap" else WARNING.format(reason=self.reason)


def describe_isolation() -> dict:
    """What this machine can do, as plain data, for `autograder doctor`."""
    from autograder.running import memory

    found, counted = isolation("auto"), memory.place()
    limit = memory.share(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, Limits().memory)
    told = COUNTED.format(folder=counted, megabytes=limit // MEGABYTE)
    return {
        "memory_cgroup": str(counted or ""),
        "memory_limit": limit,
        "level": found.level,
        "reason": found.reason,
        "warm_kernels": found.warm,
        "grading_as_root": found.as_root,
        "bubblewrap": shutil.which("bwrap") or "",
        "protected": [*found.protected, *([told] if counted else [])],
        "not_protected": [*found.not_protected, *([] if counted else [NOT_COUNTED])],
        "warning": found.warning,
    }


def isolation_text() -> str:
    """The same for people."""
    found = describe_isolation()
    lines = [f"Isolation: {found['level']}" + (f" ({found['reason']})" if found["reason"] else "")]
    lines.append(f"Warm kernels: {'yes' if found['warm_kernels'] else 'no, each kernel starts afresh (slower)'}")
    if found["grading_as_root"]:
        lines.append("You grade as root: kernels run as an unprivileged user of their own.")
    lines += ["Protected:", *(f"  + {line}" for line in found["protected"])]
    lines += ["Not protected:", *(f"  - {line}" for line in found["not_protected"])]
    return "\n".join(lines)


def isolation(wanted: str = "auto") -> Isolation:
    """Choose the isolation. "bubblewrap" raises RuntimeError where it does not work; "auto" falls back."""
    if wanted not in ("auto", "bubblewrap", "process"):
        raise ValueError(f'Isolation must be "auto", "bubblewrap" or "process", not {wanted!r}.')
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    warm = sys.platform.startswith("linux")  # other systems' own libraries do not survive a fork
    if wanted == "process":
        return Isolation("process", "asked for", warm, as_root)
    problem = bubblewrap_problem()
    if not problem:
        return Isolation("bubblewrap", "", warm, as_root)
    if wanted == "bubblewrap":
        raise RuntimeError(f"The sandbox does not work here: {problem}")
    return Isolation("process", problem, warm, as_root)


@functools.cache
def bubblewrap_problem() -> str:
    """Why kernels cannot be sandboxed here, or "" where they can: tried with a real sandbox and real walls."""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap needs Linux, this is {sys.platform}"
    if not shutil.which("bwrap"):
        return "bubblewrap is not installed: install the package bubblewrap"
    if Path(os.path.realpath(sys.base_prefix)).is_relative_to("/tmp"):
        return "Python itself is below /tmp, which every kernel has for itself: use a Python that is elsewhere"
    uid = unprivileged_user()
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); import namespaces\n"
        "namespaces.new_pid_namespace(os.open('/proc/self/ns/pid', os.O_RDONLY))\n"
        "pid = os.fork()\n"
        f"if pid == 0: namespaces.enter(1 << 20, {uid}); os._exit(0)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    with contextlib.closing(runtime.RuntimeFolder()) as folder:
        course = folder.path / "course"
        course.mkdir()
        course.chmod(0o755)
        command = [*bubblewrap(course, ()), python(), "-I", "-S", "-c", script, SCRIPTS]
        try:
            run = subprocess.run(command, env={}, capture_output=True, text=True, timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"bubblewrap did not run: {error}"
    if run.returncode:
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        return f"user namespaces or mounts are not allowed here: {last}"
    return ""


def unprivileged_user() -> int | None:
    """As root: a user of its own for a kernel, far from the users of this machine. Otherwise nothing is needed."""
    if os.geteuid() != 0:
        return None
    return 200_000 + int.from_bytes(os.urandom(2), "little")


def python() -> str:
    """The real interpreter, not a virtual environment's link to it."""
    return os.path.realpath(sys.executable)


def bubblewrap(course: Path, packages: tuple[Path, ...]) -> list[str]:
    """The command line up to the program: a read-only system with Python, `packages` and the staged `course` in it."""
    command = [shutil.which("bwrap") or "bwrap", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    # As the first process of its namespace the fork server takes every kernel along when it ends, whatever ends it.
    command += ["--unshare-cgroup-try", "--new-session", "--hostname", "grading", "--as-pid-1"]
    if os.geteuid() == 0:
        rights = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_SETPCAP", "CAP_KILL")
        command += ["--cap-drop", "ALL"]
    else:
        rights = ("CAP_SYS_ADMIN", "CAP_SETFCAP", "CAP_SETPCAP")
        command += ["--unshare-user", "--uid", "0", "--gid", "0"]
    for right in rights:
        command += ["--cap-add", right]
    roots = [Path("/usr"), *(path for path in (Path("/lib"), Path("/lib64"), Path("/bin")) if path.exists())]
    prefix = Path(os.path.realpath(sys.base_prefix))
    if not prefix.is_relative_to("/usr"):
        roots.append(prefix)
    placed = {entry: Path(place, entry.name) for entry, place in zip(packages, _places(packages), strict=True)}
    own = (Path(COURSE), Path(SCRIPTS), Path("/etc/fonts"), Path("/tmp/x"), Path("/dev/x"))
    targets = [*roots, *placed.values(), *own]
    ancestors = {parent for target in targets for parent in target.parents if parent != Path("/")}
    for folder in sorted(ancestors):
        if not any(folder.is_relative_to(root) for root in roots):
            command += ["--perms", "0755", "--dir", str(folder)]  # by default a kernel's own user could not pass
    for root in roots:
        if root.is_symlink():
            command += ["--symlink", os.readlink(root), str(root)]
        else:
            command += ["--ro-bind", str(root), str(root)]
    for file in ("/etc/ld.so.cache", "/etc/localtime", "/etc/fonts"):
        command += ["--ro-bind-try", file, file]
    for folder in _hidden(roots):
        command += ["--tmpfs", str(folder)]
    for folder in _hidden(roots):
        command += ["--remount-ro", str(folder)]
    for entry, place in placed.items():
        command += ["--ro-bind", str(entry), str(place)]
    command += ["--ro-bind", str(course), COURSE, "--ro-bind", str(INSIDE), SCRIPTS]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(16 * MEGABYTE), "--tmpfs", "/tmp"]
    return [*command, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]


def _places(packages: tuple[Path, ...]) -> list[str]:
    """The folder of each package in the sandbox. Not its own: an environment may be below /tmp, or in a home."""
    folders = list(dict.fromkeys(entry.parent for entry in packages))
    return [f"{PACKAGES}/{folders.index(entry.parent)}" for entry in packages]


def _hidden(roots: list[Path]) -> list[Path]:
    """Folders below what is bound that a kernel must not see: other packages, and the course itself."""
    folders = [*view.site_folders(), Path(__file__).resolve().parents[2]]
    folders += [Path("/usr/src"), *_of_this_machine(Path("/usr/local"))]
    inside = [folder.resolve() for folder in folders if folder.is_dir()]
    return sorted({folder for folder in inside if any(folder.is_relative_to(root) for root in roots)})


def _of_this_machine(local: Path) -> list[Path]:
    """What is below /usr/local and is neither Python nor a library: a course may be there, as anywhere else."""
    prefix = Path(os.path.realpath(sys.base_prefix))
    libraries = [local / name for name in ("lib", "lib32", "lib64")]
    kept = {*libraries, *((local / "bin", local / "include") if prefix == local else ())}
    inside = [folder for place in (local, *libraries) if place.is_dir() for folder in place.iterdir()]
    found = [folder for folder in inside if folder.is_dir() and not folder.is_symlink() and folder not in kept]
    of_libraries = ("python*", "*-linux-gnu*")
    return [
        folder
        for folder in found
        if not prefix.is_relative_to(folder)
        and not (folder.parent in libraries and any(folder.match(pattern) for pattern in of_libraries))
    ]


def environment(needs: str, home: str) -> dict[str, str]:
    """All that a kernel finds in its environment."""
    found = {
        "HOME": home,
        "USER": "learner",
        "LOGNAME": "learner",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": "/tmp" if home.startswith("/tmp/home") else home,
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "TERM": "dumb",
        "JUPYTER_PLATFORM_DIRS": "1",
        # One thread: the same sums in the same order every time, and as many kernels at once as there are cores.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    if needs == "tensorflow":
        found |= {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "KERAS_BACKEND": "tensorflow",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }
    return found


def server_configuration(needs: str, level: str, course: Path, extra: tuple[str, ...], **more: object) -> str:
    """The fork server's argument (see `inside/server.py`)."""
    scripts, staged = (SCRIPTS, COURSE) if level == "bubblewrap" else (str(INSIDE), str(course))
    entries = package_entries(needs, extra)
    places = _places(entries) if level == "bubblewrap" else [str(entry.parent) for entry in entries]
    packages = list(dict.fromkeys(places))
    return json.dumps(
        {
            "path": [scripts, staged, *view.library_path(), *packages],
            "preload": [*view.PRELOAD["numpy"], *(view.PRELOAD[needs] if needs != "numpy" else ())],
            "allowed": view.import_names(needs, extra),
            "sentence": SENTENCES[needs],
            "walls": level == "bubblewrap",
            **more,
        }
    )
