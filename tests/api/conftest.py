"""One small county for all API tests; every test serves a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dispatch.settings import Settings
from tests.town import Town, free_port, make_town, running_town


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 2,000 volunteers and no operations."""
    folder = tmp_path_factory.mktemp("county")
    make_town(folder)
    return folder


@pytest.fixture
def settings(county: Path, tmp_path: Path) -> Settings:
    shutil.copytree(county, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", port=free_port(), planner_process=False)


@pytest.fixture
async def town(settings: Settings) -> AsyncIterator[Town]:
    async with running_town(settings) as town:
        yield town
