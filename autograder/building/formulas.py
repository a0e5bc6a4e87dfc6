"""Formulas in formgrader and on nbgrader's feedback pages without a network: TeX becomes MathML, which browsers draw by
themselves. nbconvert's own way is a script from a server far away."""

from __future__ import annotations

import re

from nbconvert.preprocessors import Preprocessor

CODE = r"(?P<code>^ *(?:```|~~~).*?(?:^ *(?:```|~~~)|\Z)|(?P<ticks>`+)[^`].*?(?P=ticks))"
DISPLAY = (
    r"\$\$(?P<display>.+?)(?<!\\)\$\$|\\\[(?P<brackets>.+?)\\\]|"
    r"(?P<environment>\\begin\{(?P<kind>\w+\*?)\}.*?\\end\{(?P=kind)\})"
)
INLINE = r"(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$]*?[^\s\\$])?)\$(?![\d$])"
PARTS = re.compile(f"{CODE}|{DISPLAY}|{INLINE}", re.DOTALL | re.MULTILINE)
MARKDOWN = {ord(letter): f"&#{ord(letter)};" for letter in "*_`[]\\~$|!"}


class Formulas(Preprocessor):
    """A step of nbconvert's, named in `autograder.building.nbgrader_config`."""

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
        return cell, resources


def with_mathml(text: str) -> str:
    """Markdown with its formulas as MathML. Code stays, and so does a formula that cannot be read."""
    return PARTS.sub(_converted, text)


def _converted(found: re.Match) -> str:
    if found["code"]:
        return found[0]
    display = found["display"] or found["brackets"] or found["environment"]
    try:
        from latex2mathml.converter import convert

        made = convert(" ".join((display or found["inline"]).split()), display="block" if display else "inline")
    except Exception:  # it raises what it likes on what it doesn't know; and an older environment hasn't got it
        return found[0]
    return re.sub(r">([^<]*)<", lambda text: f">{text[1].translate(MARKDOWN)}<", made.replace("\n", " "))
