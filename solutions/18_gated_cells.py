#: You write: GRU and LSTM cells and layers, forward and backward
#: Applied to: your LSTM and GRU against Keras's; your LSTM writes a text, letter by letter

# %% [markdown]
# # Cells that remember: GRU and LSTM
#
# The cell of the last notebook writes its whole memory anew at each step: old state times weights, plus
# input, through tanh. What was there before survives only as an echo, and so does the gradient on its way
# back.
#
# The cells of this notebook leave their memory alone, unless there is a reason to touch it. What a reason
# is, they learn. You write two of them, forwards and backwards: the GRU and the LSTM. Both agree with
# Keras's, up to rounding, and learn to remember over gaps where the plain cell fails. At the end your LSTM
# reads a text letter by letter, and writes one.
#
# **Stands on** notebook 17. **Takes** about an hour to read and three to do.

# %% setup
from functools import cache

import numpy as np

from dlcourse.checking.quiet import quiet
from dlcourse.checks.gated_cells import check, hint, solution
from dlcourse.data.manual import CHARACTERS, manual
from dlcourse.data.toy_sequences import marked_numbers, recall
from dlcourse.figures import plots
from dlcourse.figures import sequences as plots_sequences
from dlcourse.figures.learning_curves import LearningCurves
from dlcourse.figures.notebook_tools import attempt, show_table
from dlcourse.recurrent import Adam, sigmoid, softmax
from dlcourse.widgets.gated_cells import explore_memory

# %% [markdown]
# ## A gate
#
# A memory holds 0.9, and there is something new: -0.5. Shall the memory keep what it has, or take what is
# new? Let a number $\Gamma$ (a capital *gamma*) between 0 and 1 decide: the new memory is $\Gamma$ times the new
# plus $1 - \Gamma$ times the old.

# %% demo
rows = []
for gate in (0.0, 0.01, 0.5, 1.0):
    memory = gate * -0.5 + (1 - gate) * 0.9
    rows.append((f"{gate}", f"{gate} · (-0.5) + {1 - gate} · 0.9", f"{memory:.3f}"))
show_table(["gate", "new part + old part", "memory afterwards"], rows)

# %% [markdown]
# Such a number is called a **gate**. With 0 it is shut, and the memory stays as it is, exactly. With 1 it
# is open, and the memory is replaced.
#
# See what a gate is good for. Below, a number arrives at each step, and now and then one is marked as
# important. The gate is open where the mark is, and shut elsewhere.

# %% demo
x, _ = marked_numbers(np.random.default_rng(2), m=1, steps=40, often=0.07)
numbers, marks = x[:, 0]

memory, history = 0.0, []
for new, gate in zip(numbers, marks):
    memory = gate * new + (1 - gate) * memory
    history.append(memory)
plots_sequences.show_over_time(
    {"number": numbers, "mark = gate": marks, "memory": np.array(history)},
    caption="Orange is positive, blue negative, white 0. The memory takes over a marked"
    " number and holds it through all that comes after, until the next mark.",
)

# %% [markdown]
# In a network, nobody sets the gate: it is computed, from the hidden state and the input, with weights
# that are learned. A **sigmoid**, $\sigma(z) = 1 / (1 + e^{-z})$, brings the sum between 0 and 1.

# %% demo
z = np.linspace(-8, 8, 161)
plots.show_curves(
    {"sigmoid": sigmoid(z), "tanh": np.tanh(z)},
    x=z,
    x_label="z",
    caption="A sigmoid is made for gates: it goes from 0 to 1, and large sums bring it"
    " close to either. tanh is made for contents: it goes from -1 to 1.",
)

# %% [markdown]
# Below -5, say, a sigmoid is nearly 0: a gate can be shut firmly, and stay so over many steps.
#
# ## The GRU
#
# The **gated recurrent unit** has a gate for each number of its hidden state. The state itself is the
# memory. (Some call it $c$ in a GRU; here it is $a$, as in every other cell.)

# %% demo
plots_sequences.show_gru_cell(
    "The GRU. Along the top, the memory: it passes unchanged where Γu is shut. Blue: the"
    " gates. × and + work number by number."
)

# %% [markdown]
# The **candidate** $\tilde c^{⟨t⟩}$ is what could be written. The **update gate** $\Gamma_u$ decides how
# much of it is written, and how much of the old state is replaced. The **relevance gate** $\Gamma_r$
# decides how much of the old state the candidate sees: with $\Gamma_r = 0$ it starts afresh from the
# input. Every weight matrix meets two vectors in one stack, the state on top of the input, as in
# `stack_weights`:
#
# $$\Gamma_u = \sigma\bigl(W_u\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_u\bigr) \qquad \Gamma_r = \sigma\bigl(W_r\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_r\bigr)$$
#
# $$\tilde c^{⟨t⟩} = \tanh\bigl(W_c\,[\Gamma_r * a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_c\bigr)$$
#
# $$a^{⟨t⟩} = \Gamma_u * \tilde c^{⟨t⟩} + (1 - \Gamma_u) * a^{⟨t-1⟩} \qquad \hat y^{⟨t⟩} = \mathrm{softmax}\bigl(W_y\,a^{⟨t⟩} + b_y\bigr)$$
#
# The star multiplies number by number (`*` in NumPy). $W_u$, $W_r$ and $W_c$ have the shape `(n_a, n_a +
# n_x)`, their biases `(n_a, 1)`.
#
# ### Exercise: gru_cell_forward
#
# Return `a_next`, `yt_pred` and a cache: whatever your way back will need, in the form you like (both states, the candidate,
# the gates, the input, the parameters). The dictionary `parameters` has the keys `Wu`, `bu`, `Wr`, `br`,
# `Wc`, `bc`, `Wy` and `by`. `sigmoid` and `softmax` are given.


