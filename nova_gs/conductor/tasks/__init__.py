"""What a conductor does for an operation before a host takes it over."""
