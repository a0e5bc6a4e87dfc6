"""Recurrent network forward and backward, its loss, and how gradients shrink or grow: the references of notebook 17.

Arrays are (features, m, T): m sequences of T steps, examples in columns. `parameters` holds Wax (n_a, n_x),
Waa (n_a, n_a), Wya (n_y, n_a), ba (n_a, 1) and by (n_y, 1).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num

GIVEN = ("Adam", "sigmoid", "softmax")  # to notebooks, also while these are graded


def rnn_cell_forward(
    xt: Float[np.ndarray, "n_x m"], a_prev: Float[np.ndarray, "n_a m"], parameters: dict
) -> tuple[Float[np.ndarray, "n_a m"], Float[np.ndarray, "n_y m"], tuple]:
    """a_next = tanh(Waa a_prev + Wax xt + ba), yt_pred = softmax(Wya a_next + by).

    Returns:
        a_next, yt_pred and the cache (a_next, a_prev, xt, parameters) for `rnn_cell_backward`.
    """
    Wa = stack_weights(parameters["Waa"], parameters["Wax"])
    a_next = np.tanh(Wa @ np.concatenate([a_prev, xt]) + parameters["ba"])
    yt_pred = softmax(parameters["Wya"] @ a_next + parameters["by"])
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def stack_weights(
    Waa: Float[np.ndarray, "n_a n_a"], Wax: Float[np.ndarray, "n_a n_x"]
) -> Float[np.ndarray, "n_a n_a+n_x"]:
    """Wa = [Waa | Wax], side by side, so that Wa [a_prev; xt] = Waa a_prev + Wax xt."""
    return np.concatenate([Waa, Wax], axis=1)


def rnn_forward(
    x: Float[np.ndarray, "n_x m T"], a0: Float[np.ndarray, "n_a m"], parameters: dict
) -> tuple[Float[np.ndarray, "n_a m T"], Float[np.ndarray, "n_y m T"], tuple]:
    """The cell at every step, each from the hidden state of the step before; the first from a0.

    Returns:
        a, y_pred and the caches (one cell's cache for each step, x) for `rnn_backward`.
    """
    # the inputs' part is the same product at every step, so all steps are done at once
    from_x = np.tensordot(parameters["Wax"], x, axes=1) + parameters["ba"][:, :, np.newaxis]
    states = [a0]
    for t in range(x.shape[2]):
        states.append(np.tanh(parameters["Waa"] @ states[-1] + from_x[:, :, t]))
    a = np.stack(states[1:], axis=2)
    y_pred = softmax(np.tensordot(parameters["Wya"], a, axes=1) + parameters["by"][:, :, np.newaxis])
    cells = [(states[t + 1], states[t], x[:, :, t], parameters) for t in range(x.shape[2])]
    return a, y_pred, (cells, x)


def sequence_loss(y_hat: Float[np.ndarray, "n_y m T"], y: Num[np.ndarray, "n_y m T"]) -> float:
    """Sum over outputs and steps of -y log(y_hat) - (1 - y) log(1 - y_hat), averaged over the m sequences.

    Args:
        y_hat: probabilities, above 0 and below 1.
        y: labels, 0 or 1.
    """
    return float(-np.sum(np.log(np.where(y == 1, y_hat, 1 - y_hat))) / y.shape[1])


def rnn_cell_backward(da_next: Float[np.ndarray, "n_a m"], cache: tuple) -> dict[str, np.ndarray]:
    """Gradients of one cell, from the gradient of its hidden state.

    With z the argument of tanh: dz = (1 - a_next^2) da_next; dWax = dz xt', dWaa = dz a_prev', dba sums dz over the
    examples, dxt = Wax' dz, da_prev = Waa' dz.

    Args:
        cache: (a_next, a_prev, xt, parameters), from `rnn_cell_forward`.

    Returns:
        dxt, da_prev, dWax, dWaa, dba.
    """
    a_next, a_prev, xt, parameters = cache
    dz = da_next * (1 - a_next**2)
    Wa = stack_weights(parameters["Waa"], parameters["Wax"])
    n_a = len(a_next)
    dstacked, dWa = Wa.T @ dz, dz @ np.concatenate([a_prev, xt]).T
    return {
        "dxt": dstacked[n_a:],
        "da_prev": dstacked[:n_a],
        "dWax": dWa[:, n_a:],
        "dWaa": dWa[:, :n_a],
        "dba": dz.sum(axis=1, keepdims=True),
    }


def rnn_backward(da: Float[np.ndarray, "n_a m T"], caches: tuple) -> dict[str, np.ndarray]:
    """Gradients of a whole sequence, from the gradients that reach each hidden state from its own step's output.

    From the last step to the first, a step's hidden state gets da[:, :, t] and what comes back from step t + 1; the
    weights are shared between steps, so their gradients add up.

    Args:
        caches: (one cell's cache for each step, x), from `rnn_forward`.

    Returns:
        dx, da0, dWax, dWaa, dba.

    Source: Werbos, Backpropagation through time: what it does and how to do it, 1990.
    """
    cells, x = caches
    a, a_prev = (np.stack([cell[part] for cell in cells], axis=2) for part in (0, 1))
    parameters = cells[0][3]
    slope = 1 - a**2
    dz = np.empty_like(a)
    da_prev = np.zeros_like(a[:, :, 0])
    for t in reversed(range(a.shape[2])):
        dz[:, :, t] = slope[:, :, t] * (da[:, :, t] + da_prev)
        da_prev = parameters["Waa"].T @ dz[:, :, t]
    return {
        "dx": np.tensordot(parameters["Wax"].T, dz, axes=1),
        "da0": da_prev,
        # (n_a, m, T) with (n_x, m, T), summed over examples and steps
        "dWax": np.tensordot(dz, x, axes=([1, 2], [1, 2])),
        "dWaa": np.tensordot(dz, a_prev, axes=([1, 2], [1, 2])),
        "dba": dz.sum(axis=(1, 2)).reshape(-1, 1),
    }


def gradient_through_time(a: Float[np.ndarray, "n_a T"], Waa: Float[np.ndarray, "n_a n_a"]) -> Float[np.ndarray, " T"]:
    """For each step t, the norm of da<T>/da<t> = J<T> J<T-1> ... J<t+1>, with J<k> = diag(1 - a<k>^2) Waa.

    The norm is a matrix's largest singular value: how much longer it makes a vector at most. The last entry is 1.

    Args:
        a: the hidden states of one sequence, a<1> to a<T>.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, equation 5.
    """
    product = np.eye(len(Waa))
    norms = [1.0]
    for state in a.T[:0:-1]:
        product = product @ ((1 - state**2)[:, np.newaxis] * Waa)
        norms.append(float(np.linalg.norm(product, 2)))
    return np.array(norms[::-1])


# Given to the notebooks


def softmax(z: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n ..."]:
    """exp(z) / sum of exp(z) along the first axis: positive numbers that add up to 1 for each example."""
    # the largest entry is subtracted so that exp cannot overflow; the quotient stays the same
    exponentials = np.exp(z - np.max(z, axis=0, keepdims=True))
    return exponentials / np.sum(exponentials, axis=0, keepdims=True)


def sigmoid(z: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
    """1 / (1 + exp(-z)), between 0 and 1."""
    # the same function, in a form that cannot overflow
    return 0.5 * (1.0 + np.tanh(0.5 * z))


class Adam:
    """Adam: each parameter's step is its gradient's running mean, divided by the gradient's usual size.

    Args:
        parameters: the dictionary of arrays to improve; it is changed in place.

    Source: Kingma and Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.
    """

    def __init__(self, parameters: dict[str, np.ndarray], learning_rate: float = 0.01) -> None:
        self.parameters = parameters
        self.learning_rate = learning_rate
        self.mean = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.square = {name: np.zeros_like(value) for name, value in parameters.items()}
        self.steps = 0

    def step(self, gradients: dict[str, np.ndarray]) -> None:
        """Take one step; the gradient of W is found under "dW", and other entries are left aside."""
        self.steps += 1
        for name, parameter in self.parameters.items():
            gradient = gradients[f"d{name}"]
            self.mean[name] += 0.1 * (gradient - self.mean[name])
            self.square[name] += 0.001 * (gradient**2 - self.square[name])
            mean = self.mean[name] / (1 - 0.9**self.steps)
            square = self.square[name] / (1 - 0.999**self.steps)
            parameter -= self.learning_rate * mean / (np.sqrt(square) + 1e-8)
