#: You write: RNN cells forward and backward, stacked weights, the loss over time
#: Applied to: gradients that vanish and explode

# %% [markdown]
# # Recurrent networks and the way back through time
#
# A sentence is read word by word, and what a word means depends on the words before it. The same
# holds for the notes of a melody, the samples of a voice, the letters of a strand of DNA. A **recurrent
# network** reads such a sequence one step at a time and keeps a short note to itself about what it has seen.
#
# In this notebook you write one with NumPy: one step, a whole sequence, the loss, and the way back through
# all the steps. At the end your network learns to add numbers that are longer than any it has seen, and
# you see why it forgets what lies far back.
#
# **Stands on** Python and NumPy, no other notebook. **Takes** about an hour to read and two to do.

# %% setup
from functools import cache

import numpy as np

from dlcourse.checks.recurrent import check, hint, solution
from dlcourse.data.toy_sequences import NAMES, SENTENCE, binary_sums
from dlcourse.figures import plots
from dlcourse.figures import sequences as plots_sequences
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.recurrent import Adam, softmax
from dlcourse.widgets.recurrent import explore_gradients

# %% [markdown]
# ## Sequences
#
# In these tasks the input is a sequence, or the output, or both.
#
# | task | input | output |
# | :--- | :--- | :--- |
# | speech recognition | sound | words |
# | writing music | a style, or nothing | notes |
# | judging a review | words | one to five stars |
# | reading DNA | letters A, C, G, T | the parts that code for a protein |
# | translation | words | words of another language |
# | recognising what happens in a video | images | running, jumping, ... |
# | finding names in a text | words | for each word, whether it belongs to a name |
#
# Take the last one. Here is a sentence of nine words with its labels: 1 for a word that belongs to a
# person's name, 0 for any other.

# %% demo
show_table(
    SENTENCE,
    [tuple(int(label) for label in NAMES)],
    "The input is $x^{⟨1⟩}$ to $x^{⟨9⟩}$, the labels are $y^{⟨1⟩}$ to $y^{⟨9⟩}$.",
)

# %% [markdown]
# Steps are counted in angle brackets, from 1: $x^{⟨3⟩}$ is the word *and*. The input has $T_x$ steps and
# the output $T_y$; here both are 9. With several sentences, $x^{(i)⟨t⟩}$ is step $t$ of sentence $i$, and
# each sentence has its own $T_x^{(i)}$.
#
# A word becomes a vector by its place in a list of known words, the vocabulary: with 10,000 words,
# $x^{⟨t⟩}$ has 10,000 entries, a 1 in the place of the word and 0 everywhere else. This is called one-hot.
#
# In code, $m$ sequences of $T$ steps with $n_x$ numbers each are one array of shape `(n_x, m, T)`: `x[:,
# :, t]` holds step `t` of all of them, one example in each column. (Python counts from 0, so $x^{⟨1⟩}$ is
# `x[:, :, 0]`.)
#
# ### Why not a fully connected network
#
# Nine one-hot words, one below the other, are 90,000 numbers, and a layer of 100 units on them has nine
# million weights. That is not the worst:
#
# - The next sentence has twelve words, and the layer has nowhere to put them.
# - Having learned that *Harry* in first place is a name, the layer knows nothing of *Harry* in fourth
#   place: each place has weights of its own.
#
# A convolution uses the same weights in all places of an image. A recurrent network uses the same weights
# at all steps of a sequence.
#
# ## One step
#
# The note that the network keeps to itself is a vector, the **hidden state** $a^{⟨t⟩}$. Each step makes a
# new one from two things: the input of this step, and the hidden state of the step before.

# %% demo
plots_sequences.show_rnn_cell(
    "One step. The new state goes on to the next step, to the right, and into this step's"
    " output, above."
)

# %% [markdown]
# First with numbers. Let there be a single unit that takes its input as it is, and half of its old state:
# $a^{⟨t⟩} = \tanh(0.5\,a^{⟨t-1⟩} + 1\,x^{⟨t⟩})$. It sees a 1 once, and then only zeros.

# %% demo
a, rows = 0.0, []
for t, x in enumerate([1, 0, 0, 0, 0], start=1):
    before, a = a, np.tanh(0.5 * a + 1.0 * x)
    rows.append((t, x, f"tanh(0.5 · {before:.2f} + {x})", f"{a:.2f}"))
show_table(
    ["step", "x", "sum under tanh", "new state"],
    rows,
    "The 1 is seen in the first step only. In the fifth it is still there, as an echo.",
)

