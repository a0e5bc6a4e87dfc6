"""Slips with arrays: places, slices, axes, copies, what they are filled with."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from dlcourse.leads.operators.kind import kind
from dlcourse.leads.places import Change, Edit, Text

AXES = ("0", "1", "-1", "-2", "None", "(0, 1)", "(1, 2)", "(0, 1, 2)")
REDUCTIONS = {"sum", "mean", "max", "min", "argmax", "argmin", "prod", "std", "var", "any", "all", "norm", "amax",
              "amin", "median", "cumsum", "reduce_sum", "reduce_mean", "reduce_max", "reduce_min",
              "softmax"}  # fmt: skip
FILLED = ("zeros", "ones", "empty")


def _subscripts(text: Text) -> list[ast.Subscript]:
    return [
        node
        for node in text.nodes
        if isinstance(node, ast.Subscript)
        and not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str))
    ]


def _indices(node: ast.Subscript) -> list[ast.AST]:
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def _bounds(text: Text) -> Iterator[tuple[ast.AST, str]]:
    """What says a place in an array, and of which: an index, a slice's ends, and a name that is one."""
    used = set()
    for node in _subscripts(text):
        for index in _indices(node):
            ends = (index.lower, index.upper) if isinstance(index, ast.Slice) else (index,)
            for end in ends:
                if end is not None:
                    yield end, text.of(node.value)
                    used |= {inner.id for inner in ast.walk(end) if isinstance(inner, ast.Name)}
    for node in text.nodes:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id in used for t in node.targets):
            yield node.value, "="


@kind("index factor", "a place in an array is counted without its factor, or with one too many")
def index_factors(text: Text) -> Iterator[Change]:
    """`h` for `h * stride`, in one place or wherever places in the same array are computed."""
    counters = set(text.loop_names)
    elsewhere = {
        node.right.id for node in text.nodes if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Name)
    }
    seen = set()
    for bound, owner in _bounds(text):
        for node in ast.walk(bound):
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, ast.Name) and node.id in counters:
                yield from _with_factor(text, node, owner, elsewhere)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
                for counter, factor in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(counter, ast.Name) and counter.id in counters:
                        less = f"without {text.of(factor)}"
                        alike = (f"{counter.id} {less}", less, f"{owner} {less}")
                        yield Change("index factor", (text.put(node, counter.id),), 1, alike)


def _with_factor(text: Text, node: ast.Name, owner: str, elsewhere: set[str]) -> Iterator[Change]:
    parent = text.parent[node]
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult):
        return
    for name in [*text.known_at(node), "2"]:
        if name not in text.loop_names:
            likely = name in text.unread or name in text.parameters or name in elsewhere
            more = f"{node.id} * {name}"
            alike = (more, f"{owner} * {name}", f"{owner} {more}")
            yield Change("index factor", (text.put(node, more),), 1 if likely else 3, alike)


@kind("indices exchanged", "two places in an array are exchanged")
def exchanged(text: Text) -> Iterator[Change]:
    """Two indices of one array, in one place or wherever it stands."""
    for node in _subscripts(text):
        indices = _indices(node)
        for one, other in itertools.combinations(range(len(indices)), 2):
            first, second = indices[one], indices[other]
            if text.of(first) != text.of(second):
                edits = (Edit(*text.span(first), text.of(second)), Edit(*text.span(second), text.of(first)))
                name = text.of(node.value)
                yield Change("indices exchanged", edits, 1 if other == one + 1 else 2, (f"{name} {one} {other}",))


