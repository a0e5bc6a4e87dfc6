"""A course on convolutional networks and sequence models, as Jupyter notebooks with checks."""

import os

from dlcourse import old_paths

__version__ = "0.1.0"

# Keras reads this once, when it is first imported, by whatever part of the course or of a notebook; a person's
# keras.json with another back end would break every network.
os.environ["KERAS_BACKEND"] = "tensorflow"
old_paths.install()
