#: You write: vocabularies, the chain rule, counted trigrams, clipping, a training step, sampling, temperature
#: Applied to: new first names, one character at a time

# %% [markdown]
# # Language models: what comes next
#
# A **language model** says how likely a text is. It does so step by step: after the words so far, how
# likely is each word that could come next? Whoever can answer this can also *write*: draw a next word,
# put it to the others, ask again.
#
# In this notebook you give texts their probabilities, count a first model, and train the recurrent network
# of notebook 17 on 4,646 real first names, letter by letter. It has to beat the counting, on names that
# neither has seen. Then you let it invent names: sensible ones, wild ones, and copies.
#
# **Stands on** notebook 17. **Takes** about an hour to read and three to do.

# %% setup
from functools import cache, partial

import numpy as np

from dlcourse.checks.language_model import check, hint, solution
from dlcourse.data.names import first_names
from dlcourse.figures import plots
from dlcourse.figures import sequences as plots_sequences
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.language_model import EOS, UNK, initialize_parameters, update_parameters
from dlcourse.recurrent import softmax
from dlcourse.widgets.language_model import explore_names

# %% [markdown]
# ## Which sentence was said
#
# Somebody says a sentence, and a speech recogniser hears two that sound alike: *the sun's rays meet* and
# *the sons raise meat*. The sound does not decide. What decides is that one of them is a thousand times
# more likely to be said. A language model gives that number, P(sentence), for any sentence.
#
# How could it? Nobody can count how often each sentence of ten words was ever said; most were never said
# at all. But words can be counted. Take a very small world, in which eight sentences were said:

# %%
CORPUS = [
    "cats sleep all day",
    "cats sleep all night",
    "cats sleep all day",
    "cats hunt at night",
    "dogs sleep all night",
    "dogs bark at night",
    "dogs bark all day",
    "dogs bark all night",
]


def following(*before):
    """How often each word comes after these words at the beginning of a sentence."""
    counts = {}
    for sentence in CORPUS:
        words = tuple(sentence.split())
        if words[: len(before)] == before:
            word = words[len(before)]
            counts[word] = counts.get(word, 0) + 1
    return counts


# %% demo
rows, before = [], ()
for word in "cats sleep all day".split():
    counts = following(*before)
    given = " ".join(before) or "(nothing)"
    rows.append((given, word, f"{counts[word]} of {sum(counts.values())}"))
    before = (*before, word)
show_table(
    ["after", "comes", "how often"],
    rows,
    "The sentence 'cats sleep all day', word by word.",
)

# %% [markdown]
# **Predict.** Multiply the four numbers of the last column. What should come out,
# if the sentence was said twice in eight? The next cell has the product.

# %% demo
print(f"4/8 · 3/4 · 3/3 · 2/3 = {4 / 8 * 3 / 4 * 3 / 3 * 2 / 3}, and 2/8 = {2 / 8}")

# %% [markdown]
# ## The probability of a sentence
#
# It is no accident. The probability of three words together is that of the first, times that of the second
# *after* the first, times that of the third after both:
#
# $$P(y^{⟨1⟩}, y^{⟨2⟩}, y^{⟨3⟩}) = P(y^{⟨1⟩})\;P(y^{⟨2⟩} \mid y^{⟨1⟩})\;P(y^{⟨3⟩} \mid y^{⟨1⟩}, y^{⟨2⟩})$$
#
# This is the **chain rule** of probability, and it holds for any number of words. So a model needs to do
# one thing only: given the words so far, a distribution over the next one. That is what the softmax of a
# recurrent network puts out at each step, if each step's input is the word before, $x^{⟨t⟩} = y^{⟨t-1⟩}$.
# At the first step there is no word before, and the input is a vector of zeros.

# %% demo
plots_sequences.show_network(
    ["0", "Cats", "average", "15", "hours", "...", "day", "."],
    ["Cats", "average", "15", "hours", "of", "...", ".", "EOS"],
    start="a⟨0⟩",
    caption="Reading a sentence. Above each step stands the word that comes next: it is the"
    " label there, and the input of the step after. The first output is P(y⟨1⟩), the second"
    " P(y⟨2⟩ given y⟨1⟩), and so on.",
)

# %% [markdown]
# ### Exercise: sequence_probability
#
# `y_hat` has a column for each step, the distribution that the model gave there; `y` lists the indices of
# the words that came. Return the probability of the whole text, one number.


# %% exercise="sequence_probability"
def sequence_probability(y_hat, y):
    """The probability of a text, by the chain rule.

    y_hat has shape (M, T): column t is the distribution of step t, after the words before it.
    y is a list of T indices: the words that came.
    """
    ### BEGIN SOLUTION
    probability = 1.0
    for t in range(len(y)):
        probability = probability * y_hat[y[t], t]
    return probability
    ### END SOLUTION


# %% check="sequence_probability" points=2

