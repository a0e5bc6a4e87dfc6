"""The mutation driver finds what was planted, and its list of survivors speaks of mutants that exist."""

import mutation
import mutation_page
import pytest
from mutation import Mutant, Plan

EXERCISE = "pooling/distribute_value"
CELL = """\
def distribute_value(dz, shape):
    ### BEGIN SOLUTION
    n_H, n_W = shape
    return np.full(shape, dz / (n_H * n_W))
    ### END SOLUTION
"""
RIGHT = "dz / (n_H * n_W)"
PLANTED = {
    "another way to write it": "dz / n_H / n_W",
    "a wrong sign": "-dz / (n_H * n_W)",
    "wrong beyond the check's windows": "dz / (n_H * n_W if n_H < 5 else 1)",
    "endless": "dz / sum(iter(int, 1))",
    "an error": "dz / n_C",
}


@pytest.fixture(scope="module")
def results():
    planted = [Mutant(EXERCISE, title, CELL.replace(RIGHT, wrong)) for title, wrong in PLANTED.items()]
    assert all(mutant.code != CELL for mutant in planted)
    found = mutation.judge_all(planted, Plan(seeds=2, wider_seeds=5, patience=1))
    return {result.change: result for result in found}


def test_planted_kills_are_found(results):
    assert results["a wrong sign"].verdict == mutation.KILLED
    assert results["an error"].verdict == mutation.KILLED


def test_what_the_check_told_of_a_mutant_is_kept_for_each_seed(results):
    assert results["an error"].told == ("unknown-name",) * 2
    assert results["an error"].named
    assert not results["endless"].named


def test_a_mutant_is_named_where_every_seed_tells_its_mistake():
    told = {("a", "b"): True, ("a", ""): False, ("", ""): False, (): False}
    for keys, named in told.items():
        assert mutation.Result(EXERCISE, "a → b", mutation.KILLED, told=keys).named is named


def test_a_mutant_that_never_ends_is_stopped_and_the_run_goes_on(results):
    assert results["endless"].verdict == mutation.TIMED_OUT
    assert list(results) == list(PLANTED)


def test_a_planted_survivor_is_told_apart_from_one_that_behaves_alike(results):
    alike, different = results["another way to write it"], results["wrong beyond the check's windows"]
    assert (alike.verdict, alike.difference) == (mutation.SURVIVED, "")
    assert different.verdict == mutation.SURVIVED
    assert "was expected" in different.difference
    assert different.seeds == (0, 1)


def test_mutmut_changes_the_learners_lines_only():
    changes = [mutant.change for mutant in mutation.mutants(EXERCISE, CELL)]
    assert f"return np.full(shape, {RIGHT}) → return np.full(shape, dz * (n_H * n_W))" in changes
    assert "n_H, n_W = shape → n_H, n_W = None" in changes
    assert all(change.startswith(("n_H, n_W = shape", "return")) for change in changes)


def test_every_survivor_of_the_list_is_a_mutant_of_todays_solution():
    listed = set(mutation_page.reasons())
    made = {
        (mutant.exercise, mutant.change)
        for exercise in {exercise for exercise, _ in listed}
        for mutant in mutation.mutants_of_topic(*exercise.split("/"))
    }
    assert listed <= made


def test_a_survivor_without_a_reason_is_named_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation_page, "PAGE", tmp_path / "mutation.md")
    survived = mutation.Result(EXERCISE, "a → b", mutation.SURVIVED, "differs", (0,))
    named = mutation.Result(EXERCISE, "a → c", mutation.KILLED, told=("sign-reversed",))
    unnamed = mutation.Result(EXERCISE, "a → d", mutation.KILLED, told=("",))
    mutation.keep(EXERCISE, 4, Plan(seeds=1), [survived, named, unnamed], tmp_path)
    assert f"{EXERCISE}: a → b" in mutation_page.write(tmp_path)
    row = "| distribute_value, 1 seed | 4 | 3 | 2 | 0 | 0 | 1 | 66.7 % | 1 | 50 % |"
    assert row in mutation_page.PAGE.read_text("utf-8")
