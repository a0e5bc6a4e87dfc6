"""Notebook 03, as learners write it."""

import keras
from keras import layers
from typed_mistakes.slips import slip, whole


def happyModel():
    model = keras.Sequential(
        [
            keras.Input(shape=(64, 64, 3)),
            layers.ZeroPadding2D(padding=(3, 3)),
            layers.Conv2D(filters=32, kernel_size=(7, 7), strides=(1, 1)),
            layers.BatchNormalization(axis=3, momentum=0.9),
            layers.ReLU(),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    return model


def convolutional_model(input_shape):
    input_img = keras.Input(shape=input_shape)
    Z1 = layers.Conv2D(filters=8, kernel_size=(4, 4), strides=(1, 1), padding="same")(input_img)
    A1 = layers.ReLU()(Z1)
    P1 = layers.MaxPooling2D(pool_size=(8, 8), strides=(8, 8), padding="same")(A1)
    Z2 = layers.Conv2D(filters=16, kernel_size=(2, 2), strides=(1, 1), padding="same")(P1)
    A2 = layers.ReLU()(Z2)
    P2 = layers.MaxPooling2D(pool_size=(4, 4), strides=(4, 4), padding="same")(A2)
    F = layers.Flatten()(P2)
    outputs = layers.Dense(units=6, activation="softmax")(F)
    model = keras.Model(inputs=input_img, outputs=outputs)
    return model


def save_and_restore(model, path):
    model.save(path)
    loaded = keras.models.load_model(path)
    return loaded


def train_digits(X_train, Y_train, seed=0):
    keras.utils.set_random_seed(seed)
    X_input = keras.Input(shape=(8, 8, 1))
    X = layers.Conv2D(32, (3, 3), padding="same", activation="relu")(X_input)
    X = layers.MaxPooling2D((2, 2))(X)
    X = layers.Flatten()(X)
    X = layers.Dense(64, activation="relu")(X)
    outputs = layers.Dense(10, activation="softmax")(X)
    model = keras.Model(inputs=X_input, outputs=outputs)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X_train, Y_train, epochs=12, batch_size=32, verbose=0)
    return model


NORM = "            layers.BatchNormalization(axis=3, momentum=0.9),\n"
RELU = "            layers.ReLU(),\n"
SLIPS = [
    # happyModel
    slip(happyModel, "no-padding", ("            layers.ZeroPadding2D(padding=(3, 3)),\n", "")),
    slip(happyModel, "border-of-1", ("padding=(3, 3)", "padding=(1, 1)")),
    slip(happyModel, "layer-number", ("kernel_size=(7, 7)", "kernel_size=None")),
    slip(happyModel, "layer-number", ("Dense(1,", "Dense(0,")),
    slip(convolutional_model, "unknown-padding", ('padding="same"', 'padding="SAMES"')),
    slip(save_and_restore, "no-path", ("model.save(path)", 'model.save("model")')),
    slip(happyModel, "no-batch-norm", (NORM, "")),
    slip(happyModel, "no-relu", (RELU, "")),
    slip(happyModel, "relu-before-norm", (NORM + RELU, RELU + NORM)),
    slip(happyModel, "no-pool", ("            layers.MaxPooling2D(pool_size=(2, 2)),\n", "")),
    slip(happyModel, "average-pool", ("MaxPooling2D", "AveragePooling2D")),
    slip(happyModel, "no-flatten", ("            layers.Flatten(),\n", "")),
    slip(happyModel, "no-sigmoid", (', activation="sigmoid"', "")),
    slip(happyModel, "softmax-of-one", ('"sigmoid"', '"softmax"')),
    slip(happyModel, "relu-at-the-end", ('"sigmoid"', '"relu"')),
    slip(happyModel, "two-units", ("Dense(1", "Dense(2"), ('"sigmoid"', '"softmax"')),
    slip(happyModel, "window-of-3", ("kernel_size=(7, 7)", "kernel_size=(3, 3)")),
    slip(happyModel, "filters-16", ("filters=32", "filters=16")),
    slip(happyModel, "stride-of-two", ("strides=(1, 1)", "strides=(2, 2)")),
    slip(happyModel, "padded-twice", ("strides=(1, 1)", 'strides=(1, 1), padding="same"')),
    slip(happyModel, "norm-over-rows", ("axis=3", "axis=1")),
    slip(happyModel, "no-return", ("    return model\n", "")),
    slip(happyModel, "not-a-model", ("    return model\n", "    return model.layers\n")),
    slip(happyModel, "no-batch-norm+no-sigmoid", (NORM, ""), (', activation="sigmoid"', "")),
    slip(
        happyModel, "no-padding+no-batch-norm", (NORM, ""), ("            layers.ZeroPadding2D(padding=(3, 3)),\n", "")
    ),
    # convolutional_model
    slip(
        convolutional_model,
        "pools-valid",
        ('(8, 8), padding="same"', "(8, 8)"),
        ('(4, 4), padding="same")(A2)', "(4, 4))(A2)"),
    ),
    slip(convolutional_model, "convolutions-valid", ('(1, 1), padding="same"', "(1, 1)")),
    slip(convolutional_model, "all-valid", (', padding="same"', "")),
    slip(convolutional_model, "no-relu", ("(A1)", "(Z1)"), ("(A2)", "(Z2)")),
    slip(convolutional_model, "first-relu-missing", ("(A1)", "(Z1)")),
    slip(convolutional_model, "second-relu-missing", ("(A2)", "(Z2)")),
    slip(convolutional_model, "average-pool", ("MaxPooling2D", "AveragePooling2D")),
    slip(
        convolutional_model,
        "pools-halve",
        ("pool_size=(8, 8), strides=(8, 8)", "pool_size=(2, 2)"),
        ("pool_size=(4, 4), strides=(4, 4)", "pool_size=(2, 2)"),
    ),
    slip(
        convolutional_model,
        "pools-exchanged",
        ("pool_size=(8, 8), strides=(8, 8)", "pool_size=(4, 4), strides=(4, 4) "),
        ("pool_size=(4, 4), strides=(4, 4), padding", "pool_size=(8, 8), strides=(8, 8), padding"),
    ),
    slip(
        convolutional_model,
        "strides-of-one",
        (", strides=(8, 8)", ", strides=(1, 1)"),
        ("(4, 4), strides=(4, 4)", "(4, 4), strides=(1, 1)"),
    ),
    slip(
        convolutional_model,
        "windows-exchanged",
        ("kernel_size=(4, 4)", "kernel_size=(2, 2) "),
        ("kernel_size=(2, 2), strides", "kernel_size=(4, 4), strides"),
    ),
    slip(convolutional_model, "filters-exchanged", ("filters=8", "filters= 16"), ("filters=16", "filters=8")),
    slip(convolutional_model, "second-from-the-image", ("(P1)", "(input_img)")),
    slip(convolutional_model, "no-flatten", ("(F)", "(P2)")),
    slip(convolutional_model, "no-softmax", (', activation="softmax"', "")),
    slip(convolutional_model, "sigmoid", ('"softmax"', '"sigmoid"')),
    slip(convolutional_model, "one-unit", ("units=6", "units=1")),
    slip(convolutional_model, "ten-units", ("units=6", "units=10")),
    slip(convolutional_model, "not-a-model", ("return model", "return outputs")),
    slip(convolutional_model, "layer-not-called", ("layers.Flatten()(P2)", "layers.Flatten()")),
    slip(convolutional_model, "layer-twice", ("layers.ReLU()(Z1)", "layers.ReLU(Z1)")),
    slip(
        convolutional_model,
        "layer-twice",
        ('layers.MaxPooling2D(pool_size=(4, 4), strides=(4, 4), padding="same")(A2)', "layers.MaxPooling2D(A2)"),
    ),
    slip(convolutional_model, "unknown-activation", ('"softmax"', '"Softmax"')),
    slip(convolutional_model, "no-relu+no-softmax", ("(A1)", "(Z1)"), ("(A2)", "(Z2)"), (', activation="softmax"', "")),
    # save_and_restore
    slip(save_and_restore, "not-loaded", ("return loaded", "return model")),
    slip(save_and_restore, "elsewhere", ("(path)", '("model.keras")')),
    slip(save_and_restore, "no-such-function", ("model.save(path)", "model.model_save(path)")),
    slip(save_and_restore, "no-such-function", ("keras.models.load_model(path)", "keras.models.model_load(path)")),
    slip(save_and_restore, "no-such-function", ("keras.models.load_model(path)", "model.load(path)")),
    slip(save_and_restore, "weights-only", ("model.save(path)", "model.save_weights(path)")),
    slip(save_and_restore, "no-return", ("    return loaded\n", "")),
    # train_digits
    slip(train_digits, "not-returned", ("model.fit", "history = model.fit"), ("return model", "return history")),
    slip(train_digits, "no-return", ("    return model\n", "")),
    slip(train_digits, "never-fitted", ("    model.fit(X_train, Y_train, epochs=12, batch_size=32, verbose=0)\n", "")),
    slip(train_digits, "no-probabilities", (', activation="softmax"', "")),
    slip(
        train_digits,
        "one-unit",
        ("Dense(10", "Dense(1"),
        ('"softmax"', '"sigmoid"'),
        ("sparse_categorical_", "binary_"),
    ),
    slip(train_digits, "stopped-too-early", ("epochs=12", "epochs=1")),
    slip(train_digits, "stopped-too-early", ('"adam"', "keras.optimizers.SGD(0.01)")),
    slip(train_digits, "ran-away", ('"adam"', "keras.optimizers.Adam(1.0)")),
    slip(train_digits, "no-probabilities", ('"softmax"', '"sigmoid"')),
    slip(train_digits, "one-hot-loss", ("sparse_categorical", "categorical")),
    slip(train_digits, "too-few-units", ("Dense(10", "Dense(9")),
    slip(train_digits, "images-of-another-size", ("(8, 8, 1)", "(64, 64, 3)")),
    slip(
        train_digits,
        "not-compiled",
        ('    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])\n', ""),
    ),
]


@whole("save_and_restore", "no-file")
def copied_without_a_file(model, path):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy
