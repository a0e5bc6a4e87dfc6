"""What panels, maps and other HTML of the course have in common: their colours, and a plain-text twin.

Colours come from the front end's own theme (JupyterLab's or VS Code's variables), so that light and dark both work.
"""

from __future__ import annotations

import dataclasses
import html

COLOURS = """--ink:var(--jp-ui-font-color1,var(--vscode-editor-foreground,currentColor));
--quiet:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,currentColor));
--line:var(--jp-border-color2,var(--vscode-panel-border,#8888));
--good:var(--jp-success-color1,#2e8b57);--bad:var(--jp-error-color1,#c9302c);--note:var(--jp-warn-color1,#c77700);
color:var(--ink);font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.5"""


# ipywidgets draws the arrow of a dropdown in black, which a dark theme swallows; this grey stands out from both.
ARROWS = """--jp-widgets-dropdown-arrow:url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 18 18'%3E%3Cpath d='M4 7l5 5 5-5z' fill='%23808080'/%3E%3C/svg%3E")"""


@dataclasses.dataclass(frozen=True)
class Panel:
    """Something to show, in both forms."""

    html: str
    text: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def escape(text: str) -> str:
    return html.escape(text, quote=False)
