"""What people write back: yes, no, later and what they bring, in Chinese and English.

Only texts all of whose words are known are understood, and only when they say one thing: a yes that
nobody meant sends somebody out, so "can you come?" or "去吗" are no answers. Who is not understood
is told what to write.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from dispatch.model import Means


@dataclass(frozen=True, slots=True, kw_only=True)
class Yes:
    """They come at once."""

    brings: tuple[Means, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """They come, but set out only in `ready_in_s`."""

    ready_in_s: int
    brings: tuple[Means, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """They do not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """Nobody can tell what they mean."""


Reply = Yes | Later | No | NotUnderstood

MOST_CHARACTERS: Final = 200
LATEST_S: Final = 86_400
BARE_MINUTES_MOST: Final = 720
"""A number without a unit is minutes, when it is a multiple of five up to this."""

_YES: Final = (
    "y|yes|yeah|yep|ok|okay|k|sure|go|coming|accept|accepted|no problem|on my way|i can|i can come|"
    "i will|i will come|ill come|can do|"
    "是|是的|去|来|能去|能来|可以|可以去|好|好的|好吧|行|没问题|参加|接受|同意|马上去|马上来|马上到|👍"
)
_NO: Final = (
    "n|no|nope|not|cannot|cant|can not|wont|will not|busy|decline|declined|unable|no time|"
    "i will not|i can not|"
    "不|不去|不来|不能|不能去|不能来|不行|不可以|不了|不参加|不接受|不同意|不方便|不是|不好|不用|不要|否|"
    "去不了|来不了|去不成|没空|没时间|没有时间|没有空|没法去|无法|无法前往|拒绝|有事"
)
_LATER: Final = (
    "later|after|delayed|late|"
    "晚点|晚一点|稍后|晚|以后|之后|后|再|再去|再来|再出发|才|才能|才能去|才能到"
)
_QUESTION: Final = "能不能|去不去|来不来|是不是|要不要|可不可以|行不行|好不好|会不会"
_FILLER: Final = (
    "i|im|ill|we|am|is|can|will|come|to|be|there|in|with|and|a|an|the|my|own|have|bring|bringing|"
    "please|thanks|thank you|sorry|now|reply|about|approx|around|from|set out|leave|"
    "我|我们|会|能|人|现在|马上|立刻|就|内|左右|大约|大概|约|到|到达|出发|过去|前往|的|了|啊|吧|哦|嗯|请|谢谢|"
    "不好意思|抱歉|对不起|回复|回|自带|带|带上|带着|带了|有|开|骑|坐|加|和|还|也|一台|一个|一辆|一艘|一条|"
    "辆|艘|台|自己|自家"
)
_MEANS: Final = {
    Means.CAR: "car|sedan|suv|车|汽车|轿车|小车|小汽车|私家车|开车",
    Means.OFF_ROAD: "4x4|4wd|awd|offroad|off road|jeep|越野车|四驱|四驱车|越野|吉普|吉普车",
    Means.TRUCK: "truck|lorry|pickup|van|卡车|货车|皮卡|大车|面包车",
    Means.MOTORCYCLE: "motorcycle|motorbike|bike|moto|摩托|摩托车",
    Means.BOAT: "boat|dinghy|kayak|raft|船|小船|冲锋舟|皮划艇|橡皮艇|快艇",
    Means.GENERATOR: "generator|genset|发电机",
    Means.CHAINSAW: "chainsaw|chain saw|油锯|电锯|链锯",
    Means.RADIO: "radio|walkie talkie|对讲机|电台",
    Means.MEDICAL_KIT: "medkit|medical kit|first aid kit|急救包|药箱|医疗包|急救箱",
}
"""Phrases, with a bar between two. At any place the longest counts."""

_MEANING: Final[dict[str, Means | str]] = {
    phrase: meaning
    for meaning, phrases in (
        *_MEANS.items(),
        ("filler", _FILLER),
        ("later", _LATER),
        ("question", _QUESTION),
        ("no", _NO),
        ("yes", _YES),
    )
    for phrase in phrases.split("|")
}
_SPACE: Final = r"[\s-]+"


def _pattern(phrase: str) -> str:
    """The phrase, and no part of a longer word of our letters."""
    text = _SPACE.join(re.escape(word) for word in phrase.split())
    return text + r"(?![a-z])" if phrase[-1].isascii() else text


