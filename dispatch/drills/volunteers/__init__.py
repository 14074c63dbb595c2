"""Simulated volunteers: one set of people for the demo, for drills and for the simulation."""

from dispatch.drills.volunteers.crowd import Crowd
from dispatch.drills.volunteers.habits import Habits

__all__ = ["Crowd", "Habits"]