# %% [markdown]
# With more units the numbers become matrices. The state has its weights $W_{aa}$, the input has $W_{ax}$,
# and the output, a probability for each class, is made from the *new* state:
#
# $$a^{⟨t⟩} = \tanh\bigl(W_{aa}\,a^{⟨t-1⟩} + W_{ax}\,x^{⟨t⟩} + b_a\bigr)$$
#
# $$\hat y^{⟨t⟩} = \mathrm{softmax}\bigl(W_{ya}\,a^{⟨t⟩} + b_y\bigr)$$
#
# A softmax divides each number by the sum of its column, so over a *single* row ($n_y = 1$) it is 1, whatever the
# state says. For an answer of yes or no take two rows, or a sigmoid in the softmax's place.
#
# In the names, the first letter says what is made and the second what it is made from: $W_{ax}$ makes a
# part of $a$ from $x$.
#
# | array | shape | array | shape |
# | :--- | :--- | :--- | :--- |
# | `xt` | `(n_x, m)` | `Wax` | `(n_a, n_x)` |
# | `a_prev`, `a_next` | `(n_a, m)` | `Waa` | `(n_a, n_a)` |
# | `yt_pred` | `(n_y, m)` | `Wya` | `(n_y, n_a)` |
# | `ba` | `(n_a, 1)` | `by` | `(n_y, 1)` |
#
# ### Exercise: rnn_cell_forward
#
# Return `a_next`, `yt_pred` and a cache. The dictionary `parameters` has the keys `Wax`, `Waa`, `Wya`,
# `ba` and `by`. `softmax(z)` is given; it makes each column add up to 1. Put into the cache what the way
# back will need: `(a_next, a_prev, xt, parameters)` is the usual choice.


# %% exercise="rnn_cell_forward"
def rnn_cell_forward(xt, a_prev, parameters):
    """One step of a recurrent network, for m examples at once.

    xt has shape (n_x, m), a_prev has shape (n_a, m). parameters is a dictionary
    with Wax (n_a, n_x), Waa (n_a, n_a), Wya (n_y, n_a), ba (n_a, 1) and by (n_y, 1).
    Returns a_next (n_a, m), yt_pred (n_y, m), and a cache for rnn_cell_backward.
    """
    ### BEGIN SOLUTION
    Wax, Waa, Wya = parameters["Wax"], parameters["Waa"], parameters["Wya"]
    ba, by = parameters["ba"], parameters["by"]

    a_next = np.tanh(Waa @ a_prev + Wax @ xt + ba)
    yt_pred = softmax(Wya @ a_next + by)

    cache = (a_next, a_prev, xt, parameters)
    return a_next, yt_pred, cache
    ### END SOLUTION


# %% check="rnn_cell_forward" points=3

# %% [markdown]
# ### A shorter way to write it
#
# Two matrices that are applied to two vectors can be one matrix that is applied to one vector. Put
# $a^{⟨t-1⟩}$ on top of $x^{⟨t⟩}$, and $W_{aa}$ to the left of $W_{ax}$:
#
# $$W_a = \bigl[\,W_{aa} \;\big|\; W_{ax}\,\bigr] \qquad\qquad
#   W_a \begin{bmatrix} a^{⟨t-1⟩} \\ x^{⟨t⟩} \end{bmatrix} = W_{aa}\,a^{⟨t-1⟩} + W_{ax}\,x^{⟨t⟩}$$
#
# The left part of each row meets the upper part of the vector, the right part meets the lower one. The
# cells of the next notebook have up to four pairs of matrices, and are nearly always written so.
#
# ### Exercise: stack_weights
#
# Return $W_a$ as one array with a row for each unit.


# %% exercise="stack_weights"
def stack_weights(Waa, Wax):
    """The weights of the state and of the input in one matrix, for the vector [a; x].

    Waa has shape (n_a, n_a), Wax has shape (n_a, n_x). Returns an array (n_a, n_a + n_x).
    """
    ### BEGIN SOLUTION
    return np.concatenate([Waa, Wax], axis=1)
    ### END SOLUTION


# %% check="stack_weights" points=1

# %% [markdown]
# ## The whole sequence
#
# Do the step again and again, and hand the hidden state on. The first step has no step before it and gets
# $a^{⟨0⟩}$, which is usually zeros.

