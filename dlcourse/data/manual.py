"""A text to learn from that every Python has: what `help("assert")` and the other topics of its manual say."""

from __future__ import annotations

import re

CHARACTERS = "\n ,.abcdefghijklmnopqrstuvwxyz"


def manual() -> str:
    """The paragraphs of Python's manual that are sentences, a line for each, in the 30 CHARACTERS.

    About 200,000 of them, in lower case; without examples, grammar and lists. Other versions of Python have other
    sentences.

    Source: the topics of `pydoc_data`, which come with Python (Python Software Foundation License).
    """
    from pydoc_data import topics

    lines = []
    for topic in sorted(topics.topics):
        for paragraph in re.split(r"\n\s*\n", topics.topics[topic]):
            words = " ".join(paragraph.split()).lower()
            plain = re.sub(r"[\"'“”‘’*`()]", "", words)
            if len(plain) > 80 and plain.endswith(".") and not re.search(f"[^{CHARACTERS}:;0-9_-]", plain):
                spaced = re.sub(f"[^{CHARACTERS}]+", " ", plain)
                lines.append(re.sub(" +", " ", spaced).replace(" .", ".").replace(" ,", ",").strip())
    return "\n".join(dict.fromkeys(lines)) + "\n"