# %% [markdown]
# ## Words become numbers
#
# A network reads numbers, so each word gets an index, its place in a list of known words. The list is the
# **vocabulary**, and it holds the most frequent words of the texts at hand; with real texts, some ten or
# fifty thousand. Two entries are no words:
#
# - `EOS`, the **end of a sentence**. It is put behind every sentence, so that a model learns where
#   sentences end. (It is not the full stop, which is part of the text.)
# - `UNK`, for every word that is **unknown**. A model can read *the aardvark slept* without knowing what an
#   aardvark is.
#
# Take the corpus of the cats with room for five entries. The most frequent words are *all* (6 times) and
# *night* (5); three words came four times each, *cats*, *sleep* and *dogs*, and only one place is left.
# The first to appear gets it:

# %% demo
show_table(
    ["index", "0", "1", "2", "3", "4"],
    [("entry", "all", "night", "cats", EOS.strip("<>"), UNK.strip("<>"))],
    "A vocabulary of five: three words, the end of a sentence, and the unknown.",
)

# %% [markdown]
# ### Exercise: build_vocabulary
#
# `corpus` is a list of sentences, each a list of words. Return a dictionary that gives the index of each
# entry: first the most frequent words, the most frequent one with index 0, then `EOS`, then `UNK`; at most
# `size` entries together. Of equally frequent words, the one that appears first in the corpus comes first.
# If there are fewer words than places, the vocabulary is shorter. `EOS` and `UNK` are given, as strings.


# %% exercise="build_vocabulary"
def build_vocabulary(corpus, size):
    """The index of each known word, and of EOS and UNK, which are the last two.

    corpus is a list of sentences, each a list of words. size is the largest number of entries.
    """
    ### BEGIN SOLUTION
    counts = {}
    for sentence in corpus:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    # sorted keeps the order of what is equal, and a dictionary that of its making
    words = sorted(counts, key=lambda word: -counts[word])
    entries = words[: size - 2] + [EOS, UNK]
    return {entry: index for index, entry in enumerate(entries)}
    ### END SOLUTION


# %% check="build_vocabulary" points=3

# %% [markdown]
# ### Exercise: one_hot
#
# Return an array with a row for each entry of the vocabulary and a column for each word: 1 in the row of
# the word's index, 0 everywhere else. Unknown words count as `UNK`. (Nothing is added: whoever wants `EOS`
# at the end puts it into `words`.)


# %% exercise="one_hot"
def one_hot(words, vocabulary):
    """The words as columns with a single 1.

    words is a list of T strings, vocabulary a dictionary of M indices. Returns an array (M, T).
    """
    ### BEGIN SOLUTION
    columns = np.zeros((len(vocabulary), len(words)))
    for t, word in enumerate(words):
        columns[vocabulary.get(word, vocabulary[UNK]), t] = 1
    return columns
    ### END SOLUTION


# %% check="one_hot" points=2

# %% example
with attempt():
    vocabulary = build_vocabulary([sentence.split() for sentence in CORPUS], 7)
    words = ["cats", "and", "dogs", "sleep", EOS]
    columns = one_hot(words, vocabulary)
    shown = [word.strip("<>") for word in vocabulary]
    rows = [(word, *(int(one) for one in row)) for word, row in zip(shown, columns)]
    show_table(
        ["entry", *(word.strip("<>") for word in words)],
        rows,
        "Your own one-hot columns. The word 'and' is not in the vocabulary.",
    )

# %% [markdown]
# ## The loss, and what it means
#
# A model is good if it gave the words that came a high probability. The loss of a step is $-\log
# P(y^{⟨t⟩} \mid \ldots)$, and the losses of all steps add up. Since $y^{⟨t⟩}$ as a one-hot vector has a
# single entry $y_i$ that is not 0, this is the cross-entropy that you know:
#
# $$\mathcal L = \sum_t \mathcal L^{⟨t⟩} \qquad\text{with}\qquad
#   \mathcal L^{⟨t⟩} = -\sum_{i=1}^{M} y_i^{⟨t⟩} \log \hat y_i^{⟨t⟩}$$
#
# By the chain rule, the sum of the losses is $-\log P(\text{text})$. The unit of a natural logarithm is the
# **nat**.
#
# **Predict.** Before its training, a network knows nothing and gives all $M$ words about the same
# probability. What is its loss for a single word, with $M = 27$ letters? With 10,000 words? The next cell
# has the answers.

# %% demo
show_table(
    ["M", "probability of each", "loss of one, in nats"],
    [(f"{M:,}", f"1 / {M:,}", f"{np.log(M):.2f}") for M in (2, 27, 10_000, 50_000)],
    "The loss before any training is log M. If yours begins anywhere else, something is wrong.",
)

# %% [markdown]
# Nats are hard to imagine. Turn them round: a loss of $\log 27$ nats is the loss of somebody who wavers
# among 27 equally likely letters. In general, a *mean* loss of $\ell$ nats is that of wavering among
# $e^\ell$ equally likely words. This number is the **perplexity**:
#
# $$\text{perplexity} = \exp\Bigl(-\frac 1 T \sum_{t=1}^{T} \log P(y^{⟨t⟩} \mid y^{⟨1⟩}, \ldots, y^{⟨t-1⟩})\Bigr)$$
#
# A die has a perplexity of 6. A coin that always shows heads has 1.
#
# ### Exercise: perplexity
#
# Arguments as for `sequence_probability`. It must be right for long texts too: the probability of two
# thousand letters is so small that Python takes it for 0, but the sum of their losses is just a few
# thousand. If a word came that the model held impossible, the perplexity is infinite (`np.inf`; NumPy may
# warn of a logarithm of 0).


