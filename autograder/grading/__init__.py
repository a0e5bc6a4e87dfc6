"""From what was handed in to a grade for each learner."""
