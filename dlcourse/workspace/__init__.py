"""A learner's course folder, and the `dlcourse` command."""
