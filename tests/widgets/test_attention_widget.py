"""The explorer of notebook 21: what it reads, what it shows, and what moving a control changes."""

import numpy as np
import pytest

from dlcourse.widgets.attention import MEAN, AttentionExplorer

KNOWN = "abcdefghijklmnopqrstuvwxyz0123456789 ,"


def read(text):
    """A reader whose head h looks at the character number h with every character that it writes."""
    weights = np.zeros((2, 10, 12))
    for head in range(2):
        weights[head, :, head] = 1.0
    return "2019-03-07", weights


def explorer(date="7 march", head=MEAN):
    shown = AttentionExplorer(read, 2, KNOWN, 12)
    shown.date.value, shown.head.value = date, head
    return shown


@pytest.mark.parametrize(
    ("head", "said"),
    [(MEAN, "the first looks most at 7"), ("head 1", "the first looks most at 7"), ("head 2", "most at a space")],
)
def test_it_says_where_a_head_looks(head, said):
    picture, words = explorer(head=head)._draw()
    assert "7 march is read as 2019-03-07" in str(words) and said in str(words) and picture.data


def test_what_cannot_be_read_is_left_out_and_too_long_a_text_is_cut():
    assert explorer("7 März ✓").typed() == "7 mrz "
    assert explorer("1234567890 1234567890").typed() == "1234567890 1"
    assert explorer("✓").typed() == " "
    assert "Nothing is read as" in str(explorer("✓")._draw()[1])
