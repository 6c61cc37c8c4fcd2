"""The whole of Hunter on one machine, with a sandbox in place of Microsoft."""