_PHRASE: Final = re.compile(
    "|".join(_pattern(p) for p in sorted(_MEANING, key=lambda p: (-len(p), p)))
)
_END: Final = r"(?![a-z])"
_CHINESE: Final = r"[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九半]"
_NUMBER: Final = rf"(?:[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?|{_CHINESE})"
_MINUTE: Final = r"(?:分钟?|minutes?|mins?|m)"
_DURATION: Final = re.compile(
    rf"(?P<hours>{_NUMBER})\s*个?(?P<half>半?)(?:小时|钟头|hours?|hrs?|h){_END}"
    rf"(?:(?P<and_half>半)|\s*(?P<more>{_NUMBER})\s*{_MINUTE}?{_END})?"
    rf"|(?P<minutes>{_NUMBER})\s*{_MINUTE}{_END}"
)
_BARE: Final = re.compile(r"[0-9]{1,6}(?![0-9])")
_BETWEEN: Final = re.compile(r"[\s,.!;:、。+/()~\"-]+")
_UNITS: Final = {d: n for n, d in enumerate("零一二三四五六七八九")} | {"两": 2}
_DIGIT: Final = {"1": "yes-digit", "一": "yes-digit", "2": "no-digit", "二": "no-digit"}


_Token = Means | str | float
"""What somebody brings, a kind of word (`yes-digit` and `no-digit` too), or seconds."""


def understood(text: str) -> Reply:
    """Return what a text says. Never raises."""
    tokens = _tokens(_plain(text))
    return NotUnderstood() if tokens is None or "question" in tokens else _meant(tokens)


def _plain(text: str) -> str:
    """Full-width forms as plain ones, in small letters, without the apostrophes of `can't`."""
    short = text[: MOST_CHARACTERS + 1]
    return re.sub("['’`]", "", unicodedata.normalize("NFKC", short).casefold())


def _meant(tokens: list[_Token]) -> Reply:
    brings = tuple(sorted({t for t in tokens if isinstance(t, Means)}))
    durations_s = [t for t in tokens if isinstance(t, float)]
    yes = "yes" in tokens or "yes-digit" in tokens
    no = "no" in tokens or "no-digit" in tokens
    if yes and no:
        return NotUnderstood()
    if no:
        # "不能不去" is no no; a no with a time or a boat is none either.
        plain = tokens.count("no") <= 1 and not durations_s and not brings
        return No() if plain else NotUnderstood()
    if durations_s:
        return _later(durations_s, brings)
    return Yes(brings=brings) if yes and "later" not in tokens else NotUnderstood()


def _later(durations_s: list[float], brings: tuple[Means, ...]) -> Reply:
    ready_in_s = round(durations_s[0])
    if len(durations_s) > 1 or not 0 < ready_in_s <= LATEST_S:
        return NotUnderstood()
    return Later(ready_in_s=ready_in_s, brings=brings)


def _tokens(text: str) -> list[_Token] | None:
    """Read a text from left to right; None when there is something nobody knows."""
    if len(text) > MOST_CHARACTERS:
        return None
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if between := _BETWEEN.match(text, at):
            at = between.end()
            continue
        token, at = _next(text, at)
        if token is None:
            return None
        found.append(token)
    return found


def _next(text: str, at: int) -> tuple[_Token | None, int]:
    """The token that begins here, None when there is none, and where it ends."""
    if duration := _DURATION.match(text, at):
        return _seconds(duration), duration.end()
    if phrase := _PHRASE.match(text, at):
        return _MEANING[" ".join(re.split(_SPACE, phrase[0]))], phrase.end()
    if bare := _BARE.match(text, at):
        return _bare(bare[0]), bare.end()
    return _DIGIT.get(text[at]), at + 1


def _bare(text: str) -> _Token | None:
    """A number alone: one of the digits we asked for, or minutes."""
    minutes = int(text)
    if minutes % 5 == 0 and 0 < minutes <= BARE_MINUTES_MOST:
        return minutes * 60.0
    return _DIGIT.get(text)


def _seconds(found: re.Match[str]) -> float:
    if found["minutes"]:
        return _number(found["minutes"]) * 60
    halves = bool(found["half"]) + bool(found["and_half"])
    minutes = _number(found["more"]) if found["more"] else 0
    return (_number(found["hours"]) + halves / 2) * 3_600 + minutes * 60


def _number(text: str) -> float:
    if text[0].isascii():
        return float(text)
    if text == "半":
        return 0.5
    tens, ten, ones = text.rpartition("十")
    return float((_UNITS[tens] if tens else 1) * 10 * bool(ten) + (_UNITS[ones] if ones else 0))
