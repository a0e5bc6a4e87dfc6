"""Notebook 20, as learners write it."""

import numpy as np
from typed_mistakes.slips import slip, whole

from dlcourse.recurrent import sigmoid


def read(x, parameters):
    a = np.zeros((len(parameters["ba"]), x.shape[1], x.shape[2]))
    state = np.zeros((len(parameters["ba"]), x.shape[1]))
    for t in range(x.shape[2]):
        state = np.tanh(parameters["Waa"] @ state + parameters["Wax"] @ x[:, :, t] + parameters["ba"])
        a[:, :, t] = state
    return a


def padding_mask(lengths, T):
    m = len(lengths)
    mask = np.zeros((m, T), dtype=bool)
    for i in range(m):
        for t in range(T):
            if t < lengths[i]:
                mask[i, t] = True
    return mask


def masked_mean(a, mask):
    n, m, T = a.shape
    mean = np.zeros((n, m))
    for i in range(m):
        count = 0
        for t in range(T):
            if mask[i, t]:
                mean[:, i] += a[:, i, t]
                count += 1
        if count > 0:
            mean[:, i] /= count
    return mean


def masked_loss(y_hat, y, mask):
    n_y, m, T = y.shape
    total = 0
    words = 0
    for i in range(m):
        for t in range(T):
            if mask[i, t]:
                for k in range(n_y):
                    total += -y[k, i, t] * np.log(y_hat[k, i, t]) - (1 - y[k, i, t]) * np.log(1 - y_hat[k, i, t])
                words += 1
    return total / words


def reverse_sentences(x, mask):
    out = np.zeros(x.shape)
    for i in range(x.shape[1]):
        length = int(mask[i].sum())
        for t in range(length):
            out[:, i, t] = x[:, i, length - 1 - t]
    return out


def bidirectional_forward(x, forward, backward, mask=None):
    if mask is None:
        mask = np.ones((x.shape[1], x.shape[2]))
    a_forward = read(x, forward)
    x_back = reverse_sentences(x, mask)
    a_backward = read(x_back, backward)
    a_backward = reverse_sentences(a_backward, mask)
    return np.concatenate((a_forward, a_backward), axis=0)


def tag_sequence(x, parameters, mask):
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    y = np.zeros((parameters["by"].shape[0], x.shape[1], x.shape[2]))
    for t in range(x.shape[2]):
        z = np.dot(parameters["Wya"], a[:, :, t]) + parameters["by"]
        y[:, :, t] = sigmoid(z)
    return y


def classify_sequence(x, parameters, mask):
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    n_a = a.shape[0] // 2
    y = np.zeros((parameters["by"].shape[0], x.shape[1]))
    for i in range(x.shape[1]):
        length = int(mask[i].sum())
        if length > 0:
            last = np.concatenate((a[:n_a, i, length - 1], a[n_a:, i, 0]))
        else:
            last = np.zeros(2 * n_a)
        y[:, i] = sigmoid(np.dot(parameters["Wya"], last) + parameters["by"][:, 0])
    return y


def sentence_to_avg(sentence, word_to_vec_map):
    words = sentence.lower().split()
    any_word = list(word_to_vec_map.keys())[0]
    avg = np.zeros(word_to_vec_map[any_word].shape)
    count = 0
    for w in words:
        if w in word_to_vec_map:
            avg = avg + word_to_vec_map[w]
            count += 1
    if count > 0:
        avg = avg / count
    return avg


def skip_gram_pairs(words, window):
    pairs = []
    for i in range(len(words)):
        start = max(0, i - window)
        end = min(len(words), i + window + 1)
        for j in range(start, end):
            if j != i:
                pairs.append((words[i], words[j]))
    return pairs


def negative_sampling_loss(center, context, negatives):
    s = sigmoid(np.dot(context, center))
    loss = -np.log(s)
    d_context = (s - 1) * center
    d_center = (s - 1) * context
    d_negatives = np.zeros(negatives.shape)
    for k in range(len(negatives)):
        n = sigmoid(np.dot(negatives[k], center))
        loss += -np.log(1 - n)
        d_negatives[k] = n * center
        d_center = d_center + n * negatives[k]
    return loss, d_center, d_context, d_negatives


def cosine_similarity(u, v):
    dot = 0
    for i in range(len(u)):
        dot += u[i] * v[i]
    norm_u = np.sqrt(np.sum(u**2))
    norm_v = np.sqrt(np.sum(v**2))
    if norm_u * norm_v == 0:
        return 0
    return dot / (norm_u * norm_v)


