"""Fields of a section, declared once: how each is read, whether it may be left out, what it means.

The reference page is held to these declarations, and reading asks nothing but them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from dispatch.drills.scenario.nodes import Fields, Items, Node, Scalar
from dispatch.drills.scenario.problems import Bad, Code, Place, Problems

T = TypeVar("T")

SHOWN: Final = 80
MAX_TEXT: Final = 2_000
BLANKS: Final = "\n\t\u00a0\u3000"
"""Beside the ordinary one: also those of Chinese and French typesetting."""

_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_WHOLE: Final = re.compile(r"[+-]?[0-9]+")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}")


class _Required:
    """Stands for no default."""


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One key of a section. `read` raises `Bad`; `text` says what it means, for the reference."""

    name: str
    read: Callable[[Node], T]
    text: str
    default: T | _Required = REQUIRED


class Incomplete(Exception):
    """A field of this section could not be read; what is wrong was noted already."""


class Section:
    """A mapping read by its table; unknown, doubled, missing and bad keys are all noted."""

    def __init__(
        self,
        node: Node,
        table: Sequence[Field[Any]],
        problems: Problems,
        name: str = "",
    ) -> None:
        self._node, self._problems, self._name = node, problems, name
        self._found: dict[str, object] = {}
        self.places: dict[str, Place] = {}
        if not isinstance(node, Fields):
            self._note(node.place, Code.BAD_VALUE, "", "expected keys with values")
            return
        said = self._said(node, [field.name for field in table])
        for field in table:
            self._read(field, said.get(field.name))

    @property
    def place(self) -> Place:
        """Where the section begins."""
        return self._node.place

    def __getitem__(self, field: Field[T]) -> T:
        """Return the value of a field.

        Raises:
            Incomplete: it could not be read.
        """
        if field.name not in self._found:
            raise Incomplete
        return self._found[field.name]  # type: ignore[return-value]

    def has(self, field: Field[Any]) -> bool:
        """Return whether the field was read, or may be left out."""
        return field.name in self._found

    def said(self, field: Field[Any]) -> bool:
        """Return whether the file says anything for the field."""
        return field.name in self.places

    def at(self, field: Field[Any]) -> Place:
        """Return where the field is said, or where the section begins."""
        return self.places.get(field.name, self._node.place)

    def problem(self, field: Field[Any], code: Code, message: str) -> None:
        """Note that a field that could be read cannot be used; the message names it."""
        self._problems.add(self.at(field), code, field.name, message)

    def _said(self, node: Fields, known: Collection[str]) -> Mapping[str, Node]:
        said: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.text not in known:
                self._note(key.place, Code.UNKNOWN_KEY, key.text, _unknown(key.text, known))
            elif key.text in said:
                self._note(key.place, Code.TWICE, key.text, "comes twice")
            else:
                said[key.text] = value
        return said

    def _read(self, field: Field[T], node: Node | None) -> None:
        if node is None or (isinstance(node, Scalar) and node.empty):
            if isinstance(field.default, _Required):
                self._note(self._node.place, Code.MISSING, field.name, "is missing")
            else:
                self._found[field.name] = field.default
            return
        self.places[field.name] = node.place
        try:
            self._found[field.name] = field.read(node)
        except Bad as bad:
            self._note(bad.place or node.place, bad.code, field.name, bad.message)

    def _note(self, place: Place, code: Code, field: str, message: str) -> None:
        name = ".".join(filter(None, (self._name, field)))
        self._problems.add(place, code, name, f"{name}: {message}" if name else message)


