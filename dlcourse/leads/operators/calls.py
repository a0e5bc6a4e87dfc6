"""Slips with calls and statements: order, options, another function, one around a value, `=` and `+=`."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from dlcourse.leads.operators.kind import kind
from dlcourse.leads.places import Change, Edit, Text

# Functions that are written for one another, and whether to say so is to say the answer.
FAMILIES = (
    ("max", "min"), ("maximum", "minimum"), ("argmax", "argmin"), ("amax", "amin"), ("sin", "cos"), ("floor", "ceil"),
    ("sum", "mean", "max"), ("exp", "log", "sqrt", "square", "abs"), ("dot", "multiply"), ("vstack", "hstack"),
    ("tanh", "sigmoid", "relu", "softmax"), ("append", "extend"), ("reduce_sum", "reduce_mean"),
    ("log", "log2", "log10"), ("std", "var"), ("any", "all"), ("hstack", "concatenate"), ("reduce_max", "reduce_min"),
    ("cumsum", "sum"), ("argsort", "sort"), ("norm", "sum"), ("ones", "zeros"),
)  # fmt: skip
AROUND = ("np.sqrt", "np.exp", "np.log", "np.abs", "np.sum", "np.mean", "np.array", "np.square", "float", "sigmoid",
          "np.tanh", "softmax", "relu")  # fmt: skip


@kind("order", "two things are exchanged")
def order(text: Text) -> Iterator[Change]:
    """Arguments, results, the two sides of a difference, a quotient or a product of matrices."""
    for node in text.nodes:
        if isinstance(node, ast.Call):
            parts, near = node.args, 1
        elif isinstance(node, (ast.Tuple, ast.List)) and not isinstance(text.parent[node], ast.Subscript):
            parts, near = node.elts, 1
        elif isinstance(node, ast.BinOp) and isinstance(
            node.op, (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod)
        ):
            parts, near = [node.left, node.right], 1
        elif isinstance(node, ast.IfExp):
            parts, near = [node.body, node.orelse], 2
        else:
            continue
        for one, other in itertools.combinations(range(len(parts)), 2):
            first, second = parts[one], parts[other]
            if isinstance(first, ast.Starred) or isinstance(second, ast.Starred) or text.of(first) == text.of(second):
                continue
            edits = (text.put(first, text.of(second)), text.put(second, text.of(first)))
            alike = f"{type(node).__name__} {text.called(node) if isinstance(node, ast.Call) else ''} {one} {other}"
            yield Change("order", edits, near if other == one + 1 else 2, (alike,))


@kind("result", "something that is to be handed back is left out, or is too much")
def results(text: Text) -> Iterator[Change]:
    """One result more, which is computed and used nowhere; one less."""
    for node in text.nodes:
        if isinstance(node, ast.Return) and node.value is not None:
            end = text.span(node.value)[1]
            inside = isinstance(node.value, ast.Tuple) and text.source[end - 1] == ")"
            for name in [name for name in text.unread if name in text.known_at(node)]:
                yield Change("result", (Edit(end - inside, end - inside, f", {name}"),))
            for part in node.value.elts if isinstance(node.value, ast.Tuple) else ():
                rest = [text.of(other) for other in node.value.elts if other is not part]
                yield Change("result", (Edit(*text.span(node.value), ", ".join(rest)),))


@kind("assignment")
def assignments(text: Text) -> Iterator[Change]:
    """`=` where `+=` is meant, and the other way round."""
    for node in text.nodes:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, (ast.Name, ast.Subscript)):
                at = text.source.index("=", text.span(target)[1])
                likely = isinstance(target, ast.Subscript) or text.stored.count(target.id) > 0
                alike = ("=",) if isinstance(target, ast.Subscript) else ()
                yield Change("assignment", (Edit(at, at + 1, "+="),), 1 if likely else 2, alike)
                yield Change("assignment", (Edit(at, at + 1, "-="),), 2)
        if isinstance(node, ast.AugAssign):
            at = text.source.index("=", text.span(node.target)[1])
            for other in ("=", "+=", "-=", "*=", "/="):
                start = text.span(node.target)[1]
                yield Change("assignment", (Edit(start, at + 1, f" {other}"),), 1, (f"becomes {other}",))


@kind("option", "something that the function is given is not handed on, or has another value than it should")
def options(text: Text) -> Iterator[Change]:
    """One argument more, after the others or by its name; another word or truth value; one option less."""
    given = [*text.parameters, *text.unread]
    for call in text.calls:
        if text.called(call) in ("range", "len", "print"):
            continue
        end = text.span(call)[1] - 1
        written = {text.of(arg) for arg in call.args} | {keyword.arg for keyword in call.keywords}
        known = [
            name
            for name in dict.fromkeys([*given, *text.stored])
            if name not in written and name in text.known_at(call)
        ]
        comma = ", " if call.args or call.keywords else ""
        for name in known:
            likely = name in text.unread or name in text.parameters
            if not call.keywords:
                yield Change("option", (Edit(end, end, f"{comma}{name}"),), 2 if likely else 3)
            if likely:
                yield Change("option", (Edit(end, end, f"{comma}{name}={name}"),), 2)
        for keyword in call.keywords:
            if keyword.arg and keyword.arg not in ("axis", "keepdims"):
                start = text.source.rfind(",", 0, text.span(keyword)[0])
                if call.args:
                    yield Change("option", (Edit(start, text.span(keyword)[1], ""),), 2)
                if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, bool):
                    yield Change("option", (Edit(*text.span(keyword.value), str(not keyword.value.value)),))
        if len(call.args) > 1:
            for before, arg in zip(call.args, call.args[1:], strict=False):
                yield Change("option", (Edit(text.span(before)[1], text.span(arg)[1], ""),), 2)
        for arg in [*call.args, *(keyword.value for keyword in call.keywords)]:
            if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                for word in {"same": ("valid",), "valid": ("same",), "constant": ("edge",)}.get(arg.value, ()):
                    yield Change("option", (Edit(*text.span(arg), repr(word)),))
            if isinstance(arg, ast.Constant) and arg.value is None:
                for name in text.known_at(call):
                    yield Change("option", (Edit(*text.span(arg), name),), 2)
    for node in text.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield Change("option", (Edit(*text.span(node), str(not node.value)),), 2, (), True)


@kind("function", "another function of the same family is meant")
def functions(text: Text) -> Iterator[Change]:
    """One of a family for another; `*` for `@` between arrays, and the other way round."""
    for call in text.calls:
        name, end = text.called(call), text.span(call.func)[1]
        for family in FAMILIES:
            for other in family if name in family else ():
                if other != name:
                    yield Change("function", (Edit(end - len(name), end, other),), 1, (f"{name} {other}",))
        if len(call.args) == 2 and name in ("dot", "matmul"):
            left, right = (text.operand(arg) for arg in call.args)
            yield Change("function", (text.put(call, f"{left} * {right}"),))
    for node in text.nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield Change("function", (text.put(node, f"{text.operand(node.left)} * {text.operand(node.right)}"),))


@kind("around", "something is still to be done with a value, or has been done once too often")
def around(text: Text) -> Iterator[Change]:
    """A function around a value, or one less."""
    here = {text.called(call) for call in text.calls if isinstance(call.func, ast.Name)}
    for call in text.calls:
        if len(call.args) >= 1 and text.called(call) not in ("range", "len", "zip", "enumerate"):
            yield Change("around", (text.put(call, text.of(call.args[0])),), 1, (f"without {text.called(call)}",))
        if text.called(call) in ("float", "int") and len(call.args) == 1:
            yield Change("around", (text.put(call, f"np.sum({text.of(call.args[0])})"),), 1, ("float of an array",))
        if not call.args and isinstance(call.func, ast.Attribute):
            yield Change("around", (text.put(call, text.of(call.func.value)),), 1)
    for node in text.expressions:
        for function in dict.fromkeys([*AROUND, *sorted(here - {"range", "len", "zip", "enumerate"})]):
            if isinstance(node, (ast.Compare, ast.BoolOp, ast.GeneratorExp)):
                continue
            tier = 2 if isinstance(text.parent[node], (ast.stmt, ast.BinOp)) else 3
            yield Change(
                "around", (text.put(node, f"{function}({text.of(node)})"),), tier, (f"{function} {text.of(node)}",)
            )
    for node in text.nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            yield Change("around", (text.put(node, text.of(node.value.value)),), 3)
