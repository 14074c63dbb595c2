from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from dispatch.errors import BadInput, Rejected
from dispatch.model import RegionCode
from dispatch.registry.catalogue import (
    Contract,
    Region,
    add_contracts,
    add_regions,
    policies,
    regions,
    team_members,
    teams,
)
from dispatch.registry.engine import reading, writing

from .conftest import AddPerson


def test_regions_come_parents_first(registry: Engine) -> None:
    assert [(one.code, one.parent, one.level) for one in regions(registry)] == [
        ("99", None, 1),
        ("9901", "99", 2),
        ("9902", "99", 2),
    ]


def test_regions_can_be_added_below_stored_ones(registry: Engine) -> None:
    village = Region(
        code=RegionCode("01"), parent=RegionCode("9902"), level=3, name_zh="村", name_en="Village"
    )
    with writing(registry) as connection:
        add_regions(connection, [village])
    assert regions(registry)[-1] == village


def test_regions_in_a_circle_do_not_hang(engine: Engine) -> None:
    def region(code: str, parent: str) -> Region:
        return Region(
            code=RegionCode(code), parent=RegionCode(parent), level=1, name_zh="", name_en=""
        )

    with pytest.raises(IntegrityError), writing(engine) as connection:
        add_regions(connection, [region("a", "b"), region("b", "a")])


def test_a_policy_reads_back_as_it_was_registered(
    registry: Engine, contract: Callable[..., Contract]
) -> None:
    with reading(registry) as connection:
        base, high, pool = policies(connection)
    registered = contract(1, "BASE")
    for name in base.__dataclass_fields__:
        if name != "used_up":
            assert getattr(base, name) == getattr(registered, name), name
    assert [base.used_up, high.used_up, pool.used_up] == [False, False, True]


@pytest.mark.parametrize(
    ("limit_sum", "paid_sum", "used_up"),
    [(None, 10, False), (10, 9, False), (10, 10, True), (10, 11, True)],
)
def test_a_policy_is_used_up_at_its_limit(
    engine: Engine,
    contract: Callable[..., Contract],
    limit_sum: int | None,
    paid_sum: int,
    used_up: bool,
) -> None:
    with writing(engine) as connection:
        add_contracts(connection, [contract(1, "A", limit_sum=limit_sum, paid_sum=paid_sum)])
        assert policies(connection)[0].used_up is used_up


@pytest.mark.parametrize("clause", ["12", "A:B", "A;B"])
def test_a_clause_a_roster_file_could_not_name_is_refused(
    engine: Engine, contract: Callable[..., Contract], clause: str
) -> None:
    with pytest.raises(BadInput, match="digits"), writing(engine) as connection:
        add_contracts(connection, [contract(1, clause)])


def test_teams_are_listed_with_their_active_members(
    registry: Engine, add_person: AddPerson
) -> None:
    two = [add_person(f"V{n}", team_id=2) for n in (1, 2)]
    add_person("V3", team_id=2, status="SUSPENDED")
    add_person("V4", team_id=None)
    assert [(t.name, t.members) for t in teams(registry)] == [
        ("Boats", 0), ("Plain", 0), ("Ropes", 2),
    ]  # fmt: skip
    assert team_members(registry, 2) == two
    assert team_members(registry, 3) == []
    with pytest.raises(Rejected, match="NOT_FOUND"):
        team_members(registry, 9)