# %% exercise="perplexity"
def perplexity(y_hat, y):
    """Among how many equally likely words the model wavers, on average over a text.

    y_hat has shape (M, T), y is a list of T indices, as for sequence_probability.
    """
    ### BEGIN SOLUTION
    losses = [-np.log(y_hat[y[t], t]) for t in range(len(y))]
    return np.exp(np.mean(losses))
    ### END SOLUTION


# %% check="perplexity" points=3

# %% [markdown]
# ## Counting: the model to beat
#
# From here on the words are letters, and the sentences are names: 5,163 first names that people in the
# United States had in 1990. The vocabulary is the alphabet, and a newline in the part of `EOS`. Every tenth
# name is held out: no model may learn from it.

# %%
CHARACTERS = "\nabcdefghijklmnopqrstuvwxyz"
char_to_ix = {char: ix for ix, char in enumerate(CHARACTERS)}
ix_to_char = dict(enumerate(CHARACTERS))

NAMES = first_names()
HELD_OUT = NAMES[::10]
TRAINING = [name for place, name in enumerate(NAMES) if place % 10 != 0]

# %% demo
shown = [TRAINING[place] for place in range(100, 4600, 450)]
print(f"{len(TRAINING):,} names to learn from, such as {', '.join(shown)}")
print(f"{len(HELD_OUT)} names held out, such as {', '.join(HELD_OUT[20:500:60])}")

# %% [markdown]
# The simplest model counts. What comes after *ri*? Look up all the places where *ri* stands, and count what
# follows. Three letters in a row are a **trigram**. Two things need care:
#
# - The first letter of a name has nothing before it. So two newlines are thought before each name, and one
#   stands at its end: *ann* is read as `\n \n a n n \n`, with the trigrams (`\n`, `\n`, a), (`\n`, a, n),
#   (a, n, n) and (n, n, `\n`).
# - Of the $27^3 = 19{,}683$ trigrams most never came. A probability of 0 would make a new name impossible, and
#   the perplexity infinite. So a small number $\alpha$ is added to every count:
#
# $$P(k \mid i, j) = \frac{\text{count}(i, j, k) + \alpha}{\sum_{k'} \bigl(\text{count}(i, j, k') + \alpha\bigr)}$$
#
# ### Exercise: trigram_model
#
# Return an array of shape `(M, M, M)` with `P[i, j, k]`, the probability of character `k` after `i` and
# then `j`. `char_to_ix` gives the index of each character, `alpha` is above 0.


# %% exercise="trigram_model"
def trigram_model(names, char_to_ix, alpha):
    """Probabilities of a character after two others, from counts to which alpha is added.

    names is a list of strings, char_to_ix a dictionary of M indices. Returns an array (M, M, M).
    """
    ### BEGIN SOLUTION
    M = len(char_to_ix)
    counts = np.full((M, M, M), float(alpha))
    for name in names:
        text = [char_to_ix[char] for char in "\n\n" + name + "\n"]
        for t in range(2, len(text)):
            counts[text[t - 2], text[t - 1], text[t]] += 1
    return counts / np.sum(counts, axis=2, keepdims=True)
    ### END SOLUTION


# %% check="trigram_model" points=4


# %%
def trigram_outputs(P, name):
    """The distributions that the trigram model gives for a name, (M, T), and the labels."""
    text = [char_to_ix[char] for char in "\n\n" + name + "\n"]
    columns = [P[text[t - 2], text[t - 1]] for t in range(2, len(text))]
    return np.stack(columns, axis=1), text[2:]


def nats_per_character(outputs, names):
    """The mean loss of a character; outputs(name) gives the distributions and the labels."""
    pairs = [outputs(name) for name in names]
    y_hat = np.concatenate([columns for columns, _ in pairs], axis=1)
    y = [label for _, labels in pairs for label in labels]
    return float(np.log(perplexity(y_hat, y)))


# %% example
with attempt():
    rows = []
    for alpha in (0.01, 0.1, 1.0, 10.0):
        P = trigram_model(TRAINING, char_to_ix, alpha)
        outputs = partial(trigram_outputs, P)
        row = [nats_per_character(outputs, names) for names in (TRAINING, HELD_OUT)]
        rows.append(
            (f"{alpha}", *(f"{nats:.3f}" for nats in row), f"{np.exp(row[1]):.1f}")
        )
    show_table(
        ["alpha", "nats, names learned from", "nats, held out", "perplexity, held out"],
        rows,
        "Without any learning, counting brings 27 letters down to about 8. What is learned"
        " from looks best with no alpha at all; the names that are held out tell the truth.",
    )

