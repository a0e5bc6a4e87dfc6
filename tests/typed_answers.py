"""Wrong answers that are typed into each notebook, and how the sentence begins that must stand under the check.

The answers themselves are those of `tests/checks/typed_mistakes`, as learners write them.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests" / "checks"))

# notebook: exercise, key of the slip, how the sentence begins
TABLE = {
    "01_convolution": [
        ("zero_pad", "channels-padded", "The channels are padded too"),
        ("conv_output_size", "precedence", "Only f is divided by the stride"),
        ("same_padding", "larger-half-first", "Where the total is odd, the extra pixel goes after"),
        (
            "conv_single_step",
            "float-of-an-array",
            "float(...) takes the number out of an array only if the array has no axes",
        ),
        ("conv_parameters", "one-bias", "One bias is counted for the whole layer"),
    ],
    "02_pooling": [
        ("pool_forward", "across-channels", "The window goes through all channels at once"),
        (
            "create_mask_from_window",
            "truth-of-an-array",
            "Python's `if`, `and`, `max` and `min` want one truth or number",
        ),
        ("distribute_value", "precedence", "dz / n_H * n_W divides by n_H and multiplies by n_W"),
        ("layer_table", "channels-left-out", "A filter has f * f weights for each channel of what comes in"),
        ("pool_forward", "stride-not-in-the-window", "The output has the right size, but the windows still move by 1"),
    ],
    "03_keras_models": [
        ("happyModel", "no-padding", "The border of 3 around the image is missing"),
        ("convolutional_model", "no-softmax", "The last layer has no activation, so its outputs are no probabilities"),
        ("save_and_restore", "not-loaded", "The file is there, but what comes back is the model that was given"),
        (
            "happyModel",
            "no-batch-norm+no-sigmoid",
            "Two things. There is no BatchNormalization between the convolution and the ReLU.",
        ),
        ("convolutional_model", "layer-not-called", "A layer stands in this line where a tensor is wanted"),
    ],
    "05_residual": [
        ("identity_block", "no-shortcut", "The input is never added to the result of the main path"),
        ("convolutional_block", "projection-without-stride", "The convolution on the shortcut has no stride"),
        ("basic_block", "always-projected", "The shortcut always goes through a convolution"),
        ("dense_block", "new-first", "New channels are put in front"),
        ("transition_layer", "max-pooling", "This is max pooling; a transition takes the average"),
    ],
    "09_localization": [
        (
            "encode_target",
            "width-before-height",
            "Height and width are exchanged: the order is p_c, b_x, b_y, b_h, b_w",
        ),
        ("landmark_target", "y-first", "Each point's y comes before its x"),
        ("mirror_landmarks", "one-overwritten", "Both landmarks of a pair hold the same point"),
        ("sliding_windows", "last-window-missing", "The last window of each row and column is missing"),
        ("window_and_stride", "begins-at-zero", "The window is one pixel too small"),
    ],
    "10_yolo": [
        ("iou", "absolute-for-maximum", "abs() turns a negative side into a positive one"),
        ("yolo_filter_boxes", "another-axis", "The best class is looked for along another axis"),
        ("yolo_boxes_to_corners", "not-halved", "The whole width and height are taken to both sides of the centre"),
        ("decode_head", "nothing-divided", "Centres and sizes are still in cells"),
        ("space_to_depth", "columns-first", "The pixels of a square come column by column"),
    ],
    "11_regions": [
        ("warp_regions", "corners-for-centres", "A pixel takes the colour at its upper left corner"),
        ("roi_pool", "last-edge-down", "The end of a region is rounded down, and its last cells are lost"),
        ("bilinear", "no-half", "Cell i has its centre at i + 0.5, and here at i"),
        ("encode_boxes", "no-logarithm", "t_w and t_h are the ratios themselves"),
        ("generate_anchors", "no-root", "h = scale * ratio and w = scale / ratio"),
    ],
    "13_faces": [
        ("triplet_loss", "margin-added-once", "The margin is added once to the sum over the batch"),
        ("batch_hard_triplets", "itself-as-positive", "A picture is taken for its own positive"),
        ("semi_hard_triplets", "every-negative", "Each allowed negative makes a triplet"),
        ("verify", "results-exchanged", "The results are right, and come back in another order"),
        ("chi_square", "brackets-missing", "Without brackets only the first feature stands below the line"),
    ],
    "14_style": [
        ("compute_content_cost", "brackets-missing", "Without brackets only the 4 stands below the line"),
        ("gram_matrix", "not-transposed", "A is multiplied by itself as it is"),
        ("compute_layer_style_cost", "no-gram", "The activations themselves are compared, without Gram matrices"),
        ("total_cost", "defaults-exchanged", "Where no weights are given, 40 is taken for alpha and 10 for beta"),
        ("train_step", "outside-the-tape", "The tape has not seen how the cost came from the image"),
    ],
    "15_visualizing": [
        ("receptive_field", "own-stride", "A layer's own stride is counted in its own step"),
        ("first_layer_filters", "filters-last", "The filters are on the last axis still"),
        ("occlusion_map", "stays-covered", "What was covered stays covered"),
        ("saliency", "abs-last", "abs stands outside of the maximum"),
        ("unpool", "first-channel-s-switches", "All channels follow the switches of channel 0"),
    ],
    "16_dimensions": [
        ("layer_in_numbers", "padding-once", "The padding is counted once; it lies at both ends"),
        ("steps_seen", "f-times-dilation", "A filter of f steps has f - 1 gaps between them, not f"),
        ("conv1d_forward", "bias-in-the-sum", "The bias is added to every product before the sum; it is added once"),
        ("conv1d_backward", "dW-overwritten", "dW keeps only the last window's share"),
        ("causal_conv1d", "looks-ahead", "The output looks ahead"),
    ],
    "17_recurrent": [
        ("rnn_cell_forward", "no-tanh", "The hidden state is the weighted sum itself"),
        ("stack_weights", "below-each-other", "The matrices are put one below the other"),
        ("sequence_loss", "no-minus", "The sign is missing"),
        ("rnn_cell_backward", "slope-without-brackets", "The brackets are missing: 1 - a_next² comes first"),
        ("gradient_through_time", "no-slope", "Only Waa is multiplied; each step also has the slope of tanh"),
    ],
    "18_gated_cells": [
        ("gru_cell_forward", "update-gate-turned-round", "The update gate is the wrong way round"),
        ("gru_cell_backward", "slope-without-brackets", "The brackets of a slope are missing"),
        ("lstm_cell_forward", "forget-and-input-exchanged", "The forget gate and the input gate are exchanged"),
        ("lstm_cell_forward", "sigmoid-for-the-candidate", "The candidate"),
        ("gru_cell_forward", "not-stacked", "The weights are as wide as a_prev and xt together"),
    ],
    "19_language_model": [
        ("sequence_probability", "sum", "The probabilities are added; by the chain rule they are multiplied"),
        ("perplexity", "no-exponential", "This is the mean loss; the perplexity is np.exp of it"),
        ("clip", "misses-dby", "dby is not clipped; the others are"),
        ("clip_by_norm", "sum-of-norms", "The norms of the gradients are added; their squares are"),
        ("top_k", "not-divided", "What is left doesn't add up to 1"),
    ],
    "20_sequences": [
        ("masked_mean", "divided-by-all-steps", "The sum leaves the padding out, but it is divided by T"),
        ("masked_loss", "divided-by-the-sentences", "The sum is divided by the number of sentences"),
        ("neutralize", "norm-not-squared", "The part along g is divided by ||g||; it is ||g||^2"),
        ("equalize", "norm-element-by-element", "The norm under e_B - mu_B is read element by element"),
        ("beam_search", "times-length", "The sum is multiplied by T ** alpha; it is divided"),
    ],
    "21_attention": [
        (
            "scaled_dot_product_attention",
            "d_v-for-d_k",
            "The scores are divided by the root of the depth of the values",
        ),
        ("attention_backward", "sum-over-queries", "The sum on the way through the softmax runs along another axis"),
        ("look_ahead_mask", "not-itself", "No position may look at itself"),
        ("positional_encoding", "a-frequency-for-each-column", "Every column has a frequency of its own"),
        ("encoder_parameters", "three-maps", "The attention has four maps"),
    ],
}


def answer(notebook: str, exercise: str, key: str) -> str:
    """The text of a wrong function, under the name that the notebook asks for."""
    topic = notebook.partition("_")[2]
    typed = importlib.import_module(f"typed_mistakes.{topic}")
    return next(slip.source for slip in typed.SLIPS if (slip.name, slip.key, slip.helper) == (exercise, key, ""))
