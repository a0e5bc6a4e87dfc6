"""Both directions, masks, word vectors, debiasing and search: the references of notebook 20.

Recurrent arrays are (features, m, T): m sentences of T steps. `mask` is (m, T), True at the words of each sentence,
which come first, and False at the padding behind them. A direction's parameters are Wax (n_a, n_x), Waa (n_a, n_a) and
ba (n_a, 1); those of a network are {"forward": ..., "backward": ..., "Wya": (n_y, 2 n_a), "by": (n_y, 1)}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Num, Shaped

from dlcourse.recurrent import sigmoid

# Sentences of different lengths


def padding_mask(lengths: Sequence[int] | Int[np.ndarray, " m"], T: int) -> Bool[np.ndarray, "m T"]:
    """True at the first lengths[i] steps of row i, False at the padding behind them."""
    return np.arange(T) < np.asarray(lengths, dtype=int)[:, np.newaxis]


def masked_mean(a: Float[np.ndarray, "n m T"], mask: Shaped[np.ndarray, "m T"]) -> Float[np.ndarray, "n m"]:
    """The mean over the words of each sentence; zeros for a sentence without any."""
    real = mask.astype(bool)
    sums = np.where(real, a, 0.0).sum(axis=2)
    return sums / np.maximum(real.sum(axis=1), 1)


def masked_loss(
    y_hat: Float[np.ndarray, "n_y m T"], y: Num[np.ndarray, "n_y m T"], mask: Shaped[np.ndarray, "m T"]
) -> float:
    """-y log(y_hat) - (1 - y) log(1 - y_hat), summed over outputs and words, divided by the number of words.

    Args:
        y_hat: probabilities; at the padding they may be anything.
    """
    real = mask.astype(bool)
    believed = np.where(y == 1, y_hat, 1 - y_hat)[:, real]
    return float(-np.log(believed).sum() / real.sum())


def reverse_sentences(x: Num[np.ndarray, "n m T"], mask: Shaped[np.ndarray, "m T"]) -> Num[np.ndarray, "n m T"]:
    """Each sentence from its last word to its first; the padding stays where it is."""
    real = mask.astype(bool)
    steps = np.arange(x.shape[2])
    places = np.where(real, real.sum(axis=1, keepdims=True) - 1 - steps, steps)
    return np.take_along_axis(x, np.broadcast_to(places, x.shape), axis=2)


def bidirectional_forward(
    x: Float[np.ndarray, "n_x m T"], forward: Mapping, backward: Mapping, mask: Shaped[np.ndarray, "m T"] | None = None
) -> Float[np.ndarray, "n_both m T"]:
    """The states of a cell that reads from the first word on, above those of one that reads from the last word on.

    Both stand at the step of the word that was just read. At the padding they may be anything.

    Args:
        mask: None where there is no padding.

    Source: Schuster and Paliwal, Bidirectional recurrent neural networks, 1997.
    """
    mask = np.ones(x.shape[1:], dtype=bool) if mask is None else mask
    return np.concatenate([_states(x, forward), reverse_sentences(_states(reverse_sentences(x, mask), backward), mask)])


def _states(x: Float[np.ndarray, "n_x m T"], parameters: Mapping) -> Float[np.ndarray, "n_a m T"]:
    """The hidden states a<t> = tanh(Waa a<t-1> + Wax x<t> + ba), from a state of zeros on."""
    from_x = np.tensordot(parameters["Wax"], x, axes=1) + parameters["ba"][:, :, np.newaxis]
    states = [np.zeros_like(from_x[:, :, 0])]
    for t in range(x.shape[2]):
        states.append(np.tanh(parameters["Waa"] @ states[-1] + from_x[:, :, t]))
    return np.stack(states[1:], axis=2)


def tag_sequence(
    x: Float[np.ndarray, "n_x m T"], parameters: Mapping, mask: Shaped[np.ndarray, "m T"]
) -> Float[np.ndarray, "n_y m T"]:
    """For each word, sigmoid(Wya a<t> + by) of both directions' states. At the padding it may be anything."""
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    return sigmoid(np.tensordot(parameters["Wya"], a, axes=1) + parameters["by"][:, :, np.newaxis])


