"""Vocabularies, the probability of a text, counting, training and sampling: the references of notebook 19.

A text is a list of the indices of its characters (or words). Distributions over a vocabulary of M stand in columns:
(M, T) for T steps. `parameters` holds Wax (n_a, M), Waa (n_a, n_a), Wya (M, n_a), b (n_a, 1) and by (M, 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from dlcourse import recurrent
from dlcourse.recurrent import softmax

GIVEN = ("EOS", "UNK", "initialize_parameters", "update_parameters")  # to notebooks, also while these are graded

EOS = "<EOS>"
UNK = "<UNK>"
LONGEST = 50  # characters of a sampled name


def build_vocabulary(corpus: Sequence[Sequence[str]], size: int) -> dict[str, int]:
    """The index of each word that is known: the most frequent ones, then EOS and UNK.

    Of words that are equally frequent, the one that comes first in the corpus is taken first.

    Args:
        corpus: sentences, each a list of words.
        size: the largest number of entries, EOS and UNK among them; at least 2.
    """
    counts = Counter(word for sentence in corpus for word in sentence)
    known = [word for word, _ in counts.most_common(size - 2)]
    return {word: index for index, word in enumerate([*known, EOS, UNK])}


def one_hot(words: Sequence[str], vocabulary: Mapping[str, int]) -> Float[np.ndarray, "M T"]:
    """One column for each word, 1 in the row of its index and 0 elsewhere; words that are not known count as UNK."""
    indices = [vocabulary.get(word, vocabulary[UNK]) for word in words]
    return np.eye(len(vocabulary))[:, indices]


def sequence_probability(y_hat: Float[np.ndarray, "M T"], y: Sequence[int]) -> float:
    """P(y<1>, ..., y<T>) = the product of P(y<t> | y<1>, ..., y<t-1>).

    Args:
        y_hat: column t is the distribution of the step t, after the words before it.
        y: the indices of the words that came.
    """
    return float(np.prod(y_hat[np.asarray(y), np.arange(len(y))]))


def perplexity(y_hat: Float[np.ndarray, "M T"], y: Sequence[int]) -> float:
    """exp of the mean of -log P(y<t> | y<1>, ..., y<t-1>): among how many equally likely words the model wavers.

    It is inf where a probability is 0.

    Args:
        y_hat, y: as for `sequence_probability`.
    """
    with np.errstate(divide="ignore"):
        return float(np.exp(-np.mean(np.log(y_hat[np.asarray(y), np.arange(len(y))]))))


def trigram_model(names: Sequence[str], char_to_ix: Mapping[str, int], alpha: float) -> Float[np.ndarray, "M M M"]:
    """P[i, j, k] = P(k | i, j) = (how often k follows i, j, plus alpha) / (how often anything does, plus alpha M).

    Each name ends with a newline, and two newlines are thought before it.

    Args:
        alpha: what is added to every count, above 0.
    """
    M = len(char_to_ix)
    texts = [[char_to_ix[char] for char in f"\n\n{name}\n"] for name in names]
    triples = [triple for text in texts for triple in zip(text, text[1:], text[2:], strict=False)]
    counts = np.zeros((M, M, M))
    np.add.at(counts, tuple(np.array(triples, dtype=int).reshape(-1, 3).T), 1)
    return (counts + alpha) / (counts + alpha).sum(axis=2, keepdims=True)


def clip(gradients: dict[str, np.ndarray], maxValue: float) -> dict[str, np.ndarray]:
    """Every entry of every gradient, brought between -maxValue and maxValue."""
    return {name: np.clip(gradient, -maxValue, maxValue) for name, gradient in gradients.items()}


def clip_by_norm(gradients: dict[str, np.ndarray], max_norm: float) -> dict[str, np.ndarray]:
    """All gradients times max_norm / norm where their common norm is above max_norm; as they are elsewhere.

    The norm is the length of all entries of all gradients in one vector.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, algorithm 1.
    """
    norm = np.sqrt(sum(np.vdot(gradient, gradient) for gradient in gradients.values()))
    factor = max_norm / norm if norm > max_norm else 1.0
    return {name: gradient * factor for name, gradient in gradients.items()}


def optimize(
    X: Sequence[int | None],
    Y: Sequence[int],
    a_prev: Float[np.ndarray, "n_a 1"],
    parameters: dict[str, np.ndarray],
    learning_rate: float = 0.01,
) -> tuple[float, dict[str, np.ndarray], Float[np.ndarray, "n_a 1"]]:
    """One step of gradient descent on one name, with gradients clipped at 5; `parameters` is changed in place.

    Args:
        X: the inputs, None for a vector of zeros.
        Y: the character that should come at each step.
        a_prev: the hidden state before the first step.

    Returns:
        The loss, the clipped gradients and the last hidden state.
    """
    loss, gradients, last = loss_and_gradients(X, Y, a_prev, parameters)
    gradients = clip(gradients, 5)
    update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, last


def loss_and_gradients(
    X: Sequence[int | None], Y: Sequence[int], a_prev: Float[np.ndarray, "n_a 1"], parameters: dict[str, np.ndarray]
) -> tuple[float, dict[str, np.ndarray], Float[np.ndarray, "n_a 1"]]:
    """The loss of one name, -log P of each of its characters added up; its gradients, and the last hidden state."""
    steps = np.arange(len(Y))
    x = np.zeros((len(parameters["by"]), 1, len(X)), parameters["by"].dtype)
    given = [t for t in steps if X[t] is not None]
    x[[X[t] for t in given], 0, given] = 1
    a, y_pred, caches = recurrent.rnn_forward(x, a_prev, {**parameters, "ba": parameters["b"]})
    loss = float(-np.sum(np.log(y_pred[Y, 0, steps])))

    dz = y_pred[:, 0].copy()
    dz[Y, steps] -= 1
    back = recurrent.rnn_backward((parameters["Wya"].T @ dz)[:, np.newaxis], caches)
    gradients = {
        "dWax": back["dWax"],
        "dWaa": back["dWaa"],
        "dWya": dz @ a[:, 0].T,
        "db": back["dba"],
        "dby": dz.sum(axis=1, keepdims=True),
    }
    return loss, gradients, a[:, :, -1]


def sample(
    parameters: dict[str, np.ndarray], char_to_ix: Mapping[str, int], seed: int | np.random.Generator
) -> list[int]:
    """The indices of a name that the network invents: each character is drawn, and is the next step's input.

    A newline ends the name; after 50 characters one is put at its end.
    """
    rng = np.random.default_rng(seed)
    newline, by = char_to_ix["\n"], parameters["by"]
    a, x, name = np.zeros_like(parameters["b"]), np.zeros_like(by), []
    while len(name) < LONGEST:
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        drawn = draw(softmax(parameters["Wya"] @ a + by), rng)
        name.append(drawn)
        if drawn == newline:
            return name
        x = np.zeros_like(by)
        x[drawn] = 1
    return [*name, newline]


def draw(probabilities: Float[np.ndarray, ...], rng: np.random.Generator) -> int:
    """One index, each with its probability."""
    p = np.ravel(probabilities).astype(float)  # in float32 the sum is too far from 1 for some of rng's methods
    return int(rng.choice(p.size, p=p / p.sum()))


def sample_with_temperature(y: Float[np.ndarray, " M"], temperature: float | int, rng: np.random.Generator) -> int:
    """One index, drawn with probabilities in proportion to y ** (1 / temperature).

    Args:
        temperature: at 1 the distribution as it is, below 1 sharper, above 1 flatter; at 0 the likeliest index.
    """
    if temperature == 0:
        return int(np.argmax(y))
    with np.errstate(divide="ignore"):
        return draw(softmax(np.log(np.ravel(y)) / temperature), rng)


def top_k(y: Float[np.ndarray, " M"], k: int) -> Float[np.ndarray, " M"]:
    """The distribution without all but its k largest entries, which are divided by their sum.

    Source: Fan, Lewis and Dauphin, Hierarchical neural story generation, 2018.
    """
    kept = np.zeros_like(y)
    largest = np.argsort(-y, kind="stable")[:k]
    kept[largest] = y[largest]
    return kept / kept.sum()


def nucleus(y: Float[np.ndarray, " M"], p: float) -> Float[np.ndarray, " M"]:
    """The distribution on the fewest of its largest entries that together have at least p, divided by their sum.

    Source: Holtzman and others, The curious case of neural text degeneration, 2020.
    """
    order = np.argsort(-y, kind="stable")
    before = np.cumsum(y[order]) - y[order]
    return top_k(y, int(np.sum(before < p)))


def model(
    data_x: Sequence[str],
    ix_to_char: Mapping[int, str],
    char_to_ix: Mapping[str, int],
    num_iterations: int = 1000,
    n_a: int = 50,
    learning_rate: float = 0.02,
) -> dict[str, np.ndarray]:
    """Parameters of a network that has learned names: at each iteration, `optimize` on the next name of `data_x`.

    Args:
        num_iterations: how many names it sees; after the last one it begins with the first again.
    """
    M = len(char_to_ix)
    parameters = initialize_parameters(n_a, M, M)
    for iteration in range(num_iterations):
        Y = [char_to_ix[char] for char in data_x[iteration % len(data_x)] + "\n"]
        optimize([None, *Y[:-1]], Y, np.zeros((n_a, 1)), parameters, learning_rate)
    return parameters


# Given to the notebooks


def initialize_parameters(
    n_a: int, n_x: int, n_y: int, rng: np.random.Generator | None = None
) -> dict[str, np.ndarray]:
    """Weights to begin with: Wya so small that every character is nearly as likely as any other, and biases of 0."""
    rng = np.random.default_rng(0) if rng is None else rng
    return {
        "Wax": rng.normal(size=(n_a, n_x)),
        "Waa": 0.5 * rng.normal(size=(n_a, n_a)) / n_a**0.5,
        "Wya": 0.01 * rng.normal(size=(n_y, n_a)),
        "b": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def update_parameters(
    parameters: dict[str, np.ndarray], gradients: dict[str, np.ndarray], lr: float
) -> dict[str, np.ndarray]:
    """One step of gradient descent, W -= lr dW, in place; the gradient of W is found under "dW"."""
    for name, parameter in parameters.items():
        parameter -= lr * gradients[f"d{name}"]
    return parameters
