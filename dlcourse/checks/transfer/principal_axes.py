"""The exercise of notebook 08 on shifts along the principal axes of all colours."""

from __future__ import annotations

import numpy as np

from dlcourse import transfer as reference
from dlcourse.checking.probes.canonical import noise
from dlcourse.checks.transfer.chance import CHANCE, PICTURE, drawn, from_the_generator, generator_mistakes, named, topic
from dlcourse.checks.transfer.reading import SIGMAS, Finding, results_of

ALIASES = {"images": "X", "x": "X", "generator": "rng", "maximum": "most"}
COVARIANCE = CHANCE


def tinted_pictures(m, n_H, n_W):
    """Pictures whose colours lie about a slanted axis, as those of photographs do; the same for every seed."""
    mixing = np.array([[0.22, 0.05, 0.02], [0.2, -0.02, -0.06], [0.15, -0.07, 0.05]])
    return np.array([0.45, 0.5, 0.4]) + noise("tinted pictures", (m, n_H, n_W, 3)) @ mixing.T


def axes_of(X):
    """The covariance of all colours, its eigenvalues and its eigenvectors, the largest first."""
    covariance = np.cov(X.reshape(-1, X.shape[-1]).T)
    eigenvalues, P = np.linalg.eigh(covariance)
    return covariance, eigenvalues[::-1], P[:, ::-1]


@topic.exercise(
    reference=reference.pca_color_augmentation,
    section="Colours that belong together",
    aliases=ALIASES,
    weights={COVARIANCE: 2.0},
)
def pca_color_augmentation(rng):
    n_H, n_W = (int(n) for n in rng.permutation([2, 3, 4])[:2])
    yield drawn("twenty pictures", tinted_pictures(20, n_H, n_W), rng=rng, group=PICTURE, look=_look_at_tinted)
    yield drawn(
        "twice 1,500 pictures of 2x2",
        tinted_pictures(1500, 2, 2),
        rng=rng,
        group=COVARIANCE,
        look=_look_at_covariance,
        calls=2,
    )
    yield from_the_generator(tinted_pictures(12, 2, 3), rng=rng)


def _tints(got):
    results, wrong = results_of(got)
    if wrong:
        return None, wrong
    return results - tinted_pictures(*got["shape"][:3]), None


def _look_at_tinted(got):
    shifts, wrong = _tints(got)
    if wrong:
        return wrong
    if np.abs(shifts).max() < 1e-6:
        return Finding("nothing", "The pictures are what they were.")
    if np.ptp(shifts, axis=(2, 3)).max() > 1e-5:
        results, _ = results_of(got)
        if results.min() >= 0 and results.max() <= 1:
            return Finding("clipped", "The result is cut off at 0 or 1.")
        return Finding("each-pixel", "Pixels of one picture are shifted by different numbers.")
    of_each = shifts.mean(axis=(2, 3))[0]
    if np.ptp(of_each, axis=0).max() < 1e-6:
        return Finding("one-for-all", "All pictures of a batch are shifted by the same numbers.")
    return None


