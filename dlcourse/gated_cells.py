"""GRU and LSTM, forward and backward: the references of notebook 18.

Arrays are (features, m, T): m sequences of T steps, examples in columns. The weights of a gate, and of a candidate,
have the shape (n_a, n_a + n_x) and meet [a_prev; xt], the hidden state above the input; biases are (n_a, 1). The
output has Wy (n_y, n_a) and by (n_y, 1). A GRU has Wc, bc (candidate), Wu, bu (update gate) and Wr, br (relevance
gate); an LSTM has Wf, bf (forget gate), Wi, bi (input gate), Wc, bc (candidate) and Wo, bo (output gate).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from dlcourse.recurrent import sigmoid, softmax


def gru_cell_forward(
    xt: Float[np.ndarray, "n_x m"], a_prev: Float[np.ndarray, "n_a m"], parameters: dict
) -> tuple[Float[np.ndarray, "n_a m"], Float[np.ndarray, "n_y m"], tuple]:
    """a_next = ut cct + (1 - ut) a_prev: the memory is kept where the update gate ut is 0, replaced where it is 1.

    ut = sigmoid(Wu [a_prev; xt] + bu), rt = sigmoid(Wr [a_prev; xt] + br),
    cct = tanh(Wc [rt * a_prev; xt] + bc), yt_pred = softmax(Wy a_next + by).

    Returns:
        a_next, yt_pred and the cache (a_next, a_prev, cct, ut, rt, xt, parameters) for `gru_cell_backward`.

    Source: Cho and others, Learning phrase representations using RNN encoder-decoder, 2014, equations 5 to 8, where the
    update gate is the complement of this one.
    """
    stacked = np.concatenate([a_prev, xt])
    ut, rt = _gates(("u", "r"), stacked, parameters)
    cct = np.tanh(parameters["Wc"] @ np.concatenate([rt * a_prev, xt]) + parameters["bc"])
    a_next = a_prev + ut * (cct - a_prev)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, cct, ut, rt, xt, parameters)


def gru_forward(
    x: Float[np.ndarray, "n_x m T"], a0: Float[np.ndarray, "n_a m"], parameters: dict
) -> tuple[Float[np.ndarray, "n_a m T"], Float[np.ndarray, "n_y m T"], tuple]:
    """The GRU cell at every step.

    Returns:
        a, y_pred and the caches (one cell's cache for each step, x) for `gru_backward`.
    """
    cells, predictions, a_next = [], [], a0
    for t in range(x.shape[2]):
        a_next, yt_pred, cell = gru_cell_forward(x[:, :, t], a_next, parameters)
        cells.append(cell)
        predictions.append(yt_pred)
    return _through_time(cells, 0), np.stack(predictions, axis=2), (cells, x)


def gru_cell_backward(da_next: Float[np.ndarray, "n_a m"], cache: tuple) -> dict[str, np.ndarray]:
    """Gradients of one GRU cell, from the gradient of its hidden state.

    a_prev reaches a_next on four ways, whose gradients add up: directly, times 1 - ut; through the candidate, times
    rt; and through either gate.

    Args:
        cache: (a_next, a_prev, cct, ut, rt, xt, parameters), from `gru_cell_forward`.

    Returns:
        dxt, da_prev, dWc, dbc, dWu, dbu, dWr, dbr.
    """
    _, a_prev, cct, ut, rt, xt, parameters = cache
    n_a = len(a_prev)
    dzc = da_next * ut * (1 - cct**2)
    # the gradients of [rt * a_prev; xt], the candidate's input, and then of [a_prev; xt], the gates'
    dcandidate = parameters["Wc"].T @ dzc
    dzu = da_next * (cct - a_prev) * ut * (1 - ut)
    dzr = dcandidate[:n_a] * a_prev * rt * (1 - rt)
    dstacked = parameters["Wu"].T @ dzu + parameters["Wr"].T @ dzr
    stacked = np.concatenate([a_prev, xt])
    return {
        "dxt": dcandidate[n_a:] + dstacked[n_a:],
        "da_prev": da_next * (1 - ut) + dcandidate[:n_a] * rt + dstacked[:n_a],
        **_weights("c", dzc, np.concatenate([rt * a_prev, xt])),
        **_weights("u", dzu, stacked),
        **_weights("r", dzr, stacked),
    }


def gru_backward(da: Float[np.ndarray, "n_a m T"], caches: tuple) -> dict[str, np.ndarray]:
    """Gradients of a whole sequence, from the gradients that reach each hidden state from its own step's output.

    Args:
        caches: (one cell's cache for each step, x), from `gru_forward`.

    Returns:
        dx, da0, dWc, dbc, dWu, dbu, dWr, dbr.
    """
    cells, _ = caches
    da_prev = np.zeros_like(da[:, :, 0])
    steps = []
    for t in reversed(range(len(cells))):
        steps.append(gru_cell_backward(da[:, :, t] + da_prev, cells[t]))
        da_prev = steps[-1]["da_prev"]
    return _whole_sequence(steps[::-1])


def lstm_cell_forward(
    xt: Float[np.ndarray, "n_x m"],
    a_prev: Float[np.ndarray, "n_a m"],
    c_prev: Float[np.ndarray, "n_a m"],
    parameters: dict,
) -> tuple[Float[np.ndarray, "n_a m"], Float[np.ndarray, "n_a m"], Float[np.ndarray, "n_y m"], tuple]:
    """c_next = ft c_prev + it cct, a_next = ot tanh(c_next), yt_pred = softmax(Wy a_next + by).

    The gates ft, it, ot are sigmoid(W [a_prev; xt] + b), each with its own W and b; the candidate cct has tanh.

    Returns:
        a_next, c_next, yt_pred and the cache (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) for
        `lstm_cell_backward`.

    Source: Hochreiter and Schmidhuber, Long short-term memory, 1997; the forget gate is from Gers, Schmidhuber and
    Cummins, Learning to forget, 2000.
    """
    stacked = np.concatenate([a_prev, xt])
    ft, it, ot = _gates(("f", "i", "o"), stacked, parameters)
    cct = np.tanh(parameters["Wc"] @ stacked + parameters["bc"])
    c_next = ft * c_prev + it * cct
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(parameters["Wy"] @ a_next + parameters["by"])
    return a_next, c_next, yt_pred, (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)


def lstm_forward(
    x: Float[np.ndarray, "n_x m T"], a0: Float[np.ndarray, "n_a m"], parameters: dict
) -> tuple[Float[np.ndarray, "n_a m T"], Float[np.ndarray, "n_y m T"], Float[np.ndarray, "n_a m T"], tuple]:
    """The LSTM cell at every step, from the hidden state a0 and a memory of zeros.

    Returns:
        a, y, c and the caches (one cell's cache for each step, x) for `lstm_backward`.
    """
    cells, predictions, a_next, c_next = [], [], a0, np.zeros_like(a0)
    for t in range(x.shape[2]):
        a_next, c_next, yt_pred, cell = lstm_cell_forward(x[:, :, t], a_next, c_next, parameters)
        cells.append(cell)
        predictions.append(yt_pred)
    return _through_time(cells, 0), np.stack(predictions, axis=2), _through_time(cells, 1), (cells, x)


def lstm_cell_backward(
    da_next: Float[np.ndarray, "n_a m"], dc_next: Float[np.ndarray, "n_a m"], cache: tuple
) -> dict[str, np.ndarray]:
    """Gradients of one LSTM cell.

    Args:
        da_next: gradient of the hidden state.
        dc_next: gradient of the memory, as the next step hands it back; what reaches the memory through a_next comes
            on top of it.
        cache: (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters), from `lstm_cell_forward`.

    Returns:
        dxt, da_prev, dc_prev, dWf, dbf, dWi, dbi, dWc, dbc, dWo, dbo.
    """
    _, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    memory = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - memory**2)
    dz = {
        "f": dc * c_prev * ft * (1 - ft),
        "i": dc * cct * it * (1 - it),
        "c": dc * it * (1 - cct**2),
        "o": da_next * memory * ot * (1 - ot),
    }
    stacked = np.concatenate([a_prev, xt])
    dstacked = sum(parameters[f"W{gate}"].T @ dz[gate] for gate in dz)
    gradients = {"dxt": dstacked[len(a_prev) :], "da_prev": dstacked[: len(a_prev)], "dc_prev": dc * ft}
    for gate in dz:
        gradients.update(_weights(gate, dz[gate], stacked))
    return gradients


def lstm_backward(da: Float[np.ndarray, "n_a m T"], caches: tuple) -> dict[str, np.ndarray]:
    """Gradients of a whole sequence, from the gradients that reach each hidden state from its own step's output.

    From the last step to the first; each hands two gradients back, those of its hidden state and of its memory.

    Args:
        caches: (one cell's cache for each step, x), from `lstm_forward`.

    Returns:
        dx, da0, dWf, dbf, dWi, dbi, dWc, dbc, dWo, dbo.
    """
    cells, _ = caches
    da_prev, dc_prev = np.zeros_like(da[:, :, 0]), np.zeros_like(da[:, :, 0])
    steps = []
    for t in reversed(range(len(cells))):
        steps.append(lstm_cell_backward(da[:, :, t] + da_prev, dc_prev, cells[t]))
        da_prev, dc_prev = steps[-1]["da_prev"], steps[-1]["dc_prev"]
    return _whole_sequence(steps[::-1])


def _gates(names: tuple[str, ...], stacked: np.ndarray, parameters: dict) -> list[np.ndarray]:
    """All gates in one product: (gates * n_a, n_a + n_x) @ (n_a + n_x, m)."""
    W = np.concatenate([parameters[f"W{name}"] for name in names])
    b = np.concatenate([parameters[f"b{name}"] for name in names])
    return np.split(sigmoid(W @ stacked + b), len(names))


def _weights(gate: str, dz: np.ndarray, stacked: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of a gate's weights and bias, from the gradient of what its sigmoid or tanh gets."""
    return {f"dW{gate}": dz @ stacked.T, f"db{gate}": dz.sum(axis=1, keepdims=True)}


def _through_time(cells: list[tuple], part: int) -> np.ndarray:
    return np.stack([cell[part] for cell in cells], axis=2)


def _whole_sequence(steps: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Inputs' gradients side by side, the first state's as it is, the shared weights' added up."""
    shared = [name for name in steps[0] if name.startswith(("dW", "db"))]
    return {
        "dx": np.stack([step["dxt"] for step in steps], axis=2),
        "da0": steps[0]["da_prev"],
        **{name: sum(step[name] for step in steps) for name in shared},
    }
