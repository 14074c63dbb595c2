"""Benchmarks: one module per issue, one figure per line of the scoreboard. They print JSON."""
