"""What a customizer changes by API: publishers, solutions, columns, choices, keys (contract 16)."""