# %% [markdown]
# So the number to beat is **2.105 nats** per character. Counting longer pieces would need far more names:
# of all possible pieces of four letters, hardly one in a hundred came. A network does not look pieces up;
# it can find out that *e* and *a* behave alike.
#
# ## The network
#
# It is the network of notebook 17, for one name at a time. `X` lists the indices of the inputs, with `None`
# for the vector of zeros at the first step; `Y` lists the labels. For *ann*, `X` is `[None, 1, 14, 14]` and
# `Y` is `[1, 14, 14, 0]`: the same list, one step apart.
#
# Two things are shorter than in notebook 17. A matrix times a one-hot vector is one of its columns, so
# $W_{ax}\,x^{⟨t⟩}$ is looked up, not multiplied. And, as in most published code, $b_a$ is called `b`.


# %%
def rnn_forward(X, Y, a_prev, parameters):
    """The loss of one name, all its steps added up, and a cache."""
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    states = [a_prev]
    for index in X:
        from_x = 0 if index is None else Wax[:, index : index + 1]
        states.append(np.tanh(Waa @ states[-1] + from_x + parameters["b"]))
    y_hat = softmax(Wya @ np.concatenate(states[1:], axis=1) + parameters["by"])
    loss = -np.sum(np.log(y_hat[Y, np.arange(len(Y))]))
    return loss, (y_hat, states)


def rnn_backward(X, Y, parameters, cache):
    """The gradients of all parameters, and the list of the hidden states."""
    y_hat, states = cache
    dz = y_hat.copy()
    dz[Y, np.arange(len(Y))] -= 1  # softmax and loss together: probabilities minus labels
    gradients = {
        "dWya": dz @ np.concatenate(states[1:], axis=1).T,
        "dby": np.sum(dz, axis=1, keepdims=True),
    }

    da = parameters["Wya"].T @ dz
    # the gradients of the sums under tanh, from the last step to the first
    under_tanh, back = [], 0
    for t in reversed(range(len(X))):
        under_tanh.append((1 - states[t + 1] ** 2) * (da[:, t : t + 1] + back))
        back = parameters["Waa"].T @ under_tanh[-1]
    sums = np.concatenate(under_tanh[::-1], axis=1)
    gradients["dWaa"] = sums @ np.concatenate(states[:-1], axis=1).T
    gradients["db"] = np.sum(sums, axis=1, keepdims=True)
    gradients["dWax"] = np.zeros_like(parameters["Wax"])
    for t, index in enumerate(X):
        if index is not None:
            gradients["dWax"][:, index] += sums[:, t]
    return gradients, states[1:]


def network_outputs(parameters, name):
    """The distributions that a network gives for a name, (M, T), and the labels."""
    Y = [char_to_ix[char] for char in name + "\n"]
    _, (y_hat, _) = rnn_forward(
        [None] + Y[:-1], Y, np.zeros_like(parameters["b"]), parameters
    )
    return y_hat, Y


# %% [markdown]
# The first sanity check costs nothing: before any training, is the loss $\log 27 = 3.296$ for each
# character?

# %% example
with attempt():
    untrained = initialize_parameters(100, 27, 27)
    print(
        f"{nats_per_character(partial(network_outputs, untrained), HELD_OUT):.3f} nats per character"
    )

# %% [markdown]
# ## Clipping
#
# In notebook 17 you saw gradients explode: over many steps, they are multiplied by $W_{aa}$ again and
# again. Then a single step of descent throws all weights far away. The remedy is plain: **clip** gradients
# that are too large, before they are used. There are two ways.
#
# **By value**: every entry by itself is brought between $-c$ and $c$. Take $c = 10$: 23 becomes 10, $-400$
# becomes $-10$, and 3 stays 3.
#
# ### Exercise: clip
#
# `gradients` is a dictionary with the keys `dWax`, `dWaa`, `dWya`, `db` and `dby`. Return a dictionary with
# the same keys, in which no entry is above `maxValue` or below `-maxValue`. Whether you change the arrays
# themselves or make new ones is up to you.


# %% exercise="clip"
def clip(gradients, maxValue):
    """Every entry of every gradient, brought between -maxValue and maxValue.

    gradients is a dictionary with dWax, dWaa, dWya, db and dby; so is what comes back.
    """
    ### BEGIN SOLUTION
    clipped = {}
    for name, gradient in gradients.items():
        clipped[name] = np.clip(gradient, -maxValue, maxValue)
    return clipped
    ### END SOLUTION


# %% check="clip" points=2

# %% [markdown]
# **By norm**: think of all entries of all five gradients as one long vector, which points uphill. If it is
# longer than $c$, make it shorter, in one go: multiply *everything* by the same factor.
#
# **Predict.** One of the two ways changes the direction of the step, the other only its length. Which?
# Take the gradient (30, 4) and $c = 5$; the next cell has both.

# %% demo
gradient = np.array([30.0, 4.0])
by_value, by_norm = np.clip(gradient, -5, 5), gradient * 5 / np.linalg.norm(gradient)
show_table(
    ["", "gradient", "angle"],
    [
        (
            words,
            f"({g[0]:.2f}, {g[1]:.2f})",
            f"{np.degrees(np.arctan2(g[1], g[0])):.0f} degrees",
        )
        for words, g in [
            ("as it is", gradient),
            ("clipped by value", by_value),
            ("clipped by norm", by_norm),
        ]
    ],
    "By value, the large entry loses most, and the step turns towards the small one.",
)

