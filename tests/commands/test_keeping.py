"""`dispatch backup`, `restore` and `audit`: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dispatch.__main__ import main
from tests.backup.made import execute, only_a_log


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a log, by the environment."""
    only_a_log(tmp_path / "data")
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DISPATCH_DATABASE_URL", raising=False)
    return tmp_path


def test_there_and_back(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = here / "x.zip"
    assert main(["backup", str(file)]) == 0
    assert "0 volunteers, coquimbo up to 8, schema" in capsys.readouterr().out
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(here / "other"))
    assert main(["restore", str(file)]) == 0
    out = capsys.readouterr().out
    assert "restored: 0 volunteers, coquimbo up to 8" in out
    assert "--end-sessions" in out
    assert main(["restore", str(file)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "holds 8 events and 0 volunteers: with --force" in err
    assert main(["restore", str(file), "--force", "--end-sessions"]) == 0
    assert "what was there before: " in capsys.readouterr().out
    assert main(["audit"]) == 0


def test_an_audit_prints_what_to_note_down(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == 0
    out = capsys.readouterr().out
    assert "8 events in 6 actions" in out
    assert out.endswith("  sound\n")
    noted = next(line for line in out.splitlines() if line.startswith("  chain ")).split()[1]
    assert main(["audit", "--expect", noted]) == 0
    execute_here = f"sqlite:///{here / 'data' / 'dispatch.db'}"
    change(execute_here, "UPDATE event SET actor_id = 'forger' WHERE seq = 2")
    capsys.readouterr()
    assert main(["audit"]) == 0  # by itself the change looks like any other past
    assert main(["audit", "--expect", noted]) == 1
    assert "CHAIN at 8" in capsys.readouterr().out


def test_what_is_wrong_is_told_and_counted(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(f"sqlite:///{here / 'data' / 'dispatch.db'}", "DELETE FROM event WHERE seq = 3")
    assert main(["audit"]) == 1
    out = capsys.readouterr().out
    assert "GAP at 4" in out
    assert "NOT SOUND" in out
    assert main(["audit", "--json"]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert report["sound"] is False
    assert {"problem": "GAP", "seq": 4, "what": "follows 3"} not in report["found"]
    assert any(f["problem"] == "GAP" for f in report["found"])


@pytest.mark.parametrize("command", [["audit"], ["backup", "x.zip"]])
def test_looking_makes_no_database(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path))
    assert main(command) == 2
    assert "there is no database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_one_line(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = here / "data" / "dispatch.db"
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\x5a" * (len(whole) - 4096)
    path.write_bytes(whole)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for command in (["audit"], ["backup", str(here / "x.zip")]):
        assert main(command) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not (here / "x.zip").exists()


@pytest.mark.parametrize("noted", ["8", "x:y", "8:abc"])
def test_a_note_that_is_none_is_refused(noted: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "--expect", noted])
    assert "is not SEQ:HASH" in capsys.readouterr().err


def change(url: str, statement: str) -> None:
    from dispatch.settings import Settings

    execute(Settings(database_url=url), statement)