# %% exercise="gru_cell_forward"
def gru_cell_forward(xt, a_prev, parameters):
    """One step of a GRU, for m examples at once.

    xt has shape (n_x, m), a_prev has shape (n_a, m). parameters is a dictionary with
    Wu, Wr, Wc (n_a, n_a + n_x), bu, br, bc (n_a, 1), Wy (n_y, n_a) and by (n_y, 1).
    Returns a_next (n_a, m), yt_pred (n_y, m), and a cache for gru_cell_backward.
    """
    ### BEGIN SOLUTION
    stacked = np.concatenate([a_prev, xt])
    ut = sigmoid(parameters["Wu"] @ stacked + parameters["bu"])
    rt = sigmoid(parameters["Wr"] @ stacked + parameters["br"])
    relevant = np.concatenate([rt * a_prev, xt])
    cct = np.tanh(parameters["Wc"] @ relevant + parameters["bc"])

    a_next = ut * cct + (1 - ut) * a_prev
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])

    cache = (a_next, a_prev, cct, ut, rt, xt, parameters)
    return a_next, yt_pred, cache
    ### END SOLUTION


# %% check="gru_cell_forward" points=4

# %% [markdown]
# ## The GRU, through time
#
# Step after step, the state is handed on, as in `rnn_forward`.
#
# ### Exercise: gru_forward
#
# Return `a` of shape `(n_a, m, T)`, `y_pred` of shape `(n_y, m, T)`, and caches: the list of the caches of
# all steps, and `x`, is the usual choice.


# %% exercise="gru_forward"
def gru_forward(x, a0, parameters):
    """Read m sequences of T steps with a GRU.

    x has shape (n_x, m, T), a0 has shape (n_a, m); parameters as for gru_cell_forward.
    Returns a (n_a, m, T), y_pred (n_y, m, T), and caches for gru_backward.
    """
    ### BEGIN SOLUTION
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wy"].shape
    a = np.zeros((n_a, m, T_x))
    y_pred = np.zeros((n_y, m, T_x))

    cells = []
    a_next = a0
    for t in range(T_x):
        a_next, yt_pred, cache = gru_cell_forward(x[:, :, t], a_next, parameters)
        a[:, :, t] = a_next
        y_pred[:, :, t] = yt_pred
        cells.append(cache)

    return a, y_pred, (cells, x)
    ### END SOLUTION


# %% check="gru_forward" points=2

# %% [markdown]
# The marked numbers from above, now in your GRU. It has one unit, whose weights are set by hand: the
# update gate looks at the mark only (weight 20, bias -10), the candidate looks at the number only.

# %% example
with attempt():
    by_hand = {
        "Wu": np.array([[0.0, 0.0, 20.0]]),
        "bu": np.array([[-10.0]]),
        "Wr": np.zeros((1, 3)),
        "br": np.zeros((1, 1)),
        "Wc": np.array([[0.0, 1.0, 0.0]]),
        "bc": np.zeros((1, 1)),
        "Wy": np.zeros((2, 1)),
        "by": np.zeros((2, 1)),
    }
    x = np.stack([numbers, marks])[:, np.newaxis, :]
    a, _, _ = gru_forward(x, np.zeros((1, 1)), by_hand)
    plots_sequences.show_over_time(
        {"number": numbers, "mark": marks, "state of the GRU": a[0, 0]},
        caption="One unit of a GRU does what the memory above did. (The colours are a bit"
        " paler: the candidate is the tanh of the number.)",
    )

# %% [markdown]
# ## The way back through a GRU
#
# What has been gained shows on the way back. From $a^{⟨t⟩} = \Gamma_u * \tilde c^{⟨t⟩} + (1 - \Gamma_u) *
# a^{⟨t-1⟩}$, the gradient of the new state reaches the old state *directly*, times $1 - \Gamma_u$, with no
# weight and no tanh in between. With a gate of 0.01, over a hundred steps, this makes $0.99^{100} = 0.37$.
# In the last notebook, with 0.75 at each step, it was $0.75^{100} = 3 · 10^{-13}$.
#
# The direct way is one of four. The old state also goes into the candidate and into both gates, and all of
# these add up:

# %% demo
show_table(
    ["from the new state to ...", "times", "and on to the old state, times"],
    [
        ("the old state, directly", "1 - Γu", ""),
        ("the candidate", "Γu, then the slope of tanh", "Wc (its left part), then Γr"),
        ("the update gate", "c̃ - old state, then the slope of σ", "Wu (its left part)"),
        (
            "the relevance gate, by way of the candidate",
            "Wc (its left part), then the old state, then the slope of σ",
            "Wr (its left part)",
        ),
    ],
    "The four ways by which the gradient gets from the new state to the old one.",
)

# %% [markdown]
# Take them one after the other. Call the sums that go into tanh and $\sigma$ $z_c$, $z_u$ and $z_r$. The
# slope of tanh is $1 - \tilde c^2$, the slope of a sigmoid is $\Gamma(1 - \Gamma)$. Then
#
# $$dz_c = da^{⟨t⟩} * \Gamma_u * (1 - \tilde c^2) \qquad dz_u = da^{⟨t⟩} * (\tilde c - a^{⟨t-1⟩}) * \Gamma_u * (1 - \Gamma_u)$$
#
# The stack $[\Gamma_r * a^{⟨t-1⟩};\,x^{⟨t⟩}]$ went into the candidate through $W_c$, so its gradient is
# $W_c^T\,dz_c$. Its upper $n_a$ rows belong to $\Gamma_r * a^{⟨t-1⟩}$. Call them $g$; then
#
# $$dz_r = g * a^{⟨t-1⟩} * \Gamma_r * (1 - \Gamma_r)$$
#
# and for the old state, with "upper" for the upper $n_a$ rows,
#
# $$da^{⟨t-1⟩} = da^{⟨t⟩} * (1 - \Gamma_u) + g * \Gamma_r + \bigl(W_u^T\,dz_u + W_r^T\,dz_r\bigr)_{\text{upper}}$$
#
# The gradient of $x^{⟨t⟩}$ is the sum of the lower $n_x$ rows of $W_c^T\,dz_c$, $W_u^T\,dz_u$ and
# $W_r^T\,dz_r$. The weights, finally, are as ever: $dW = dz$ times the transposed vector that $W$ met, and
# $db$ is the sum of $dz$ over the examples.
#
# ### Exercise: gru_cell_backward
#
# Given `da_next`, which is $da^{⟨t⟩}$ of the formulas, of shape `(n_a, m)`, and the cache of your `gru_cell_forward`, return a dictionary with
# the keys `dxt`, `da_prev`, `dWu`, `dbu`, `dWr`, `dbr`, `dWc` and `dbc`.


