"""The page as text: complete, self-contained, and safe whatever people typed."""

from __future__ import annotations

import json
import re
from datetime import UTC
from html.parser import HTMLParser

import pytest

from dispatch import actions as act
from dispatch.drills.report.page import About, Figure, Table, page
from dispatch.drills.report.words import Said
from tests.drills.report.scene import operation, told_of
from tests.play import COMMANDER, Play, open_incident

EVIL = "</script><img src=x onerror=alert(1)>\"'&<b>"
ABOUT = About(
    title=Said("演练", "Exercise"),
    zone=UTC,
    exercise=True,
    figures=[Figure(name=Said("指标", "Figure"), value="12")],
    tables=[Table(title=Said("先前", "Earlier"), heads=(Said("项", "What"),), rows=(("x",),))],
    facts=[(Said("种子", "Seed"), "7")],
)


class Balance(HTMLParser):
    """Elements that are opened and not closed."""

    VOID = frozenset({"meta", "input", "br", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [i for i in [found.get("id")] if i]
        self.sources += [s for s in (found.get("src"), found.get("href")) if s]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Balance:
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_it_is_whole_and_asks_nobody() -> None:
    play, _, _ = operation()
    found = read(page(told_of(play), ABOUT))
    assert len(set(found.ids)) == len(found.ids)
    assert all(source.startswith("#") for source in found.sources)
    assert {s.removeprefix("#") for s in found.sources} <= set(found.ids)


def test_both_languages_stand_beside_each_other() -> None:
    play, _, _ = operation()
    text = page(told_of(play), ABOUT)
    assert text.count('class="zh"') == text.count('class="en"')
    assert "演练 — 以下均非真实警情" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_language_can_be_chosen(lang: str) -> None:
    play, _, _ = operation()
    assert f'data-lang="{lang}"' in page(told_of(play), ABOUT, lang)  # type: ignore[arg-type]


def test_what_people_typed_stays_text() -> None:
    play = Play()
    play.act(COMMANDER, open_incident(title=EVIL, description=EVIL))
    play.act(COMMANDER, act.AddNote(text=EVIL))
    text = page(told_of(play), ABOUT)
    read(text)
    assert "<img" not in text
    data = re.search(r'id="replay-data">(.*?)</script>', text, re.S)
    assert data is not None
    assert json.loads(data[1])["incidents"][0]["title"] == EVIL


def test_a_real_operation_is_not_marked_as_an_exercise() -> None:
    play, _, _ = operation()
    real = About(title=Said("行动", "Operation"), zone=UTC, exercise=False)
    assert "EXERCISE" not in page(told_of(play), real)
