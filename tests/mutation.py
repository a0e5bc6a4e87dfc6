"""Mutation testing of the checks: mutmut changes the solutions' functions in small ways, and every change that makes a
function behave otherwise should be rejected by the exercise's check, whatever its seed.

    python tests/mutation.py pooling recurrent      these notebooks; without a name, all
    python tests/mutation.py yolo/iou --sample 50   50 of the mutants of one exercise
    python tests/mutation.py pooling --unnamed      and which of those that die get no name
    python tests/mutation.py --page                 benchmarks/mutation.md from the results so far

A mutant is killed if its check fails for every seed, or does not come to an end. It is named if with every seed the
check says which mistake it is, not only where the answers differ. A survivor is compared with the solution on wider
inputs; what it is and why it may live is written in tests/mutation_survivors.toml.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import argparse
import ast
import concurrent.futures
import contextlib
import dataclasses
import difflib
import json
import multiprocessing
import queue
import random
import resource
import sys
import time
import warnings
from pathlib import Path

import libcst
import mutation_page
import numpy as np
import wider_inputs
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode
from solution_functions import DEFINITIONS, SOLUTIONS, functions

from autograder.building import source
from dlcourse import checks
from dlcourse.checking.quiet import quiet

RESULTS = SOLUTIONS.parent / "build" / "mutation"
MEMORY = 6 << 30
KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One changed exercise cell; `change` is its changed lines, before and after."""

    exercise: str
    change: str
    code: str


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of a mutant: of a survivor, the first difference found, and the seeds that let it pass; of one that
    was killed, for each seed the key of the mistake that was told, or "" where none was."""

    exercise: str
    change: str
    verdict: str
    difference: str = ""
    seeds: tuple[int, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def named(self) -> bool:
        return bool(self.told) and all(self.told)


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much is tried.

    `seeds` is the number of seeds that a mutant is checked with; a survivor is compared with the solution on the cases
    of `wider_seeds` others, with so many `variations` of each. `sample`: at most so many mutants, 0 for all. A mutant
    gets `patience` seconds of CPU time and twenty times the solution's.
    """

    seeds: int = 5
    wider_seeds: int = 20
    variations: int = 3
    sample: int = 0
    patience: float = 10.0


# Checks that build or train networks take seconds: fewer seeds, whose cases differ little, or a sample besides.
MODELS = Plan(seeds=2, wider_seeds=2, variations=1)
LARGE = Plan(seeds=1, wider_seeds=1, variations=0, sample=40)
PLANS = {
    "residual": MODELS,
    "inception": MODELS,
    "inception/one_by_one": Plan(),
    "inception/one_by_one_backward": Plan(),
    "inception/conv_cost": Plan(),
    "inception/bottleneck_cost": Plan(),
    "keras_models": MODELS,
    "style": Plan(seeds=3, wider_seeds=6),
    "classic_networks": LARGE,
    "classic_networks/activation_memory": MODELS,
    "classic_networks/local_response_normalization": Plan(),
    "classic_networks/parameter_share": MODELS,
    "classic_networks/spot_the_mistake": MODELS,
    "dimensions/heartbeat_model": MODELS,
    "dimensions/volume_model": MODELS,
    "mobile/separable_block": MODELS,
    "mobile/inverted_residual_block": MODELS,
    "mobile/mobilenet_v1": LARGE,
    "mobile/mobilenet_v2": LARGE,
    "residual/ResNet50": LARGE,
    "residual/resnet18": LARGE,
    "residual/resnet34": LARGE,
    "inception/googlenet": LARGE,
    "yolo/yolov2": LARGE,
    "transfer/data_augmenter": MODELS,
    "transfer/alpaca_model": LARGE,
    "transfer/freeze_base": MODELS,
    "transfer/extract_features": MODELS,
    "transfer/replace_head": MODELS,
    "transfer/fine_tune": LARGE,
    "transfer/ensemble_predict": MODELS,
    "keras_models/train_digits": dataclasses.replace(LARGE, sample=25),
}