# %% exercise="gru_cell_backward"
def gru_cell_backward(da_next, cache):
    """The way back through one step of a GRU.

    da_next has shape (n_a, m); cache is the one that gru_cell_forward returned.
    Returns a dictionary with dxt (n_x, m), da_prev (n_a, m), dWu, dWr, dWc
    (n_a, n_a + n_x) and dbu, dbr, dbc (n_a, 1).
    """
    ### BEGIN SOLUTION
    a_next, a_prev, cct, ut, rt, xt, parameters = cache
    n_a = a_prev.shape[0]
    stacked = np.concatenate([a_prev, xt])
    relevant = np.concatenate([rt * a_prev, xt])

    dzc = da_next * ut * (1 - cct**2)
    dzu = da_next * (cct - a_prev) * ut * (1 - ut)
    drelevant = parameters["Wc"].T @ dzc
    dzr = drelevant[:n_a] * a_prev * rt * (1 - rt)
    dstacked = parameters["Wu"].T @ dzu + parameters["Wr"].T @ dzr

    gradients = {
        "dxt": drelevant[n_a:] + dstacked[n_a:],
        "da_prev": da_next * (1 - ut) + drelevant[:n_a] * rt + dstacked[:n_a],
    }
    for gate, dz, met in [("u", dzu, stacked), ("r", dzr, stacked), ("c", dzc, relevant)]:
        gradients["dW" + gate] = dz @ met.T
        gradients["db" + gate] = np.sum(dz, axis=1, keepdims=True)
    return gradients
    ### END SOLUTION


# %% check="gru_cell_backward" points=5

# %% [markdown]
# ### Exercise: gru_backward
#
# `da`, of shape `(n_a, m, T)`, holds for each step the gradient that its own output sends to the state.
# Return a dictionary with `dx`, `da0`, and the gradients of the six weights and biases, added up over the
# steps. The loop is that of `rnn_backward`.


# %% exercise="gru_backward"
def gru_backward(da, caches):
    """The way back through a whole sequence.

    da has shape (n_a, m, T): what each step's own output sends to its state.
    caches is what gru_forward returned.
    Returns a dictionary with dx (n_x, m, T), da0 (n_a, m), dWu, dWr, dWc (n_a, n_a + n_x)
    and dbu, dbr, dbc (n_a, 1).
    """
    ### BEGIN SOLUTION
    cells, x = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]

    gradients = {"dx": np.zeros(x.shape)}
    for gate in "urc":
        gradients["dW" + gate] = np.zeros((n_a, n_a + n_x))
        gradients["db" + gate] = np.zeros((n_a, 1))
    da_prev = np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        step = gru_cell_backward(da[:, :, t] + da_prev, cells[t])
        da_prev = step["da_prev"]
        gradients["dx"][:, :, t] = step["dxt"]
        for gate in "urc":
            gradients["dW" + gate] += step["dW" + gate]
            gradients["db" + gate] += step["db" + gate]
    gradients["da0"] = da_prev
    return gradients
    ### END SOLUTION


# %% check="gru_backward" points=3

# %% [markdown]
# ## The LSTM
#
# The **long short-term memory** is older than the GRU, and has more parts. It keeps its memory $c^{⟨t⟩}$
# apart from what it shows, its hidden state $a^{⟨t⟩}$. And where the GRU has one gate for keeping and
# writing, the LSTM has two, so it can also do both, or neither.
#
# Again with numbers. The memory holds 2, the candidate is 0.5. The **forget gate** is 0.75 (of the old
# memory, this much is *kept*), the **input gate** is 0.25 and the **output gate** 0.5:
#
# $$c = 0.75 · 2 + 0.25 · 0.5 = 1.625 \qquad a = 0.5 · \tanh(1.625) = 0.463$$

# %% demo
plots_sequences.show_lstm_cell(
    "The LSTM. Along the top runs the memory: something is forgotten (×),"
    " something is added (+). Below it, the hidden state: what the output gate"
    " lets out of the memory."
)

# %% [markdown]
# In general, with three gates and a candidate, each with weights of its own:
#
# $$\Gamma_f = \sigma\bigl(W_f\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_f\bigr) \qquad \Gamma_i = \sigma\bigl(W_i\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_i\bigr) \qquad \Gamma_o = \sigma\bigl(W_o\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_o\bigr)$$
#
# $$\tilde c^{⟨t⟩} = \tanh\bigl(W_c\,[a^{⟨t-1⟩};\,x^{⟨t⟩}] + b_c\bigr)$$
#
# $$c^{⟨t⟩} = \Gamma_f * c^{⟨t-1⟩} + \Gamma_i * \tilde c^{⟨t⟩} \qquad a^{⟨t⟩} = \Gamma_o * \tanh\bigl(c^{⟨t⟩}\bigr) \qquad \hat y^{⟨t⟩} = \mathrm{softmax}\bigl(W_y\,a^{⟨t⟩} + b_y\bigr)$$
#
# ### Exercise: lstm_cell_forward
#
# Return `a_next`, `c_next`, `yt_pred` and a cache. The keys of `parameters` are `Wf`, `bf`, `Wi`, `bi`,
# `Wc`, `bc`, `Wo`, `bo`, `Wy` and `by`; the shapes are as in the GRU.


# %% exercise="lstm_cell_forward"
def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    """One step of an LSTM, for m examples at once.

    xt has shape (n_x, m), a_prev and c_prev have shape (n_a, m).
    parameters is a dictionary with Wf, Wi, Wc, Wo (n_a, n_a + n_x), bf, bi, bc, bo
    (n_a, 1), Wy (n_y, n_a) and by (n_y, 1).
    Returns a_next, c_next (n_a, m), yt_pred (n_y, m), and a cache for lstm_cell_backward.
    """
    ### BEGIN SOLUTION
    stacked = np.concatenate([a_prev, xt])
    ft = sigmoid(parameters["Wf"] @ stacked + parameters["bf"])
    it = sigmoid(parameters["Wi"] @ stacked + parameters["bi"])
    cct = np.tanh(parameters["Wc"] @ stacked + parameters["bc"])
    ot = sigmoid(parameters["Wo"] @ stacked + parameters["bo"])

    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])

    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache
    ### END SOLUTION


# %% check="lstm_cell_forward" points=4

