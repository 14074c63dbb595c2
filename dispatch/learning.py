"""`dispatch fit`: what the log teaches about who accepts, judged before it is believed.

The new model is written beside its calibration plot. Nothing changes by itself: the agency file
names the model in use.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from dispatch.agency import Agency
from dispatch.board import Board
from dispatch.errors import BadInput
from dispatch.matching.acceptance import AcceptanceModel, plain_model, probability
from dispatch.matching.calibration import Calibration, backtest, fit, judge
from dispatch.matching.outcomes import Outcomes
from dispatch.matching.reliability import plot
from dispatch.ports import EventLog

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A model refitted on all answers; how such fits foretell later answers (`refitted`), and how
    the model in use foretold all of them (`in_use`)."""

    model: AcceptanceModel
    refitted: Calibration
    in_use: Calibration

    @property
    def report(self) -> str:
        """What it is worth, in figures and a table, for people."""
        c = self.refitted
        head = [
            f"{self.in_use.count} alerts answered or expired; refitted model, judged on the "
            f"{c.count} later ones it had not seen:",
            f"  Brier score {c.brier:.4f}; constant base rate {c.base_brier:.4f}; "
            f"skill {c.skill:+.1%}; calibration error {c.ece:.4f}",
            f"  model in use (version {self.in_use_version}), on all: "
            f"Brier score {self.in_use.brier:.4f}; skill {self.in_use.skill:+.1%}",
            "",
            "  predicted  accepted   95 % interval   alerts",
        ]
        rows = [
            f"  {b.predicted:9.3f}  {b.observed:8.3f}   {b.interval[0]:.3f} - {b.interval[1]:.3f}"
            f"   {b.count:6d}"
            for b in c.bins
        ]
        return "\n".join([*head, *rows])

    @property
    def in_use_version(self) -> int:
        """The version that was refitted."""
        return self.model.version - 1


async def learn(log: EventLog, agency: Agency) -> Lesson:
    """Return what the agency's log teaches about who accepts.

    Raises:
        BadInput: there are too few answers to fit a model and to judge it on later ones.
        LogCorrupt, StoreUnavailable: the log cannot be read.
    """
    prior = agency.acceptance
    board = Board(agency=agency.id, exercise=agency.exercise)
    outcomes = Outcomes(board=board, zone=agency.timezone, model=prior)
    while batch := await log.read(agency.id, board.seq, BATCH):
        for stored in batch:
            outcomes.add(stored)
    try:
        features, accepted = outcomes.answered()
        model = fit(features, accepted, prior)
        refitted = backtest(features, accepted, prior)
    except (ValueError, ArithmeticError) as exc:
        raise BadInput(f"nothing learnt from the log of {agency.id}: {exc}") from None
    base = np.full(len(accepted), accepted.mean())
    in_use = judge(probability(features, prior), accepted, base)
    return Lesson(model=model, refitted=refitted, in_use=in_use)


def write_lesson(lesson: Lesson, folder: Path) -> tuple[Path, Path]:
    """Write the model and its calibration plot into a folder; return both paths.

    Raises:
        BadInput: they cannot be written.
    """
    name = f"acceptance-v{lesson.model.version}"
    plain = msgspec.json.encode(plain_model(lesson.model))
    title = f"Acceptance model {lesson.model.name}, version {lesson.model.version}"
    model, picture = folder / f"{name}.json", folder / f"{name}.svg"
    _write(picture, plot(lesson.refitted, title).encode())
    _write(model, msgspec.json.format(plain, indent=2) + b"\n")
    return model, picture


def _write(path: Path, content: bytes) -> None:
    """Put a file in place whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            part.unlink()
        raise BadInput(f"cannot write {path}: {exc.strerror}") from None
