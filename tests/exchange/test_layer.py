from __future__ import annotations

import pytest

from dispatch.errors import BadInput
from dispatch.exchange.layer import Format, format_of, points


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("zones.gpkg", Format.GPKG),
        ("a.b.GeoJSON", Format.GEOJSON),
        ("zones.shp.zip", Format.SHAPEFILE),
        ("z.kml", Format.KML),
    ],
)
def test_a_name_asks_for_a_format(name: str, kind: Format) -> None:
    assert format_of(name) is kind


@pytest.mark.parametrize("name", ["zones", "zones.zip", "zones.shp", "zones.pdf", "gpkg"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"expected a name that ends in \.gpkg"):
        format_of(name)


def test_points_of_nothing() -> None:
    assert len(points([])) == 0
    (at,) = points([(1.0, 2.0)])
    assert (at.x, at.y) == (1, 2)