# %% [markdown]
# ## The LSTM, through time
#
# Two things are handed from step to step now, the hidden state and the memory. The hidden state starts
# from `a0`; the memory starts empty, with zeros.
#
# ### Exercise: lstm_forward
#
# Return, in this order, `a` of shape `(n_a, m, T)`, `y` of shape `(n_y, m, T)`, `c` of shape `(n_a, m,
# T)`, and caches.


# %% exercise="lstm_forward"
def lstm_forward(x, a0, parameters):
    """Read m sequences of T steps with an LSTM.

    x has shape (n_x, m, T), a0 has shape (n_a, m); parameters as for lstm_cell_forward.
    Returns a (n_a, m, T), y (n_y, m, T), c (n_a, m, T), and caches for lstm_backward.
    """
    ### BEGIN SOLUTION
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wy"].shape
    a = np.zeros((n_a, m, T_x))
    c = np.zeros((n_a, m, T_x))
    y = np.zeros((n_y, m, T_x))

    cells = []
    a_next = a0
    c_next = np.zeros((n_a, m))
    for t in range(T_x):
        a_next, c_next, yt_pred, cache = lstm_cell_forward(
            x[:, :, t], a_next, c_next, parameters
        )
        a[:, :, t] = a_next
        c[:, :, t] = c_next
        y[:, :, t] = yt_pred
        cells.append(cache)

    return a, y, c, (cells, x)
    ### END SOLUTION


# %% check="lstm_forward" points=2

# %% [markdown]
# ## The way back through an LSTM
#
# Two gradients arrive at a step: `da_next` for the hidden state, and `dc_next` for the memory, which the
# next step hands back. The hidden state was made from the memory, $a^{⟨t⟩} = \Gamma_o * \tanh(c^{⟨t⟩})$,
# so `da_next` reaches the memory as well. The whole gradient of the memory is
#
# $$dc = dc_{next} + da_{next} * \Gamma_o * \bigl(1 - \tanh^2(c^{⟨t⟩})\bigr)$$
#
# From here it is like the GRU, and a little shorter. The memory was made in $c^{⟨t⟩} = \Gamma_f *
# c^{⟨t-1⟩} + \Gamma_i * \tilde c^{⟨t⟩}$, so each factor gets $dc$ times the factor next to it, and then
# comes the slope of its sigmoid or tanh:
#
# $$dz_f = dc * c^{⟨t-1⟩} * \Gamma_f(1 - \Gamma_f) \qquad\qquad dz_i = \;? \qquad\qquad dz_c = \;?$$
#
# The two that are missing follow by the same rule: find them before you write code. For the output gate and the memory,
#
# $$dz_o = da_{next} * \tanh(c^{⟨t⟩}) * \Gamma_o(1 - \Gamma_o) \qquad\qquad dc_{prev} = dc * \Gamma_f$$
#
# $[a^{⟨t-1⟩};\,x^{⟨t⟩}]$ went into four products, so its gradient is a sum of four:
#
# $$\begin{bmatrix} da_{prev} \\ dx^{⟨t⟩} \end{bmatrix} = W_f^T\,dz_f + W_i^T\,dz_i + W_c^T\,dz_c + W_o^T\,dz_o$$
#
# Look at $dc_{prev} = dc * \Gamma_f$: along the memory, the gradient meets nothing but forget gates. As
# long as they are open, it passes.
#
# ### Exercise: lstm_cell_backward
#
# Return a dictionary with the keys `dxt`, `da_prev`, `dc_prev`, and `dWf`, `dbf`, `dWi`, `dbi`, `dWc`,
# `dbc`, `dWo`, `dbo`.


# %% exercise="lstm_cell_backward"
def lstm_cell_backward(da_next, dc_next, cache):
    """The way back through one step of an LSTM.

    da_next and dc_next have shape (n_a, m); dc_next is what the next step hands back.
    cache is the one that lstm_cell_forward returned.
    Returns a dictionary with dxt (n_x, m), da_prev, dc_prev (n_a, m),
    dWf, dWi, dWc, dWo (n_a, n_a + n_x) and dbf, dbi, dbc, dbo (n_a, 1).
    """
    ### BEGIN SOLUTION
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    n_a = a_prev.shape[0]

    dc = dc_next + da_next * ot * (1 - np.tanh(c_next) ** 2)
    dz = {
        "f": dc * c_prev * ft * (1 - ft),
        "i": dc * cct * it * (1 - it),
        "c": dc * it * (1 - cct**2),
        "o": da_next * np.tanh(c_next) * ot * (1 - ot),
    }

    stacked = np.concatenate([a_prev, xt])
    dstacked = np.zeros(stacked.shape)
    gradients = {"dc_prev": dc * ft}
    for gate in "fico":
        dstacked += parameters["W" + gate].T @ dz[gate]
        gradients["dW" + gate] = dz[gate] @ stacked.T
        gradients["db" + gate] = np.sum(dz[gate], axis=1, keepdims=True)
    gradients["da_prev"] = dstacked[:n_a]
    gradients["dxt"] = dstacked[n_a:]
    return gradients
    ### END SOLUTION


# %% check="lstm_cell_backward" points=5

# %% [markdown]
# In a sequence, each step hands both of its gradients to the step before: `da_prev`, which is added to
# that step's own `da[:, :, t]`, and `dc_prev`. The loss sees the outputs, and never the memory itself, so
# the last step has a `dc_next` of zeros.
#
# (A table of "expected values" for `lstm_backward` that is widely copied was computed without adding `da_prev`.
# Yours should differ from it. The check compares with finite differences.)
#
# ### Exercise: lstm_backward
#
# Return a dictionary with `dx`, `da0`, and the gradients of the eight weights and biases, added up over
# the steps.


