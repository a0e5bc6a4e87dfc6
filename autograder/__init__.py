"""Builds the course notebooks, verifies them, and grades submissions."""
