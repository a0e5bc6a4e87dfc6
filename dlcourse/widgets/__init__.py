"""Pictures with controls, one module for each notebook."""
