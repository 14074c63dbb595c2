"""The same page on paper."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from dispatch.errors import BadInput


def write_pdf(page: str, path: Path) -> None:
    """Write an HTML page to a PDF file, in place of one that is there, whole or not at all.

    Raises:
        BadInput: the library that sets text is not installed, or the file cannot be written.
    """
    html, nothing = _printer()
    document = html(string=page, url_fetcher=nothing)
    part = path.with_name(f"{path.name}.part")
    try:
        document.write_pdf(part)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise BadInput(f"cannot write {path}: {exc.strerror}") from None


def _printer() -> tuple[Any, Any]:
    """What sets the page, and what fetches for it: nothing but what stands in it."""
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as exc:
        raise BadInput(
            f"PDFs need the library Pango, which cannot be loaded ({exc}); on Debian: "
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        ) from None
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    return HTML, URLFetcher(allowed_protocols=("data",))
