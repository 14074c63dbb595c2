"""From ways of many points to links between vertices: only where roads meet, end or change.

Three steps. Ways are cut into *pieces* at every node that is not simply passed through. A barrier
which stops somebody becomes a link of its own, which only the others may use. Pieces that meet
end to end and are alike become one link.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatch.geo.osm.read import Ways
from dispatch.roster import Bools, Bytes, Ids, Ints

_FORWARD_BITS: Final = 0b01010101
_BACKWARD_BITS: Final = 0b10101010


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """m links. `way` (m,) is a row of `Ways` which says what the link is; `access` (m,) differs
    from that way's at barriers and where the link runs against its drawing. The rest is as in
    `RoadGraph`; `nodes` counts the points before."""

    vertices: Ints
    tail: Ints
    head: Ints
    way: Ids
    access: Bytes
    bend_start: Ints
    bends: Ints
    nodes: int


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Piece i of way[i] runs from node tail[i] to node head[i] over the points first[i] to
    last[i] (included) of `place`."""

    tail: Ids
    head: Ids
    way: Ids
    access: Bytes
    first: Ids
    last: Ids

    def joined(self, more: _Pieces) -> _Pieces:
        return _Pieces(
            *(
                np.concatenate([getattr(self, name), getattr(more, name)])
                for name in ("tail", "head", "way", "access", "first", "last")
            )
        )


def contract(ways: Ways, inside: Bools) -> Links | None:
    """Return the links of the ways, cut off at the first point that is not `inside`, (p,).

    A segment is kept when one of its ends is inside. None when nothing is.
    """
    rows, way = _segments(ways, inside)
    if not len(rows):
        return None
    nodes, ends = np.unique(ways.ref[np.stack([rows, rows + 1])], return_inverse=True)
    ends = ends.reshape(2, -1)
    access = np.array([kind[1] for kind in ways.kinds], np.uint8)[ways.kind]
    passing = _passing(ways, nodes)
    pieces = _cut(rows, way, ends, access[way], passing, len(nodes))
    pieces, place = _with_barriers(pieces, passing, len(nodes), ways.place)
    return _links(pieces, _chains(pieces, _alike(ways)), place, len(nodes))


def _segments(ways: Ways, inside: Bools) -> tuple[Ids, Ids]:
    """Return the points at which kept segments begin, and their ways."""
    way = np.repeat(np.arange(len(ways.osm_id)), np.diff(ways.start))
    rows = np.flatnonzero(way[:-1] == way[1:]) if len(way) else np.empty(0, np.int64)
    there = np.abs(ways.place[:, 0]) <= 180_000_000
    keep = there[rows] & there[rows + 1] & (inside[rows] | inside[rows + 1])
    keep &= ways.ref[rows] != ways.ref[rows + 1]
    rows = rows[keep]
    return rows, way[rows]


def _passing(ways: Ways, nodes: Ids) -> Bytes:
    """Return the access bits of who gets past each node: all of them where no barrier is."""
    bits = np.full(len(nodes), 0xFF, np.uint8)
    barriers = np.array(sorted(ways.passing), np.int64)
    if len(barriers):
        at = np.minimum(np.searchsorted(nodes, barriers), len(nodes) - 1)
        found = nodes[at] == barriers
        bits[at[found]] = [ways.passing[node] for node in barriers[found].tolist()]
    return bits


def _cut(rows: Ids, way: Ids, ends: Ids, access: Bytes, passing: Bytes, node_count: int) -> _Pieces:
    degree = np.bincount(ends.ravel(), minlength=node_count)
    whole = (degree == 2) & (passing == 0xFF)
    follows = np.zeros(len(rows), np.bool_)
    follows[1:] = (rows[1:] == rows[:-1] + 1) & (way[1:] == way[:-1]) & whole[ends[0, 1:]]
    begin = np.flatnonzero(~follows)
    end = np.append(begin[1:], len(rows)) - 1
    return _Pieces(
        tail=ends[0, begin],
        head=ends[1, end],
        way=way[begin],
        access=access[begin],
        first=rows[begin],
        last=rows[end] + 1,
    )


def _with_barriers(
    pieces: _Pieces, passing: Bytes, node_count: int, place: Ints
) -> tuple[_Pieces, Ints]:
    """Take pieces off the barriers that stop some of their users, and link them for the others."""
    stubs, stub_place = [], []
    ends = {"tail": pieces.tail.copy(), "head": pieces.head.copy()}
    fresh, point = node_count, len(place)
    for side, at in (("tail", pieces.first), ("head", pieces.last)):
        here = ends[side]
        stopped = np.flatnonzero(pieces.access & ~passing[here])
        copies = fresh + np.arange(len(stopped))
        firsts = point + 2 * np.arange(len(stopped))
        stubs.append(
            _Pieces(
                tail=copies if side == "head" else here[stopped],
                head=here[stopped] if side == "head" else copies,
                way=pieces.way[stopped],
                access=pieces.access[stopped] & passing[here[stopped]],
                first=firsts,
                last=firsts + 1,
            )
        )
        stub_place.append(np.repeat(place[at[stopped]], 2, axis=0))
        here[stopped] = copies
        fresh, point = fresh + len(stopped), point + 2 * len(stopped)
    moved = _Pieces(
        ends["tail"], ends["head"], pieces.way, pieces.access, pieces.first, pieces.last
    )
    every = moved.joined(stubs[0]).joined(stubs[1])
    used = every.access > 0
    kept = _Pieces(*(getattr(every, name)[used] for name in _Pieces.__slots__))
    return kept, np.concatenate([place, *stub_place])


