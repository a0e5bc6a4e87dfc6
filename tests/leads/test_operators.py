"""Each kind of slip: among the changes of a wrong function there is the one that puts it right."""

import ast

import pytest

from dlcourse.leads.operators import KINDS, changes
from dlcourse.leads.places import Change, Edit, Text, applied, overlap
from dlcourse.leads.search import together

SILENT = {"sign", "number", "assignment"}  # to name the kind is to say what should be there

# kind: what was typed, and what is meant
SLIPS = {
    "name": [("return a - a", "return a - b"), ("c = n_H_prev + a\n    return n_H", "c = n_H_prev + a\n    return c")],
    "key": [
        ("return p['pad'] + p['pad']", "return p['pad'] + p['a']"),
        ("return {'pad': p['a'], 'pad': b}", "return {'pad': p['a'], 'a': b}"),
    ],
    "copied line": [
        (
            "Wi, Wf = a\n    bi, bf = b\n    i = Wi + bi\n    f = Wi * 2 + bi",
            "Wi, Wf = a\n    bi, bf = b\n    i = Wi + bi\n    f = Wf * 2 + bf",
        )
    ],
    "sign": [
        ("return a + b", "return a - b"),
        ("return a * b", "return a / b"),
        ("return np.exp(a)", "return np.exp(-a)"),
    ],
    "rounding": [
        ("return a / b", "return a // b"),
        ("return a / b + 1", "return int(a / b) + 1"),
        ("return np.floor(a)", "return np.ceil(a)"),
        ("return a // b", "return -(-a // b)"),
    ],
    "brackets": [
        ("return a - b / 2", "return (a - b) / 2"),
        ("return (a - b) / 2", "return a - b / 2"),
        ("return int(a / 2) + 1", "return int(a / 2 + 1)"),
        ("return int(a / 2 + 1)", "return int(a / 2) + 1"),
        ("return 1 / (2 + a) ** b", "return 1 / ((2 + a) ** b)"),
    ],
    "term": [
        ("return a", "return a + b"),
        ("x = a + b\n    return x * 2", "x = a\n    return x * 2"),
        ("x = 2 * a + b\n    return x * a", "x = 2 * a + b\n    return x * a + b"),
    ],
    "factor": [("return a", "return a * b"), ("return a / b", "return a"), ("return a", "return a ** 2")],
    "number": [("return a[:, 0] + 3", "return a[:, 0] + 4"), ("return a * 3", "return a * b")],
    "comparison": [
        ("return a < b", "return a <= b"),
        ("if a in b:\n        return 1\n    return 0", "if not (a in b):\n        return 1\n    return 0"),
        ("return a > 0 and b > 0", "return a > 0 or b > 0"),
    ],
    "limit": [("return a - b", "return max(a - b, 0)"), ("return np.maximum(a, 0)", "return a")],
    "guard": [("return a / b", "return (a / b if b > 0 else 0.0)")],
    "index factor": [
        (
            "for h in range(3):\n        c = a[h:h + 2]\n    return c",
            "for h in range(3):\n        c = a[h * b:h * b + 2]\n    return c",
        )
    ],
    "indices exchanged": [("c = a[b, 0]\n    return c", "c = a[0, b]\n    return c")],
    "missing index": [
        ("for i in range(3):\n        b += a", "for i in range(3):\n        b += a[i]"),
        ("for i in range(3):\n        b += a[i]", "for i in range(3):\n        b += a"),
    ],
    "place": [
        ("return a[1:]", "return a[:]"),
        ("return a[-1]", "return a[0]"),
        ("for t in range(b):\n        a += t", "for t in reversed(range(b)):\n        a += t"),
        ("for t in range(b):\n        a += t", "for t in range(b - 1):\n        a += t"),
    ],
    "axis": [
        ("return np.sum(a, axis=0)", "return np.sum(a, axis=1)"),
        ("return np.sum(a)", "return np.sum(a, axis=-1, keepdims=True)"),
        ("return np.sum(a, axis=0)", "return np.sum(a)"),
    ],
    "copy": [("c = a\n    c += b\n    return c", "c = np.copy(a)\n    c += b\n    return c")],
    "filling": [
        ("return np.ones(3)", "return np.zeros(3)"),
        ("return np.random.randn(a, b)", "return np.zeros((a, b))"),
    ],
    "transposed": [("return np.dot(a, b)", "return np.dot(a, b.T)"), ("return a.T", "return a")],
    "order": [("return a / b", "return b / a"), ("return f(a, b)", "return f(b, a)"), ("return a, b", "return b, a")],
    "result": [("c = a\n    return b", "c = a\n    return b, c"), ("return a, b", "return a")],
    "assignment": [("a[0] = b", "a[0] += b"), ("a += b", "a = b")],
    "option": [("return f(a)", "return f(a, b)"), ("return f(a, b, mode='same')", "return f(a, b, mode='valid')")],
    "function": [("return np.argmax(a)", "return np.argmin(a)"), ("return a @ b", "return a * b")],
    "around": [
        ("return a", "return np.sqrt(a)"),
        ("return np.sqrt(a)", "return a"),
        ("return float(a)", "return np.sum(a)"),
    ],
}
ROWS = [(kind, wrong, right) for kind, pairs in SLIPS.items() for wrong, right in pairs]


