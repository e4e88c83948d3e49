"""Records as documents, a module per noun; each knows every version."""
