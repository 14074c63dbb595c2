"""Links that hand a place over to the navigation app on somebody's phone.

Each app gets the place in its own system. Parameters as documented by their makers:

- `geo:` RFC 5870, WGS-84; `q=lat,lon(name)` is how Android's apps read a named point.
- AMap: URI API, uri.amap.com/navigation; `to=lon,lat,name`, `coordinate=gaode` is GCJ-02.
- Baidu: map call-up API, baidumap://map/direction; `latlng:lat,lon|name:...`, `bd09ll` is BD-09.
  Its web address wants an origin too, which is nobody's business here.
- Apple: Map Links, `daddr`, `dirflg`. Its maps of the mainland are AMap's, and so are coordinates
  there: GCJ-02. Apple does not document it; links shared from the app show it.
- Google: Maps URLs, `api=1`. Its maps of the mainland are GCJ-02 too.

Outside the mainland all of these are WGS-84 (`geo.crs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote, urlencode

import numpy as np

from dispatch.geo.crs import Crs, from_wgs84
from dispatch.model import Site, TravelMode
from dispatch.taxonomy import Names

SOURCE: Final = "dispatch"
"""Who calls, for apps that ask."""


class App(StrEnum):
    """What a place can be handed to."""

    GEO = "geo"
    AMAP = "amap"
    BAIDU = "baidu"
    APPLE = "apple"
    GOOGLE = "google"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry of the menu: the app, what it is called, and the address that opens it."""

    app: App
    names: Names
    url: str


def links(site: Site, mode: TravelMode, apps: Sequence[App]) -> tuple[Link, ...]:
    """Return a link to the site for each app, in the order given."""
    return tuple(_link(site, mode, app) for app in apps)


def _link(site: Site, mode: TravelMode, app: App) -> Link:
    names, crs, url = _APPS[app]
    lon, lat = from_wgs84(np.array([[site.lon, site.lat]]), crs)[0].tolist()
    there = Site(lon=round(lon, 6), lat=round(lat, 6), name=site.name)
    return Link(app=app, names=names, url=url(there, mode is TravelMode.FOOT))


def _geo(to: Site, on_foot: bool) -> str:
    at = f"{to.lat},{to.lon}"
    label = f"({quote(to.name, safe='')})" if to.name else ""
    return f"geo:{at}?q={at}{label}"


def _amap(to: Site, on_foot: bool) -> str:
    # A comma in the name would begin a fourth field.
    place = ",".join((str(to.lon), str(to.lat), to.name.replace(",", " ")))
    return "https://uri.amap.com/navigation?" + _query(
        to=place, mode="walk" if on_foot else "car", coordinate="gaode", src=SOURCE, callnative=1
    )


def _baidu(to: Site, on_foot: bool) -> str:
    # So would a bar begin another field here.
    name = f"|name:{to.name.replace('|', ' ')}" if to.name else ""
    return "baidumap://map/direction?" + _query(
        destination=f"latlng:{to.lat},{to.lon}{name}",
        coord_type="bd09ll",
        mode="walking" if on_foot else "driving",
        src=SOURCE,
    )


def _apple(to: Site, on_foot: bool) -> str:
    return "https://maps.apple.com/?" + _query(
        daddr=f"{to.lat},{to.lon}", dirflg="w" if on_foot else "d"
    )


def _google(to: Site, on_foot: bool) -> str:
    return "https://www.google.com/maps/dir/?" + _query(
        api=1, destination=f"{to.lat},{to.lon}", travelmode="walking" if on_foot else "driving"
    )


def _query(**parameters: object) -> str:
    return urlencode(parameters, quote_via=quote)


_APPS: Final[dict[App, tuple[Names, Crs, Callable[[Site, bool], str]]]] = {
    App.GEO: (Names(zh="手机默认地图", en="Phone's own app"), Crs.WGS84, _geo),
    App.AMAP: (Names(zh="高德地图", en="AMap"), Crs.GCJ02, _amap),
    App.BAIDU: (Names(zh="百度地图", en="Baidu Maps"), Crs.BD09, _baidu),
    App.APPLE: (Names(zh="苹果地图", en="Apple Maps"), Crs.GCJ02, _apple),
    App.GOOGLE: (Names(zh="谷歌地图", en="Google Maps"), Crs.GCJ02, _google),
}
