#: You write: masks, networks that read both ways, tagging, sentiment, word vectors, debiasing, beam search, BLEU
#: Applied to: names that no network has seen, reviews, a small world of words

# %% [markdown]
# # Sentences both ways, and what words mean
#
# Is *Teddy* a name? In *Teddy Roosevelt was president* it is, in *Teddy bears are on sale* it is not. Nobody
# can tell at the first word; what comes after it decides. So in this notebook a network reads from both ends,
# and you teach it to find names that it has never met, and to tell praise from blame.
#
# Sentences differ in length, and a batch of them is filled up with **padding**. It looks harmless. You will
# measure what it does to a mean, to a loss, to a last state and to the way back, and then take it out. Then
# words become vectors, learned from nothing but their neighbours, and you take a prejudice out of them. At last you
# search for the likeliest text.
#
# **Stands on** notebooks 17 and 19. **Takes** about an hour and a half to read and four hours to do.

# %% setup
from functools import cache

import numpy as np

from dlcourse.checks.sequences import check, hint, solution
from dlcourse.data import sentences
from dlcourse.figures import plots
from dlcourse.figures import sequences as plots_sequences
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.recurrent import Adam, sigmoid
from dlcourse.widgets.sequences import explore_sentence

# %% demo
plots_sequences.show_network(
    ["teddy", "bears", "are", "on", "sale"],
    ["?", "0", "0", "0", "0"],
    start="a⟨0⟩",
    caption="The network of notebook 17 at its first word. Nothing has been read that could tell it"
    " whether this is a name: the arrows run one way only.",
)

# %% [markdown]
# ## With padding, and what it does
#
# A network reads many sentences at once, in an array of the shape $(n_x, m, T)$: $m$ sentences of $T$ steps. The
# longest one decides $T$; behind the others stand zeros, the **padding**.
#
# A **mask** of shape $(m, T)$ says what is what: `True` at words, `False` at padding.

# %% demo
show_table(
    ["", "0", "1", "2", "3"],
    [
        ("sentence 0", "apples", "are", "cheap", "today"),
        ("its mask", "True", "True", "True", "True"),
        ("sentence 1", "ann", "laughs", "(padding)", "(padding)"),
        ("its mask", "True", "True", "False", "False"),
    ],
    "Two sentences of four and two words in one batch of four steps, and their mask.",
)

# %% [markdown]
# ### Exercise: padding_mask
#
# `lengths` says how many words each sentence has. Return the mask as an array of shape `(m, T)`. A sentence may
# have no words at all.


# %% exercise="padding_mask"
def padding_mask(lengths, T):
    """True at the words of each sentence, False at the padding behind them.

    lengths holds m whole numbers between 0 and T. Returns an array (m, T).
    """
    ### BEGIN SOLUTION
    mask = np.zeros((len(lengths), T), dtype=bool)
    for i, length in enumerate(lengths):
        mask[i, :length] = True
    return mask
    ### END SOLUTION


# %% check="padding_mask" points=2

# %% [markdown]
# Does padding matter? Zeros go in, but a network makes something of them: $a^{⟨t⟩} = \tanh(W_{aa} a^{⟨t-1⟩} +
# W_{ax} \cdot 0 + b_a)$ is not zero. The cell below is that of notebook 17, without its output.


# %%
def read(x, parameters):
    """The hidden states of a plain cell that reads from the first step on: (n_a, m, T).

    x has shape (n_x, m, T); parameters holds Wax (n_a, n_x), Waa (n_a, n_a) and ba (n_a, 1).
    """
    a = np.zeros((len(parameters["ba"]), *x.shape[1:]))
    a_prev = np.zeros_like(a[:, :, 0])
    for t in range(x.shape[2]):
        z = parameters["Waa"] @ a_prev + parameters["Wax"] @ x[:, :, t] + parameters["ba"]
        a_prev = a[:, :, t] = np.tanh(z)
    return a


def new_cell(rng, n_a, n_x):
    """Weights of a cell before it has learned anything."""
    return {
        "Wax": 0.3 * rng.normal(size=(n_a, n_x)),
        "Waa": 0.5 * rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "ba": np.zeros((n_a, 1)),
    }


def padded(x, more):
    """The same sentences with so many more steps of zeros."""
    return np.concatenate([x, np.zeros((*x.shape[:2], more))], axis=2)


# %% [markdown]
# Take one sentence of five words, once as it is and once with more and more padding. **Predict.** Will the mean of its
# hidden states go to 0? And how much of the words will be left in the last state after 20 steps of padding?

# %% demo
rng = np.random.default_rng(1)
x = rng.normal(size=(4, 1, 5))
some_cell = new_cell(rng, 3, 4) | {"ba": rng.normal(size=(3, 1))}
rows = []
for more in (0, 1, 3, 20):
    a = read(padded(x, more), some_cell)
    rows.append((more, f"{a.mean(axis=2)[0, 0]:.3f}", f"{a[0, 0, -1]:.3f}"))
show_table(
    ["steps of padding", "plain mean of unit 0", "last state of unit 0"],
    rows,
    "One and the same sentence (in a cell with biases, as training leaves them). The mean drifts away to"
    " what the network makes of nothing, and the last state forgets the words.",
)

# %% [markdown]
# So the same sentence means something else in another batch. With the mask, a mean counts words only:
#
# $$\bar a_i = \frac{\sum_t \text{mask}_{i,t}\; a_i^{⟨t⟩}}{\sum_t \text{mask}_{i,t}}$$
#
# A sentence without any words would be $0/0$, which is `nan`; and one `nan` spoils the loss of the whole batch, and
# with the next step all weights. Its mean shall be zeros.
#
# ### Exercise: masked_mean
#
# Return the mean of `a` over the words of each sentence, an array of shape `(n, m)`; zeros for a sentence without
# words. The mask may hold `True` and `False`, or 1 and 0.


# %% exercise="masked_mean"
def masked_mean(a, mask):
    """The mean over the words of each sentence, without the padding.

    a has shape (n, m, T), mask has shape (m, T). Returns an array (n, m).
    """
    ### BEGIN SOLUTION
    sums = np.sum(a * mask, axis=2)
    counts = np.sum(mask, axis=1)
    return sums / np.maximum(counts, 1)
    ### END SOLUTION


# %% check="masked_mean" points=3

# %% example
with attempt():
    rows = []
    for more in (0, 1, 3, 20):
        a = read(padded(x, more), some_cell)
        mean = masked_mean(a, padding_mask([5], 5 + more))
        rows.append((more, f"{a.mean(axis=2)[0, 0]:.3f}", f"{mean[0, 0]:.3f}"))
    show_table(
        ["steps of padding", "plain mean of unit 0", "your masked mean of unit 0"],
        rows,
        "With the mask, padding changes nothing.",
    )

