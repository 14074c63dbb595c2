"""What the documents must name: every event, code, reason, setting and frame."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from dispatch.agency import AgencyFile
from dispatch.events import EVENT_TYPES
from dispatch.geo.zones import ZoneProblem
from dispatch.matching.alerting import KINDS
from dispatch.model import (
    AssignmentStatus,
    DeclineReason,
    DoubtReason,
    OfferStatus,
    Reason,
    WaveReason,
)
from dispatch.settings import ROOT, Settings

DOCS = ROOT / "docs"


def text(*names: str) -> str:
    return "\n".join((DOCS / name).read_text(encoding="utf-8") for name in names)


def refusal_codes() -> set[str]:
    """Every code the source refuses with."""
    sources = (p.read_text(encoding="utf-8") for p in (ROOT / "dispatch").rglob("*.py"))
    return {code for source in sources for code in re.findall(r'Rejected\(\s*"([A-Z_]+)"', source)}


def edge_codes() -> set[str]:
    source = (ROOT / "dispatch" / "api" / "errors.py").read_text(encoding="utf-8")
    return set(re.findall(r'\(\d{3}, "([A-Z_]+)"\)', source)) | {"BAD_REQUEST"}


@pytest.mark.parametrize("event", sorted(EVENT_TYPES))
def test_events(event: str) -> None:
    assert f"`{event}`" in text("reference/events.md")


@pytest.mark.parametrize("code", sorted(refusal_codes() | edge_codes() | set(ZoneProblem)))
def test_codes(code: str) -> None:
    assert f"`{code}`" in text("reference/codes.md")


@pytest.mark.parametrize("reason", list(Reason))
def test_reasons(reason: Reason) -> None:
    assert f"`{reason}`" in text("glossary.md")


@pytest.mark.parametrize("reason", [*WaveReason, *DoubtReason])
def test_why_waves_and_doubts(reason: str) -> None:
    assert f"`{reason}`" in text("reference/events.md")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_alert_policies(kind: str) -> None:
    page = text("reference/agency.md")
    assert f"| `{kind}` |" in page
    for field in fields(KINDS[kind]):  # type: ignore[arg-type]
        assert f"`{field.name}`" in page, field.name


@pytest.mark.parametrize("field", sorted(f.name for f in fields(AgencyFile)))
def test_the_agency_file(field: str) -> None:
    assert re.search(rf"[`\[]{field}[`\]]", text("reference/agency.md"))


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_settings(name: str) -> None:
    assert f"`DISPATCH_{name.upper()}`" in text("reference/settings.md")


def test_statuses_and_answers() -> None:
    page = text("reference/http.md", "glossary.md")
    for word in (*OfferStatus, *AssignmentStatus, *DeclineReason):
        assert re.search(rf"\b{word}\b", page), word


@pytest.mark.parametrize(
    "frame", ["hello", "ping", "snapshot", "replay", "update", "positions", "pong", "restarting"]
)
def test_frames(frame: str) -> None:
    assert f'{{t: "{frame}"' in text("reference/http.md")


def links() -> list[tuple[Path, str]]:
    pages = [ROOT / "README.md", *DOCS.rglob("*.md")]
    return [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("page", "target"), links())
def test_links_lead_somewhere(page: Path, target: str) -> None:
    assert (page.parent / target).exists()
