"""Handing in: reading a learner's notebook, finding their code in it, and putting it back into the release.

The learner's `dlcourse submit` and the teacher's `autograder grade` read a notebook by the same rules, these.
"""
