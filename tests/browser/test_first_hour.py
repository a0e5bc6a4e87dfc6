"""A learner's first hour with notebook 01, in a real browser."""

import pytest

NOTEBOOK = "01_convolution/01_convolution.ipynb"

WITHOUT_A_BIAS = """def conv_forward(A_prev, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, _, _, n_C = W.shape
    n_H = (n_H_prev + 2 * pad - f) // stride + 1
    n_W = (n_W_prev + 2 * pad - f) // stride + 1
    A_pad = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    Z = np.zeros((m, n_H, n_W, n_C))
    for h in range(n_H):
        for w in range(n_W):
            window = A_pad[:, h * stride : h * stride + f, w * stride : w * stride + f]
            Z[:, h, w] = np.einsum("mijk,ijkc->mc", window, W)
    return Z, (A_prev, W, b, hparameters)
"""
RIGHT = WITHOUT_A_BIAS.replace("    return Z,", "    Z = Z + b\n    return Z,")


@pytest.fixture
def notebook(page):
    page.open(NOTEBOOK)
    return page


def test_the_released_notebook_runs_from_top_to_bottom(notebook):
    notebook.run_all()
    found = [output for cell in notebook.save(NOTEBOOK)["cells"] for output in cell.get("outputs", [])]
    assert [output for output in found if output["output_type"] == "error"] == []
    assert [output for output in found if output.get("name") == "stderr"] == []
    panels = [output for output in found if "dlcourse-panel" in "".join(output.get("data", {}).get("text/html", ""))]
    assert len(panels) == 8
    assert "not attempted yet" in notebook.panel("conv_forward")


def test_a_wrong_answer_is_named_and_the_right_one_earns_full_marks(notebook):
    notebook.run_all()
    exercise = notebook.cell("def conv_forward(A_prev, W, b, hparameters):")
    notebook.write(exercise, WITHOUT_A_BIAS)
    notebook.run(exercise)
    notebook.run(notebook.cell("check(conv_forward, points="))
    said = notebook.panel("conv_forward")
    assert "partly right" in said
    assert "The bias b is never added" in said
    assert "a bias below 0" in said

    exercise = notebook.cell("def conv_forward(A_prev, W, b, hparameters):")
    notebook.write(exercise, RIGHT)
    notebook.run(exercise)
    notebook.run(notebook.cell("check(conv_forward, points="))
    said = notebook.panel("conv_forward")
    assert "passed" in said
    assert "5 / 5 points" in said
