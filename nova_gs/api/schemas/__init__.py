"""JSON schemas of request bodies, a module per noun.

A body's schema is a tuple of (minor version that brought it, schema), oldest
first; ``validation.check`` takes the newest that the request may know.
"""
