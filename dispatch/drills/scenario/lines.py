"""What each kind of line of a timeline says beside `at`, `what`, `id` and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dispatch.drills.scenario.fields import (
    Field,
    choice,
    list_of,
    name,
    number,
    text,
    yes_or_no,
)
from dispatch.drills.scenario.needs import one_need
from dispatch.drills.scenario.problems import Code
from dispatch.drills.scenario.schema import (
    ANY_NUMBER,
    AT,
    DEADLINE_OWN,
    ENDS,
    HAZARD,
    ID,
    INCIDENT,
    MINUTES,
    NOTE,
    PLACE,
    REACH_OWN,
    RING,
    SHARE_OF,
    SURE,
    WORK_OWN,
)
from dispatch.drills.scenario.times import Moment, moment
from dispatch.model import ON_LAND, Certainty, Skill, TravelMode, ZoneKind
from dispatch.taxonomy import SKILLS

OF_INCIDENT: Final = Field("incident", name, "the id of an incident")
IF_INCIDENT: Final = Field("incident", name, "the id of an incident, if it is about one", None)
OF_NEED: Final = Field("need", name, "the id of a need; those of the incident file are `ROW/SKILL`")
ONE_NEED: Final = Field("needs", one_need, "one need, as in the incident file")
VERIFIED: Final = Field("verified", yes_or_no, "whether it comes in verified", True)
DUPLICATE_OF: Final = Field("duplicate_of", name, "the need it repeats unknowingly", None)
OF: Final = Field("of", name, "the need it repeats", None)
OWN_LON: Final = Field("lon", ANY_NUMBER, "degrees east, if not where the incident is", None)
OWN_LAT: Final = Field("lat", ANY_NUMBER, "degrees north", None)
REASON: Final = Field("reason", text(), "why, as the log and people are told")
ZONE_KIND: Final = Field("kind", choice(tuple(ZoneKind), Code.UNKNOWN_KIND), "what the hazard is")
ZONE_NAME: Final = Field("name", text(200), "what the zone is called")
LINE: Final = Field(
    "line", list_of(list_of(ANY_NUMBER, 2, 2), 2, 2_000), "points `[lon, lat]` of a line", None
)
POINT: Final = Field("point", list_of(ANY_NUMBER, 2, 2), "`[lon, lat]` of a single place", None)
WIDTH: Final = Field("radius_m", number(0, 20_000), "how far around it reaches", 0.0)
BLOCKS: Final[Field[tuple[TravelMode, ...]]] = Field(
    "blocks", list_of(choice(tuple(TravelMode)), 0, 4), "whom it stops; everybody on land", ON_LAND
)
PACE: Final = Field("pace", number(0.01, 1), "the speed left to the others", 1.0)
CERTAINTY: Final = Field(
    "certainty", choice(tuple(Certainty)), "how sure it is", Certainty.OBSERVED
)
OF_ZONE: Final = Field("zone", name, "the id of a `zone_drawn`")
OF_LOST: Final = Field("lost", name, "the id of a `cell_lost`")
SKILL: Final[Field[Skill]] = Field(
    "skill", choice(tuple(SKILLS), Code.UNKNOWN_SKILL), "whose holders are meant"
)
SHARE: Final = Field("share", SHARE_OF, "the share of them")
WITHIN: Final = Field("within_min", MINUTES, "by when nobody may remain", 30)
TEXT_ZH: Final = Field("text_zh", text(900), "in Chinese")
TEXT_EN: Final = Field("text_en", text(900), "in English")
DUTY: Final = Field("duty_share", SHARE_OF, "the share of those available who go on duty")
ENDS_ZONE: Final[Field[Moment | None]] = Field("ends", moment, "when it is over by itself", None)

WHAT: Final = Field("what", text(64), "which kind of line it is")
SHAPE: Final[tuple[Field[Any], ...]] = (RING, LINE, POINT, WIDTH)
GROUND: Final[tuple[Field[Any], ...]] = (RING, POINT, WIDTH)
HEAD: Final[tuple[Field[Any], ...]] = (AT, WHAT, ID, *SURE)

TIMELINE_TABLES: Final[Mapping[str, tuple[Field[Any], ...]]] = {
    "incident_opened": tuple(field for field in INCIDENT if field not in (ID, AT, *SURE)),
    "need_created": (
        OF_INCIDENT,
        ONE_NEED,
        OWN_LON,
        OWN_LAT,
        PLACE,
        DEADLINE_OWN,
        WORK_OWN,
        ENDS,
        REACH_OWN,
        VERIFIED,
        DUPLICATE_OF,
        NOTE,
    ),
    "need_verified": (OF_NEED,),
    "duplicate_found": (OF_NEED, OF),
    "need_closed": (OF_NEED, REASON),
    "incident_closed": (OF_INCIDENT, REASON),
    "hazard_raised": (OF_INCIDENT, HAZARD),
    "zone_drawn": (ZONE_KIND, ZONE_NAME, *SHAPE, BLOCKS, PACE, CERTAINTY, ENDS_ZONE),
    "zone_cleared": (OF_ZONE,),
    "cell_lost": GROUND,
    "cell_restored": (OF_LOST,),
    "recall": (*GROUND, WITHIN, REASON),
    "cover_lapsed": (SKILL, SHARE),
    "red_warning": (TEXT_ZH, TEXT_EN, DUTY),
    "message": (TEXT_ZH, TEXT_EN, IF_INCIDENT),
}
