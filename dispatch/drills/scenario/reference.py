"""The reference of the scenario format, written out of what reading asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dispatch.drills.scenario import lines, schema
from dispatch.drills.scenario.fields import REQUIRED, Field
from dispatch.drills.scenario.problems import TEXTS

SECTIONS: Final[Mapping[str, tuple[Field[Any], ...]]] = {
    "scenario.yaml": schema.SCENARIO,
    "clock": schema.CLOCK_TABLE,
    "area": schema.AREA_TABLE,
    "roster": schema.ROSTER_TABLE,
    "settlements": schema.SETTLEMENT,
    "needs": schema.NEEDS_TABLE,
    "incidents": schema.INCIDENT,
    "weather": schema.WEATHER_TABLE,
    "timeline": lines.HEAD,
    **{f"timeline: {what}": table for what, table in lines.TIMELINE_TABLES.items()},
    "units": schema.UNIT,
    "scoring": schema.SCORING_TABLE,
}
"""Every table, by the heading of its section on the reference page."""


def field_table(section: str) -> str:
    """Return the fields of a section as a Markdown table."""
    rows = (
        f"| `{field.name}` | {'yes' if field.default is REQUIRED else ''} | {field.text} |"
        for field in SECTIONS[section]
    )
    return "\n".join(("| key | needed | meaning |", "|---|---|---|", *rows))


def code_table() -> str:
    """Return what can be wrong as a Markdown table, in both languages."""
    rows = (f"| `{code}` | {names.en} | {names.zh} |" for code, names in TEXTS.items())
    return "\n".join(("| code | meaning | 含义 |", "|---|---|---|", *rows))


def page() -> Iterator[str]:
    """Yield every table the page shows, each under its heading."""
    for section in SECTIONS:
        yield f"### {section}\n\n{field_table(section)}\n"
    yield f"## What can be wrong\n\n{code_table()}\n"
