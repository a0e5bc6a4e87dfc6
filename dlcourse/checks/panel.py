"""The panel under an exercise: what passed, the simplest failing case, the named mistake, the next step.

HTML for notebooks, plain text for terminals; the two say the same. Colours come from the front end's own theme
(JupyterLab's or VS Code's variables), and a word or a mark always says what a colour says.
"""

from __future__ import annotations

import dataclasses
import html

import numpy as np

from dlcourse.checks.exercise import UNCHANGED, Exercise
from dlcourse.checks.report import Failure, Report

SMALL = 64  # arrays of up to so many numbers are shown in full

STYLE = """<style>
.dlcourse-panel{--ink:var(--jp-ui-font-color1,var(--vscode-editor-foreground,currentColor));
--quiet:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,currentColor));
--line:var(--jp-border-color2,var(--vscode-panel-border,#8888));
--good:var(--jp-success-color1,#2e8b57);--bad:var(--jp-error-color1,#c9302c);--note:var(--jp-warn-color1,#c77700);
color:var(--ink);font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.5;
border:1px solid var(--line);border-left:4px solid var(--edge,var(--line));border-radius:4px;
padding:10px 14px;margin:6px 0;max-width:860px}
.dlcourse-panel.passed{--edge:var(--good)}.dlcourse-panel.failed{--edge:var(--bad)}
.dlcourse-panel.waiting,.dlcourse-panel.partly{--edge:var(--note)}
.dlcourse-panel .head{font-weight:600}.dlcourse-panel .head .points{float:right;font-variant-numeric:tabular-nums}
.dlcourse-panel ul{list-style:none;padding:0;margin:6px 0}.dlcourse-panel li{margin:1px 0}
.dlcourse-panel .quiet{color:var(--quiet)}.dlcourse-panel p{margin:6px 0}
.dlcourse-panel .mistake{border-left:3px solid var(--note);padding-left:10px;margin:8px 0}
.dlcourse-panel code,.dlcourse-panel pre{font-family:var(--jp-code-font-family,monospace);font-size:13px;
background:var(--jp-layout-color2,var(--vscode-textCodeBlock-background,#8882));color:inherit;border-radius:3px}
.dlcourse-panel code{padding:0 4px}.dlcourse-panel pre{padding:6px 10px;overflow-x:auto;margin:4px 0}
.dlcourse-panel .sides{display:flex;flex-wrap:wrap;gap:18px}.dlcourse-panel .sides figure{margin:0}
.dlcourse-panel figcaption{color:var(--quiet);font-size:13px}
.dlcourse-panel table.grid{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
.dlcourse-panel table.grid td{border:1px solid var(--line);padding:2px 7px;text-align:right;background:none}
.dlcourse-panel table.grid td.off{outline:2px solid var(--bad);outline-offset:-2px;font-weight:700}
</style>"""