# %% [markdown]
# ### Exercise: clip_by_norm
#
# Return the gradients such that their common norm is at most `max_norm`: the norm of all entries of all of
# them in one vector. Gradients that are short enough stay as they are, also where they are nothing but
# zeros. Which factor makes a vector of norm $n$ one of norm $c$ is for you to find.


# %% exercise="clip_by_norm"
def clip_by_norm(gradients, max_norm):
    """All gradients, shortened by one factor where their common norm is above max_norm.

    gradients is a dictionary of arrays; so is what comes back.
    """
    ### BEGIN SOLUTION
    squares = 0.0
    for gradient in gradients.values():
        squares += np.sum(gradient**2)
    norm = np.sqrt(squares)
    factor = max_norm / norm if norm > max_norm else 1.0
    return {name: gradient * factor for name, gradient in gradients.items()}
    ### END SOLUTION


# %% check="clip_by_norm" points=3

# %% [markdown]
# Does it help? On names it hardly matters: they are short, and few gradients ever get large. So here is a
# harder case. A text of sixty letters is to be learned by heart, by a network whose $W_{aa}$ stretches every
# vector to twice its length at each step.


# %% example
def long_text_losses(clipping, learning_rate):
    """The losses per letter in 150 steps on one long text, with weights that make gradients explode."""
    rng = np.random.default_rng(0)
    parameters = initialize_parameters(100, 27, 27, rng)
    parameters["Wax"] *= 0.1
    parameters["Waa"] = 2 * np.linalg.qr(rng.normal(size=(100, 100)))[0]
    Y = [char_to_ix[char] for char in "\n".join(NAMES[::500])[:60]]
    X = [None] + Y[:-1]
    losses = []
    for _ in range(150):
        loss, cache = rnn_forward(X, Y, np.zeros((100, 1)), parameters)
        gradients, _ = rnn_backward(X, Y, parameters, cache)
        update_parameters(parameters, clipping(gradients), learning_rate)
        losses.append(loss / len(Y))
    return losses


with attempt():
    plots.show_curves(
        {
            "not clipped, rate 0.001": long_text_losses(
                lambda gradients: gradients, 0.001
            ),
            "by value, rate 0.002": long_text_losses(
                lambda gradients: clip(gradients, 5), 0.002
            ),
            "by norm, rate 0.05": long_text_losses(
                lambda gradients: clip_by_norm(gradients, 5), 0.05
            ),
        },
        x_label="step",
        y_label="nats per character",
        caption="Clipped at 5, each with the learning rate that suits it best. Without clipping"
        " only tiny steps are bearable, and the loss still jumps. Clipped by norm, the steps keep"
        " their direction and can be fifty times as long: the text is soon known.",
    )

# %% [markdown]
# ## One step of learning
#
# A step of training has four parts, and you have all of them: the loss of a name (`rnn_forward`), its
# gradients (`rnn_backward`), clipping, and a step downhill, for which
# `update_parameters(parameters, gradients, learning_rate)` is given. It changes the arrays in `parameters`
# *in place*.
#
# ### Exercise: optimize
#
# Do one step on one name, with gradients clipped by value at 5. Return the loss, the clipped gradients, and
# the last hidden state (`rnn_backward` returns a list of all of them). The parameters that were handed in
# must be the better ones afterwards.


# %% exercise="optimize"
def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    """One step of gradient descent on one name; changes parameters in place.

    X is a list of indices that begins with None, Y the list of the labels.
    a_prev has shape (n_a, 1). Returns loss, gradients and the last hidden state (n_a, 1).
    """
    ### BEGIN SOLUTION
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X) - 1]
    ### END SOLUTION


# %% check="optimize" points=3

# %% [markdown]
# ## The whole training
#
# Name after name, step after step. When the names are used up, it begins again with the first. `j % 3`, the
# remainder of a division, is 0, 1, 2, 0, 1, 2, ... while `j` counts up.
#
# ### Exercise: model
#
# Make parameters with `initialize_parameters(n_a, n_x, n_y)`, do `num_iterations` steps of your `optimize`,
# and return the parameters. In iteration `j` the name is number `j % len(data_x)`. Each name begins with a
# state of zeros, and ends with a newline. The check gives it three names to learn by heart: a network that
# cannot do that cannot learn anything.


# %% exercise="model"
def model(
    data_x, ix_to_char, char_to_ix, num_iterations=1000, n_a=50, learning_rate=0.02
):
    """Train a network on names, one at each iteration, and return its parameters.

    data_x is a list of names; ix_to_char and char_to_ix translate between M characters and
    their indices (ix_to_char is there for those who want to print what the network says).
    """
    ### BEGIN SOLUTION
    M = len(char_to_ix)
    parameters = initialize_parameters(n_a, M, M)
    for j in range(num_iterations):
        name = data_x[j % len(data_x)]
        indices = [char_to_ix[char] for char in name]
        X = [None] + indices
        Y = indices + [char_to_ix["\n"]]
        optimize(X, Y, np.zeros((n_a, 1)), parameters, learning_rate)
    return parameters
    ### END SOLUTION


# %% check="model" points=4

