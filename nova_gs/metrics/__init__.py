"""Figures for Prometheus, read from the daemon when they are asked for."""
