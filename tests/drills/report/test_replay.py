"""What the player is given."""

from __future__ import annotations

from dispatch.drills.report.replay import WAY_POINTS, replay
from dispatch.model import VolunteerId
from tests.drills.report.scene import operation, told_of


def test_people_leave_arrive_and_go() -> None:
    play, _, _ = operation()
    made = replay(told_of(play), {}, [], ())
    first, second = sorted(made["people"], key=lambda p: p["left"])
    assert (first["left"], first["there"], first["gone"]) == (0, 1_200, 5_100)
    assert (second["there"] - second["left"], second["gone"]) == (3_000, None)
    assert made["length_s"] == 5_100


def test_a_known_way_is_taken_and_thinned() -> None:
    play, _, _ = operation()
    mine = play.board.active[VolunteerId(4)]
    way = [(float(n), 0.0) for n in range(500)]
    people = replay(told_of(play), {mine: way}, [], ())["people"]
    long = max((p["way"] for p in people), key=len)
    assert len(long) == WAY_POINTS
    assert (long[0], long[-1]) == ([0.0, 0.0], [499.0, 0.0])


def test_heads_are_told_as_they_change() -> None:
    play, good, bad = operation()
    needs = {n["incident"]: n for n in replay(told_of(play), {}, [], ())["needs"]}
    assert needs[good.incident_id]["present"] == [[0, 0], [1_200, 1], [5_100, 0]]
    assert needs[bad.incident_id]["taken"][-1][1] == 1