# %% [markdown]
# ## Sampling
#
# A trained network gives a distribution over the first character. Draw one from it: not the likeliest, or
# every name would be the same, but each with its probability. Then pretend that this character had been
# read, and hand it in as the next input: the network gives a distribution over the second one. And so on,
# until a newline is drawn.

# %% demo
plots_sequences.show_network(
    ["0", "m", "i", "a"],
    ["m", "i", "a", "\\n"],
    start="a⟨0⟩",
    caption="Sampling. Above each step stands what was drawn from its distribution; it is the"
    " input of the next step. (In training the inputs come from a name, here from the network"
    " itself.)",
)

# %% [markdown]
# One step, with numbers: let $\hat y$ be (0.1, 0.6, 0.3) for the characters `\n`, a and b. A generator of
# random numbers draws index 1 six times out of ten:

# %% demo
rng = np.random.default_rng(3)
drawn = [int(rng.choice(3, p=[0.1, 0.6, 0.3])) for _ in range(20)]
print("rng.choice(3, p=[0.1, 0.6, 0.3]), twenty times:", *drawn)

# %% [markdown]
# ### Exercise: sample
#
# Return the list of the indices of one name. Begin with an input and a state of zeros. At each step, compute
# the state and the distribution, draw an index, add it to the list, and make it the next input, one-hot. The
# newline ends the name and is the last index of the list. A network may forget to end: after 50 characters
# without a newline stop, and put a newline at the end.
#
# Everything that is drawn must follow from `seed`, a whole number: the same seed gives the same name. Make
# one generator from it, `np.random.default_rng(seed)`, before the first step.


# %% exercise="sample"
def sample(parameters, char_to_ix, seed):
    """The indices of a name that the network invents, the newline at its end included.

    parameters has Wax (n_a, M), Waa (n_a, n_a), Wya (M, n_a), b (n_a, 1) and by (M, 1).
    """
    ### BEGIN SOLUTION
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    M, n_a = Wya.shape
    rng = np.random.default_rng(seed)

    x = np.zeros((M, 1))
    a_prev = np.zeros((n_a, 1))
    indices = []
    while len(indices) < 50:
        a_prev = np.tanh(Wax @ x + Waa @ a_prev + parameters["b"])
        y = softmax(Wya @ a_prev + parameters["by"])
        index = int(rng.choice(M, p=y.ravel()))
        indices.append(index)
        if index == char_to_ix["\n"]:
            return indices
        x = np.zeros((M, 1))
        x[index] = 1
    return indices + [char_to_ix["\n"]]
    ### END SOLUTION


# %% check="sample" points=5

# %% [markdown]
# ## What you have just built
#
# Everything there is to a language model. Let it learn the 4,646 names, three times through, in an order that
# is drawn anew each time, with a learning rate that falls to 0. Watch what it says on the way: five names
# with the same five seeds, after 0, 100, 1,000, ... steps.


# %%
def as_text(indices):
    """The name that a list of indices spells, without its newline."""
    return "".join(ix_to_char[index] for index in indices).strip("\n")


