"""All checks, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.doctor import examine as module
from dispatch.doctor.examine import examine
from dispatch.doctor.finding import Level
from dispatch.settings import Settings


def test_everything_wrong_is_told_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is as it should be, and still every check has its say."""
    monkeypatch.setenv("DISPATCH_DTAA_DIR", "x")
    (tmp_path / "data").write_text("a file in the way")
    wrong = Settings(
        data_dir=tmp_path / "data",
        database_url="postgresql://me:s3cret@127.0.0.1:1/none",
        redis_url="redis://127.0.0.1:1/0",
        workers=64,
        agency_file=tmp_path / "none.toml",
        web_dir=tmp_path / "none",
        host="192.0.2.1",
        metrics_port=0,
        gateway_url="http://127.0.0.1:1/",
        gateway_secret="s3cret",
    )
    found = list(examine(wrong, 100_000_000))
    levels = {f.name: f.level for f in found}
    assert levels == {
        "settings": Level.WARN,
        "agency file": Level.FAIL,
        "data folder": Level.FAIL,
        "database": Level.FAIL,
        "redis": Level.WARN,
        "gateway": Level.FAIL,
        "public address": Level.WARN,
        "pages": Level.FAIL,
        "port": Level.FAIL,
        "exposure": Level.WARN,
        "metrics": Level.WARN,
        "open files": Level.FAIL,
        "planner": Level.OK,
    }
    assert all(f.advice for f in found if f.level is not Level.OK)
    assert "s3cret" not in repr(found)


def test_a_check_that_fails_by_itself_keeps_no_other_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Settings) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "CHECKS", (broken, *module.CHECKS))
    found = list(examine(Settings(data_dir=tmp_path), 10, quick=True))
    assert found[0].level is Level.FAIL
    assert "broken" in found[0].name
    assert len(found) > 5


def test_quick_leaves_the_planner_out(tmp_path: Path) -> None:
    quick = {f.name for f in examine(Settings(data_dir=tmp_path), 10, quick=True)}
    assert "planner" not in quick