# %% demo
plots_sequences.show_network(
    SENTENCE,
    [f"ŷ⟨{t + 1}⟩" for t in range(9)],
    start="a⟨0⟩",
    caption="The network, unrolled: nine steps, side by side, with the same weights.",
)

# %% [markdown]
# At the word *Granger* the network has read five words, and their trace is in $a^{⟨5⟩}$. What comes later
# it cannot know: in *Teddy bears are on sale* it has to decide about *Teddy* before it sees *bears*.
# A second network that reads from the end could tell it.
#
# ### Exercise: rnn_forward
#
# Return `a` of shape `(n_a, m, T)`, `y_pred` of shape `(n_y, m, T)`, and caches. The usual choice for the
# caches is a pair: the list of the caches of all steps, and `x`. Use `rnn_cell_forward`.


# %% exercise="rnn_forward"
def rnn_forward(x, a0, parameters):
    """Read m sequences of T steps.

    x has shape (n_x, m, T), a0 has shape (n_a, m); parameters as for rnn_cell_forward.
    Returns a (n_a, m, T), y_pred (n_y, m, T), and caches for rnn_backward.
    """
    ### BEGIN SOLUTION
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wya"].shape
    a = np.zeros((n_a, m, T_x))
    y_pred = np.zeros((n_y, m, T_x))

    cells = []
    a_next = a0
    for t in range(T_x):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        a[:, :, t] = a_next
        y_pred[:, :, t] = yt_pred
        cells.append(cache)

    return a, y_pred, (cells, x)
    ### END SOLUTION


# %% check="rnn_forward" points=3

# %% [markdown]
# The echo from above, now with your function and for three units, which differ only in how much of the old
# state they take over.

# %% example
with attempt():
    kept = [0.5, 0.9, 1.5]
    echo = {
        "Wax": np.ones((3, 1)),
        "Waa": np.diag(kept),
        "Wya": np.zeros((2, 3)),
        "ba": np.zeros((3, 1)),
        "by": np.zeros((2, 1)),
    }
    x = np.zeros((1, 1, 24))
    x[0, 0, 0] = 1
    a, _, _ = rnn_forward(x, np.zeros((3, 1)), echo)
    plots.show_curves(
        {f"weight {weight}": a[unit, 0] for unit, weight in enumerate(kept)},
        x_label="step",
        y_label="hidden state",
        x=range(1, 25),
        caption="A unit with weight 0.5 forgets within a few steps, one with 0.9 within"
        " twenty. One with 1.5 remembers for ever; but nothing tells it when to forget.",
    )

# %% [markdown]
# ### Five shapes
#
# The same cell serves tasks of different shapes. What differs is at which steps it is given something and
# at which steps it is asked.

# %% demo
plots_sequences.show_five_shapes(
    "From left to right: an ordinary network; writing music from one given style; judging"
    " a whole review; finding names, one label for each word; translating, where all is"
    " read before the first word is written."
)

# %% [markdown]
# In the second and the last shape, the steps that write are given what was written in the step before. The
# last shape is a pair of networks, an encoder that reads and a decoder that writes.
#
# ## The loss over time
#
# Let the network believe, for *Harry*, with probability 0.8 that it is part of a name. It is, so $y = 1$,
# and the loss of this step is $-\log 0.8 = 0.22$. Had it believed 0.01, the loss would be $4.6$. For a
# word with $y = 0$, the probability that counts is that of *no name*, $1 - \hat y$. Both cases in one
# formula:
#
# $$\mathcal L^{⟨t⟩}\bigl(\hat y^{⟨t⟩}, y^{⟨t⟩}\bigr) = -\,y^{⟨t⟩} \log \hat y^{⟨t⟩} - \bigl(1 - y^{⟨t⟩}\bigr) \log\bigl(1 - \hat y^{⟨t⟩}\bigr)$$
#
# The loss of the sentence is the sum over its words:
#
# $$\mathcal L(\hat y, y) = \sum_{t=1}^{T} \mathcal L^{⟨t⟩}\bigl(\hat y^{⟨t⟩}, y^{⟨t⟩}\bigr)$$
#
# and the loss of $m$ sentences is the mean of theirs.
#
# ### Exercise: sequence_loss
#
# `y_hat` and `y` both have the shape `(n_y, m, T)`. There is one label for each word where $n_y$ is 1;
# with more, their losses are summed too. Return a number. (`np.log` is the natural logarithm.)


