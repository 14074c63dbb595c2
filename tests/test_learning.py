"""`dispatch fit`, end to end: a log of answers in, a judged model and its plot out."""

from __future__ import annotations

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from dispatch import events as ev
from dispatch.__main__ import main
from dispatch.agency import Agency, load_agency
from dispatch.app import open_store
from dispatch.errors import BadInput
from dispatch.eventlog import MemoryEventLog, SqlEventLog
from dispatch.events import Entry
from dispatch.learning import Lesson, learn, write_lesson
from dispatch.matching.acceptance import model_of
from dispatch.model import (
    SYSTEM,
    ActionId,
    AssignmentId,
    DeclineReason,
    EtaSource,
    HazardClass,
    OfferId,
    Site,
    Travel,
    TravelMode,
    VolunteerId,
)
from dispatch.ports import EventLog
from dispatch.settings import ROOT, Settings
from tests.play import COMMANDER, Play, add_need, cover, open_incident

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGENCY = load_agency(ROOT / "scenarios" / "coquimbo" / "agency.toml")


def history(alerts: int, *, seed: int = 1, blind: bool = False) -> list[tuple[datetime, ev.Event]]:
    """Alerts to people near and far, who say yes the more often the nearer they are; or `blind`."""
    rng = np.random.default_rng(seed)
    play = Play()
    play.now = START
    play.act(COMMANDER, open_incident(hazard=HazardClass.H1))
    (incident,) = play.board.incidents.values()
    over = {"deadline_at": START + timedelta(days=20), "ends_at": START + timedelta(days=21)}
    play.act(COMMANDER, add_need(incident.id, START, **over))
    (need,) = play.board.needs.values()
    events: list[tuple[datetime, ev.Event]] = [(s.at, s.event) for s in play.stored]
    for n in range(alerts):
        at = START + timedelta(minutes=n)
        eta_s = int(rng.integers(60, 3_600))
        p = 0.36 if blind else 1 / (1 + math.exp(-2.5 + eta_s / 450))
        offer = OfferId(f"o{n}")
        way = Travel(eta_s=eta_s, dist_m=1, source=EtaSource.ROAD, mode=TravelMode.CAR)
        made = ev.OfferMade(
            offer_id=offer,
            need_id=need.id,
            incident_id=incident.id,
            volunteer_id=VolunteerId(n + 1),
            plan_id=None,
            hazard=HazardClass.H1,
            cover=cover(),
            travel=way,
            origin=Site(lon=0, lat=0),
            expires_at=at + timedelta(minutes=5),
        )
        events.append((at, made))
        answer: ev.Event = ev.OfferDeclined(offer_id=offer, reason=DeclineReason.BUSY)
        if rng.random() < p:
            answer = ev.OfferAccepted(
                offer_id=offer,
                assignment_id=AssignmentId(f"a{n}"),
                hazard=HazardClass.H1,
                cover=cover(),
                travel=way,
            )
        elif rng.random() < 0.3:
            answer = ev.OfferExpired(offer_id=offer)
        events.append((at + timedelta(seconds=40), answer))
    return events


async def fill(log: EventLog, agency: Agency, events: list[tuple[datetime, ev.Event]]) -> None:
    entries = [
        Entry(at=at, actor=SYSTEM, action_id=ActionId("all"), exercise=False, event=event)
        for at, event in events
    ]
    await log.append(agency.id, entries, 0)


async def learnt(alerts: int, **more: object) -> Lesson:
    log = MemoryEventLog()
    await fill(log, AGENCY, history(alerts, **more))  # type: ignore[arg-type]
    return await learn(log, AGENCY)


async def test_it_learns_that_the_near_come_and_beats_the_base_rate() -> None:
    lesson = await learnt(600)
    assert lesson.model.weights["travel"] < -0.3
    assert lesson.refitted.skill > 0.1
    assert lesson.refitted.skill > lesson.in_use.skill
    assert (lesson.in_use.count, lesson.refitted.count) == (600, 480)
    assert lesson.model.version == AGENCY.acceptance.version + 1


async def test_the_report_has_the_figures_and_the_table() -> None:
    lesson = await learnt(600)
    report = lesson.report
    for figure in (lesson.refitted.brier, lesson.refitted.base_brier, lesson.refitted.ece):
        assert f"{figure:.4f}" in report
    assert f"{lesson.refitted.skill:+.1%}" in report
    table = report.splitlines()[-len(lesson.refitted.bins) :]
    assert [int(line.split()[-1]) for line in table] == [b.count for b in lesson.refitted.bins]


@pytest.mark.parametrize("alerts", [0, 10, 60])
async def test_too_few_answers(alerts: int) -> None:
    with pytest.raises(BadInput, match=r"nothing learnt from the log of coquimbo: .*answer"):
        await learnt(alerts)


async def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BadInput, match="cannot write"):
        write_lesson(await learnt(600), tmp_path / "taken")


class TestCommand:
    @pytest.fixture
    def settings(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
        monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
        return Settings()

    def log(self, settings: Settings, alerts: int, **more: object) -> None:
        engine = open_store(settings)
        log = SqlEventLog(engine)
        events = history(alerts, **more)  # type: ignore[arg-type]
        asyncio.run(fill(log, AGENCY, events))
        log.close()
        engine.dispose()

    def test_writes_a_model_that_an_agency_can_name(
        self, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.log(settings, 600)
        out = tmp_path / "models" / "new"
        assert main(["fit", "--out", str(out)]) == 0
        assert "Brier score" in capsys.readouterr().out
        assert sorted(p.name for p in out.iterdir()) == ["acceptance-v2.json", "acceptance-v2.svg"]
        model = model_of(json.loads((out / "acceptance-v2.json").read_text(encoding="utf-8")))
        assert model.version == 2
        assert ElementTree.parse(out / "acceptance-v2.svg").getroot().tag.endswith("svg")

    def test_into_the_data_folder_by_default(self, settings: Settings) -> None:
        self.log(settings, 600)
        assert main(["fit"]) == 0
        assert (settings.data_dir / "acceptance-v2.json").exists()

    def test_says_when_the_model_is_not_worth_using(
        self, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.log(settings, 500, blind=True)
        assert main(["fit"]) == 1
        assert "No better than the base rate" in capsys.readouterr().err

    def test_too_little_to_learn_from_changes_nothing(
        self, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.log(settings, 10)
        assert main(["fit"]) == 2
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "nothing learnt" in err
        assert not list(settings.data_dir.glob("acceptance*"))
