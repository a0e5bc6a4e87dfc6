"""A course on convolutional networks and sequence models, as Jupyter notebooks with checks."""

__version__ = "0.1.0"
