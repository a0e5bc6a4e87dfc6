"""The exercises of notebook 10: boxes, suppression, anchors, targets, the loss, YOLOv2."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook

# they declare their exercises, in the order of the notebook
# isort: off
from dlcourse.checks.yolo import overlap, filtering, suppression, whole_way, anchors, head, loss, networks  # noqa: F401

# isort: on
from dlcourse.checks.yolo.comparing_boxes import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "union",
        "the area of the union of (2, 1, 4, 3) and (1, 2, 3, 4).",
        2 * 2 + 2 * 2 - 1,
        {
            8: "The shared unit is counted twice in the sum of both areas.",
            1: "This is the shared area.",
            9: "This is the box around both; its empty corners belong to neither.",
        },
    ),
    claim(
        "fifth_name",
        "what should stand in the place of hw in [Pc, bx, by, bh, hw]?",
        "bw",
        {
            "hw": "There is no such number: the four are the centre's two and the box's two.",
            "bh": "The height is there already.",
            "bx": "The centre is there already.",
        },
        choices=("bx", "by", "bh", "bw"),
    ),
    claim(
        "height",
        "b_h of a car that is 90 % as wide and half as high as its cell.",
        0.5,
        {0.9: "0.9 is its width.", 0.8: "0.8 is nowhere in the sentence; the car is half as high as its cell."},
    ),
    claim(
        "grid",
        "the cells along a side that are left of 100 pixels after five poolings by 2.",
        100 // 32,
        {
            19: "19 cells need an image of 19 * 32 pixels.",
            4: "Each pooling drops the pixel that is left over: 100, 50, 25, 12, ...",
            3.125: "Cells are whole: each pooling drops the pixel that is left over.",
        },
    ),
    claim(
        "first_yolo",
        "the numbers for each cell of the first YOLO: two boxes, and 20 classes once for the cell.",
        2 * 5 + 20,
        {
            425: "425 belong to five anchors and 80 classes, with classes for each anchor.",
            2 * (5 + 20): "With anchors each box has its own classes; here the cell has them once.",
            5 + 20: "There are two boxes.",
            2 * 4 + 20: "Each box has a confidence too.",
        },
    ),
)
spot_the_mistake.hint("Draw the two boxes of the first claim on squared paper and count.")
spot_the_mistake.hint(
    "A pooling by 2 of 25 pixels gives 12. A box of the first YOLO has four numbers and a confidence."
)
