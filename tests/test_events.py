"""The JSON form of events: lossless, versioned, and closed to what cannot be."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dispatch import events as ev
from dispatch.errors import LogCorrupt
from dispatch.events import EVENT_TYPES, VERSIONS, decode, encode
from dispatch.model import HazardClass, IncidentId, NeedId, OfferId, Site, VolunteerId, ZoneForm
from tests.play import T0, cover, travel
from tests.test_board import whole_call


def offer(hazard: HazardClass, evidence: object) -> ev.OfferMade:
    return ev.OfferMade(
        offer_id=OfferId("o"),
        need_id=NeedId("n"),
        incident_id=IncidentId("i"),
        volunteer_id=VolunteerId(1),
        plan_id=None,
        hazard=hazard,
        cover=evidence,  # type: ignore[arg-type]
        travel=travel(),
        origin=Site(lon=0, lat=0),
        expires_at=T0,
    )


def test_zones_of_one_ring_are_still_read() -> None:
    ring = [[125.7, 42.2], [125.8, 42.2], [125.8, 42.3]]
    old = {
        "id": "z",
        "kind": "closed",
        "name": "Bridge",
        "ring": ring,
        "blocks": ["car"],
        "status": "ACTIVE",
        "drawn_at": "2026-07-20T08:00:00Z",
        "cleared_at": None,
    }
    event = decode("ZoneDrawn", 1, json.dumps({"zone": old}).encode())
    assert isinstance(event, ev.ZoneDrawn)
    assert event.zone.form is ZoneForm.AREA
    assert event.zone.parts == ((tuple((lon, lat) for lon, lat in ring),),)
    assert event.zone.in_force(T0)
    assert decode(*encode(event)) == event


def test_body_is_readable_json() -> None:
    kind, version, body = encode(ev.NoteAdded(text="水位 上涨", incident_id=None))
    assert (kind, version) == ("NoteAdded", 1)
    assert json.loads(body) == {"text": "水位 上涨", "incident_id": None}


@pytest.mark.parametrize(
    ("kind", "version", "body"),
    [
        ("NoSuchEvent", 1, b"{}"),
        ("NoteAdded", 99, b"{}"),
        ("NoteAdded", 1, b"not json"),
        ("NoteAdded", 1, b'{"text": 5, "incident_id": null}'),
        ("NoteAdded", 1, b'{"incident_id": null}'),
        ("NoteAdded", 1, b"\xff\xfe"),
    ],
)
def test_what_cannot_be_read_is_refused(kind: str, version: int, body: bytes) -> None:
    with pytest.raises(LogCorrupt):
        decode(kind, version, body)


@pytest.mark.parametrize("hazard", [h for h in HazardClass if h is not HazardClass.H0])
def test_no_offer_above_h0_without_cover(hazard: HazardClass) -> None:
    with pytest.raises(ValueError, match="no cover evidence"):
        offer(hazard, None)


def test_h0_needs_no_cover() -> None:
    assert offer(HazardClass.H0, None).cover is None


def test_cover_for_a_lower_class_does_not_do() -> None:
    with pytest.raises(ValueError, match="evidence is for H2"):
        offer(HazardClass.H3, cover(HazardClass.H2))


def test_cover_that_had_lapsed_does_not_do() -> None:
    with pytest.raises(ValueError, match="lapsed"):
        offer(HazardClass.H3, replace(cover(), valid_until_at=cover().checked_at))


def test_no_stored_offer_without_cover_can_be_read_back() -> None:
    kind, version, body = encode(offer(HazardClass.H3, cover()))
    stripped = json.loads(body) | {"cover": None}
    with pytest.raises(LogCorrupt, match="no cover evidence"):
        decode(kind, version, json.dumps(stripped).encode())


def test_every_event_of_a_call_survives_its_json_form() -> None:
    for stored in whole_call().stored:
        assert decode(*encode(stored.event)) == stored.event


def test_every_event_has_a_version() -> None:
    assert VERSIONS.keys() == EVENT_TYPES.keys()


def test_bodies_of_older_releases_are_brought_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VERSIONS, "NoteAdded", 3)
    monkeypatch.setitem(ev._UPCASTERS, ("NoteAdded", 1), lambda b: {"text": b["words"]})
    monkeypatch.setitem(ev._UPCASTERS, ("NoteAdded", 2), lambda b: b | {"incident_id": None})
    old = decode("NoteAdded", 1, b'{"words": "dike holds"}')
    assert old == ev.NoteAdded(text="dike holds", incident_id=None)


def test_an_older_body_that_nobody_can_read_is_corrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VERSIONS, "NoteAdded", 2)
    with pytest.raises(LogCorrupt):
        decode("NoteAdded", 1, b'{"words": "dike holds"}')
