"""Slips in what is computed: brackets, terms, factors, signs, numbers, comparisons, limits."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from dlcourse.leads.operators.kind import kind
from dlcourse.leads.places import Change, Edit, Text

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
         ast.MatMult: "@"}  # fmt: skip
# What is written for what, and how soon that is tried.
OTHER_SIGNS = {"+": {"-": 1, "*": 2}, "-": {"+": 1}, "*": {"/": 1, "@": 2, "+": 2, "**": 2}, "/": {"*": 1},
               "//": {"%": 1}, "%": {"//": 1}, "@": {"*": 1}, "**": {"*": 1}}  # fmt: skip
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
               ast.IsNot: "is not"}  # fmt: skip
OTHER_COMPARISONS = {"<": ("<=", ">", ">="), "<=": ("<", ">=", ">"), ">": (">=", "<", "<="), ">=": (">", "<=", "<"),
                     "==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",)}  # fmt: skip


def _sums(text: Text) -> list[ast.BinOp]:
    return [node for node in text.nodes if isinstance(node, ast.BinOp)]


def _sign(text: Text, node: ast.BinOp | ast.Compare, position: int = 0) -> Edit | None:
    """Where the operator between two operands stands."""
    left = node.left if position == 0 else node.comparators[position - 1]
    right = node.right if isinstance(node, ast.BinOp) else node.comparators[position]
    start = (text.bracketed(left) or text.span(left))[1]
    end = (text.bracketed(right) or text.span(right))[0]
    if found := re.search(r"[^\s\\()]+(?: not)?", text.source[start:end]):
        return Edit(start + found.start(), start + found.end(), found.group())
    return None


@kind("sign")
def another_sign(text: Text) -> Iterator[Change]:
    """One sign of arithmetic for another; a minus in front that is missing, or one too many."""
    for node in _sums(text):
        sign = SIGNS.get(type(node.op))
        at = _sign(text, node) if sign in OTHER_SIGNS else None
        if at is None or at.text != sign:
            continue
        for other, tier in OTHER_SIGNS[sign].items():
            yield Change("sign", (Edit(at.start, at.end, other),), tier, (f"{sign} {other}",))
    for node in text.nodes:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield Change("sign", (Edit(*text.span(node), text.of(node.operand)),))
    for node in text.expressions:
        if not isinstance(node, ast.UnaryOp) and not isinstance(node, (ast.Compare, ast.BoolOp, ast.ListComp)):
            yield Change("sign", (text.put(node, f"-{text.operand(node)}"),), 2)


@kind("rounding", "a number is rounded in another way than it should be, or not at all")
def rounding(text: Text) -> Iterator[Change]:
    """Whole numbers from a quotient: `//`, `int`, up or down."""
    for node in _sums(text):
        if isinstance(node.op, (ast.Div, ast.FloorDiv)):
            at, up = _sign(text, node), isinstance(node.op, ast.Div)
            if at is not None:
                yield Change("rounding", (Edit(at.start, at.end, "//" if up else "/"),), 1, (f"round {up}",))
            left, right = text.operand(node.left), text.operand(node.right)
            yield Change("rounding", (text.put(node, f"-(-{left} // {right})"),), 1, ("round up",))
            if up:
                yield Change("rounding", (text.put(node, f"int({text.of(node)})"),), 1, ("round int",))
    for call in text.calls:
        name = text.called(call)
        if name in ("int", "floor", "ceil", "round", "rint") and len(call.args) == 1:
            yield Change("rounding", (text.put(call, text.of(call.args[0])),), 1, ("round none",))
            for other in {"floor": "ceil", "ceil": "floor", "round": "int", "rint": "floor"}.get(name, "").split():
                start, end = text.span(call.func)
                yield Change("rounding", (Edit(end - len(name), end, other),), 1, (f"round {other}",))


@kind("brackets", "brackets are missing, or stand around something else than is meant")
def brackets(text: Text) -> Iterator[Change]:
    """Around a part of a chain of operators; away; and the end of a call's brackets before or after an operand."""
    for top in _sums(text):
        if isinstance(text.parent[top], ast.BinOp) and text.bracketed(top) is None:
            continue
        leaves = list(_leaves(text, top))
        for first in range(len(leaves)):
            for last in range(first + 1, min(first + 4, len(leaves))):
                start, end = leaves[first][0], leaves[last][1]
                if (first, last) != (0, len(leaves) - 1):
                    yield Change("brackets", (Edit(start, start, "("), Edit(end, end, ")")))
    for node in text.nodes:
        if isinstance(node, (ast.BinOp, ast.UnaryOp)) and (around := text.bracketed(node)):
            start, end = text.span(node)
            yield Change("brackets", (Edit(around[0], start, ""), Edit(end, around[1], "")))
            for bigger in _parts_to_the_right(text, node):
                yield Change("brackets", (Edit(end, around[1], ""), Edit(bigger, bigger, ")")))
    for call in text.calls:
        yield from _moved_end(text, call)


