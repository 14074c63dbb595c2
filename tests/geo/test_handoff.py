"""Hand-off links: each app gets the place where its own map shows it."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dispatch.geo.handoff import App, links
from dispatch.model import Site, TravelMode

ZHENGZHOU = Site(lon=113.656079, lat=34.758866, name="人民医院, 东门|2")
PORTO = Site(lon=-8.61, lat=41.15)


def url(site: Site, app: App, mode: TravelMode = TravelMode.CAR) -> str:
    (link,) = links(site, mode, [app])
    return link.url


def query(site: Site, app: App, mode: TravelMode = TravelMode.CAR) -> dict[str, str]:
    return {name: of[0] for name, of in parse_qs(urlsplit(url(site, app, mode)).query).items()}


def test_the_phones_own_app_gets_wgs84_and_the_name() -> None:
    found = url(ZHENGZHOU, App.GEO)
    assert found.startswith("geo:34.758866,113.656079?q=34.758866,113.656079(")
    assert unquote(found).endswith("(人民医院, 东门|2)")
    assert url(PORTO, App.GEO) == "geo:41.15,-8.61?q=41.15,-8.61"


def test_amap_gets_gcj02_and_three_fields() -> None:
    found = query(ZHENGZHOU, App.AMAP)
    assert found["to"].split(",") == ["113.662167", "34.757742", "人民医院  东门|2"]
    assert (found["coordinate"], found["mode"]) == ("gaode", "car")


def test_baidu_gets_bd09_and_two_fields() -> None:
    found = query(ZHENGZHOU, App.BAIDU)
    assert found["destination"] == "latlng:34.763873,113.668611|name:人民医院, 东门 2"
    assert (found["coord_type"], found["mode"]) == ("bd09ll", "driving")


@pytest.mark.parametrize(("app", "field"), [(App.APPLE, "daddr"), (App.GOOGLE, "destination")])
def test_apple_and_google_are_shifted_in_the_mainland_only(app: App, field: str) -> None:
    assert query(ZHENGZHOU, app)[field] == "34.757742,113.662167"
    assert query(PORTO, app)[field] == "41.15,-8.61"


@pytest.mark.parametrize(
    ("app", "field", "walks"),
    [
        (App.AMAP, "mode", "walk"),
        (App.BAIDU, "mode", "walking"),
        (App.APPLE, "dirflg", "w"),
        (App.GOOGLE, "travelmode", "walking"),
    ],
)
def test_who_walks_gets_a_way_for_walking(app: App, field: str, walks: str) -> None:
    assert query(PORTO, app, TravelMode.FOOT)[field] == walks
    assert query(PORTO, app, TravelMode.MOTORCYCLE)[field] != walks


def test_links_come_in_the_order_asked_for_with_both_names() -> None:
    found = links(PORTO, TravelMode.CAR, [App.BAIDU, App.GEO])
    assert [link.app for link in found] == ["baidu", "geo"]
    assert all(link.names.zh and link.names.en for link in found)
