"""What watches the parts while they run, for the probes of whoever supervises and for the metrics.

Nothing here decides anything: a watch that fails says so and never stops what it watches.
"""
