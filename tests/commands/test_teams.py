"""`dispatch team chat` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.__main__ import main
from dispatch.registry import catalogue, contacts
from dispatch.registry.engine import open_engine
from tests.town import make_town


def test_a_team_gets_a_chat_and_loses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_town(tmp_path / "data", 300)
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(settings.data_dir))
    engine = open_engine(settings.url)
    team = max(catalogue.teams(engine), key=lambda t: t.members)
    ids = catalogue.team_members(engine, team.id)

    assert main(["team", "chat", team.name, "json://127.0.0.1/room"]) == 0
    assert {c.group for c in contacts.contacts(engine, ids).values()} == {"json://127.0.0.1/room"}
    assert main(["team", "chat", team.name]) == 0
    assert {c.group for c in contacts.contacts(engine, ids).values()} == {""}
    engine.dispose()

    assert main(["team", "chat", "Nobody", "json://127.0.0.1/room"]) == 2
    assert main(["team", "chat", team.name, "carrier-pigeon://x"]) == 2
    said = capsys.readouterr()
    assert "no team is called 'Nobody'" in said.err
    assert "no address of a chat" in said.err
