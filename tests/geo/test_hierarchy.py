"""What the fast engine keeps on disk; its answers are checked in tests/contracts/test_search.py."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from dispatch.geo import hierarchy
from dispatch.geo.search import NO_WAY, Arcs, Dijkstra, Doors, Search

pytestmark = pytest.mark.skipif(not hierarchy.AVAILABLE, reason="the extra `fast` is missing")


def town(seed: int = 1, size: int = 400) -> tuple[Arcs, np.ndarray]:
    """Return random two-way streets and their times."""
    rng = np.random.default_rng(seed)
    one = rng.integers(0, size, 3 * size)
    two = (one + rng.integers(1, 20, 3 * size)) % size
    arcs = Arcs(np.concatenate([one, two]), np.concatenate([two, one]), rng.random((size, 2)))
    return arcs, rng.integers(1, 60_000, 6 * size).astype(np.uint32)


def times(search: Search, weights: np.ndarray) -> np.ndarray:
    search.adopt(weights)
    goals = np.arange(0, 400, 7)
    doors = Doors(np.stack([goals, goals + 1]) % 400, np.ones((2, len(goals)), np.uint32))
    return search.times_ms(doors, np.arange(400))


def test_a_second_start_reads_what_the_first_worked_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arcs, weights = town()
    first = times(hierarchy.Hierarchy(arcs, tmp_path / "kept"), weights)
    (kept,) = (tmp_path / "kept").iterdir()
    monkeypatch.setattr(hierarchy, "_save", lambda *_: pytest.fail("made anew"))
    np.testing.assert_array_equal(
        times(hierarchy.Hierarchy(arcs, tmp_path / "kept"), weights), first
    )
    assert kept.is_dir()


def test_another_network_has_another_order(tmp_path: Path) -> None:
    for seed in (1, 2):
        arcs, weights = town(seed)
        found = times(hierarchy.Hierarchy(arcs, tmp_path), weights)
        np.testing.assert_array_equal(found, times(Dijkstra(arcs), weights))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("harm", ["empty", "cut"])
def test_what_was_kept_and_cannot_be_read_is_made_anew(tmp_path: Path, harm: str) -> None:
    arcs, weights = town()
    hierarchy.Hierarchy(arcs, tmp_path)
    (kept,) = tmp_path.iterdir()
    for file in kept.iterdir():
        if harm == "empty":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    found = times(hierarchy.Hierarchy(arcs, tmp_path), weights)
    np.testing.assert_array_equal(found, times(Dijkstra(arcs), weights))
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]


def test_a_folder_that_cannot_be_written_costs_time_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arcs, weights = town()
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        found = times(hierarchy.Hierarchy(arcs, tmp_path / "file"), weights)
    np.testing.assert_array_equal(found, times(Dijkstra(arcs), weights))
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize("share", [0.001, 0.3])
def test_few_and_many_changes_and_two_threads_give_the_reference_times(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hierarchy, "_WORTH_THREADS", 1)
    arcs, weights = town()
    fast, reference = hierarchy.Hierarchy(arcs), Dijkstra(arcs)
    rng = np.random.default_rng(3)
    for _ in range(4):
        np.testing.assert_array_equal(times(fast, weights), times(reference, weights))
        weights = weights.copy()
        some = rng.random(len(weights)) < share
        weights[some] = rng.choice([NO_WAY, 5, 90_000], int(some.sum()))
