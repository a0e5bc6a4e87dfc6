"""The errors that learners meet in any exercise, and what each means, in the course's words."""

from __future__ import annotations

from dlcourse.checking.raised import raised


def _shape(text: str) -> str:
    return text.replace(",", ", ").replace(", )", ",)")


def _two_shapes(found: dict) -> str:
    return (
        f"Arrays of the shapes {_shape(found['left'])} and {_shape(found['right'])} do not fit together number by "
        "number. Print both shapes before this line: which of the two is not as you expect?"
    )


def _missing_argument(found: dict) -> str:
    return f"{found['function']} is called without its argument {found['names']}."


def _kind(found: dict) -> str:
    return {"NoneType": "None", "builtin_function_or_method": "a function", "float": "a number", "int": "a number"}.get(
        found["kind"], f"a {found['kind']}"
    )


NUMBER = r"(?:numpy\.)?(?:float\d*|int\d*|number)"

EMPTY = (
    "A slice in this line holds nothing: x[pad:-pad], which cuts off both ends, is empty when pad is 0. "
    "x[pad : pad + n] is right for every pad."
)

EVERYDAY = (
    raised(
        "empty-slice", EMPTY, r"could not broadcast input array from shape \((?:\d+,)*0[,)]|into shape \((?:\d+,)*0[,)]"
    ),
    raised("empty-slice", EMPTY, r"Error", r"\[[^\]]*(?P<p>\b\w+) ?: ?-(?P=p)\b"),
    raised(
        "none-left",
        "A value is still None in this line: was a None of the text left standing, or does a function that is called "
        "here return nothing?",
        r"NoneType|not None as shape",
    ),
    raised(
        "set-later",
        "{name} gets its value only further down, or in a branch or loop that was not entered: give it one before.",
        r"UnboundLocalError: cannot access local variable '(?P<name>\w+)'",
    ),
    raised(
        "float-for-a-size",
        "Sizes and places must be whole numbers, and / gives a fraction even where it comes out even: use //, or "
        "int(...).",
        rf"Found invalid dimension '\d+\.\d+'|'{NUMBER}' object cannot be interpreted as an integer|"
        r"slice indices must be integers|only integers, slices|"
        r"`pad_width` must be of integral type",
    ),
    raised(
        "list-of-arrays",
        "The arrays to be joined stand in one list: np.concatenate([first, second]), with the brackets.",
        r"(concatenate|[hv]stack|stack)\(\) (got multiple values|takes)|only integer scalar arrays can be converted to "
        r"a scalar index|dispatcher for __array_function__ did not|arrays to stack must be passed",
    ),
    raised("argument-missing", _missing_argument, r"(?P<function>[\w.]+)\(\) missing .*argument.*: (?P<names>.+)"),
    raised("argument-missing", _missing_argument, r"(?P<function>\w+)\(\) missing required argument (?P<names>'\w+')"),
    raised(
        "too-many-arguments",
        "{function} is called with more arguments than it takes ({given} in place of {takes}).",
        r"(?P<function>[\w.]+)\(\) takes (?:from \d+ to )?(?P<takes>\d+) positional arguments? but (?P<given>\d+)",
    ),
    raised(
        "unknown-argument",
        "{function} has no argument called {name}: how is it written?",
        r"(?P<function>[\w.]+)\(\) got an unexpected keyword argument '(?P<name>\w+)'",
    ),
    raised(
        "argument-twice",
        "{function} gets its argument {name} twice: once by its place and once by its name.",
        r"(?P<function>[\w.]+)\(\) got multiple values for argument '(?P<name>\w+)'",
    ),
    raised(
        "matmul-of-a-number",
        "@ multiplies matrices, and one side here is a single number: number times array, and array times array place "
        "by place, is written *.",
        r"matmul: Input operand \d does not have enough dimensions",
    ),
    raised(
        "matmul-sizes",
        "The matrices do not meet: the left one needs as many columns as the right one has rows ({one} and {two} "
        "here). Is one of them to be transposed, or should they change places?",
        r"matmul: .*\(size (?P<two>\d+) is different from (?P<one>\d+)\)",
    ),
    raised(
        "matmul-sizes",
        "Matrices of the shapes {left} and {right} do not meet: the left one needs as many columns as the right one "
        "has rows. Is one of them to be transposed, should they change places, or is * meant?",
        r"shapes (?P<left>\([\d,]*\)) and (?P<right>\([\d,]*\)) not aligned",
    ),
    raised(
        "pairs-for-each-axis",
        "np.pad wants one pair (before, after) for each axis of the array, four here; a pair of zeros leaves an axis "
        "as it is.",
        r"remapped shapes",
    ),
    raised(
        "shapes-differ",
        _two_shapes,
        r"operands could not be broadcast together with shapes (?P<left>\([\d,]*\)) (?P<right>\([\d,]*\))",
    ),
    raised(
        "shapes-differ",
        "The array on the left has the shape {left}, and what is added to it the shape {right}.",
        r"non-broadcastable output operand with shape (?P<left>\([\d,]*\)) doesn't match the broadcast shape "
        r"(?P<right>\([\d,]*\))",
    ),
    raised(
        "shapes-differ",
        "This line writes an array of the shape {left} into a place of the shape {right}.",
        r"could not broadcast input array from shape (?P<left>\([\d,]*\)) into shape (?P<right>\([\d,]*\))",
    ),
    raised(
        "array-for-a-number",
        "One number is wanted in this place, and an array stands there. Sum it up, or take the number out of it with "
        ".item().",
        r"setting an array element with a sequence",
    ),
    raised(
        "truth-of-an-array",
        "Python's `if`, `and`, `max` and `min` want one truth or number, not a whole array: np.maximum, np.minimum, & "
        "and | go number by number, .any() and .all() give one answer.",
        r"truth value of an array with more than one element",
    ),
    raised(
        "place-too-far",
        "Axis {axis} has {size} places, counted from 0, and this line asks for place {place}: does the loop run over "
        "the right size, and does the index belong to this array?",
        r"index (?P<place>-?\d+) is out of bounds for axis (?P<axis>\d+) with size (?P<size>\d+)",
    ),
    raised(
        "place-too-far",
        "This line asks for more than the list or tuple holds: it is counted from 0.",
        r"IndexError: (list|tuple|string) index out of range",
    ),
    raised(
        "too-many-indices",
        "The array has {has} axes, and this line gives places for {given}: which of its axes is lost, or never was?",
        r"too many indices for array: array is (?P<has>\d+)-dimensional, but (?P<given>\d+) were indexed",
    ),
    raised(
        "too-many-indices",
        "There is a single number here, and this line asks for a place in it.",
        r"invalid index to scalar variable",
    ),
    raised(
        "no-such-axis",
        "There is no axis {axis}: this array has {has} axes, counted from 0.",
        r"axis (?P<axis>-?\d+) is out of bounds for array of dimension (?P<has>\d+)",
    ),
    raised(
        "mask-of-another-shape",
        "A mask (an array of True and False) must have the shape of what it chooses from; these two differ.",
        r"boolean index did not match",
    ),
    raised(
        "empty-window",
        "A slice holds nothing here, so it has no largest number: does it end behind its beginning, and does the "
        "place stay inside the array?",
        r"zero-size array to reduction|attempt to get arg(max|min) of an empty sequence|(max|min)\(\).* empty",
    ),
    raised(
        "reshape-sizes",
        "{count} numbers do not fill the shape {shape}: the product of its sizes must be the same.",
        r"cannot reshape array of size (?P<count>\d+) into shape (?P<shape>\([\d,-]*\))",
    ),
    raised(
        "cannot-join",
        "Arrays are joined along one axis, and in all others they must be as large as each other: which axis is meant?",
        r"all the input array dimensions except|must have same number of dimensions|"
        r"zero-dimensional arrays cannot be concatenated",
    ),
    raised(
        "division-by-zero",
        "Something is divided by 0, which Python's own numbers refuse: look before you divide, or give that case its "
        "own answer.",
        r"ZeroDivisionError",
    ),
    raised(
        "unpacking",
        "There are more names before the = than values behind it: how many values come back from there, or how many "
        "axes has this array?",
        r"not enough values to unpack",
    ),
    raised(
        "unpacking",
        "There are fewer names before the = than values behind it; _ takes what is not needed.",
        r"too many values to unpack",
    ),
    raised(
        "unpacking",
        "Several names stand before the =, and there is one {kind} behind it.",
        r"cannot unpack non-iterable (?P<kind>[\w.]+) object",
    ),
    raised(
        "several-results",
        "What stands here is a {kind} of several values, taken for one array: take out the one that is meant, as in "
        "Z, cache = ... or outputs[-1].",
        r"'(?P<kind>tuple|list|dict)' object has no attribute",
    ),
    raised(
        "no-such-method",
        "An array has no .{name}: is it spelled so, or is it a function, np.{name}(...)?",
        r"'numpy\.ndarray' object has no attribute '(?P<name>\w+)'",
    ),
    raised(
        "no-such-method",
        "A tensor has no .{name}: is it spelled so, or is it a function of tf?",
        r"Tensor'? object has no attribute '(?P<name>\w+)'",
    ),
    raised(
        "no-such-function",
        "{module} has no {name}: how is it written?",
        r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'",
    ),
    raised(
        "no-such-entry",
        "There is no .{name} on what stands before the dot (a {kind}): how is it written, and is it the right thing?",
        r"AttributeError: '(?P<kind>[\w.]+)' object has no attribute '(?P<name>\w+)'",
    ),
    raised(
        "brackets",
        lambda found: f"Square brackets stand behind {_kind(found)}, which has no places to ask for.",
        r"'?(?P<kind>[\w.]+)'? object is not subscriptable",
    ),
    raised(
        "brackets",
        lambda found: (
            f"Round brackets stand behind {_kind(found)}, which cannot be called: is a * missing, or are square "
            "brackets meant?"
        ),
        r"'?(?P<kind>[\w.]+)'? object is not callable",
    ),
    raised(
        "not-a-row",
        lambda found: (
            f"A loop, or a function that wants several values, meets {_kind(found)} here: is range(...) "
            "missing, or the brackets of a list?"
        ),
        r"'?(?P<kind>[\w.]+)'? object is not (iterable|reversible)|argument of type '(?P<other>\w+)' is not iterable",
    ),
    raised(
        "whole-numbers-only",
        "The array was made for whole numbers, and fractions are written into it: make it with np.zeros(shape), "
        "without dtype=int.",
        r"Cannot cast ufunc '\w+' output from dtype\('(float|complex)",
    ),
    raised(
        "list-index",
        "This is a list, and a list takes one place at a time: list[i][j], or np.array(list)[i, j].",
        r"(list|tuple) indices must be integers or slices, not tuple",
    ),
    raised(
        "text-or-number",
        "A text and a number meet here, or a list and a number: {left} and {right}.",
        r"unsupported operand type\(s\) for \S+ '(?P<left>[\w.]+)' and '(?P<right>[\w.]+)'",
    ),
    raised(
        "text-or-number",
        "Two things are compared that have no order: {left} and {right}.",
        r"not supported between instances of '(?P<left>[\w.]+)' and '(?P<right>[\w.]+)'",
    ),
    raised(
        "read-only",
        "A {kind} cannot be changed in place: make a list or an array first.",
        r"'(?P<kind>[\w.]+)' object does not support item assignment",
    ),
    raised("endless-calls", "The function calls itself without an end.", r"RecursionError"),
    raised(
        "own-assert",
        "An assert of the function itself fails: what it states in this line is not so. Print both sides before it.",
        r"^AssertionError",
    ),
    raised(
        "negative-size",
        "A size has come out below 0: which of the numbers in its formula is too small, or has the wrong sign?",
        r"negative dimensions are not allowed|index can't contain negative values",
    ),
    raised(
        "symbolic",
        "Functions of tf cannot take what a Keras model is built of, for there are no numbers in it yet: use a layer "
        "of keras.layers, or a function of keras.ops.",
        r"A KerasTensor cannot be used as input to a TensorFlow function",
    ),
    raised(
        "shapes-added",
        "What is added has the shapes {left} and {right}; both must be the same.",
        r"Inputs have incompatible shapes. Received shapes (?P<left>\([^)]*\)) and (?P<right>\([^)]*\))",
    ),
    raised(
        "layer-list",
        "A layer that joins several inputs takes them in one list: Add()([a, b]).",
        r"too many positional arguments",
        r"(Add|Concatenate|Multiply|Average)\(",
    ),
    raised(
        "layer-twice",
        "A Keras layer is made first and then applied to its input: Layer(...)(x), two pairs of brackets.",
        r"missing 1 required positional argument: '(units|filters|kernel_size)'",
    ),
    raised(
        "matmul-sizes",
        "The matrices do not meet: shapes {left} and {right}. The left one needs as many columns as the right one has "
        "rows: transpose_a or transpose_b turns one of them.",
        r"Matrix size-incompatible: In\[0\]: (?P<left>\[[\d,]*\]), In\[1\]: (?P<right>\[[\d,]*\])",
    ),
    raised(
        "reshape-sizes",
        "{count} numbers do not fill a shape of {wanted}: the product of its sizes must be the same.",
        r"Input to reshape is a tensor with (?P<count>\d+) values, but the requested shape has (?P<wanted>\d+)",
    ),
    raised(
        "kinds-of-numbers",
        "Two tensors of different kinds of numbers meet; TensorFlow does not change one by itself: "
        "tf.cast(x, tf.float32).",
        r"expected to be a \w+ tensor but is a|must have the same dtype",
    ),
)