def complete_analogy(word_a, word_b, word_c, word_to_vec_map):
    word_a, word_b, word_c = word_a.lower(), word_b.lower(), word_c.lower()
    e_a, e_b, e_c = word_to_vec_map[word_a], word_to_vec_map[word_b], word_to_vec_map[word_c]
    max_cosine_sim = -100
    best_word = None
    for w in word_to_vec_map:
        if w in [word_a, word_b, word_c]:
            continue
        cosine_sim = cosine_similarity(e_b - e_a, word_to_vec_map[w] - e_c)
        if cosine_sim > max_cosine_sim:
            max_cosine_sim = cosine_sim
            best_word = w
    return best_word


def neutralize(word, g, word_to_vec_map):
    e = word_to_vec_map[word]
    e_biascomponent = np.dot(e, g) / np.linalg.norm(g) ** 2 * g
    e_debiased = e - e_biascomponent
    return e_debiased


def equalize(pair, bias_axis, word_to_vec_map):
    w1, w2 = pair
    e_w1, e_w2 = word_to_vec_map[w1], word_to_vec_map[w2]
    mu = (e_w1 + e_w2) / 2
    mu_B = np.dot(mu, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    mu_orth = mu - mu_B
    e_w1B = np.dot(e_w1, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    e_w2B = np.dot(e_w2, bias_axis) / np.linalg.norm(bias_axis) ** 2 * bias_axis
    root = np.sqrt(np.abs(1 - np.linalg.norm(mu_orth) ** 2))
    corrected_e_w1B = root * (e_w1B - mu_B) / np.linalg.norm(e_w1B - mu_B)
    corrected_e_w2B = root * (e_w2B - mu_B) / np.linalg.norm(e_w2B - mu_B)
    e1 = corrected_e_w1B + mu_orth
    e2 = corrected_e_w2B + mu_orth
    return e1, e2


def beam_search(step, beam_width, max_len, alpha=0.7):
    beam = [([], 0.0)]
    done = []
    for _ in range(max_len):
        candidates = []
        for tokens, score in beam:
            probs = step(tokens)
            for k in range(len(probs)):
                candidates.append((tokens + [k], score + np.log(probs[k])))
        candidates = sorted(candidates, key=lambda c: c[1], reverse=True)[:beam_width]
        beam = []
        for tokens, score in candidates:
            if tokens[-1] == 0:
                done.append((tokens, score))
            else:
                beam.append((tokens, score))
    done = done + beam
    best = max(done, key=lambda c: c[1] / len(c[0]) ** alpha)
    return best[0]


def bleu(candidate, references, max_n=4):
    total = 0
    for n in range(1, max_n + 1):
        counts = {}
        for i in range(len(candidate) - n + 1):
            gram = tuple(candidate[i : i + n])
            counts[gram] = counts.get(gram, 0) + 1
        hits = 0
        for gram in counts:
            most = 0
            for reference in references:
                here = 0
                for i in range(len(reference) - n + 1):
                    if tuple(reference[i : i + n]) == gram:
                        here += 1
                most = max(most, here)
            hits += min(counts[gram], most)
        if hits == 0:
            return 0
        total += np.log(hits / sum(counts.values()))
    c = len(candidate)
    r = min([len(ref) for ref in references], key=lambda length: (abs(length - c), length))
    bp = 1 if c >= r else np.exp(1 - r / c)
    return bp * np.exp(total / max_n)


SLIPS = [
    slip(padding_mask, "one-too-many", ("t < lengths[i]", "t <= lengths[i]")),
    slip(padding_mask, "one-too-few", ("t < lengths[i]", "t < lengths[i] - 1")),
    slip(padding_mask, "padding-is-true", ("t < lengths[i]", "t >= lengths[i]")),
    slip(padding_mask, "transposed", ("return mask", "return mask.T")),
    slip(masked_mean, "padding-counted", ("if mask[i, t]:", "if True:")),
    slip(masked_mean, "sum", ("mean[:, i] /= count", "pass")),
    slip(masked_mean, "divided-by-all-steps", ("/= count", "/= T")),
    slip(masked_mean, "nothing-by-nothing", ("if count > 0:", "if True:")),
    slip(masked_loss, "padding-counted", ("if mask[i, t]:", "if True:")),
    slip(masked_loss, "divided-by-all-steps", ("total / words", "total / (m * T)")),
    slip(masked_loss, "divided-by-the-sentences", ("total / words", "total / m")),
    slip(masked_loss, "sum", ("total / words", "total")),
    slip(masked_loss, "no-minus", ("total += -y", "total += y"), ("- (1 - y[k, i, t])", "+ (1 - y[k, i, t])")),
    slip(masked_loss, "ones-only", (" - (1 - y[k, i, t]) * np.log(1 - y_hat[k, i, t])", "")),
    slip(masked_loss, "mean-over-labels", ("words += 1", "words += n_y")),
    slip(reverse_sentences, "padding-in-front", ("int(mask[i].sum())", "x.shape[2]")),
    slip(reverse_sentences, "not-turned", ("x[:, i, length - 1 - t]", "x[:, i, t]")),
    slip(reverse_sentences, "one-length-for-all", ("int(mask[i].sum())", "int(mask[0].sum())")),
    slip(bidirectional_forward, "not-turned-back", ("    a_backward = reverse_sentences(a_backward, mask)\n", "")),
    slip(bidirectional_forward, "turned-back-only", ("x_back = reverse_sentences(x, mask)", "x_back = x")),
    slip(bidirectional_forward, "one-set-of-weights", ("read(x_back, backward)", "read(x_back, forward)")),
    slip(bidirectional_forward, "directions-exchanged", ("(a_forward, a_backward)", "(a_backward, a_forward)")),
    slip(bidirectional_forward, "behind-each-other", ("axis=0", "axis=2")),
    slip(bidirectional_forward, "side-by-side", ("axis=0", "axis=1")),
    slip(bidirectional_forward, "padding-read", ("if mask is None:", "if True:")),
    slip(bidirectional_forward, "added", ("np.concatenate((a_forward, a_backward), axis=0)", "a_forward + a_backward")),
    slip(tag_sequence, "no-sigmoid", ("sigmoid(z)", "z")),
    slip(tag_sequence, "tanh", ("sigmoid(z)", "np.tanh(z)")),
    slip(tag_sequence, "no-bias", (' + parameters["by"]', "")),
    slip(tag_sequence, "mask-not-handed-on", (", mask)\n", ")\n")),
    slip(
        tag_sequence,
        "directions-exchanged",
        ('parameters["forward"], parameters["backward"]', 'parameters["backward"], parameters["forward"]'),
    ),
    slip(classify_sequence, "end-of-the-padding", ("a[:n_a, i, length - 1]", "a[:n_a, i, -1]")),
    slip(classify_sequence, "backward-at-the-last-word", ("a[n_a:, i, 0]", "a[n_a:, i, length - 1]")),
    slip(classify_sequence, "both-at-the-start", ("a[:n_a, i, length - 1]", "a[:n_a, i, 0]")),
    slip(classify_sequence, "no-bias", (' + parameters["by"][:, 0]', "")),
    slip(classify_sequence, "read-an-empty-sentence", ("if length > 0:", "if True:")),
    slip(sentence_to_avg, "sum", ("avg = avg / count", "pass")),
    slip(sentence_to_avg, "unknown-in-the-number", ("avg = avg / count", "avg = avg / len(words)")),
    slip(sentence_to_avg, "capital-letters", (".lower()", "")),
    slip(sentence_to_avg, "letters", (".lower().split()", ".lower()")),
    slip(sentence_to_avg, "unknown-raises", ("if w in word_to_vec_map:", "if True:")),
    slip(
        sentence_to_avg,
        "last-word",
        ("avg = avg + word_to_vec_map[w]\n            count += 1", "avg = word_to_vec_map[w]\n            count = 1"),
    ),
    slip(skip_gram_pairs, "with-itself", ("if j != i:", "if True:")),
    slip(skip_gram_pairs, "end-of-the-window-missing", ("i + window + 1", "i + window")),
    slip(skip_gram_pairs, "one-side-only", ("max(0, i - window)", "i")),
    slip(skip_gram_pairs, "in-front-only", ("min(len(words), i + window + 1)", "i")),
    slip(skip_gram_pairs, "same-word-left-out", ("if j != i:", "if words[j] != words[i]:")),
    slip(skip_gram_pairs, "no-return", ("    return pairs\n", "")),
    slip(negative_sampling_loss, "negatives-not-turned", ("-np.log(1 - n)", "-np.log(n)")),
    slip(negative_sampling_loss, "no-minus", ("loss = -np.log(s)", "loss = np.log(s)"), ("loss += -np", "loss += np")),
    slip(negative_sampling_loss, "center-from-the-context-only", ("d_center = d_center + n * negatives[k]", "pass")),
    slip(
        negative_sampling_loss,
        "own-vectors",
        ("d_context = (s - 1) * center", "d_context = (s - 1) * context"),
        ("d_negatives[k] = n * center", "d_negatives[k] = n * negatives[k]"),
    ),
    slip(
        cosine_similarity,
        "norms-squared",
        ("np.sqrt(np.sum(u**2))", "np.sum(u**2)"),
        ("np.sqrt(np.sum(v**2))", "np.sum(v**2)"),
    ),
    slip(cosine_similarity, "norms-added", ("dot / (norm_u * norm_v)", "dot / (norm_u + norm_v)")),
    slip(cosine_similarity, "one-norm", ("dot / (norm_u * norm_v)", "dot / norm_u")),
    slip(cosine_similarity, "dot-product", ("dot / (norm_u * norm_v)", "dot")),
    slip(
        cosine_similarity,
        "sum-of-absolute-values",
        ("np.sqrt(np.sum(u**2))", "np.sum(np.abs(u))"),
        ("np.sqrt(np.sum(v**2))", "np.sum(np.abs(v))"),
    ),
    slip(
        complete_analogy, "added-to-c", ("e_b - e_a, word_to_vec_map[w] - e_c", "e_b - e_a + e_c, word_to_vec_map[w]")
    ),
    slip(complete_analogy, "one-difference-turned", ("e_b - e_a", "e_a - e_b")),
    slip(
        complete_analogy, "wrong-pairs", ("e_b - e_a, word_to_vec_map[w] - e_c", "e_c - e_a, word_to_vec_map[w] - e_b")
    ),
    slip(complete_analogy, "starts-at-zero", ("max_cosine_sim = -100", "max_cosine_sim = 0")),
    slip(complete_analogy, "word-c-itself", ("w in [word_a, word_b, word_c]", "w in []")),
    slip(
        complete_analogy,
        "capital-letters",
        ("word_a.lower(), word_b.lower(), word_c.lower()", "word_a, word_b, word_c"),
    ),
    slip(complete_analogy, "no-word", ("return best_word", "return max_cosine_sim")),
    slip(neutralize, "norm-not-squared", ("np.linalg.norm(g) ** 2", "np.linalg.norm(g)")),
    slip(neutralize, "norm-element-by-element", ("np.linalg.norm(g) ** 2", "np.abs(g) ** 2")),
    slip(neutralize, "not-divided", (" / np.linalg.norm(g) ** 2", "")),
    slip(neutralize, "product-element-by-element", ("np.dot(e, g)", "e * g")),
    slip(neutralize, "the-part-itself", ("return e_debiased", "return e_biascomponent")),
    slip(neutralize, "added", ("e - e_bias", "e + e_bias")),
    slip(neutralize, "norm-of-e", ("np.linalg.norm(g)", "np.linalg.norm(e)")),
    slip(equalize, "norm-not-squared", ("np.linalg.norm(bias_axis) ** 2", "np.linalg.norm(bias_axis)")),
    slip(
        equalize,
        "norm-element-by-element",
        ("np.linalg.norm(e_w1B - mu_B)", "np.abs(e_w1B - mu_B)"),
        ("np.linalg.norm(e_w2B - mu_B)", "np.abs(e_w2B - mu_B)"),
    ),
    slip(
        equalize,
        "norm-element-by-element",
        ("np.linalg.norm(e_w1B - mu_B)", "np.abs(e_w1 - mu_orth - mu_B)"),
        ("np.linalg.norm(e_w2B - mu_B)", "np.abs(e_w2 - mu_orth - mu_B)"),
    ),
    slip(
        equalize,
        "earlier-formula",
        ("np.linalg.norm(e_w1B - mu_B)", "np.linalg.norm(e_w1 - mu_orth - mu_B)"),
        ("np.linalg.norm(e_w2B - mu_B)", "np.linalg.norm(e_w2 - mu_orth - mu_B)"),
    ),
    slip(
        equalize,
        "mu_orth-in-the-norm",
        ("np.linalg.norm(e_w1B - mu_B)", "np.linalg.norm(e_w1B - mu_orth - mu_B)"),
        ("np.linalg.norm(e_w2B - mu_B)", "np.linalg.norm(e_w2B - mu_orth - mu_B)"),
    ),
    slip(equalize, "mu_orth-by-Pythagoras", ("mu_orth = mu - mu_B", "mu_orth = np.sqrt(mu**2 - mu_B**2)")),
    slip(equalize, "both-from-the-second", ("np.dot(e_w1, bias_axis)", "np.dot(e_w2, bias_axis)")),
    slip(
        equalize,
        "root-of-a-negative-number",
        ("np.sqrt(np.abs(1 - np.linalg.norm(mu_orth) ** 2))", "np.sqrt(1 - np.linalg.norm(mu_orth) ** 2)"),
    ),
    slip(equalize, "mu_orth-not-squared", ("np.linalg.norm(mu_orth) ** 2", "np.linalg.norm(mu_orth)")),
    slip(equalize, "mu-under-the-root", ("np.linalg.norm(mu_orth)", "np.linalg.norm(mu)")),
    slip(equalize, "sum-for-the-mean", ("(e_w1 + e_w2) / 2", "e_w1 + e_w2")),
    slip(equalize, "mu_orth-left-out", (" + mu_orth\n", "\n")),
    slip(equalize, "mu-added", ("B + mu_orth", "B + mu")),
    slip(equalize, "exchanged", ("return e1, e2", "return e2, e1")),
    slip(beam_search, "greedy", ("[:beam_width]", "[:1]")),
    slip(beam_search, "no-length", ("c[1] / len(c[0]) ** alpha", "c[1]")),
    slip(beam_search, "times-length", ("c[1] / len(c[0])", "c[1] * len(c[0])")),
    slip(beam_search, "probabilities-added", ("np.log(probs[k])", "probs[k]")),
    slip(beam_search, "least-likely-kept", (", reverse=True", "")),
    slip(beam_search, "end-does-not-end", ("if tokens[-1] == 0:", "if False:")),
    slip(beam_search, "last-token-only", ("step(tokens)", "step(tokens[-1:])")),
    slip(beam_search, "end-left-out", ("return best[0]", "return [token for token in best[0] if token != 0]")),
    slip(beam_search, "text-and-score", ("return best[0]", "return best")),
    slip(bleu, "not-clipped", ("min(counts[gram], most)", "counts[gram] * (most > 0)")),
    slip(bleu, "clipped-by-all-together", ("most = max(most, here)", "most += here")),
    slip(bleu, "no-penalty", ("1 if c >= r else np.exp(1 - r / c)", "1")),
    slip(bleu, "penalty-for-length", ("1 if c >= r else np.exp(1 - r / c)", "np.exp(1 - r / c)")),
    slip(bleu, "product", ("total / max_n", "total")),
    slip(bleu, "longest-only", ("range(1, max_n + 1)", "[max_n]"), ("total / max_n", "total")),
]


@whole("masked_mean", "mask-as-indices")
def mean_of_chosen(a, mask):
    return np.mean(a[:, mask.astype(bool)], axis=1)


@whole("masked_loss", "infinity-times-zero")
def loss_times_mask(y_hat, y, mask):
    loss = -y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat)
    return np.sum(loss * mask) / np.sum(mask)


@whole("padding_mask", "in-front")
def padded_in_front(lengths, T):
    mask = np.zeros((len(lengths), T))
    for i in range(len(lengths)):
        mask[i, T - lengths[i] :] = 1
    return mask


@whole("bidirectional_forward", "padding-read")
def turned_with_everything(x, forward, backward, mask=None):
    a_forward = read(x, forward)
    a_backward = read(x[:, :, ::-1], backward)[:, :, ::-1]
    return np.vstack((a_forward, a_backward))


@whole("classify_sequence", "mean")
def mean_of_all_states(x, parameters, mask):
    a = bidirectional_forward(x, parameters["forward"], parameters["backward"], mask)
    mean = masked_mean(a, mask)
    return sigmoid(parameters["Wya"] @ mean + parameters["by"])


@whole("complete_analogy", "distance")
def nearest_end(word_a, word_b, word_c, word_to_vec_map):
    a, b, c = word_a.lower(), word_b.lower(), word_c.lower()
    target = word_to_vec_map[b] - word_to_vec_map[a] + word_to_vec_map[c]
    best, best_word = 1e9, None
    for w in word_to_vec_map:
        if w not in (a, b, c):
            distance = np.linalg.norm(word_to_vec_map[w] - target)
            if distance < best:
                best, best_word = distance, w
    return best_word
