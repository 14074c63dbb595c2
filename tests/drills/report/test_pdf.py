"""The page on paper."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dispatch.drills.report.page import page
from dispatch.errors import BadInput
from tests.drills.report.scene import operation, told_of
from tests.drills.report.test_page import ABOUT

pdf = pytest.importorskip("dispatch.drills.report.pdf")
try:
    pdf._printer()
except BadInput as exc:
    pytest.skip(str(exc), allow_module_level=True)


def test_the_report_on_paper(tmp_path: Path) -> None:
    play, _, _ = operation()
    path = tmp_path / "report.pdf"
    pdf.write_pdf(page(told_of(play), ABOUT, "zh"), path)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-")
    assert len(content) > 10_000
    assert list(tmp_path.iterdir()) == [path]


def test_it_asks_nobody_for_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        picture = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        pdf.write_pdf(f'<p>x<img src="{picture}">', tmp_path / "report.pdf")
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot write"):
        pdf.write_pdf("<p>x", tmp_path / "no" / "report.pdf")
