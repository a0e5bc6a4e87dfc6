"""What the networks of the notebooks reach on data that they have never seen, over many seeds.

    python benchmarks/merit.py                     every figure, ten seeds each
    python benchmarks/merit.py names dates         these figures
    python benchmarks/merit.py beats --seeds 3

The notebooks' own functions are run: the solutions, and the loops that train. A seed decides the first weights, the
order in which examples come and, for beats, the people. Each result is kept in build/merit.json as soon as it is there,
so a run that was stopped goes on where it was; `--again` forgets what is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np
from rich.console import Console
from rich.table import Table
from solution_functions import functions

KEPT = Path(__file__).resolve().parent.parent / "build" / "merit.json"


class NoCurves:
    """Stands in for the live curve of a training, which costs time and shows nothing here."""

    def __init__(self, *_: object) -> None: ...

    def add(self, *_: object) -> None: ...


def notebook(topic: str, **given: object) -> SimpleNamespace:
    """The functions of a notebook, among which `given` names stand as cells of the notebook would have made them."""
    solution = functions(topic)
    globals_of_all = (getattr(part, "__globals__", {}) for part in vars(solution).values())
    namespace = next(found for found in globals_of_all if found.get("__name__") == f"solution_{topic}")
    namespace.update(vars(solution), LearningCurves=NoCurves, **given)
    return SimpleNamespace(**namespace)


def names(seed: int) -> dict[str, float]:
    characters = "\nabcdefghijklmnopqrstuvwxyz"
    ours = notebook("language_model", char_to_ix={char: ix for ix, char in enumerate(characters)})
    network = ours.learn_names(seed=seed)
    counted = ours.trigram_model(ours.TRAINING, ours.char_to_ix, 0.1)
    return {
        "nats per character": ours.nats_per_character(partial(ours.network_outputs, network), ours.HELD_OUT),
        "the same, trigrams": ours.nats_per_character(partial(ours.trigram_outputs, counted), ours.HELD_OUT),
    }


def tags(seed: int) -> dict[str, float]:
    ours = notebook("sequences")
    found = {}
    for words, both in (("both directions", True), ("forward only", False)):
        right, mask, unknown = ours.tagged(ours.learn_tags(both, seed=seed), ours.HELD_OUT)
        found[f"words right, {words}"] = float(right[mask].mean())
        found[f"unknown words right, {words}"] = float(right[unknown].mean())
    return found


def sentiment(seed: int) -> dict[str, float]:
    ours = notebook("sequences")
    parameters, vocabulary = ours.learn_reviews(seed=seed)
    texts, labels = zip(*ours.HELD_OUT_REVIEWS, strict=True)
    x, mask = ours.to_arrays(texts, vocabulary)
    right = (ours.classify_sequence(x, parameters, mask) > 0.5)[0] == np.array(labels)
    return {"reviews right": float(right.mean())}


def dates(seed: int) -> dict[str, float]:
    from dlcourse.attention import initialize_transformer
    from dlcourse.data.dates import dates as drawn

    pairs = drawn(8500, seed=0)
    known = sorted(set("".join(human for human, _ in pairs)))
    ours = notebook("attention", Tx=40, char_to_ix={char: ix + 1 for ix, char in enumerate(known)})
    network = initialize_transformer(ours.HUMAN, ours.MACHINE, seed=seed)
    ours.train(pairs[:8000], network, steps=ours.STEPS)
    return {"dates right in all ten characters": ours.share_right(pairs[8000:], network)}


def beats(seed: int) -> dict[str, float]:
    import keras

    from dlcourse.data import heartbeats

    ours = notebook("dimensions")
    rng, found = np.random.default_rng(seed), {}
    X, Y, _ = heartbeats.heartbeats(rng, 1000, people=60)
    others, kinds, _ = heartbeats.heartbeats(rng, 600, people=40)
    for name, (build, learning_rate) in ours.NETWORKS.items():
        keras.utils.set_random_seed(seed)
        network = build()
        loss = keras.losses.SparseCategoricalCrossentropy()
        ours.train(network, X.astype("f4"), Y, ours.PASSES, learning_rate, loss, 50, name)
        found[f"beats of other people right, {name}"] = ours.share_right(network, others.astype("f4"), kinds)
    return found


def streets(seed: int) -> dict[str, float]:
    import keras

    from dlcourse.data import scenes

    ours = notebook("segmentation")
    X, Y = scenes.labelled_streets(500, seed=1, size=ours.SIDE)
    images, labels = scenes.labelled_streets(150, seed=2, size=ours.SIDE)
    keras.utils.set_random_seed(seed)
    network = ours.street_network()
    ours.train(network, ours.centred(X), Y, 500)
    said = network.predict(ours.centred(images), verbose=0).argmax(axis=-1)
    return {"pixels right": float(np.mean(said == labels)), "mean IoU": float(ours.mean_iou(labels, said, 4))}


def looks(seed: int) -> dict[str, float]:
    import keras

    from dlcourse.data import scenes

    ours = notebook("visualizing")
    X, Y = ours.drawn(scenes.thought_up(4000, seed=1)[:2500])
    images, there = ours.drawn(scenes.thought_up(200, seed=2))
    keras.utils.set_random_seed(seed)
    network = ours.street_network()
    ours.train(network, X, Y, ours.STEPS)
    right = ((network.predict(images, verbose=0) > 0) == there).mean(axis=0)
    return {f"right, {kind}": float(share) for kind, share in zip(scenes.CLASSES, right, strict=True)}


def text(seed: int) -> dict[str, float]:
    ours = notebook("gated_cells")
    parameters = ours.writing_network(say=(), seed=seed)
    x, wanted = ours.pieces(ours.HELD_OUT, np.arange(0, len(ours.HELD_OUT) - 101, 100), 100)
    y = ours.lstm_forward(x, np.zeros((100, x.shape[1])), parameters)[1]
    return {"nats per letter": float(ours.nats(y, wanted)), "the same, two letters counted": float(ours.counted(2))}


FIGURES: dict[str, tuple[str, Callable[[int], dict[str, float]]]] = {
    "names": ("19", names),
    "tags": ("20", tags),
    "sentiment": ("20", sentiment),
    "dates": ("21", dates),
    "beats": ("16", beats),
    "streets": ("12", streets),
    "looks": ("15", looks),
    "text": ("18", text),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures", nargs="*", default=list(FIGURES), metavar="|".join(FIGURES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--again", action="store_true", help="forget what was kept")
    options = parser.parse_args()
    if options.again:
        KEPT.unlink(missing_ok=True)
    for figure in options.figures:
        for seed in map(str, range(options.seeds)):
            if seed not in results().get(figure, {}):
                start = time.process_time()
                found = FIGURES[figure][1](int(seed))
                print(f"{figure}, seed {seed}: {found} ({time.process_time() - start:.0f} s)", flush=True)
                keep(figure, seed, found)
    kept = results()
    table = Table(title="On data that were held out")
    for heading in ("notebook", "what", "median", "worst", "seeds"):
        table.add_column(heading)
    for row in rows({figure: kept[figure] for figure in options.figures if figure in kept}):
        table.add_row(*row)
    Console(width=120).print(table)


def results() -> dict[str, dict[str, dict[str, float]]]:
    """What was found so far: figure, seed, numbers."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def keep(figure: str, seed: str, found: dict[str, float]) -> None:
    """Beside what another run has found meanwhile."""
    kept = results()
    kept.setdefault(figure, {})[seed] = found
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1))


def rows(kept: dict[str, dict[str, dict[str, float]]]) -> Iterator[tuple[str, ...]]:
    """Of a loss the largest is the worst, of a share the smallest."""
    for figure, by_seed in kept.items():
        for what in next(iter(by_seed.values())):
            values = [found[what] for found in by_seed.values()]
            share = "right" in what or "IoU" in what
            numbers = statistics.median(values), min(values) if share else max(values)
            shown = (f"{number:.1%}" if share else f"{number:.3f}" for number in numbers)
            yield (FIGURES[figure][0], what, *shown, str(len(values)))


if __name__ == "__main__":
    main()
