"""A course on convolutional networks and sequence models, as Jupyter notebooks with checks."""

from dlcourse import old_paths

__version__ = "0.1.0"

old_paths.install()