# %% [markdown]
# The **loss** has the same illness. The padding has no label, and whatever the network says of it must not count.
# Otherwise a batch with much padding looks better than it is: padding is easy. With labels of 0 and 1,
# the loss of a word is that of notebook 17, and the loss of a batch is the mean over *all its words*:
#
# $$\mathcal L = \frac{\sum_{i,t} \text{mask}_{i,t}\,\bigl(-y \log \hat y - (1 - y)\log(1 - \hat y)\bigr)_i^{⟨t⟩}}
#   {\sum_{i,t} \text{mask}_{i,t}}$$
#
# ### Exercise: masked_loss
#
# `y_hat` and `y` have the shape `(n_y, m, T)`. If there are several labels for each word, their losses add up; the sum is
# divided by the number of words, not of labels. Where `y_hat` is exactly 0 or 1 at the padding, the loss there may be
# infinite or `nan`; it must not get into the result, and $0 \cdot \infty$ is `nan`.


# %% exercise="masked_loss"
def masked_loss(y_hat, y, mask):
    """The loss of all words, divided by their number; the padding has no loss.

    y_hat holds probabilities, y holds 0 and 1, both of shape (n_y, m, T); mask has shape (m, T).
    Returns a number.
    """
    ### BEGIN SOLUTION
    words = mask.astype(bool)
    y_hat, y = y_hat[:, words], y[:, words]  # (n_y, number of words)
    losses = -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)
    return np.sum(losses) / np.sum(words)
    ### END SOLUTION


# %% check="masked_loss" points=3

# %% example
with attempt():
    y = np.array([[[1.0, 0.0, 1.0]]])
    y_hat = np.array([[[0.6, 0.3, 0.5]]])
    rows = []
    for more in (0, 3, 9):
        zeros, sure = np.zeros((1, 1, more)), np.full((1, 1, more), 0.01)
        y_padded, y_hat_padded = (
            np.append(y, zeros, axis=2),
            np.append(y_hat, sure, axis=2),
        )
        everything = masked_loss(
            y_hat_padded, y_padded, np.ones((1, 3 + more), dtype=bool)
        )
        words = masked_loss(y_hat_padded, y_padded, padding_mask([3], 3 + more))
        rows.append((more, f"{everything:.3f}", f"{words:.3f}"))
    show_table(
        ["steps of padding", "loss with the padding", "loss of the words"],
        rows,
        "A network that is right about the padding seems to become better and better.",
    )

# %% [markdown]
# ## Both directions
#
# A **bidirectional** network has two cells. The first one reads from the first word on, the second from the last word
# on, with weights of its own. At each word, the two states are put one below the other:
#
# $$\overrightarrow a^{⟨t⟩} = \tanh\bigl(\overrightarrow W_{aa} \overrightarrow a^{⟨t-1⟩} + \overrightarrow W_{ax} x^{⟨t⟩}
#   + \overrightarrow b_a\bigr) \qquad
#   \overleftarrow a^{⟨t⟩} = \tanh\bigl(\overleftarrow W_{aa} \overleftarrow a^{⟨t+1⟩} + \overleftarrow W_{ax} x^{⟨t⟩}
#   + \overleftarrow b_a\bigr) \qquad
#   a^{⟨t⟩} = \begin{bmatrix} \overrightarrow a^{⟨t⟩} \\ \overleftarrow a^{⟨t⟩} \end{bmatrix}$$
#
# So $a^{⟨t⟩}$ knows the word $t$, all that came before it, and all that comes after. The price: nothing can be said before
# the sentence has ended.
#
# No second kind of cell is needed. `read` reads from the first step to the last. Give it the words in reverse order,
# and turn its states round again, so that each stands at its own word.
#
# ## Padding and the way back
#
# Here padding does the most harm. In reverse order it comes *first*, and the backward cell has read it all before it
# sees the last word. So only the words may be turned round, sentence by sentence, and the padding stays behind
# them:

# %% demo
show_table(
    ["", "0", "1", "2", "3"],
    [
        ("a sentence", "my", "friend", "ann", "(padding)"),
        ("everything turned round", "(padding)", "ann", "friend", "my"),
        ("the words turned round", "ann", "friend", "my", "(padding)"),
    ],
    "Two ways to turn a sentence round. Only the second one begins with a word.",
)

# %% [markdown]
# ### Exercise: reverse_sentences
#
# Return an array of the shape of `x` in which the words of each sentence stand in reverse order. What stands at the
# padding does not matter.


# %% exercise="reverse_sentences"
def reverse_sentences(x, mask):
    """The words of each sentence from the last to the first; the padding stays behind them.

    x has shape (n, m, T), mask has shape (m, T), with the words first. Returns an array (n, m, T).
    """
    ### BEGIN SOLUTION
    reversed_x = x.copy()
    for i in range(x.shape[1]):
        length = int(np.sum(mask[i]))
        reversed_x[:, i, :length] = x[:, i, :length][:, ::-1]
    return reversed_x
    ### END SOLUTION


# %% check="reverse_sentences" points=2

# %% [markdown]
# ### Exercise: bidirectional_forward
#
# `forward` and `backward` hold the weights of the two cells, as `read` takes them. Return the states of both, the
# forward ones on top, of shape `(2 n_a, m, T)`. Without a mask there is no padding. With one, the words must come out as if each
# sentence had been read alone; at the padding, anything may stand. Use `read` and your `reverse_sentences`.


# %% exercise="bidirectional_forward"
def bidirectional_forward(x, forward, backward, mask=None):
    """The states of two cells, one that reads from the first word and one that reads from the last.

    x has shape (n_x, m, T); mask (m, T) or None. Returns an array (2 n_a, m, T).
    """
    ### BEGIN SOLUTION
    if mask is None:
        mask = np.ones(x.shape[1:], dtype=bool)
    from_the_first = read(x, forward)
    from_the_last = reverse_sentences(read(reverse_sentences(x, mask), backward), mask)
    return np.concatenate([from_the_first, from_the_last], axis=0)
    ### END SOLUTION


# %% check="bidirectional_forward" points=5

# %% [markdown]
# Now both directions on your own functions, once without the mask and once with it.
# **Predict.** Without the mask: at which of the five words does padding change the backward state most, the first or the last?

# %% demo
with attempt():
    rng = np.random.default_rng(2)
    backward_cell = new_cell(rng, 3, 4) | {"ba": rng.normal(size=(3, 1))}
    alone = bidirectional_forward(x, some_cell, backward_cell)
    rows = []
    for more in (1, 3, 20):
        mask = padding_mask([5], 5 + more)
        for words, given in (("no mask", None), ("mask", mask)):
            a = bidirectional_forward(padded(x, more), some_cell, backward_cell, given)
            change = np.abs(a[:, :, :5] - alone).max(axis=1)
            rows.append(
                (
                    more,
                    words,
                    f"{change[:3].max():.3f}",
                    f"{change[3:, 0].max():.3f}",
                    f"{change[3:, 4].max():.3f}",
                )
            )
    show_table(
        ["padding", "", "forward", "backward, first word", "backward, last word"],
        rows,
        "How much padding changes the states of a sentence of five words (the largest change of"
        " any unit). The forward direction reads the padding last, and it changes no word. The backward"
        " direction reads it first, and its last word suffers most.",
    )

