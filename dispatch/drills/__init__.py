"""Exercises and the demo: simulated people on the real desk."""
