"""What people do on a task they accepted: set out, come, stay, go home, or not come at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dispatch import actions as act
from dispatch.board import Board
from dispatch.drills.volunteers.habits import Habits
from dispatch.drills.volunteers.luck import Luck
from dispatch.model import Assignment, AssignmentStatus

CANNOT_COME: Final = "Cannot come"
"""What somebody says who accepted and falls out."""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does next, and when."""

    at: datetime
    action: act.VolunteerAction


@dataclass(slots=True, kw_only=True)
class Tasks:
    """How the people of one agency live their assignments."""

    seed: int
    habits: Habits

    def step(self, board: Board, a: Assignment) -> Step | None:
        """Return what the person does next on their task; None when they do nothing more."""
        luck = self._luck(a)
        match a.status:
            case AssignmentStatus.ASSIGNED if self.comes(a):
                turnout_s = luck.around(
                    "turnout", float(a.travel.turnout_s), self.habits.turnout_spread
                )
                return self._after(a.assigned_at, turnout_s, act.Depart(assignment_id=a.id))
            case AssignmentStatus.ASSIGNED:
                return self._fall_out(a, luck)
            case AssignmentStatus.EN_ROUTE:
                return self._after(a.en_route_at, self.way_s(a), act.Arrive(assignment_id=a.id))
            case AssignmentStatus.ON_SCENE:
                return self._leave(board, a, luck)
            case AssignmentStatus.RELEASED | AssignmentStatus.STOOD_DOWN if a.home_at is None:
                return self._go_home(a, luck)
        return None

    def comes(self, a: Assignment) -> bool:
        """Return whether somebody who accepted comes."""
        return self._luck(a).happens("comes", self.habits.model.show_up)

    def way_s(self, a: Assignment) -> float:
        """Return how long their way really takes, in seconds of their lives."""
        return self._luck(a).around("way", float(a.travel.eta_s), self.habits.way_spread)

    def _luck(self, a: Assignment) -> Luck:
        return Luck(f"{self.seed}|{a.volunteer_id}|{a.need_id}|task")

    def _fall_out(self, a: Assignment, luck: Luck) -> Step | None:
        if not luck.happens("tells", self.habits.tells):
            return None
        after_s = luck.around("tells_s", self.habits.tells_s, self.habits.tells_spread)
        said = act.StandDown(assignment_id=a.id, reason=CANNOT_COME)
        return self._after(a.assigned_at, after_s, said)

    def _leave(self, board: Board, a: Assignment, luck: Luck) -> Step:
        """They stay for some hours, and not beyond the end of the work."""
        stay_s = luck.around("stay", self.habits.stay_s, self.habits.stay_spread)
        done = self._after(a.on_scene_at, stay_s, act.Release(assignment_id=a.id))
        ends_at = max(board.needs[a.need_id].ends_at, a.on_scene_at or a.assigned_at)
        return Step(min(done.at, ends_at), done.action)

    def _go_home(self, a: Assignment, luck: Luck) -> Step | None:
        """Who was turned back on the way has as far home as they had come."""
        if a.released_at is not None:
            way_s = luck.around("home", float(a.travel.eta_s), self.habits.way_spread)
            return self._after(a.released_at, way_s, act.ReachHome(assignment_id=a.id))
        if a.en_route_at is None or a.stood_down_at is None:
            return None
        back = act.ReachHome(assignment_id=a.id)
        return Step(a.stood_down_at + (a.stood_down_at - a.en_route_at), back)

    def _after(self, start: datetime | None, seconds: float, action: act.VolunteerAction) -> Step:
        assert start is not None, "a status has its instant"
        whole_ms = round(1_000 * seconds / self.habits.pace)
        return Step(start + timedelta(milliseconds=whole_ms), action)
