"""Distances on the sphere, in metres, and the coarse positions that screens may show.

The Earth is a sphere of the mean radius R1 of IUGG/GRS 80. Against the ellipsoid that is wrong by
at most 0.56 %, far below what a travel time can promise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

EARTH_RADIUS_M: Final = 6_371_008.8
CELL_DEGREES: Final = 0.01
"""Side of a coarse cell: 1.11 km north to south, less east to west away from the equator."""

_CELLS_PER_DEGREE: Final = 100


def crow_m(lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> Floats:
    """Return great-circle distances in metres; the arguments (degrees) broadcast.

    Haversine: exact for neighbours a centimetre apart, unlike the spherical law of cosines.
    """
    lon_a, lat_a, lon_b, lat_b = (np.radians(side) for side in (lon_a, lat_a, lon_b, lat_b))
    half_lat = np.sin((lat_b - lat_a) / 2)
    half_lon = np.sin((lon_b - lon_a) / 2)
    square = half_lat * half_lat + np.cos(lat_a) * np.cos(lat_b) * half_lon * half_lon
    # Rounding can carry antipodes a hair above 1, where arcsin is nan.
    distance: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(square, 1.0)))
    return distance


def unit_xyz(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Return points of the unit sphere, shape (..., 3), for positions in degrees.

    There the chord between two points grows with their great-circle distance, so a plain k-d tree
    finds true neighbours across the antimeridian and at the poles.
    """
    lon, lat = np.radians(lon), np.radians(lat)
    ring = np.cos(lat)
    return np.stack([ring * np.cos(lon), ring * np.sin(lon), np.sin(lat)], axis=-1)


def chord_to_m(chord: ArrayLike) -> Floats:
    """Return the great-circle metres that belong to chords of the unit sphere."""
    half = np.minimum(np.asarray(chord, dtype=np.float64) / 2, 1.0)
    distance: Floats = 2 * EARTH_RADIUS_M * np.arcsin(half)
    return distance


def m_to_chord(distance_m: ArrayLike) -> Floats:
    """Return the chords of the unit sphere that span these metres (at most half around it); nothing
    spans less than none."""
    chord: Floats = 2 * np.sin(np.clip(np.divide(distance_m, 2 * EARTH_RADIUS_M), 0, np.pi / 2))
    return chord


def located(points: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return `points` as float64 of shape (n, 2), and which rows, shape (n,), are a place.

    A row holding nan or infinity is nowhere: it comes back as 0, 0 and False.

    Raises:
        ValueError: another shape, or degrees out of range.
    """
    places = np.array(points, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2:
        raise ValueError(f"positions must have shape (n, 2), got {places.shape}")
    known = np.logical_and(*np.isfinite(places).T)
    places[~known] = 0.0
    if (np.abs(places) > (180.0, 90.0)).any():
        raise ValueError("a position is out of range: lon, lat in degrees")
    return places, known


def coarsen(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Return the centres of the CELL_DEGREES cells that hold the positions (degrees).

    This is how a volunteer's home may leave the server: everybody of a cell has one position.
    """
    return _cell_centre(lon, 180.0), _cell_centre(lat, 90.0)


def _cell_centre(degrees: ArrayLike, limit: float) -> Floats:
    cell = np.floor(np.asarray(degrees, dtype=np.float64) * _CELLS_PER_DEGREE)
    # The limit itself (the pole, the antimeridian) belongs to the last cell before it.
    cell = np.minimum(cell, limit * _CELLS_PER_DEGREE - 1)
    centre: Floats = np.round((cell + 0.5) / _CELLS_PER_DEGREE, 3)
    return centre
