"""Restart the kernel and run all cells, of each notebook as it is released, in a real browser."""

import pytest
from classroom import ROOT

RELEASED = ROOT / "notebooks"
NOTEBOOKS = sorted(path.relative_to(RELEASED).as_posix() for path in RELEASED.rglob("[0-9][0-9]_*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.rpartition("/")[2].partition(".")[0])
def test_a_released_notebook_runs_from_top_to_bottom_and_complains_of_nothing(page, notebook):
    page.open(notebook)
    saved = page.restart_and_run_all(notebook, patience=300)
    assert page.complaints() == []
    cells = [cell for cell in saved["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [output["traceback"] for output in outputs if output["output_type"] == "error"] == []
    assert [output["text"] for output in outputs if output.get("name") == "stderr"] == []
    assert [cell["source"] for cell in cells if cell["execution_count"] is None] == []

    checks = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    assert checks
    for cell in checks:
        panels = [text for output in cell["outputs"] if (text := "".join(output.get("data", {}).get("text/plain", "")))]
        assert "not attempted yet" in panels[0], cell["source"]
    page.shut_down()
