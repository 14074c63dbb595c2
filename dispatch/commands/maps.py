"""`dispatch roads import`, `dispatch tiles build`: what is made of an OpenStreetMap extract."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dispatch.geo.osm.area import Area, area_of_boundary, area_of_box
from dispatch.geo.osm.build import Request, check_name, import_roads, name_of
from dispatch.geo.tiles.build import SUFFIX, build_tiles
from dispatch.geo.tiles.build import Request as TilesRequest
from dispatch.settings import Settings

Command = Callable[..., argparse.ArgumentParser]


def add(commands: Any, command: Command, settings: Callable[[], Settings]) -> None:
    """Add the commands to the command line."""
    roads = commands.add_parser("roads", help="the road network")
    load = command(
        roads.add_subparsers(required=True, metavar="WHAT"),
        "import",
        lambda arguments: _roads_import(arguments, settings()),
        "prepare the roads of an OpenStreetMap extract",
        "What becomes of tags, barriers and speeds: docs/reference/roads.md. Exit code 0: the "
        "roads are in place, and the report says what to look at; 2: nothing was changed.",
    )
    _add_extract(load)
    load.add_argument("--name", help="what to call the roads (default: by the file)")
    load.add_argument(
        "--country",
        default="default",
        metavar="CC",
        help="whose speeds and limits apply, or a TOML file of one's own",
    )
    load.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where they go (default: roads/NAME in the data folder)",
    )
    tiles = commands.add_parser("tiles", help="the offline map")
    make = command(
        tiles.add_subparsers(required=True, metavar="WHAT"),
        "build",
        lambda arguments: _tiles_build(arguments, settings()),
        "draw an OpenStreetMap extract into a tile file",
        "What is drawn: docs/reference/map.md. Exit code 0: the file is in place; 2: nothing was "
        "changed.",
    )
    _add_extract(make)
    make.add_argument("--name", help="what to call the map (default: by the file)")
    make.add_argument(
        "--out",
        type=Path,
        metavar="FILE.pmtiles",
        help="where it goes (default: in the data folder)",
    )


def _add_extract(command: argparse.ArgumentParser) -> None:
    """An OpenStreetMap extract, and which part of it."""
    command.add_argument("file", type=Path, metavar="FILE.osm.pbf")
    part = command.add_mutually_exclusive_group()
    part.add_argument(
        "--bbox",
        metavar="W,S,E,N",
        help="only this box, in degrees; west of Greenwich write --bbox=-8.7,41.1,-8.5,41.2",
    )
    part.add_argument(
        "--boundary", type=Path, metavar="FILE.geojson", help="only within these polygons"
    )


def _area(arguments: argparse.Namespace) -> Area:
    if arguments.bbox is not None:
        return area_of_box(arguments.bbox)
    if arguments.boundary is not None:
        return area_of_boundary(arguments.boundary)
    return Area()


def _roads_import(arguments: argparse.Namespace, settings: Settings) -> int:
    name = check_name(arguments.name or name_of(arguments.file))
    request = Request(
        file=arguments.file,
        out=arguments.out or settings.data_dir / "roads" / name,
        area=_area(arguments),
        name=name,
        country=arguments.country,
    )
    report = import_roads(request, _tell)
    print(report.text())
    print(f'In the agency file: roads = "{request.out.resolve()}"')
    return 0


def _tiles_build(arguments: argparse.Namespace, settings: Settings) -> int:
    name = check_name(arguments.name or name_of(arguments.file))
    out = arguments.out or settings.data_dir / f"{name}{SUFFIX}"
    if arguments.out is None:
        out.parent.mkdir(parents=True, exist_ok=True)
    request = TilesRequest(file=arguments.file, out=out, area=_area(arguments), name=name)
    built = build_tiles(request, _tell)
    print(", ".join(f"{count:,} {layer}" for layer, count in built.objects.items()))
    print(f"{out}: {built.size / 1e6:.1f} MB, {built.took_s:.1f} s, extract of {built.date or '?'}")
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
