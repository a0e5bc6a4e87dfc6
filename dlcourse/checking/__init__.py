"""How any exercise is declared and judged. Knows no topic."""
