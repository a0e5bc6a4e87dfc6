"""attempt() waits for unwritten functions and swallows nothing else; captions and tables show what they are given."""

import pytest

from dlcourse.figures.notebook_tools import Words, attempt, show_table

NOTEBOOK = """
from dlcourse.figures.notebook_tools import attempt

def zero_pad(X, pad):
    raise NotImplementedError("zero_pad is not written yet")

def conv_forward(A_prev):
    return zero_pad(A_prev, 1)
"""


def run_cell(cell: str) -> None:
    """Run a cell after the definitions above, in one namespace as a notebook does."""
    namespace = {}
    exec(compile(NOTEBOOK, "<cell 1>", "exec"), namespace)

    def library_function():
        raise NotImplementedError("a library's own")

    namespace["library_function"] = library_function
    exec(compile(cell, "<cell 2>", "exec"), namespace)


def test_an_unwritten_function_is_named_in_one_line(capsys):
    run_cell("with attempt():\n    zero_pad(1, 2)\n    print('not reached')")
    assert capsys.readouterr() == ("Waiting for zero_pad: it is not written yet.\n", "")


def test_the_function_that_is_missing_is_named_and_not_the_one_that_calls_it(capsys):
    run_cell("with attempt():\n    conv_forward(1)")
    assert capsys.readouterr().out == "Waiting for zero_pad: it is not written yet.\n"


def test_a_function_called_through_a_library_is_found(capsys):
    run_cell("with attempt():\n    list(map(conv_forward, [1]))\n    sorted([1], key=conv_forward)")
    assert capsys.readouterr().out == "Waiting for zero_pad: it is not written yet.\n"


def test_the_next_cell_goes_on():
    run_cell("with attempt():\n    zero_pad(1, 2)\nassert True")


def test_what_works_is_left_alone(capsys):
    run_cell("with attempt():\n    print(1 + 1)")
    assert capsys.readouterr().out == "2\n"


@pytest.mark.parametrize("error", ["ValueError", "TypeError", "KeyboardInterrupt", "AssertionError"])
def test_other_errors_are_shown(error):
    with pytest.raises(BaseException, match="seen") as caught:
        run_cell(f"with attempt():\n    raise {error}('seen')")
    assert caught.type.__name__ == error


@pytest.mark.parametrize("cell", ["library_function()", "raise NotImplementedError('in the cell itself')"])
def test_a_notimplementederror_that_is_not_an_unwritten_function_is_shown(cell):
    with pytest.raises(NotImplementedError):
        run_cell(f"with attempt():\n    {cell}")


def test_attempt_can_be_nested(capsys):
    with attempt():
        run_cell("with attempt():\n    zero_pad(1, 2)")
    assert "zero_pad" in capsys.readouterr().out


def test_words_are_markdown_in_a_notebook_and_plain_in_a_terminal(capsys):
    words = Words("*see*", "see")
    assert (words._repr_markdown_(), repr(words)) == ("*see*", "see")


def test_a_table_aligns_numbers_to_the_right_and_groups_thousands(capsys):
    show_table(["layer", "parameters"], [("first", 280), ("second", 20040)], "A caption.")
    assert capsys.readouterr().out == "layer   parameters\nfirst          280\nsecond      20,040\nA caption.\n"