# %% exercise="lstm_backward"
def lstm_backward(da, caches):
    """The way back through a whole sequence.

    da has shape (n_a, m, T): what each step's own output sends to its state.
    caches is what lstm_forward returned.
    Returns a dictionary with dx (n_x, m, T), da0 (n_a, m),
    dWf, dWi, dWc, dWo (n_a, n_a + n_x) and dbf, dbi, dbc, dbo (n_a, 1).
    """
    ### BEGIN SOLUTION
    cells, x = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]

    gradients = {"dx": np.zeros(x.shape)}
    for gate in "fico":
        gradients["dW" + gate] = np.zeros((n_a, n_a + n_x))
        gradients["db" + gate] = np.zeros((n_a, 1))
    da_prev = np.zeros((n_a, m))
    dc_prev = np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        step = lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, cells[t])
        da_prev, dc_prev = step["da_prev"], step["dc_prev"]
        gradients["dx"][:, :, t] = step["dxt"]
        for gate in "fico":
            gradients["dW" + gate] += step["dW" + gate]
            gradients["db" + gate] += step["db" + gate]
    gradients["da0"] = da_prev
    return gradients
    ### END SOLUTION


# %% check="lstm_backward" points=3

# %% [markdown]
# ## What you have just built
#
# Two cells that did much of the work on sequences until attention took over. Here is what they can do:
# they agree with Keras's, they learn when to open their gates, and they remember over gaps.
#
# ### The same as Keras's
#
# Given the same weights, `keras.layers.LSTM` and `keras.layers.GRU` should give the same numbers as your
# functions. Their weights have another form, and it is good to know it:
#
# - Keras puts time second, `(m, T, n_x)`, and examples in rows, so every matrix is transposed.
# - The weights of the input and those of the state are two matrices, each with all gates side by side. In
#   an LSTM their order is input, forget, candidate, output; in a GRU it is update, relevance, candidate.
# - In Keras's GRU, the update gate $z$ is the complement of ours: $z = 1 - \Gamma_u$. Because $1 -
#   \sigma(s) = \sigma(-s)$, it is enough to turn the sign of $W_u$ and $b_u$.
# - Keras's GRU applies the relevance gate *after* the product with the weights, unless it is told
#   `reset_after=False`. This is another cell, not another way to compute the same one.


# %%
def random_parameters(gates, n_x, n_a, n_y, rng):
    """Weights for a cell with these gates, and biases of zero."""
    parameters = {"Wy": rng.normal(size=(n_y, n_a)) / n_a**0.5, "by": np.zeros((n_y, 1))}
    for gate in gates:
        parameters["W" + gate] = rng.normal(size=(n_a, n_a + n_x)) / (n_a + n_x) ** 0.5
        parameters["b" + gate] = np.zeros((n_a, 1))
    return parameters


def in_keras_form(parameters, gates):
    """The weights of the input, of the state, and the biases, gates side by side."""
    W = np.concatenate([parameters["W" + gate] for gate in gates])
    b = np.concatenate([parameters["b" + gate] for gate in gates])
    n_a = len(parameters["b" + gates[0]])
    return [W[:, n_a:].T, W[:, :n_a].T, b.ravel()]


# %% demo
with attempt():
    rng = np.random.default_rng(0)
    n_x, n_a, m, T = 3, 5, 4, 20
    x = rng.normal(size=(n_x, m, T))
    lstm, gru = (random_parameters(gates, n_x, n_a, 2, rng) for gates in ("fico", "urc"))
    for parameters in (lstm, gru):
        for name in parameters:
            parameters[name] = rng.normal(size=parameters[name].shape)
    mine = {
        "LSTM": lstm_forward(x, np.zeros((n_a, m)), lstm)[0],
        "GRU": gru_forward(x, np.zeros((n_a, m)), gru)[0],
    }

    with quiet():
        import keras
        from keras.layers import GRU, LSTM

        exact = {"return_sequences": True, "dtype": "float64"}
        turned = {**gru, "Wu": -gru["Wu"], "bu": -gru["bu"]}
        W_x, W_a, b = in_keras_form(turned, "urc")
        layers = [
            ("LSTM", "LSTM", LSTM(n_a, **exact), in_keras_form(lstm, "ifco")),
            (
                "GRU",
                "GRU, reset_after=False",
                GRU(n_a, reset_after=False, **exact),
                [W_x, W_a, b],
            ),
            # the GRU as it comes has biases for the state too; they are set to zero
            (
                "GRU",
                "GRU, as it comes",
                GRU(n_a, **exact),
                [W_x, W_a, np.stack([b, 0 * b])],
            ),
        ]
        rows = []
        for cell, name, layer, weights in layers:
            layer.build((m, T, n_x))
            layer.set_weights(weights)
            a = keras.ops.convert_to_numpy(layer(x.transpose(1, 2, 0))).transpose(2, 0, 1)
            rows.append((cell, name, f"{np.max(np.abs(mine[cell] - a)):.0e}"))
    show_table(
        ["your cell", "Keras's layer", "largest difference"],
        rows,
        "400 numbers in each case. The first two differences are rounding errors; the"
        " third layer is another cell.",
    )

# %% [markdown]
# ### What the gates learn
#
# Back to the marked numbers. Above, the gate was set by hand. Now a network has to find out by itself that
# a marked number is to be held: four units with random weights, which at each step give a number back
# ($W_y\,a^{⟨t⟩} + b_y$, without softmax) and are told how far it is from the number that was marked last.
# Nobody tells the gates what to do.
#
# **Predict.** Will every unit learn to open at the marks?


# %%
@cache  # the training runs once; after that, the same network is given back
def holding_network(cell, seed):
    """A network of four units that has learned to hold marked numbers."""
    rng = np.random.default_rng(seed)
    forward, backward, gates = {
        "GRU": (gru_forward, gru_backward, "urc"),
        "LSTM": (lstm_forward, lstm_backward, "fico"),
    }[cell]
    parameters = random_parameters(gates, 2, 4, 1, rng)
    if cell == "GRU":
        parameters["bu"] -= 2  # begin with gates that keep most of the memory
    else:
        parameters["bf"] += 2

    optimizer = Adam(parameters, learning_rate=0.03)
    for _ in range(200):
        x, y = marked_numbers(rng, m=32, steps=15)
        results = forward(x, np.zeros((4, 32)), parameters)
        a, caches = results[0], results[-1]
        answer = np.tensordot(parameters["Wy"], a, axes=1) + parameters["by"].item()
        dz = 2 * (answer - y) / y.size  # the gradient of the mean squared distance
        gradients = backward(np.tensordot(parameters["Wy"].T, dz, axes=1), caches)
        gradients["dWy"] = np.tensordot(dz, a, axes=([1, 2], [1, 2]))
        gradients["dby"] = dz.sum(axis=(1, 2)).reshape(-1, 1)
        optimizer.step(gradients)
    return parameters


