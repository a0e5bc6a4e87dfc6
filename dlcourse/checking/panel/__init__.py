"""What a learner sees of a check: the panel, its pictures and buttons, hints and solutions."""