def _look_at_covariance(got):
    """The shifts of 3,000 pictures along the axes, in units of a tenth of the eigenvalue: 1 where all is right."""
    shifts, wrong = _tints(got)
    if wrong:
        return wrong
    X = tinted_pictures(*got["shape"][:3])
    of_each = shifts[:, :, 0, 0].reshape(-1, 3)
    N = len(of_each)
    covariance, eigenvalues, P = axes_of(X)
    if np.abs(of_each).max() < 1e-6 or np.ptp(of_each, axis=0).max() < 1e-6:
        return Finding("constant", "All pictures are shifted by the same.")
    found = np.cov(of_each.T)

    def is_like(expected, tolerance=0.2):
        """Whether the shifts' covariance is a matrix: along the axes of that matrix the spreads are 1."""
        values, axes = np.linalg.eigh(expected)
        values = np.maximum(values, 1e-12 * values.max())
        spreads = axes.T @ found @ axes / np.sqrt(np.outer(values, values))
        return np.abs(spreads - np.eye(3)).max() < tolerance

    right = P @ np.diag((0.1 * eigenvalues) ** 2) @ P.T
    if is_like(right, SIGMAS * (2 / N) ** 0.5):
        if np.abs(of_each.mean(axis=0) / np.sqrt(np.diag(right))).max() > SIGMAS / N**0.5:
            return Finding("not-centred", "The shifts have a mean; those of normal numbers around 0 have none.")
        whitened = of_each @ P / (0.1 * eigenvalues)
        if abs(np.mean(np.abs(whitened) < 0.6745) - 0.5) > SIGMAS * 0.5 / N**0.5:
            return Finding("not-normal", "The alphas are not normal numbers.")
        return None
    uncentred = X.reshape(-1, 3).T @ X.reshape(-1, 3) / (X.size // 3)
    moments, axes = np.linalg.eigh(uncentred)
    vector = P @ (0.1 * eigenvalues)

    ascending = P[:, ::-1]
    for key, expected in (
        ("variance", 10 * right),
        ("standard-deviation", 100 * right),
        ("square-roots", P @ np.diag(0.01 * eigenvalues) @ P.T),
        ("squares", P @ np.diag((0.1 * eigenvalues**2) ** 2) @ P.T),
        ("no-eigenvalues", 0.01 * np.eye(3)),
        ("no-axes", np.diag((0.1 * eigenvalues) ** 2)),
        ("no-axes", np.diag((0.1 * eigenvalues[::-1]) ** 2)),
        ("not-centred-colours", axes @ np.diag((0.1 * moments) ** 2) @ axes.T),
        ("one-alpha", np.outer(vector, vector)),
        ("wrong-order", ascending @ np.diag((0.1 * eigenvalues) ** 2) @ ascending.T),
        ("sums", P @ np.diag((0.1 * eigenvalues * (len(X.reshape(-1, 3)) - 1)) ** 2) @ P.T),
        ("sums", axes @ np.diag((0.1 * moments * len(X.reshape(-1, 3))) ** 2) @ axes.T),
        ("of-the-channels", np.diag(0.01 * np.diag(covariance))),
    ):
        if key != "one-alpha" and is_like(expected):
            return Finding(key, "The shifts have another covariance than P diag((0.1 lambda)^2) P^T.")
    if np.linalg.matrix_rank(found, tol=1e-6 * np.trace(found)) == 1:
        return Finding("one-alpha", "All shifts lie on one line.")
    turned = _of_transposed(found, eigenvalues)
    if turned:
        return Finding("transposed", "The shifts go as far as they should, along other axes than those of the colours.")
    spreads = np.sqrt(np.diag(P.T @ found @ P)) / (0.1 * eigenvalues)
    return Finding(
        "other",
        "Along the three axes the shifts spread "
        + ", ".join(f"{spread:.3g}" for spread in spreads)
        + " times as far as they should.",
    )


def _of_transposed(found, eigenvalues):
    """Whether the shifts' spreads are right and only their axes are not."""
    values = np.linalg.eigvalsh(found)[::-1]
    return bool(np.allclose(np.sqrt(values) / (0.1 * eigenvalues), 1, atol=0.2))


def _tinted(
    spread=0.1, scale=lambda values: values, turn=lambda P: P, alphas=None, covariance=None, finish=lambda Z: Z
):
    """pca_color_augmentation with one thing changed."""
    alphas = alphas or (lambda rng, shape: rng.normal(0, spread, (shape[0], 1, 1, 3)))
    covariance = covariance or (lambda colours: np.cov(colours.T))

    def variant(X, rng):
        values, P = np.linalg.eigh(covariance(X.reshape(-1, 3)))
        return finish(X + (alphas(rng, X.shape) * scale(values)) @ turn(P).T)

    return variant


for _key, _message, _changed, _group, _look in (
    (
        "each-pixel",
        "Every pixel gets an alpha of its own, which is noise. One alpha is drawn for a picture, three numbers for all "
        "its pixels.",
        {"alphas": lambda rng, shape: rng.normal(0, 0.1, shape)},
        PICTURE,
        _look_at_tinted,
    ),
    (
        "one-for-all",
        "One alpha is drawn for the whole batch. Each picture gets its own.",
        {"alphas": lambda rng, shape: rng.normal(0, 0.1, (1, 1, 1, 3))},
        PICTURE,
        _look_at_tinted,
    ),
    (
        "clipped",
        "The result is cut off at 0 or 1; here the sum is asked for as it is, so that the shift is the same for all "
        "pixels.",
        {"finish": lambda Z: np.clip(Z, 0, 1)},
        PICTURE,
        _look_at_tinted,
    ),
    (
        "variance",
        "The *variance* of the alphas is 0.1; their standard deviation should be. rng.normal takes the standard "
        "deviation.",
        {"spread": 0.1**0.5},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "standard-deviation",
        "The alphas have a standard deviation of 1, that of rng.standard_normal; 0.1 is asked for.",
        {"spread": 1.0},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "transposed",
        "The eigenvectors are taken from the rows of P; eigh and eig put them into its columns. See 'Colours "
        "that belong "
        "together'.",
        {"turn": lambda P: P.T},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "square-roots",
        "The alphas are multiplied by the square roots of the eigenvalues; the formula has the eigenvalues themselves.",
        {"scale": np.sqrt},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "no-eigenvalues",
        "The eigenvalues are left out, so every direction gets as much, and colours come up that no photograph has: "
        "alpha * lambda.",
        {"scale": lambda values: 1.0},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "no-axes",
        "The shifts are not turned to the axes of the colours: alpha * lambda must be multiplied by P.",
        {"turn": lambda P: np.eye(3)},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "one-alpha",
        "One number serves for all three axes, so all shifts lie on one line. An alpha is three numbers, one for each "
        "eigenvector.",
        {"alphas": lambda rng, shape: np.repeat(rng.normal(0, 0.1, (shape[0], 1, 1, 1)), 3, axis=3)},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "sums",
        "The covariances are sums over all pixels, and grow with the pictures; they are means: np.cov divides.",
        {"covariance": lambda colours: colours.T @ colours},
        COVARIANCE,
        _look_at_covariance,
    ),
    (
        "not-centred-colours",
        "The mean colour is not subtracted, so these are no covariances: np.cov does it, with one row for each "
        "channel.",
        {"covariance": lambda colours: colours.T @ colours / len(colours)},
        COVARIANCE,
        _look_at_covariance,
    ),
):
    named(pca_color_augmentation, _key, _message, _tinted(**_changed), _group, _look)


def _tint_in_place(X, rng):
    X += reference.pca_color_augmentation(X.copy(), rng) - X
    return X


generator_mistakes(
    pca_color_augmentation, lambda make: lambda X, rng: reference.pca_color_augmentation(X, make()), _tint_in_place
)
pca_color_augmentation.hint(
    "Three steps: the covariance of the colours of all pixels (3 x 3), its eigenvalues and eigenvectors, and one "
    "shift of "
    "three numbers for each picture."
)
pca_color_augmentation.hint(
    "X.reshape(-1, 3) has a row for each pixel; np.cov wants a row for each channel. np.linalg.eigh returns "
    "lambda and P, "
    "with the eigenvectors in P's columns."
)
pca_color_augmentation.hint("alpha = rng.normal(0, 0.1, size=3), and the picture's shift is P @ (alpha * eigenvalues).")
