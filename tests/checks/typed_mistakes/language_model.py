"""Notebook 19, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip, whole

from dlcourse.language_model import EOS, UNK, update_parameters
from dlcourse.recurrent import softmax


def sequence_probability(y_hat, y):
    p = 1
    for t in range(len(y)):
        p *= y_hat[y[t], t]
    return p


def build_vocabulary(corpus, size):
    counts = {}
    for sentence in corpus:
        for word in sentence:
            if word in counts:
                counts[word] += 1
            else:
                counts[word] = 1
    words = sorted(counts, key=lambda w: counts[w], reverse=True)
    vocabulary = {}
    for word in words[: size - 2]:
        vocabulary[word] = len(vocabulary)
    vocabulary[EOS] = len(vocabulary)
    vocabulary[UNK] = len(vocabulary)
    return vocabulary


def one_hot(words, vocabulary):
    x = np.zeros((len(vocabulary), len(words)))
    for t, word in enumerate(words):
        if word in vocabulary:
            x[vocabulary[word], t] = 1
        else:
            x[vocabulary[UNK], t] = 1
    return x


def perplexity(y_hat, y):
    T = len(y)
    total = 0
    for t in range(T):
        total += np.log(y_hat[y[t], t])
    return np.exp(-total / T)


def trigram_model(names, char_to_ix, alpha):
    M = len(char_to_ix)
    counts = np.zeros((M, M, M))
    for name in names:
        name = "\n\n" + name + "\n"
        for t in range(len(name) - 2):
            i, j, k = char_to_ix[name[t]], char_to_ix[name[t + 1]], char_to_ix[name[t + 2]]
            counts[i, j, k] += 1
    P = np.zeros((M, M, M))
    for i in range(M):
        for j in range(M):
            P[i, j] = (counts[i, j] + alpha) / (counts[i, j].sum() + alpha * M)
    return P


def clip(gradients, maxValue):
    dWaa, dWax, dWya = gradients["dWaa"], gradients["dWax"], gradients["dWya"]
    db, dby = gradients["db"], gradients["dby"]
    for gradient in [dWax, dWaa, dWya, db, dby]:
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    return {"dWaa": dWaa, "dWax": dWax, "dWya": dWya, "db": db, "dby": dby}


def clip_by_norm(gradients, max_norm):
    total = 0
    for g in gradients.values():
        total += np.sum(g**2)
    norm = np.sqrt(total)
    if norm > max_norm:
        for g in gradients.values():
            g *= max_norm / norm
    return gradients


def optimize(X, Y, a_prev, parameters, learning_rate=0.01):
    loss, cache = rnn_forward(X, Y, a_prev, parameters)
    gradients, a = rnn_backward(X, Y, parameters, cache)
    gradients = clip(gradients, 5)
    parameters = update_parameters(parameters, gradients, learning_rate)
    return loss, gradients, a[len(X) - 1]


def sample(parameters, char_to_ix, seed):
    Waa, Wax, Wya = parameters["Waa"], parameters["Wax"], parameters["Wya"]
    b, by = parameters["b"], parameters["by"]
    vocab_size = by.shape[0]
    n_a = Waa.shape[1]
    x = np.zeros((vocab_size, 1))
    a_prev = np.zeros((n_a, 1))
    indices = []
    idx = -1
    counter = 0
    newline = char_to_ix["\n"]
    while idx != newline and counter != 50:
        a = np.tanh(np.dot(Wax, x) + np.dot(Waa, a_prev) + b)
        z = np.dot(Wya, a) + by
        y = softmax(z)
        np.random.seed(counter + seed)
        idx = np.random.choice(list(range(vocab_size)), p=y.ravel())
        indices.append(idx)
        x = np.zeros((vocab_size, 1))
        x[idx] = 1
        a_prev = a
        seed += 1
        counter += 1
    if counter == 50:
        indices.append(newline)
    return indices


def sample_with_temperature(y, temperature, rng):
    if temperature == 0:
        return np.argmax(y)
    logits = np.log(y) / temperature
    logits = logits - np.max(logits)
    p = np.exp(logits) / np.sum(np.exp(logits))
    return rng.choice(len(p), p=p)


def top_k(y, k):
    order = np.argsort(y)[::-1]
    p = np.zeros(len(y))
    for i in order[:k]:
        p[i] = y[i]
    return p / np.sum(p)


def nucleus(y, p):
    order = np.argsort(y)[::-1]
    kept = np.zeros(len(y))
    total = 0
    for i in order:
        if total >= p:
            break
        kept[i] = y[i]
        total += y[i]
    return kept / np.sum(kept)


def model(data_x, ix_to_char, char_to_ix, num_iterations=1000, n_a=50, learning_rate=0.02):
    vocab_size = len(char_to_ix)
    parameters = initialize_parameters(n_a, vocab_size, vocab_size)
    for j in range(num_iterations):
        idx = j % len(data_x)
        X = [None] + [char_to_ix[ch] for ch in data_x[idx]]
        Y = X[1:] + [char_to_ix["\n"]]
        a_prev = np.zeros((n_a, 1))
        loss, gradients, a_prev = optimize(X, Y, a_prev, parameters, learning_rate)
    return parameters


SLIPS = [
    slip(sequence_probability, "sum", ("p = 1", "p = 0"), ("p *=", "p +=")),
    slip(sequence_probability, "logarithm", ("p = 1", "p = 0"), ("p *= y_hat[y[t], t]", "p += np.log(y_hat[y[t], t])")),
    slip(sequence_probability, "loss", ("p = 1", "p = 0"), ("p *= y_hat[y[t], t]", "p -= np.log(y_hat[y[t], t])")),
    slip(sequence_probability, "last-only", ("p *=", "p =")),
    slip(sequence_probability, "first-left-out", ("range(len(y))", "range(1, len(y))")),
    slip(sequence_probability, "last-left-out", ("range(len(y))", "range(len(y) - 1)")),
    slip(sequence_probability, "likeliest", ("y_hat[y[t], t]", "np.max(y_hat[:, t])")),
    slip(sequence_probability, "one-column", ("y_hat[y[t], t]", "y_hat[y[t], 0]")),
    slip(sequence_probability, "axes-exchanged", ("y_hat[y[t], t]", "y_hat[t, y[t]]")),
    slip(build_vocabulary, "rarest-kept", (", reverse=True", "")),
    slip(
        build_vocabulary,
        "in-order-of-appearance",
        ("sorted(counts, key=lambda w: counts[w], reverse=True)", "list(counts)"),
    ),
    slip(build_vocabulary, "alphabetical", ("sorted(counts, key=lambda w: counts[w], reverse=True)", "sorted(counts)")),
    slip(
        build_vocabulary, "ties-by-alphabet", ("key=lambda w: counts[w], reverse=True", "key=lambda w: (-counts[w], w)")
    ),
    slip(build_vocabulary, "ties-reversed", (", reverse=True)", ")[::-1]")),
    slip(build_vocabulary, "two-too-many", ("[: size - 2]", "[:size]")),
    slip(build_vocabulary, "one-too-many", ("size - 2", "size - 1")),
    slip(build_vocabulary, "no-UNK", ("    vocabulary[UNK] = len(vocabulary)\n", "")),
    slip(build_vocabulary, "no-EOS", ("    vocabulary[EOS] = len(vocabulary)\n", "")),
    slip(build_vocabulary, "from-one", ("= len(vocabulary)", "= len(vocabulary) + 1")),
    slip(
        build_vocabulary,
        "counts-for-indices",
        ("vocabulary[word] = len(vocabulary)", "vocabulary[word] = counts[word]"),
    ),
    slip(build_vocabulary, "no-dictionary", ("return vocabulary", "return list(vocabulary)")),
    slip(build_vocabulary, "no-return", ("    return vocabulary\n", "")),
    slip(one_hot, "rows", ("return x", "return x.T")),
    slip(one_hot, "unknown-as-zeros", ("x[vocabulary[UNK], t] = 1", "pass")),
    slip(one_hot, "unknown-as-EOS", ("vocabulary[UNK]", "vocabulary[EOS]")),
    slip(one_hot, "unknown-raises", ("if word in vocabulary:", "if True:")),
    slip(perplexity, "no-minus", ("-total", "total")),
    slip(perplexity, "no-exponential", ("np.exp(-total / T)", "-total / T")),
    slip(perplexity, "sum", ("-total / T", "-total")),
    slip(perplexity, "to-the-power-of-two", ("np.exp(-total / T)", "2 ** (-total / T)")),
    slip(perplexity, "small-number-added", ("np.log(y_hat[y[t], t])", "np.log(y_hat[y[t], t] + 1e-8)")),
    slip(
        perplexity,
        "root-of-the-product",
        ("total = 0", "total = 1"),
        ("total += np.log(y_hat[y[t], t])", "total *= y_hat[y[t], t]"),
        ("np.exp(-total / T)", "total ** (-1 / T)"),
    ),
    slip(perplexity, "divided-by-the-vocabulary", ("T = len(y)", "T, M = len(y), len(y_hat)"), ("/ T", "/ M")),
    slip(trigram_model, "end-not-counted", ('"\\n\\n" + name + "\\n"', '"\\n\\n" + name')),
    slip(trigram_model, "one-newline-before", ('"\\n\\n" + name', '"\\n" + name')),
    slip(trigram_model, "beginning-not-counted", ('"\\n\\n" + name', "name")),
    slip(trigram_model, "seen-or-not", ("+= 1", "= 1")),
    slip(trigram_model, "alpha-once-in-the-sum", ("alpha * M", "alpha")),
    slip(trigram_model, "alpha-in-the-numerator-only", (" + alpha * M", "")),
    slip(trigram_model, "always-one", ("+ alpha)", "+ 1)"), ("+ alpha * M", "+ M")),
    slip(trigram_model, "no-alpha", ("(counts[i, j] + alpha)", "counts[i, j]"), (" + alpha * M", "")),
    slip(trigram_model, "divided-by-everything", ("counts[i, j].sum() + alpha * M", "counts.sum() + alpha * M**3")),
    slip(trigram_model, "only-counts", ("return P", "return counts + alpha")),
    slip(trigram_model, "pair-exchanged", ("counts[i, j, k] +=", "counts[j, i, k] +=")),
    slip(clip, "misses-dby", ("[dWax, dWaa, dWya, db, dby]", "[dWax, dWaa, dWya, db]")),
    slip(clip, "misses-biases", ("[dWax, dWaa, dWya, db, dby]", "[dWax, dWaa, dWya]")),
    slip(clip, "misses-dWya", ("[dWax, dWaa, dWya, db, dby]", "[dWax, dWaa, db, dby]")),
    slip(clip, "unchanged", (", out=gradient", "")),
    slip(clip, "from-zero", ("-maxValue, maxValue", "0, maxValue")),
    slip(clip, "bounds-exchanged", ("-maxValue, maxValue", "maxValue, -maxValue")),
    slip(clip, "fixed-bound", ("-maxValue, maxValue", "-10, 10")),
    slip(clip, "entry-missing", (', "dby": dby', "")),
    slip(clip_by_norm, "no-root", ("np.sqrt(total)", "total")),
    slip(clip_by_norm, "sum-of-norms", ("np.sum(g**2)", "np.linalg.norm(g)"), ("np.sqrt(total)", "total")),
    slip(clip_by_norm, "absolute-values", ("np.sum(g**2)", "np.sum(np.abs(g))"), ("np.sqrt(total)", "total")),
    slip(clip_by_norm, "upside-down", ("max_norm / norm", "norm / max_norm")),
    slip(clip_by_norm, "condition-reversed", ("norm > max_norm", "norm < max_norm")),
    slip(clip_by_norm, "divided-by-the-norm", ("g *= max_norm / norm", "g /= norm")),
    slip(clip_by_norm, "always-scaled", ("norm > max_norm", "norm > 0")),
    slip(optimize, "not-clipped", ("    gradients = clip(gradients, 5)\n", "")),
    slip(optimize, "not-clipped", ("gradients = clip(gradients, 5)", "clip(gradients, 500)")),
    slip(optimize, "other-bound", ("clip(gradients, 5)", "clip(gradients, 10)")),
    slip(optimize, "clipped-by-norm", ("clip(gradients, 5)", "clip_by_norm(gradients, 5)")),
    slip(optimize, "never-updated", ("    parameters = update_parameters(parameters, gradients, learning_rate)\n", "")),
    slip(
        optimize,
        "never-updated",
        ("update_parameters(parameters,", "update_parameters({k: v.copy() for k, v in parameters.items()},"),
    ),
    slip(optimize, "learning-rate-ignored", ("gradients, learning_rate)", "gradients, 0.01)")),
    slip(optimize, "uphill", ("gradients, learning_rate)", "gradients, -learning_rate)")),
    slip(optimize, "all-states", ("a[len(X) - 1]", "a")),
    slip(optimize, "first-step-state", ("a[len(X) - 1]", "a[0]")),
    slip(optimize, "first-state-returned", ("a[len(X) - 1]", "a_prev")),
    slip(optimize, "loss-per-character", ("return loss,", "return loss / len(X),")),
    slip(optimize, "results-missing", (", a[len(X) - 1]", "")),
    slip(sample, "likeliest", ("np.random.choice(list(range(vocab_size)), p=y.ravel())", "np.argmax(y)")),
    slip(sample, "uniform", (", p=y.ravel()", "")),
    slip(sample, "state-not-carried", ("        a_prev = a\n", "")),
    slip(sample, "nothing-fed-in", ("        x[idx] = 1\n", "")),
    slip(sample, "inputs-pile-up", ("        x = np.zeros((vocab_size, 1))\n        x[idx]", "        x[idx]")),
    slip(sample, "probabilities-fed-in", ("x = np.zeros((vocab_size, 1))\n        x[idx] = 1", "x = y")),
    slip(sample, "no-b", (" + b)", ")")),
    slip(sample, "no-by", (" + by", "")),
    slip(
        sample,
        "no-tanh",
        ("np.tanh(np.dot(Wax, x) + np.dot(Waa, a_prev) + b)", "np.dot(Wax, x) + np.dot(Waa, a_prev) + b"),
    ),
    slip(sample, "newline-is-zero", ('char_to_ix["\\n"]', "0")),
    slip(sample, "never-ends", ("idx != newline and counter", "counter")),
    slip(sample, "not-closed", ("    if counter == 50:\n        indices.append(newline)\n", "")),
    slip(sample, "one-too-few", ("counter != 50", "counter != 49"), ("counter == 50", "counter == 49")),
    slip(sample, "one-too-many", ("counter != 50", "counter != 51"), ("counter == 50", "counter == 51")),
    slip(sample, "seed-ignored", ("        np.random.seed(counter + seed)\n", "")),
    slip(sample, "one-seed-for-all", ("np.random.seed(counter + seed)", "np.random.seed(counter)")),
    slip(sample, "y-is-a-column", ("p=y.ravel()", "p=y")),
    slip(sample, "softmax-left-out", ("softmax(z)", "z")),
    slip(sample_with_temperature, "upside-down", ("np.log(y) / temperature", "np.log(y) * temperature")),
    slip(sample_with_temperature, "softmax-of-probabilities", ("np.log(y) / temperature", "y / temperature")),
    slip(sample_with_temperature, "temperature-ignored", ("np.log(y) / temperature", "np.log(y)")),
    slip(sample_with_temperature, "uniform", (", p=p", "")),
    slip(sample_with_temperature, "likeliest", ("rng.choice(len(p), p=p)", "np.argmax(p)")),
    slip(sample_with_temperature, "underflow", ("    logits = logits - np.max(logits)\n", "")),
    slip(top_k, "smallest", ("[::-1]", "")),
    slip(top_k, "not-divided", (" / np.sum(p)", "")),
    slip(top_k, "one-too-many", ("order[:k]", "order[: k + 1]")),
    slip(top_k, "equally-likely", ("p[i] = y[i]", "p[i] = 1")),
    slip(top_k, "indices", ("return p / np.sum(p)", "return order[:k]")),
    slip(top_k, "first-k", ("order[:k]", "range(min(k, len(y)))")),
    slip(nucleus, "from-the-smallest", ("[::-1]", "")),
    slip(nucleus, "not-sorted", ("np.argsort(y)[::-1]", "range(len(y))")),
    slip(nucleus, "not-divided", (" / np.sum(kept)", "")),
    slip(nucleus, "below-p", ("total >= p", "total + y[i] >= p")),
    slip(model, "one-name-only", ("j % len(data_x)", "0")),
    slip(model, "input-is-the-answer", ("optimize(X, Y,", "optimize(Y, Y,")),
    slip(
        model,
        "end-not-learned",
        (' + [char_to_ix["\\n"]]', ""),
        ("X = [None] + [", "X = [None] + ["),
        ("optimize(X,", "optimize(X[:-1],"),
    ),
    slip(model, "not-learned", ("learning_rate)\n    return", "0.0)\n    return")),
]


@whole("sample_with_temperature", "division-by-zero")
def without_a_guard(y, temperature, rng):
    logits = np.log(y) * (1 / temperature)
    p = np.exp(logits - np.max(logits))
    return rng.choice(len(p), p=p / np.sum(p))


@whole("sample", "seeded-in-every-step")
def the_same_seed_at_every_step(parameters, char_to_ix, seed):
    vocab_size, n_a = parameters["Wya"].shape
    x, a, indices, idx = np.zeros((vocab_size, 1)), np.zeros((n_a, 1)), [], -1
    while idx != char_to_ix["\n"] and len(indices) < 50:
        rng = np.random.default_rng(seed)
        a = np.tanh(parameters["Wax"] @ x + parameters["Waa"] @ a + parameters["b"])
        y = softmax(parameters["Wya"] @ a + parameters["by"])
        idx = int(rng.choice(vocab_size, p=y.ravel()))
        indices.append(idx)
        x = np.zeros((vocab_size, 1))
        x[idx] = 1
    if idx != char_to_ix["\n"]:
        indices.append(char_to_ix["\n"])
    return indices


@whole("clip", "only-one")
def returns_in_the_loop(gradients, maxValue):
    for name, gradient in gradients.items():
        gradients[name] = np.clip(gradient, -maxValue, maxValue)
        return gradients
    return None


@whole("trigram_model", "names-joined")
def one_long_text(names, char_to_ix, alpha):
    M = len(char_to_ix)
    counts = np.full((M, M, M), float(alpha))
    text = [char_to_ix[char] for char in "\n\n" + "\n".join(names) + "\n"]
    for t in range(2, len(text)):
        counts[text[t - 2], text[t - 1], text[t]] += 1
    return counts / counts.sum(axis=2, keepdims=True)


@whole("clip_by_norm", "each-by-itself")
def one_norm_each(gradients, max_norm):
    for name in gradients:
        norm = np.linalg.norm(gradients[name])
        if norm > max_norm:
            gradients[name] = gradients[name] * max_norm / norm
    return gradients


@whole("clip_by_norm", "zero-by-zero")
def divides_by_the_norm_always(gradients, max_norm):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    return {
        name: g * np.minimum(1.0, max_norm / norm) if norm else g * (max_norm / norm) for name, g in gradients.items()
    }


@whole("nucleus", "threshold")
def above_a_threshold(y, p):
    kept = np.where(y >= p, y, 0)
    return kept / np.sum(kept)
