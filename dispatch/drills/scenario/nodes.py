"""YAML as a tree that knows its lines, built from events: no tags, no aliases, no depth to fall in.

Scalars stay text. What `no`, `04101` or `1e3` mean is decided by whoever knows the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from dispatch.drills.scenario.problems import Bad, Code, Place

MAX_DEPTH: Final = 12
MAX_NODES: Final = 250_000
"""Read in seconds; a scenario of a week has a few thousand."""
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text, and whether it was quoted."""

    place: Place
    text: str
    quoted: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return not self.quoted and self.text in NULLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping, its pairs in the file's order; a key may still come twice."""

    place: Place
    pairs: tuple[tuple[Scalar, Node], ...]


Node = Scalar | Items | Fields


def tree(text: str, file: str) -> Node:
    """Return the one document of a YAML text.

    Raises:
        Bad: it is no YAML, uses what is not read, or holds nothing or several documents.
    """
    try:
        events = _Events(yaml.parse(text, Loader=yaml.CSafeLoader), file)
        return events.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(file=file) if mark is None else _place(file, mark)
        said = getattr(error, "problem", None) or " ".join(str(error).split())
        raise Bad(Code.NOT_YAML, f"is no YAML: {said}", place) from None


def _place(file: str, mark: Any) -> Place:
    return Place(file=file, line=mark.line + 1, column=mark.column + 1)


class _Events:
    """The events of a text, built into nodes without recursion deeper than MAX_DEPTH."""

    def __init__(self, events: Iterator[yaml.Event], file: str) -> None:
        self._events = events
        self._file = file
        self._left = MAX_NODES

    def document(self) -> Node:
        found: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                if found is not None:
                    raise self._bad(event, Code.NOT_YAML, "holds more than one document")
                found = self._node(event, 0)
        if found is None:
            raise Bad(Code.NOT_YAML, "holds nothing", Place(file=self._file))
        return found

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            raise self._bad(event, Code.NO_ALIASES, "write it out: aliases are not read")
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and (
            event.tag not in (None, "!")
        ):
            raise self._bad(event, Code.NO_TAGS, f"tag {event.tag!r}: tags are not read")
        self._left -= 1
        if self._left < 0:
            message = f"holds more than {MAX_NODES:,} values"
            raise self._bad(event, Code.FILE_TOO_LARGE, message)
        if depth > MAX_DEPTH:
            raise self._bad(event, Code.TOO_DEEP, f"more than {MAX_DEPTH} levels deep")
        place = _place(self._file, event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            quoted = event.style in ("'", '"')
            return Scalar(place=place, text=event.value.strip(), quoted=quoted)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(place=place, items=tuple(self._until(yaml.SequenceEndEvent, depth)))
        flat = list(self._until(yaml.MappingEndEvent, depth))
        return Fields(place=place, pairs=tuple(self._pairs(flat)))

    def _until(self, end: type[yaml.Event], depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield self._node(event, depth + 1)

    def _pairs(self, flat: list[Node]) -> Iterator[tuple[Scalar, Node]]:
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise Bad(Code.BAD_VALUE, "a key is a single word", key.place)
            yield key, value

    def _bad(self, event: yaml.Event, code: Code, message: str) -> Bad:
        return Bad(code, message, _place(self._file, event.start_mark))
