"""Rebuilding: from any notebook to the release with the learner's own code in it. No kernel is needed here."""

from __future__ import annotations

import copy
import json
import random

import pytest
from classroom import (
    Assignment,
    as_colab,
    as_nbformat_3,
    as_vs_code,
    check,
    code,
    data,
    exercise,
    first,
    grade_id,
    insert,
    last,
    position,
    text,
    with_outputs,
    without,
    without_metadata,
)
from stopwatch import stopwatch

from dlcourse.handing_in.master import Master, read_master
from dlcourse.handing_in.names import defined, new_statements, used
from dlcourse.handing_in.reading import read
from dlcourse.handing_in.rebuilding import Program, WrongNotebook, rebuild
from dlcourse.handing_in.recognising import facts_of, other_notebook


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return Assignment()


@pytest.fixture(scope="module")
def master(assignment) -> Master:
    return read_master(assignment.name, assignment.released)


@pytest.fixture(scope="module")
def rebuilt(master):
    return lambda notebook: rebuild(master, read(data(notebook)))


def code_of(program: Program) -> dict[str, str]:
    return {step.name: step.source for step in program.steps if step.kind == "exercise"}


def ran(program: Program) -> list[str]:
    return [step.id for step in program.steps if step.run]


def repairs(program: Program) -> str:
    return " ".join(program.repairs)


# --- honest notebooks -----------------------------------------------------------------------------------------------


def test_a_notebook_as_it_should_be_needs_no_repair(assignment, rebuilt):
    for notebook in (assignment.honest(), assignment.blank()):
        program = rebuilt(notebook)
        assert program.repairs == ()
        assert code_of(program) == {exercise(cell): text(cell) for cell in notebook["cells"] if exercise(cell)}


@pytest.mark.parametrize("damage", [without_metadata, as_colab, as_vs_code, as_nbformat_3])
def test_editors_and_old_formats_lose_no_code(assignment, rebuilt, damage):
    program = rebuilt(damage(assignment.honest()))
    assert code_of(program) == assignment.solutions
    assert not [step for step in program.steps if step.kind == "own"]


def test_cells_are_found_in_any_order(assignment, rebuilt):
    notebook = without_metadata(assignment.honest())
    random.Random(3).shuffle(notebook["cells"])
    assert code_of(rebuilt(notebook)) == assignment.solutions


def test_released_pictures_and_examples_run_only_where_the_learners_code_needs_them(assignment, rebuilt, master):
    kinds = {cell.id: cell.kind for cell in master.cells}
    assert {kinds[cell] for cell in ran(rebuilt(assignment.honest()))} == {"setup", "exercise", "check"}
    leaning = assignment.honest(zero_pad="def zero_pad(X, pad):\n    return vertical")
    needed = [cell for cell in ran(rebuilt(leaning)) if kinds[cell] == "demo"]
    assert needed and all("vertical" in defined(cell.source) for cell in master.cells if cell.id in needed[:1])


# --- cells of the learner's own -------------------------------------------------------------------------------------


def test_own_cells_keep_their_place(assignment, rebuilt):
    notebook = assignment.honest()
    notebook = insert(notebook, position(notebook, "conv_forward"), code("def my_window(A, h): return A[h:]"))
    program = rebuilt(notebook)
    kinds = [(step.kind, step.name) for step in program.steps if step.kind in ("own", "exercise")]
    assert kinds.index(("own", "")) == kinds.index(("exercise", "conv_forward")) - 1
    assert program.repairs == ()


def test_a_helper_below_its_use_moves_up(assignment, rebuilt):
    notebook = last(
        assignment.honest(zero_pad="def zero_pad(X, pad):\n    return framed(X, pad)"), "def framed(X, pad): return X"
    )
    program = rebuilt(notebook)
    steps = [step.kind if step.kind == "own" else step.name for step in program.steps]
    assert steps.index("own") == steps.index("zero_pad") - 1
    assert "framed stood below" in repairs(program)


def test_what_python_has_itself_is_not_moved_up(assignment, rebuilt):
    program = rebuilt(last(assignment.honest(), "from numpy import abs, max, round, sum"))
    assert program.steps[-1].kind == "own" and program.repairs == ()


def test_imports_added_to_a_released_cell_are_kept(assignment, rebuilt):
    notebook = assignment.honest()
    setup = next(cell for cell in notebook["cells"] if "setup" in cell["metadata"].get("tags", []))
    setup["source"] = "import math\n" + text(setup) + "\nnp.add = None\nCONSTANT = 3"
    program = rebuilt(notebook)
    own = [step.source for step in program.steps if step.kind == "own"]
    assert own == ["import math\nCONSTANT = 3"]
    assert "was kept" in repairs(program)


