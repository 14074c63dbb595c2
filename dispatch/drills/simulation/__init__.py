"""The deterministic simulation: the same drill with faults, one seed, one log.

Storage, planner, network and whole desks fail as a plan drawn from the seed says, and afterwards
nothing that was acknowledged may be missing or stand there twice. A seed that fails is its own
reproduction: `python -m dispatch simulate --seed N`.
"""
