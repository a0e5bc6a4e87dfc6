"""Real first names to learn from."""

from __future__ import annotations

from pathlib import Path


def first_names() -> list[str]:
    """5,163 first names in lower case, from a to z, in the order of the alphabet.

    Source: U.S. Census Bureau, Frequently occurring first names and surnames from the 1990 census (public domain).
    """
    return (Path(__file__).parent / "first_names.txt").read_text(encoding="ascii").split()
