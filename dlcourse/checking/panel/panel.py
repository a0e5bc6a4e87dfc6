"""The panel under an exercise: what passed, the simplest failing case, the named mistake, the next step.

HTML for notebooks, plain text for terminals; the two say the same, and a word or a mark always says what a colour says.
"""

from __future__ import annotations

import html
import re

import numpy as np

from dlcourse.checking.comparing import in_words
from dlcourse.checking.exercise import UNCHANGED, Exercise
from dlcourse.checking.report import Failure, Report
from dlcourse.figures.appearance import COLOURS, Panel
from dlcourse.figures.appearance import escape as _escape

SEE = re.compile(r"(\b[Ss]ee (?:[\w ]+ of )?)'([^']+)'")
SMALL = 64  # arrays of up to so many numbers are shown in full

STYLE = (
    """<style>
.dlcourse-panel{"""
    + COLOURS
    + """;
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
.dlcourse-panel code{padding:0 4px;white-space:pre-wrap}
.dlcourse-panel pre{padding:6px 10px;margin:4px 0;white-space:pre-wrap}
.dlcourse-panel :is(code,pre){word-break:normal;overflow-wrap:anywhere}
.dlcourse-panel a{color:var(--jp-content-link-color,var(--vscode-textLink-foreground,LinkText))}
.dlcourse-panel .sides{display:flex;flex-wrap:wrap;gap:18px}.dlcourse-panel .sides figure{margin:0}
.dlcourse-panel .sides img{outline:1px solid var(--line)}
.dlcourse-panel figcaption{color:var(--quiet);font-size:13px}
.dlcourse-panel table.grid{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
.dlcourse-panel table.grid td{border:1px solid var(--line);padding:2px 7px;text-align:right;background:none}
.dlcourse-panel table.outputs{border-collapse:collapse;margin:6px 0;font-size:13px;color:inherit}
.dlcourse-panel table.outputs tr{background:none}.dlcourse-panel table.outputs :is(th,td){text-align:left;
padding:2px 18px 2px 0;border-bottom:1px solid var(--line);font-weight:400;font-variant-numeric:tabular-nums}
.dlcourse-panel table.outputs thead th{color:var(--quiet)}
.dlcourse-panel table.grid td.off{outline:2px solid var(--bad);outline-offset:-2px;font-weight:700}
</style>"""
)


@np.errstate(all="ignore")  # pictures of numbers that are too large
def of_report(exercise: Exercise, report: Report, earned: float, points: float, warning: str | None = None) -> Panel:
    """The panel of a check."""
    state = "passed" if report.passed else "waiting" if not report.attempted else "partly" if earned else "failed"
    verdict = {"passed": "passed", "waiting": "not attempted yet", "partly": "partly right", "failed": "not right yet"}[
        state
    ]
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
            f"Replace the line that raises NotImplementedError, then run this check again. hint({exercise.name}) helps."
        )
        rows.append(f'<p class="quiet">{_escape(message)}</p>')
        text.append(f"  {message}")
    if report.blocked:
        rows.append(f'<div class="mistake" role="note">{_escape(report.blocked)}</div>')
        text.append(f"  {report.blocked}")
    if report.helper:
        rows.append(f'<div class="mistake" role="note"><b>First this.</b> {_escape(report.helper)}</div>')
        text.append(f"  First this: {report.helper}")
    if report.failures:
        failure_html, failure_text = _failure(exercise, report.failures[0])
        rows.append(failure_html)
        text += failure_text
    if report.mistake:
        rows.append(f'<div class="mistake" role="note"><b>Known mistake.</b> {_linked(report.mistake.message)}</div>')
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
    head = f'<div class="head"><span class="points">{marks}</span><code>{_escape(exercise.name)}</code> {verdict}</div>'
    return Panel(_panel(state, head + "".join(rows), f"Check of {exercise.name}: {verdict}, {marks}"), "\n".join(text))