def classify_sequence(
    x: Float[np.ndarray, "n_x m T"], parameters: Mapping, mask: Shaped[np.ndarray, "m T"]
) -> Float[np.ndarray, "n_y m"]:
    """sigmoid(Wya a + by), with the states that each direction has when it has read all words.

    For the forward direction that is the state at the last word, for the backward one that at the first. A sentence
    without words leaves both at zeros.
    """
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    n_a, lengths = len(a) // 2, mask.astype(bool).sum(axis=1)
    everyone = np.arange(x.shape[1])
    last = np.concatenate([a[:n_a, everyone, np.maximum(lengths - 1, 0)], a[n_a:, :, 0]])
    return sigmoid(parameters["Wya"] @ np.where(lengths > 0, last, 0.0) + parameters["by"])


def sentence_to_avg(sentence: str, word_to_vec_map: Mapping[str, np.ndarray]) -> Float[np.ndarray, " d"]:
    """The mean of the vectors of the sentence's words, in lower case; of those that are known. Zeros if none is."""
    known = [word_to_vec_map[word] for word in sentence.lower().split() if word in word_to_vec_map]
    return np.mean(known, axis=0) if known else np.zeros_like(next(iter(word_to_vec_map.values())))


# Word vectors


def skip_gram_pairs(words: Sequence[str], window: int) -> list[tuple[str, str]]:
    """(centre, context) for each word and each other one at most `window` places away, on either side.

    Source: Mikolov and others, Efficient estimation of word representations in vector space, 2013.
    """
    return [
        (centre, words[j])
        for i, centre in enumerate(words)
        for j in range(max(i - window, 0), min(i + window + 1, len(words)))
        if j != i
    ]


def negative_sampling_loss(
    center: Float[np.ndarray, " d"], context: Float[np.ndarray, " d"], negatives: Float[np.ndarray, "k d"]
) -> tuple[float, Float[np.ndarray, " d"], Float[np.ndarray, " d"], Float[np.ndarray, "k d"]]:
    """-log sigmoid(context . center) - sum of log sigmoid(-negative . center), and its gradients.

    Args:
        negatives: the vectors of k words that were drawn at random.

    Returns:
        loss, d_center, d_context, d_negatives.

    Source: Mikolov and others, Distributed representations of words and phrases and their compositionality, 2013,
    equation 4.
    """
    words = np.concatenate([context[np.newaxis], negatives])
    scores = words @ center
    signs = np.where(np.arange(len(words)) == 0, 1.0, -1.0)
    loss = np.logaddexp(0.0, -signs * scores).sum()
    d_scores = -signs * sigmoid(-signs * scores)
    d_words = np.outer(d_scores, center)
    return float(loss), d_scores @ words, d_words[0], d_words[1:]


def cosine_similarity(u: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]) -> float:
    """u . v / (||u|| ||v||), the cosine of the angle between two vectors; 0 where one of them is zero."""
    lengths = float(np.linalg.norm(u) * np.linalg.norm(v))
    return float(u @ v) / lengths if lengths else 0.0


def complete_analogy(word_a: str, word_b: str, word_c: str, word_to_vec_map: Mapping[str, np.ndarray]) -> str:
    """The word d for which e_d - e_c points most nearly where e_b - e_a does; none of the three words themselves.

    The words are taken in lower case.

    Source: Mikolov, Yih and Zweig, Linguistic regularities in continuous space word representations, 2013.
    """
    given = [word.lower() for word in (word_a, word_b, word_c)]
    e_a, e_b, e_c = (word_to_vec_map[word] for word in given)
    others = [word for word in word_to_vec_map if word not in given]
    return max(others, key=lambda word: cosine_similarity(e_b - e_a, word_to_vec_map[word] - e_c))