# %% [markdown]
# ## Names in sentences
#
# Each word gets a label, 1 if it is part of somebody's name and 0 if not: **many to many**. The sentence of notebook 17 has
# these:

# %% demo
show_table(
    ["Harry", "Potter", "and", "Hermione", "Granger", "invented", "a", "new", "spell"],
    [("1", "1", "0", "1", "1", "0", "0", "0", "0")],
)

# %% [markdown]
# ### Exercise: tag_sequence
#
# `parameters` holds the weights of both cells under `"forward"` and `"backward"`, and `Wya` of shape `(n_y, 2 n_a)` and
# `by` of shape `(n_y, 1)`. Return $\hat y^{⟨t⟩} = \sigma(W_{ya} a^{⟨t⟩} + b_y)$ for all words, an array of shape
# `(n_y, m, T)`. `sigmoid` is given.


# %% exercise="tag_sequence"
def tag_sequence(x, parameters, mask):
    """A probability for each label of each word.

    x has shape (n_x, m, T), mask has shape (m, T). Returns an array (n_y, m, T).
    """
    ### BEGIN SOLUTION
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    n_y, m, T = len(parameters["by"]), x.shape[1], x.shape[2]
    y_hat = np.zeros((n_y, m, T))
    for t in range(T):
        y_hat[:, :, t] = sigmoid(parameters["Wya"] @ a[:, :, t] + parameters["by"])
    return y_hat
    ### END SOLUTION


# %% check="tag_sequence" points=3

# %% [markdown]
# ### What you have just built
#
# It can learn. No labelled text ships with this course, so the sentences are made from patterns, such as *mr {name}
# wrote about {thing}*. Held out are every fifth name, every fifth thing, and every fourth pattern: the test has
# *none* of the names and none of the patterns that the network learns from. (If only sentences were held out, it could
# learn a list of names by heart.)
#
# A name that was never seen is `<UNK>` to the network, and so is a thing. While it learns, half of the names and things,
# drawn anew each time, are hidden too, so `<UNK>` by itself says nothing: what is around it has to tell.

# %%
LEARNED_FROM = sentences.tagged_sentences(np.random.default_rng(0), 2000)
HELD_OUT = sentences.tagged_sentences(np.random.default_rng(1), 500, held_out=True)
HIDDEN = {word for words in sentences.slot_words() for word in words}


def vocabulary_of(examples):
    """The index of each word, 0 for words that are not known."""
    words = {word for text, _ in examples for word in text} | {sentences.UNKNOWN}
    return {word: ix for ix, word in enumerate(sorted(words))}


def to_arrays(texts, vocabulary):
    """One-hot columns (n_x, m, T) of sentences of different lengths, and their mask."""
    lengths = [len(text) for text in texts]
    x = np.zeros((len(vocabulary), len(texts), max(lengths)))
    for i, text in enumerate(texts):
        for t, word in enumerate(text):
            x[vocabulary.get(word, vocabulary[sentences.UNKNOWN]), i, t] = 1
    return x, padding_mask(lengths, max(lengths))


def labels_of(all_labels, T):
    """Labels (1, m, T) of sentences of different lengths, with zeros at the padding."""
    return np.array(
        [[labels + [0] * (T - len(labels)) for labels in all_labels]], dtype=float
    )


# %% demo
for text, labels in HELD_OUT[:5]:
    print(" ".join(word.upper() if label else word for word, label in zip(text, labels)))

# %% [markdown]
# The way back is that of notebook 17, once for each direction. What reaches the backward cell is turned round, like its
# words.


# %%
def read_back(da, a, x, parameters):
    """Gradients of a cell's weights, from those of its states; all arrays (..., m, T)."""
    gradients = {f"d{name}": np.zeros_like(value) for name, value in parameters.items()}
    da_next = np.zeros_like(da[:, :, 0])
    for t in reversed(range(x.shape[2])):
        dz = (1 - a[:, :, t] ** 2) * (da[:, :, t] + da_next)
        a_prev = a[:, :, t - 1] if t > 0 else np.zeros_like(dz)
        gradients["dWax"] += dz @ x[:, :, t].T
        gradients["dWaa"] += dz @ a_prev.T
        gradients["dba"] += dz.sum(axis=1, keepdims=True)
        da_next = parameters["Waa"].T @ dz
    return gradients


def all_gradients(x, mask, parameters, dz_forward, dz_backward):
    """Gradients of all weights. dz_... (n_y, m, T) say how the loss depends on what each direction
    adds to the scores of each word."""
    a = (
        bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
        * mask
    )
    n_a = len(a) // 2
    Wya, sums = parameters["Wya"], {"axes": ([1, 2], [1, 2])}
    da_forward = np.tensordot(Wya[:, :n_a].T, dz_forward, axes=1)
    da_backward = np.tensordot(Wya[:, n_a:].T, dz_backward, axes=1)
    turned = [reverse_sentences(array, mask) for array in (da_backward, a[n_a:], x)]
    dWya = [
        np.tensordot(dz_forward, a[:n_a], **sums),
        np.tensordot(dz_backward, a[n_a:], **sums),
    ]
    return {
        "forward": read_back(da_forward, a[:n_a], x, parameters["forward"]),
        "backward": read_back(*turned, parameters["backward"]),
        "output": {
            "dWya": np.concatenate(dWya, axis=1),
            "dby": dz_forward.sum(axis=(1, 2)).reshape(-1, 1),
        },
    }


def new_network(rng, n_x, n_a=24):
    output = {"Wya": 0.1 * rng.normal(size=(1, 2 * n_a)), "by": np.zeros((1, 1))}
    cells = {name: new_cell(rng, n_a, n_x) for name in ("forward", "backward")}
    return cells | output, output


# %% [markdown]
# The loop that trains: draw 32 sentences, hide some words, tag, compare, go back, take a step. With `both=False` the backward
# direction is kept silent, for a comparison.


