"""Notebook 05, as learners write it."""

import keras
from keras.layers import (
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Flatten,
    Input,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)
from typed_mistakes.slips import slip


def identity_block(X, f, filters, stage=None, block=None):
    F1, F2, F3 = filters
    X_shortcut = X

    X = Conv2D(filters=F1, kernel_size=(1, 1), strides=(1, 1), padding="valid")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(filters=F2, kernel_size=(f, f), strides=(1, 1), padding="same")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(filters=F3, kernel_size=(1, 1), strides=(1, 1), padding="valid")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)

    X = Add()([X, X_shortcut])
    X = ReLU()(X)
    return X


def convolutional_block(X, f, filters, stage=None, block=None, s=2):
    F1, F2, F3 = filters
    X_shortcut = X

    X = Conv2D(filters=F1, kernel_size=(1, 1), strides=(s, s), padding="valid")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(filters=F2, kernel_size=(f, f), strides=(1, 1), padding="same")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)
    X = ReLU()(X)

    X = Conv2D(filters=F3, kernel_size=(1, 1), strides=(1, 1), padding="valid")(X)
    X = BatchNormalization(axis=3, momentum=0.9)(X)

    X_shortcut = Conv2D(filters=F3, kernel_size=(1, 1), strides=(s, s), padding="valid")(X_shortcut)
    X_shortcut = BatchNormalization(axis=3, momentum=0.9)(X_shortcut)

    X = Add()([X, X_shortcut])
    X = ReLU()(X)
    return X


def basic_block(X, filters, stride=1):
    shortcut = X
    X = Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = Conv2D(filters, 3, strides=1, padding="same", use_bias=False)(X)
    X = BatchNormalization(momentum=0.9)(X)
    if stride != 1 or shortcut.shape[-1] != filters:
        shortcut = Conv2D(filters, 1, strides=stride, use_bias=False)(shortcut)
        shortcut = BatchNormalization(momentum=0.9)(shortcut)
    X = Add()([X, shortcut])
    return ReLU()(X)


def dense_block(X, growth_rate, layers):
    for _ in range(layers):
        new = BatchNormalization(momentum=0.9)(X)
        new = ReLU()(new)
        new = Conv2D(growth_rate, 3, padding="same", use_bias=False)(new)
        X = Concatenate()([X, new])
    return X


def transition_layer(X, compression):
    n_C = X.shape[-1]
    X = BatchNormalization(momentum=0.9)(X)
    X = ReLU()(X)
    X = Conv2D(int(n_C * compression), 1, use_bias=False)(X)
    X = AveragePooling2D(2)(X)
    return X


END = "    X = Add()([X, X_shortcut])\n    X = ReLU()(X)\n"
PROJECTION = 'Conv2D(filters=F3, kernel_size=(1, 1), strides=(s, s), padding="valid")(X_shortcut)'
SECOND = "    X = BatchNormalization(axis=3, momentum=0.9)(X)\n    X = ReLU()(X)\n\n    X = Conv2D(filters=F3"
THIRD = "    X = BatchNormalization(axis=3, momentum=0.9)(X)\n\n    X"
MIDDLE = 'strides=(1, 1), padding="same")'


def ResNet50(input_shape=(64, 64, 3), classes=6):
    X_input = Input(input_shape)
    X = ZeroPadding2D((3, 3))(X_input)

    # Stage 1
    X = Conv2D(64, (7, 7), strides=(2, 2), name="conv1")(X)
    X = BatchNormalization(axis=3, momentum=0.9, name="bn_conv1")(X)
    X = ReLU()(X)
    X = MaxPooling2D((3, 3), strides=(2, 2))(X)

    # Stage 2
    X = convolutional_block(X, f=3, filters=[64, 64, 256], stage=2, block="a", s=1)
    X = identity_block(X, 3, [64, 64, 256], stage=2, block="b")
    X = identity_block(X, 3, [64, 64, 256], stage=2, block="c")

    # Stage 3
    X = convolutional_block(X, f=3, filters=[128, 128, 512], stage=3, block="a", s=2)
    X = identity_block(X, 3, [128, 128, 512], stage=3, block="b")
    X = identity_block(X, 3, [128, 128, 512], stage=3, block="c")
    X = identity_block(X, 3, [128, 128, 512], stage=3, block="d")

    # Stage 4
    X = convolutional_block(X, f=3, filters=[256, 256, 1024], stage=4, block="a", s=2)
    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="b")
    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="c")
    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="d")
    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="e")
    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="f")

    # Stage 5
    X = convolutional_block(X, f=3, filters=[512, 512, 2048], stage=5, block="a", s=2)
    X = identity_block(X, 3, [512, 512, 2048], stage=5, block="b")
    X = identity_block(X, 3, [512, 512, 2048], stage=5, block="c")

    X = AveragePooling2D((2, 2), name="avg_pool")(X)
    X = Flatten()(X)
    X = Dense(classes, activation="softmax", name=f"fc{classes}")(X)
    model = keras.Model(inputs=X_input, outputs=X, name="ResNet50")
    return model