def test_helpers_written_into_an_edited_example_or_check_are_kept(assignment, rebuilt):
    notebook = assignment.honest()
    checking = notebook["cells"][position(notebook, "zero_pad", "check")]
    checking["source"] = "def useful(x):\n    return x\n\ncheck(zero_pad, points=100)"
    program = rebuilt(notebook)
    assert [step.source for step in program.steps if step.kind == "own"] == ["def useful(x):\n    return x"]


def test_a_function_in_a_cell_of_its_own_is_found(assignment, rebuilt):
    for place in (first, last):
        notebook = place(assignment.solved("conv_parameters"), assignment.solutions["zero_pad"])
        program = rebuilt(notebook)
        assert code_of(program)["zero_pad"] == assignment.solutions["zero_pad"]
        assert "zero_pad is written in another cell" in repairs(program)


def test_several_functions_in_one_cell_are_found(assignment, rebuilt):
    everything = "\n\n".join(assignment.solutions.values())
    notebook = without(assignment.blank(), exercise)
    program = rebuilt(last(notebook, everything))
    steps = [step for step in program.steps if step.kind == "exercise" and "def conv_backward" in step.source]
    assert steps and "def zero_pad" in steps[0].source


def test_an_exercise_under_another_name_is_taken_by_its_place(assignment, rebuilt):
    notebook = without_metadata(assignment.honest(same_padding="def padding_same(n, f, stride):\n    return 0, 0"))
    program = rebuilt(notebook)
    assert "padding_same" in code_of(program)["same_padding"]
    assert "stands in its place" in repairs(program)


def test_a_deleted_exercise_is_not_attempted(assignment, rebuilt, master):
    notebook = without(assignment.honest(), lambda cell: exercise(cell) == "conv_forward")
    program = rebuilt(notebook)
    assert "NotImplementedError" in code_of(program)["conv_forward"]
    assert "No cell defines conv_forward." in repairs(program)


def test_a_code_cell_that_became_text_is_read(assignment, rebuilt):
    notebook = assignment.honest()
    notebook["cells"][position(notebook, "zero_pad")]["cell_type"] = "markdown"
    program = rebuilt(notebook)
    assert code_of(program)["zero_pad"] == assignment.solutions["zero_pad"]
    assert "text cell" in repairs(program)


def test_a_syntax_error_stays_in_its_cell(assignment, rebuilt):
    broken = "def zero_pad(X, pad):\n    return np.pad(X"
    for damage in (copy.deepcopy, without_metadata):
        program = rebuilt(damage(assignment.honest(zero_pad=broken)))
        assert code_of(program) == {**assignment.solutions, "zero_pad": broken}


# --- duplicates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stub_last", [True, False])
def test_of_a_doubled_exercise_the_filled_in_one_counts(assignment, rebuilt, stub_last):
    blank, solved = assignment.blank(), assignment.honest()
    at = position(blank, "zero_pad")
    pair = [solved["cells"][at], blank["cells"][at]]
    notebook = insert(
        without(solved, lambda cell: exercise(cell) == "zero_pad"), at, *(pair if stub_last else pair[::-1])
    )
    program = rebuilt(notebook)
    assert code_of(program)["zero_pad"] == assignment.solutions["zero_pad"]
    assert "2 times" in repairs(program)


def test_a_doubled_check_counts_once(assignment, rebuilt):
    notebook = assignment.honest()
    at = position(notebook, "zero_pad", "check")
    program = rebuilt(insert(notebook, at, copy.deepcopy(notebook["cells"][at])))
    assert [step.name for step in program.steps if step.kind == "check"] == list(assignment.points)
    assert "the check of zero_pad was there 2 times" in repairs(program).lower()


# --- what has no effect ---------------------------------------------------------------------------------------------


def checks_of(program: Program) -> dict[str, float]:
    return {step.name: step.points for step in program.steps if step.kind == "check"}


def test_points_ids_tags_and_outputs_of_a_submission_have_no_effect(assignment, rebuilt):
    notebook = with_outputs(assignment.honest(), "100.0")
    for cell in notebook["cells"]:
        cell["metadata"].setdefault("tags", []).extend(["remove_cell", "skip-execution", "raises-exception", "setup"])
        if check(cell):
            cell["metadata"]["nbgrader"] |= {"points": 1000, "locked": False, "grade": False, "solution": True}
            cell["source"] = text(cell).replace("points=", "points=1000 + ")
        if exercise(cell):
            cell["metadata"]["nbgrader"] |= {"grade": True, "points": 50}
    program = rebuilt(notebook)
    assert checks_of(program) == assignment.points
    assert code_of(program) == assignment.solutions
    assert "The check of zero_pad was changed; the released one counts." in program.repairs