def _leaves(text: Text, node: ast.AST) -> Iterator[tuple[int, int]]:
    """The operands of a chain, from left to right; what stands in brackets is one."""
    if isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            around = text.bracketed(side)
            if around:
                yield around
            else:
                yield from _leaves(text, side)
    else:
        yield text.span(node)


def _parts_to_the_right(text: Text, node: ast.AST) -> Iterator[int]:
    """Where the expressions end that begin with this one."""
    parent = text.parent.get(node)
    while isinstance(parent, ast.BinOp) and parent.left is node:
        yield (text.bracketed(parent.right) or text.span(parent.right))[1]
        node, parent = parent, text.parent.get(parent)


def _moved_end(text: Text, call: ast.Call) -> Iterator[Change]:
    if not call.args or call.keywords:
        return
    end, inner = text.span(call)[1], call.args[-1]
    parent = text.parent[call]
    if isinstance(parent, ast.BinOp) and parent.left is call and SIGNS.get(type(parent.op)):
        after = (text.bracketed(parent.right) or text.span(parent.right))[1]
        yield Change("brackets", (Edit(end - 1, end, ""), Edit(after, after, ")")))
    if isinstance(inner, ast.BinOp) and text.bracketed(inner) is None:
        before = (text.bracketed(inner.left) or text.span(inner.left))[1]
        yield Change("brackets", (Edit(before, before, ")"), Edit(end - 1, end, "")))


def _operands(text: Text, signs: tuple[type, ...]) -> list[str]:
    """What stands on the right of such signs in the function, as text."""
    found = [text.operand(node.right) for node in _sums(text) if isinstance(node.op, signs)]
    found += [
        text.operand(node.value)
        for node in text.nodes
        if isinstance(node, ast.AugAssign) and isinstance(node.op, signs)
    ]
    return [each for each in dict.fromkeys(found) if len(each) < 40]


@kind("term", "something that is to be added or subtracted is missing, or one thing too many is")
def terms(text: Text) -> Iterator[Change]:
    """One term more, which stands elsewhere in the function too or is used nowhere; one term less."""
    for node in _sums(text):
        if isinstance(node.op, (ast.Add, ast.Sub)):
            yield Change("term", (text.put(node, text.of(node.left)),), 1, (f"without {text.of(node.right)}",))
            if isinstance(node.op, ast.Add):
                yield Change("term", (text.put(node, text.of(node.right)),), 1, (f"without {text.of(node.left)}",))
    elsewhere = _operands(text, (ast.Add, ast.Sub))
    near = list(dict.fromkeys(["1", *text.unread, *elsewhere]))
    others = [name for name in text.parameters if name not in near]
    for tier, pool in ((1, near), (3, others)):
        for node in text.expressions:
            whole = isinstance(text.parent[node], (ast.stmt, ast.keyword))
            known = text.known_at(node)
            for term in pool:
                if term == text.of(node) or (term.isidentifier() and term not in known):
                    continue
                for sign in "+-":
                    more = Edit(text.span(node)[1], text.span(node)[1], f" {sign} {term}")
                    if not whole or isinstance(node, (ast.IfExp, ast.Compare, ast.BoolOp)):
                        more = text.put(node, f"{text.of(node)} {sign} {term}")
                    yield Change("term", (more,), tier if term != "1" else 2, (f"{sign} {term}",), term.isdigit())


@kind("factor", "something is not multiplied or divided by what it should be, or by one thing too many")
def factors(text: Text) -> Iterator[Change]:
    """One factor or divisor more, which stands elsewhere in the function too or is used nowhere; one less."""
    for node in _sums(text):
        if isinstance(node.op, (ast.Mult, ast.Div, ast.FloorDiv, ast.Pow)):
            yield Change("factor", (text.put(node, text.of(node.left)),), 1, (f"without {text.of(node.right)}",))
            if isinstance(node.op, ast.Mult):
                yield Change("factor", (text.put(node, text.of(node.right)),), 1, (f"without {text.of(node.left)}",))
    elsewhere = _operands(text, (ast.Mult, ast.Div, ast.FloorDiv))
    near = list(dict.fromkeys([*text.unread, *elsewhere, "2"]))
    others = [name for name in text.names if name not in near]
    for tier, pool in ((1, near), (3, others)):
        for node in text.expressions:
            if tier == 3 and not isinstance(text.parent[node], (ast.stmt, ast.BinOp)):
                continue
            known = text.known_at(node)
            for factor in pool:
                if factor == text.of(node) or (factor.isidentifier() and factor not in known):
                    continue
                for sign in ("*", "/"):
                    changed = text.put(node, f"{text.operand(node)} {sign} {factor}")
                    yield Change("factor", (changed,), tier if factor != "2" else 2, (), factor == "2")
    for node in text.expressions:
        if not isinstance(node, (ast.Compare, ast.BoolOp)):
            yield Change("factor", (text.put(node, f"{text.operand(node)} ** 2"),), 2, (), True)
            yield Change("factor", (text.put(node, f"(1 - {text.operand(node)})"),), 2, (), True)


