"""The exercises of notebook 08: augmentation, transfer learning, ensembles."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.transfer.chance import topic
from dlcourse.checks.transfer.ensembles import ensemble_predict
from dlcourse.checks.transfer.freezing import fine_tune, freeze_base
from dlcourse.checks.transfer.heads import extract_features, replace_head
from dlcourse.checks.transfer.layers import alpaca_model, data_augmenter
from dlcourse.checks.transfer.light import color_shift
from dlcourse.checks.transfer.mirror_images import mirror
from dlcourse.checks.transfer.principal_axes import pca_color_augmentation
from dlcourse.checks.transfer.rubber import local_warp
from dlcourse.checks.transfer.slants import shear
from dlcourse.checks.transfer.ten_crops import ten_crop
from dlcourse.checks.transfer.turns import rotate
from dlcourse.checks.transfer.windows import random_crop

__all__ = [
    "alpaca_model",
    "check",
    "color_shift",
    "data_augmenter",
    "ensemble_predict",
    "extract_features",
    "fine_tune",
    "freeze_base",
    "hint",
    "local_warp",
    "mirror",
    "pca_color_augmentation",
    "random_crop",
    "replace_head",
    "rotate",
    "shear",
    "solution",
    "spot_the_mistake",
    "ten_crop",
]

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "ensemble_gain",
        "how much does an ensemble usually add to the share of right answers?",
        "1 to 2 %",
        {
            "2 %": "That is the upper end: in most cases it is less.",
            "5 to 10 %": "So much would change everything. Look at the curve that you have measured.",
        },
        choices=("1 to 2 %", "2 %", "5 to 10 %"),
    ),
    claim(
        "ensemble_size",
        "how many networks do such ensembles have?",
        "3 to 15",
        {
            "2": "Two are seldom worth it; the gain goes on for some more.",
            "100 or more": "Each costs as much time and memory as the first, and after some fifteen nothing is gained.",
        },
        choices=("2", "3 to 15", "100 or more"),
    ),
    claim(
        "multi_crop",
        "what is multi-crop at test time good for?",
        "benchmarks and competitions",
        {
            "production": "It takes ten times the work for each picture, which a service has to pay for every time.",
            "training": "Random crops are for training; the ten of an image are for answering.",
        },
        choices=("benchmarks and competitions", "production", "training"),
    ),
    claim(
        "freezing",
        "after model.trainable = False, how many of the 2,257,984 weights of MobileNetV2 (without its top) are "
        "trained?",
        0,
        {
            2257984: "This is what is left with `freeze = 0`: an attribute that no layer has, so nothing is frozen.",
            2223872: "This is what is trained when nothing is frozen; 34,112 are moving averages.",
            34112: "These are the moving averages of batch normalisation: no training ever changed them by a gradient.",
        },
    ),
)
spot_the_mistake.hint("The curve under 'Several networks at once' has two of the answers.")
spot_the_mistake.hint("For `multi_crop` ask what ten crops cost; for `freezing` ask a frozen model.")
