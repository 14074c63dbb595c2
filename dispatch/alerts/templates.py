"""The texts of messages, in one table: a template, a language, and what each medium says.

Nothing but named parameters goes into a text, cut to a length, so nobody can be told anything that
does not stand here; a carrier that knows its templates by name gets the name and the parameters.
Every text of an exercise says so first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from string import Formatter
from typing import Final

from dispatch.model import Medium
from dispatch.ports import Language, Message

LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
EXERCISE: Final[Mapping[Language, str]] = {"zh": "【演练】", "en": "[EXERCISE] "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What one template says in one language: `sms` short, `voice` to be read out, `title` and
    `body` for a device's notice, and `chat`, which a whole team may read: it calls nobody by itself
    and holds no link of one person; without one it says `body`."""

    sms: str
    voice: str
    title: str
    body: str
    chat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A text ready to be sent; `title` is empty where the medium has none."""

    title: str
    body: str


MOST: Final[Mapping[str, int]] = {
    "sign": 24, "place": 28, "what": 24, "by": 12, "at": 12, "hazard": 24, "minutes": 5,
    "name": 30, "link": 200,
}  # fmt: skip
"""The parameters there are, and how many characters of each are told. A link is never cut."""

_OFFER: Final[Mapping[Language, Text]] = {
    "zh": Text(
        sms="【{sign}】请您前往{place}，{what}，{by}前到。回1去，2不去，晚到回分钟数如30。{link}",
        voice="{sign}通知。请您前往{place}，任务是{what}，请在{by}之前到达，路程约{minutes}分钟。"
        "去请按1，不去请按2。",
        title="请您前往{place}",
        body="{what}，{by}前到，路程约{minutes}分钟。{sign}",
        chat="正在联系志愿者前往{place}，{what}，{by}前到。请看自己的手机，没有答应的请不要前往。{sign}",
    ),
    "en": Text(
        sms="{sign}: please go to {place}, {what}, by {by}. Reply 1 yes, 2 no, or minutes if later "
        "(30). {link}",
        voice="This is {sign}. You are asked to go to {place}, for {what}, by {by}. It is about "
        "{minutes} minutes away. Press 1 if you go, 2 if you do not.",
        title="Please go to {place}",
        body="{what}, by {by}, about {minutes} minutes away. {sign}",
        chat="Volunteers are being asked for {place}, {what}, by {by}. Look at your own phone; do "
        "not go unless you have accepted. {sign}",
    ),
}
_STOOD_DOWN: Final[Mapping[Language, Text]] = {
    "zh": Text(
        sms="【{sign}】{place}人手已够，请不要前往。谢谢您！",
        voice="{sign}通知。{place}人手已够，请不要前往。谢谢您！",
        title="请不要前往{place}",
        body="人手已够。谢谢您！{sign}",
    ),
    "en": Text(
        sms="{sign}: {place} has enough people. Please do not go. Thank you!",
        voice="This is {sign}. {place} has enough people. Please do not go. Thank you!",
        title="Please do not go to {place}",
        body="There are enough people. Thank you! {sign}",
    ),
}
_RECALL: Final[Mapping[Language, Text]] = {
    "zh": Text(
        sms="【{sign}】{place}任务已取消。请停止前往，有事请联系指挥员。谢谢您！",
        voice="{sign}紧急通知。{place}的任务已取消。请停止前往，有事请联系指挥员。",
        title="任务已取消：{place}",
        body="请停止前往，有事请联系指挥员。谢谢您！{sign}",
    ),
    "en": Text(
        sms="{sign}: the task at {place} is called off. Stop going there. Questions: your "
        "commander. Thank you!",
        voice="Urgent, from {sign}. The task at {place} is called off. Stop going there. If you "
        "have questions, call your commander.",
        title="Called off: {place}",
        body="Stop going there. Questions: your commander. Thank you! {sign}",
    ),
}
_WARNING: Final[Mapping[Language, Text]] = {
    "zh": Text(
        sms="【{sign}】危险！您所在位置有{hazard}（{name}）。请立即避险，听从当地指挥。",
        voice="{sign}紧急警报。您所在的位置有{hazard}。请立即避险，听从当地指挥。听到请按1。",
        title="危险：{hazard}",
        body="您所在位置有{hazard}（{name}）。请立即避险，听从当地指挥。{sign}",
    ),
    "en": Text(
        sms="{sign}: DANGER, {hazard} where you are ({name}). Get to safety now and follow local "
        "orders.",
        voice="Emergency warning from {sign}. There is {hazard} where you are. Get to safety now "
        "and follow local orders. Press 1 if you have heard this.",
        title="Danger: {hazard}",
        body="Where you are ({name}). Get to safety now and follow local orders. {sign}",
    ),
}
_TEST: Final[Mapping[Language, Text]] = {
    "zh": Text(
        sms="【{sign}】联络测试（{name}），没有任务。收到请回1。",
        voice="{sign}联络测试，没有任务。听到请按1。",
        title="联络测试，没有任务",
        body="{name}。请打开，表示收到。{sign}",
    ),
    "en": Text(
        sms="{sign}: reach test ({name}), there is no task. Reply 1 if you get this.",
        voice="This is a reach test from {sign}. There is no task. Press 1 if you have heard this.",
        title="Reach test, there is no task",
        body="{name}. Open it to say that you got it. {sign}",
    ),
}


def _plain(text: str) -> Text:
    """What is said alike by every medium: answers to answers."""
    return Text(sms=text, voice=text, title="", body=text)


TEMPLATES: Final[Mapping[str, Mapping[Language, Text]]] = {
    "offer": _OFFER,
    "stood_down": _STOOD_DOWN,
    "recall": _RECALL,
    "warning": _WARNING,
    "test": _TEST,
    "confirm_yes": {
        "zh": _plain("【{sign}】收到：您去{place}，{by}前到。注意安全，谢谢！"),
        "en": _plain("{sign}: noted, you go to {place}, by {by}. Stay safe, thank you!"),
    },
    "confirm_no": {
        "zh": _plain("【{sign}】收到：您不去{place}。谢谢答复！"),
        "en": _plain("{sign}: noted, you do not go to {place}. Thank you for telling us!"),
    },
    "confirm_later": {
        "zh": _plain("【{sign}】收到：{place}，您{at}后可出发。现在请不要前往，需要时再联系您。"),
        "en": _plain(
            "{sign}: noted, {place}, you can set out at {at}. Do not go yet: we ask you again if "
            "you are needed."
        ),
    },
    "already_yes": {
        "zh": _plain("【{sign}】您已答应前往{place}，{by}前到。去不了请马上打电话给指挥员。"),
        "en": _plain(
            "{sign}: you have said yes to {place}, by {by}. If you cannot go, call your commander "
            "now."
        ),
    },
    "offer_over": {
        "zh": _plain("【{sign}】{place}现在不需要您去了，请不要前往。谢谢您！"),
        "en": _plain(
            "{sign}: you are not needed at {place} any more, please do not go. Thank you!"
        ),
    },
    "nothing_open": {
        "zh": _plain("【{sign}】目前没有等您答复的任务，请不要前往。谢谢您！"),
        "en": _plain("{sign}: nothing is waiting for your answer, please do not set out. Thanks!"),
    },
    "not_understood": {
        "zh": _plain("【{sign}】没看懂。去回1，不去回2，晚到回分钟数如30。"),
        "en": _plain("{sign}: not understood. Reply 1 yes, 2 no, or minutes if later, like 30."),
    },
}


def parameters(template: str) -> frozenset[str]:
    """Return the names of what a template's texts are filled with.

    Raises:
        ValueError: no such template.
    """
    if template not in TEMPLATES:
        raise ValueError(f"no template {template!r}")
    return _PARAMETERS[template]


def rendered(message: Message, medium: Medium) -> Rendered:
    """Return a message as a medium says it.

    Raises:
        ValueError: there is no such template, or a parameter is missing or unknown.
    """
    wanted = parameters(message.template)
    if wanted != message.params.keys():
        odd = ", ".join(sorted(wanted ^ message.params.keys()))
        raise ValueError(f"template {message.template}: missing or unknown: {odd}")
    text = TEMPLATES[message.template][message.language]
    values = {name: _told(name, value) for name, value in message.params.items()}
    mark = EXERCISE[message.language] if message.exercise else ""
    match medium:
        case Medium.SMS:
            return Rendered(title="", body=mark + text.sms.format_map(values))
        case Medium.VOICE:
            return Rendered(title="", body=mark + text.voice.format_map(values))
        case Medium.CHAT if text.chat:
            return Rendered(title=mark.strip(), body=text.chat.format_map(values))
        case _:
            title = mark + (text.title or "{sign}").format_map(values)
            return Rendered(title=title, body=text.body.format_map(values))


def _told(name: str, value: str) -> str:
    """The value on one line and no longer than may be."""
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", value).strip()
    most = MOST[name]
    if len(line) <= most:
        return line
    if name == "link":
        raise ValueError("the link is too long")
    return line[: most - 2].rstrip() + ".."


def _named(texts: Mapping[Language, Text]) -> frozenset[str]:
    every = "".join(part for text in texts.values() for part in astuple(text))
    return frozenset(name for _, name, _, _ in Formatter().parse(every) if name)


_PARAMETERS: Final = {template: _named(texts) for template, texts in TEMPLATES.items()}