@kind("number")
def numbers(text: Text) -> Iterator[Change]:
    """Another number; a name for a number that is written in."""
    for node in text.nodes:
        if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
            continue
        value, start, end = node.value, *text.span(node)
        near = [value + 1, value - 1, 0, 1, 2, 2 * value] if type(value) is int else [0.0, 1.0, value * 2, value / 2]
        for other in dict.fromkeys(near):
            if other != value:
                written = f"({other})" if other < 0 and isinstance(text.parent[node], ast.BinOp) else repr(other)
                alike = f"{value} {other} in {text.statement(node).lineno}"
                yield Change("number", (Edit(start, end, written),), 2, (alike,), True)
        for name in text.known_at(node):
            likely = name in text.parameters or name in text.unread or name in text.loop_names
            alike = f"{value} {name} in {text.statement(node).lineno}"
            yield Change("number", (Edit(start, end, name),), 1 if likely else 3, (alike,))
    for node in text.loads:
        if isinstance(text.parent[node], (ast.Attribute, ast.Subscript)) and text.parent[node].value is node:
            continue
        for value in ("0", "1"):
            pair = text.parent[node]
            where = text.statement(node).lineno, pair.col_offset if isinstance(pair, ast.Tuple) else 0
            yield Change("number", (text.put(node, value),), 3, (f"{node.id} {value} in {where}",), True)


@kind("comparison", "a comparison goes the other way round, or takes the limit itself to the wrong side")
def comparisons(text: Text) -> Iterator[Change]:
    """Another comparison; a condition more or less, or its opposite."""
    for node in text.nodes:
        if isinstance(node, ast.Compare):
            for position, operator in enumerate(node.ops):
                sign = COMPARISONS.get(type(operator), "")
                at = _sign(text, node, position)
                for other in OTHER_COMPARISONS.get(sign, ()) if at is not None and at.text == sign else ():
                    yield Change("comparison", (Edit(at.start, at.end, other),))
            if len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
                yield Change("comparison", (text.put(node, f"not ({text.of(node)})"),))
        if isinstance(node, ast.BoolOp):
            other = " or " if isinstance(node.op, ast.And) else " and "
            parts = [
                text.of(each) if not isinstance(each, ast.BoolOp) else f"({text.of(each)})" for each in node.values
            ]
            yield Change("comparison", (text.put(node, other.join(parts)),))
            for left_out in range(len(parts)):
                rest = [part for position, part in enumerate(parts) if position != left_out]
                yield Change("comparison", (text.put(node, f" {'and' if 'or' in other else 'or'} ".join(rest)),))
        if isinstance(node, (ast.If, ast.IfExp)):
            test = node.test.operand if _is_not(node.test) else node.test
            changed = text.of(test) if _is_not(node.test) else f"not ({text.of(node.test)})"
            yield Change("comparison", (Edit(*text.span(node.test), changed),))


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


@kind("limit", "a number is not kept within its limits, or is where it should not be")
def limits(text: Text) -> Iterator[Change]:
    """Not below 0, not above 1 or another limit of the function; one such limit less."""
    for call in text.calls:
        if text.called(call) in ("max", "min", "maximum", "minimum", "clip") and len(call.args) >= 2:
            for arg in call.args[:2]:
                yield Change("limit", (text.put(call, text.of(arg)),))
    known = [*text.parameters]
    for node in text.expressions:
        if isinstance(node, (ast.BinOp, ast.Subscript, ast.Name, ast.Call)):
            for function in ("max", "np.maximum"):
                tier = 1 if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) else 2
                yield Change("limit", (text.put(node, f"{function}({text.of(node)}, 0)"),), tier, (f"{function} 0",))
            yield Change("limit", (text.put(node, f"min({text.of(node)}, 1)"),), 2)
            for name in known if isinstance(node, ast.BinOp) else ():
                yield Change("limit", (text.put(node, f"min({text.of(node)}, {name})"),), 3)
        if isinstance(node, ast.BinOp) or (isinstance(node, ast.Call) and node.args):
            yield Change("limit", (text.put(node, f"abs({text.of(node)})"),), 2)


@kind("guard", "a division by zero is not caught")
def guards(text: Text) -> Iterator[Change]:
    """0 where the divisor is 0, or a divisor of at least 1 or a little more than 0."""
    for node in _sums(text):
        if isinstance(node.op, (ast.Div, ast.FloorDiv)):
            divisor = text.of(node.right)
            for changed in (
                f"{text.of(node)} if {divisor} != 0 else 0.0",
                f"{text.of(node)} if {divisor} > 0 else 0.0",
            ):
                yield Change("guard", (text.put(node, f"({changed})"),), 1, ("guard",))
            for changed in (f"max({divisor}, 1)", f"np.where({divisor} == 0, 1, {divisor})", f"({divisor} + 1e-12)"):
                yield Change("guard", (text.put(node.right, changed),), 1, (f"guard {changed[:3]}",))