def neutralize(
    word: str, g: Float[np.ndarray, " d"], word_to_vec_map: Mapping[str, np.ndarray]
) -> Float[np.ndarray, " d"]:
    """e - (e . g / ||g||^2) g: the word's vector without its part along g.

    Source: Bolukbasi and others, Man is to computer programmer as woman is to homemaker?, 2016.
    """
    e = word_to_vec_map[word]
    return e - _along(e, g)


def _along(e: Float[np.ndarray, " d"], axis: Float[np.ndarray, " d"]) -> Float[np.ndarray, " d"]:
    """The part of e along an axis of any length."""
    return (e @ axis) / (axis @ axis) * axis


def equalize(
    pair: tuple[str, str], bias_axis: Float[np.ndarray, " d"], word_to_vec_map: Mapping[str, np.ndarray]
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Two words that differ along the bias axis only, as far to one side as to the other.

    With mu the mean of both, mu_B its part along the axis, mu_orth the rest and e_B a word's own part along the axis,
    each becomes mu_orth + sqrt(|1 - ||mu_orth||^2|) (e_B - mu_B) / ||e_B - mu_B||.

    Source: Bolukbasi and others, 2016, step 2b of the algorithm.
    """
    e1, e2 = (word_to_vec_map[word] for word in pair)
    mu = (e1 + e2) / 2
    mu_orth = mu - _along(mu, bias_axis)
    half = _along(e1 - e2, bias_axis) / 2
    half = np.sqrt(abs(1 - mu_orth @ mu_orth)) * half / np.linalg.norm(half)
    return mu_orth + half, mu_orth - half


# The likeliest sentence


def beam_search(
    step: Callable[[list[int]], Float[np.ndarray, " M"]], beam_width: int, max_len: int, alpha: float = 0.7
) -> list[int]:
    """The tokens of the best text that a beam finds; token 0 ends a text.

    A text's score is the sum of its log probabilities divided by T ** alpha, T the number of its tokens. In each round
    every beginning of the beam is continued by every token, and the `beam_width` likeliest of all these stay; those
    that end in 0 are finished and leave the beam.

    Args:
        step: the probabilities of the next token, after a list of tokens.
        max_len: the largest number of tokens; what is not finished then counts as it is.

    Source: Wu and others, Google's neural machine translation system, 2016, section 7, with the length alone.
    """
    beam: list[tuple[float, list[int]]] = [(0.0, [])]
    finished = []
    while beam:
        found = [
            (total + log_p, [*tokens, token])
            for total, tokens in beam
            for token, log_p in enumerate(np.log(step(tokens)).tolist())
        ]
        best = sorted(found, key=lambda pair: -pair[0])[:beam_width]
        ended = [len(tokens) == max_len or tokens[-1] == 0 for _, tokens in best]
        finished += [pair for pair, end in zip(best, ended, strict=True) if end]
        beam = [pair for pair, end in zip(best, ended, strict=True) if not end]
    return max(finished, key=lambda pair: pair[0] / len(pair[1]) ** alpha)[1]


def bleu(candidate: Sequence[str], references: Sequence[Sequence[str]], max_n: int = 4) -> float:
    """Brevity penalty times the geometric mean of the clipped precisions of 1 to max_n words in a row.

    0 if one of the precisions is 0, or the candidate too short for it.

    Args:
        references: translations by people, each a list of words; the one whose length is nearest counts for the
            penalty, the shorter of two.

    Source: Papineni and others, BLEU: a method for automatic evaluation of machine translation, 2002.
    """
    logs = []
    for n in range(1, max_n + 1):
        made = _grams(candidate, n)
        allowed: Counter = Counter()
        for reference in references:
            allowed |= _grams(reference, n)
        if not (made & allowed):
            return 0.0
        logs.append(np.log((made & allowed).total() / made.total()))
    length = len(candidate)
    nearest = min((len(reference) for reference in references), key=lambda r: (abs(r - length), r))
    return float(min(1.0, np.exp(1 - nearest / length)) * np.exp(np.mean(logs)))


def _grams(words: Sequence[str], n: int) -> Counter:
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))
