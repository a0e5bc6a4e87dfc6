"""The exercises of notebook 11: which regions, what they hold, anchors, targets, the loss of three parts, masks."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook

# they declare their exercises
# isort: off
from dlcourse.checks.regions import proposing, cropping, pooling, anchors, targets, masks  # noqa: F401

# isort: on
from dlcourse.checks.regions.proposing import topic

check, hint, solution = notebook.functions(topic)

spot_the_mistake = topic.claims(
    claim(
        "segmentation",
        "which of the family is the first that gives a mask for each object?",
        "Mask R-CNN",
        {
            "R-CNN": "R-CNN segments only to find regions; what comes out are boxes with classes.",
            "Fast R-CNN": "Fast R-CNN gives boxes with classes; no mask yet.",
            "Faster R-CNN": "Faster R-CNN proposes by a network; no mask yet.",
        },
        choices=("R-CNN", "Fast R-CNN", "Faster R-CNN", "Mask R-CNN"),
    ),
    claim(
        "proposals",
        "where does Fast R-CNN find its regions?",
        "image",
        {
            "feature map": "That is Faster R-CNN. Fast R-CNN still runs selective search, and projects its "
            "boxes onto the map.",
            "sliding window": "No window slides: selective search proposes about 2,000 boxes.",
        },
        choices=("image", "feature map", "sliding window"),
    ),
    claim(
        "roi_align",
        "what does RoIAlign give for each region?",
        "features",
        {
            "boxes": "Boxes go in; what comes out is a small map of features for each.",
            "classes": "Classes come from the layers behind it.",
            "masks": "Masks come from the layers behind it.",
        },
        choices=("boxes", "features", "classes", "masks"),
    ),
    claim(
        "mask_head",
        "how many small convolutional networks give the masks of a region, all classes together?",
        1,
        {
            2: "It is one: a few convolutions and a transposed one, with one map for each class at the end.",
            80: "One network has a map for each class at its end.",
        },
    ),
)
spot_the_mistake.hint("Which function of this notebook is each sentence about? What goes into it, and what comes out?")
spot_the_mistake.hint("Selective search looks at pixels. Only Faster R-CNN asks the feature map where to look.")