# %% exercise="sequence_loss"
def sequence_loss(y_hat, y):
    """The losses of all labels, summed over labels and steps, averaged over sequences.

    y_hat holds probabilities, y holds 0 and 1; both have shape (n_y, m, T).
    Returns a number.
    """
    ### BEGIN SOLUTION
    losses = -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)
    m = y.shape[1]
    return np.sum(losses) / m
    ### END SOLUTION


# %% check="sequence_loss" points=2

# %% example
with attempt():
    y = NAMES.reshape(1, 1, 9)
    sure = np.where(y == 1, 0.9, 0.1)
    beliefs = {
        "sure and right, 0.9 and 0.1": sure,
        "undecided, 0.5 everywhere": np.full((1, 1, 9), 0.5),
        "sure and wrong, 0.1 and 0.9": 1 - sure,
    }
    show_table(
        ["what the network believes of each word", "loss of the sentence"],
        [(name, f"{sequence_loss(y_hat, y):.2f}") for name, y_hat in beliefs.items()],
    )

# %% [markdown]
# ## The way back through one step
#
# To learn, the network needs the gradient of the loss for each weight. Gradients travel against the
# arrows. Take one step, and let the gradient of its new state be known: `da_next`, which says how much the
# loss grows when $a^{⟨t⟩}$ grows a little.
#
# With numbers first, and with one unit: $W_{aa} = -2$, $W_{ax} = 3$, $a^{⟨t-1⟩} = 3$, $x^{⟨t⟩} = 2$, no
# bias. The sum under tanh is $z = -2 · 3 + 3 · 2 = 0$, and there tanh has the slope 1. If `da_next` is 10,
# then $dz$ is 10 as well. From $z = W_{aa}\,a^{⟨t-1⟩} + W_{ax}\,x^{⟨t⟩} + b_a$ follows the rest: each
# factor gets $dz$ times the other factor.
#
# | gradient | dz times the other factor | value |
# | :--- | :--- | ---: |
# | $dW_{aa}$ | $dz · a^{⟨t-1⟩}$ | 30 |
# | $dW_{ax}$ | $dz · x^{⟨t⟩}$ | 20 |
# | $db_a$ | $dz$ | 10 |
# | $da^{⟨t-1⟩}$ | $dz · W_{aa}$ | -20 |
# | $dx^{⟨t⟩}$ | $dz · W_{ax}$ | 30 |
#
# Where tanh is not at 0, its slope is less than 1. The slope can be read from the result: for $a = \tanh
# z$ it is $1 - a^2$. So, number by number,
#
# $$dz = da^{⟨t⟩} * \bigl(1 - (a^{⟨t⟩})^2\bigr)$$
#
# And with matrices, for $m$ examples in columns:
#
# $$dW_{ax} = dz\,(x^{⟨t⟩})^T \qquad dW_{aa} = dz\,(a^{⟨t-1⟩})^T \qquad db_a = \sum_{\text{examples}} dz$$
#
# $$dx^{⟨t⟩} = W_{ax}^T\,dz \qquad da^{⟨t-1⟩} = W_{aa}^T\,dz$$
#
# The shapes help to remember where the transposes are: a gradient has the shape of what it is the gradient
# of. The weights are shared by all examples, so their gradients are sums over the examples; the products
# with $(x^{⟨t⟩})^T$ and $(a^{⟨t-1⟩})^T$ contain this sum already.
#
# ### Exercise: rnn_cell_backward
#
# Given `da_next` of shape `(n_a, m)` and the cache of your `rnn_cell_forward`, return a dictionary with
# the keys `dxt`, `da_prev`, `dWax`, `dWaa` and `dba`. (`np.sum` with `keepdims=True` keeps the second axis
# of `dba`.)


# %% exercise="rnn_cell_backward"
def rnn_cell_backward(da_next, cache):
    """The way back through one step.

    da_next has shape (n_a, m); cache is the one that rnn_cell_forward returned.
    Returns a dictionary with dxt (n_x, m), da_prev (n_a, m), dWax (n_a, n_x),
    dWaa (n_a, n_a) and dba (n_a, 1).
    """
    ### BEGIN SOLUTION
    a_next, a_prev, xt, parameters = cache

    dz = da_next * (1 - a_next**2)
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": np.sum(dz, axis=1, keepdims=True),
    }
    ### END SOLUTION


# %% check="rnn_cell_backward" points=4

# %% [markdown]
# The check compares with gradients found by nudging. You can do the same: move one weight up and down a
# little, and see how the loss changes. Below, the loss is the sum of all numbers in $a^{⟨t⟩}$, so
# `da_next` is all ones.

