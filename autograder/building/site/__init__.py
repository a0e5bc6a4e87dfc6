"""The course as pages to read: `autograder site`, with Sphinx and myst-nb (the extra `site`)."""
