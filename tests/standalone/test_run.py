"""Files in, plan out: the documented example, its schema, and nothing half-written."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dispatch.__main__ import main
from dispatch.errors import BadInput, SolverFailed
from dispatch.matching.policy import CrewPolicy, MatchPolicy
from dispatch.matching.problem import PostKind
from dispatch.model import CoverEvidence, Reason, Skill, Travel
from dispatch.planner.plan import Planner
from dispatch.settings import ROOT
from dispatch.standalone.run import Files, match_files, read_policy

NOW = datetime(2026, 7, 20, 8, tzinfo=UTC)
EXAMPLE = ROOT / "docs" / "examples" / "match"
PAGE = (ROOT / "docs" / "reference" / "match.md").read_text(encoding="utf-8")


class _Strict(msgspec.Struct, forbid_unknown_fields=True):
    pass


class _Policy(_Strict):
    name: str
    version: int


class _Roster(_Strict):
    read: int
    people: int


class _Proposal(_Strict):
    need: str
    volunteer: str
    travel: Travel
    skill: Skill
    post: PostKind
    cost_s: int
    accepts: float
    cover: CoverEvidence | None


class _Remedy(_Strict):
    reason: Reason
    volunteers: list[str]
    closes: int
    reach_s: int | None


class _Shortfall(_Strict):
    need: str
    missing: int
    eligible: int
    competing: int
    refused: dict[Reason, int]
    single: dict[Reason, int]
    holders: int
    held: dict[Reason, int]
    posts: dict[PostKind, int]
    remedies: list[_Remedy]


class PlanFile(_Strict):
    """The schema of docs/reference/match.md."""

    format: str
    version: int
    made_at: datetime
    policy: _Policy
    needs: int
    roster: _Roster
    objective_s: int
    bound_s: int
    gap: float
    solve_ms: int
    proposals: list[_Proposal]
    shortfalls: list[_Shortfall]


def files(folder: Path) -> Files:
    return Files(
        roster=EXAMPLE / "roster.csv",
        needs=EXAMPLE / "needs.geojson",
        out=folder / "plan.json",
        registry=EXAMPLE / "registry.toml",
        roads=ROOT / "scenarios" / "coquimbo" / "roads",
    )


def planned(given: Files) -> PlanFile:
    match_files(given, NOW, lambda _: None)
    return msgspec.json.decode(given.out.read_bytes(), type=PlanFile)


def test_the_example(tmp_path: Path) -> None:
    plan = planned(files(tmp_path))
    assert [(p.need, p.volunteer) for p in plan.proposals] == [
        ("dike-boats", "V01"),
        ("dike-sandbags", "V03"),
        ("dike-sandbags", "V04"),
        ("dike-first-aid", "V07"),
        ("shelter-care", "V08"),
        ("information-desk", "V10"),
    ]
    assert plan.gap == 0
    assert plan.objective_s == plan.bound_s
    assert (plan.made_at, plan.needs, plan.roster) == (NOW, 5, _Roster(read=10, people=10))
    cover = {p.need: p.cover.clause if p.cover else None for p in plan.proposals}
    assert cover["dike-boats"] == "EX-BOATS"
    assert cover["information-desk"] is None
    assert {p.need: p.skill for p in plan.proposals}["dike-first-aid"] == "MED-2"
    assert all(p.travel.source == "road" for p in plan.proposals)
    short = {s.need: s for s in plan.shortfalls}
    assert short["dike-boats"].single == {Reason.CREDENTIAL: 1}
    assert short["shelter-care"].single[Reason.COVER] == 1


def test_without_roads_and_without_registry(tmp_path: Path) -> None:
    plan = planned(replace(files(tmp_path), roads=None))
    assert len(plan.proposals) == 6
    assert {p.travel.source for p in plan.proposals} == {"estimated"}
    alone = planned(replace(files(tmp_path), registry=None))
    assert [p.need for p in alone.proposals] == ["information-desk"]
    assert alone.roster == _Roster(read=10, people=2)


def test_the_same_files_give_the_same_plan(tmp_path: Path) -> None:
    def bytes_of() -> str:
        planned(files(tmp_path))
        return re.sub(r'"solve_ms": \d+', "", (tmp_path / "plan.json").read_text(encoding="utf-8"))

    assert bytes_of() == bytes_of()


def test_proposals_stand_in_the_order_of_the_needs(tmp_path: Path) -> None:
    path = tmp_path / "needs.geojson"
    collection = json.loads((EXAMPLE / "needs.geojson").read_text(encoding="utf-8"))
    collection["features"].reverse()
    path.write_text(json.dumps(collection), encoding="utf-8")
    plan = planned(replace(files(tmp_path), needs=path))
    assert [p.volunteer for p in plan.proposals] == ["V10", "V08", "V07", "V03", "V04", "V01"]
    assert [s.need for s in plan.shortfalls] == ["shelter-care", "dike-sandbags", "dike-boats"]


def test_one_person_is_proposed_per_head(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    text = (EXAMPLE / "roster.csv").read_text(encoding="utf-8")
    *_, desk = text.splitlines()
    more = [desk.replace("V10", f"V{n}").replace(",60,", f",{n},") for n in range(50, 60)]
    path.write_text(text + "\n".join(more), encoding="utf-8")
    plan = planned(replace(files(tmp_path), roster=path))
    assert [p.volunteer for p in plan.proposals if p.need == "information-desk"] == ["V50"]


def test_a_roster_of_nobody_is_a_plan_with_shortfalls(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text((EXAMPLE / "roster.csv").read_text(encoding="utf-8").split("\n")[0] + "\n")
    plan = planned(replace(files(tmp_path), roster=path))
    assert plan.proposals == []
    assert sum(s.missing for s in plan.shortfalls) == 9
    assert plan.gap == 0


def test_the_policy_file(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text("name = 'mine'\nversion = 3\noff_duty_s = 7\n", encoding="utf-8")
    assert read_policy(path) == MatchPolicy(name="mine", version=3, off_duty_s=7)
    path.write_text("[crew]\nleader_per = 5\n", encoding="utf-8")
    assert read_policy(path).crew == CrewPolicy(leader_per=5)
    path.write_text("name = 'mine'\nversion = 3\noff_duty_s = 7\n", encoding="utf-8")
    plan = planned(replace(files(tmp_path), policy=path))
    assert plan.policy == _Policy(name="mine", version=3)
    usual = planned(files(tmp_path))
    assert usual.objective_s - plan.objective_s == 6 * (MatchPolicy().off_duty_s - 7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("of_duty_s = 1", "policy.toml: of_duty_s is not a dial"),
        ("[crew]\nleader_pr = 4", "policy.toml: crew.leader_pr is not a dial"),
        ("[crew]\nleader_per = 0", "leader_per"),
        ("crew = 4", "crew"),
        ("off_duty_s = -1", r"policy.toml: off_duty_s .*got -1"),
        ("off_duty_s = nan", r"policy.toml: .*off_duty_s"),
        ("[severity_weight]\nI = 8", "severity_weight must have one entry for each"),
        ("= 1", "policy.toml"),
    ],
)
def test_a_wrong_policy_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=says):
        read_policy(path)


def test_nothing_is_written_unless_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = files(tmp_path)
    given.out.write_text("the plan before", encoding="utf-8")

    def fails(*_: Any) -> Any:
        raise SolverFailed("no")

    monkeypatch.setattr(Planner, "plan", fails)
    with pytest.raises(SolverFailed):
        match_files(given, NOW, lambda _: None)
    monkeypatch.undo()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "disk full")))
    with pytest.raises(BadInput, match=r"cannot write .*plan.json: disk full"):
        match_files(given, NOW, lambda _: None)
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    assert given.out.read_text(encoding="utf-8") == "the plan before"


def test_where_the_plan_may_go(tmp_path: Path) -> None:
    given = files(tmp_path)
    with pytest.raises(BadInput, match="its folder does not exist"):
        match_files(replace(given, out=tmp_path / "no" / "plan.json"), NOW, lambda _: None)
    with pytest.raises(BadInput, match="is a folder"):
        match_files(replace(given, out=tmp_path), NOW, lambda _: None)
    path = tmp_path / "needs.geojson"
    path.write_bytes(given.needs.read_bytes())
    with pytest.raises(BadInput, match="is one of the files to read"):
        match_files(replace(given, needs=path, out=path), NOW, lambda _: None)


def test_a_site_with_its_numbers_swapped(tmp_path: Path) -> None:
    path = tmp_path / "needs.geojson"
    text = (EXAMPLE / "needs.geojson").read_text(encoding="utf-8")
    path.write_text(text.replace("[-71.2519, -29.9027]", "[-29.9027, -71.2519]"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"feature 5 \(information-desk\) coordinates"):
        match_files(replace(files(tmp_path), needs=path), NOW, lambda _: None)


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documented_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The settings name an agency that does not exist: this command asks for none.
    monkeypatch.setenv("DISPATCH_AGENCY_FILE", str(tmp_path / "none.toml"))
    monkeypatch.setenv("DISPATCH_DATA_DIR", str(tmp_path / "data"))
    program, *words = shlex.split(block("sh").replace("\\\n", " "))
    assert program == "dispatch"
    inputs = [str(ROOT / w) if (ROOT / w).exists() else w for w in words]
    inputs[inputs.index("plan.json")] = str(tmp_path / "plan.json")
    assert main(inputs) == 0
    shown = capsys.readouterr()
    assert "6 proposals for 5 needs, 3 heads short, gap 0.00%" in shown.out
    assert "planning 5 needs over 10 people" in shown.err
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]


def test_the_documented_python_runs() -> None:
    exec(block("python"), {})


def test_every_field_of_the_plan_is_documented(tmp_path: Path) -> None:
    match_files(files(tmp_path), NOW, lambda _: None)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))

    def names(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(names, value))
        if isinstance(value, dict):
            return set(value).union(*map(names, value.values()))
        return set()

    codes = {*Reason, *PostKind}
    assert not {n for n in names(plan) - codes if f"`{n}`" not in PAGE}


def test_every_property_is_documented() -> None:
    from dispatch.standalone.needs import Properties
    from dispatch.standalone.registry import RegistryFile

    entries = msgspec.inspect.type_info(RegistryFile)
    assert isinstance(entries, msgspec.inspect.StructType)
    inner = [f.type.item_type for f in entries.fields]  # type: ignore[union-attr]
    names = [f.name for struct in inner for f in struct.fields]  # type: ignore[union-attr]
    for name in (*Properties.__struct_fields__, *names):
        assert re.search(rf"`([^`]*\s)?{name}(\s[^`]*)?`", PAGE), name