def plan_of(exercise: str) -> Plan:
    return PLANS.get(exercise) or PLANS.get(exercise.partition("/")[0]) or Plan()


def mutants(exercise: str, code: str) -> list[Mutant]:
    """All that mutmut makes of the part of an exercise's cell that a learner writes."""
    lines = code.splitlines()
    learners, inside = set(), False
    for number, line in enumerate(lines, start=1):
        inside = (inside or source.BEGIN in line) and source.END not in line
        if inside:
            learners.add(number)
    visitor = MutationVisitor(mutation_operators, IgnoredCode(set(), set(), set()), learners)
    module = MetadataWrapper(libcst.parse_module(code)).visit(visitor)
    made = {}
    for mutation in visitor.mutations:
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node).code
        made.setdefault(changed, Mutant(exercise, _change(lines, changed.splitlines()), changed))
    return list(made.values())


def _change(before: list[str], after: list[str]) -> str:
    changed = [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
    old, new = (" ⏎ ".join(line[2:].strip() for line in changed if line[0] == mark) for mark in "-+")
    return f"{old} → {new}"


def mutants_of_topic(topic: str, name: str = "") -> list[Mutant]:
    (path,) = SOLUTIONS.glob(f"[0-9][0-9]_{topic}.py")
    return [
        mutant
        for cell in source.read(path).cells
        if cell.kind == "exercise" and name in ("", cell.name)
        for mutant in mutants(f"{topic}/{cell.name}", cell.source)
    ]


def namespace_of(mutant: Mutant) -> dict:
    """The notebook's functions, with those of the mutant's cell in place of the right ones."""
    namespace = dict(vars(functions(mutant.exercise.partition("/")[0])))
    tree = ast.parse(mutant.code)
    tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS)]
    exec(compile(tree, "mutant", "exec"), namespace)
    return namespace


class Judge:
    """A process that checks mutants: one that never ends takes the process along, not the run."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.process = None

    def judge(self, mutant: Mutant) -> Result:
        if self.process is None or not self.process.is_alive():
            self._start()
        self.connection.send(mutant)
        verdict, answer = self._answer() or (TIMED_OUT, ())
        if verdict != SURVIVED:
            return Result(mutant.exercise, mutant.change, verdict, told=answer)
        found = self._answer() or ("does not end on a wider input",)
        return Result(mutant.exercise, mutant.change, verdict, found[0], answer)

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.plan), daemon=True)
        self.process.start()
        theirs.close()

    def _answer(self) -> tuple | None:
        """None where the process ran out of CPU time, or waits for something that will not come."""
        try:
            if self.connection.poll(1800):
                answer = self.connection.recv()
                if isinstance(answer, Exception):
                    raise answer
                return answer
        except (EOFError, ConnectionError):
            pass
        self.close()
        return None


def serve(connection: multiprocessing.connection.Connection, plan: Plan) -> None:
    """The judging process: for each mutant the verdict, and for a survivor, how it differs."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.RLIM_INFINITY))
    needed: dict[str, float] = {}
    while True:
        try:
            mutant = connection.recv()
        except EOFError:
            return
        try:
            _serve_one(connection, mutant, plan, needed)
        except Exception as error:
            connection.send(error)


def _serve_one(connection, mutant: Mutant, plan: Plan, needed: dict[str, float]) -> None:
    topic, name = mutant.exercise.split("/")
    with quiet():
        right = vars(functions(topic))
    if mutant.exercise not in needed:
        needed[mutant.exercise] = _seconds_of(topic, name, right[name], plan)
    other = namespace_of(mutant)
    _limit(plan.patience + 20 * needed[mutant.exercise])
    reports = [checks.run(topic, name, other[name], seed=seed) for seed in range(plan.seeds)]
    passed = [report.seed for report in reports if report.passed]
    if not passed:
        _limit(None)
        connection.send((KILLED, tuple(report.mistake.key if report.mistake else "" for report in reports)))
        return
    connection.send((SURVIVED, tuple(passed)))
    _limit(6 * plan.patience + 20 * needed[mutant.exercise] * plan.wider_seeds * (1 + plan.variations))
    seeds = range(1000, 1000 + plan.wider_seeds)
    found = wider_inputs.difference(checks.get(topic, name), right, other, seeds, plan.variations)
    _limit(None)
    connection.send((found,))