def function(body: str) -> str:
    return f"def f(a, b):\n    {body}\n"


def test_every_kind_has_a_case_here_and_a_sentence_unless_that_is_the_answer():
    assert set(SLIPS) == set(KINDS)
    assert {name for name, kind in KINDS.items() if not kind.sentence} == SILENT
    sentences = [kind.sentence for kind in KINDS.values() if kind.sentence]
    assert len(set(sentences)) == len(sentences) and not any(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(("kind", "wrong", "right"), ROWS)
def test_among_the_changes_is_the_one_that_puts_it_right(kind, wrong, right):
    text = Text(function(wrong))
    singles = [change for change in KINDS[kind].changes(text) if not overlap(change.edits)]
    made = {ast.unparse(ast.parse(change.apply(text.source))) for change in [*singles, *together(singles)]}
    assert ast.unparse(ast.parse(function(right))) in made


LOOPS = """def conv(A_prev, W, b, hparameters):
    stride = hparameters["stride"]
    m, n, _ = A_prev.shape
    Z = np.zeros((m, n // stride, W.shape[-1]), dtype=float)
    for i in range(m):
        for h in range(n // stride):
            for c in range(W.shape[-1]):
                start = h * stride
                Z[i, h, c] += np.sum(A_prev[i, start : start + 2] * W[..., c]) + float(b[c])
    if stride < 1 or not m:
        return None
    return Z, (A_prev, W, b, hparameters)
"""


def test_every_change_is_python_is_made_once_and_takes_no_statement_away():
    text = Text(LOOPS)
    kinds = [type(node) for node in ast.walk(text.tree) if isinstance(node, ast.stmt)]
    changed = [change.apply(LOOPS) for change in changes(text)]
    assert len(changed) > 1000 and len(set(changed)) == len(changed) and LOOPS not in changed
    assignments = {ast.Assign, ast.AugAssign}
    for source in changed:
        after = [type(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
        assert all(one is other or {one, other} <= assignments for one, other in zip(kinds, after, strict=True))
        assert source.count("\n") == LOOPS.count("\n")


def test_spans_count_characters_not_bytes():
    text = Text('def f(a):\n    x = "äöü" + a\n    return x\n')
    (node,) = [node for node in text.loads if node.id == "a"]
    start, end = text.span(node)
    assert text.source[start:end] == "a" and text.line(start) == 2


def test_edits_are_made_from_the_last_to_the_first():
    assert applied("abc", [Edit(0, 1, "xx"), Edit(2, 3, "")]) == "xxb"
    assert overlap([Edit(0, 2, ""), Edit(1, 3, "")]) and not overlap([Edit(0, 1, ""), Edit(1, 3, "")])
    assert Change("name", (Edit(1, 1, "-"),)).apply("ab") == "a-b"
