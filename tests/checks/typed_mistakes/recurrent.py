"""Notebook 17, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip, whole


def rnn_cell_forward(xt, a_prev, parameters):
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    Wya = parameters["Wya"]
    ba = parameters["ba"]
    by = parameters["by"]
    a_next = np.tanh(np.dot(Wax, xt) + np.dot(Waa, a_prev) + ba)
    yt_pred = softmax(np.dot(Wya, a_next) + by)
    cache = (a_next, a_prev, xt, parameters)
    return a_next, yt_pred, cache


def stack_weights(Waa, Wax):
    return np.hstack((Waa, Wax))


def rnn_forward(x, a0, parameters):
    caches = []
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wya"].shape
    a = np.zeros((n_a, m, T_x))
    y_pred = np.zeros((n_y, m, T_x))
    a_next = a0
    for t in range(T_x):
        a_next, yt_pred, cache = rnn_cell_forward(x[:, :, t], a_next, parameters)
        a[:, :, t] = a_next
        y_pred[:, :, t] = yt_pred
        caches.append(cache)
    caches = (caches, x)
    return a, y_pred, caches


def sequence_loss(y_hat, y):
    n_y, m, T = y.shape
    loss = 0
    for i in range(m):
        for t in range(T):
            for k in range(n_y):
                p = y_hat[k, i, t]
                loss += -y[k, i, t] * np.log(p) - (1 - y[k, i, t]) * np.log(1 - p)
    return loss / m


def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache
    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    dtanh = (1 - a_next**2) * da_next
    dxt = np.dot(Wax.T, dtanh)
    dWax = np.dot(dtanh, xt.T)
    da_prev = np.dot(Waa.T, dtanh)
    dWaa = np.dot(dtanh, a_prev.T)
    dba = np.sum(dtanh, axis=1, keepdims=True)
    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients


def rnn_backward(da, caches):
    (caches, x) = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]
    dx = np.zeros((n_x, m, T_x))
    dWax = np.zeros((n_a, n_x))
    dWaa = np.zeros((n_a, n_a))
    dba = np.zeros((n_a, 1))
    da_prevt = np.zeros((n_a, m))
    for t in reversed(range(T_x)):
        gradients = rnn_cell_backward(da[:, :, t] + da_prevt, caches[t])
        dxt, da_prevt, dWaxt, dWaat, dbat = (
            gradients["dxt"],
            gradients["da_prev"],
            gradients["dWax"],
            gradients["dWaa"],
            gradients["dba"],
        )
        dx[:, :, t] = dxt
        dWax += dWaxt
        dWaa += dWaat
        dba += dbat
    da0 = da_prevt
    gradients = {"dx": dx, "da0": da0, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients


def gradient_through_time(a, Waa):
    n_a, T = a.shape
    norms = np.zeros(T)
    product = np.eye(n_a)
    for t in range(T - 1, -1, -1):
        norms[t] = np.linalg.norm(product, 2)
        product = product @ (np.diag(1 - a[:, t] ** 2) @ Waa)
    return norms


SUM = "np.dot(Wax, xt) + np.dot(Waa, a_prev) + ba"
SLIPS = [
    slip(rnn_cell_forward, "no-tanh", (f"np.tanh({SUM})", SUM)),
    slip(rnn_cell_forward, "no-ba", (" + ba)", ")")),
    slip(
        rnn_cell_forward,
        "sigmoid-for-softmax",
        ("softmax(np.dot(Wya, a_next) + by)", "1 / (1 + np.exp(-(np.dot(Wya, a_next) + by)))"),
    ),
    slip(rnn_cell_forward, "prediction-from-a-prev", ("np.dot(Wya, a_next)", "np.dot(Wya, a_prev)")),
    slip(
        rnn_cell_forward,
        "weights-exchanged",
        ("np.dot(Wax, xt) + np.dot(Waa, a_prev)", "np.dot(Waa, xt) + np.dot(Wax, a_prev)"),
    ),
    slip(rnn_cell_forward, "number-by-number", ("np.dot(Wax, xt)", "Wax * xt")),
    slip(rnn_cell_forward, "ba-and-by-exchanged", (' = parameters["ba"]', ' = parameters["by"]')),
    slip(rnn_cell_forward, "results-missing", ("return a_next, yt_pred, cache", "return a_next, yt_pred")),
    slip(rnn_cell_forward, "order-of-the-product", ("np.dot(Waa, a_prev)", "np.dot(a_prev, Waa)")),
    slip(rnn_cell_forward, "unknown-key", ('parameters["Wya"]', 'parameters["Wy"]')),
    slip(stack_weights, "below-each-other", ("np.hstack", "np.vstack")),
    slip(stack_weights, "list-of-arrays", ("np.hstack((Waa, Wax))", "np.concatenate(Waa, Wax, axis=1)")),
    slip(rnn_forward, "state-not-carried", ("x[:, :, t], a_next, parameters", "x[:, :, t], a0, parameters")),
    slip(rnn_forward, "a0-ignored", ("a_next = a0", "a_next = np.zeros((n_a, m))")),
    slip(rnn_forward, "input-of-a-step", ("rnn_cell_forward(x[:, :, t],", "rnn_cell_forward(x,")),
    slip(rnn_forward, "input-of-a-step", ("x[:, :, t]", "x[:, t, :]")),
    slip(rnn_forward, "predictions-from-states", ("y_pred[:, :, t] = yt_pred", "y_pred[:, :, t] = a_next")),
    slip(
        rnn_forward,
        "last-step-only",
        (
            "        a[:, :, t] = a_next\n        y_pred[:, :, t] = yt_pred\n        caches.append(cache)",
            "        caches.append(cache)\n    a[:, :, t] = a_next\n    y_pred[:, :, t] = yt_pred",
        ),
    ),
    slip(sequence_loss, "no-minus", ("-y[k, i, t] * np.log(p) - (1", "y[k, i, t] * np.log(p) + (1")),
    slip(sequence_loss, "sign-of-the-second-half", ("np.log(p) - (1", "np.log(p) + (1")),
    slip(sequence_loss, "not-averaged", ("loss / m", "loss")),
    slip(sequence_loss, "divided-by-the-steps", ("loss / m", "loss / m / T")),
    slip(sequence_loss, "averaged-over-the-steps-only", ("loss / m", "loss / T")),
    slip(sequence_loss, "ones-only", (" - (1 - y[k, i, t]) * np.log(1 - p)", "")),
    slip(sequence_loss, "last-word-only", ("loss += -y", "loss = -y")),
    slip(rnn_cell_backward, "slope-without-brackets", ("(1 - a_next**2) * da_next", "1 - a_next**2 * da_next")),
    slip(rnn_cell_backward, "not-squared", ("a_next**2", "a_next")),
    slip(rnn_cell_backward, "tanh-twice", ("a_next**2", "np.tanh(a_next)**2")),
    slip(rnn_cell_backward, "Waa-not-transposed", ("Waa.T", "Waa")),
    slip(rnn_cell_backward, "Wax-not-transposed", ("Wax.T", "Wax")),
    slip(
        rnn_cell_backward,
        "weights-exchanged",
        ("np.dot(Wax.T, dtanh)", "np.dot(Waa.T, dtanh)"),
        ("da_prev = np.dot(Waa.T", "da_prev = np.dot(Wax.T"),
    ),
    slip(rnn_cell_backward, "dba-flat", (", keepdims=True", "")),
    slip(rnn_cell_backward, "dba-over-everything", (", axis=1, keepdims=True", "")),
    slip(rnn_cell_backward, "dWaa-from-a-next", ("np.dot(dtanh, a_prev.T)", "np.dot(dtanh, a_next.T)")),
    slip(rnn_cell_backward, "dba-before-the-slope", ("np.sum(dtanh, axis", "np.sum(da_next, axis")),
    slip(rnn_cell_backward, "entry-misspelled", ('"dba": dba', '"db": dba')),
    slip(rnn_backward, "nothing-handed-back", ("da[:, :, t] + da_prevt", "da[:, :, t]")),
    slip(rnn_backward, "own-gradients-left-out", ("da[:, :, t] + da_prevt", "da_prevt")),
    slip(rnn_backward, "overwritten", ("+= d", "= d")),
    slip(rnn_backward, "dWaa-overwritten", ("dWaa += dWaat", "dWaa = dWaat")),
    slip(rnn_backward, "dba-overwritten", ("dba += dbat", "dba = dbat")),
    slip(rnn_backward, "forwards", ("reversed(range(T_x))", "range(T_x)")),
    slip(rnn_backward, "da0-is-da", ("da0 = da_prevt", "da0 = da[:, :, 0]")),
    slip(rnn_backward, "first-step-missing", ("reversed(range(T_x))", "range(T_x - 1, 0, -1)")),
    slip(rnn_backward, "one-cache-for-all", ("caches[t])", "caches[0])")),
    slip(rnn_backward, "time-in-another-place", ("da[:, :, t] +", "da[:, t, :] +")),
    slip(gradient_through_time, "no-slope", ("np.diag(1 - a[:, t] ** 2) @ Waa", "Waa")),
    slip(gradient_through_time, "slope-not-squared", ("a[:, t] ** 2", "a[:, t]")),
    slip(gradient_through_time, "Frobenius", ("np.linalg.norm(product, 2)", "np.linalg.norm(product)")),
    slip(
        gradient_through_time,
        "other-side",
        ("product @ (np.diag(1 - a[:, t] ** 2) @ Waa)", "np.diag(1 - a[:, t] ** 2) @ Waa @ product"),
    ),
    slip(gradient_through_time, "Waa-transposed", ("@ Waa", "@ Waa.T")),
    slip(
        gradient_through_time,
        "slope-on-columns",
        ("np.diag(1 - a[:, t] ** 2) @ Waa", "Waa @ np.diag(1 - a[:, t] ** 2)"),
    ),
    slip(gradient_through_time, "order-reversed", ("norms[t] =", "norms[T - 1 - t] =")),
    slip(rnn_cell_backward, "", ("a_next**2", "a_next"), exercise="rnn_backward"),
    slip(rnn_cell_forward, "", ("np.dot(Wya, a_next)", "np.dot(Wya, a_prev)"), exercise="rnn_forward"),
]


@whole("sequence_loss", "mean-over-time")
def sequence_loss_by_mean(y_hat, y):
    return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))
