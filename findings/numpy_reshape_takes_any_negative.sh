#!/usr/bin/env bash
# Guess: -1 alone means "whatever is left"; any other negative size is a mistake, and reshape says so, as np.empty does.
# So: every negative size means "whatever is left". An output size computed wrongly, (5 - 9) // 2 + 1 = -1 or
# (5 - 11) // 2 + 1 = -2, goes through reshape without a word and becomes a size that happens to fit.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "numpy==2.3.5"
"$work/venv/bin/python" - <<'PY'
import numpy as np

print("numpy", np.__version__)
n, f, stride = 5, 11, 2
size = (n - f) // stride + 1
shape = np.arange(6).reshape(size, 3).shape
print(f"np.arange(6).reshape({size}, 3).shape = {shape}")
try:
    np.empty((size, 3))
except ValueError as error:
    print(f"np.empty(({size}, 3)): {error}")
else:
    raise AssertionError("np.empty takes it too")
assert size == -2 and shape == (2, 3) and np.arange(6).reshape(-7, 3).shape == (2, 3)
PY