def test_deleted_and_moved_checks_are_put_back(assignment, rebuilt):
    program = rebuilt(without(assignment.honest(), check))
    assert checks_of(program) == assignment.points
    assert program.repairs == ("The checks were missing; they were put back.",)


def test_a_changed_import_line_has_no_effect(assignment, rebuilt):
    notebook = assignment.honest()
    for cell in notebook["cells"]:
        if "from dlcourse.checks" in text(cell):
            cell["source"] = "import numpy as np\ncheck = lambda *a, **k: 99.0"
    program = rebuilt(notebook)
    setup = next(step for step in program.steps if step.kind == "setup")
    assert "from dlcourse.checks.convolution import check" in setup.source
    assert not [step for step in program.steps if step.kind == "own"]


def test_a_stolen_grade_id_on_another_cell_moves_no_points(assignment, rebuilt):
    notebook = assignment.honest()
    at = position(notebook, "zero_pad")
    notebook["cells"][at]["metadata"]["nbgrader"]["grade_id"] = "exercise-conv_backward"
    notebook["cells"][at]["id"] = "exercise-conv_backward"
    program = rebuilt(notebook)
    assert code_of(program)["conv_backward"] == assignment.solutions["conv_backward"]
    assert checks_of(program) == assignment.points


def test_another_assignments_notebook_is_refused(rebuilt):
    with pytest.raises(WrongNotebook, match="another notebook"):
        rebuilt({"cells": [code("print(1)"), {"cell_type": "markdown", "source": "Hello", "metadata": {}}]})


def test_a_program_comes_back_from_plain_data(assignment, rebuilt, master):
    from autograder.grading.one_submission import plain_program, program_of

    program = rebuilt(first(assignment.honest(), "x = 1"))
    assert program_of(master, plain_program(program)).steps == program.steps


def test_every_cell_of_the_release_is_there_once(assignment, rebuilt):
    for notebook in (assignment.honest(), without(assignment.blank(), grade_id), with_outputs(assignment.blank(), "1")):
        try:
            ids = [step.id for step in rebuilt(notebook).steps]
        except WrongNotebook:
            continue
        assert len(ids) == len(set(ids)) and len(ids) == len(assignment.blank()["cells"])


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = 1", {"x"}),
        ("a, (b, *c) = 1, (2, 3)", {"a", "b", "c"}),
        ("import numpy as np, os.path", {"np", "os"}),
        ("def f():\n    inner = 1", {"f"}),
        ("class C:\n    y = 1", {"C"}),
        ("for i in range(3):\n    last = i", {"i", "last"}),
        ("with open('x') as file: pass", {"file"}),
        ("if (n := 3): pass", {"n"}),
        ("[z for z in range(3)]", set()),
        ("%matplotlib inline\nx = 1", {"x"}),
        ("!pip install evil\ny = 2", {"y"}),
        ("%%time\ndef f(): pass", {"f"}),
        ("def broken(x:\n  return", {"broken"}),
        ("f = lambda x: x", {"f"}),
    ],
)
def test_what_a_cell_defines(source, names):
    assert names <= defined(source)
    assert defined(source) - names <= {"get_ipython"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    y = x\n    return y + helper(x)", {"helper"}),
        ("def f(x):\n    def g():\n        return x + outer\n    return g", {"outer"}),
        ("print(value)", {"value", "print"}),
        ("class C(Base):\n    def m(self):\n        return other", {"Base", "other"}),
        ("x = 1\ny = x", set()),
        ("[z * k for z in data]", {"k", "data"}),
    ],
)
def test_what_a_cell_uses(source, names):
    assert used(source) == names


def test_new_statements_keep_decorators_and_drop_effects():
    source = "import os\nprint('hi')\n@cache\ndef f():\n    return 1\nold = 2\nnew = 3"
    assert new_statements(source, frozenset({"old"})) == "import os\n@cache\ndef f():\n    return 1\nnew = 3"


# --- as much as a notebook may hold ---------------------------------------------------------------------------------

PAD = "np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))"


def chain(assignment: Assignment, length: int, below: bool) -> dict:
    """zero_pad calls the first helper, that one the second, and so on."""
    links = [code(f"def link_{i}(X, pad):\n    return link_{i + 1}(X, pad)") for i in range(length)]
    links.append(code(f"def link_{length}(X, pad):\n    return {PAD}"))
    notebook = assignment.honest(zero_pad="def zero_pad(X, pad):\n    return link_0(X, pad)")
    return insert(notebook, len(notebook["cells"]) if below else 0, *links)


