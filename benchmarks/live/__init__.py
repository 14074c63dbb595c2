"""Live delivery: fan-out and memory per phone, positions in and out, durable answers, faults.

Every part runs by itself (`python -m benchmarks.live PART --share 0.01`), has an end and leaves
nothing running.
"""

from __future__ import annotations

from benchmarks.figures import Figure


def run() -> dict[str, Figure]:
    """Return the figures of live delivery."""
    # Every child process loads this package, and must not pay for all parts.
    from benchmarks.live.parts import measured, parts

    return measured(parts())
