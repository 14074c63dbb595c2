"""The map layers an agency offers: its own roads, its own tile files, or other people's tiles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from dispatch.geo.crs import Crs
from dispatch.taxonomy import Names

MAGIC: Final = b"PMTiles\x03"
DEEPEST: Final = 22
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_HOST: Final = re.compile(r"(https?)://([A-Za-z0-9.-]*(?:\{s\})?[A-Za-z0-9.-]*(?::[0-9]{1,5})?)/")
_FIELDS: Final = frozenset({"z", "x", "y", "s", "key"})


class LayerKind(StrEnum):
    ROADS = "roads"
    PMTILES = "pmtiles"
    XYZ = "xyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLayer:
    """One layer to choose from.

    `roads` draws the prepared roads. `pmtiles` draws `file`, made by `dispatch tiles build`. `xyz`
    draws pictures from other hosts: `urls` lie one above the other (`{z}`, `{x}`, `{y}`, `{s}` for
    each of `subdomains`, `{key}` filled in already), in the system `crs`.
    """

    id: str
    names: Names
    kind: LayerKind
    attribution: str = ""
    file: Path | None = None
    urls: tuple[str, ...] = ()
    subdomains: str = ""
    crs: Crs = Crs.WGS84
    min_zoom: int = 0
    max_zoom: int = 18

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError(f"id {self.id!r}: expected 1 to 32 of a-z, 0-9 and -")
        if not (self.names.zh and self.names.en):
            raise ValueError("name_zh and name_en: both are needed")
        if not 0 <= self.min_zoom <= self.max_zoom <= DEEPEST:
            raise ValueError(f"min_zoom, max_zoom: expected 0 <= min <= max <= {DEEPEST}")
        if (self.file is not None) != (self.kind is LayerKind.PMTILES):
            raise ValueError("file: needed for kind pmtiles, and for no other")
        if bool(self.urls) != (self.kind is LayerKind.XYZ):
            raise ValueError("urls: needed for kind xyz, and for no other")
        if self.crs is Crs.BD09:
            raise ValueError("crs: bd09 tiles have a grid of their own; expected wgs84 or gcj02")
        if self.crs is not Crs.WGS84 and self.kind is not LayerKind.XYZ:
            raise ValueError(f"crs: kind {self.kind} is always wgs84")
        if self.kind is LayerKind.XYZ and not self.attribution:
            raise ValueError("attribution: needed for kind xyz; say whose map it is")
        for url in self.urls:
            _check_url(url, self.subdomains)

    @property
    def tiles(self) -> tuple[tuple[str, ...], ...]:
        """Each of `urls` as often as it has subdomains, these in their places."""
        return tuple(
            tuple(url.replace("{s}", s) for s in self.subdomains) if "{s}" in url else (url,)
            for url in self.urls
        )


ROADS_ALONE: Final = MapLayer(id="roads", names=Names(zh="道路", en="Roads"), kind=LayerKind.ROADS)
"""What there is without any file or any other host."""


def _check_url(url: str, subdomains: str) -> None:
    if not _HOST.match(url):
        raise ValueError(f"urls: {url!r} does not begin with http(s)://host/")
    fields = set(re.findall(r"\{([^{}]*)\}", url))
    if "key" in fields:
        raise ValueError("urls: has {key}, but DISPATCH_MAP_KEYS gives none for this layer")
    if not {"z", "x", "y"} <= fields <= _FIELDS:
        raise ValueError(f"urls: {url!r} needs {{z}}, {{x}}, {{y}} and may have {{s}}, {{key}}")
    if "s" in fields and not re.fullmatch(r"[a-z0-9]+", subdomains, re.ASCII):
        raise ValueError("subdomains: {s} stands for one of its letters or digits")


def hosts(layers: Sequence[MapLayer]) -> tuple[str, ...]:
    """Return the origins other than our own that the layers load from: `https://a.tiles.org`."""
    found = {
        f"{match[1]}://{match[2]}"
        for layer in layers
        for urls in layer.tiles
        for url in urls
        if (match := _HOST.match(url))
    }
    return tuple(sorted(found))


def check_tiles(path: Path) -> None:
    """Check that a file holds PMTiles of version 3, as far as its first bytes tell.

    Raises:
        ValueError: it does not, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as exc:
        raise ValueError(f"file: cannot read {path}: {exc.strerror}") from None
    if start != MAGIC:
        raise ValueError(f"file: {path} is no PMTiles file of version 3")