# %% example
with attempt():
    rng = np.random.default_rng(1)
    xt, a_prev = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    parameters = {
        "Wax": rng.normal(size=(5, 3)),
        "Waa": rng.normal(size=(5, 5)),
        "Wya": rng.normal(size=(2, 5)),
        "ba": np.zeros((5, 1)),
        "by": np.zeros((2, 1)),
    }
    a_next, _, cell_cache = rnn_cell_forward(xt, a_prev, parameters)
    gradients = rnn_cell_backward(np.ones((5, 4)), cell_cache)

    nudge = np.zeros((5, 5))
    nudge[2, 4] = 1e-5
    Waa = parameters["Waa"]
    up, _, _ = rnn_cell_forward(xt, a_prev, {**parameters, "Waa": Waa + nudge})
    down, _, _ = rnn_cell_forward(xt, a_prev, {**parameters, "Waa": Waa - nudge})
    print("dWaa[2, 4] by nudging:          ", (np.sum(up) - np.sum(down)) / 2e-5)
    print("dWaa[2, 4] by rnn_cell_backward:", gradients["dWaa"][2, 4])

# %% [markdown]
# ## The way back through time
#
# In a sequence, each hidden state has two ways into the loss: through the output of its own step, and
# through the next step. Both bring a gradient back, and the two add up.

# %% demo
plots_sequences.show_network(
    [f"x⟨{t}⟩" for t in (1, 2, 3, 4)],
    [f"ŷ⟨{t}⟩" for t in (1, 2, 3, 4)],
    start="a⟨0⟩",
    backwards=True,
    caption="Grey: the way of the values. Violet: the way of the gradients. Two"
    " violet arrows arrive at a⟨3⟩, one from ŷ⟨3⟩ and one from a⟨4⟩; at the"
    " last state, only one.",
)

# %% [markdown]
# The last step is the only one that knows its whole gradient at once. So begin there and go back, one step
# at a time: this is **backpropagation through time**.
#
# A small case. One unit, $W_{aa} = 2$, $W_{ax} = 3$, and all inputs 0: all states are 0, and tanh has the
# slope 1. Let the outputs of three steps send back the gradients 1, 10 and 100.
#
# | step | from its output | from the next step | together | to the step before, times 2 | to the input, times 3 |
# | ---: | ---: | ---: | ---: | ---: | ---: |
# | 3 | 100 | 0 | 100 | 200 | 300 |
# | 2 | 10 | 200 | 210 | 420 | 630 |
# | 1 | 1 | 420 | 421 | 842 | 1263 |
#
# The bias was used in three steps, so its gradient is $100 + 210 + 421 = 731$. It is the same with the
# weights: every step uses them, so the gradients of all steps add up.
#
# $$dW_{aa} = \sum_{t=1}^{T} dz^{⟨t⟩}\,(a^{⟨t-1⟩})^T$$
#
# ### Exercise: rnn_backward
#
# `da`, of shape `(n_a, m, T)`, holds for each step the gradient that its *own output* sends to the state.
# `caches` is what your `rnn_forward` returned. Return a dictionary with the keys `dx` (of the shape of
# `x`), `da0` (the gradient of the state before the first step), `dWax`, `dWaa` and `dba`. Use
# `rnn_cell_backward`.


