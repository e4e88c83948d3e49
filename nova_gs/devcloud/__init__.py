"""A whole private cloud in a directory: broker, hypervisors, services."""