@kind("missing index", "an array is taken whole where one of its parts is meant, or the other way round")
def missing_index(text: Text) -> Iterator[Change]:
    """`x` for `x[t]`; `x[t]` for `x`."""
    for node in text.loads:
        parent = text.parent[node]
        known = [name for name in text.loop_names if name in text.known_at(node) and name != node.id]
        if node.id in text.loop_names or isinstance(parent, (ast.Subscript, ast.Attribute)):
            continue
        for name in [*known, "0", "-1"]:
            for place in (name, f":, {name}", f"..., {name}"):
                tier = 1 if name in known else 2
                yield Change("missing index", (text.put(node, f"{node.id}[{place}]"),), tier, (), name not in known)
    for node in _subscripts(text):
        if isinstance(node.ctx, ast.Load):
            yield Change("missing index", (text.put(node, text.of(node.value)),))
            indices = _indices(node)
            for position, index in enumerate(indices):
                if isinstance(index, ast.Slice):
                    continue
                rest = [text.of(each) for place, each in enumerate(indices) if place != position]
                if rest:
                    yield Change(
                        "missing index", (Edit(*text.span(node), f"{text.of(node.value)}[{', '.join(rest)}]"),), 2
                    )
        if len(_indices(node)) > 1:
            for position, index in enumerate(_indices(node)):
                for name in (
                    text.loop_names if isinstance(index, ast.Slice) and not index.lower and not index.upper else ()
                ):
                    parts = [text.of(each) for each in _indices(node)]
                    parts[position] = name
                    start, end = text.span(node)
                    yield Change("missing index", (Edit(start, end, f"{text.of(node.value)}[{', '.join(parts)}]"),), 2)


@kind("place", "a place in an array, or an end of a slice or of a loop, is off")
def places(text: Text) -> Iterator[Change]:
    """One before, one behind, from the other end, up to the end; loops that stop or begin one off."""
    for node in _subscripts(text):
        for index in _indices(node):
            if isinstance(index, ast.Slice):
                yield from _ends(text, index)
            elif isinstance(index, ast.Constant) and type(index.value) is int:
                others = [place for place in (0, -1, index.value + 1, index.value - 1) if place != index.value]
                for place in dict.fromkeys(others):
                    yield Change("place", (Edit(*text.span(index), str(place)),), 1, (), True)
            elif isinstance(index, ast.UnaryOp):
                for place in ("0", "-1", "-2", "1"):
                    yield Change("place", (Edit(*text.span(index), place),), 1, (), True)
            elif isinstance(index, (ast.Name, ast.BinOp)):
                around = text.of(index)
                for changed in (f"{around} - 1", f"{around} + 1", f"-{text.operand(index)} - 1", "0", "-1"):
                    yield Change("place", (Edit(*text.span(index), changed),), 2)
    for call in text.calls:
        if text.called(call) == "range":
            for arg in call.args:
                for changed in (f"{text.of(arg)} - 1", f"{text.of(arg)} + 1"):
                    yield Change("place", (Edit(*text.span(arg), changed),))
            last = text.of(call.args[-1]) if call.args else ""
            if len(call.args) == 1:
                end = text.span(call.args[0])[0]
                for first in ("1, ", *(f"{name} + 1, " for name in text.loop_names)):
                    yield Change("place", (Edit(end, end, first),), 1, (), True)
                yield Change("place", (text.put(call, f"reversed(range({last}))"),))
            if len(call.args) == 2:
                yield Change("place", (Edit(text.span(call.args[0])[0], text.span(call.args[1])[0], ""),))
            for first, second in [call.args] if len(call.args) == 2 else []:
                edits = (Edit(*text.span(first), text.of(second)), Edit(*text.span(second), text.of(first)))
                yield Change("place", edits, 2)
        if text.called(call) == "reversed" and len(call.args) == 1:
            yield Change("place", (text.put(call, text.of(call.args[0])),))


def _ends(text: Text, index: ast.Slice) -> Iterator[Change]:
    start, end = text.span(index)
    for bound in (index.lower, index.upper):
        if bound is None:
            continue
        yield Change("place", (Edit(*text.span(bound), ""),))
        for changed in (f"{text.of(bound)} + 1", f"{text.of(bound)} - 1"):
            yield Change("place", (Edit(*text.span(bound), changed),))
    if index.step is not None:
        yield Change("place", (Edit((index.upper and text.span(index.upper)[1]) or start + 1, end, ""),))
        return
    whole = text.of(index).rstrip()
    if index.upper is None:
        for stop in ("-1", *text.parameters):
            yield Change("place", (Edit(start, end, f"{whole}{stop}"),), 2)
        yield Change("place", (Edit(start, end, f"{whole}:-1"),), 2, ("backwards",))
        for step in text.parameters:
            yield Change("place", (Edit(start, end, f"{whole}:{step}"),), 2)
    if index.lower is None:
        for first in ("1", *text.parameters):
            yield Change("place", (Edit(start, end, f"{first}{whole}"),), 2)


