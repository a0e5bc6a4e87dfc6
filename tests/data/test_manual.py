"""The text of notebook 18: sentences of Python's manual, in thirty characters."""

from dlcourse.data.manual import CHARACTERS, manual


def test_it_is_a_text_in_thirty_characters():
    text = manual()
    assert len(CHARACTERS) == len(set(CHARACTERS)) == 30
    assert set(text) == set(CHARACTERS)
    assert len(text) > 100_000


def test_it_holds_sentences_each_once_and_no_code():
    lines = manual().splitlines()
    assert len(lines) == len(set(lines)) > 500
    assert all(line.endswith(".") and line == line.strip() and "  " not in line for line in lines)
    words = " ".join(lines).replace(",", " ").replace(".", " ").split()
    assert sum(word in {"the", "a", "is", "of", "to", "and", "in"} for word in words) > 0.2 * len(words)


def test_it_is_the_same_each_time():
    assert manual() == manual()