# %% exercise="rnn_backward"
def rnn_backward(da, caches):
    """The way back through a whole sequence.

    da has shape (n_a, m, T): what each step's own output sends to its state.
    caches is what rnn_forward returned.
    Returns a dictionary with dx (n_x, m, T), da0 (n_a, m), dWax (n_a, n_x),
    dWaa (n_a, n_a) and dba (n_a, 1).
    """
    ### BEGIN SOLUTION
    cells, x = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]

    dx = np.zeros((n_x, m, T_x))
    dWax = np.zeros((n_a, n_x))
    dWaa = np.zeros((n_a, n_a))
    dba = np.zeros((n_a, 1))
    da_prev = np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        gradients = rnn_cell_backward(da[:, :, t] + da_prev, cells[t])
        dx[:, :, t] = gradients["dxt"]
        da_prev = gradients["da_prev"]
        dWax += gradients["dWax"]
        dWaa += gradients["dWaa"]
        dba += gradients["dba"]

    return {"dx": dx, "da0": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    ### END SOLUTION


# %% check="rnn_backward" points=4

# %% [markdown]
# ## Learning to add
#
# You have a network that can learn from sequences. Let it learn what you learned at school: to add two
# numbers, digit by digit, and to carry. The digits are binary, so that there are only two, and the lowest
# comes first, in the order in which one adds by hand.


# %% demo
def bits_of(number, count):
    """The binary digits of a number, the lowest one first."""
    return [number >> place & 1 for place in range(count)]


first, second, carried = bits_of(45, 8), bits_of(27, 8), [0]
for digits in zip(first, second):
    carried.append((sum(digits) + carried[-1]) // 2)
show_table(
    ["step", *"12345678"],
    [
        ("45", *first),
        ("27", *second),
        ("carried from the step before", *carried[:8]),
        ("72", *bits_of(45 + 27, 8)),
    ],
    "45 + 27, lowest digit first. In step 2, 0 + 1 and the carried 1 make 2: write 0,"
    " carry 1.",
)

# %% [markdown]
# At each step the network is given one digit of each number ($n_x = 2$) and asked for the digit of the
# sum, 0 or 1 ($n_y = 2$). It is told nothing of carrying. To get the digits right it has to find out that
# there is something to remember, and to keep it in its hidden state of eight numbers.
#
# The way back begins at the loss. For a softmax with this loss, the gradient of what goes into the softmax
# is the probability minus the label, $\hat y - y$. From there $W_{ya}$ leads to `da`, and your
# `rnn_backward` does the rest.


# %%
def learn(x, y, parameters):
    """The loss and the gradients of all parameters, for labels y of shape (1, m, T)."""
    m = x.shape[1]
    a, y_pred, caches = rnn_forward(x, np.zeros((len(parameters["ba"]), m)), parameters)
    loss = sequence_loss(y_pred[1:], y)  # row 1 is the probability of the digit 1

    dz = (y_pred - np.concatenate([1 - y, y])) / m
    gradients = rnn_backward(np.tensordot(parameters["Wya"].T, dz, axes=1), caches)
    # summed over examples and steps
    gradients["dWya"] = np.tensordot(dz, a, axes=([1, 2], [1, 2]))
    gradients["dby"] = dz.sum(axis=(1, 2)).reshape(-1, 1)
    return loss, gradients


@cache  # the training runs once; after that, the same network is given back
def adding_network():
    """A network of eight units that has learned to add, and its losses."""
    rng = np.random.default_rng(1)
    parameters = {
        "Wax": rng.normal(size=(8, 2)) / 2**0.5,
        "Waa": rng.normal(size=(8, 8)) / 8**0.5,
        "Wya": rng.normal(size=(2, 8)) / 8**0.5,
        "ba": np.zeros((8, 1)),
        "by": np.zeros((2, 1)),
    }
    optimizer = Adam(parameters, learning_rate=0.02)
    losses = []
    for _ in range(400):
        x, y = binary_sums(rng, m=50, bits=7)
        loss, gradients = learn(x, y, parameters)
        optimizer.step(gradients)
        losses.append(loss)
    return parameters, losses


# %% demo
with attempt():
    _, losses = adding_network()
    plots.show_curves(
        {"loss": losses},
        x_label="training step",
        y_label="loss of a sum",
        logarithmic=True,
        caption="400 steps with 50 sums of seven-digit numbers each. (`Adam` is gradient"
        " descent with a step size of its own for each weight.) Guessing costs 5.5.",
    )

# %% [markdown]
# It has seen numbers of seven binary digits, up to 127. Now it gets numbers of forty digits, about a
# million million. It can read them, because a recurrent network reads sequences of any length. Whether it
# adds them correctly depends on whether it has understood carrying or has only learned the sums by heart.
#
# **Predict.** How many of 500 sums of forty digits will be right to the last digit?


# %% demo
def number(bits):
    """The number with these binary digits, the lowest one first."""
    return sum(int(bit) << place for place, bit in enumerate(bits))


with attempt():
    parameters, _ = adding_network()
    x, y = binary_sums(np.random.default_rng(7), m=500, bits=40)
    a, y_pred, _ = rnn_forward(x, np.zeros((8, 500)), parameters)
    answers = y_pred[1] > 0.5
    for i in range(3):
        first, second, answer = number(x[0, i]), number(x[1, i]), number(answers[i])
        verdict = "right" if answer == first + second else "wrong"
        print(f"{first:>17,} + {second:>17,} = {answer:>17,}   {verdict}")
    right = np.all(answers == y[0], axis=1)
    print(f"{np.sum(right)} of 500 sums have all 41 digits right.")

# %% [markdown]
# The rule is found. The carry must be somewhere in the eight numbers of the hidden state; here they are
# while the network adds two numbers of twenty digits.

# %% demo
with attempt():
    parameters, _ = adding_network()
    x, y = binary_sums(np.random.default_rng(35), m=1, bits=20)
    a, y_pred, _ = rnn_forward(x, np.zeros((8, 1)), parameters)
    carry = [0]
    for digit_sum in x[:, 0].sum(axis=0):
        carry.append((int(digit_sum) + carry[-1]) // 2)
    carry = np.array(carry[1:])
    likeness = [np.corrcoef(unit, carry)[0, 1] for unit in a[:, 0]]
    order = np.argsort(-np.abs(likeness))
    plots_sequences.show_over_time(
        {
            "first number": x[0, 0],
            "second number": x[1, 0],
            "sum": (y_pred[1, 0] > 0.5) * 1.0,
            "carry": carry,
            "hidden state": a[order, 0] * np.sign(likeness)[order, np.newaxis],
        },
        caption="White is 1, black is 0. The network was never told of the carry, yet the"
        " top row of its hidden state follows it: orange where there is something to"
        " carry, blue where there is not. (The rows are sorted by how closely they"
        " follow, and turned to the same sign.)",
    )

# %% [markdown]
# ## How far back gradients reach
#
# Adding needs a memory of one step. Language needs more: *The cat, which already ate a lot of fish, ...
# was full*, but *The cats, which already ate a lot of fish, ... were full*. Between the noun and its verb
# there can be dozens of words. To learn this, the gradient of the verb's loss has to reach the noun.
#
# One step back, the gradient is multiplied by the weight and by the slope of tanh. With one unit, $W_{aa}
# = 2$ and states of 0.5, where the slope is $1 - 0.25$, each step multiplies by $2 · 0.75 = 1.5$. After 10
# steps that is 58, and after 50 it is 640 million. With $W_{aa} = 1$ it is 0.75 at each step: 0.06 after
# 10 steps, and less than a millionth after 50.
#
# With many units the factor of a step is a matrix, and the factors of several steps are multiplied:
#
# $$\frac{\partial a^{⟨T⟩}}{\partial a^{⟨t⟩}} = J^{⟨T⟩} J^{⟨T-1⟩} \cdots J^{⟨t+1⟩}
# \qquad\text{with}\qquad J^{⟨k⟩} = \mathrm{diag}\bigl(1 - (a^{⟨k⟩})^2\bigr)\,W_{aa}$$
#
# $\mathrm{diag}(v)$ is the matrix with $v$ on its diagonal: it multiplies row $i$ of $W_{aa}$ by entry $i$
# of $v$. How large a matrix is, is measured by its norm: how much longer it makes a vector at most (its
# largest singular value, `np.linalg.norm(matrix, 2)`).
#
# ### Exercise: gradient_through_time
#
# `a`, of shape `(n_a, T)`, holds the hidden states of *one* sequence. Return an array of length `T` whose
# entry `t` is the norm of the gradient of the last state by state `t`. The last entry is 1: no step lies
# between.


# %% exercise="gradient_through_time"
def gradient_through_time(a, Waa):
    """How much the last hidden state depends on each one before it.

    a has shape (n_a, T), Waa has shape (n_a, n_a).
    Returns an array of length T: the norms of da<T>/da<1>, da<T>/da<2>, ..., da<T>/da<T>.
    """
    ### BEGIN SOLUTION
    n_a, T = a.shape
    norms = np.zeros(T)
    product = np.eye(n_a)
    norms[T - 1] = 1
    for t in range(T - 1, 0, -1):
        product = product @ np.diag(1 - a[:, t] ** 2) @ Waa
        norms[t - 1] = np.linalg.norm(product, 2)
    return norms
    ### END SOLUTION


# %% check="gradient_through_time" points=3

# %% [markdown]
# ## What you have just built
#
# A network that learns from sequences, and an instrument that shows which ones it cannot learn from.
#
# Take a $W_{aa}$ that turns every vector and stretches it by the same factor. (In general, what a matrix
# does when it is applied many times is decided by its **spectral radius**, the largest absolute value of
# its eigenvalues. Here it is the factor.) Three such networks read the same sequence of small random
# inputs.
#
# **Predict.** With a factor of 1.2, does the gradient grow or shrink over 59 steps? Remember the slope of tanh.

# %% example
with attempt():
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.normal(size=(30, 30)))[0]
    x = 0.1 * rng.normal(size=(3, 1, 60))
    curves = {}
    for radius in (2.0, 1.2, 0.8):
        Waa = radius * turn
        parameters = {
            "Wax": rng.normal(size=(30, 3)),
            "Waa": Waa,
            "Wya": np.zeros((2, 30)),
            "ba": np.zeros((30, 1)),
            "by": np.zeros((2, 1)),
        }
        a, _, _ = rnn_forward(x, np.zeros((30, 1)), parameters)
        curves[f"spectral radius {radius}"] = gradient_through_time(a[:, 0, :], Waa)
    plots_sequences.show_reach(
        curves,
        "norm of da⟨T⟩/da⟨t⟩",
        lowest=1e-9,
        highest=1e9,
        caption="The scale is logarithmic, and a straight line is a power. With a"
        " radius of 2 the gradient explodes, with 0.8 it vanishes. Only a narrow"
        " band lets it pass.",
    )

# %% [markdown]
# **Vanishing** gradients cannot be seen in the loss: the network learns what is near, and never what is
# far. **Exploding** ones can: one step of training throws the weights far away, and the loss becomes
# `nan`. Against the second there is a plain remedy: cut gradients that are too large down to a largest
# size. Against the first one needs another cell.
#
# Try it out. Things to look for:
#
# - At a radius of 1, without tanh, the gradient would keep its length for ever. See what tanh does to it.
# - Make the inputs larger. The states move to the flat ends of tanh, where the slope is nearly 0.
# - Look for the radius at which a gradient comes back over 59 steps as large as it was, first with inputs
#   of size 0.1, then of 0.5.

# %% example
with attempt():
    explore_gradients(rnn_forward, gradient_through_time)

# %% [markdown]
# ## Spot the mistake
#
# Good lecture notes have slips too. `stacking`, `loss_of_a_word` and `zero_vector` are from the notes that
# this course grew out of; the other two are what readers have made of them. Each of the five is wrong. Set
# them right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `stacking` | $W_{aa}$ and $W_{ax}$ are stacked: $W_a = [W_{aa}\,;\,W_{ax}]$. (A semicolon is how one writes rows.) | how they stand, see below |
# | `stacked_columns` | With 100 units and 10,000 words, $W_a$ has 100 columns. | the number |
# | `loss_of_a_word` | The loss of a word is $\mathcal L(\hat y^{⟨t⟩} - y^{⟨t⟩})$; for $\hat y = 0.2$ and $y = 1$, that is of -0.8. | the right loss, to two decimals |
# | `zero_vector` | To write a text, begin with $a^{⟨0⟩} = 0$ and $x^{⟨0⟩} = 0$. | the input that is meant, see below |
# | `shared_gradient` | $dW_{aa}$ of a sequence is the gradient of its last step. | what it is, see below |
#
# For `stacking`, answer `"side by side"`, `"one below the other"` or `"added"`; for `zero_vector`,
# `"x<0>"`, `"x<1>"` or `"y<0>"`; for `shared_gradient`, the `"last"`, `"mean"`, `"sum"` or `"product"` of
# the steps' gradients.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet: each
# answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"stacking": words, "stacked_columns": a number, ...}."""
    ### BEGIN SOLUTION
    return {
        "stacking": "side by side",
        "stacked_columns": 100 + 10_000,
        "loss_of_a_word": -np.log(0.2),
        "zero_vector": "x<1>",
        "shared_gradient": "sum",
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - Let the network multiply a number by three, digit by digit. It has to carry 0, 1 or 2. How many units does it need?
# - Hand the digits in with the *highest* first. What can the network not know, and what would have to change?
# - Backpropagation through the last ten steps only is called *truncated*. Write it with your `rnn_cell_backward`. Which of the
#   tasks above can still be learned?
#
# ## Where this comes from
#
# Michael Jordan (1986) and Jeffrey Elman (*Finding structure in time*, 1990) gave networks a state that is
# handed from step to step; the cell above is Elman's. Paul Werbos described backpropagation through time
# (1990). That gradients vanish was found by Sepp Hochreiter in his diploma thesis (1991), and by Yoshua
# Bengio, Patrice Simard and Paolo Frasconi (1994); Razvan Pascanu, Tomas Mikolov and Yoshua Bengio drew
# the full picture, with the spectral radius and the remedy for exploding gradients (2013).
#
# The next notebook builds cells with gates, GRU and LSTM, whose memory a gradient can pass through
# unchanged.
