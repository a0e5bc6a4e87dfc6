"""From solutions/ to notebooks/, and whether they are right."""
