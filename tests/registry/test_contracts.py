from __future__ import annotations

from datetime import datetime

import pytest

from dispatch.model import HazardClass, RegionCode
from dispatch.registry.contracts import (
    ASKS_ACTIVATION,
    IN_FORCE,
    LAPSED,
    USED_UP,
    invent_contracts,
)
from dispatch.taxonomy import HAZARD_GATES

TERRITORY = [RegionCode("99")]
SUMS = ("accident_sum", "medical_sum", "sudden_death_sum", "third_party_sum")


@pytest.mark.parametrize("hazard", HazardClass)
def test_every_contract_meets_the_gates_of_the_classes_it_lists(
    now: datetime, hazard: HazardClass
) -> None:
    gate = HAZARD_GATES[hazard]
    for contract in invent_contracts(TERRITORY, "CLP", now):
        if hazard in contract.hazards:
            assert all(getattr(contract, name) >= getattr(gate, name) for name in SUMS)
            assert contract.sudden_illness
            assert contract.travel
            assert contract.exercises


def test_the_named_contracts_are_what_they_are_called(now: datetime) -> None:
    by_id = {contract.id: contract for contract in invent_contracts(TERRITORY, "CLP", now)}
    assert len(by_id) == 8
    for hazard, ids in IN_FORCE.items():
        for one in (by_id[i] for i in ids):
            assert max(one.hazards) == hazard
            assert one.valid_from_at < now < one.valid_until_at
            assert one.limit_sum is None or one.paid_sum < one.limit_sum
    assert [one.id for one in by_id.values() if one.asks_activation] == [ASKS_ACTIVATION]
    assert by_id[LAPSED].valid_until_at < now
    assert by_id[USED_UP].paid_sum == by_id[USED_UP].limit_sum


def test_insurers_say_they_are_fictional(now: datetime) -> None:
    contracts = invent_contracts(TERRITORY, "CLP", now)
    assert all("fictional" in contract.insurer for contract in contracts)
    assert {contract.currency for contract in contracts} == {"CLP"}
    assert {contract.territory for contract in contracts} == {(), ("99",)}
