"""What each route does, a module per noun.

A handler takes a ``Call`` and the names in its path, and returns a body or a
``Reply``.  It raises what is wrong; ``faults`` words it.
"""