# %%
def learn_tags(both=True, seed=0, steps=500, learning_rate=0.01, examples=LEARNED_FROM):
    rng = np.random.default_rng(seed)
    vocabulary = vocabulary_of(LEARNED_FROM)
    parameters, output = new_network(rng, len(vocabulary))
    optimizers = {
        name: Adam(parameters[name], learning_rate) for name in ("forward", "backward")
    }
    optimizers["output"] = Adam(output, learning_rate)
    curves = LearningCurves(steps // 25, "25 steps", "loss of a word")
    for step in range(steps):
        batch = [examples[int(i)] for i in rng.integers(len(examples), size=32)]
        texts = [
            [
                sentences.UNKNOWN if word in HIDDEN and rng.random() < 0.5 else word
                for word in text
            ]
            for text, _ in batch
        ]
        x, mask = to_arrays(texts, vocabulary)
        y = labels_of([labels for _, labels in batch], x.shape[2])
        if not both:
            output["Wya"][:, output["Wya"].shape[1] // 2 :] = 0
        y_hat = tag_sequence(x, parameters, mask)
        if step % 25 == 24:
            curves.add(
                "both directions" if both else "forward only", masked_loss(y_hat, y, mask)
            )
        dz = (y_hat - y) * mask / np.sum(mask)
        for name, gradients in all_gradients(x, mask, parameters, dz, dz).items():
            optimizers[name].learning_rate = learning_rate * (
                1 if step < 0.7 * steps else 0.3
            )
            optimizers[name].step(gradients)
    if not both:
        output["Wya"][:, output["Wya"].shape[1] // 2 :] = 0
    return parameters, vocabulary


# %% [markdown]
# First, as always, a handful by heart: eight sentences, 75 steps.

# %% example
with attempt():
    few = LEARNED_FROM[:8]
    parameters, vocabulary = learn_tags(steps=75, examples=few)
    x, mask = to_arrays([text for text, _ in few], vocabulary)
    y = labels_of([labels for _, labels in few], x.shape[2])
    loss = masked_loss(tag_sequence(x, parameters, mask), y, mask)
    print(f"loss of a word after 75 steps on eight sentences: {loss:.3f}")

# %% [markdown]
# Then all 2,000, once with both directions and once with the forward one only. **Predict.** Of a hundred words, how many
# will the forward direction alone get right? And of a hundred unknown first words?


# %%
@cache  # the training runs once; after that, the same network is given back
def tagger(both):
    return learn_tags(both)


def tagged(network, examples):
    """Whether each word's label is right, (m, T), the mask, and which words are unknown."""
    parameters, vocabulary = network
    x, mask = to_arrays([text for text, _ in examples], vocabulary)
    y = labels_of([labels for _, labels in examples], x.shape[2])
    right = (tag_sequence(x, parameters, mask) > 0.5) == y
    unknown = (x[vocabulary[sentences.UNKNOWN]] == 1) & mask
    return right[0], mask, unknown


# %% example
with attempt():
    rows = []
    for words, both in (("forward only", False), ("both directions", True)):
        right, mask, unknown = tagged(tagger(both), HELD_OUT)
        whole = (right | ~mask).all(axis=1)
        first = unknown[:, 0]
        rows.append(
            (
                words,
                f"{right[mask].mean():.1%}",
                f"{right[unknown].mean():.1%}",
                f"{right[first, 0].mean():.1%}",
                f"{whole.mean():.1%}",
            )
        )
    show_table(
        ["", "words", "unknown words", "unknown first words", "whole sentences"],
        rows,
        "Right answers on 500 sentences with names, things and patterns that were never learned from."
        " With ten seeds, both directions had 99.7 to 100 % of the words right, the forward one"
        " alone 95.3 to 96.0 %.",
    )

# %% [markdown]
# The first word is where one direction has to guess. And the sentence of notebook 17, of which the network knows just
# four words:

# %% example
with attempt():
    parameters, vocabulary = tagger(True)
    text = "harry potter and hermione granger invented a new spell".split()
    x, mask = to_arrays([text], vocabulary)
    y_hat = tag_sequence(x, parameters, mask)
    known = ["yes" if word in vocabulary else "no" for word in text]
    rows = [("known", *known), ("part of a name", *(f"{p:.2f}" for p in y_hat[0, 0]))]
    show_table(["", *text], rows, "What your network says of each word.")

# %% [markdown]
# Try it with sentences of your own, from words such as *bought, likes, wrote about, said that, are on sale, cost a lot, my
# friend, and, the, a, new, old*. The slider lets the network hear only the first few words. Things to look for:
#
# - Begin with a made-up word. When does the network make up its mind about it, and when does it change it?
# - *teddy and lego are on sale*, *teddy and lego wrote about apples*: which word decides?
# - Find a sentence that it gets wrong.

# %% example
with attempt():
    explore_sentence(*tagger(True), tag_sequence)

# %% [markdown]
# ### An experiment of yours
#
# How many sentences does it take? How few units? Say first what you expect, then change the numbers.

# %% example
with attempt():
    right, mask, _ = tagged(learn_tags(steps=200, examples=LEARNED_FROM[:100]), HELD_OUT)
    print(f"100 sentences, 200 steps: {right[mask].mean():.1%} of the words held out")

# %% [markdown]
# ## Praise or blame
#
# A review has one label, praise or blame: **many to one**. The network must have read everything before it answers. The
# forward cell has, at the last word. And the backward cell?
#
# ### Exercise: classify_sequence
#
# Put the two states together that have read the whole sentence, $\overrightarrow a$ on top, and return
# $\sigma(W_{ya} a + b_y)$, an array of shape `(n_y, m)`. A sentence without words has been read by nobody: both its
# states are zeros.


# %% exercise="classify_sequence"
def classify_sequence(x, parameters, mask):
    """A probability for each label of each sentence.

    x has shape (n_x, m, T), mask has shape (m, T), parameters as for tag_sequence.
    Returns an array (n_y, m).
    """
    ### BEGIN SOLUTION
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    n_a = len(a) // 2
    read_all = np.zeros((2 * n_a, x.shape[1]))
    for i in range(x.shape[1]):
        length = int(np.sum(mask[i]))
        if length > 0:
            read_all[:n_a, i] = a[:n_a, i, length - 1]
            read_all[n_a:, i] = a[n_a:, i, 0]
    return sigmoid(parameters["Wya"] @ read_all + parameters["by"])
    ### END SOLUTION


# %% check="classify_sequence" points=4

# %% [markdown]
# The simplest judge does without order: it takes the mean of the words' vectors, and asks on which side of a plane it lies.
#
# ### Exercise: sentence_to_avg
#
# `sentence` is a string, with words between spaces. Take them in lower case and return the mean of their vectors; of
# those words that are in the map. If none is, return zeros of a vector's shape. The vectors may have any length.


# %% exercise="sentence_to_avg"
def sentence_to_avg(sentence, word_to_vec_map):
    """The mean of the vectors of a sentence's words.

    word_to_vec_map gives each word's vector, of shape (d,). Returns an array (d,).
    """
    ### BEGIN SOLUTION
    total = np.zeros_like(next(iter(word_to_vec_map.values())))
    count = 0
    for word in sentence.lower().split():
        if word in word_to_vec_map:
            total = total + word_to_vec_map[word]
            count += 1
    return total / max(count, 1)
    ### END SOLUTION


# %% check="sentence_to_avg" points=3

# %% [markdown]
# Both learn from 2,000 reviews such as *i expected bad and it was funny*. Blame is made of the same kinds of words as
# praise, in another order, and *not*, *never* and *hardly* turn a word round. Every fourth pair of a pattern and a negation is
# held out. For the judge without order, each word's vector is one-hot, so its mean is the share of each word.


# %%
REVIEWS = sentences.reviews(np.random.default_rng(0), 2000)
HELD_OUT_REVIEWS = sentences.reviews(np.random.default_rng(1), 500, held_out=True)


def learn_reviews(seed=0, steps=1000, learning_rate=0.01):
    rng = np.random.default_rng(seed)
    vocabulary = vocabulary_of(REVIEWS)
    parameters, output = new_network(rng, len(vocabulary))
    optimizers = {
        name: Adam(parameters[name], learning_rate) for name in ("forward", "backward")
    }
    optimizers["output"] = Adam(output, learning_rate)
    curves = LearningCurves(steps // 50, "50 steps", "loss of a review")
    for step in range(steps):
        batch = [REVIEWS[int(i)] for i in rng.integers(len(REVIEWS), size=32)]
        x, mask = to_arrays([text for text, _ in batch], vocabulary)
        y = np.array([[label for _, label in batch]], dtype=float)
        y_hat = classify_sequence(x, parameters, mask)
        if step % 50 == 49:
            everyone = np.ones((len(batch), 1), dtype=bool)
            curves.add(
                "training", masked_loss(y_hat[:, :, None], y[:, :, None], everyone)
            )
        dz_forward, dz_backward = np.zeros((2, 1, *mask.shape))
        dz_forward[:, np.arange(32), mask.sum(axis=1) - 1] = (y_hat - y) / 32
        dz_backward[:, :, 0] = (y_hat - y) / 32
        for name, gradients in all_gradients(
            x, mask, parameters, dz_forward, dz_backward
        ).items():
            optimizers[name].learning_rate = learning_rate * (
                1 if step < 0.7 * steps else 0.3
            )
            optimizers[name].step(gradients)
    return parameters, vocabulary


def learn_without_order(steps=2000, learning_rate=0.05):
    """A plane for the means of words: weights, a bias, and the vectors of the words."""
    vocabulary = vocabulary_of(REVIEWS)
    vectors = dict(zip(vocabulary, np.eye(len(vocabulary))))
    X = np.stack(
        [sentence_to_avg(" ".join(text), vectors) for text, _ in REVIEWS], axis=1
    )
    y = np.array([[label for _, label in REVIEWS]])
    plane = {"w": np.zeros((1, len(X))), "b": np.zeros((1, 1))}
    optimizer = Adam(plane, learning_rate)
    for _ in range(steps):
        dz = (sigmoid(plane["w"] @ X + plane["b"]) - y) / len(REVIEWS)
        optimizer.step({"dw": dz @ X.T, "db": dz.sum(axis=1, keepdims=True)})
    return plane, vectors


@cache
def critic():
    return learn_reviews()


# %% example
with attempt():
    parameters, vocabulary = critic()
    plane, vectors = learn_without_order()
    rows = []
    for words, examples in (
        ("learned from", REVIEWS[:500]),
        ("held out", HELD_OUT_REVIEWS),
    ):
        y = np.array([label for _, label in examples])
        X = np.stack(
            [sentence_to_avg(" ".join(text), vectors) for text, _ in examples], axis=1
        )
        without = (plane["w"] @ X + plane["b"] > 0)[0] == y
        x, mask = to_arrays([text for text, _ in examples], vocabulary)
        within = (classify_sequence(x, parameters, mask) > 0.5)[0] == y
        rows.append((words, f"{without.mean():.1%}", f"{within.mean():.1%}"))
    show_table(
        ["", "without word order", "your network"],
        rows,
        "Right answers on 500 reviews. With ten seeds, your network had 82.0 to 87.8 % of those that"
        " were held out.",
    )

# %% [markdown]
# The judge without order is lost where it matters: *i expected bad and it was good* and *i expected good and it was bad* have the
# same mean. Your network has heard in which order the words came.
#
# ## Known by its neighbours
#
# One-hot vectors are all equally far from one another; *nurse* is no nearer to *pilot* than to *sushi*. Vectors that know
# better can be learned from plain text, without labels. The idea is old: a word is known by the words that stand around
# it. **Skip-gram** makes a task of it: given a word, the **centre**, say which words stand near it, its **context**.
#
# In *the king left his palace*, with a window of 2, the word *left* has the contexts *the*, *king*, *his* and *palace*.
#
# ### Exercise: skip_gram_pairs
#
# Return a list of pairs `(centre, context)`: each word with each *other place* that is at most `window` places away, on
# either side. The order of the pairs does not matter.


# %% exercise="skip_gram_pairs"
def skip_gram_pairs(words, window):
    """Each word with its neighbours: a list of pairs (centre, context).

    words is a list of strings, window is at least 1.
    """
    ### BEGIN SOLUTION
    pairs = []
    for i in range(len(words)):
        for j in range(max(0, i - window), min(len(words), i + window + 1)):
            if j != i:
                pairs.append((words[i], words[j]))
    return pairs
    ### END SOLUTION


# %% check="skip_gram_pairs" points=3

# %% [markdown]
# A softmax over all words would do, but for a real vocabulary it has a hundred thousand terms. **Negative sampling**
# asks something cheaper: tell a real neighbour from $k$ words that were drawn at random. Each word has two vectors, $v$ as a
# centre and $u$ as a context. The score of a pair is $u \cdot v$, and
#
# $$\mathcal L = -\log \sigma(u \cdot v) - \sum_{i=1}^{k} \log \sigma(-u_i \cdot v)$$
#
# with $u$ the real neighbour and $u_1, \ldots, u_k$ the drawn words. For the way back you need one derivative, that of $-\log
# \sigma(s)$ by $s$. Find it; that of $-\log \sigma(-s)$ follows by the chain rule, and a score is a dot product.
#
# ### Exercise: negative_sampling_loss
#
# Return the loss and its gradients by `center`, `context` and `negatives`, in the shapes of these.


# %% exercise="negative_sampling_loss"
def negative_sampling_loss(center, context, negatives):
    """The loss of one pair and k drawn words, and its gradients.

    center has shape (d,), context has shape (d,), negatives has shape (k, d).
    Returns loss, d_center, d_context, d_negatives.
    """
    ### BEGIN SOLUTION
    score = np.dot(context, center)
    scores = negatives @ center  # (k,)
    loss = -np.log(sigmoid(score)) - np.sum(np.log(sigmoid(-scores)))

    d_score = sigmoid(score) - 1
    d_scores = sigmoid(scores)
    d_center = d_score * context + d_scores @ negatives
    d_context = d_score * center
    d_negatives = np.outer(d_scores, center)
    return loss, d_center, d_context, d_negatives
    ### END SOLUTION


# %% check="negative_sampling_loss" points=5

# %% [markdown]
# Now let words learn from one another. The text is a small world of 3,000 lines about people, countries and jobs, five words each,
# in any order. Nothing says what a word means; only what it stands beside.

# %%
WORLD = sentences.world(np.random.default_rng(0), 3000)


def learn_vectors(seed=0, d=12, negatives=4, passes=2, learning_rate=0.08):
    """A vector for each word, learned from the lines of the world by your loss."""
    rng = np.random.default_rng(seed)
    words = sorted({word for line in WORLD for word in line})
    ix = {word: i for i, word in enumerate(words)}
    pairs = [(ix[a], ix[b]) for line in WORLD for a, b in skip_gram_pairs(line, 4)]
    often = np.bincount([b for _, b in pairs]) ** 0.75
    V, U = 0.1 * rng.normal(size=(2, len(words), d))
    curves, losses = (
        LearningCurves(passes * len(pairs) // 10_000, "10,000 pairs", "loss"),
        [],
    )
    for step in range(passes * len(pairs)):
        if step % len(pairs) == 0:
            order = rng.permutation(len(pairs))
            drawn = rng.choice(
                len(words), size=(len(pairs), negatives), p=often / often.sum()
            )
        (centre, context), others = (
            pairs[order[step % len(pairs)]],
            drawn[step % len(pairs)],
        )
        loss, dv, du, dn = negative_sampling_loss(V[centre], U[context], U[others])
        rate = learning_rate * (1 - step / (passes * len(pairs)))
        V[centre] -= rate * dv
        U[context] -= rate * du
        np.subtract.at(U, others, rate * dn)
        losses.append(loss)
        if len(losses) == 10_000:
            curves.add("training", np.mean(losses))
            losses = []
    return dict(zip(words, V))


@cache
def word_vectors():
    return learn_vectors()


# %% demo
for line in WORLD[:4]:
    print(" ".join(line))

# %% example
with attempt():
    word_vectors()

# %% [markdown]
# ## Directions
#
# What do two vectors have in common? Their lengths say little more than how often a word came. Their direction
# counts: the **cosine** of the angle between them is 1 for the same direction, 0 for a right angle, -1 for opposite ones:
#
# $$\cos(u, v) = \frac{u \cdot v}{\lVert u \rVert\, \lVert v \rVert} \qquad\text{with}\qquad \lVert u \rVert = \sqrt{\textstyle\sum_i u_i^2}$$
#
# The zero vector has no direction, and $0/0$ is no number. There are two usual answers: 0, as for a right angle, which
# is the safer one since nothing downstream has to think of it; or NumPy's `nan`, which says that there is no answer. Both are
# accepted.
#
# ### Exercise: cosine_similarity
#
# Return the cosine of the angle between two vectors, one number.


# %% exercise="cosine_similarity"
def cosine_similarity(u, v):
    """The cosine of the angle between u and v, both of shape (d,)."""
    ### BEGIN SOLUTION
    lengths = np.sqrt(np.sum(u**2)) * np.sqrt(np.sum(v**2))
    if lengths == 0:
        return 0.0
    return np.dot(u, v) / lengths
    ### END SOLUTION


# %% check="cosine_similarity" points=2

# %% example
with attempt():
    vectors = word_vectors()
    rows = []
    for word in ("king", "france", "nurse"):
        others = sorted(
            vectors, key=lambda other: -cosine_similarity(vectors[word], vectors[other])
        )
        shown = others[1:6]
        cosines = [
            f"{cosine_similarity(vectors[word], vectors[other]):.2f}" for other in shown
        ]
        rows.append(
            (word, *(f"{other} {cosine}" for other, cosine in zip(shown, cosines)))
        )
    show_table(
        ["word", "1", "2", "3", "4", "5"], rows, "The five most similar words of each."
    )

# %% [markdown]
# *Man is to woman as king is to ...?* If directions mean something, the way from *man* to *woman* should be the way from
# *king* to the answer. Write $e_w$ for the vector of the word $w$, and look for the word $d$ whose difference $e_d - e_c$ points most nearly where $e_b - e_a$ points.
#
# ### Exercise: complete_analogy
#
# Return the word $d$ for which the cosine of $e_b - e_a$ and $e_d - e_c$ is largest. It is none of the three words of the
# question (the difference of $c$ from itself is the zero vector). The three words may come with capital letters; the
# map has lower-case ones. It may be that all the cosines are negative.


# %% exercise="complete_analogy"
def complete_analogy(word_a, word_b, word_c, word_to_vec_map):
    """The word that is to word_c what word_b is to word_a.

    word_to_vec_map gives each word's vector, of shape (d,). Returns a word.
    """
    ### BEGIN SOLUTION
    word_a, word_b, word_c = word_a.lower(), word_b.lower(), word_c.lower()
    e_a, e_b, e_c = (word_to_vec_map[word] for word in (word_a, word_b, word_c))
    best_cosine, best_word = -np.inf, None
    for word in word_to_vec_map:
        if word in (word_a, word_b, word_c):
            continue
        cosine = cosine_similarity(e_b - e_a, word_to_vec_map[word] - e_c)
        if cosine > best_cosine:
            best_cosine, best_word = cosine, word
    return best_word
    ### END SOLUTION


# %% check="complete_analogy" points=3

# %% example
with attempt():
    vectors = word_vectors()
    for a, b, c in [
        ("man", "woman", "king"),
        ("boy", "girl", "actor"),
        ("france", "paris", "japan"),
    ]:
        print(f"{a} is to {b} as {c} is to {complete_analogy(a, b, c, vectors)}")
    right = [
        complete_analogy(a, b, c, vectors) == d
        for family in (sentences.PAIRS, sentences.COUNTRIES)
        for a, b, _ in family
        for c, d, _ in family
        if a != c
    ]
    print(f"of all {len(right)} such questions, {sum(right)} are answered right")

# %% [markdown]
# How can that be? Twelve numbers cannot be drawn; the figure shows the vectors along the two directions in which those of
# these words differ most (their first two *principal components*).

# %% demo
with attempt():
    vectors = word_vectors()
    pairs = [(a, b) for a, b, _ in sentences.PAIRS + sentences.COUNTRIES]
    plots_sequences.show_word_map(
        vectors,
        pairs,
        "Each arrow goes from the first word of a pair to the second. Within a family, the arrows run nearly"
        " parallel: what makes a queen of a king is what makes a girl of a boy.",
    )

# %% [markdown]
# This world was made so that it comes out. In vectors that were learned from real text, analogies of this kind come out
# often, and as often not.
#
# ## A direction too many
#
# The difference between *woman* and *man* is a direction; $g$ is its mean over the six pairs of this kind. A job should have
# no part in it. But in the lines of this world engineers are nearly always *he* and nurses *she*, as in too many texts, and
# the vectors learned that too:

# %% demo
with attempt():
    vectors = word_vectors()
    g = np.mean([vectors[b] - vectors[a] for a, b, _ in sentences.PAIRS], axis=0)
    rows = [
        (job, f"{he} of 10", f"{cosine_similarity(vectors[job], g):+.2f}")
        for job, he in sentences.OCCUPATIONS.items()
    ]
    show_table(
        ["word", "spoken of as he", "cosine with g"],
        rows,
        "g is the mean of woman - man, queen - king and so on. A program that sorts applications by such"
        " vectors would sort them by it too.",
    )

# %% [markdown]
# Words that have nothing to do with it can be **neutralized**: their part along $g$ is taken out. That part is the shadow of
# $e$ on $g$. With $\lVert g \rVert^2 = g \cdot g$:
#
# $$e^{\text{bias}} = \frac{e \cdot g}{\lVert g \rVert^2}\; g \qquad\qquad e^{\text{debiased}} = e - e^{\text{bias}}$$
#
# A norm $\lVert g \rVert$ is *one number* for a vector, the root of the sum of its squares. (Printed as $|g|$, it is easily
# mistaken for `np.abs`, which works element by element.) Why is it squared? Make $g$ twice as long: what must stay the same?
#
# ### Exercise: neutralize
#
# Return the vector of `word` without its part along `g`. The map stays as it is.


# %% exercise="neutralize"
def neutralize(word, g, word_to_vec_map):
    """The word's vector without its part along g.

    g has shape (d,) and any length; word_to_vec_map gives each word's vector. Returns an array (d,).
    """
    ### BEGIN SOLUTION
    e = word_to_vec_map[word]
    e_bias = np.dot(e, g) / np.sum(g**2) * g
    return e - e_bias
    ### END SOLUTION


# %% check="neutralize" points=3

# %% example
with attempt():
    vectors = word_vectors()
    rows = [
        (
            job,
            f"{cosine_similarity(vectors[job], g):+.2f}",
            f"{cosine_similarity(neutralize(job, g, vectors), g):+.2f}".replace(
                "-0.00", "+0.00"
            ),
        )
        for job in sentences.OCCUPATIONS
    ]
    show_table(["word", "before", "after"], rows, "The cosine with g, before and after.")

# %% [markdown]
# Other words are rightly different along $g$, such as *actor* and *actress*. But they should differ along it *only*,
# and stand equally far on either side, or *nurse*, though neutral, may still be nearer to one of them. They are
# **equalized**. With unit vectors in mind (for which the two results have length 1), in seven steps:
#
# $$\mu = \frac{e_{w1} + e_{w2}}{2} \qquad \mu_B = \frac{\mu \cdot b}{\lVert b \rVert^2}\, b \qquad \mu_\perp = \mu - \mu_B$$
#
# $$e_{w1B} = \frac{e_{w1} \cdot b}{\lVert b \rVert^2}\, b \qquad e_{w2B} = \frac{e_{w2} \cdot b}{\lVert b \rVert^2}\, b$$
#
# $$e_{wB}^{\text{corrected}} = \sqrt{\bigl|\,1 - \lVert \mu_\perp \rVert^2\,\bigr|}\;
#   \frac{e_{wB} - \mu_B}{\lVert e_{wB} - \mu_B \rVert} \qquad\qquad e = e_{wB}^{\text{corrected}} + \mu_\perp$$
#
# Here $b$ is the bias axis; $\lVert\cdot\rVert$ is a norm, one number, and $|\cdot|$ around a number its absolute value. It is
# there because vectors that were not brought to length 1 can make $1 - \lVert\mu_\perp\rVert^2$ negative.
#
# ### Exercise: equalize
#
# Return the two new vectors, that of the first word of the pair first. The last line of formulas is done for each of the two
# words.


# %% exercise="equalize"
def equalize(pair, bias_axis, word_to_vec_map):
    """Two words that differ along the bias axis only, equally far on either side.

    pair holds two words, bias_axis has shape (d,). Returns two arrays (d,).
    """
    ### BEGIN SOLUTION
    w1, w2 = pair
    e_w1, e_w2 = word_to_vec_map[w1], word_to_vec_map[w2]
    squared = np.sum(bias_axis**2)

    mu = (e_w1 + e_w2) / 2
    mu_B = np.dot(mu, bias_axis) / squared * bias_axis
    mu_orth = mu - mu_B
    length = np.sqrt(np.abs(1 - np.sum(mu_orth**2)))

    results = []
    for e in (e_w1, e_w2):
        e_B = np.dot(e, bias_axis) / squared * bias_axis
        corrected = length * (e_B - mu_B) / np.linalg.norm(e_B - mu_B)
        results.append(corrected + mu_orth)
    return results[0], results[1]
    ### END SOLUTION


# %% check="equalize" points=5

# %% example
with attempt():
    vectors = {
        word: vector / np.linalg.norm(vector) for word, vector in word_vectors().items()
    }
    nurse = neutralize("nurse", g, vectors)
    actor, actress = equalize(("actor", "actress"), g, vectors)
    rows = [
        (
            words,
            f"{cosine_similarity(a, g):+.2f}",
            f"{cosine_similarity(b, g):+.2f}",
            f"{cosine_similarity(a, n):+.3f}",
            f"{cosine_similarity(b, n):+.3f}",
        )
        for words, a, b, n in [
            ("before", vectors["actor"], vectors["actress"], vectors["nurse"]),
            ("after", actor, actress, nurse),
        ]
    ]
    show_table(
        ["", "actor and g", "actress and g", "actor and nurse", "actress and nurse"],
        rows,
        "Cosines. After both steps the nurse is equally near to the actor and to the actress.",
    )

# %% [markdown]
# It is not done with that. A direction is gone, but words that were biased alike still stand beside one another, and what
# was biased can be guessed from its neighbours (Gonen and Goldberg, 2019).

# %% [markdown]
# ## The likeliest text
#
# A network that writes, such as that of notebook 19, gives each next word a probability. In translation nobody wants a
# text that is drawn by chance; wanted is the *likeliest* one. **Greedy search** takes the likeliest word at each step. In
# the table below, token 0 ends a text.

# %% demo
show_table(
    ["after", "0 (the end)", "1", "2"],
    [
        ("nothing", "0.02", "0.53", "0.45"),
        ("1", "0.36", "0.33", "0.31"),
        ("2", "0.90", "0.06", "0.04"),
    ],
    "The probabilities of the next token, at the beginning and after one token.",
)

# %% [markdown]
# **Predict.** Which text of two tokens does greedy search find, and which is the likeliest? The next cell has the numbers.

# %% demo
print(f"greedy: 1 0, with {0.53 * 0.36:.3f}; but 2 0 has {0.45 * 0.90:.3f}")

# %% [markdown]
# To look at all texts is out of the question: with 10,000 words and ten steps there are $10^{40}$. **Beam search** lies
# between the two. It keeps not one beginning but the `beam_width` likeliest ones, the **beam**. In each round:
#
# 1. Continue every beginning in the beam by every token. The logarithm of the token's probability is added to the sum of its
#    beginning; the empty beginning has the sum 0.
# 2. Of all these, keep the `beam_width` with the largest sums.
# 3. Those that end in token 0 are finished and leave the beam. After `max_len` tokens the others count as finished too.
#
# At the end the finished texts are compared. Every word makes a text less likely, so by their sums the short ones would win.
# Therefore each sum is divided by a power of the number $T$ of its tokens, the end included:
#
# $$\text{score} = \frac{1}{T^{\alpha}} \sum_{t=1}^{T} \log P\bigl(y^{⟨t⟩} \mid y^{⟨1⟩}, \ldots, y^{⟨t-1⟩}\bigr)$$
#
# $\alpha = 0$ leaves the sum as it is, $\alpha = 1$ takes the mean; 0.7 lies between.
#
# ### Exercise: beam_search
#
# `step(tokens)` gives the probabilities of the next token after a list of tokens (an empty one at the beginning), an array
# of shape `(M,)`. Return the best text, a list of tokens, the 0 at its end included.


# %% exercise="beam_search"
def beam_search(step, beam_width, max_len, alpha=0.7):
    """The tokens of the text with the best score that a beam finds.

    step(tokens) returns an array (M,) of probabilities above 0. Token 0 ends a text.
    """
    ### BEGIN SOLUTION
    beam, finished = [(0.0, [])], []
    for _ in range(max_len):
        found = []
        for total, tokens in beam:
            p = step(tokens)
            for token in range(len(p)):
                found.append((total + np.log(p[token]), tokens + [token]))
        found.sort(key=lambda pair: pair[0], reverse=True)

        beam = []
        for total, tokens in found[:beam_width]:
            if tokens[-1] == 0 or len(tokens) == max_len:
                finished.append((total / len(tokens) ** alpha, tokens))
            else:
                beam.append((total, tokens))
    return max(finished, key=lambda pair: pair[0])[1]
    ### END SOLUTION


# %% check="beam_search" points=5

# %% [markdown]
# How wide must a beam be? Take 200 small models, drawn by chance, with four tokens and at most five steps: few enough to look at
# every text, with a beam as wide as there are texts.


# %%
def small_model(seed):
    """step(tokens) of a model whose probabilities depend on the last two tokens."""
    raw = np.exp(1.5 * np.random.default_rng(seed).normal(size=(5, 5, 4)))
    table = raw / raw.sum(axis=2, keepdims=True)

    def step(tokens):
        before, last = ([-1, -1] + list(tokens))[-2:]
        return table[before, last]

    return step


# %% example
with attempt():
    models = [small_model(seed) for seed in range(200)]
    best = [beam_search(step, 4**5, 5) for step in models]
    rows = []
    for width in (1, 2, 3, 5, 10):
        same = np.mean(
            [beam_search(step, width, 5) == text for step, text in zip(models, best)]
        )
        rows.append((width, f"{same:.0%}"))
    show_table(["beam width", "finds the best text"], rows, "Of 200 small models.")

# %% [markdown]
# ## How good is a translation?
#
# There is more than one right translation, so it is compared with several, by people. **BLEU** counts words of the candidate,
# pairs of words, triples and so on (**n-grams**: $n$ words in a row), that are found in a reference. It must not fall for two tricks:
#
# - *the the the the the the the* has only words that the reference *the cat is on the mat* has. So a count is **clipped**: a word counts at
#   most as often as it comes in the reference that has it most often; here *the* twice, which is a precision of $p_1 = 2/7$.
# - *the cat* has nothing but right words too. So a text of $c$ words that is shorter than its reference of $r$ words is
#   punished by the **brevity penalty**.
#
# $$p_n = \frac{\text{clipped number of n-grams found}}{\text{number of n-grams of the candidate}} \qquad
#   \text{BLEU} = \min\bigl(1, e^{1 - r/c}\bigr) \cdot \exp\Bigl(\frac 1 N \sum_{n=1}^{N} \log p_n\Bigr)$$
#
# Words in a row are counted for you:


# %%
def ngram_counts(words, n):
    """How often each n words in a row come, as a dictionary of tuples."""
    counts = {}
    for i in range(len(words) - n + 1):
        gram = tuple(words[i : i + n])
        counts[gram] = counts.get(gram, 0) + 1
    return counts


# %% [markdown]
# ### Exercise: bleu
#
# `candidate` is a list of words, `references` a list of such lists, $N$ is `max_n`. For $r$, take the reference whose
# length is nearest to $c$, the shorter of two. If one of the $p_n$ is 0, or the candidate has no n-grams of some length, BLEU
# is 0.


# %% exercise="bleu"
def bleu(candidate, references, max_n=4):
    """How much a translation has in common with those of people, between 0 and 1."""
    ### BEGIN SOLUTION
    logs = []
    for n in range(1, max_n + 1):
        counts = ngram_counts(candidate, n)
        found = 0
        for gram, count in counts.items():
            most = max(
                ngram_counts(reference, n).get(gram, 0) for reference in references
            )
            found += min(count, most)
        if found == 0:
            return 0.0
        logs.append(np.log(found / sum(counts.values())))

    c = len(candidate)
    r = min((len(reference) for reference in references), key=lambda r: (abs(r - c), r))
    return min(1.0, np.exp(1 - r / c)) * np.exp(np.mean(logs))
    ### END SOLUTION


# %% check="bleu" points=4

# %% example
with attempt():
    people = ["the cat is on the mat".split(), "there is a cat on the mat".split()]
    rows = [
        (
            text,
            f"{bleu(text.split(), people, 1):.2f}",
            f"{bleu(text.split(), people, 2):.2f}",
        )
        for text in (
            "the cat is on the mat",
            "a cat is on the mat",
            "the mat is on the cat",
            "the the the the the the",
            "the cat",
        )
    ]
    show_table(
        ["candidate", "words", "words and pairs"],
        rows,
        "BLEU with N = 1 and N = 2. It knows nothing of meaning: 'the mat is on the cat' does well.",
    )

# %% [markdown]
# ## Spot the mistake
#
# Lecture notes have slips, and readers make their own of them. Each of these five is wrong. Set them right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `before_the_end` | A bidirectional network can be used before the sentence has ended. | what it needs, see below |
# | `labels_of_the_sentence` | *Harry Potter and Hermione Granger invented a new spell*: two names, so the labels add up to 2. | their sum |
# | `beam_of_one` | A beam of width 1 is exact search. | what it is, see below |
# | `states_per_word` | With 100 units in each direction, a bidirectional network has 100 numbers for each word. | how many |
# | `opposite_vectors` | The cosine similarity of a vector and minus twice that vector is -2. | the number |
#
# For `before_the_end`, answer `"the first word"`, `"the next word"` or `"the whole sentence"`; for `beam_of_one`, `"exact search"`,
# `"greedy search"` or `"random search"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet: each
# answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"before_the_end": words, "labels_of_the_sentence": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "before_the_end": "the whole sentence",
        "labels_of_the_sentence": 2 + 2,
        "beam_of_one": "greedy search",
        "states_per_word": 100 + 100,
        "opposite_vectors": -1,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Put the LSTM of notebook 18 in the place of the plain cell, in both directions. With longer sentences, where the word that
#   decides stands far away, does it win?
# - Real texts have people, places and companies. What has to change in `tag_sequence` and in the loss for four kinds of
#   labels, of which each word has exactly one?
# - Find the direction of the prejudice without being told it: which principal component of the differences between
#   *he* and *she*, *man* and *woman* and so on is the largest, and how much of the whole is it?
#
# ## Where this comes from
#
# Mike Schuster and Kuldip Paliwal had a network read in both directions in 1997. That a word is known by the company it
# keeps, the linguist John Rupert Firth wrote in 1957. Skip-gram and negative sampling are by Tomas Mikolov and others
# (two papers of 2013), and the analogies by Tomas Mikolov, Wen-tau Yih and Geoffrey Zweig (2013). *Man is to computer
# programmer as woman is to homemaker?* asked Tolga Bolukbasi and others in 2016, and gave neutralizing and equalizing;
# Hila Gonen and Yoav Goldberg showed in 2019 what they leave behind. Beam search with a penalty for length is described by
# Yonghui Wu and others (*Google's neural machine translation system*, 2016), BLEU by Kishore Papineni and others (2002).
#
# A bidirectional network carries everything through its states, step by step. The next notebook lets every word look at
# every other one directly.
