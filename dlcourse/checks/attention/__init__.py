"""The exercises of notebook 21: attention, masks, positions, and the layers of a Transformer."""

from __future__ import annotations

from dlcourse.checking.exercise import claim
from dlcourse.checking.panel import notebook
from dlcourse.checks.attention import aligning, backwards, counting, heads, layers, looking, places  # noqa: F401  (they declare their exercises)
from dlcourse.checks.attention.parts import topic

check, hint, solution = notebook.functions(topic)

_BASE = 4 * (512 + 1) * 512

spot_the_mistake = topic.claims(
    claim(
        "parameters",
        "how many numbers does the attention of one layer learn, with 512 columns and 8 heads?",
        _BASE,
        {
            0: "The formula softmax(q k^T / sqrt(d_k)) v has no parameters. But q, k and v come from maps that learn, "
            "and so does what joins the heads.",
            4 * 512 * 512: "These are the weights; each of the four maps has 512 biases besides.",
            3 * 513 * 512: "These are the maps for queries, keys and values; one more joins the heads.",
            8 * _BASE: "The heads share the 512 columns: eight heads of 64 columns learn no more than one of 512.",
        },
    ),
    claim(
        "looks_at_itself",
        "up to which position may position t of the decoder's input look?",
        "t",
        {
            "t - 1": "The decoder's input is one behind: at position t stands the token *before* the one to predict, "
            "and that is known.",
            "t + 1": "There stands the token that position t has to predict: it would be copied, and nothing learned.",
            "all": "Then the token to predict would be copied, and when the decoder writes by itself there is nothing "
            "to copy.",
        },
        choices=("t - 1", "t", "t + 1", "all"),
    ),
    claim(
        "order",
        "what happens to the output of an encoder layer without positions if its input's tokens change places?",
        "permuted",
        {
            "unchanged": "Each token keeps its own output, and goes with it to its new place.",
            "different": "The weights go with the tokens: nothing but the places changes.",
        },
        choices=("unchanged", "permuted", "different"),
    ),
    claim(
        "scale",
        "q and k hold 64 independent numbers each, of mean 0 and variance 1. What is the standard deviation of q . k?",
        8,
        {
            64: "This is the variance: 64 products of variance 1. The standard deviation is its root.",
            1: "This is what it is after the division by the root of d_k.",
        },
    ),
    claim(
        "distance",
        "through how many layers must what the first of 30 tokens says go to reach the last, in a Transformer?",
        1,
        {
            30: "So it is in a recurrent network, step after step. Attention looks anywhere at once.",
            29: "So many steps lie between the two in a recurrent network. Attention looks anywhere at once.",
        },
    ),
)
spot_the_mistake.hint("For `parameters` your encoder_parameters has a part that is the answer.")
spot_the_mistake.hint(
    "For `looks_at_itself` write down what goes into the decoder, and what should come out, one above the other."
)
