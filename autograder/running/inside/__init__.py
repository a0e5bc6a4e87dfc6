"""What runs on the learner's side of the sandbox: the fork server, the walls around each kernel, the kernel itself.

These files are bound into the sandbox on their own, so they import nothing else of `autograder`.
"""