def of_hint(exercise: Exercise, position: int) -> Panel:
    """One hint, and how many there are."""
    count, hint = len(exercise.hints), exercise.hints[position]
    head = f"Hint {position + 1} of {count} for {exercise.name}"
    return Panel(
        _panel("waiting", f'<div class="head">{_escape(head)}</div><p>{_linked(hint)}</p>', head), f"{head}: {hint}"
    )


def of_lead(head: str, rows: list[str], lines: list[str]) -> Panel:
    """One step on the way to a line of the learner's own: HTML and plain text of the same."""
    body = f'<div class="head">{_escape(head)}</div>{"".join(rows)}'
    return Panel(_panel("waiting", body, head), "\n".join([head, *lines]))


def with_code(sentence: str) -> str:
    """A sentence as HTML, what stands between backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", _escape(sentence))


def of_note(sentence: str) -> Panel:
    """One sentence."""
    return Panel(_panel("waiting", f"<p>{_escape(sentence)}</p>", "Note"), sentence)


def of_unchecked(exercise: Exercise, sentence: str, points: float, line: str = "") -> Panel:
    """Why a check did not look at the function."""
    head = f"{exercise.name}: not checked (0 / {points:g} point{'' if points == 1 else 's'})"
    rows, lines = [f"<p>{_escape(sentence)}</p>"], [head, f"  {sentence}"]
    if line:
        rows.append(f"<p>It was at your line <code>{_escape(line)}</code>.</p>")
        lines.append(f"  It was at your line: {line}")
    return Panel(_panel("waiting", f'<div class="head">{_escape(head)}</div>{"".join(rows)}', head), "\n".join(lines))


def of_solution(exercise: Exercise, source: str) -> Panel:
    """The source of the reference."""
    head = f"One way to write {exercise.name}"
    body = (
        f'<div class="head">{_escape(head)}</div><pre>{html.escape(source)}</pre>'
        '<p class="quiet">Whatever gives the same numbers is as right, loops among it.</p>'
    )
    return Panel(_panel("waiting", body, head), f"{head}:\n\n{source}")


def of_beginning(exercise: Exercise, source: str, command: str) -> Panel:
    """The text that an exercise began with, and the command that puts it back."""
    head = f"The text that {exercise.name} began with"
    advice = (
        f"Copy it over yours. Or save the notebook and run {command} in a terminal: that puts it back and keeps "
        "what you have in a file beside it."
    )
    body = (
        f'<div class="head">{_escape(head)}</div><pre>{html.escape(source)}</pre>'
        f'<p class="quiet">{_escape(advice).replace(command, f"<code>{_escape(command)}</code>")}</p>'
    )
    return Panel(_panel("waiting", body, head), f"{head}:\n\n{source}\n\n{advice}")


def _panel(state: str, body: str, label: str) -> str:
    return f'{STYLE}<section class="dlcourse-panel {state}" aria-label="{html.escape(label)}">{body}</section>'


def _linked(text: str) -> str:
    """The text, where "See 'A heading'" leads to that heading of the notebook."""
    return SEE.sub(lambda found: f'{found[1]}<a href="#{found[2].replace(" ", "-")}">{found[2]}</a>', _escape(text))


def _failure(exercise: Exercise, failure: Failure) -> tuple[str, list[str]]:
    rows = [
        f"<p>The simplest case that fails: <b>{_escape(failure.case)}</b>.</p>",
        f"<pre>{_escape(failure.call)}</pre>",
        f"<p>{_escape(failure.message)}</p>",
    ]
    text = [f"  The simplest case that fails: {failure.case}", f"    {failure.call}", f"    {failure.message}"]
    if failure.line:
        rows.append(f"<p>In your line <code>{_escape(failure.line)}</code>.</p>")
        text.append(f"    In your line: {failure.line}")
    for made in (_outputs(failure), _in_full(failure)):
        if made is not None:
            rows.append(made[0])
            text += made[1]
    try:
        rows.append(_picture(exercise, failure) or "")
    except Exception:  # what a learner returned may be anything; the words above have said what is wrong with it
        rows.append("")
    return "".join(rows), text


def _outputs(failure: Failure) -> tuple[str, list[str]] | None:
    """Which of several outputs is wrong, and by how much: of gradients, most of what one wants to know."""
    if len(failure.verdicts) < 2:
        return None
    rows, lines = [], []
    for key, (expected, got) in failure.outputs.items():
        name = in_words(key) if isinstance(failure.expected, dict) else key
        mark, word = ("✓", "agrees") if failure.verdicts[key] else ("✗", "is wrong")
        difference = _largest_difference(expected, got)
        shape = f"{expected.shape}" if isinstance(expected, np.ndarray) and expected.ndim else ""
        called = _escape(name) if name != key else f"<code>{_escape(name)}</code>"
        rows.append(
            f'<tr><th scope="row">{called}</th><td>{_escape(shape)}</td>'
            f'<td><span aria-hidden="true">{mark}</span> {word}</td><td>{_escape(difference)}</td></tr>'
        )
        wrong = difference and not failure.verdicts[key]
        said = difference if difference.startswith("its ") else f"largest difference {difference}"
        lines.append(f"    {name} {word}" + (f", {said}" if wrong else ""))
    head = "".join(f'<th scope="col">{title}</th>' for title in ("result", "shape", "", "largest difference"))
    return f'<table class="outputs"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>', lines


def _largest_difference(expected: object, got: object) -> str:
    if not _is_numeric(expected) or not _is_numeric(got):
        return ""
    left, right = np.asarray(expected), np.asarray(got)
    if left.dtype.kind not in "biuf" or right.dtype.kind not in "biuf":
        return ""
    if left.shape != right.shape:
        return f"its shape is {right.shape}"
    if left.size == 0:
        return ""
    difference = np.abs(left.astype(float) - right.astype(float))
    return "not a number" if np.isnan(difference).any() else f"{difference.max():.2g}"


def _is_numeric(value: object) -> bool:
    return isinstance(value, (int, float, np.ndarray, np.generic))


def _in_full(failure: Failure) -> tuple[str, list[str]] | None:
    """Expected beside got, where both are small enough to read: whole, or the channel in which they differ most."""
    from dlcourse.checking.panel import pictures

    expected, got = failure.part
    if not isinstance(expected, np.ndarray) or not isinstance(got, np.ndarray) or expected.ndim == 0:
        return None
    if expected.dtype.kind not in "biuf" or got.dtype.kind not in "biuf":
        return None
    left, right = np.squeeze(expected), np.squeeze(got)
    where = ""
    if expected.ndim in (3, 4) and expected.shape == got.shape and left.ndim > 2:
        left, right, place = pictures.plane(expected.astype(float), got.astype(float))
        where = f"Shown is {place}, where they differ most."
    if max(left.size, right.size) > SMALL or max(left.ndim, right.ndim) > 2:
        return None
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
    if where:
        return f'<div class="sides">{figures}</div><p class="quiet">{where}</p>', [*lines, f"    {where}"]
    return f'<div class="sides">{figures}</div>', lines


def _picture(exercise: Exercise, failure: Failure) -> str | None:
    """What the exercise declares, else images of arrays too large to read."""
    from dlcourse.checking.panel import pictures

    drawn = exercise.picture(failure) if exercise.picture is not None else None
    return drawn or (None if _in_full(failure) else pictures.images(failure))


def _table(array: np.ndarray, off: np.ndarray | None) -> str:
    array = np.atleast_2d(array)
    marks = np.zeros(array.shape, bool) if off is None else np.atleast_2d(off)
    rows = (
        "<tr>"
        + "".join(f"<td{' class=off' if wrong else ''}>{_short(value)}</td>" for value, wrong in zip(*row, strict=True))
        + "</tr>"
        for row in zip(array, marks, strict=True)
    )
    return f'<table class="grid">{"".join(rows)}</table>'


def _short(value: object) -> str:
    return f"{float(value):.4g}" if isinstance(value, np.floating) else str(value)
