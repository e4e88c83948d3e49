"""Live migration as the two hosts see it, a module for each side."""