@dataclasses.dataclass(frozen=True)
class Panel:
    """Something to show, in both forms."""

    html: str
    text: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        return {"text/html": self.html, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def of_report(exercise: Exercise, report: Report, earned: float, points: float, warning: str | None = None) -> Panel:
    """The panel of a check."""
    state = "passed" if report.passed else "waiting" if not report.attempted else "partly" if earned else "failed"
    verdict = {
        "passed": "passed", "waiting": "not attempted yet", "partly": "partly right", "failed": "not right yet",
    }[state]
    marks = f"{round(earned, 2):g} / {points:g} point{'' if points == 1 else 's'}"
    rows, text = [], [f"{exercise.name}: {verdict} ({marks})"]
    if report.attempted:
        items = []
        for group in report.groups:
            mark, word = ("✓", "passed") if group.passed else ("✗", "failed")
            if group.name == UNCHANGED and not group.passed and report.failures[0].group != UNCHANGED:
                mark, word = "·", "counts when the rest is right"
            items.append(
                f'<li><span aria-hidden="true">{mark}</span> {_escape(group.name)} '
                f'<span class="quiet">{word}</span></li>'
            )
            text.append(f"  [{'x' if group.passed else ' '}] {group.name}: {word}")
        rows.append(f"<ul>{''.join(items)}</ul>")
    elif report.note:
        rows.append(f"<p>{_escape(report.note)}</p>")
        text.append(f"  {report.note}")
    else:
        message = (
            f"Replace the line that raises NotImplementedError, then run this check again. "
            f"hint({exercise.name}) helps."
        )
        rows.append(f'<p class="quiet">{_escape(message)}</p>')
        text.append(f"  {message}")
    if report.failures:
        failure_html, failure_text = _failure(report.failures[0])
        rows.append(failure_html)
        text += failure_text
    if report.mistake:
        rows.append(f'<div class="mistake" role="note"><b>Known mistake.</b> {_escape(report.mistake.message)}</div>')
        text.append(f"  Known mistake: {report.mistake.message}")
    for sentence in filter(None, [report.note if report.attempted else "", warning]):
        rows.append(f"<p>{_escape(sentence)}</p>")
        text.append(f"  {sentence}")
    if report.printed and report.failures:
        rows.append(f'<p class="quiet">Your function printed:</p><pre>{_escape(report.printed[-600:])}</pre>')
        text.append("  Your function printed: " + report.printed[-200:].strip())
    if report.failures:
        again = f"check({exercise.name}, seed={report.seed}) repeats this run; hint({exercise.name}) gives a hint."
        rows.append(
            f'<p class="quiet"><code>check({exercise.name}, seed={report.seed})</code> repeats this run; '
            f"<code>hint({exercise.name})</code> gives a hint.</p>"
        )
        text.append(f"  {again}")
    head = (
        f'<div class="head"><span class="points">{marks}</span>'
        f"<code>{_escape(exercise.name)}</code> {verdict}</div>"
    )
    return Panel(_panel(state, head + "".join(rows), f"Check of {exercise.name}: {verdict}, {marks}"), "\n".join(text))


def of_hint(exercise: Exercise, position: int) -> Panel:
    """One hint, and how many there are."""
    count, hint = len(exercise.hints), exercise.hints[position]
    head = f"Hint {position + 1} of {count} for {exercise.name}"
    return Panel(
        _panel("waiting", f'<div class="head">{_escape(head)}</div><p>{_escape(hint)}</p>', head), f"{head}: {hint}"
    )


def of_note(sentence: str) -> Panel:
    """One sentence."""
    return Panel(_panel("waiting", f"<p>{_escape(sentence)}</p>", "Note"), sentence)


def of_solution(exercise: Exercise, source: str) -> Panel:
    """The source of the reference."""
    head = f"One way to write {exercise.name}"
    body = (
        f'<div class="head">{_escape(head)}</div><pre>{html.escape(source)}</pre>'
        '<p class="quiet">This is the vectorised reference; loops that give the same numbers are as right.</p>'
    )
    return Panel(_panel("waiting", body, head), f"{head}:\n\n{source}")


def _panel(state: str, body: str, label: str) -> str:
    return f'{STYLE}<section class="dlcourse-panel {state}" aria-label="{html.escape(label)}">{body}</section>'


def _failure(failure: Failure) -> tuple[str, list[str]]:
    rows = [
        f"<p>The simplest case that fails: <b>{_escape(failure.case)}</b>.</p>",
        f"<pre>{_escape(failure.call)}</pre>",
        f"<p>{_escape(failure.message)}</p>",
    ]
    text = [f"  The simplest case that fails: {failure.case}", f"    {failure.call}", f"    {failure.message}"]
    if failure.line:
        rows.append(f"<p>In your line <code>{_escape(failure.line)}</code>.</p>")
        text.append(f"    In your line: {failure.line}")
    if len(failure.verdicts) > 1:
        words = [f"{name} {'agrees' if right else 'is wrong'}" for name, right in failure.verdicts.items()]
        rows.append(f"<p>{_escape('; '.join(words))}.</p>")
        text.append(f"    {'; '.join(words)}.")
    expected, got = _the_wrong_part(failure)
    if (sides := _sides(expected, got)) is not None:
        rows.append(sides[0])
        text += sides[1]
    return "".join(rows), text


def _the_wrong_part(failure: Failure) -> tuple[object, object]:
    """Of a result with several parts, the first that differs."""
    expected, got = failure.expected, failure.got
    wrong = [position for position, right in enumerate(failure.verdicts.values()) if not right]
    if not wrong:
        return expected, got
    if isinstance(expected, dict):
        name = list(failure.verdicts)[wrong[0]]
        return expected.get(name), got.get(name) if isinstance(got, dict) else None
    graded = [position for position, part in enumerate(expected) if part is not None]
    position = graded[wrong[0]] if wrong[0] < len(graded) else wrong[0]
    return expected[position], got[position]


def _sides(expected: object, got: object) -> tuple[str, list[str]] | None:
    """Expected beside got: small arrays in full, large ones as pictures."""
    if not isinstance(expected, np.ndarray) or not isinstance(got, np.ndarray) or expected.ndim == 0:
        return None
    if expected.dtype.kind not in "biuf" or got.dtype.kind not in "biuf":
        return None
    left, right = np.squeeze(expected), np.squeeze(got)
    if max(left.size, right.size) <= SMALL and left.ndim <= 2 and right.ndim <= 2:
        off = None
        if left.shape == right.shape:
            off = ~np.isclose(left.astype(float), right.astype(float), rtol=1e-6, atol=1e-9, equal_nan=True)
        figures = "".join(
            f"<figure><figcaption>{label}</figcaption>{_table(array, off if label == 'got' else None)}</figure>"
            for label, array in (("expected", left), ("got", right))
        )
        lines = []
        for label, array in (("expected", left), ("got", right)):
            block = np.array2string(array, precision=4, suppress_small=True, max_line_width=100).split("\n")
            lines += [f"    {label}:"] + [f"      {line}" for line in block]
        return f'<div class="sides">{figures}</div>', lines
    if left.shape == right.shape and left.ndim >= 2:
        from dlcourse.checks import pictures

        return pictures.side_by_side(expected, got), []
    return None


def _table(array: np.ndarray, off: np.ndarray | None) -> str:
    array = np.atleast_2d(array)
    marks = np.zeros(array.shape, bool) if off is None else np.atleast_2d(off)
    rows = (
        "<tr>" + "".join(
            f'<td{" class=off" if wrong else ""}>{_short(value)}</td>' for value, wrong in zip(*row, strict=True)
        ) + "</tr>"
        for row in zip(array, marks, strict=True)
    )
    return f'<table class="grid">{"".join(rows)}</table>'


def _short(value: object) -> str:
    return f"{float(value):.4g}" if isinstance(value, np.floating) else str(value)


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
