"""Where grades are kept besides the results' own folder."""
