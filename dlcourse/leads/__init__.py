"""Where a mistake is that nobody foresaw: the learner's own function is changed a little until it passes.

What is changed never leaves this room, only where: `find` gives a `Lead`, and a lead says lines and spans.
"""
