"""Lines of the incident file and of the timeline, as injects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dispatch.drills.scenario import lines as say
from dispatch.drills.scenario import model as it
from dispatch.drills.scenario import schema as key
from dispatch.drills.scenario.fields import Field, Incomplete, Section
from dispatch.drills.scenario.needs import NeedWords
from dispatch.drills.scenario.nodes import Fields, Node
from dispatch.drills.scenario.problems import Code, Problems
from dispatch.drills.scenario.world import NeedDefaults, World, circle
from dispatch.model import Line, Site, ZoneForm
from dispatch.taxonomy import Names

Made = Iterator[it.TimelineInject]
_Make = Callable[[Section, World], Made]


def read_incidents(rows: Iterable[Fields], world: World) -> None:
    """Read the rows of an incident file: each an incident, with its needs."""
    for row in rows:
        _made(Section(row, key.INCIDENT, world.problems), _incident, world)


def read_timeline(nodes: Sequence[Node], world: World) -> None:
    """Read the lines of a timeline; what a line is about may stand after it."""
    sections = [found for node in nodes if (found := _section(node, world)) is not None]
    for section in sorted(sections, key=_rank):
        _made(section, MAKERS[section[say.WHAT]][0], world)


def _rank(section: Section) -> int:
    """Incidents and the like first, then what is about them, then what is about that."""
    return MAKERS[section[say.WHAT]][1] + section.said(say.DUPLICATE_OF)


def _section(node: Node, world: World) -> Section | None:
    """The section of a line, by the table of what it says it is."""
    head = Section(node, (say.WHAT,), Problems())
    what = head[say.WHAT] if head.has(say.WHAT) else ""
    if what in say.TIMELINE_TABLES:
        return Section(node, (*say.HEAD, *say.TIMELINE_TABLES[what]), world.problems)
    known = ", ".join(say.TIMELINE_TABLES)
    message = f"what: {what!r} is none of {known}" if what else "what: is missing"
    world.problems.add(
        head.at(say.WHAT), Code.UNKNOWN_KIND if what else Code.MISSING, "what", message
    )
    return None


def _made(section: Section, make: _Make, world: World) -> None:
    """Add what a section makes to the world; what is wrong with it was noted."""
    world.declare_section(section)
    try:
        made = list(make(section, world))
    except Incomplete:
        return
    for inject in made:
        world.made.setdefault(inject.id, inject)


def _common(section: Section, world: World, *, placed: bool = False) -> dict[str, Any]:
    """What every inject has."""
    at_s = world.at_s(section, key.AT)
    provenance = world.provenance(section, placed=placed)
    place = str(section.place)
    return {"id": section[key.ID], "at_s": at_s, "provenance": provenance, "place": place}


# Incidents and needs


def _incident(section: Section, world: World) -> Made:
    """An incident with the needs of its line, and when somebody verified them."""
    name = section[key.ID] if section.has(key.ID) else ""
    words: tuple[NeedWords, ...] = ()
    if section.has(key.NEED_WORDS):
        words = section[key.NEED_WORDS]
    else:
        world.torn.add(name)
    for one in words:
        world.declare(f"{name}/{one.skill}", section.at(key.NEED_WORDS))
    opened = _opened(section, world)
    yield opened
    for one in words:
        yield from _needs_of(section, world, opened, one)


def _opened(section: Section, world: World) -> it.IncidentOpened:
    return it.IncidentOpened(
        **_common(section, world, placed=True),
        kind=section[key.KIND],
        titles=Names(section[key.TITLE_ZH], section[key.TITLE_EN]),
        description=section[key.NOTE],
        site=world.site(section, key.LON, key.LAT, section[key.PLACE]),
        region=world.region(section),
        severity=section[key.SEVERITY],
        hazard=section[key.HAZARD],
    )


def _needs_of(section: Section, world: World, opened: it.IncidentOpened, words: NeedWords) -> Made:
    after_min: int | None = section[key.VERIFIED_AFTER]
    sure = replace(opened.provenance, fact=section[key.NEEDS_FACT])
    common: dict[str, Any] = {
        "id": f"{opened.id}/{words.skill}",
        "at_s": opened.at_s,
        "provenance": sure,
        "place": opened.place,
    }
    need = _need(section, world, opened, words, common, verified=not after_min)
    yield need
    if after_min:
        at_s = need.at_s + 60 * after_min
        if at_s >= need.deadline_s:
            said = "verified_min: is verified only after the deadline"
            section.problem(key.VERIFIED_AFTER, Code.TOO_LATE, said)
            raise Incomplete
        common = common | {"id": f"{need.id}/verified", "at_s": at_s}
        yield it.NeedVerified(**common, need=need.id)


def _need(
    section: Section,
    world: World,
    opened: it.IncidentOpened,
    words: NeedWords,
    common: Mapping[str, Any],
    *,
    verified: bool,
    site: Site | None = None,
    duplicate_of: str | None = None,
) -> it.NeedCreated:
    defaults = world.defaults
    if defaults is None:
        raise Incomplete
    deadline_s, ends_s = _until(section, world, defaults, common["at_s"])
    reach_min: int | None = section[key.REACH_OWN]
    return it.NeedCreated(
        **common,
        incident=opened.id,
        skill=words.skill,
        level=words.level,
        heads=words.heads,
        hazard=words.hazard_in(opened.hazard),
        site=site or opened.site,
        deadline_s=deadline_s,
        ends_s=ends_s,
        reach_s=60 * reach_min if reach_min else defaults.reach_s,
        verified=verified,
        risk_assessment=defaults.risk_assessment,
        safety_plan=defaults.safety_plan,
        note=section[key.NOTE],
        duplicate_of=duplicate_of,
    )


def _until(section: Section, world: World, defaults: NeedDefaults, at_s: int) -> tuple[int, int]:
    """Return the deadline and the end of a need that comes up at `at_s`."""
    own_min, work_min = section[key.DEADLINE_OWN], section[key.WORK_OWN]
    deadline_s = at_s + (60 * own_min if own_min else defaults.deadline_s)
    ends = section[key.ENDS]
    if ends is None:
        return deadline_s, deadline_s + (60 * work_min if work_min else defaults.work_s)
    ends_s = world.seconds(section, key.ENDS, ends)
    if ends_s <= at_s:
        section.problem(key.ENDS, Code.ENDS_BEFORE_START, "ends: is not after the need comes up")
        raise Incomplete
    if own_min and ends_s < deadline_s:
        section.problem(key.ENDS, Code.ENDS_BEFORE_START, "ends: is before the deadline")
        raise Incomplete
    return min(deadline_s, ends_s), ends_s


def _created(section: Section, world: World) -> Made:
    placed = section.said(say.OWN_LON) or section.said(say.OWN_LAT)
    common = _common(section, world, placed=placed)
    opened = world.target(section, say.OF_INCIDENT, it.IncidentOpened, common["at_s"])
    site = None
    if placed:
        site = world.site(section, say.OWN_LON, say.OWN_LAT, section[key.PLACE])
    repeats = section[say.DUPLICATE_OF]
    if repeats is not None:
        world.target(section, say.DUPLICATE_OF, it.NeedCreated, common["at_s"])
    yield _need(
        section,
        world,
        opened,
        section[say.ONE_NEED],
        common,
        verified=section[say.VERIFIED],
        site=site,
        duplicate_of=repeats,
    )


def _verified(section: Section, world: World) -> Made:
    common = _common(section, world)
    need = world.target(section, say.OF_NEED, it.NeedCreated, common["at_s"])
    if need.verified:
        section.problem(say.OF_NEED, Code.BAD_VALUE, f"need: {need.id!r} came in verified")
        raise Incomplete
    if common["at_s"] >= need.deadline_s:
        section.problem(key.AT, Code.TOO_LATE, f"at: the deadline of {need.id!r} has passed")
        raise Incomplete
    yield it.NeedVerified(**common, need=need.id)


def _duplicate(section: Section, world: World) -> Made:
    common = _common(section, world)
    need = world.target(section, say.OF_NEED, it.NeedCreated, common["at_s"])
    of = need.duplicate_of
    if section[say.OF] is not None:
        of = world.target(section, say.OF, it.NeedCreated, common["at_s"]).id
    if of is None or of == need.id:
        said = f"of: say which need {need.id!r} repeats"
        section.problem(say.OF, Code.MISSING, said)
        raise Incomplete
    yield it.DuplicateFound(**common, need=need.id, of=of)


def _need_closed(section: Section, world: World) -> Made:
    common = _common(section, world)
    need = world.target(section, say.OF_NEED, it.NeedCreated, common["at_s"])
    yield it.NeedClosed(**common, need=need.id, reason=section[say.REASON])


def _incident_closed(section: Section, world: World) -> Made:
    common = _common(section, world)
    opened = world.target(section, say.OF_INCIDENT, it.IncidentOpened, common["at_s"])
    yield it.IncidentClosed(**common, incident=opened.id, reason=section[say.REASON])


def _hazard_raised(section: Section, world: World) -> Made:
    common = _common(section, world)
    opened = world.target(section, say.OF_INCIDENT, it.IncidentOpened, common["at_s"])
    hazard = section[key.HAZARD]
    if hazard.rank <= opened.hazard.rank:
        said = f"hazard: {hazard} is not above {opened.hazard}, that of {opened.id!r}"
        section.problem(key.HAZARD, Code.BAD_VALUE, said)
        raise Incomplete
    yield it.HazardRaised(**common, incident=opened.id, hazard=hazard)


# The ground, the network, the people


def _zone(section: Section, world: World) -> Made:
    common = _common(section, world, placed=True)
    field, form, line = _shape(section, _FORMS)
    ends_s = None
    ends = section[say.ENDS_ZONE]
    if ends is not None:
        ends_s = world.seconds(section, say.ENDS_ZONE, ends)
        if ends_s <= common["at_s"]:
            section.problem(say.ENDS_ZONE, Code.ENDS_BEFORE_START, "ends: is not after it begins")
            raise Incomplete
    yield it.ZoneDrawn(
        **common,
        zone_kind=section[say.ZONE_KIND],
        name=section[say.ZONE_NAME],
        form=form,
        parts=world.parts(section, field, form, line, section[say.WIDTH]),
        radius_m=section[say.WIDTH],
        blocks=section[say.BLOCKS],
        pace=section[say.PACE],
        certainty=section[say.CERTAINTY],
        ends_s=ends_s,
    )


def _cleared(section: Section, world: World) -> Made:
    common = _common(section, world)
    zone = world.target(section, say.OF_ZONE, it.ZoneDrawn, common["at_s"])
    yield it.ZoneCleared(**common, zone=zone.id)


def _cell_lost(section: Section, world: World) -> Made:
    common = _common(section, world, placed=True)
    yield it.CellLost(**common, area=_ground(section, world))


def _cell_restored(section: Section, world: World) -> Made:
    common = _common(section, world)
    lost = world.target(section, say.OF_LOST, it.CellLost, common["at_s"])
    yield it.CellRestored(**common, lost=lost.id)


def _recall(section: Section, world: World) -> Made:
    yield it.Recall(
        **_common(section, world, placed=True),
        area=_ground(section, world),
        within_s=60 * section[say.WITHIN],
        reason=section[say.REASON],
    )


def _lapsed(section: Section, world: World) -> Made:
    common = _common(section, world)
    yield it.CoverLapsed(**common, skill=section[say.SKILL], share=section[say.SHARE])


def _warning(section: Section, world: World) -> Made:
    text = Names(section[say.TEXT_ZH], section[say.TEXT_EN])
    yield it.RedWarning(**_common(section, world), text=text, duty_share=section[say.DUTY])


def _message(section: Section, world: World) -> Made:
    common = _common(section, world)
    incident = None
    if section[say.IF_INCIDENT] is not None:
        found = world.target(section, say.IF_INCIDENT, it.IncidentOpened, common["at_s"])
        incident = found.id
    text = Names(section[say.TEXT_ZH], section[say.TEXT_EN])
    yield it.Message(**common, text=text, incident=incident)


def _ground(section: Section, world: World) -> it.Area:
    """Return an area that is drawn as a ring, or as a circle around a point."""
    field, form, line = _shape(section, _GROUNDS)
    radius_m: float = section[say.WIDTH]
    if form is ZoneForm.POINT:
        if radius_m <= 0:
            section.problem(say.WIDTH, Code.BAD_SHAPE, "radius_m: a point needs one above 0")
            raise Incomplete
        world.parts(section, field, form, line, radius_m)
        return it.Area(ring=circle(*world.degrees(line)[0], radius_m))
    if radius_m:
        section.problem(say.WIDTH, Code.BAD_SHAPE, "radius_m: goes with a point, not with a ring")
        raise Incomplete
    ((ring, *_), *_) = world.parts(section, field, form, line, 0.0)
    return it.Area(ring=ring)


def _shape(
    section: Section, forms: Mapping[ZoneForm, Field[Any]]
) -> tuple[Field[Any], ZoneForm, Line]:
    """Return the one shape that a section draws, its field and its form."""
    said = [(form, field) for form, field in forms.items() if section.said(field)]
    if len(said) != 1:
        some = ", ".join(field.name for field in forms.values())
        section.problem(say.WHAT, Code.BAD_SHAPE, f"say one of {some}")
        raise Incomplete
    ((form, field),) = said
    value = section[field]
    return field, form, line_of((value,) if form is ZoneForm.POINT else value)


def line_of(points: Sequence[Sequence[float]]) -> Line:
    """Return points that were read as lists as the model has them."""
    return tuple((lon, lat) for lon, lat in points)


_FORMS: Final[Mapping[ZoneForm, Field[Any]]] = {
    ZoneForm.AREA: key.RING,
    ZoneForm.LINE: say.LINE,
    ZoneForm.POINT: say.POINT,
}
_GROUNDS: Final[Mapping[ZoneForm, Field[Any]]] = {
    ZoneForm.AREA: key.RING,
    ZoneForm.POINT: say.POINT,
}

MAKERS: Final[Mapping[str, tuple[_Make, int]]] = {
    "incident_opened": (_incident, 0),
    "need_created": (_created, 1),
    "zone_drawn": (_zone, 0),
    "cell_lost": (_cell_lost, 0),
    "recall": (_recall, 0),
    "cover_lapsed": (_lapsed, 0),
    "red_warning": (_warning, 0),
    "message": (_message, 1),
    "hazard_raised": (_hazard_raised, 1),
    "incident_closed": (_incident_closed, 1),
    "zone_cleared": (_cleared, 1),
    "cell_restored": (_cell_restored, 1),
    "need_verified": (_verified, 3),
    "duplicate_found": (_duplicate, 3),
    "need_closed": (_need_closed, 3),
}
