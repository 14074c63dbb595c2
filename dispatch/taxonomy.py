"""Skills, hazard gates and required cover: the tables an agency may replace.

Skill classes follow YJ/T 1.2-1.6-2022 (collapse, mountain, water, diving, medical), FEMA 508 typed
resources and the emergency rescuer occupation. Gates and sums are recommended defaults calibrated
on published volunteer policies; they are configuration, not law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dispatch.model import HazardClass, Skill, Tier


@dataclass(frozen=True, slots=True)
class Names:
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SkillDef:
    """A skill: the highest hazard class it may serve alone, and whether posting needs training."""

    code: Skill
    names: Names
    max_hazard: HazardClass
    needs_training: bool
    validity_days: int | None


@dataclass(frozen=True, slots=True)
class HazardGate:
    """Who may enter a hazard class. Ages in completed years; sums in whole currency units."""

    hazard: HazardClass
    names: Names
    min_age: int
    max_age: int
    guardian_below: int
    fitness: bool
    training: bool
    team_level: bool
    tiers: frozenset[Tier]
    accident_sum: int
    medical_sum: int
    sudden_death_sum: int
    third_party_sum: int


@dataclass(frozen=True, slots=True)
class IncidentKind:
    code: str
    names: Names
    hazard: HazardClass


def _skill(
    code: str, zh: str, en: str, hazard: HazardClass, training: bool, days: int | None
) -> SkillDef:
    return SkillDef(Skill(code), Names(zh, en), hazard, training, days)


_H0, _H1, _H2, _H3, _H4 = HazardClass

SKILLS: Final[Mapping[Skill, SkillDef]] = {
    s.code: s
    for s in (
        _skill("SAR-W", "水域搜救", "Swift-water rescue", _H4, True, 730),
        _skill("BOAT", "冲锋舟驾驶", "Boat driver", _H3, True, 1826),
        _skill("DIVE", "潜水救援", "Rescue diver", _H4, True, 365),
        _skill("SAR-M", "山地搜救", "Mountain and rope rescue", _H4, True, 730),
        _skill("SAR-C", "建筑物倒塌搜救", "Collapse search", _H4, True, 730),
        _skill("FIRE-W", "森林草原扑火辅助", "Wildland fire support", _H4, True, 365),
        _skill("CHAIN", "油锯手", "Chain saw", _H3, True, 730),
        _skill("HAZ", "危化处置", "Hazmat", _H4, True, 365),
        _skill("MED-1", "救护员", "First aider", _H2, True, 1095),
        _skill("MED-2", "护士/急救", "Nurse or EMT", _H3, True, 1826),
        _skill("MED-3", "医师", "Doctor", _H3, True, 1826),
        _skill("PSY", "心理援助", "Psychological first aid", _H1, True, 1095),
        _skill("CARE", "照护", "Care", _H2, True, 1095),
        _skill("DRV-4", "越野车驾驶", "4x4 driver", _H2, False, 2191),
        _skill("DRV-H", "大车驾驶", "Truck or bus driver", _H2, False, 2191),
        _skill("MOTO", "越野摩托", "Trail motorcycle", _H3, True, 2191),
        _skill("HVY", "重型机械", "Heavy plant", _H3, True, 1461),
        _skill("PUMP", "排水/发电", "Pumps and generators", _H2, True, 1095),
        _skill("ELEC", "电工", "Electrician", _H3, True, 1095),
        _skill("COMM", "应急通信", "Radio and satellite", _H2, True, 1826),
        _skill("UAV", "无人机", "Drone pilot", _H2, True, 730),
        _skill("K9", "搜救犬", "Search dog", _H4, True, 365),
        _skill("LOG", "物资/搬运", "Stores and sandbags", _H2, False, None),
        _skill("SHEL", "安置点管理", "Shelter management", _H1, True, None),
        _skill("COOK", "供餐", "Mass feeding", _H1, False, 365),
        _skill("DIS", "消杀防疫", "Disinfection", _H2, True, 1095),
        _skill("TRAF", "秩序疏导", "Marshal", _H2, True, None),
        _skill("GUIDE", "本地向导", "Local guide", _H2, False, None),
        _skill("TRAN", "翻译/手语", "Language and sign", _H1, False, None),
        _skill("INFO", "信息核实", "Information desk", _H0, False, None),
        _skill("LAW", "法律援助", "Legal aid", _H0, False, 1826),
        _skill("CMD", "现场负责人", "Task leader", _H4, True, 1095),
        _skill("SAFE", "安全官", "Safety officer", _H4, True, 1095),
    )
}

SUBSTITUTES: Final[Mapping[Skill, tuple[tuple[Skill, int], ...]]] = {
    Skill("MED-1"): ((Skill("MED-2"), 1), (Skill("MED-3"), 2)),
    Skill("MED-2"): ((Skill("MED-3"), 1),),
    Skill("DRV-4"): ((Skill("DRV-H"), 1),),
}
"""For a needed skill: who may stand in, and at how many steps (each step costs 20 % of the ETA)."""

_PRO = frozenset({Tier.PROFESSIONAL})
_PRO_TMP = frozenset({Tier.PROFESSIONAL, Tier.TEMPORARY})
_ANY = frozenset(Tier)

HAZARD_GATES: Final[Mapping[HazardClass, HazardGate]] = {
    g.hazard: g
    for g in (
        HazardGate(
            _H0, Names("远程", "Remote"), 16, 120, 18, False, False, False, _ANY, 0, 0, 0, 0
        ),
        HazardGate(
            _H1, Names("室内安全场所", "Inside a safe place"), 16, 120, 18, False, False, False,
            _ANY, 100_000, 10_000, 0, 0,
        ),
        HazardGate(
            _H2, Names("户外", "Outdoors, night, traffic, mud"), 18, 65, 18, False, True, False,
            _PRO_TMP, 200_000, 20_000, 50_000, 50_000,
        ),
        HazardGate(
            _H3, Names("水上运输、废墟边缘", "Water transport, ruins edge"), 18, 60, 18, True, True,
            False, _PRO, 500_000, 50_000, 100_000, 100_000,
        ),
        HazardGate(
            _H4, Names("激流、绳索、火线", "Swift water, rope, fire line"), 18, 55, 18, True, True,
            True, _PRO, 1_000_000, 100_000, 100_000, 100_000,
        ),
    )
}  # fmt: skip

LANGUAGES: Final[Mapping[str, Names]] = {
    "zh": Names("普通话", "Mandarin"),
    "zh-x-sichuan": Names("川渝方言", "Sichuan-Chongqing dialect"),
    "zh-x-henan": Names("中原方言", "Central Plains dialect"),
    "zh-x-dongbei": Names("东北方言", "North-eastern dialect"),
    "yue": Names("粤语", "Cantonese"),
    "wuu": Names("吴语", "Wu"),
    "nan": Names("闽南语", "Southern Min"),
    "hak": Names("客家话", "Hakka"),
    "ko": Names("朝鲜语", "Korean"),
    "mn": Names("蒙古语", "Mongolian"),
    "ug": Names("维吾尔语", "Uyghur"),
    "bo": Names("藏语", "Tibetan"),
    "sce": Names("东乡语", "Dongxiang"),
    "peh": Names("保安语", "Bonan"),
    "slr": Names("撒拉语", "Salar"),
    "za": Names("壮语", "Zhuang"),
    "ii": Names("彝语", "Yi"),
    "en": Names("英语", "English"),
    "csl": Names("中国手语", "Chinese Sign Language"),
}
"""What a crew may need a speaker of, by BCP 47 tag (RFC 5646); dialects without a tag of their own
take a private one. At most 64: the roster keeps a bit each. A language says how somebody can be
spoken to and nothing else: ethnicity is never stored and must not be read out of it."""

INCIDENT_KINDS: Final[Mapping[str, IncidentKind]] = {
    k.code: k
    for k in (
        IncidentKind("flood", Names("洪涝", "Flood"), _H2),
        IncidentKind("dike", Names("堤防险情", "Dike"), _H3),
        IncidentKind("flash_flood", Names("山洪", "Flash flood"), _H4),
        IncidentKind("tsunami", Names("海啸", "Tsunami"), _H3),
        IncidentKind("earthquake", Names("地震", "Earthquake"), _H3),
        IncidentKind("landslide", Names("滑坡泥石流", "Landslide"), _H4),
        IncidentKind("wildfire", Names("森林火灾", "Wildfire"), _H3),
        IncidentKind("snow", Names("雨雪冰冻", "Snow and ice"), _H2),
        IncidentKind("heat", Names("高温", "Heat"), _H2),
        IncidentKind("hazmat", Names("危化品", "Hazardous material"), _H4),
        IncidentKind("epidemic", Names("疫情", "Epidemic"), _H2),
        IncidentKind("missing", Names("人员走失", "Missing person"), _H2),
        IncidentKind("medical", Names("医疗急救", "Medical"), _H1),
        IncidentKind("shelter", Names("安置点", "Shelter"), _H1),
        IncidentKind("power", Names("停电", "Power failure"), _H2),
        IncidentKind("mass_event", Names("大型活动", "Mass event"), _H1),
        IncidentKind("other", Names("其他", "Other"), _H2),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyLimits:
    """Hard rule 6. A shift shorter than `shift_min_s` needs no rest but counts as time on task."""

    rest_s: int
    shift_min_s: int
    max_task_s: int
    alerts_per_day: int
    alerts_per_week: int

    def __post_init__(self) -> None:
        if min(self.rest_s, self.shift_min_s, self.max_task_s, self.alerts_per_day) < 1:
            raise ValueError(f"every duty limit must be positive: {self}")
        if self.alerts_per_week < self.alerts_per_day:
            raise ValueError(f"alerts_per_week is below alerts_per_day: {self}")


DUTY_LIMITS: Final = DutyLimits(
    rest_s=8 * 3600,
    shift_min_s=3600,
    max_task_s=12 * 3600,
    alerts_per_day=3,
    alerts_per_week=8,
)

RISK_ASSESSMENT_HEADS: Final = 50
"""Needs this large are treated like H2 and above: no publishing without a safety plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """How long one spell on scene may last where all that is named holds; empty means any."""

    limit_s: int
    skills: frozenset[Skill] = frozenset()
    kinds: frozenset[str] = frozenset()
    hazards: frozenset[HazardClass] = frozenset()

    def __post_init__(self) -> None:
        if self.limit_s < 1:
            raise ValueError(f"limit_s must be positive, got {self.limit_s}")


_HOUR: Final = 3600

ROTATIONS: Final = (
    # Boats and water, the fire line, the call desk.
    Rotation(limit_s=4 * _HOUR, skills=frozenset(map(Skill, ("SAR-W", "BOAT", "DIVE")))),
    Rotation(limit_s=4 * _HOUR, skills=frozenset({Skill("FIRE-W")})),
    Rotation(limit_s=4 * _HOUR, kinds=frozenset({"wildfire"}), hazards=frozenset({_H4})),
    Rotation(limit_s=4 * _HOUR, skills=frozenset({Skill("INFO")})),
    # Heat of 35 to 40 C is H2, above 40 C H3; frost below -10 C is H3.
    Rotation(limit_s=2 * _HOUR, kinds=frozenset({"heat"}), hazards=frozenset({_H2})),
    Rotation(limit_s=1 * _HOUR, kinds=frozenset({"heat"}), hazards=frozenset({_H3, _H4})),
    Rotation(limit_s=1 * _HOUR, kinds=frozenset({"snow"}), hazards=frozenset({_H3, _H4})),
)
"""Recommended rotations; of several that hold the shortest counts, and `DUTY_LIMITS` always."""
