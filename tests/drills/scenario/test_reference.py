"""The reference page shows every field and every code, as reading knows them."""

from __future__ import annotations

import pytest

from dispatch.drills.scenario.injects import MAKERS
from dispatch.drills.scenario.lines import TIMELINE_TABLES
from dispatch.drills.scenario.reference import SECTIONS, code_table, field_table
from dispatch.settings import ROOT

PAGE = (ROOT / "docs" / "reference" / "scenarios.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("section", list(SECTIONS))
def test_the_page_shows_each_section_as_it_is_read(section: str) -> None:
    assert f"### {section}\n\n{field_table(section)}\n" in PAGE


def test_the_page_shows_what_can_be_wrong_in_both_languages() -> None:
    assert code_table() in PAGE


def test_every_field_is_explained_and_has_its_name_once() -> None:
    for section, table in SECTIONS.items():
        names = [field.name for field in table]
        assert len(set(names)) == len(names), section
        assert all(field.text.strip() for field in table), section


def test_every_kind_of_line_is_made_by_somebody() -> None:
    assert set(MAKERS) == set(TIMELINE_TABLES)
