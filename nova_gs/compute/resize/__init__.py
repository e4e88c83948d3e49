"""Guests that are moved switched off, or get another size."""