SLIPS = [
    # identity_block
    slip(identity_block, "no-shortcut", ("    X = Add()([X, X_shortcut])\n", "")),
    slip(identity_block, "no-relu-at-the-end", (END, "    X = Add()([X, X_shortcut])\n")),
    slip(identity_block, "relu-before-adding", (END, "    X = ReLU()(X)\n    X = Add()([X, X_shortcut])\n")),
    slip(identity_block, "relu-before-and-after", (END, "    X = ReLU()(X)\n" + END)),
    slip(
        identity_block,
        "channels-differ",
        ("    X_shortcut = X\n", ""),
        (
            "    X = ReLU()(X)\n\n    X = Conv2D(filters=F2",
            "    X = ReLU()(X)\n    X_shortcut = X\n\n    X = Conv2D(filters=F2",
        ),
    ),
    slip(identity_block, "valid-padding", ('"same"', '"valid"')),
    slip(identity_block, "norm-missing-third", (THIRD, "    X")),
    slip(identity_block, "relu-missing-second", (SECOND, SECOND.replace("    X = ReLU()(X)\n", ""))),
    slip(identity_block, "norm-axis", ("axis=3", "axis=1")),
    slip(identity_block, "f-ignored", ("(f, f)", "(3, 3)")),
    slip(
        identity_block,
        "f-everywhere",
        ('(1, 1), strides=(1, 1), padding="valid"', '(f, f), strides=(1, 1), padding="same"'),
    ),
    slip(identity_block, "filters-swapped", ("F1, F2, F3 = filters", "F2, F1, F3 = filters")),
    slip(identity_block, "concatenated", ("Add()", "Concatenate()")),
    slip(identity_block, "layer-list", ("Add()([X, X_shortcut])", "Add()(X, X_shortcut)")),
    slip(identity_block, "no-shortcut+no-relu-at-the-end", (END, "")),
    slip(identity_block, "main-path-twice", ("Add()([X, X_shortcut])", "Add()([X, X])")),
    slip(identity_block, "channels-differ", ("filters=F3", "filters=F1")),
    slip(identity_block, "second-begins-again", ('padding="same")(X)', 'padding="same")(X_shortcut)')),
    # convolutional_block
    slip(convolutional_block, "no-shortcut", ("    X = Add()([X, X_shortcut])\n", "")),
    slip(convolutional_block, "projection-without-stride", (PROJECTION, PROJECTION.replace("(s, s)", "(1, 1)"))),
    slip(
        convolutional_block,
        "main-path-without-stride",
        ("(filters=F1, kernel_size=(1, 1), strides=(s, s)", "(filters=F1, kernel_size=(1, 1), strides=(1, 1)"),
    ),
    slip(
        convolutional_block,
        "stride-in-the-middle",
        ("(filters=F1, kernel_size=(1, 1), strides=(s, s)", "(filters=F1, kernel_size=(1, 1), strides=(1, 1)"),
        (MIDDLE, MIDDLE.replace("1, 1", "s, s")),
    ),
    slip(convolutional_block, "stride-always-2", ("(s, s)", "(2, 2)")),
    slip(convolutional_block, "stride-everywhere", ("strides=(1, 1)", "strides=(s, s)")),
    slip(convolutional_block, "projection-of-the-end-strided", (PROJECTION, PROJECTION.replace("(X_shortcut)", "(X)"))),
    slip(
        convolutional_block,
        "projection-of-the-end",
        (PROJECTION, PROJECTION.replace("(X_shortcut)", "(X)").replace("(s, s)", "(1, 1)")),
    ),
    slip(
        convolutional_block,
        "projection-without-norm",
        ("    X_shortcut = BatchNormalization(axis=3, momentum=0.9)(X_shortcut)\n", ""),
    ),
    slip(
        convolutional_block,
        "activation-on-the-shortcut",
        ("(X_shortcut)\n\n", "(X_shortcut)\n    X_shortcut = ReLU()(X_shortcut)\n\n"),
    ),
    slip(convolutional_block, "no-relu-at-the-end", (END, "    X = Add()([X, X_shortcut])\n")),
    slip(convolutional_block, "relu-before-adding", (END, "    X = ReLU()(X)\n    X = Add()([X, X_shortcut])\n")),
    slip(
        convolutional_block,
        "projection-f",
        (PROJECTION, PROJECTION.replace("(1, 1)", "(f, f)").replace("valid", "same")),
    ),
    slip(
        convolutional_block,
        "norm-missing-third",
        (THIRD.replace("\n\n    X", "\n\n    X_shortcut = Conv"), "    X_shortcut = Conv"),
    ),
    slip(convolutional_block, "valid-padding", ('"same"', '"valid"')),
    slip(convolutional_block, "f-ignored", ("(f, f)", "(3, 3)")),
    slip(
        convolutional_block,
        "not-projected",
        (
            "    X_shortcut = "
            + PROJECTION
            + "\n    X_shortcut = BatchNormalization(axis=3, momentum=0.9)(X_shortcut)\n",
            "",
        ),
    ),
    slip(convolutional_block, "channels-differ", (PROJECTION, PROJECTION.replace("F3", "F1"))),
    slip(
        convolutional_block,
        "norm-of-the-wrong-path",
        ("BatchNormalization(axis=3, momentum=0.9)(X_shortcut)", "BatchNormalization(axis=3, momentum=0.9)(X)"),
    ),
    # basic_block
    slip(basic_block, "no-shortcut", ("    X = Add()([X, shortcut])\n", "")),
    slip(basic_block, "no-relu-at-the-end", ("return ReLU()(X)", "return X")),
    slip(
        basic_block,
        "relu-before-adding",
        ("    X = Add()([X, shortcut])\n    return ReLU()(X)", "    X = ReLU()(X)\n    return Add()([X, shortcut])"),
    ),
    slip(basic_block, "always-projected", ("if stride != 1 or shortcut.shape[-1] != filters", "if True")),
    slip(basic_block, "projected-for-the-stride-only", (" or shortcut.shape[-1] != filters", "")),
    slip(basic_block, "projected-for-the-channels-only", ("stride != 1 or ", "")),
    slip(basic_block, "stride-twice", ("strides=1", "strides=stride")),
    slip(
        basic_block, "projection-without-norm", ("        shortcut = BatchNormalization(momentum=0.9)(shortcut)\n", "")
    ),
    slip(basic_block, "biases", (', padding="same", use_bias=False', ', padding="same"')),
    slip(basic_block, "biases-everywhere", (", use_bias=False", "")),
    slip(basic_block, "sizes-differ", ("Conv2D(filters, 1, strides=stride, ", "Conv2D(filters, 1, ")),
    slip(basic_block, "window-larger-than-image", (', padding="same"', "")),
    slip(basic_block, "relu-missing", ("    X = ReLU()(X)\n", "")),
    slip(basic_block, "sizes-differ", ("strides=stride, padding", "padding")),
    # dense_block
    slip(
        dense_block,
        "input-dropped",
        ("    for _", "    X_0 = X.shape[-1]\n    for _"),
        ("    return X", "    return X[..., X_0:]"),
    ),
    slip(dense_block, "new-first", ("[X, new]", "[new, X]")),
    slip(
        dense_block,
        "sees-only-the-newest",
        (
            "        X = Concatenate()([X, new])",
            "        out = Concatenate()([out, new]) if _ else Concatenate()([X, new])\n        X = new",
        ),
        ("    return X", "    return out"),
    ),
    slip(dense_block, "never-joined", ("X = Concatenate()([X, new])", "X = new")),
    slip(dense_block, "added", ("Concatenate()", "Add()")),
    slip(dense_block, "relu-missing", ("        new = ReLU()(new)\n", "")),
    slip(
        dense_block,
        "norm-missing",
        ("        new = BatchNormalization(momentum=0.9)(X)\n        new = ReLU()(new)", "        new = ReLU()(X)"),
    ),
    slip(dense_block, "biases", (", use_bias=False", "")),
    slip(dense_block, "one-by-one", ("growth_rate, 3", "growth_rate, 1")),
    slip(
        dense_block,
        "one-layer-only",
        ("        X = Concatenate()([X, new])\n    return X", "        X = Concatenate()([X, new])\n        return X"),
    ),
    # transition_layer
    slip(transition_layer, "no-compression", ("int(n_C * compression)", "n_C")),
    slip(transition_layer, "max-pooling", ("AveragePooling2D", "MaxPooling2D")),
    slip(transition_layer, "no-pooling", ("    X = AveragePooling2D(2)(X)\n", "")),
    slip(transition_layer, "three-by-three", ("compression), 1,", 'compression), 3, padding="same",')),
    slip(transition_layer, "rounded-up", ("int(n_C * compression)", "-int(-n_C * compression // 1)")),
    slip(transition_layer, "float-for-a-size", ("int(n_C * compression)", "n_C * compression")),
    slip(transition_layer, "biases", (", use_bias=False", "")),
    # ResNet50
    slip(ResNet50, "no-softmax", (', activation="softmax"', "")),
    slip(
        ResNet50,
        "no-relu-in-the-stem",
        (
            "    X = ReLU()(X)\n    X = MaxPooling2D((3, 3), strides=(2, 2))(X)",
            "    X = MaxPooling2D((3, 3), strides=(2, 2))(X)",
        ),
    ),
    slip(
        ResNet50, "no-norm-in-the-stem", ('    X = BatchNormalization(axis=3, momentum=0.9, name="bn_conv1")(X)\n', "")
    ),
    slip(ResNet50, "no-zero-padding", ("ZeroPadding2D((3, 3))(X_input)", "X_input")),
    slip(ResNet50, "no-zero-padding", ('name="conv1")(X)', 'name="conv1")(X_input)')),
    slip(ResNet50, "no-max-pooling", ("    X = MaxPooling2D((3, 3), strides=(2, 2))(X)\n", "")),
    slip(ResNet50, "no-average-pooling", ('    X = AveragePooling2D((2, 2), name="avg_pool")(X)\n', "")),
    slip(ResNet50, "halved-too-often", ('block="a", s=1)', 'block="a", s=2)')),
    slip(
        ResNet50,
        "first-stage-strided",
        ('block="a", s=1)', 'block="a", s=2)'),
        ("AveragePooling2D((2, 2)", 'AveragePooling2D((2, 2), padding="same"'),
    ),
    slip(
        ResNet50, "stem-padded-twice", ('strides=(2, 2), name="conv1"', 'strides=(2, 2), padding="same", name="conv1"')
    ),
    slip(
        ResNet50,
        "max-pooling-padded",
        ("MaxPooling2D((3, 3), strides=(2, 2))", 'MaxPooling2D((3, 3), strides=(2, 2), padding="same")'),
    ),
    slip(ResNet50, "no-return", ("    return model\n", "")),
    slip(ResNet50, "not-a-model", ("return model", "return X")),
    slip(
        ResNet50,
        "another-number-of-blocks",
        ('    X = identity_block(X, 3, [256, 256, 1024], stage=4, block="f")\n', ""),
    ),
    slip(
        ResNet50,
        "another-number-of-blocks",
        ('    X = identity_block(X, 3, [512, 512, 2048], stage=5, block="c")\n', ""),
    ),
    slip(ResNet50, "classes-written-in", ("Dense(classes", "Dense(6")),
    slip(ResNet50, "sigmoid", ('"softmax"', '"sigmoid"')),
    slip(ResNet50, "no-flatten", ("    X = Flatten()(X)\n", "")),
    slip(ResNet50, "square-only", ("Input(input_shape)", "Input((64, 64, 3))")),
    slip(ResNet50, "a-stage-not-halved", ('stage=3, block="a", s=2)', 'stage=3, block="a", s=1)')),
]
