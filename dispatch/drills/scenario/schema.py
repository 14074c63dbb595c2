"""What a scenario's files may say: every section and every field of it.

`docs/reference/scenarios.md` shows these tables; a test holds it to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dispatch.drills.scenario.fields import (
    Field,
    as_is,
    choice,
    list_of,
    name,
    number,
    table_of,
    text,
    whole,
)
from dispatch.drills.scenario.model import SEVERITY_WEIGHTS, Fact, Placed
from dispatch.drills.scenario.needs import NeedWords, needs
from dispatch.drills.scenario.nodes import Node
from dispatch.drills.scenario.problems import Code
from dispatch.drills.scenario.times import LONGEST_H, Moment, local, moment, zone
from dispatch.geo.crs import Crs
from dispatch.model import (
    HazardClass,
    RegionCode,
    Severity,
)
from dispatch.rules.needs import MAX_REACH_S
from dispatch.taxonomy import INCIDENT_KINDS, SKILLS

FORMAT: Final = 1
MAX_PEOPLE: Final = 5_000_000
MAX_MINUTES: Final = 60 * LONGEST_H
NAME_MOST: Final = 95
"""Two of them and what joins them make a title, which has at most 200 characters."""

MINUTES: Final = whole(1, MAX_MINUTES)
SHARE_OF: Final = number(0, 1)
ANY_NUMBER: Final = number(-1e9, 1e9)


def _region(node: Node) -> RegionCode:
    return RegionCode(text(64)(node))


# How sure a line is. Every line that says something about the world carries it.

FACT: Final = Field(
    "fact",
    choice(tuple(Fact), Code.BAD_PROVENANCE),
    "`F` the event and its time are sourced, `P` the event is, hour or place are inferred, "
    "`S` a plausible synthesis",
)
COORD: Final = Field(
    "coord",
    choice(tuple(Placed), Code.BAD_PROVENANCE),
    "how sure the place is: `G` out of a gazetteer, `K` a known place, approximate, `F` given in "
    "a source, `S` synthetic but inside the right district",
    None,
)
SOURCE: Final = Field("source", text(), "what the line rests on")
SURE: Final[tuple[Field[Any], ...]] = (FACT, COORD, SOURCE)

# scenario.yaml

FORMAT_VERSION: Final = Field("format", whole(FORMAT, FORMAT), f"{FORMAT}, this format")
ID: Final = Field("id", name, "the name others refer to; no two lines of a scenario share one")
NAME_ZH: Final = Field("name_zh", text(NAME_MOST), "the name in Chinese")
NAME_EN: Final = Field("name_en", text(NAME_MOST), "the name in English")
AGENCY: Final = Field(
    "agency",
    text(200),
    "the [agency file](agency.md), relative to the folder: id, regions, map, roads. It must say "
    "`exercise = true`. Without `roads` times are estimated from the straight line",
    "agency.toml",
)
CRS: Final = Field(
    "crs",
    choice(tuple(Crs)),
    "what the coordinates of the scenario's own files are in truth: `wgs84`, `gcj02` or `bd09`",
    Crs.WGS84,
)
CLOCK: Final = Field("clock", as_is, "when it begins and how long it lasts, see clock")
AREA: Final = Field("area", as_is, "where it happens: nothing may lie outside, see area")
INCIDENTS: Final = Field(
    "incidents",
    text(200),
    "the file of incidents: `.csv`, or `.geojson` with one Point each; see incidents",
    None,
)
ROSTER: Final = Field("roster", as_is, "the people, see roster")
NEEDS: Final = Field("needs", as_is, "what holds for needs that do not say otherwise, see needs")
WEATHER: Final = Field("weather", as_is, "the weather, a list in order of time, see weather", None)
TIMELINE: Final = Field(
    "timeline", as_is, "what else happens, a list in any order, see timeline", None
)
UNITS: Final = Field(
    "units", as_is, "professionals whose arrival is compared, a list, see units", None
)
SCORING: Final = Field("scoring", as_is, "what counts how much, see scoring", None)

SCENARIO: Final[tuple[Field[Any], ...]] = (
    FORMAT_VERSION,
    ID,
    NAME_ZH,
    NAME_EN,
    AGENCY,
    CRS,
    CLOCK,
    AREA,
    INCIDENTS,
    ROSTER,
    NEEDS,
    WEATHER,
    TIMELINE,
    UNITS,
    SCORING,
)

STARTS: Final = Field("starts", local, "when the drill begins, by the local clock")
HOURS: Final = Field("hours", number(0.1, LONGEST_H), "how long it lasts")
TIMEZONE: Final = Field("timezone", zone, "whose local clock, such as `Asia/Shanghai`")
CLOCK_TABLE: Final[tuple[Field[Any], ...]] = (STARTS, HOURS, TIMEZONE)

BOUNDS: Final = Field(
    "bounds", list_of(ANY_NUMBER, 4, 4), "west, south, east, north in degrees", None
)
RING: Final = Field(
    "ring", list_of(list_of(ANY_NUMBER, 2, 2), 3, 2_000), "corners `[lon, lat]` of a polygon", None
)
AREA_TABLE: Final[tuple[Field[Any], ...]] = (BOUNDS, RING)

# The people

PEOPLE: Final = Field("people", whole(1, MAX_PEOPLE), "how many are invented", None)
REGISTERED: Final = Field(
    "registered", whole(1, MAX_PEOPLE), "how many the real county has, if these are a sample", None
)
TEAMS: Final = Field("teams", whole(0, 100_000), "into how many teams they are put", 0)
SEED: Final = Field("seed", whole(0, 2**53), "the same seed gives the same people", 1)
SETTLEMENTS: Final = Field(
    "settlements", text(200), "the file of where they live, see settlements", None
)
ROSTER_FILE: Final = Field(
    "file", text(200), "instead of all this: a [roster file](roster.md)", None
)
COVER: Final = Field(
    "cover",
    table_of(tuple(HazardClass)[1:], SHARE_OF),
    "share covered up to each hazard class; whoever is covered for H4 counts in H1 to H3",
    None,
)
ZIPF: Final = Field(
    "zipf", number(0, 3), "how rare rare skills are: the exponent of Zipf's law over skills", 1.0
)
SHARES: Final[Mapping[str, str]] = {
    "expired": "of all credentials, those out of date",
    "verified": "of credentials, those somebody verified",
    "professional": "professional volunteers",
    "spontaneous": "walk-ins",
    "fit": "fit for hard work",
    "safety_course": "with a safety course in date",
    "active": "active, not pending, suspended or gone",
    "available": "who declared themselves available",
    "consenting": "who consented to be asked",
    "newcomers": "who served less than 20 hours",
    "seats": "of drivers, those who take others along",
}
SHARE_FIELDS: Final[tuple[Field[float | None], ...]] = tuple(
    Field(share, SHARE_OF, f"share: {what}", None) for share, what in SHARES.items()
)
ROSTER_TABLE: Final[tuple[Field[Any], ...]] = (
    PEOPLE,
    REGISTERED,
    TEAMS,
    SEED,
    SETTLEMENTS,
    COVER,
    ZIPF,
    *SHARE_FIELDS,
    ROSTER_FILE,
    FACT,
    SOURCE,
)

LON: Final = Field("lon", ANY_NUMBER, "degrees east")
LAT: Final = Field("lat", ANY_NUMBER, "degrees north")
REGION: Final = Field("region", _region, "the code of one of the agency's regions")

RADIUS: Final = Field("radius_m", number(1, 100_000), "how far it reaches")
POPULATION: Final = Field("population", whole(0, 50_000_000), "inhabitants: the weight")
TOWN: Final = Field(
    "town", text(), "instead of `region`: its English name in the agency file", None
)
HOME_REGION: Final = Field("region", _region, REGION.text, None)
PLACE_NAME: Final = Field("name", text(200), "what it is called", None)
STREET: Final = Field("street", text(200), "instead of `name`", None)
ZONE_ID: Final = Field("zone_id", text(64), "a number of the source; not used", None)
FACT_IF_ANY: Final = Field("fact", FACT.read, FACT.text, None)
SOURCE_IF_ANY: Final = Field("source", text(), SOURCE.text, None)
SETTLEMENT: Final[tuple[Field[Any], ...]] = (
    ZONE_ID,
    LON,
    LAT,
    RADIUS,
    POPULATION,
    HOME_REGION,
    TOWN,
    PLACE_NAME,
    STREET,
    FACT_IF_ANY,
    COORD,
    SOURCE_IF_ANY,
)

# Needs

DEADLINE: Final = Field("deadline_min", MINUTES, "from the need to when its people must be there")
WORK: Final = Field("work_min", MINUTES, "how long the work lasts after the deadline")
REACH: Final = Field("reach_min", whole(1, MAX_REACH_S // 60), "the longest acceptable response")
RISK: Final = Field("risk_assessment", text(), "of all needs; nothing risky is published without")
OWNER: Final = Field("safety_owner", text(200), "who answers for the safety plan")
MEASURES: Final = Field("safety_measures", text(), "what the safety plan says")
NEEDS_TABLE: Final[tuple[Field[Any], ...]] = (DEADLINE, WORK, REACH, RISK, OWNER, MEASURES)

NEEDS_FACT: Final = Field(
    "needs_fact",
    FACT.read,
    "how sure the needs of the line are, by the marks of `fact`; without it they are a synthesis",
    Fact.SYNTHESIS,
)
DEADLINE_OWN: Final = Field("deadline_min", MINUTES, DEADLINE.text, None)
WORK_OWN: Final = Field("work_min", MINUTES, WORK.text, None)
REACH_OWN: Final = Field("reach_min", REACH.read, REACH.text, None)
ENDS: Final[Field[Moment | None]] = Field(
    "ends", moment, "instead of `work_min`: when the work ends", None
)

# Weather

AT: Final = Field(
    "at", moment, "when: local like `2021-07-20 16:00`, or `+90` for minutes after the start"
)
RAIN: Final = Field("rain_mm", number(0, 500), "rain in the hour that begins, in millimetres")
TEMPERATURE: Final = Field("temperature_c", number(-80, 60), "degrees Celsius", None)
WEATHER_TABLE: Final[tuple[Field[Any], ...]] = (AT, RAIN, TEMPERATURE, FACT, SOURCE)

# Incidents: lines of the file, and `incident_opened` in the timeline

KIND: Final = Field(
    "kind", choice(tuple(INCIDENT_KINDS), Code.UNKNOWN_KIND), "what it is, of the taxonomy"
)
TITLE_ZH: Final = Field("title_zh", text(NAME_MOST), "the title in Chinese")
TITLE_EN: Final = Field("title_en", text(NAME_MOST), "the title in English")
SEVERITY: Final = Field("severity", choice(tuple(Severity)), "I worst to IV")
HAZARD: Final = Field("hazard", choice(tuple(HazardClass)), "H0 to H4, for those who help")
PLACE: Final = Field("place", text(200), "what people call the place", "")
NOTE: Final = Field("note", text(), "the description", "")
NEED_WORDS: Final[Field[tuple[NeedWords, ...]]] = Field(
    "needs",
    needs,
    "`SKILL:HEADS` with blanks between; `SKILL.LEVEL:HEADS@HAZARD` says more, `MIN/DESIRED/MAX` "
    "heads too. One figure is desired and most, half of it the least. Without a hazard it is the "
    "incident's, but never more than the skill may serve in: the others work at the cordon. `-` "
    "for none",
    (),
)
VERIFIED_AFTER: Final = Field(
    "verified_min",
    whole(0, MAX_MINUTES),
    "minutes until somebody has verified the needs; without it they come in verified",
    None,
)
INCIDENT: Final[tuple[Field[Any], ...]] = (
    ID,
    AT,
    LON,
    LAT,
    COORD,
    PLACE,
    REGION,
    KIND,
    SEVERITY,
    HAZARD,
    TITLE_ZH,
    TITLE_EN,
    NEED_WORDS,
    NEEDS_FACT,
    DEADLINE_OWN,
    WORK_OWN,
    ENDS,
    REACH_OWN,
    VERIFIED_AFTER,
    NOTE,
    FACT,
    SOURCE,
)

# Professionals and scoring

SKILLS_LIST: Final = Field(
    "skills", list_of(choice(tuple(SKILLS), Code.UNKNOWN_SKILL), 1, len(SKILLS)), "what they can do"
)
HEADS: Final = Field("heads", whole(1, 10_000), "how many they are")
TURNOUT: Final = Field("turnout_min", number(0.1, 1_440), "from alert to moving, the median")
SPREAD: Final = Field("spread", number(0, 3), "standard deviation of its logarithm", 0.5)
SPEED: Final = Field("speed_kmh", number(1, 1_000), "on the way")
DETOUR: Final = Field("detour", number(1, 5), "metres of way for a metre of straight line", 1.3)
UNIT: Final[tuple[Field[Any], ...]] = (
    ID,
    NAME_ZH,
    NAME_EN,
    LON,
    LAT,
    COORD,
    SKILLS_LIST,
    HEADS,
    TURNOUT,
    SPREAD,
    SPEED,
    DETOUR,
    FACT,
    SOURCE,
)

WEIGHTS: Final = Field(
    "severity",
    table_of(tuple(Severity), number(0, 1_000)),
    "weight of a missing head and minute",
    SEVERITY_WEIGHTS,
)
RECALL: Final = Field(
    "recall_min", whole(1, MAX_MINUTES), "by when a recalled area must be empty", 30
)
GRACE: Final = Field(
    "grace_min", whole(0, MAX_MINUTES), "how late an arrival still counts for its need", 0
)
SCORING_TABLE: Final[tuple[Field[Any], ...]] = (WEIGHTS, RECALL, GRACE)
