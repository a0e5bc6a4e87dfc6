"""The walls around one kernel: namespaces, its own small file system, resource limits, no privileges.

The fork server calls `new_pid_namespace` before it forks and the child calls `enter` first thing. The calls are made
through ctypes because Python has `os.unshare` only from 3.12 on and `mount` not at all.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import struct

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
# By machine: its mark in system calls, and the numbers of those that are made or refused here.
CALLS = {
    "x86_64": {"mark": 0xC000003E, "capset": 126, "keyctl": 250, "memfd_create": 319, "shmget": 29, "msgget": 68},
    "aarch64": {"mark": 0xC00000B7, "capset": 91, "keyctl": 219, "memfd_create": 279, "shmget": 194, "msgget": 186},
}
MEMFD_SECRET, OTHER_NUMBERS = 447, 0x40000000
KEYCTL_JOIN_SESSION_KEYRING = 1
CAPABILITY_VERSION = 0x20080522

LEARNER = 1000
HOME, WORK = "/tmp/home", "/tmp/work"

libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, doing: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{doing}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _check(libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode() if kind else None)
    _check(libc.mount(*arguments, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def new_pid_namespace(own: int) -> None:
    """Let the next child be the first process of a new PID namespace. `own` is an open /proc/self/ns/pid."""
    _check(libc.setns(own, CLONE_NEWPID), "setns")
    unshare(CLONE_NEWPID)


def enter(files: int, uid: int | None) -> None:
    """Put this process (freshly forked, one thread) behind its own walls.

    Mounts are made while the process still has the fork server's rights over the sandbox; afterwards it lives in a
    user namespace that has no rights over those mounts, so nothing it does can take them away.

    Args:
        files: the size of its only writable file system, in bytes.
        uid: where the grader runs as root, the unprivileged user to become.
    """
    unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"size={files},nr_inodes=20000,mode=0755")
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for folder in (HOME, WORK, "/tmp/shm"):
        os.mkdir(folder)
        if uid is not None:
            os.chown(folder, uid, uid)
    os.chmod("/tmp", 0o1777)
    mount("/tmp/shm", "/dev/shm", None, MS_BIND)
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        # After a change of user /proc/self belongs to root, and the maps below could not be written.
        _check(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
    try:
        own_user_namespace()
    except OSError:
        if uid is None:
            raise  # an unprivileged user without capabilities is wall enough; the grader's own user is not
    drop_privileges()


def own_user_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    unshare(CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    # Without these maps the new file system cannot be written.
    _write("/proc/self/uid_map", f"{LEARNER} {uid} 1")
    _write("/proc/self/gid_map", f"{LEARNER} {gid} 1")
    _write("/proc/sys/user/max_user_namespaces", "0")


def drop_privileges() -> None:
    """Give up every capability, for this process and for whatever it starts."""
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _check(libc.syscall(CALLS[os.uname().machine]["capset"], header, nothing), "capset")
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def own_keyring() -> None:
    """Leave the keyring of the session that the grader was started in: whoever holds it may read what is in it. Where
    there are no such calls, or they are refused, a kernel cannot make them either."""
    if calls := CALLS.get(os.uname().machine):
        libc.syscall(calls["keyctl"], KEYCTL_JOIN_SESSION_KEYRING, None)


def refuse_hidden_memory() -> None:
    """Refuse the calls that give memory which no process has to have in use: where it isn't counted, nobody would see
    it. Holds for whatever this process starts, and cannot be taken back.

    Raises:
        OSError: the system has no filters of calls.
    """
    calls = CALLS[os.uname().machine]
    refused = (calls["memfd_create"], MEMFD_SECRET, calls["shmget"], calls["msgget"])
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    # Each row: what to do, how many rows to skip if it holds and if not, with which number. The last row refuses, the
    # one before it has the call made.
    rows = len(refused) + 6
    program = [(load, 0, 0, 4), (equal, 0, rows - 3, calls["mark"]), (load, 0, 0, 0)]
    program += [(at_least, rows - 5, 0, OTHER_NUMBERS)]
    program += [(equal, rows - 6 - position, 0, number) for position, number in enumerate(refused)]
    program += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | errno.ENOSYS)]
    packed = b"".join(struct.pack("HBBI", *one) for one in program)
    filters = ctypes.create_string_buffer(packed)
    whole = struct.pack("HP", len(program), ctypes.addressof(filters))
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(whole), 0, 0), "seccomp")


def die_with_parent() -> None:
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def limit_resources(limits: dict) -> None:
    """Set the limits that the system itself enforces; the grader watches the others from outside."""
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": limits.get("kernel_cpu"),
        "RLIMIT_FSIZE": limits.get("files"),
        "RLIMIT_NOFILE": limits.get("open_files"),
        "RLIMIT_NPROC": limits.get("processes"),
        "RLIMIT_DATA": data_limit(limits.get("memory")),
    }
    for name, value in wanted.items():
        if value is None or not hasattr(resource, name):
            continue
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = int(value) if hard == resource.RLIM_INFINITY else min(int(value), hard)
        resource.setrlimit(kind, (value, value))


def data_limit(memory: int | None) -> int | None:
    """What may be allocated: the warm libraries' share, the limit, and room for the stacks of threads to come.

    An allocation far beyond the limit then fails inside the learner's cell with a MemoryError, before any page is used.
    """
    if memory is None or not os.path.exists("/proc/self/status"):
        return None
    with open("/proc/self/status", encoding="utf-8") as lines:
        used = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)
    return used + int(memory) + 256 * 2**20


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
