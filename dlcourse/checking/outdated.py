"""Code that was right with older versions of NumPy, TensorFlow or Keras, and what is written today.

Much of what learners find in forums and in older courses was written for NumPy 1 and TensorFlow 1. It raises errors
whose text does not say that the code is merely old.
"""

from __future__ import annotations

import re

# What has gone from NumPy, and its successor; NumPy's own error names one for some of them only.
NUMPY = {
    **dict.fromkeys(("float", "int", "bool", "object", "complex", "str"), ""),
    "long": "int",
    "unicode": "str",
    "NaN": "np.nan",
    "Inf": "np.inf",
    "Infinity": "np.inf",
    "infty": "np.inf",
    "float_": "np.float64",
    "complex_": "np.complex128",
    "string_": "np.bytes_",
    "unicode_": "np.str_",
    "product": "np.prod",
    "cumproduct": "np.cumprod",
    "sometrue": "np.any",
    "alltrue": "np.all",
    "in1d": "np.isin",
    "trapz": "np.trapezoid",
    "row_stack": "np.vstack",
    "mat": "np.asmatrix",
}

# Names of TensorFlow 1, and where each stands now.
TENSORFLOW = {
    "log": "tf.math.log",
    "to_float": "tf.cast(x, tf.float32)",
    "to_int32": "tf.cast(x, tf.int32)",
    "to_int64": "tf.cast(x, tf.int64)",
    "set_random_seed": "tf.random.set_seed",
    "random_normal": "tf.random.normal",
    "random_uniform": "tf.random.uniform",
    "truncated_normal": "tf.random.truncated_normal",
    "mul": "tf.multiply, or *",
    "sub": "tf.subtract, or -",
    "neg": "tf.negative, or -",
    "div": "/",
    "assign": "v.assign(...), a method of the variable",
    "assign_add": "v.assign_add(...), a method of the variable",
    "diag_part": "tf.linalg.diag_part",
    "matrix_band_part": "tf.linalg.band_part",
    "pack": "tf.stack",
    "select": "tf.where",
    "layers": "keras.layers",
    "lin_space": "tf.linspace",
    "is_nan": "tf.math.is_nan",
    "count_nonzero": "tf.math.count_nonzero",
}
# ... and those that went with graphs and sessions.
GRAPHS = (
    "Session",
    "InteractiveSession",
    "placeholder",
    "global_variables_initializer",
    "initialize_all_variables",
    "reset_default_graph",
    "get_default_graph",
    "get_variable",
    "variable_scope",
    "ConfigProto",
)
KEYWORDS = {
    "lr": "learning_rate",
    "border_mode": 'padding, in lower-case letters: "same" or "valid"',
    "subsample": "strides",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "dim_ordering": "data_format",
    "nb_epoch": "epochs",
    "output_dim": "units",
    "input": "inputs",
    "output": "outputs",
    "mode": "nothing: leave it out",
    "keep_dims": "keepdims",
    "reduction_indices": "axis",
}
MODELS = {
    "fit_generator": "model.fit, which takes generators as well",
    "predict_classes": "model.predict(x).argmax(axis=-1)",
    "predict_proba": "model.predict",
    "get_shape": "x.shape",
    "as_list": "tuple(x.shape)",
}

_NUMPY = re.compile(r"AttributeError: (?:module 'numpy' has no attribute '(\w+)'|`np\.(\w+)` was removed)")
_TENSORFLOW = re.compile(r"AttributeError: module 'tensorflow(?:\.\w+)*' has no attribute '(\w+)'")
_BACKEND = re.compile(r"AttributeError: module 'keras\S*\.backend' has no attribute '(\w+)'")
_KEYWORD = re.compile(
    r"(?:Unrecognized keyword arguments? passed to [\w.]+: \{|Argument\(s\) not recognized: \{|"
    r"unexpected keyword argument )'(\w+)'"
)
_METHOD = re.compile(r"AttributeError: '?\S+ object has no attribute '(\w+)'")
_SCALAR = re.compile(r"TypeError: only (?:0-dimensional|length-1|size-1) arrays can be converted to Python scalars")
_PADDING = re.compile(r"padding\S* must be .*Received: .*\b(SAME|VALID)\b|padding=(SAME|VALID)\b")
_POOL_SIZE = re.compile(r"(\w*Pool\w*)\.__init__\(\) missing 1 required positional argument: 'pool_size'")


def explain(error: str, line: str) -> tuple[str, str] | None:
    """Key and sentence, where an error comes of code for an older library; else None."""
    if _SCALAR.search(error):
        word = "int(...)" if re.search(r"\bint\(", line) else "float(...)"
        return "float-of-an-array", (
            f"{word} takes the number out of an array only if the array has no axes; with shapes such as (1, 1, 1) "
            "older versions of NumPy did it too. Today that is b.item(), or an index: b[0, 0, 0]."
        )
    if found := _NUMPY.search(error):
        return _numpy(found[1] or found[2])
    if found := _TENSORFLOW.search(error):
        return _tensorflow(found[1])
    if found := _BACKEND.search(error):
        return "old-keras-backend", (
            f"keras.backend has no {found[1]} any more: use keras.ops.{found[1]}, or TensorFlow's own function."
        )
    if found := _PADDING.search(error):
        return "padding-in-capitals", (
            f"padding=\"{found[1] or found[2]}\" is TensorFlow's spelling; Keras's layers want lower-case letters: "
            f'padding="{(found[1] or found[2]).lower()}".'
        )
    if found := _POOL_SIZE.search(error):
        return "pool-size-missing", (
            f"{found[1]}() has no size of its own any more (older versions took 2): write {found[1]}(2), or "
            f"pool_size=(2, 2)."
        )
    if (found := _KEYWORD.search(error)) and found[1] in KEYWORDS:
        return "old-keyword", f"The argument {found[1]} is an older name; today it is {KEYWORDS[found[1]]}."
    if (found := _METHOD.search(error)) and found[1] in MODELS:
        return "old-method", f".{found[1]} is from an older version; today it is {MODELS[found[1]]}."
    return None


def _numpy(name: str) -> tuple[str, str] | None:
    if name == "asscalar":
        return "old-numpy-name", "np.asscalar has gone from NumPy: np.asscalar(b) is b.item() today."
    if name not in NUMPY:
        return None
    instead = NUMPY[name] or f"{name}, without np."
    return "old-numpy-name", f"np.{name} was in older versions of NumPy and has gone; today it is {instead}."


def _tensorflow(name: str) -> tuple[str, str] | None:
    if name in GRAPHS or name == "contrib":
        return "old-tensorflow-name", (
            f"tf.{name} belongs to TensorFlow 1, where a graph was built first and then run in a session. Today every "
            "line is computed at once: leave it out."
        )
    if name in TENSORFLOW:
        return "old-tensorflow-name", f"tf.{name} is a name of TensorFlow 1; today it is {TENSORFLOW[name]}."
    return None
