from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.alerts.templates import (
    LANGUAGES,
    MOST,
    TEMPLATES,
    Rendered,
    parameters,
    rendered,
)
from dispatch.model import Medium, Urgency
from dispatch.ports import Language, Message

LINK = "https://dispatch.yushu.example/a/abcdefghijkl.0123456789012345678901"
USUAL = {
    "sign": "榆树应急",
    "place": "北门大堤",
    "what": "物资/搬运",
    "by": "14:30",
    "at": "15:00",
    "hazard": "洪水",
    "minutes": "25",
    "name": "七月演练",
    "link": LINK,
}
TOLD = [Medium.PUSH, Medium.SMS, Medium.VOICE, Medium.CHAT]
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def message(template: str, language: Language = "zh", **over: str) -> Message:
    params = {name: USUAL[name] for name in parameters(template)}
    return Message(
        template=template,
        params=params | over,
        language=language,
        urgency=Urgency.LIFE,
        expires_at=None,
        exercise=False,
    )


@pytest.mark.parametrize("medium", TOLD)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_says_something_by_every_medium(
    template: str, language: Language, medium: Medium
) -> None:
    text = rendered(message(template, language), medium)
    assert text.body
    assert not re.search("[{}]", text.title + text.body)


@pytest.mark.parametrize("template", TEMPLATES)
def test_both_languages_are_filled_with_the_same(template: str) -> None:
    for text in TEMPLATES[template].values():
        named = set(re.findall(r"{(\w+)}", "".join([text.sms, text.voice, text.title, text.body])))
        assert named <= parameters(template) <= MOST.keys()


@pytest.mark.parametrize("medium", TOLD)
@pytest.mark.parametrize(("language", "mark"), [("zh", "【演练】"), ("en", "[EXERCISE]")])
@pytest.mark.parametrize("template", TEMPLATES)
def test_an_exercise_says_so_first(
    template: str, language: Language, mark: str, medium: Medium
) -> None:
    text = rendered(replace(message(template, language), exercise=True), medium)
    assert (text.title or text.body).startswith(mark)


def segments(text: str) -> int:
    """How many messages a carrier counts (3GPP TS 23.038): 160 or 153, in UCS-2 70 or 67."""
    one, more = (160, 153) if set(text) <= GSM else (70, 67)
    return 1 if len(text) <= one else -(-len(text) // more)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_message_is_short(template: str) -> None:
    chinese = rendered(message(template), Medium.SMS).body
    english = {"sign": "Yushu Rescue", "place": "North dike", "what": "Stores and sandbags"}
    given = {k: v for k, v in (english | {"name": "July", "hazard": "a flood"}).items()
             if k in parameters(template)}  # fmt: skip
    other = rendered(message(template, "en", **given), Medium.SMS).body
    most = 2 if template == "offer" else 1
    assert (segments(chinese), segments(other)) <= (most, most), (len(chinese), len(other))


def test_an_offer_by_text_message_says_how_to_answer() -> None:
    assert rendered(message("offer"), Medium.SMS) == Rendered(
        title="",
        body="【榆树应急】请您前往北门大堤，物资/搬运，14:30前到。回1去，2不去，晚到回分钟数如30。"
        + LINK,
    )


def test_the_link_of_one_person_goes_by_text_message_alone() -> None:
    for medium in (Medium.PUSH, Medium.VOICE, Medium.CHAT):
        text = rendered(message("offer"), medium)
        assert LINK not in text.title + text.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_group_chat_calls_nobody_by_itself(language: Language) -> None:
    text = rendered(message("offer", language), Medium.CHAT).body
    assert ("没有答应的请不要前往" in text) if language == "zh" else ("do not go unless" in text)


@pytest.mark.parametrize(
    ("template", "params"),
    [
        ("offer", {}),
        ("test", {"sign": "x"}),
        ("test", {"sign": "x", "name": "y", "text": "free"}),
        ("invented", {"sign": "x"}),
    ],
)
def test_a_missing_or_unknown_parameter_or_template_is_an_error(
    template: str, params: dict[str, str]
) -> None:
    bad = replace(message("test"), template=template, params=params)
    with pytest.raises(ValueError, match=r"missing or unknown|no template"):
        rendered(bad, Medium.SMS)


def test_a_link_is_told_whole_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="too long"):
        rendered(message("offer", link="https://" + "x" * 200), Medium.SMS)


@given(st.text())
def test_what_people_call_things_stays_one_short_line(value: str) -> None:
    text = rendered(message("offer", place=value), Medium.SMS).body
    plain = rendered(message("offer", place=""), Medium.SMS).body
    assert len(text) <= len(plain) + MOST["place"]
    assert not re.search(r"[\r\n\x00]", text)


def test_braces_in_a_name_are_a_name() -> None:
    assert "{link}" in rendered(message("recall", place="{link}"), Medium.SMS).body
