"""The files of a scenario: texts within limits, and rows as trees that know their lines."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from dispatch.drills.scenario.fields import SHOWN
from dispatch.drills.scenario.nodes import Fields, Items, Node, Scalar, tree
from dispatch.drills.scenario.problems import Bad, Code, Place, Problems

MAX_BYTES: Final = 4_000_000
MAX_ROWS: Final = 20_000

_PAIR: Final = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


class Folder:
    """A scenario's folder. It remembers a digest of every file that was read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._digests: dict[str, str] = {}

    def file(self, name: str) -> Path:
        """Return a file of the scenario by its name relative to the folder.

        Raises:
            Bad: it is not there.
        """
        path = self.root / name
        if Path(name).is_absolute() or not path.is_file():
            raise Bad(Code.NOT_READABLE, f"{name[:SHOWN]!r} is no file of the folder")
        return path

    def text(self, path: Path) -> str:
        """Return the text of a file, without a byte order mark.

        Raises:
            Bad: it is too large, cannot be read, or is not UTF-8; says where.
        """
        place = Place(file=str(path))
        try:
            if path.stat().st_size > MAX_BYTES:
                most = MAX_BYTES // 1_000_000
                raise Bad(Code.FILE_TOO_LARGE, f"is larger than {most} MB", place)
            data = path.read_bytes()
        except OSError as error:
            raise Bad(Code.NOT_READABLE, f"cannot be read: {error.strerror}", place) from None
        self._digests[path.name] = hashlib.sha256(data).hexdigest()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            message = "is not UTF-8 from here on: save it as UTF-8"
            raise Bad(Code.NOT_UTF8, message, Place(file=str(path), line=line)) from None

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all files that were read, by name."""
        lines = (f"{digest}  {name}\n" for name, digest in sorted(self._digests.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def rows(
    folder: Folder, path: Path, columns: Collection[str], problems: Problems
) -> Iterator[Fields]:
    """Return the rows of a CSV or GeoJSON file as sections with those columns.

    Raises:
        Bad: the file as a whole cannot be read.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        return _csv_rows(folder.text(path), str(path), columns, problems)
    if kind in (".geojson", ".json"):
        return _features(folder.text(path), str(path))
    raise Bad(Code.UNKNOWN_FORMAT, f"{path.name}: expected a file that ends in .csv or .geojson")


def _csv_rows(
    text: str, file: str, columns: Collection[str], problems: Problems
) -> Iterator[Fields]:
    found = records(text, file)
    if not found:
        raise Bad(Code.NOT_CSV, "holds no line with the names of its columns", Place(file=file))
    top, header = found[0]
    names = [name.strip() for name in header]
    _check_header(names, Place(file=file, line=top), columns, problems)
    for line, cells in found[1:]:
        place = Place(file=file, line=line)
        if len(cells) > len(names):
            said = f"has {len(cells)} cells, but there are {len(names)} columns"
            problems.add(place, Code.NOT_CSV, "", said)
            continue
        pairs = zip(names, cells, strict=False)
        yield Fields(
            place=place,
            pairs=tuple(
                (Scalar(place=place, text=name), Scalar(place=place, text=cell.strip()))
                for name, cell in pairs
                if name in columns
            ),
        )


def records(text: str, file: str) -> Sequence[tuple[int, list[str]]]:
    """Return the rows of a CSV text that hold anything, with the line each begins on.

    Raises:
        Bad: it is no CSV, or has too many rows.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((before + 1, cells))
            before = reader.line_num
            if len(found) > MAX_ROWS:
                message = f"has more than {MAX_ROWS:,} rows"
                raise Bad(Code.FILE_TOO_LARGE, message, Place(file=file))
    except csv.Error as error:
        place = Place(file=file, line=reader.line_num)
        raise Bad(Code.NOT_CSV, f"is no CSV: {error}", place) from None
    return found


def _check_header(
    names: Sequence[str], place: Place, columns: Collection[str], problems: Problems
) -> None:
    for at, name in enumerate(names):
        if name not in columns:
            said = f"column {name[:SHOWN]!r} is not known: expected {', '.join(columns)}"
            problems.add(place, Code.UNKNOWN_KEY, name[:SHOWN], said)
        elif name in names[:at]:
            problems.add(place, Code.TWICE, name, f"column {name!r} comes twice")


def _features(text: str, file: str) -> Iterator[Fields]:
    """The Point features of a FeatureCollection; JSON is read as the YAML it is, for its lines."""
    try:
        json.loads(text)
    except RecursionError:
        raise Bad(Code.TOO_DEEP, "is nested too deeply", Place(file=file)) from None
    except json.JSONDecodeError as error:
        place = Place(file=file, line=error.lineno, column=error.colno)
        raise Bad(Code.NOT_GEOJSON, f"is no JSON: {error.msg}", place) from None
    root = tree(_PAIR.sub(_character, text.replace("\t", " ")), file)
    collection = _said(root)
    features = collection.get("features")
    if not _is(collection.get("type"), "FeatureCollection") or not isinstance(features, Items):
        raise Bad(Code.NOT_GEOJSON, "expected a FeatureCollection with features", root.place)
    if len(features.items) > MAX_ROWS:
        raise Bad(Code.FILE_TOO_LARGE, f"has more than {MAX_ROWS:,} features", root.place)
    return map(_feature, features.items)


def _character(pair: re.Match[str]) -> str:
    """Write out a character that JSON escapes as two halves, which YAML does not know."""
    high, low = int(pair[2], 16), int(pair[3], 16)
    return pair[1] + chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _feature(node: Node) -> Fields:
    feature = _said(node)
    geometry, properties = _said(feature.get("geometry")), feature.get("properties")
    at = geometry.get("coordinates")
    pairs = list(properties.pairs) if isinstance(properties, Fields) else []
    named = any(key.text == "id" for key, _ in pairs)
    if "id" in feature and not named:
        pairs.append((Scalar(place=node.place, text="id"), feature["id"]))
    point = _is(geometry.get("type"), "Point") and isinstance(at, Items)
    if point and isinstance(at, Items) and len(at.items) in (2, 3):
        for name, value in zip(("lon", "lat"), at.items, strict=False):
            pairs.append((Scalar(place=value.place, text=name), value))
    return Fields(place=node.place, pairs=tuple(pairs))


def _said(node: Node | None) -> dict[str, Node]:
    return {key.text: value for key, value in node.pairs} if isinstance(node, Fields) else {}


def _is(node: Node | None, text: str) -> bool:
    return isinstance(node, Scalar) and node.text == text
