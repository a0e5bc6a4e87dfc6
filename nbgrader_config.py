# nbgrader looks for settings in the folder it is run in, and the course's are in autograder/nbgrader_config.py.
from autograder.nbgrader_config import configure

configure(c, __file__)  # noqa: F821  (nbgrader provides c)
