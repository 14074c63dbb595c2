"""The road graph on disc: a folder of arrays, opened in place, replaced whole.

One folder per area, prepared once from whatever source (`dispatch roads import`), so that the
program needs no map tools at run time. It holds `meta.json` and one NumPy file (`.npy`) per array,
opened in place: every process that reads them shares the same memory.

| file          | shape, type    | meaning                                                        |
|---------------|----------------|----------------------------------------------------------------|
| `meta.json`   |                | format, version, `About`, classes, speeds, names               |
| `vertices`    | (n, 2) int32   | lon, lat in microdegrees (0.11 m)                               |
| `tail`,`head` | (m,) int32     | the vertices a link runs between, in drawing order              |
| `road_class`  | (m,) uint8     | index into `classes`                                            |
| `speed`       | (m,) uint16    | row of `speed_kmh`                                              |
| `access`      | (m,) uint8     | bit 2k: mode k may go tail to head; bit 2k + 1: head to tail    |
| `structure`   | (m,) uint8     | bits BRIDGE, TUNNEL, FORD, ROUNDABOUT                           |
| `layer`       | (m,) int8      | what crosses above what: OpenStreetMap `layer`                  |
| `name`        | (m,) int32     | index into `names`; names[0] is "" for unnamed                  |
| `osm_id`      | (m,) int64     | an OpenStreetMap way of the link, 0 when there is none          |
| `bend_start`  | (m + 1,) int32 | link i bends at bends[bend_start[i]:bend_start[i + 1]]          |
| `bends`       | (p, 2) int32   | lon, lat in microdegrees                                        |

Modes are numbered as in `roster.MODES`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dispatch.errors import BadInput
from dispatch.geo.swap import replacing, settled

FORMAT: Final = "dispatch-roads"
VERSION: Final = 2
META: Final = "meta.json"
REPORT: Final = "report.json"

ARRAYS: Final[Mapping[str, type[np.generic]]] = {
    "vertices": np.int32,
    "tail": np.int32,
    "head": np.int32,
    "road_class": np.uint8,
    "speed": np.uint16,
    "access": np.uint8,
    "structure": np.uint8,
    "layer": np.int8,
    "name": np.int32,
    "osm_id": np.int64,
    "bend_start": np.int32,
    "bends": np.int32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Where the roads come from. `date` is the state of the map (ISO 8601), `speeds` the source of
    the speeds; `structures` says whether the source knows bridges, tunnels and fords at all."""

    name: str
    attribution: str
    file: str = ""
    date: str = ""
    country: str = ""
    speeds: str = ""
    structures: bool = False


def read_roads(folder: Path) -> dict[str, Any]:
    """Return the arrays, still on disc, and the other fields of `RoadGraph`, by name.

    Raises:
        BadInput: there is no such folder, or a file in it cannot be read; names which.
    """
    found = settled(folder)
    if not found.is_dir():
        raise BadInput(f"{folder}: no such folder of roads; `dispatch roads import` makes one")
    try:
        fields = _read_meta(found / META)
        fields |= {key: _read_array(found / f"{key}.npy") for key in ARRAYS}
    except BadInput as error:
        raise BadInput(f"{folder}: {error}") from error
    return fields


def write_roads(folder: Path, fields: Mapping[str, Any], report: str = "") -> None:
    """Put the fields of a `RoadGraph` in place of `folder`, and a report (JSON) beside them.

    Raises:
        BadInput: the folder cannot be written; nothing has changed.
    """
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "about": asdict(fields["about"]),
        "classes": fields["classes"],
        "speed_kmh": fields["speed_kmh"].tolist(),
        "names": fields["names"],
    }
    with replacing(folder) as fresh:
        for key in ARRAYS:
            np.save(fresh / f"{key}.npy", fields[key])
        (fresh / META).write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
        if report:
            (fresh / REPORT).write_text(report, encoding="utf-8")


class _Kind(msgspec.Struct):
    format: str
    version: int


class _Meta(msgspec.Struct):
    about: About
    classes: tuple[str, ...]
    speed_kmh: list[tuple[float, ...]]
    names: tuple[str, ...]


def _read_meta(path: Path) -> dict[str, Any]:
    try:
        text = path.read_bytes()
        kind = msgspec.json.decode(text, type=_Kind)
        if (kind.format, kind.version) != (FORMAT, VERSION):
            raise BadInput(
                f"format {kind.format} version {kind.version}, "
                f"this program reads {FORMAT} version {VERSION}"
            )
        meta = msgspec.json.decode(text, type=_Meta)
        speeds = np.array(meta.speed_kmh, dtype=np.float64)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path.name} cannot be read: {error}") from error
    return {
        "about": meta.about,
        "classes": meta.classes,
        "speed_kmh": speeds,
        "names": meta.names,
    }


def _read_array(path: Path) -> NDArray[Any]:
    try:
        # As a plain array: a slice of NumPy's own memmap class costs more than the reading.
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except Exception as error:
        # NumPy raises a dozen kinds of error for one broken byte.
        raise BadInput(f"{path.name} cannot be read: {error!r}") from error