def _seconds_of(topic: str, name: str, function: object, plan: Plan) -> float:
    start = time.process_time()
    for seed in range(plan.seeds):
        report = checks.run(topic, name, function, seed=seed)
        if not report.passed:
            raise RuntimeError(f"{topic}/{name}: the solution itself fails its check with seed {seed}.")
    return time.process_time() - start


def _limit(seconds: float | None) -> None:
    """CPU time from now on; where it is up, the process ends."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = resource.RLIM_INFINITY if seconds is None else int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


class Judges:
    """Judges for one plan, which stay for the next exercise: to start one takes longer than many a mutant."""

    def __init__(self, plan: Plan, workers: int = 1) -> None:
        self.plan, self.workers = plan, workers
        self.idle: queue.Queue[Judge] = queue.Queue()
        for _ in range(workers):
            self.idle.put(Judge(plan))

    def judge(self, mutant: Mutant) -> Result:
        mine = self.idle.get()
        try:
            return mine.judge(mutant)
        finally:
            self.idle.put(mine)

    def judge_all(self, chosen: list[Mutant]) -> list[Result]:
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(self.judge, chosen))

    def close(self) -> None:
        while not self.idle.empty():
            self.idle.get().close()


def judge_all(chosen: list[Mutant], plan: Plan, workers: int = 1) -> list[Result]:
    with contextlib.closing(Judges(plan, workers)) as judges:
        return judges.judge_all(chosen)


def keep(exercise: str, made: int, plan: Plan, results: list[Result], folder: Path = RESULTS) -> None:
    facts = {
        "exercise": exercise,
        "made": made,
        "seeds": plan.seeds,
        "results": [dataclasses.asdict(result) for result in results],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{exercise.replace('/', '.')}.json"
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")


def show(exercise: str, results: list[Result], unnamed: bool = False) -> None:
    left = [result for result in results if result.verdict == SURVIVED]
    dead = [result for result in results if result.verdict != SURVIVED]
    named = sum(result.named for result in dead)
    print(f"{exercise}: {len(dead)} of {len(results)} killed, {named} of them named", flush=True)
    for result in dead:
        if unnamed and not result.named:
            print(f"    no name: {result.change}", flush=True)
    for result in left:
        found = result.difference or "no difference found"
        print(f"    {result.change}\n        seeds {result.seeds}: {found}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="notebooks or exercises, such as pooling or yolo/iou")
    parser.add_argument("--sample", type=int, help="at most so many mutants of each exercise")
    parser.add_argument("--workers", type=int, default=1, help="processes that check")
    parser.add_argument("--unnamed", action="store_true", help="show those that die without a name")
    parser.add_argument("--page", action="store_true", help="write the page from the results so far")
    options = parser.parse_args()
    if options.page:
        sys.exit(mutation_page.write(RESULTS))
    judges = Judges(Plan(), options.workers)
    for name in options.names or checks.topics():
        of_topic = mutants_of_topic(*name.split("/"))
        for exercise in dict.fromkeys(mutant.exercise for mutant in of_topic):
            plan = plan_of(exercise)
            chosen = made = [mutant for mutant in of_topic if mutant.exercise == exercise]
            if len(made) > (few := options.sample or plan.sample or len(made)):
                chosen = random.Random(0).sample(made, few)
            if plan != judges.plan:
                judges.close()
                judges = Judges(plan, options.workers)
            results = judges.judge_all(chosen)
            keep(exercise, len(made), plan, results)
            show(exercise, results, options.unnamed)
    judges.close()


if __name__ == "__main__":
    main()
