# nbgrader looks for settings in the folder it is run in; the course's are in autograder/building/nbgrader_config.py.
from autograder.building.nbgrader_config import configure

configure(c, __file__)  # noqa: F821  (nbgrader provides c)