def learn_names(seed=0, n_a=100, learning_rate=0.02, passes=3, say=()):
    """Parameters of a network that has learned the names; it prints samples after the steps in say."""
    rng = np.random.default_rng(seed)
    parameters = initialize_parameters(n_a, 27, 27, rng)
    order = [place for _ in range(passes) for place in rng.permutation(len(TRAINING))]
    curves, losses = (
        LearningCurves(len(order) // 500, "500 names", "nats per character"),
        [],
    )
    for step, place in enumerate(order):
        if step in say:
            print(
                f"{step:6,} steps: ",
                *(
                    f"{as_text(sample(parameters, char_to_ix, seed)):12.12}"
                    for seed in range(5)
                ),
            )
        Y = [char_to_ix[char] for char in TRAINING[place] + "\n"]
        rate = learning_rate * (1 - step / len(order))
        loss, _, _ = optimize([None] + Y[:-1], Y, np.zeros((n_a, 1)), parameters, rate)
        losses.append(loss / len(Y))
        if len(losses) == 500:
            curves.add("training", np.mean(losses))
            losses = []
    return parameters


@cache  # the training runs once; after that, the same network is given back
def names_network():
    return learn_names(say=(0, 100, 1000, 4000, 13_000))


# %% example
with attempt():
    names_network()

# %% [markdown]
# First the lengths come right, then vowels and consonants take turns, then there are names. Now the number
# that counts: names that it has never seen.

# %% demo
with attempt():
    P = trigram_model(TRAINING, char_to_ix, 0.1)
    rows = []
    for words, outputs in [
        ("knows nothing", partial(network_outputs, initialize_parameters(100, 27, 27))),
        ("trigrams, alpha 0.1", partial(trigram_outputs, P)),
        ("your network", partial(network_outputs, names_network())),
    ]:
        nats = nats_per_character(outputs, HELD_OUT)
        rows.append((words, f"{nats:.3f}", f"{np.exp(nats):.1f}"))
    show_table(
        ["model", "nats per character", "perplexity"],
        rows,
        "On 517 names that were held out. With ten seeds the network reached 1.942 to 1.952.",
    )

# %% [markdown]
# ### An experiment of yours
#
# How small can the network be, and still beat the counting? How fast can it learn? Change the numbers below:
# fewer units, another learning rate, a single pass. Say first what you expect. Beyond a certain learning rate
# the loss does not fall any more; find it.

# %% example
with attempt():
    smaller = learn_names(n_a=20, learning_rate=0.02, passes=1)
    print(
        f"held out: {nats_per_character(partial(network_outputs, smaller), HELD_OUT):.3f} nats per character"
    )

# %% [markdown]
# ## Temperature
#
# A network's distribution can be sharpened or flattened before one draws from it. Every probability is taken
# to the power of $1/\tau$, and then all are divided by their sum. $\tau$ is the **temperature**:
#
# $$p_i = \frac{\hat y_i^{\,1/\tau}}{\sum_j \hat y_j^{\,1/\tau}}$$

# %% demo
y = np.array([0.5, 0.3, 0.15, 0.05])
rows = []
for temperature in (0.25, 0.5, 1.0, 2.0, 10.0):
    p = y ** (1 / temperature) / np.sum(y ** (1 / temperature))
    rows.append((f"{temperature}", *(f"{entry:.3f}" for entry in p)))
show_table(
    ["temperature", "a", "b", "c", "d"],
    rows,
    "A distribution over four letters. Cold, only the likeliest is left; hot, all become equal.",
)

# %% [markdown]
# Near 0 the formula has a trap. At $\tau = 0.001$ the power is 1,000, and $0.3^{1000}$ is 0 for a computer: if
# that happens to all entries, the quotient is 0 / 0. A power is the exponential of a logarithm, $\hat
# y_i^{1/\tau} = \exp(\log \hat y_i / \tau)$. So $p$ is a softmax, and the given `softmax` subtracts the
# largest entry first, which keeps it from overflowing and from underflowing. Of *what* is it the softmax?
#
# ### Exercise: sample_with_temperature
#
# Draw one index with the probabilities $p$ and return it. `y` is a distribution, an array of shape `(M,)`;
# `rng` is a generator, to be used for what is drawn. At a temperature of 0, return the index of the likeliest
# entry. (An entry of 0 stays 0; NumPy may warn of a logarithm of 0.)


# %% exercise="sample_with_temperature"
def sample_with_temperature(y, temperature, rng):
    """An index, drawn with probabilities in proportion to y ** (1 / temperature).

    y has shape (M,), temperature is at least 0, rng is a numpy.random.Generator.
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        return int(np.argmax(y))
    p = softmax(np.log(y) / temperature)
    return int(rng.choice(len(y), p=p))
    ### END SOLUTION


# %% check="sample_with_temperature" points=4


# %%
def invent(parameters, choose, rng):
    """A name of at most 50 letters; choose(y, rng) picks the index of the next character."""
    index, a_prev, name = None, np.zeros_like(parameters["b"]), ""
    while len(name) < 50:
        _, (y_hat, states) = rnn_forward([index], [0], a_prev, parameters)
        a_prev = states[-1]
        index = choose(y_hat[:, 0], rng)
        if ix_to_char[index] == "\n":
            break
        name += ix_to_char[index]
    return name


def share_of_copies(temperature, change=lambda y: y, count=400):
    """Of `count` invented names: the share that is in the training set, the share that is
    different, and the names. change is done to every distribution before the draw."""
    rng = np.random.default_rng(0)

    def choose(y, rng):
        return sample_with_temperature(change(y), temperature, rng)

    names = [invent(names_network(), choose, rng) for _ in range(count)]
    known = set(TRAINING)
    return np.mean([name in known for name in names]), len(set(names)) / count, names


# %% [markdown]
# Are these names invented, or remembered? A name that stands in the training set is a copy. **Predict.**
# Is the share of copies larger when the temperature is low, or when it is high? The next cell counts.

# %% demo
with attempt():
    rows = []
    for temperature in (0.25, 0.5, 0.75, 1.0, 1.5):
        copies, different, names = share_of_copies(temperature)
        rows.append(
            (f"{temperature}", f"{copies:.0%}", f"{different:.0%}", ", ".join(names[:6]))
        )
    show_table(
        ["temperature", "copies", "different", "the first six"],
        rows,
        "400 names at each temperature: how many of them are in the training set, and how many differ"
        " from one another.",
    )

# %% [markdown]
# Cold, the network says what it is sure of: real names, and the same few again and again. Hot, it invents, and
# most of it is noise. Whoever shows samples of a model should say both: at which temperature, and how many of
# them are copies.
#
# Try it out. Things to look for:
#
# - Begin a name yourself, with *qu* or *xy*. How sure is the network of the next letter?
# - At which temperature do you like the names best?
# - Find a beginning after which even a high temperature hardly changes anything.

# %% example
with attempt():
    explore_names(
        names_network(), char_to_ix, rnn_forward, sample_with_temperature, TRAINING
    )

# %% [markdown]
# ## The likeliest only
#
# What spoils hot samples is the tail: each of the unlikely letters is rare, but there are many of them, and one
# slip ruins a name. So the tail is cut off. **Top k** keeps the $k$ likeliest characters. That is too many where the
# network is sure, and too few where it is not. The **nucleus** (or top p) keeps as many as are needed: the
# fewest of the likeliest characters that together have at least the probability $p$.
#
# For (0.4, 0.1, 0.3, 0.2): top 2 keeps 0.4 and 0.3, and so does a nucleus of 0.6, for 0.4 alone is not enough.
# What is left is divided by its sum, 0.7, and becomes (0.571, 0, 0.429, 0).
#
# ### Exercise: top_k
#
# Return the distribution with all but its `k` largest entries set to 0, divided by its sum. If there are
# fewer than `k` entries, all are kept. (No two entries are equal.)


# %% exercise="top_k"
def top_k(y, k):
    """The distribution on its k likeliest entries alone.

    y has shape (M,), k is at least 1. Returns an array (M,).
    """
    ### BEGIN SOLUTION
    kept = np.zeros(y.shape)
    largest = np.argsort(y)[-k:]
    kept[largest] = y[largest]
    return kept / np.sum(kept)
    ### END SOLUTION


# %% check="top_k" points=2

# %% [markdown]
# ### Exercise: nucleus
#
# Return the distribution on the fewest of its largest entries that have at least `p` together, the others set
# to 0, divided by its sum.


# %% exercise="nucleus"
def nucleus(y, p):
    """The distribution on the fewest likeliest entries that have at least p together.

    y has shape (M,), p is above 0 and below 1. Returns an array (M,).
    """
    ### BEGIN SOLUTION
    kept = np.zeros(y.shape)
    total = 0.0
    for index in np.argsort(-y):
        kept[index] = y[index]
        total += y[index]
        if total >= p:
            break
    return kept / np.sum(kept)
    ### END SOLUTION


# %% check="nucleus" points=3

# %% demo
with attempt():
    rows = []
    for words, change in [
        ("everything", lambda y: y),
        ("top 5", lambda y: top_k(y, 5)),
        ("nucleus of 0.8", lambda y: nucleus(y, 0.8)),
    ]:
        copies, different, names = share_of_copies(1.0, change)
        rows.append((words, f"{copies:.0%}", f"{different:.0%}", ", ".join(names[:6])))
    show_table(
        ["drawn from", "copies", "different", "the first six"],
        rows,
        "400 names at a temperature of 1. Without the tail fewer names are noise, and more are copies.",
    )

# %% [markdown]
# ## Spot the mistake
#
# Lecture notes have slips. `end_of_sentence`, `training` and `sum_in_the_loss` are from the notes that this
# course grew out of; the other two are what readers have made of them. Each of the five is wrong. Set them
# right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `end_of_sentence` | The full stop is tokenised as EOS. | what EOS is, see below |
# | `labels_of_the_sentence` | *Cats average 15 hours of sleep a day.* has eight words, so a model that also predicts the full stop and EOS has eight labels. | the number of labels |
# | `training` | Training a language model is one to many. | the shape, see below |
# | `sum_in_the_loss` | In $\mathcal L^{⟨t⟩} = -\sum_i y_i^{⟨t⟩} \log \hat y_i^{⟨t⟩}$, each $y_i$ is the vector of a word. | what the sum runs over, see below |
# | `knows_nothing` | Before its training, a model of 10,000 words has a loss of 1 for each word. | the loss, to two decimals |
#
# For `end_of_sentence`, answer `"added"`, `"full stop"` or `"last word"`; for `training`, `"one to many"`,
# `"many to many"` or `"many to one"`; for `sum_in_the_loss`, the `"entries"` of one vector, the `"steps"` or
# the `"sentences"`.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet: each
# answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"end_of_sentence": words, "labels_of_the_sentence": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "end_of_sentence": "added",
        "labels_of_the_sentence": 8 + 2,
        "training": "many to many",
        "sum_in_the_loss": "entries",
        "knows_nothing": np.log(10_000),
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Put your LSTM of notebook 18 in the place of the plain cell. How many nats does it gain, and how many more
#   parameters does it have?
# - Give every name its real probability: the census counts how many people bear it. Which names does a network
#   invent that has seen *mary* two thousand times as often as *zulma*?
# - Train on words in place of letters, with your `build_vocabulary`, on a text of your own. How does the
#   perplexity change with the size of the vocabulary, and why may two models with different vocabularies not be
#   compared by it?
#
# ## Where this comes from
#
# Claude Shannon drew letters by their trigrams in 1948 (*A mathematical theory of communication*), and
# let people guess the next letter of a text in 1951. Yoshua Bengio and others gave the task to a network
# (*A neural probabilistic language model*, 2003), Tomas Mikolov and others to a recurrent one (2010). Ilya
# Sutskever, James Martens and Geoffrey Hinton let it write letter by letter (2011). Clipping by norm is by Razvan
# Pascanu, Tomas Mikolov and Yoshua Bengio (2013), top k by Angela Fan, Mike Lewis and Yann Dauphin (2018), the
# nucleus by Ari Holtzman and others (*The curious case of neural text degeneration*, 2020). The names are from
# the 1990 census of the United States.
#
# A model that knows what comes next has learned something about words. The next notebook uses it: to find names
# in texts, to judge reviews, to search for the likeliest sentence.