@pytest.mark.parametrize("below", [True, False])
def test_thousands_of_helpers_that_call_one_another_are_put_in_order_in_linear_time(assignment, rebuilt, below):
    seconds = {}
    for length in (1200, 4800):
        with stopwatch() as watch:
            program = rebuilt(chain(assignment, length, below))
        seconds[length] = watch.seconds
        names = [step.source.partition("(")[0] for step in program.steps if step.kind in ("own", "exercise")]
        assert set(names[: names.index("def zero_pad")]) >= {f"def link_{i}" for i in range(length + 1)}
        assert len(program.repairs) <= 31 and sum(map(len, program.repairs)) < 15_000
    assert seconds[4800] < 20 and seconds[4800] < 12 * seconds[1200]


def test_of_two_helpers_below_an_exercise_the_upper_one_moves_up_first(assignment, rebuilt):
    notebook = assignment.honest(zero_pad="def zero_pad(X, pad):\n    return second(first(X), pad)")
    helpers = ["def second(X, pad):\n    return last_one(X, pad)", "def first(X):\n    return X"]
    program = rebuilt(
        insert(notebook, len(notebook["cells"]), *map(code, [*helpers, f"def last_one(X, pad):\n    return {PAD}"]))
    )
    order = [
        step.source.split("(")[0].removeprefix("def ") for step in program.steps if step.kind in ("own", "exercise")
    ]
    assert order[: order.index("zero_pad") + 1] == ["second", "first", "last_one", "zero_pad"]


def test_a_name_of_a_million_letters_does_not_travel(assignment, rebuilt):
    long = "h" * 900_000
    notebook = assignment.honest(zero_pad=f"def zero_pad(X, pad):\n    return {long}(X, pad)")
    program = rebuilt(insert(notebook, len(notebook["cells"]), code(f"def {long}(X, pad):\n    return {PAD}")))
    assert "hhhhhhhh... stood below zero_pad" in repairs(program) and len(repairs(program)) < 200
    changed = copy.deepcopy(assignment.honest())
    setup = next(cell for cell in changed["cells"] if "import check" in text(cell))
    setup["source"] = f"{text(setup)}\n{long} = 1"
    assert "was kept" in repairs(rebuilt(changed)) and len(repairs(rebuilt(changed))) < 300


def test_code_that_is_nested_deeply_is_compared_all_the_same(assignment, rebuilt):
    for deep in ("x = " + "+".join(["1"] * 900), "x = " + "-" * 150 + "1", "x = " + "[" * 90 + "]" * 90):
        changed = copy.deepcopy(assignment.honest())
        for cell in changed["cells"]:
            if cell["cell_type"] == "code" and not exercise(cell) and not check(cell):
                cell["source"] = f"{deep}\n{text(cell)}"
        assert code_of(rebuilt(changed)) == assignment.solutions


@pytest.mark.parametrize("change", [lambda notebook: notebook, as_colab, as_nbformat_3, without_metadata])
def test_another_notebook_of_the_course_is_known_by_its_exercises(repository, change):
    released = sorted((repository / "notebooks").glob("[0-9][0-9]_*/*.ipynb"))
    masters = {path.stem: read_master(path.stem, path.read_text(encoding="utf-8")) for path in released}
    handed_in = {name: read(data(change(json.loads(path.read_text(encoding="utf-8"))))) for name, path in zip(
        masters, released, strict=True
    )}  # fmt: skip
    wrong = []
    for name, asked in masters.items():
        others = {other: facts_of(one, asked.points) for other, one in masters.items() if other != name}
        for given, notebook in handed_in.items():
            if other_notebook(notebook, asked.points, others) != ("" if given == name else given):
                wrong.append((name, given))
    assert len(masters) > 8 and wrong == []


def test_a_solved_notebook_with_functions_of_another_is_still_its_own(assignment, master):
    others = {"02_pooling": {"exercises": ["pool_forward", "spot_the_mistake"], "mentions": ["conv_forward"]}}
    helper = "def pool_forward(A):\n    return A"
    notebook = read(data(first(assignment.solved("zero_pad"), helper)))
    assert other_notebook(notebook, master.points, others) == ""
    only = read(data({"cells": [code(helper), code("def conv_forward():\n    pass")]}))
    assert other_notebook(only, master.points, others) == "02_pooling"
    shared = read(data({"cells": [code("def spot_the_mistake():\n    pass")]}))
    assert other_notebook(shared, master.points, others) == ""
