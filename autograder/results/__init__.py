"""Where grades go: the gradebook, feedback pages, tables, files for learning platforms."""
