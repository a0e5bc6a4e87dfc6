"""Wrong answers typed into each notebook in one session of JupyterLab: the panel under the check names the mistake."""

from typed_answers import TABLE, answer


def test_each_wrong_answer_is_told_its_own_sentence(page):
    told = []
    for notebook, rows in TABLE.items():
        page.open(f"{notebook}/{notebook}.ipynb")
        page.run(page.cell(f"from dlcourse.checks.{notebook.partition('_')[2]} import check"))
        for exercise, key, words in rows:
            cell = page.cell(f"def {exercise}(")
            page.write(cell, answer(notebook, exercise, key))
            page.run(cell)
            page.run(page.cell(f"check({exercise}, points="))
            said = " ".join(page.panel(exercise).split())
            told.append((notebook, exercise, key, words in said or said))
        page.save(f"{notebook}/{notebook}.ipynb")
        page.shut_down()
    assert [row for row in told if row[3] is not True] == []
