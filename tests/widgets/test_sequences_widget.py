"""The explorer of notebook 20, and the map of words."""

import numpy as np
import pytest

from dlcourse import sequences
from dlcourse.checks.sequences.parts import network
from dlcourse.data.sentences import UNKNOWN
from dlcourse.figures import plots
from dlcourse.figures import sequences as figures
from dlcourse.widgets.sequences import LONGEST, SentenceExplorer

VOCABULARY = {word: ix for ix, word in enumerate((UNKNOWN, "and", "are", "on", "sale", "wrote"))}


def explorer(tag_sequence=sequences.tag_sequence):
    parameters = network(np.random.default_rng(0), 3, len(VOCABULARY), 1)
    return SentenceExplorer(parameters, VOCABULARY, tag_sequence)


def test_it_hears_as_many_words_as_the_slider_says():
    shown = explorer()
    shown.sentence.value = "Teddy, and LEGO are on sale!"
    shown.heard.value = 9
    assert shown.words() == ["teddy", "and", "lego", "are", "on", "sale"]
    shown.heard.value = 2
    assert shown.words() == ["teddy", "and"] and len(shown.probabilities()) == 2


def test_a_word_that_comes_later_changes_what_is_said_of_the_first():
    shown = explorer()
    shown.sentence.value = "teddy are on sale"
    first = []
    for heard in (1, 2, 4):
        shown.heard.value = heard
        first.append(shown.probabilities()[0])
    assert len(set(np.round(first, 6))) == 3


@pytest.mark.parametrize("typed", ["", "...", "x" * 200, "and " * 40, "ann <b>& $x$ \\n"])
def test_whatever_is_typed_is_drawn(typed):
    shown = explorer()
    shown.sentence.value, shown.heard.value = typed, LONGEST
    picture, words = shown._draw()
    assert isinstance(picture, plots.Picture) and len(shown.words()) <= LONGEST
    assert "<b>" not in str(words)


def test_the_map_has_an_arrow_for_each_pair():
    vectors = dict(zip("abcd", np.random.default_rng(0).normal(size=(4, 5)), strict=True))
    (axes,) = figures.word_map(vectors, [("a", "b"), ("c", "d")]).axes
    texts = [text.get_text() for text in axes.texts]
    assert [text for text in texts if text] == ["a", "b", "c", "d"] and texts.count("") == 2