@kind("axis", "numbers are taken together along another axis than is meant")
def axes(text: Text) -> Iterator[Change]:
    """Another axis, one where there is none, none where there is one; `keepdims` with it."""
    for call in text.calls:
        keywords = {keyword.arg: keyword for keyword in call.keywords}
        named = keywords.get("axis")
        if named is not None:
            for axis in AXES:
                yield Change("axis", (Edit(*text.span(named.value), axis),), 1, (f"axis {axis}",))
        reduces = text.called(call) in REDUCTIONS
        if reduces and named is None and len(call.args) == 1:
            end = text.span(call)[1] - 1
            for axis in AXES:
                if axis != "None":
                    for more in (f", axis={axis}", f", axis={axis}, keepdims=True"):
                        yield Change("axis", (Edit(end, end, more),), 1, (f"new {more}",))
        if reduces and len(call.args) == 2 and named is None:
            for axis in AXES:
                yield Change("axis", (Edit(*text.span(call.args[1]), axis),))
        if reduces and named is not None and "keepdims" not in keywords:
            end = text.span(call)[1] - 1
            yield Change("axis", (Edit(end, end, ", keepdims=True"),), 1, ("keepdims",))
        if "keepdims" in keywords:
            start = text.source.rindex(",", 0, text.span(keywords["keepdims"])[0])
            yield Change("axis", (Edit(start, text.span(keywords["keepdims"])[1], ""),), 1, ("no keepdims",))
        if named is not None and reduces:
            start = text.source.rindex(",", 0, text.span(named)[0])
            yield Change("axis", (Edit(start, text.span(named)[1], ""),), 1, ("no axis",))


@kind("copy", "an array is changed that should have been copied, or a copy is changed in its place")
def copies(text: Text) -> Iterator[Change]:
    """`np.copy` around what is given a name, or away."""
    for node in text.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Subscript)):
            yield Change("copy", (Edit(*text.span(node.value), f"np.copy({text.of(node.value)})"),), 1, ("copy",))
    for call in text.calls:
        if text.called(call) == "copy":
            inner = call.args[0] if call.args else call.func.value if isinstance(call.func, ast.Attribute) else None
            if inner is not None:
                yield Change("copy", (text.put(call, text.of(inner)),), 2)


@kind("filling", "an array begins with other numbers than it should")
def fillings(text: Text) -> Iterator[Change]:
    """Zeros, ones, nothing; zeros for random numbers."""
    for call in text.calls:
        name = text.called(call)
        plain = name.removesuffix("_like")
        if plain in FILLED:
            for other in FILLED[:2]:
                end = text.span(call.func)[1]
                changed = other + name[len(plain) :]
                yield Change("filling", (Edit(end - len(name), end, changed),), 1, (f"filled {other}",))
        if name in ("randn", "rand", "standard_normal", "random", "normal") and call.args:
            sizes = ", ".join(text.of(arg) for arg in call.args)
            yield Change("filling", (text.put(call, f"np.zeros(({sizes},))"),), 1, ("zeros",))


@kind("transposed", "rows and columns are exchanged")
def transposed(text: Text) -> Iterator[Change]:
    """`x.T` for `x`, and the other way round."""
    for node in text.expressions:
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield Change("transposed", (text.put(node, text.of(node.value)),))
        elif isinstance(node, (ast.Name, ast.Subscript)) and _is_factor(text, node):
            yield Change("transposed", (text.put(node, f"{text.of(node)}.T"),), 1, (f"{text.of(node)}.T",))


def _is_factor(text: Text, node: ast.AST) -> bool:
    parent = text.parent[node]
    if isinstance(parent, ast.BinOp):
        return isinstance(parent.op, (ast.MatMult, ast.Mult))
    return isinstance(parent, ast.Call) and text.called(parent) in ("dot", "matmul", "einsum", "outer", "multiply")
