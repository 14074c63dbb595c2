"""Between people and desks: a network that loses, repeats and delays; desks that come and go."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dispatch import actions
from dispatch.board import Board, Key, apply
from dispatch.desk import TICK_S, Answer, Listener
from dispatch.drills.beats import Beats
from dispatch.drills.exercise import Exercise, Post
from dispatch.drills.simulation.broken import BrokenLog, BrokenPlanner, DeskDied
from dispatch.drills.simulation.plan import FaultPlan
from dispatch.drills.simulation.screens import Screens
from dispatch.errors import DispatchError, Forbidden, Rejected, StoreUnavailable
from dispatch.model import ActionId, Actor, VolunteerId
from dispatch.roster import Roster

MAY_DO_NOTHING: Final = (
    actions.SetRain,
    actions.StartAlerting,
    actions.UpdateIncident,
    actions.UpdateNeed,
)
"""Actions that store nothing where they change nothing, so a repeat may find another world."""


@dataclass(slots=True, kw_only=True)
class Place:
    """Where a desk stands, and from time to time does not. `look_at` is when it next looks into
    the log by itself, because a doorbell rang or a tick is due."""

    n: int
    post: Post | None = None
    log: BrokenLog | None = None
    beats: Beats | None = None
    screens: Screens | None = None
    back_at: datetime
    look_at: datetime | None = None


@dataclass(frozen=True, slots=True, order=True)
class _Later:
    at: datetime
    n: int
    actor: Actor = field(compare=False)
    action_id: ActionId = field(compare=False)
    action: actions.Action = field(compare=False)


@dataclass(slots=True, kw_only=True)
class Network:
    """All desks of a run, as phones and commanders reach them.

    `board` is what the phones have been told, which may be late. `acknowledged` is what any of them
    got a good answer to, and `wrong` what should never happen on the way.
    """

    exercise: Exercise
    plan: FaultPlan
    seed: int
    board: Board
    listeners: list[Listener] = field(default_factory=list)
    acknowledged: dict[ActionId, Answer] = field(default_factory=dict)
    deaths: int = 0
    retold: int = 0
    wrong: list[str] = field(default_factory=list)
    _places: list[Place] = field(default_factory=list)
    _late: list[_Later] = field(default_factory=list)
    _told_at: datetime | None = None
    _start: datetime = field(init=False)
    _luck: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._start = self.exercise.clock.now()
        self._luck = random.Random(f"network/{self.seed}")
        self._places = [Place(n=n, back_at=self._start) for n in range(self.plan.desks)]

    @property
    def rows(self) -> Callable[[Sequence[VolunteerId]], Roster]:
        """People by id, as `desk.Desk.rows`."""
        return self.exercise.people

    @property
    def posts(self) -> list[Post]:
        """The desks that stand now."""
        return [p.post for p in self._places if p.post is not None]

    @property
    def screens(self) -> list[Screens]:
        """What the screens of those desks show."""
        return [p.screens for p in self._places if p.screens is not None]

    def elapsed_s(self) -> float:
        """Return how many seconds of the drill have passed."""
        return (self.exercise.clock.now() - self._start).total_seconds()

    async def act(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Answer:
        """See `desk.Desk.act`; what comes back may be lost on the way.

        Raises:
            StoreUnavailable: no good answer came; sending again under the same id is safe.
        """
        if self._luck.random() < self.plan.again:
            after_s = self._luck.uniform(0, self.plan.again_s)
            at = self.exercise.clock.now() + timedelta(seconds=after_s)
            heapq.heappush(self._late, _Later(at, len(self._late), actor, action_id, action))
        if self._luck.random() >= self.plan.twice:
            answer = await self._tried(actor, action_id, action)
        else:
            # Whichever of the two is answered first, both are answered alike.
            answer, other = await asyncio.gather(
                self._tried(actor, action_id, action), self._tried(actor, action_id, action)
            )
            answer = other if isinstance(answer, StoreUnavailable) else answer
        if isinstance(answer, BaseException):
            raise answer
        if self._luck.random() < self.plan.answer_lost:
            raise StoreUnavailable("simulated: the answer was lost")
        return answer

    def next_before(self, until: datetime) -> datetime:
        """Return the next instant at which a desk or the network does something by itself."""
        found = until
        if self._late:
            found = min(found, self._late[0].at)
        if self._told_at is not None:
            found = min(found, self._told_at)
        for place in self._places:
            if place.post is None:
                found = min(found, place.back_at)
            elif place.look_at is not None:
                found = min(found, place.look_at)
        for place in self._places:
            if place.beats is not None:
                found = min(found, place.beats.next_before(found))
        return max(found, self.exercise.clock.now())

    async def look(self) -> None:
        """Do what has come due: desks come back, beat and look into the log, late messages come."""
        now = self.exercise.clock.now()
        for place in self._places:
            if place.post is None and place.back_at <= now:
                await self._open(place)
        late = []
        while self._late and self._late[0].at <= now:
            late.append(heapq.heappop(self._late))
        await asyncio.gather(
            *(self._beat(place) for place in self._places),
            *(self._tried(one.actor, one.action_id, one.action) for one in late),
        )
        await self._tell_phones()

    async def settle(self) -> None:
        """Let everybody see everything: all desks up, the whole log read."""
        for place in self._places:
            if place.post is None:
                place.log = None
                place.post = self.exercise.post(self.exercise.following())
                place.screens = Screens(place.post.desk.board)
                place.post.desk.listeners.append(place.screens.pushed)
            else:
                place.post.desk.log = self.exercise.log
            await place.post.desk.start()

    async def _tried(
        self, actor: Actor, action_id: ActionId, action: actions.Action
    ) -> Answer | DispatchError:
        try:
            return await self._send(actor, action_id, action)
        except (Rejected, Forbidden, StoreUnavailable) as exc:
            return exc

    async def _send(self, actor: Actor, action_id: ActionId, action: actions.Action) -> Answer:
        """Have one desk do it: everybody has theirs, and the next one while that is away."""
        up = [place for place in self._places if place.post is not None]
        if not up:
            raise StoreUnavailable("simulated: no desk answers")
        place = up[self._luck.randrange(len(up))]
        post = place.post
        assert post is not None
        try:
            answer = await post.desk.act(actor, action_id, action)
        except DeskDied:
            self._died(place, post)
            raise StoreUnavailable("simulated: the connection broke") from None
        finally:
            self._ring()
        if not isinstance(action, MAY_DO_NOTHING):
            self._acknowledge(action_id, answer)
        return answer

    def _acknowledge(self, action_id: ActionId, answer: Answer) -> None:
        first = self.acknowledged.setdefault(action_id, answer)
        self.retold += answer.repeated
        if (first.seq, first.ids) != (answer.seq, answer.ids):
            self.wrong.append(f"{action_id} was answered {first} and then {answer}")

    def _ring(self) -> None:
        """Tell the other desks, and the phones, that there is something new, or do not."""
        now = self.exercise.clock.now()
        for place in self._places:
            if place.post is not None:
                late_s = self._luck.uniform(0, self.plan.bell_late_s)
                if self._luck.random() < self.plan.bell_lost:
                    late_s = TICK_S
                at = now + timedelta(seconds=late_s)
                place.look_at = min(at, place.look_at or at)
        if self._told_at is None:
            late_s = self._luck.uniform(0, self.plan.screen_late_s)
            self._told_at = now + timedelta(seconds=late_s)

    async def _beat(self, place: Place) -> None:
        post, beats, now = place.post, place.beats, self.exercise.clock.now()
        if post is None or beats is None:
            return
        try:
            if place.look_at is not None and place.look_at <= now:
                place.look_at = None
                await post.desk.start()
            before = post.desk.board.seq
            await beats.look()
            if post.desk.board.seq > before:
                self._ring()
        except StoreUnavailable:
            place.look_at = now + timedelta(seconds=TICK_S)
        except DeskDied:
            self._died(place, post)
            self._ring()

    async def _open(self, place: Place) -> None:
        """A desk starts, from nothing but the log."""
        now = self.exercise.clock.now()
        self.deaths += place.log is not None
        luck = random.Random(f"desk/{self.seed}/{place.n}/{self.elapsed_s()}")
        log = BrokenLog(
            inner=self.exercise.log, plan=self.plan, luck=luck, elapsed_s=self.elapsed_s
        )
        planner = BrokenPlanner(
            inner=self.exercise.following(), plan_of_faults=self.plan, elapsed_s=self.elapsed_s
        )
        post = self.exercise.post(planner, log)
        try:
            await post.desk.start()
        except StoreUnavailable:
            place.back_at = now + timedelta(seconds=TICK_S)
            return
        place.post, place.log = post, log
        place.beats = Beats(post=post, clock=self.exercise.clock)
        place.screens = Screens(post.desk.board)
        post.desk.listeners.append(place.screens.pushed)

    def _died(self, place: Place, post: Post) -> None:
        if place.post is post:
            away_s = self._luck.uniform(1, self.plan.back_s)
            place.back_at = self.exercise.clock.now() + timedelta(seconds=away_s)
            place.post, place.beats, place.screens, place.look_at = None, None, None, None

    async def _tell_phones(self) -> None:
        """Push to phones what is in the log; they are told in the order of the log."""
        now = self.exercise.clock.now()
        if self._told_at is None or self._told_at > now:
            return
        self._told_at = None
        keys: list[Key] = []
        while batch := await self.exercise.log.read(self.exercise.agency.id, self.board.seq):
            for stored in batch:
                keys += apply(self.board, stored)
        if keys:
            for listener in self.listeners:
                listener(self.board.seq, keys)
