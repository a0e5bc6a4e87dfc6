"""Wrong answers typed into each notebook in JupyterLab: the panel under the check names the mistake."""

import pytest
from typed_answers import TABLE, answer


@pytest.mark.parametrize("notebook", TABLE)
def test_each_wrong_answer_is_told_its_own_sentence(page, notebook):
    told = []
    page.open(f"{notebook}/{notebook}.ipynb")
    page.run(page.cell(f"from dlcourse.checks.{notebook.partition('_')[2]} import check"))
    for exercise, key, words in TABLE[notebook]:
        cell = page.cell(f"def {exercise}(")
        page.write(cell, answer(notebook, exercise, key))
        page.run(cell)
        page.run(page.cell(f"check({exercise}, points="))
        said = " ".join(page.panel(exercise).split())
        told.append((exercise, key, words in said or said))
    page.save(f"{notebook}/{notebook}.ipynb")
    page.shut_down()
    assert [row for row in told if row[2] is not True] == []
