"""Builds the course notebooks, verifies them, and grades submissions."""

import dlcourse  # noqa: F401  (an nbgrader_config.py of version 0.1 imports from an old path)
