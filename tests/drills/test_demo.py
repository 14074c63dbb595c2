"""The demo: made once, begun once, and alive."""

from __future__ import annotations

from pathlib import Path

from dispatch.agency import load_agency
from dispatch.app import build
from dispatch.clock import SystemClock
from dispatch.drills import demo
from dispatch.model import Medium, VolunteerId
from dispatch.registry.engine import open_engine
from tests.town import AGENCY_FILE, make_town


async def test_begins_once_and_the_phones_are_on_duty(tmp_path: Path) -> None:
    settings = make_town(tmp_path / "data", 1_500)
    agency = load_agency(AGENCY_FILE)
    seqs = []
    for _ in range(2):
        app = await build(settings, agency)
        await app.start()
        people = demo.phones(app.engine)
        await demo.begin(app, people)
        board = app.desk.board
        assert [i.number for i in board.incidents.values()] == [1, 2]
        assert all(board.person(VolunteerId(p)).on_duty for p in people.values())
        assert not any(p in board.offers_to for p in people.values())
        assert len(board.open_offers) > 5
        seqs.append(board.seq)
        app.close()
    assert seqs[0] == seqs[1]


async def test_a_county_too_small_to_help_still_starts(tmp_path: Path) -> None:
    settings = make_town(tmp_path / "data", 5)
    app = await build(settings, load_agency(AGENCY_FILE))
    await app.start()
    await demo.begin(app, demo.phones(app.engine))
    assert len(app.desk.board.needs) == 2
    app.close()


def test_a_county_is_made_once(tmp_path: Path) -> None:
    settings = make_town(tmp_path / "data", 300)
    engine = open_engine(settings.url)
    agency = load_agency(AGENCY_FILE)
    demo.make_roster(engine, agency, AGENCY_FILE.parent, 300, SystemClock(), lambda *_: None)
    assert set(demo.phones(engine)) == set(demo.PHONES)
    engine.dispose()


async def test_the_demos_messages_go_to_the_simulator_whatever_the_settings_say(
    tmp_path: Path,
) -> None:
    real = make_town(tmp_path / "data", 300, gateway_url="https://carrier.example")
    settings = demo.with_carrier(real)
    assert settings.gateway_url == f"http://127.0.0.1:{real.port + 1}"
    assert settings.gateway_secret != demo.with_carrier(real).gateway_secret
    app = await build(settings, load_agency(AGENCY_FILE), simulated=True)
    by_medium = {channel.medium: channel for channel in app.channels}
    assert not by_medium[Medium.SMS].real
    assert not by_medium[Medium.VOICE].real
    carrier = demo.carrier_of(app, demo.phones(app.engine))
    shown = [(phone["name"], phone["phone"]) for phone in carrier.phones()]
    assert shown == [(f"DEMO-{n}", f"+9995550000{n}") for n in (1, 2, 3)]
    app.close()
