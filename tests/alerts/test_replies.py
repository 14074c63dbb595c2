from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.alerts.replies import (
    LATEST_S,
    Later,
    No,
    NotUnderstood,
    Reply,
    Yes,
    understood,
)
from dispatch.model import Means

MINUTE, HOUR = 60, 3_600
CAR, BOAT = Means.CAR, Means.BOAT


@pytest.mark.parametrize(
    "text",
    [
        "1", " 1 ", "1.", "1!", "１", "①", "一", "Y", "y", "YES", "Yes, I'm coming", "ok", "OK.",
        "No problem", "on my way", "I can come", "是", "去", "我去", "好的,我去", "可以", "没问题",
        "回1", "1去", "马上到", "1 1", "👍", "Ｙ",
    ],
)  # fmt: skip
def test_yes(text: str) -> None:
    assert understood(text) == Yes()


@pytest.mark.parametrize(
    "text",
    [
        "2", "２", "N", "no", "No, sorry", "can't", "cannot", "can’t come", "I will not come",
        "不", "不去", "不能去", "去不了", "我来不了", "没空", "不好意思，去不了", "2 不去",
        "不去了", "二", "I can not come",
    ],
)  # fmt: skip
def test_no(text: str) -> None:
    assert understood(text) == No()


@pytest.mark.parametrize(
    ("text", "ready_in_s"),
    [
        ("30", 30 * MINUTE),
        ("３０分钟", 30 * MINUTE),
        ("30分", 30 * MINUTE),
        ("30分钟后到", 30 * MINUTE),
        ("三十分钟", 30 * MINUTE),
        ("十五分钟", 15 * MINUTE),
        ("二十五分钟", 25 * MINUTE),
        ("Y 30", 30 * MINUTE),
        ("y30", 30 * MINUTE),
        ("1 30", 30 * MINUTE),
        ("in 30 min", 30 * MINUTE),
        ("yes, 30 minutes later", 30 * MINUTE),
        ("2h", 2 * HOUR),
        ("2 hours", 2 * HOUR),
        ("1h30", 90 * MINUTE),
        ("1 hour 30 min", 90 * MINUTE),
        ("1.5h", 90 * MINUTE),
        ("1小时", HOUR),
        ("1个小时", HOUR),
        ("半小时", 30 * MINUTE),
        ("半个小时后出发", 30 * MINUTE),
        ("一个半小时", 90 * MINUTE),
        ("一小时半", 90 * MINUTE),
        ("两小时", 2 * HOUR),
        ("两小时后我能到", 2 * HOUR),
        ("去，1小时30分", 90 * MINUTE),
        ("24h", LATEST_S),
    ],
)
def test_later(text: str, ready_in_s: int) -> None:
    assert understood(text) == Later(ready_in_s=ready_in_s)


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("1+car", Yes(brings=(CAR,))),
        ("Y +car +boat", Yes(brings=(BOAT, CAR))),
        ("yes with my boat", Yes(brings=(BOAT,))),
        ("去，带船", Yes(brings=(BOAT,))),
        ("1 有越野车", Yes(brings=(Means.OFF_ROAD,))),
        ("1 4x4", Yes(brings=(Means.OFF_ROAD,))),
        ("可以，开车", Yes(brings=(CAR,))),
        ("2h with boat", Later(ready_in_s=2 * HOUR, brings=(BOAT,))),
        ("30分钟 带发电机和油锯", Later(
            ready_in_s=30 * MINUTE, brings=(Means.CHAINSAW, Means.GENERATOR))),
        ("ok, first-aid kit, walkie-talkie", Yes(brings=(Means.MEDICAL_KIT, Means.RADIO))),
        ("y truck motorbike", Yes(brings=(Means.MOTORCYCLE, Means.TRUCK))),
    ],
)  # fmt: skip
def test_what_they_bring(text: str, reply: Reply) -> None:
    assert understood(text) == reply


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "1?", "去吗", "去哪", "能不能去", "是不是", "去不去", "can you come", "1 个问题",
        "yes no", "1 2", "1/2", "y/n", "不能不去", "不知道", "maybe", "3", "12", "0", "1000", "25h",
        "以后去", "yes later", "晚点去", "去 没车", "no car", "不去 30分钟", "30 60", "November",
        "yesterday", "car", "有船", "STOP", "5点到", "1" * 300, "是" * 201, "١", "\ud83d",
        "2个人可以", "not sure", "0分钟", "1 hours 2h",
    ],
)  # fmt: skip
def test_what_may_mean_something_else_is_not_understood(text: str) -> None:
    assert understood(text) == NotUnderstood()


@given(st.text())
def test_no_text_at_all_breaks_it(text: str) -> None:
    assert isinstance(understood(text), Yes | No | Later | NotUnderstood)


_PIECES = [
    "1",
    "2",
    "30",
    "去",
    "不",
    "半",
    "十",
    "小时",
    "分钟",
    "h",
    "m",
    "yes",
    "no",
    "车",
    " ",
    ".",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_no_mixture_of_known_words_breaks_it(text: str) -> None:
    reply = understood(text)
    if isinstance(reply, Later):
        assert 0 < reply.ready_in_s <= LATEST_S


@given(st.sampled_from(["1", "y 30", "不去", "2h with boat", "nonsense"]), st.data())
def test_case_width_and_punctuation_say_nothing(text: str, data: st.DataObject) -> None:
    def widened(character: str) -> str:
        wide = "!" <= character <= "~" and data.draw(st.booleans())
        return chr(ord(character) + 0xFEE0) if wide else character

    noise = data.draw(st.sampled_from(["", " ", "  。", "!", ", "]))
    changed = "".join(widened(c) for c in data.draw(st.sampled_from([text, text.upper()])))
    assert understood(noise + changed + noise) == understood(text)
