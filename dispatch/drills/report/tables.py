"""Tables of the page."""

from __future__ import annotations

from collections.abc import Sequence

from dispatch.drills.report.words import Said, html


def rows_of(heads: Sequence[Said], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table; `rows` are cells of HTML, columns of numbers stand to the right."""
    numbers = [all(_is_number(row[n]) for row in rows) for n in range(len(heads))]
    kind = ['class="number"' if number else "" for number in numbers]
    head = "".join(f"<th {k}>{html(h)}</th>" for k, h in zip(kind, heads, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td {k}>{cell}</td>' for k, cell in zip(kind, row, strict=True))}</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _is_number(cell: str) -> bool:
    return cell.replace(".", "").replace("/", "").replace("%", "").replace(" ", "").isdigit()
