"""Answers of notebooks 09, 20 and 21 that an attack found wrongly accepted, wrongly rejected, or wrongly named."""

import numpy as np
import pytest
from solution_functions import functions

from dlcourse import checks, localization
from dlcourse.checking import patterns
from dlcourse.checks.sequences import searching, vectors

SEEDS = range(3)


def reports(topic, name, function):
    with np.errstate(all="ignore"):
        return [checks.run(topic, name, function, seed=seed) for seed in SEEDS]


def keys(topic, name, function):
    found = reports(topic, name, function)
    assert not any(report.passed for report in found)
    return {report.mistake.key if report.mistake else None for report in found}


@pytest.mark.parametrize("wrong", [searching.EVERYTHING, searching.WIDER, searching.NARROWER])
def test_a_beam_of_another_width_is_rejected(wrong):
    assert not any(report.passed for report in reports("sequences", "beam_search", wrong))


@pytest.mark.parametrize(
    ("final", "key"),
    [
        (searching.by_seven_tenths, "alpha-ignored"),
        (searching.by_one, "alpha-ignored"),
        (searching.by_one_more, "length-one-off"),
        (searching.by_one_less, "length-one-off"),
        (searching.by_sum, "no-length"),
        (searching.by_product, "times-length"),
    ],
)
def test_a_beam_that_compares_by_another_length_or_power_is_told_which(final, key):
    assert keys("sequences", "beam_search", searching._beam(final=final)) == {key}


def test_a_beam_that_stops_at_as_many_texts_as_it_is_wide_is_never_judged_by_chance():
    stops = searching._beam(enough=lambda finished, width: len(finished) >= width)
    assert all(report.passed for report in reports("sequences", "beam_search", stops))


def test_a_text_of_another_length_is_no_array_with_a_row_too_many():
    ours = functions("sequences").beam_search
    assert keys("sequences", "beam_search", lambda *args: [0, *ours(*args)]) == {None}


def test_of_two_references_equally_near_the_shorter_one_counts():
    longer = searching._bleu(nearest=lambda c, lengths: min(lengths, key=lambda r: (abs(r - c), -r)))
    assert keys("sequences", "bleu", longer) == {"longer-of-two"}


@pytest.mark.parametrize("more", [1e-9, 1e-8])
def test_a_mean_may_be_guarded_by_a_small_number(more):
    right = lambda a, mask: (a * mask).sum(axis=2) / (mask.sum(axis=1) + more)  # noqa: E731
    assert all(report.passed for report in reports("sequences", "masked_mean", right))


def test_a_mean_may_be_taken_in_float32():
    right = lambda a, mask: (a.astype("f4") * mask).sum(axis=2) / np.maximum(mask.sum(axis=1), 1)  # noqa: E731
    assert all(report.passed for report in reports("sequences", "masked_mean", right))


@pytest.mark.parametrize(
    ("kept", "key"),
    [(lambda best, cosine: best, "best-not-kept"), (lambda best, cosine: cosine, "better-than-the-one-before")],
)
def test_the_best_cosine_is_kept_and_nothing_else(kept, key):
    assert keys("sequences", "complete_analogy", lambda *args: vectors._beginning_anew(*args, kept)) == {key}


def test_a_window_that_is_not_found_is_no_missing_return():
    def turned(maps, scales, size, stride, threshold=0.5):
        best = max(scores.max() for scores in maps)
        return None if best >= threshold else (best, (0.0, 0.0, size, size))

    assert "no-return" not in keys("localization", "best_window", turned)
    assert keys("localization", "best_window", lambda *args: None) == {"no-return"}


def test_the_result_is_written_small_inside_a_sentence():
    key, sentence = patterns.explain("f", None, [[("The result", np.array([1.0, 2.0, 3.0]), np.array([1.0, 0, 3.0]))]])
    assert key == "partly-filled" and sentence.startswith("What is written into the result is right")


def test_corners_stay_fractions():
    def cut(*args):
        found = localization.best_window(*args)
        return found and (found[0], tuple(round(edge) for edge in found[1]))

    assert keys("localization", "best_window", cut) == {"whole-pixels"}


@pytest.mark.parametrize(
    "inside",
    [
        lambda y, x, b: y <= b[2] and x <= b[3],
        lambda y, x, b: b[0] <= y and b[1] <= x,
        lambda y, x, b: b[0] <= int(y) <= b[2] and b[1] <= int(x) <= b[3],
    ],
    ids=["upper bounds only", "lower bounds only", "whole pixels"],
)
def test_a_centre_lies_between_both_edges_of_both_directions(inside):
    def wrong(found, truth):
        both = [(f, t) for f, t in zip(found, truth, strict=True) if f is not None and t is not None]
        right = sum(bool(inside((f[0] + f[2]) / 2, (f[1] + f[3]) / 2, t)) for f, t in both)
        there, said = (sum(box is not None for box in boxes) for boxes in (truth, found))
        return right / there if there else 1.0, right / said if said else 1.0

    assert keys("localization", "score_detections", wrong) == {None}


def test_windows_may_be_looked_at_in_tensorflow():
    import tensorflow as tf

    def right(network, image):
        A = image[np.newaxis]
        for number, (kind, first, *rest) in enumerate(network):
            if kind == "pool":
                A = tf.nn.max_pool2d(A, first, first, "VALID").numpy()
                continue
            if kind == "dense":
                side = round((len(first) / A.shape[-1]) ** 0.5)
                first = first.reshape(side, side, A.shape[-1], -1)
            A = tf.nn.conv2d(A, first.astype(A.dtype), 1, "VALID").numpy() + rest[0].ravel()
            A = np.maximum(A, 0) if number < len(network) - 1 else A
        return A[0]

    assert all(report.passed for report in reports("localization", "conv_sliding_windows", right))


def test_gradients_of_attention_may_be_computed_in_float32():
    from dlcourse import attention

    def right(*args):
        return [np.float64(1) * part for part in attention.attention_backward(*(arg.astype("f4") for arg in args))]

    assert all(report.passed for report in reports("attention", "attention_backward", right))


def test_a_context_with_its_weights_is_told_by_what_was_asked_for():
    from dlcourse import attention

    def both(a, s_prev, layers):
        return attention.one_step_attention(a, s_prev, layers), s_prev

    report = checks.run("attention", "one_step_attention", both)
    assert not report.passed and report.mistake is None
    assert report.failures[0].message == "one_step_attention must return the context, an array (m, 1, 2 n_a)."
