"""One slip costs one group of cases: which mistakes may cost more, and why.

A group is named for a difficulty, and whoever misses that difficulty loses the group. More than one may be lost where
the plainest cases go wrong already (nothing else can be right then), where the groups are outputs (what is computed
from a wrong output is wrong), where two things are wrong, and for the reasons below.
"""

from __future__ import annotations

from dlcourse.checking.exercise import UNCHANGED, Exercise, Mistake
from dlcourse.checking.report import Report

CHAIN = "The groups are layers, and what is wrong on the way back, or in the step, is wrong in each that follows."
TOGETHER = "A group of its own asks for the difficulties together: it is earned by whoever masters both."
HEADS = "The heads are judged by what the trunk hands them."

HEADS_IN_USE = "Masks and gradients are tried with several heads, as attention is used."

# topic/exercise: reason, and the mistakes for which it holds
REASONS = {
    "attention/multi_head_attention": {
        HEADS_IN_USE: [
            "split-without-transposing",
            "joined-without-transposing",
            "neither-transposed",
            "every-second-column",
            "one-head-only",
            "scaled-by-all-columns",
        ]
    },
    "attention/scaled_dot_product_attention": {
        "Masks, gradients and large scores are tried with leading axes, as attention is used.": ["all-axes-reversed"],
        "Only a masked row sees nothing.": [
            "mask-the-other-way-round",
            "mask-ignored",
            "mask-after-the-softmax",
            "mask-multiplied",
            "mask-added",
        ],
        "The scores of a row that sees nothing are as extreme as they come.": ["exp-overflows"],
    },
    "classic_networks/parameter_share": {
        "Another total and no guard against 0: two things.": ["of-both-kinds-divides-by-zero"]
    },
    "inception/conv_cost": {"Strides and missing borders both make the output smaller.": ["input-size"]},
    "inception/googlenet": {
        HEADS: [
            "average-poolings",
            "4b-and-4c-exchanged",
            "alpha-ignored",
            "rounded",
            "pooled-after-3a",
            "window-too-large",
        ]
    },
    "language_model/sample": {
        "Nothing that is drawn follows from the seed, wherever something is drawn.": ["seed-ignored"],
        "Nothing is drawn, in no step.": ["likeliest"],
    },
    "language_model/sample_with_temperature": {
        "A character that cannot come, and a temperature near 0, show only at temperatures other than 1.": [
            "upside-down",
            "temperature-ignored",
            "squared-root-of-both",
            "one-minus",
        ]
    },
    "localization/localization_loss": {
        TOGETHER: [
            "everywhere",
            "first-example-decides",
            "nothing-costs-nothing",
            "not-averaged",
            "one-for-each",
            "averaged-over-objects",
        ]
    },
    "localization/mixed_loss": {
        TOGETHER: [
            "everywhere",
            "first-example-decides",
            "nothing-costs-nothing",
            "box-everywhere",
            "not-averaged",
            "one-for-each",
        ]
    },
    "mobile/depthwise_conv": {TOGETHER: ["no-padding", "larger-half-first", "stride-not-in-the-window", "no-stride"]},
    "pooling/layer_table": {TOGETHER: ["last-axis-only"]},
    "pooling/train_step": {
        CHAIN: [
            "uphill",
            "not-averaged",
            "nothing-learned",
            "relu-forgotten",
            "second-relu-forgotten",
            "average-on-the-way-back",
            "labels-forgotten",
            "biases-not-learned",
            "dense-only",
            "updated-too-early",
        ]
    },
    "transfer/random_crop": {
        "A window that never comes is missed by chance's count and among the outermost ones.": ["last-place-missing"]
    },
    "visualizing/relu_back": {
        "The groups are the three rules, and one rule for all is wrong for the two others.": [
            "gradient-always",
            "deconvnet-always",
            "only-the-first-rule",
        ],
        "A unit of exactly 0 is off by both rules that ask for Z.": ["at-zero"],
    },
    "yolo/yolo_eval": {
        "max_boxes is handed on as a threshold: the limit and the threshold are lost.": ["options-by-place"]
    },
}


def groups_lost(report: Report) -> tuple[str, ...]:
    """Those that a mistake costs; that inputs are unchanged counts when the rest is right."""
    return tuple(group.name for group in report.groups if not group.passed and group.name != UNCHANGED)


def may_cost_more(exercise: Exercise, mistake: Mistake, lost: tuple[str, ...], report: Report) -> bool:
    named = f"{exercise.topic}/{exercise.name}"
    return (
        exercise.by_output
        or report.groups[0].name in lost
        or mistake.message.startswith("Two things")
        or any(mistake.key in keys for keys in REASONS.get(named, {}).values())
    )
