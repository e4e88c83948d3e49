"""What is told to whoever listens, in versioned form."""
