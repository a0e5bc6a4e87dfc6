"""What notebooks learn from: data sets, drawn scenes and faces, toy tasks."""
