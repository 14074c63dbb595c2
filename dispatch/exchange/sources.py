"""What GDAL may open: files told apart by their content, and unpacked with limits.

GDAL opens whatever it recognises, also lists of other files to read, so a file is checked for being
one of the four formats before GDAL sees it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from xml.parsers import expat

from dispatch.errors import BadInput
from dispatch.exchange.layer import Format

MAX_BYTES: Final = 100_000_000
"""Of a file, and of what a zip holds."""
MAX_MEMBERS: Final = 100
_SIDE_FILES: Final = frozenset({".shp", ".shx", ".dbf", ".prj", ".cpg"})


@contextmanager
def opened(path: Path, kind: Format | None) -> Iterator[list[Path]]:
    """Yield what GDAL is to open: the file, or the shapefiles that a zip holds.

    Raises:
        BadInput: the zip is damaged, holds no shapefile, or is too large when unpacked.
    """
    if kind is None or path.suffix.casefold() == f".{kind}":
        yield [path]
        return
    with tempfile.TemporaryDirectory(prefix="dispatch-") as folder:
        if kind is Format.SHAPEFILE:
            yield _unzipped(path, Path(folder))
        else:
            # GDAL warns of a name that does not fit, or takes the file for something else.
            yield [Path(shutil.copyfile(path, Path(folder) / f"layer.{kind}"))]


def kind_of(path: Path) -> Format | None:
    """Return what a file is by its content; None for a shapefile that is not zipped.

    Raises:
        BadInput: it cannot be read, is too large, or is none of the formats.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise BadInput(f"{path} is not a file")
        if size > MAX_BYTES:
            raise BadInput(f"{path.name} has {size:,} bytes, at most {MAX_BYTES:,} are read")
        with path.open("rb") as file:
            start = file.read(4_096)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from None
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"SQLite format 3\0"):
        return Format.GPKG
    if start.startswith(b"PK\x03\x04"):
        return Format.SHAPEFILE
    if start.startswith(b"\x00\x00\x27\x0a"):
        return None
    if text.startswith(b"{"):
        _check_geojson(path)
        return Format.GEOJSON
    if text.startswith(b"<"):
        _check_kml(path)
        return Format.KML
    raise BadInput(
        f"{path.name} is empty" if not text else
        f"{path.name} is no GeoPackage, GeoJSON, KML or zipped shapefile"
    )  # fmt: skip


def _check_geojson(path: Path) -> None:
    try:
        found = json.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name}:{error.lineno}: is not sound JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path.name} is not sound JSON: {error}") from None
    if found.get("type") != "FeatureCollection" or not isinstance(found.get("features"), list):
        raise BadInput(f"{path.name} is not a GeoJSON FeatureCollection")


def _check_kml(path: Path) -> None:
    """Refuse XML whose outermost element is not `kml`, or that defines entities."""
    parser, root = expat.ParserCreate(), ""

    def started(name: str, _: object) -> None:
        nonlocal root
        root = root or name.rpartition(":")[2]

    def defined(*_: object) -> None:
        raise BadInput(f"{path.name} holds a DOCTYPE, which is not read")

    parser.StartElementHandler = started
    parser.StartDoctypeDeclHandler = defined
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise BadInput(f"{path.name}: is not sound XML: {error}") from None
    if root != "kml":
        raise BadInput(f"{path.name} is XML, but its outermost element is {root[:40]}, not kml")


def _unzipped(path: Path, folder: Path) -> list[Path]:
    """Unpack the parts of shapefiles, under names of our own, and never more than the limit."""
    room, stems = MAX_BYTES, dict[str, int]()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if _side(m) in _SIDE_FILES]
            if len(members) > MAX_MEMBERS:
                raise BadInput(f"{path.name} holds more than {MAX_MEMBERS} files")
            for member in members:
                stem = stems.setdefault(member.filename[:-4].casefold(), len(stems))
                with archive.open(member) as packed:
                    data = packed.read(room + 1)
                room -= len(data)
                if room < 0:
                    raise BadInput(f"{path.name} unpacks to more than {MAX_BYTES:,} bytes")
                (folder / f"{stem}{_side(member)}").write_bytes(data)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError) as error:
        raise BadInput(f"{path.name} is a damaged zip file: {error}") from None
    found = sorted(folder.glob("*.shp"))
    if not found:
        raise BadInput(f"{path.name} is a zip file without a shapefile (.shp)")
    for shapes in found:
        for side in (".shx", ".dbf"):
            if not shapes.with_suffix(side).exists():
                raise BadInput(f"{path.name}: the shapefile lacks its {side} file")
    return found


def _side(member: zipfile.ZipInfo) -> str:
    return "" if "__MACOSX" in member.filename else Path(member.filename).suffix.casefold()