def gate_over_time(gate, a, x, parameters):
    """The values of a gate at each step of one sequence: a (n_a, T), x (n_x, T)."""
    a_prev = np.concatenate([np.zeros((len(a), 1)), a[:, :-1]], axis=1)
    stacked = np.concatenate([a_prev, x])
    return sigmoid(parameters["W" + gate] @ stacked + parameters["b" + gate])


# %% demo
with attempt():
    parameters = holding_network("GRU", seed=0)
    x, y = marked_numbers(np.random.default_rng(2), m=1, steps=40, often=0.07)
    a, _, _ = gru_forward(x, np.zeros((4, 1)), parameters)
    a, x = a[:, 0], x[:, 0]
    plots_sequences.show_over_time(
        {
            "number": x[0],
            "mark": x[1],
            "update gate": gate_over_time("u", a, x, parameters),
            "state": a,
            "answer": parameters["Wy"] @ a + parameters["by"],
            "right answer": y[0, 0],
        },
        caption="A GRU, one row for each of its four units; white is an open gate. It was"
        " trained on 15 steps and is shown on 40. Its third unit has learned to open at"
        " the marks and to keep shut elsewhere; the others open little.",
    )

# %% demo
with attempt():
    parameters = holding_network("LSTM", seed=1)
    x, y = marked_numbers(np.random.default_rng(2), m=1, steps=40, often=0.07)
    a, _, c, _ = lstm_forward(x, np.zeros((4, 1)), parameters)
    a, c, x = a[:, 0], c[:, 0], x[:, 0]
    plots_sequences.show_over_time(
        {
            "number": x[0],
            "mark": x[1],
            "forget gate": gate_over_time("f", a, x, parameters),
            "input gate": gate_over_time("i", a, x, parameters),
            "memory": c,
            "answer": parameters["Wy"] @ a + parameters["by"],
            "right answer": y[0, 0],
        },
        caption="An LSTM. At a mark the forget gates of its first and last unit shut,"
        " so the old number goes, and the first unit's input gate opens for the new"
        " one. In between, the memory fades slowly. (The two units in the middle fill"
        " up, and are hardly used.)",
    )

# %% [markdown]
# ### How far back gradients reach
#
# Let a loss depend on the last of sixty steps only, and see how much of its gradient reaches the input of
# each step before. The plain cell has a $W_{aa}$ of spectral radius 1, with
# which, without tanh, a gradient would keep its length. The LSTM is taken as it is before any training, with small random weights; only the bias $b_f$ of its
# forget gate differs.
#
# **Predict.** Which lets more of the gradient through over sixty steps: the plain cell, or an LSTM whose forget gate starts half open?


# %% demo
def reaches(dx):
    """The length of the gradient at each step, compared with the last step."""
    lengths = np.sqrt(np.sum(dx**2, axis=(0, 1)))
    return lengths / lengths[-1]


with attempt():
    rng = np.random.default_rng(0)
    n_a, T = 16, 60
    x, da = 0.5 * rng.normal(size=(2, 8, T)), np.zeros((n_a, 8, T))
    da[:, :, -1] = rng.normal(size=(n_a, 8))
    curves = {}
    for bias in (4, 2, 0):
        lstm = random_parameters("fico", 2, n_a, 2, np.random.default_rng(1))
        lstm = {name: 0.3 * value for name, value in lstm.items()}
        lstm["bf"] += bias
        _, _, _, caches = lstm_forward(x, np.zeros((n_a, 8)), lstm)
        curves[f"LSTM, forget bias {bias}"] = reaches(lstm_backward(da, caches)["dx"])

    from dlcourse import recurrent

    plain = {
        "Waa": np.linalg.qr(rng.normal(size=(n_a, n_a)))[0],
        "Wax": rng.normal(size=(n_a, 2)),
        "ba": np.zeros((n_a, 1)),
        "Wya": np.zeros((2, n_a)),
        "by": np.zeros((2, 1)),
    }
    _, _, caches = recurrent.rnn_forward(x, np.zeros((n_a, 8)), plain)
    curves["plain cell"] = reaches(recurrent.rnn_backward(da, caches)["dx"])
    plots_sequences.show_reach(
        curves,
        "gradient of x⟨t⟩",
        lowest=1e-16,
        highest=1e2,
        caption="The forget gate decides how far gradients reach, and its bias decides"
        " where the gate starts.",
    )

# %% [markdown]
# With a bias of 0 the forget gate starts at 1/2, so the memory is halved at each step: before its
# training, such an LSTM forgets faster than the plain cell. With a bias of 4 it starts at 0.98. So it is
# usual to begin with $b_f$ at 1 or more (Keras begins with 1), and with $b_u$ of a GRU below 0. Training
# can then shut what need not be kept.
#
# ### How long a memory lasts
#
# One unit of your LSTM and one of your GRU, with weights set by hand. Each has to hold the marked number,
# 0.9 (as its tanh, 0.72), until the next mark comes 36 steps later. The slider sets the bias $b_f$ of the forget gate; the GRU
# gets $b_u = -b_f$, so that both keep the same part of their memory at each step.
#
# Try it out. Things to look for:
#
# - Begin at a bias of 0. How many steps after a mark can you still see the colour of its number?
# - Make the unmarked numbers larger, then 0. The LSTM does not see them, because its input gate is shut;
#   its memory fades. The GRU has one gate for keeping and writing: what it does not keep, it fills with
#   what comes.
# - Look for the smallest bias at which half of what the first mark wrote is left at step 40.

# %% example
with attempt():
    explore_memory(lstm_forward, gru_forward, gate_over_time)

# %% [markdown]
# ### Remembering over a gap
#
# The task: a sign, 1 or -1, arrives at each step, and one of the first three is marked. At the end, the
# network has to say what the marked one was. In between are more signs, to confuse it.
#
# **Predict.** The LSTM, the GRU and the plain cell, with a gap of 5 and of 20: in which of the six cases will the network
# do no better than guessing?


