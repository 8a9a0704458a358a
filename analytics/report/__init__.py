"""A run as a report: JSON for machines, one page for people, a workbook for those who calculate on.

contract   the report's JSON Schema, and JSON that keeps to it
wording    the sentences: the headline, what each rung of the ladder says
view       the report as the page shows it: bars, tables, what may be shown at all
help_busy  whether busy help keeps people from calling
calling    how people call: shares by seconds, and two periods side by side
put_out    what came out, where records hold several parts each
slower     the stations that have grown slower
page       one HTML file, self-contained and printable
pdf        that page printed by a browser
workbook   an XLSX file with one sheet a question
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analytics.errors import UsageError
from analytics.report.contract import check_report, render_json, report_schema
from analytics.report.page import render_html
from analytics.report.pdf import render_pdf
from analytics.report.workbook import render_xlsx
from analytics.whole_file import whole_file

FORMATS = ("json", "html", "pdf", "xlsx")

__all__ = [
    "FORMATS",
    "check_report",
    "render_html",
    "render_json",
    "render_pdf",
    "render_xlsx",
    "report_schema",
    "write",
]


def write(report: dict[str, Any], path: Path, wanted: str) -> None:
    """Write a report to a file.

    Args:
        report: the report contract.
        path: the file; one that is there is replaced.
        wanted: one of ``FORMATS``.

    Raises:
        UsageError: no such format.
        WalkawayError: a PDF is wanted and there is no browser to print it.
    """
    if wanted not in FORMATS:
        raise UsageError(f"There is no format {wanted!r}.", hint=f"Choose one of {', '.join(FORMATS)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        if wanted == "json":
            partial.write_text(render_json(report), encoding="utf-8")
        elif wanted == "html":
            partial.write_text(render_html(report), encoding="utf-8")
        elif wanted == "pdf":
            partial.write_bytes(render_pdf(render_html(report)))
        else:
            partial.write_bytes(render_xlsx(report))
