"""Every source file has a test file of its own: `python -m tests.check_twins`.

`dispatch/a/b.py` is tested by `tests/a/test_b.py`; what is tested under another name says where.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
ELSEWHERE: Final = {
    "dispatch/errors.py": "tests/test_rules.py",
    "dispatch/model.py": "tests/test_model.py",
    "dispatch/taxonomy.py": "tests/test_taxonomy.py",
    "dispatch/actions.py": "tests/api/test_actions.py",
    "dispatch/roster.py": "tests/registry/test_snapshot.py",
    "dispatch/ports.py": "tests/contracts/test_eventlog.py",
    "dispatch/eventlog.py": "tests/contracts/test_eventlog.py",
    "dispatch/alerts/bus.py": "tests/contracts/test_bus.py",
    "dispatch/alerts/channels/chat.py": "tests/contracts/test_channel.py",
    "dispatch/alerts/channels/once.py": "tests/contracts/test_channel.py",
    "dispatch/alerts/channels/recording.py": "tests/contracts/test_channel.py",
    "dispatch/alerts/redis_bus.py": "tests/contracts/test_bus.py",
    "dispatch/api/bodies.py": "tests/api/test_actions.py",
    "dispatch/api/errors.py": "tests/api/test_actions.py",
    "dispatch/api/command.py": "tests/api/test_reads.py",
    "dispatch/api/phone.py": "tests/api/test_reads.py",
    "dispatch/api/pages.py": "tests/api/test_reads.py",
    "dispatch/api/services.py": "tests/api/test_reads.py",
    "dispatch/api/create.py": "tests/api/test_reads.py",
    "dispatch/app.py": "tests/test_main.py",
    "dispatch/__main__.py": "tests/test_main.py",
    "dispatch/settings.py": "tests/test_main.py",
    "dispatch/drills/scenario/schema.py": "tests/drills/scenario/test_reference.py",
    "dispatch/drills/scenario/lines.py": "tests/drills/scenario/test_reference.py",
    "dispatch/drills/scenario/world.py": "tests/drills/scenario/test_injects.py",
    "dispatch/drills/scenario/draft.py": "tests/drills/scenario/test_convert.py",
    "dispatch/drills/report/curves.py": "tests/drills/report/test_page.py",
    "dispatch/drills/report/people.py": "tests/drills/report/test_page.py",
    "dispatch/drills/report/incidents.py": "tests/drills/report/test_page.py",
    "dispatch/drills/report/teaching.py": "tests/drills/report/test_page.py",
    "dispatch/drills/report/tables.py": "tests/drills/report/test_page.py",
    "dispatch/planner/travel.py": "tests/planner/test_plan.py",
    "dispatch/planner/verdict.py": "tests/test_desk.py",
}


def orphans() -> list[str]:
    """Return the source files without a test file."""
    sources = sorted((ROOT / "dispatch").rglob("*.py"))
    return [
        path
        for source in sources
        if source.name != "__init__.py" and "migrations" not in source.parts
        if not _twin(path := source.relative_to(ROOT).as_posix()).exists()
    ]


def _twin(path: str) -> Path:
    if path.startswith("dispatch/board/"):
        return ROOT / "tests" / "test_board.py"
    if path.startswith("dispatch/views/"):
        return ROOT / "tests" / "test_views.py"
    if path.startswith("dispatch/rules/"):
        return ROOT / "tests" / "test_rules.py"
    if path in ELSEWHERE:
        return ROOT / ELSEWHERE[path]
    inner = Path(path).relative_to("dispatch")
    return ROOT / "tests" / inner.parent / f"test_{inner.name}"


if __name__ == "__main__":
    found = orphans()
    for path in found:
        sys.stderr.write(f"{path} has no test file\n")
    sys.exit(1 if found else 0)