def _unknown(said: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(said, known, n=1)
    more = f"; do you mean {near[0]!r}?" if near else f": expected {', '.join(known)}"
    return f"is not known{more}"


# How values are read. Each raises Bad.


def scalar(node: Node) -> str:
    """Return the text of a single value."""
    if not isinstance(node, Scalar):
        raise Bad(Code.BAD_VALUE, "expected a single value")
    return node.text


def text(most: int = MAX_TEXT) -> Callable[[Node], str]:
    """Return a reader of a text that is not empty."""

    def read(node: Node) -> str:
        found = scalar(node)
        if not found:
            raise Bad(Code.MISSING, "is empty")
        if len(found) > most:
            raise Bad(Code.BAD_VALUE, f"is longer than {most} characters")
        if not printable(found):
            raise Bad(Code.BAD_VALUE, "holds characters that cannot be printed")
        return found

    return read


def printable(text: str) -> bool:
    """Return whether a text holds only what can be shown: letters, marks, blanks and new lines."""
    return all(one.isprintable() or one in BLANKS for one in text)


def name(node: Node) -> str:
    """Return a name that other lines refer to: letters, digits and `. _ / -`, at most 64."""
    found = scalar(node)
    if not _NAME.fullmatch(found):
        raise Bad(
            Code.BAD_VALUE, f"{found[:SHOWN]!r} is no name: letters, digits and . _ / -, at most 64"
        )
    return found


def number(least: float, most: float) -> Callable[[Node], float]:
    """Return a reader of a finite number within the limits."""

    def read(node: Node) -> float:
        said = scalar(node)
        found = float(said) if _NUMBER.fullmatch(said) and len(said) <= SHOWN else math.nan
        if math.isnan(found):
            raise Bad(Code.NOT_A_NUMBER, f"{said[:SHOWN]!r} is not a number")
        if not least <= found <= most:
            raise Bad(Code.OUT_OF_RANGE, f"{said} is not within {least:g} to {most:g}")
        return found

    return read


def whole(least: int, most: int) -> Callable[[Node], int]:
    """Return a reader of a whole number within the limits."""

    def read(node: Node) -> int:
        said = scalar(node)
        if not _WHOLE.fullmatch(said):
            raise Bad(Code.NOT_A_NUMBER, f"{said[:SHOWN]!r} is not a whole number")
        if len(said) > 18 or not least <= int(said) <= most:
            raise Bad(Code.OUT_OF_RANGE, f"{said[:SHOWN]} is not within {least} to {most}")
        return int(said)

    return read


def yes_or_no(node: Node) -> bool:
    """Return `true` or `false`."""
    found = {"true": True, "false": False}.get(scalar(node).lower())
    if found is None:
        raise Bad(Code.BAD_VALUE, f"{scalar(node)[:SHOWN]!r} is neither true nor false")
    return found


def choice(options: Collection[T], code: Code = Code.BAD_VALUE) -> Callable[[Node], T]:
    """Return a reader of one of the options, by its text."""
    by_text = {str(option): option for option in options}

    def read(node: Node) -> T:
        said = scalar(node)
        if said not in by_text:
            near = difflib.get_close_matches(said.upper(), by_text, n=1)
            hint = f"; do you mean {near[0]}?" if near else ""
            some = ", ".join(by_text)
            raise Bad(code, f"{said[:SHOWN]!r} is none of {some}{hint}")
        return by_text[said]

    return read


def list_of(read: Callable[[Node], T], least: int, most: int) -> Callable[[Node], tuple[T, ...]]:
    """Return a reader of a list with so many items."""

    def read_all(node: Node) -> tuple[T, ...]:
        if not isinstance(node, Items):
            raise Bad(Code.BAD_VALUE, "expected a list")
        if not least <= len(node.items) <= most:
            raise Bad(Code.OUT_OF_RANGE, f"has {len(node.items)} items, expected {least} to {most}")
        return tuple(_placed(read, item) for item in node.items)

    return read_all


def _placed(read: Callable[[Node], T], node: Node) -> T:
    """Read a part of a value, so that what is wrong is told where the part stands."""
    try:
        return read(node)
    except Bad as bad:
        raise Bad(bad.code, bad.message, bad.place or node.place) from None


def table_of(
    keys: Collection[T], read: Callable[[Node], float]
) -> Callable[[Node], Mapping[T, float]]:
    """Return a reader of a mapping from some of the keys to numbers."""
    by_text = {str(key): key for key in keys}

    def read_all(node: Node) -> Mapping[T, float]:
        if not isinstance(node, Fields):
            raise Bad(Code.BAD_VALUE, f"expected keys out of {', '.join(by_text)}")
        found: dict[T, float] = {}
        for key, value in node.pairs:
            if key.text not in by_text:
                some = ", ".join(by_text)
                raise Bad(Code.UNKNOWN_KEY, f"{key.text!r} is none of {some}", key.place)
            if by_text[key.text] in found:
                raise Bad(Code.TWICE, f"{key.text} comes twice", key.place)
            found[by_text[key.text]] = _placed(read, value)
        return found

    return read_all


def as_is(node: Node) -> Node:
    """Return the node: somebody else reads what is in it."""
    return node