def _alike(ways: Ways) -> Ids:
    """Return a number per way, the same for ways that differ at most in access and id."""
    kinds = {(kind[0], *kind[2:]): None for kind in ways.kinds}
    number = {kind: index for index, kind in enumerate(kinds)}
    same = np.array([number[(kind[0], *kind[2:])] for kind in ways.kinds], np.int64)
    return same[ways.kind] * len(ways.names) + ways.name


def swapped(access: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return access bits as seen from the other end of a link."""
    return ((access & _FORWARD_BITS) << 1 | (access & _BACKWARD_BITS) >> 1).astype(np.uint8)


def _mates(pieces: _Pieces, alike: Ids) -> list[int]:
    """Return for each end (2 i: tail of piece i, 2 i + 1: its head) the one it continues in, -1
    where it meets none or several, or another kind of road."""
    node = np.stack([pieces.tail, pieces.head], axis=1).ravel()
    leaving = np.stack([pieces.access, swapped(pieces.access)], axis=1).ravel()
    order = np.argsort(node, kind="stable")
    degree = np.bincount(node)
    lone = np.flatnonzero(degree[node[order]] == 2)
    left, right = order[lone[0::2]], order[lone[1::2]]
    kind = alike[pieces.way]
    same = (kind[left // 2] == kind[right // 2]) & (leaving[left] == swapped(leaving[right]))
    mates = np.full(len(node), -1)
    mates[left[same]], mates[right[same]] = right[same], left[same]
    found: list[int] = mates.tolist()
    return found


def _chains(pieces: _Pieces, alike: Ids) -> list[list[int]]:
    """Return the links as lists of the ends at which their pieces are entered, by lowest piece.

    A ring nothing joins begins, and ends, where its lowest piece begins.
    """
    mates = _mates(pieces, alike)
    done = bytearray(len(pieces.way))
    chains = []
    for piece in range(len(done)):
        if done[piece]:
            continue
        start = _walk_back(mates, piece)
        chain = [start]
        while True:
            done[chain[-1] // 2] = 1
            onward = mates[chain[-1] ^ 1]
            if onward == -1 or onward == start:
                break
            chain.append(onward)
        chains.append(chain)
    return chains


def _walk_back(mates: list[int], piece: int) -> int:
    """Return the end at which the chain through `piece` begins, in the direction of `piece`."""
    end = 2 * piece
    while mates[end] != -1:
        end = mates[end] ^ 1
        if end == 2 * piece:
            break
    return end


def _links(pieces: _Pieces, chains: list[list[int]], place: Ints, node_count: int) -> Links:
    entered = np.array([end for chain in chains for end in chain], np.int64)
    count = np.array([len(chain) for chain in chains], np.int64)
    last = np.cumsum(count) - 1
    first = last - count + 1
    piece, backward = entered // 2, entered % 2 == 1
    nodes = np.stack([pieces.tail, pieces.head])
    tails, heads = nodes[entered % 2, piece], nodes[1 - entered % 2, piece]
    ends, number = np.unique(np.stack([tails[first], heads[last]]), return_inverse=True)
    number = number.reshape(2, -1).astype(np.int32)
    access = np.where(backward, swapped(pieces.access[piece]), pieces.access[piece])
    points, per_piece = _points(pieces, piece, backward)
    # The far end of each piece is a bend, but not the far end of the link.
    inner = np.ones(len(points), np.bool_)
    inner[np.cumsum(per_piece)[last] - 1] = False
    bends = np.add.reduceat(per_piece, first) - 1
    vertices = np.empty((len(ends), 2), np.int32)
    start_point = np.where(backward, pieces.last[piece], pieces.first[piece])[first]
    vertices[number[0]] = place[start_point]
    vertices[number[1]] = place[points[~inner]]
    return Links(
        vertices=vertices,
        tail=number[0],
        head=number[1],
        way=pieces.way[np.minimum.reduceat(piece, first)],
        access=access[first].astype(np.uint8),
        bend_start=np.concatenate([np.zeros(1, np.int64), np.cumsum(bends)]).astype(np.int32),
        bends=place[points[inner]],
        nodes=node_count,
    )


def _points(pieces: _Pieces, piece: Ids, backward: Bools) -> tuple[Ids, Ids]:
    """Return the points of the pieces one after the other, each without its first one, as walked,
    and how many each has."""
    per_piece = pieces.last[piece] - pieces.first[piece]
    start = np.repeat(np.cumsum(per_piece) - per_piece, per_piece)
    step = np.arange(int(per_piece.sum())) - start + 1
    ahead = np.repeat(pieces.first[piece], per_piece) + step
    back = np.repeat(pieces.last[piece], per_piece) - step
    return np.where(np.repeat(backward, per_piece), back, ahead), per_piece
