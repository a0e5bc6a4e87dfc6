"""Notebook 18, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip


def gru_cell_forward(xt, a_prev, parameters):
    Wu, bu = parameters["Wu"], parameters["bu"]
    Wr, br = parameters["Wr"], parameters["br"]
    Wc, bc = parameters["Wc"], parameters["bc"]
    Wy, by = parameters["Wy"], parameters["by"]
    n_a, m = a_prev.shape
    concat = np.vstack((a_prev, xt))
    ut = sigmoid(np.dot(Wu, concat) + bu)
    rt = sigmoid(np.dot(Wr, concat) + br)
    concat_r = np.vstack((rt * a_prev, xt))
    cct = np.tanh(np.dot(Wc, concat_r) + bc)
    a_next = ut * cct + (1 - ut) * a_prev
    yt_pred = softmax(np.dot(Wy, a_next) + by)
    cache = (a_next, a_prev, cct, ut, rt, xt, parameters)
    return a_next, yt_pred, cache


def gru_cell_backward(da_next, cache):
    (a_next, a_prev, cct, ut, rt, xt, parameters) = cache
    n_a, m = a_prev.shape
    Wu, Wr, Wc = parameters["Wu"], parameters["Wr"], parameters["Wc"]
    concat = np.vstack((a_prev, xt))
    concat_r = np.vstack((rt * a_prev, xt))
    dzc = da_next * ut * (1 - cct**2)
    dzu = da_next * (cct - a_prev) * ut * (1 - ut)
    dconcat_r = np.dot(Wc.T, dzc)
    dzr = dconcat_r[:n_a, :] * a_prev * rt * (1 - rt)
    dconcat = np.dot(Wu.T, dzu) + np.dot(Wr.T, dzr)
    da_prev = da_next * (1 - ut) + dconcat_r[:n_a, :] * rt + dconcat[:n_a, :]
    dxt = dconcat_r[n_a:, :] + dconcat[n_a:, :]
    dWu, dbu = np.dot(dzu, concat.T), np.sum(dzu, axis=1, keepdims=True)
    dWr, dbr = np.dot(dzr, concat.T), np.sum(dzr, axis=1, keepdims=True)
    dWc, dbc = np.dot(dzc, concat_r.T), np.sum(dzc, axis=1, keepdims=True)
    return {"dxt": dxt, "da_prev": da_prev, "dWu": dWu, "dbu": dbu, "dWr": dWr, "dbr": dbr, "dWc": dWc, "dbc": dbc}


def lstm_cell_forward(xt, a_prev, c_prev, parameters):
    Wf, bf = parameters["Wf"], parameters["bf"]
    Wi, bi = parameters["Wi"], parameters["bi"]
    Wc, bc = parameters["Wc"], parameters["bc"]
    Wo, bo = parameters["Wo"], parameters["bo"]
    Wy, by = parameters["Wy"], parameters["by"]
    n_x, m = xt.shape
    n_a = a_prev.shape[0]
    concat = np.zeros((n_a + n_x, m))
    concat[:n_a, :] = a_prev
    concat[n_a:, :] = xt
    ft = sigmoid(np.dot(Wf, concat) + bf)
    it = sigmoid(np.dot(Wi, concat) + bi)
    cct = np.tanh(np.dot(Wc, concat) + bc)
    c_next = ft * c_prev + it * cct
    ot = sigmoid(np.dot(Wo, concat) + bo)
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(np.dot(Wy, a_next) + by)
    cache = (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)
    return a_next, c_next, yt_pred, cache


def lstm_forward(x, a0, parameters):
    caches = []
    n_x, m, T_x = x.shape
    n_y, n_a = parameters["Wy"].shape
    a = np.zeros((n_a, m, T_x))
    c = np.zeros((n_a, m, T_x))
    y = np.zeros((n_y, m, T_x))
    a_next = a0
    c_next = np.zeros((n_a, m))
    for t in range(T_x):
        a_next, c_next, yt, cache = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        a[:, :, t] = a_next
        y[:, :, t] = yt
        c[:, :, t] = c_next
        caches.append(cache)
    caches = (caches, x)
    return a, y, c, caches


def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    n_x, m = xt.shape
    n_a, m = a_next.shape
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dcct = (dc_next * it + ot * (1 - np.tanh(c_next) ** 2) * it * da_next) * (1 - cct**2)
    dit = (dc_next * cct + ot * (1 - np.tanh(c_next) ** 2) * cct * da_next) * it * (1 - it)
    dft = (dc_next * c_prev + ot * (1 - np.tanh(c_next) ** 2) * c_prev * da_next) * ft * (1 - ft)
    concat = np.concatenate((a_prev, xt), axis=0)
    dWf = np.dot(dft, concat.T)
    dWi = np.dot(dit, concat.T)
    dWc = np.dot(dcct, concat.T)
    dWo = np.dot(dot, concat.T)
    dbf = np.sum(dft, axis=1, keepdims=True)
    dbi = np.sum(dit, axis=1, keepdims=True)
    dbc = np.sum(dcct, axis=1, keepdims=True)
    dbo = np.sum(dot, axis=1, keepdims=True)
    Wf, Wi, Wc, Wo = parameters["Wf"], parameters["Wi"], parameters["Wc"], parameters["Wo"]
    da_prev = (
        np.dot(Wf[:, :n_a].T, dft)
        + np.dot(Wi[:, :n_a].T, dit)
        + np.dot(Wc[:, :n_a].T, dcct)
        + np.dot(Wo[:, :n_a].T, dot)
    )
    dc_prev = dc_next * ft + ot * (1 - np.tanh(c_next) ** 2) * ft * da_next
    dxt = (
        np.dot(Wf[:, n_a:].T, dft)
        + np.dot(Wi[:, n_a:].T, dit)
        + np.dot(Wc[:, n_a:].T, dcct)
        + np.dot(Wo[:, n_a:].T, dot)
    )
    gradients = {"dxt": dxt, "da_prev": da_prev, "dc_prev": dc_prev, "dWf": dWf, "dbf": dbf, "dWi": dWi, "dbi": dbi}
    gradients.update({"dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo})
    return gradients


def lstm_backward(da, caches):
    (caches, x) = caches
    n_a, m, T_x = da.shape
    n_x = x.shape[0]
    dx = np.zeros((n_x, m, T_x))
    da_prevt = np.zeros((n_a, m))
    dc_prevt = np.zeros((n_a, m))
    dWf = np.zeros((n_a, n_a + n_x))
    dWi = np.zeros((n_a, n_a + n_x))
    dWc = np.zeros((n_a, n_a + n_x))
    dWo = np.zeros((n_a, n_a + n_x))
    dbf = np.zeros((n_a, 1))
    dbi = np.zeros((n_a, 1))
    dbc = np.zeros((n_a, 1))
    dbo = np.zeros((n_a, 1))
    for t in reversed(range(T_x)):
        gradients = lstm_cell_backward(da[:, :, t] + da_prevt, dc_prevt, caches[t])
        da_prevt = gradients["da_prev"]
        dc_prevt = gradients["dc_prev"]
        dx[:, :, t] = gradients["dxt"]
        dWf += gradients["dWf"]
        dWi += gradients["dWi"]
        dWc += gradients["dWc"]
        dWo += gradients["dWo"]
        dbf += gradients["dbf"]
        dbi += gradients["dbi"]
        dbc += gradients["dbc"]
        dbo += gradients["dbo"]
    da0 = da_prevt
    gradients = {"dx": dx, "da0": da0, "dWf": dWf, "dbf": dbf, "dWi": dWi, "dbi": dbi}
    gradients.update({"dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo})
    return gradients


SLIPS = [
    slip(
        gru_cell_forward, "update-gate-turned-round", ("ut * cct + (1 - ut) * a_prev", "(1 - ut) * cct + ut * a_prev")
    ),
    slip(gru_cell_forward, "relevance-gate-left-out", ("(rt * a_prev, xt)", "(a_prev, xt)")),
    slip(
        gru_cell_forward, "input-on-top", ("(a_prev, xt)", "(xt, a_prev)"), ("(rt * a_prev, xt)", "(xt, rt * a_prev)")
    ),
    slip(gru_cell_forward, "one-gate-for-both", ("np.dot(Wr, concat) + br", "np.dot(Wu, concat) + bu")),
    slip(gru_cell_forward, "another-mixture", ("(1 - ut) * a_prev", "1 - ut * a_prev")),
    slip(gru_cell_forward, "not-stacked", ("np.dot(Wu, concat)", "np.dot(Wu, a_prev)")),
    slip(gru_cell_forward, "matrix-product-of-gates", ("ut * cct", "np.dot(ut, cct)")),
    slip(gru_cell_backward, "slope-without-brackets", ("ut * (1 - ut)", "ut * 1 - ut")),
    slip(gru_cell_backward, "no-direct-way", ("da_next * (1 - ut) + ", "")),
    slip(gru_cell_backward, "dWc-from-a-prev", ("np.dot(dzc, concat_r.T)", "np.dot(dzc, concat.T)")),
    slip(gru_cell_backward, "relevance-gate-forgotten", ("dconcat_r[:n_a, :] * rt", "dconcat_r[:n_a, :]")),
    slip(gru_cell_backward, "everything-through-r", ("* a_prev * rt * (1 - rt)", "* a_prev * (1 - rt)")),
    slip(gru_cell_backward, "only-dbr", ("np.sum(dzr, axis=1", "np.sum(dzu, axis=1")),
    slip(lstm_cell_forward, "forget-and-input-exchanged", ("ft * c_prev + it * cct", "it * c_prev + ft * cct")),
    slip(lstm_cell_forward, "gate-with-another's-weights", ("np.dot(Wi, concat) + bi", "np.dot(Wi, concat) + bf")),
    slip(lstm_cell_forward, "gate-with-another's-weights", ("np.dot(Wo, concat) + bo", "np.dot(Wi, concat) + bo")),
    slip(lstm_cell_forward, "memory-shown-as-it-is", ("np.tanh(c_next)", "c_next")),
    slip(lstm_cell_forward, "sigmoid-for-the-candidate", ("np.tanh(np.dot(Wc", "sigmoid(np.dot(Wc")),
    slip(
        lstm_cell_forward,
        "input-on-top",
        ("concat[:n_a, :] = a_prev", "concat[:n_x, :] = xt"),
        ("concat[n_a:, :] = xt", "concat[n_x:, :] = a_prev"),
    ),
    slip(
        lstm_cell_forward,
        "results-missing",
        ("return a_next, c_next, yt_pred, cache", "return a_next, c_next, yt_pred"),
    ),
    slip(lstm_forward, "memory-starts-as-a0", ("c_next = np.zeros((n_a, m))", "c_next = a0")),
    slip(
        lstm_forward,
        "memory-not-carried",
        ("a_next, c_next, yt, cache = ", "a_next, _, yt, cache = "),
        ("c[:, :, t] = c_next", "c[:, :, t] = _"),
    ),
    slip(lstm_forward, "order-of-results", ("return a, y, c, caches", "return a, c, y, caches")),
    slip(
        lstm_cell_backward,
        "slope-without-brackets",
        ("it * (1 - it)", "it * 1 - it"),
        ("ft * (1 - ft)", "ft * 1 - ft"),
        ("ot * (1 - ot)", "ot * 1 - ot"),
    ),
    slip(lstm_cell_backward, "slope-without-brackets", ("ft * (1 - ft)", "ft * 1 - ft")),
    slip(lstm_cell_backward, "slope-without-square", ("np.tanh(c_next) ** 2", "np.tanh(c_next)")),
    slip(lstm_cell_backward, "slope-without-tanh", ("np.tanh(c_next) ** 2", "c_next ** 2")),
    slip(lstm_cell_backward, "output-gate-with-the-memory", ("np.tanh(c_next) * ot * (1", "c_next * ot * (1")),
    slip(lstm_cell_backward, "only-dc_prev", ("dc_prev = dc_next * ft", "dc_prev = c_next * ft")),
    slip(
        lstm_cell_backward,
        "dc-prev-from-dc-next",
        ("dc_prev = dc_next * ft + ot * (1 - np.tanh(c_next) ** 2) * ft * da_next", "dc_prev = dc_next * ft"),
    ),
    slip(lstm_cell_backward, "only-dWo", ("np.dot(dot, concat.T)", "np.dot(dit, concat.T)")),
    slip(lstm_cell_backward, "everything-through-c", ("(1 - cct**2)", "(1 - it**2)")),
    slip(lstm_cell_backward, "biases-flat", (", keepdims=True", "")),
    slip(lstm_cell_backward, "only-dxt", ("Wo[:, n_a:].T, dot", "Wo[:, n_a:].T, dit")),
    slip(
        lstm_backward,
        "nothing-handed-back",
        ("da[:, :, t] + da_prevt", "da[:, :, t]"),
        ('dc_prevt = gradients["dc_prev"]', "pass"),
    ),
    slip(lstm_backward, "state-not-handed-back", ("da[:, :, t] + da_prevt", "da[:, :, t]")),
    slip(lstm_backward, "memory-not-handed-back", ('dc_prevt = gradients["dc_prev"]', "pass")),
    slip(lstm_backward, "overwritten", ("+= gradients", "= gradients")),
    slip(lstm_backward, "one-overwritten", ("dWo += gradients", "dWo = gradients")),
    slip(lstm_backward, "own-gradients-left-out", ("da[:, :, t] + da_prevt", "da_prevt")),
    slip(lstm_backward, "forwards", ("reversed(range(T_x))", "range(T_x)")),
    slip(lstm_backward, "one-gate's-weights", ('dWi += gradients["dWi"]', 'dWi += gradients["dWf"]')),
    slip(lstm_backward, "unknown-key", ('gradients["dxt"]', 'gradients["dx"]')),
    slip(lstm_cell_backward, "", ("ft * (1 - ft)", "ft * 1 - ft"), exercise="lstm_backward"),
]
