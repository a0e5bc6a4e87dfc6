"""`dlcourse check` names the mistakes of a notebook with wrong answers in it, as the panels of JupyterLab do."""

import nbformat
import pytest
from typed_answers import ROOT, TABLE, answer

from dlcourse.workspace.running import run_notebook


def rows_by_turn():
    """The rows of the table so that no exercise comes twice in one turn."""
    turns = {}
    for notebook, rows in TABLE.items():
        for place, (exercise, key, words) in enumerate(rows):
            turn = sum(other == exercise for other, *_ in rows[:place])
            turns.setdefault((notebook, turn), []).append((exercise, key, words))
    return turns


@pytest.mark.parametrize(("notebook", "turn"), rows_by_turn())
def test_each_wrong_answer_is_told_its_own_sentence(notebook, turn, tmp_path):
    rows = {exercise: (key, words) for exercise, key, words in rows_by_turn()[notebook, turn]}
    content = nbformat.read(ROOT / "notebooks" / notebook / f"{notebook}.ipynb", as_version=4)
    kept = []
    for cell in content.cells:
        kind, _, name = cell.id.partition("-")
        if "import check, hint" in cell.source or (kind in ("exercise", "check") and name in rows):
            kept.append(cell)
        if kind == "exercise" and name in rows:
            cell.source = answer(notebook, name, rows[name][0])
    content.cells = kept
    nbformat.write(content, tmp_path / f"{notebook}.ipynb")
    said = {verdict.exercise: verdict for verdict in run_notebook(tmp_path / f"{notebook}.ipynb", timeout=60).verdicts}
    assert set(said) == set(rows)
    for exercise, (_, words) in rows.items():
        assert words in " ".join(said[exercise].text.split()), said[exercise].text