# %%
def last_step_gradients(forward, backward, output, x, y, parameters):
    """The loss of the answer at the last step, and the gradients of all parameters."""
    m = x.shape[1]
    n_a = parameters[output].shape[1]
    results = forward(x, np.zeros((n_a, m)), parameters)
    a, y_pred, caches = results[0], results[1], results[-1]
    loss = -np.mean(np.log(y_pred[y, np.arange(m), -1]))

    dz = (y_pred[:, :, -1] - np.stack([1 - y, y])) / m
    da = np.zeros(a.shape)
    da[:, :, -1] = parameters[output].T @ dz
    gradients = backward(da, caches)
    gradients["d" + output] = dz @ a[:, :, -1].T
    gradients["dby"] = np.sum(dz, axis=1, keepdims=True)
    return loss, gradients


@cache  # each training runs once; after that, the same network is given back
def recalling_network(cell, gap):
    """A network that was trained to recall over a gap, with its losses."""
    rng = np.random.default_rng(0)
    output = "Wy"
    if cell == "LSTM":
        forward, backward = lstm_forward, lstm_backward
        parameters = random_parameters("fico", 2, 16, 2, rng)
        parameters["bf"] += 2
    elif cell == "GRU":
        forward, backward = gru_forward, gru_backward
        parameters = random_parameters("urc", 2, 16, 2, rng)
        parameters["bu"] -= 2
    else:
        from dlcourse import recurrent

        forward, backward, output = recurrent.rnn_forward, recurrent.rnn_backward, "Wya"
        parameters = {
            "Wax": rng.normal(size=(16, 2)) / 2**0.5,
            "Waa": rng.normal(size=(16, 16)) / 4,
            "Wya": rng.normal(size=(2, 16)) / 4,
            "ba": np.zeros((16, 1)),
            "by": np.zeros((2, 1)),
        }

    optimizer = Adam(parameters, learning_rate=0.01)
    losses = []
    for _ in range(100):
        x, y = recall(rng, m=32, gap=gap)
        loss, gradients = last_step_gradients(forward, backward, output, x, y, parameters)
        optimizer.step(gradients)
        losses.append(loss)
    return forward, parameters, losses


# %% demo
with attempt():
    rows = []
    for cell in ("LSTM", "GRU", "plain"):
        row = [cell]
        for gap in (5, 20):
            forward, parameters, _ = recalling_network(cell, gap)
            x, y = recall(np.random.default_rng(1), m=500, gap=gap)
            y_pred = forward(x, np.zeros((16, 500)), parameters)[1]
            row.append(f"{np.mean((y_pred[1, :, -1] > 0.5) == y):.0%}")
        rows.append(tuple(row))
    show_table(
        ["cell, 16 units", "gap of 5", "gap of 20"],
        rows,
        "How many of 500 new sequences are recalled correctly, after 100 training steps"
        " with 32 sequences each. Guessing gives 50 %.",
    )
    plots.show_curves(
        {cell: recalling_network(cell, 20)[2] for cell in ("LSTM", "GRU", "plain")},
        x_label="training step",
        y_label="loss",
        caption="Training with a gap of 20. The plain cell does not leave the loss of a"
        " guess, 0.69: hardly anything of the gradient reaches the marked step.",
    )

# %% [markdown]
# ### A text, letter by letter
#
# So far the tasks were made for the cells. Now a text that people have written: the manual that every Python carries with it, what
# `help("assert")` and the like show. Your LSTM reads it letter by letter, and at each letter has to say which one comes next.
#
# There are thirty characters. A letter goes in as a column of 29 zeros and a single 1, and out comes a probability for each of the thirty.

