"""For how many wrong functions a lead is found, whether it is in the right line, and in how many seconds.

    python benchmarks/leads.py                            the named mistakes as learners type them, of every topic
    python benchmarks/leads.py convolution --sample 20    20 of one notebook
    python benchmarks/leads.py recurrent --mutants        mutants of the solutions instead, which die in their check

A lead is right where every line that it names is one of those that were changed. Seconds are the processor's: those on
a machine that does nothing else. The exercises that build networks are left out: a notebook in which TensorFlow has run
is not searched.
"""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import importlib
import random
import statistics
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "checks"), str(ROOT / "tests" / "building")]

import mutation  # noqa: E402
from solution_functions import functions  # noqa: E402
from typed_mistakes import slips  # noqa: E402

from dlcourse import checks  # noqa: E402
from dlcourse.leads.places import Text  # noqa: E402
from dlcourse.leads.search import Lead, find  # noqa: E402
from dlcourse.leads.trying import Trying  # noqa: E402

TYPED = sorted(path.stem for path in Path(slips.__file__).parent.glob("*.py") if path.stem not in ("__init__", "slips"))


@dataclasses.dataclass(frozen=True)
class Wrong:
    """A wrong function, and the lines of it that were changed. It is `single` where it is one line, or the same slip
    in several lines, and `larger` where a line was left out or written besides."""

    topic: str
    exercise: str
    title: str
    source: str
    lines: frozenset[int]
    shape: str
    namespace: dict


def changed_lines(before: str, after: str) -> tuple[frozenset[int], str]:
    """Which lines of `after` are not those of `before`, and of which shape the change is."""
    old, new = before.splitlines(), after.splitlines()
    steps = [
        step for step in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if step[0] != "equal"
    ]
    lines = frozenset(line for _, _, _, start, end in steps for line in range(start + 1, end + 1))
    if not all(kind == "replace" and i2 - i1 == j2 - j1 for kind, i1, i2, j1, j2 in steps):
        return lines, "larger"
    return lines, "single" if len(lines) == 1 else "several lines"


def typed(topic: str) -> Iterator[Wrong]:
    module = importlib.import_module(f"typed_mistakes.{topic}")
    right = {name: getattr(module, name) for name in checks.topic(topic).exercises if hasattr(module, name)}
    for slip in module.SLIPS:
        if slip.helper or checks.get(topic, slip.exercise).needs != "numpy":
            continue
        namespace = dict(vars(functions(topic)))
        slips.define(slip, namespace, right)
        lines, shape = changed_lines(slips.source_of(getattr(module, slip.name)), slip.source)
        yield Wrong(topic, slip.exercise, slip.title, slip.source, lines, shape, namespace)


def mutated(topic: str) -> Iterator[Wrong]:
    for mutant in mutation.mutants_of_topic(topic):
        name = mutant.exercise.partition("/")[2]
        if checks.get(topic, name).needs != "numpy":
            continue
        whole = (code_of(mutant.code, name), mutation.namespace_of(mutant))
        original = next(code_of(cell, name) for cell in solution_cells(topic) if f"def {name}(" in cell)
        lines, shape = changed_lines(original, whole[0])
        if lines:
            yield Wrong(topic, name, f"{name}: {mutant.change}", whole[0], lines, shape, whole[1])


def solution_cells(topic: str) -> list[str]:
    (path,) = mutation.SOLUTIONS.glob(f"[0-9][0-9]_{topic}.py")
    return [cell.source for cell in mutation.source.read(path).cells if cell.kind == "exercise"]


def code_of(cell: str, name: str) -> str:
    """The text of one function of a cell."""
    import ast

    node = next(node for node in ast.parse(cell).body if getattr(node, "name", "") == name)
    return "\n".join(cell.splitlines()[node.lineno - 1 : node.end_lineno]) + "\n"


@dataclasses.dataclass(frozen=True)
class Result:
    wrong: Wrong
    lead: Lead | None
    seconds: float

    @property
    def verdict(self) -> str:
        if self.lead is None:
            return "silent"
        return "right" if set(self.lead.lines) <= self.wrong.lines else "WRONG"


def look(wrong: Wrong, seconds: float) -> Result | None:
    """None where the check passes: there is nothing to be found."""
    exercise = checks.get(wrong.topic, wrong.exercise)
    Text(wrong.source)
    function = wrong.namespace[wrong.exercise]
    if checks.run(wrong.topic, wrong.exercise, function, seed=0, namespace=wrong.namespace).passed:
        return None
    start = time.process_time()
    lead = find(exercise, 0, wrong.source, Trying(wrong.exercise, wrong.namespace), seconds)
    return Result(wrong, lead, time.process_time() - start)


def tell(title: str, results: list[Result]) -> None:
    count = len(results)
    if not count:
        return
    right = [result for result in results if result.verdict == "right"]
    bad = [result for result in results if result.verdict == "WRONG"]
    quick = [result for result in right if result.seconds <= 2 + 1]  # a second of them is for rivals
    seconds = statistics.median(result.seconds for result in right) if right else 0.0
    print(
        f"{title:32} {count:5}   right {len(right):4} ({len(right) / count:4.0%})   of these in time {len(quick):4}   "
        f"wrong {len(bad):3} ({len(bad) / count:4.1%})   median {seconds:.2f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("topics", nargs="*", help="notebooks; without a name, all")
    parser.add_argument("--mutants", action="store_true", help="mutants of the solutions")
    parser.add_argument("--sample", type=int, default=0, help="so many of each notebook, at most")
    parser.add_argument("--seconds", type=float, default=8.0, help="for one search")
    parser.add_argument("--quiet", action="store_true", help="the table only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    results: list[Result] = []
    for topic in options.topics or (checks.topics() if options.mutants else TYPED):
        every = list((mutated if options.mutants else typed)(topic))
        if options.sample and len(every) > options.sample:
            every = random.Random(0).sample(every, options.sample)
        here = []
        for wrong in every:
            result = look(wrong, options.seconds)
            if result is None:
                continue
            here.append(result)
            if not options.quiet:
                where = f"{sorted(wrong.lines)}" + (f" told {result.lead.lines}" if result.verdict == "WRONG" else "")
                print(
                    f"  {result.verdict:6} {result.seconds:5.2f} {wrong.shape:13} {wrong.title[:90]} {where}",
                    flush=True,
                )
        tell(topic, here)
        results += here
    for shape in ("single", "several lines", "larger"):
        tell(shape, [result for result in results if result.wrong.shape == shape])
    tell("all", results)


if __name__ == "__main__":
    main()
