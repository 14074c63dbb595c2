"""A small scenario in files, so that a test changes one thing in it and looks at what is said."""

from __future__ import annotations

from pathlib import Path

from dispatch.drills.scenario.model import Scenario
from dispatch.drills.scenario.problems import BadScenario, Problem
from dispatch.drills.scenario.read import load_scenario

YAML = """\
format: 1
id: small
name_zh: 小演练
name_en: Small drill
clock:
  starts: 2021-07-20 06:00
  hours: 24
  timezone: Asia/Shanghai
area:
  bounds: [113.0, 34.0, 114.0, 35.0]
incidents: incidents.csv
roster:
  people: 50
  teams: 2
  seed: 7
  settlements: settlements.csv
  fact: S
  source: invented
needs:
  deadline_min: 60
  work_min: 120
  reach_min: 60
  risk_assessment: water
  safety_owner: Li (exercise)
  safety_measures: buddy pairs
weather:
  - {at: +0, rain_mm: 0.5, fact: S, source: invented}
  - {at: +60, rain_mm: 20, temperature_c: 24, fact: S, source: invented}
timeline:
  - {what: zone_drawn, id: Z1, at: +10, kind: flood, name: river, point: [113.5, 34.5],
     radius_m: 300, fact: F, coord: K, source: press}
  - {what: need_verified, id: V1, at: +30, need: N1, fact: S, source: invented}
  - {what: need_created, id: N1, at: +20, incident: A-1, needs: "MED-1:2", verified: false,
     fact: P, source: press}
  - {what: zone_cleared, id: Z1/dry, at: +90, zone: Z1, fact: S, source: invented}
"""
ROWS = """\
id,at,lon,lat,coord,place,region,kind,severity,hazard,title_zh,title_en,needs,verified_min,fact,source
A-1,2021-07-20 06:05,113.5,34.5,G,河边,410103,flood,II,H3,积水,Water,LOG:10 BOAT:2@H3,,F,press
A-2,+15,113.6,34.6,S,,410103,medical,I,H1,病人,Patient,MED-2:1,10,S,invented
"""
SETTLEMENTS = """\
lon,lat,radius_m,population,region,name
113.5,34.5,2000,1000,410103,二七区
113.6,34.6,2000,3000,410105,金水区
"""
AGENCY = """\
id = "small"
name_zh = "小"
name_en = "Small"
exercise = true
currency = "CNY"
timezone = "Asia/Shanghai"

[map]
center = [113.5, 34.5]
zoom = 10

[[regions]]
code = "410103"
level = 1
name_zh = "二七区"
name_en = "Erqi"

[[regions]]
code = "410105"
level = 1
name_zh = "金水区"
name_en = "Jinshui"
"""
FILES = {
    "scenario.yaml": YAML,
    "incidents.csv": ROWS,
    "settlements.csv": SETTLEMENTS,
    "agency.toml": AGENCY,
}


def write(folder: Path, **files: str | bytes) -> Path:
    """Write the small scenario; `yaml`, `rows`, `settlements`, `agency` replace a file."""
    names = dict(zip(("yaml", "rows", "settlements", "agency"), FILES, strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    for short, name in names.items():
        text = files.get(short, FILES[name])
        data = text if isinstance(text, bytes) else text.encode()
        (folder / name).write_bytes(data)
    return folder


def load(folder: Path, **files: str | bytes) -> Scenario:
    """Return the small scenario as it is read."""
    return load_scenario(write(folder, **files))


def problems(folder: Path, **files: str | bytes) -> tuple[Problem, ...]:
    """Return what is wrong with the small scenario."""
    try:
        load(folder, **files)
    except BadScenario as bad:
        return bad.problems
    return ()


def said(folder: Path, **files: str | bytes) -> list[str]:
    """Return what is wrong as `file:line:column CODE`, the column where there is one."""
    return [f"{_place(p)} {p.code}" for p in problems(folder, **files)]


def _place(problem: Problem) -> str:
    at = problem.place
    numbers = (str(number) for number in (at.line, at.column) if number)
    return ":".join([Path(at.file).name, *numbers])
