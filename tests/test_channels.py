"""Which channels an installation has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dispatch.agency import load_agency
from dispatch.alerts.answer_links import answer_token
from dispatch.app import build, open_store
from dispatch.channels import link_to, open_channels
from dispatch.clock import SystemClock
from dispatch.errors import BadInput
from dispatch.model import Medium, Notice, NoticeId, NoticeKind, OfferId, Urgency, VolunteerId
from dispatch.ports import Channel
from dispatch.settings import Settings
from tests.town import AGENCY_FILE

AGENCY = load_agency(AGENCY_FILE)
GATEWAY = {"gateway_url": "http://127.0.0.1:9", "gateway_secret": "between us"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_store(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


def opened(
    engine: sa.Engine, *, exercise: bool = False, simulated: bool = False, **over: Any
) -> dict[Medium, Channel]:
    agency = replace(AGENCY, exercise=exercise)
    found = open_channels(Settings(**over), agency, engine, SystemClock(), simulated=simulated)
    assert len({channel.medium for channel in found}) == len(found)
    return {channel.medium: channel for channel in found}


def test_without_a_gateway_there_are_no_text_messages(engine: sa.Engine) -> None:
    found = opened(engine)
    assert set(found) == {Medium.PUSH, Medium.CHAT}
    assert all(channel.real for channel in found.values())


def test_a_gateway_carries_text_messages_and_calls(engine: sa.Engine) -> None:
    found = opened(engine, **GATEWAY)
    assert set(found) == {Medium.PUSH, Medium.CHAT, Medium.SMS, Medium.VOICE}
    assert found[Medium.SMS].real


def test_a_gateway_without_a_secret_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(BadInput, match="DISPATCH_GATEWAY_SECRET"):
        opened(engine, gateway_url="http://127.0.0.1:9")


@pytest.mark.parametrize("simulated", [False, True])
def test_an_exercise_has_channels_that_reach_nobody_whatever_the_settings_say(
    engine: sa.Engine, simulated: bool
) -> None:
    found = opened(engine, exercise=True, simulated=simulated, **GATEWAY)
    assert set(found) == {Medium.PUSH, Medium.CHAT, Medium.SMS, Medium.VOICE}
    assert not any(channel.real for channel in found.values())


async def test_an_exercise_cannot_be_built_with_a_channel_that_reaches_people(
    tmp_path: Path, engine: sa.Engine
) -> None:
    real = tuple(opened(engine, **GATEWAY).values())
    settings = Settings(data_dir=tmp_path, planner_process=False)
    with pytest.raises(BadInput, match="exercise"):
        await build(settings, replace(AGENCY, exercise=True), channels=real)


def notice(kind: NoticeKind) -> Notice:
    return Notice(
        id=NoticeId("o-abc"), kind=kind, urgency=Urgency.LIFE, volunteer_id=VolunteerId(7),
        subject="abc", incident_id=None, opened_at=datetime(2026, 7, 20, tzinfo=UTC),
    )  # fmt: skip


def test_an_offer_alone_is_answered_by_a_link() -> None:
    settings, key = Settings(public_url="https://d.example"), b"k" * 32
    token = answer_token(key, OfferId("abc"), VolunteerId(7))
    assert link_to(settings, key, notice(NoticeKind.OFFER)) == f"https://d.example/a/{token}"
    assert {link_to(settings, key, notice(k)) for k in NoticeKind if k is not NoticeKind.OFFER} == {
        ""
    }


def test_without_a_name_links_lead_to_where_it_listens() -> None:
    settings = Settings(host="127.0.0.1", port=8123)
    link = link_to(settings, b"k", notice(NoticeKind.OFFER))
    assert link.startswith("http://127.0.0.1:8123/a/")


def test_secrets_are_not_shown_with_the_settings() -> None:
    assert "between us" not in repr(Settings(**GATEWAY))  # type: ignore[arg-type]
