"""What can be wrong with a scenario: coded, with file, line and column, and all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dispatch.errors import BadInput
from dispatch.taxonomy import Names


class Code(StrEnum):
    """Why a line cannot be used; stable, the screens translate them."""

    NOT_READABLE = "NOT_READABLE"
    NOT_UTF8 = "NOT_UTF8"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    NOT_YAML = "NOT_YAML"
    NO_ALIASES = "NO_ALIASES"
    NO_TAGS = "NO_TAGS"
    TOO_DEEP = "TOO_DEEP"
    NOT_CSV = "NOT_CSV"
    NOT_GEOJSON = "NOT_GEOJSON"
    UNKNOWN_FORMAT = "UNKNOWN_FORMAT"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    TWICE = "TWICE"
    MISSING = "MISSING"
    BAD_VALUE = "BAD_VALUE"
    NOT_A_NUMBER = "NOT_A_NUMBER"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    BAD_TIME = "BAD_TIME"
    BEFORE_START = "BEFORE_START"
    AFTER_END = "AFTER_END"
    ENDS_BEFORE_START = "ENDS_BEFORE_START"
    UNKNOWN_SKILL = "UNKNOWN_SKILL"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    UNKNOWN_REGION = "UNKNOWN_REGION"
    BAD_NEED = "BAD_NEED"
    SKILL_BELOW_HAZARD = "SKILL_BELOW_HAZARD"
    SWAPPED = "SWAPPED"
    OUTSIDE_AREA = "OUTSIDE_AREA"
    BAD_SHAPE = "BAD_SHAPE"
    UNKNOWN_NAME = "UNKNOWN_NAME"
    TOO_EARLY = "TOO_EARLY"
    TOO_LATE = "TOO_LATE"
    BAD_PROVENANCE = "BAD_PROVENANCE"
    BAD_AGENCY = "BAD_AGENCY"
    NO_EXERCISE = "NO_EXERCISE"
    REFUSED = "REFUSED"


TEXTS: Final[Mapping[Code, Names]] = {
    Code.NOT_READABLE: Names("文件不存在或无法读取", "the file is missing or cannot be read"),
    Code.NOT_UTF8: Names("文件不是 UTF-8 编码", "the file is not UTF-8"),
    Code.FILE_TOO_LARGE: Names("文件过大", "the file is too large"),
    Code.NOT_YAML: Names("不是有效的 YAML", "not YAML"),
    Code.NO_ALIASES: Names("不允许使用 YAML 别名", "YAML aliases are not allowed"),
    Code.NO_TAGS: Names("不允许使用 YAML 标签", "YAML tags are not allowed"),
    Code.TOO_DEEP: Names("嵌套过深", "nested too deeply"),
    Code.NOT_CSV: Names("不是有效的 CSV", "not CSV"),
    Code.NOT_GEOJSON: Names("不是有效的 GeoJSON", "not GeoJSON"),
    Code.UNKNOWN_FORMAT: Names("不支持的文件格式", "a file format that is not read"),
    Code.UNKNOWN_KEY: Names("未知的字段", "a key or column that is not known"),
    Code.TWICE: Names("重复出现", "comes twice"),
    Code.MISSING: Names("缺少必填项", "missing"),
    Code.BAD_VALUE: Names("取值无效", "a value that cannot be used"),
    Code.NOT_A_NUMBER: Names("不是数字", "not a number"),
    Code.OUT_OF_RANGE: Names("超出范围", "out of range"),
    Code.BAD_TIME: Names("时间格式无效", "not a time"),
    Code.BEFORE_START: Names("早于演练开始", "before the drill begins"),
    Code.AFTER_END: Names("晚于演练结束", "after the drill ends"),
    Code.ENDS_BEFORE_START: Names("结束早于开始", "ends before it begins"),
    Code.UNKNOWN_SKILL: Names("未知的技能代码", "a skill that is not known"),
    Code.UNKNOWN_KIND: Names("未知的类型", "a kind that is not known"),
    Code.UNKNOWN_REGION: Names("机构文件中没有该区划", "a region the agency does not have"),
    Code.BAD_NEED: Names("需求写法无效", "a need that cannot be read"),
    Code.SKILL_BELOW_HAZARD: Names(
        "该技能不得进入此危险等级", "the skill may not serve in that hazard class"
    ),
    Code.SWAPPED: Names("经纬度写反了", "longitude and latitude are swapped"),
    Code.OUTSIDE_AREA: Names("位于演练区域之外", "outside the area"),
    Code.BAD_SHAPE: Names("图形无效", "a shape that cannot be used"),
    Code.UNKNOWN_NAME: Names("引用了不存在的名称", "names something that does not exist"),
    Code.TOO_EARLY: Names("早于其所属事件", "before the thing it is about"),
    Code.TOO_LATE: Names("晚于其所属事件结束", "after the thing it is about is over"),
    Code.BAD_PROVENANCE: Names("来源标记无效", "a provenance mark that is not one"),
    Code.BAD_AGENCY: Names("机构文件不可用", "the agency file cannot be used"),
    Code.NO_EXERCISE: Names("机构未标明为演练", "the agency is not marked as an exercise"),
    Code.REFUSED: Names("指挥台届时会拒绝", "the desk would refuse it at that moment"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """Where something stands: a file and, counted from 1, its line and column (0: no such)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what, in which field, and what was expected."""

    place: Place
    code: Code
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code} {self.message}"


class Bad(Exception):
    """A value cannot be used. Without a `place` it is where whoever reads the value knows it."""

    def __init__(self, code: Code, message: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.place = code, message, place


class BadScenario(BadInput):
    """A scenario cannot be used; nothing was started."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        super().__init__("\n".join(map(str, self.problems)))


class Problems(list[Problem]):
    """What was found so far."""

    def add(self, place: Place, code: Code, field: str, message: str) -> None:
        """Note a problem."""
        self.append(Problem(place=place, code=code, field=field, message=message))