# %%
TEXT = manual()
LETTERS = np.array([CHARACTERS.index(letter) for letter in TEXT])
LEARNED = LETTERS[: len(LETTERS) * 9 // 10]
HELD_OUT = LETTERS[len(LEARNED) :]
ONE_HOT = np.eye(len(CHARACTERS))


def pieces(letters, starts, steps):
    """Pieces of the text: what goes in, and what should come out, each (30, m, steps)."""
    found = ONE_HOT[letters[np.asarray(starts)[:, np.newaxis] + np.arange(steps + 1)]]
    return found[:, :-1].transpose(2, 0, 1), found[:, 1:].transpose(2, 0, 1)


def nats(y, wanted):
    """The mean loss of a letter."""
    return -np.mean(np.log(np.sum(y * wanted, axis=0)))


def write(parameters, length, seed=0):
    """A text of the network's own: each letter is drawn from its probabilities, and goes in at the next step."""
    rng = np.random.default_rng(seed)
    a = c = np.zeros((len(parameters["bf"]), 1))
    written = [CHARACTERS.index(" ")]
    while len(written) <= length:
        a, c, y, _ = lstm_cell_forward(ONE_HOT[:, written[-1:]], a, c, parameters)
        written.append(int(rng.choice(len(y), p=y[:, 0])))
    return "".join(CHARACTERS[number] for number in written[1:]).replace("\n", " ")


# %% demo
print(f"{len(TEXT):,} letters, of which the last tenth is held out. It begins:")
print(TEXT[:160])
with attempt():
    print("An LSTM that knows nothing writes:")
    print(write(random_parameters("fico", 30, 100, 30, np.random.default_rng(0)), 80))

# %% [markdown]
# The loss of a letter is $-\log$ of the probability that the network gave to it. Whoever knows nothing gives 1/30 to each, and has a loss of
# $\log 30 = 3.40$. With the natural logarithm the unit is called a *nat*.
#
# **Predict.** It learns from 16 pieces of 30 letters at a time, five hundred times, which is less than two readings of the text. In which order
# will it learn these: which letters are frequent, how long words are, whole words, sentences that mean something?


# %%
@cache  # the training runs once; after that, the same network is given back
def writing_network(n_a=100, m=16, steps=30, updates=500, say=(0, 25, 100, 250), seed=0):
    """Parameters of an LSTM that has read the text; it writes something after the updates in say."""
    rng = np.random.default_rng(seed)
    parameters = random_parameters("fico", 30, n_a, 30, rng)
    parameters["bf"] += 1
    optimizer = Adam(parameters)
    curves, losses = LearningCurves(updates // 25, "25 updates", "nats per letter"), []
    for update in range(updates):
        if update in say:
            print(f"{update:3} updates: {write(parameters, 90)}")
        optimizer.learning_rate = 0.02 * (1 - update / updates)
        starts = rng.integers(len(LEARNED) - steps, size=m)
        x, wanted = pieces(LEARNED, starts, steps)
        a, y, _, caches = lstm_forward(x, np.zeros((n_a, m)), parameters)
        losses.append(nats(y, wanted))
        if len(losses) == 25:
            curves.add("training", np.mean(losses))
            losses = []

        dz = (y - wanted) / (m * steps)  # softmax and loss in one, at every letter
        gradients = lstm_backward(np.einsum("yn,ymt->nmt", parameters["Wy"], dz), caches)
        gradients["dWy"] = np.einsum("ymt,nmt->yn", dz, a)
        gradients["dby"] = np.sum(dz, axis=(1, 2))[:, np.newaxis]
        optimizer.step(gradients)
    print(f"{updates:3} updates: {write(parameters, 90)}")
    return parameters


def counted(before):
    """Nats per held-out letter, if each is guessed from the few before it, by how often that was seen."""
    seen = np.full((len(CHARACTERS),) * (before + 1), 0.1)
    places = np.lib.stride_tricks.sliding_window_view(LEARNED, before + 1)
    np.add.at(seen, tuple(places.T), 1)
    shares = seen / seen.sum(axis=-1, keepdims=True)
    held_out = np.lib.stride_tricks.sliding_window_view(HELD_OUT, before + 1)
    return -np.mean(np.log(shares[tuple(held_out.T)]))


# %% example
with attempt():
    writing_network()

# %% demo
with attempt():
    x, wanted = pieces(HELD_OUT, np.arange(0, len(HELD_OUT) - 101, 100), 100)
    a0 = np.zeros((100, x.shape[1]))
    y = lstm_forward(x, a0, writing_network())[1]
    show_table(
        ["who guesses the next letter", "nats per letter"],
        [
            ("somebody who knows nothing", f"{np.log(30):.2f}"),
            ("who has counted letters", f"{counted(0):.2f}"),
            ("who has counted what follows one letter", f"{counted(1):.2f}"),
            ("what follows two", f"{counted(2):.2f}"),
            ("what follows three", f"{counted(3):.2f}"),
            ("your LSTM", f"{nats(y, wanted):.2f}"),
        ],
        "On the tenth of the text that was held out. Each piece of 100 letters begins with an empty memory.",
    )

# %% [markdown]
# First the blanks come right, then syllables, then short words that are everywhere, such as *the* and *of*; longer words of the manual come last, and
# what it says means nothing. It does better than a table for two letters, and not quite as well as one for three: from ten other first weights its loss was 1.44 to
# 1.52. But that table has $30^4 = 810{,}000$ numbers, your LSTM has 55,430, and nobody told it how many letters to look at. A table for ten letters would be nearly
# empty, for any text of this length.
#
# **Yours to change.** Write `writing_network(updates=150)` in the two cells above. Between which two rows of the table will the LSTM come out? Say it first, then
# run both; it trains anew, for less than a third of the time.

# %% [markdown]
# ## Spot the mistake
#
# The notes that this course grew out of break off at the heading *Gated Recurrent Unit*. So these five
# sentences come from elsewhere; each of them is wrong. Set them right.
#
# | name | the claim | your answer |
# | :--- | :--- | :--- |
# | `keras_update_gate` | In Keras's GRU, an update gate of 1 replaces the old state. | what happens to the old state, see below |
# | `keras_gru_parameters` | `keras.layers.GRU(100)` on 50 inputs has $3·(100·150 + 100)$ parameters. | the number, with all arguments left as they are |
# | `gru_gates` | A GRU has three weight matrices, so it has three gates. | the number |
# | `lstm_output` | An LSTM hands its memory $c^{⟨t⟩}$ to the layer above. | what it hands up, see below |
# | `ten_steps` | With a forget bias of 1 and weights near 0, nothing is forgotten. | the part of $c$ that is left after ten steps in which nothing is written, to three decimals |
#
# For `keras_update_gate`, answer `"kept"`, `"replaced"` or `"forgotten"`; for `lstm_output`, `"a"`, `"c"`
# or `"both"`. The biases of `reset_after=True` are one set for the input and one for the state.
#
# ### Exercise: spot_the_mistake
#
# Return a dictionary with these five names and your answers. Leave out what you do not know yet: each
# answer counts by itself.


# %% exercise="spot_the_mistake"
def spot_the_mistake():
    """The claims, corrected: {"keras_update_gate": a word, ...}."""
    ### BEGIN SOLUTION
    return {
        "keras_update_gate": "kept",
        "keras_gru_parameters": 3 * (100 * 150 + 2 * 100),
        "gru_gates": 2,
        "lstm_output": "a",
        "ten_steps": sigmoid(1.0) ** 10,
    }
    ### END SOLUTION


# %% check="spot_the_mistake" points=5

# %% [markdown]
# ## Harder tasks
#
# Without points; nothing below depends on them.
#
# - The LSTM of 1997 had no forget gate. Set $\Gamma_f = 1$ in your cell, forwards and backwards, and let it hold marked numbers. What becomes
#   of its memory when a second mark comes?
# - *Peepholes* let the gates see the memory $c^{⟨t-1⟩}$ as well. Add them to `lstm_cell_forward` and to its way back, and check the
#   gradient by nudging.
# - Tie the two gates together, $\Gamma_i = 1 - \Gamma_f$, as the GRU does. How many parameters does it save, and does it remember
#   as long?
#
# ## Where this comes from
#
# Sepp Hochreiter and Jürgen Schmidhuber built the LSTM against the vanishing gradient that Hochreiter had
# found (*Long short-term memory*, 1997). Theirs could not forget; the forget gate is by Felix Gers, Jürgen
# Schmidhuber and Fred Cummins (*Learning to forget*, 2000). Kyunghyun Cho and others made the GRU as a
# simpler cell (2014), with the update gate turned round, as Keras has it. Rafal Jozefowicz, Wojciech
# Zaremba and Ilya Sutskever compared thousands of cells (2015), and found none that was much better, and
# that a forget bias of 1 matters more than most of what people had tried.
#
# Andrej Karpathy let LSTMs write plays, source code and mathematics letter by letter (*The Unreasonable Effectiveness of Recurrent Neural Networks*, 2015).
#
# In the next notebook a network learns names in this way, and invents new ones.
