"""The report as a workbook: one sheet a question, estimates in columns of their own to calculate on.

Text is always written as text, never as a formula or a link, whatever it begins with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter

from analytics.report import proposed, wording
from analytics.report.contract import check_report
from analytics.report.view import TOO_SMALL, line_name, pools
from analytics.results import Estimate, Unavailable

_KINDS = {"text": None, "count": "#,##0", "number": "#,##0.0", "rate": "0 %", "seconds": '0.0 "s"'}
_MOST_ROWS = 1_048_575


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its head, how it is written, its width in characters."""

    head: str
    kind: str = "text"
    width: int = 14


def render_xlsx(report: dict[str, Any]) -> bytes:
    """Return the report as an XLSX workbook.

    Args:
        report: the report contract.

    Raises:
        ValueError: it breaks the contract.
    """
    check_report(report)
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        writer = _Writer(book)
        writer.sheet("Summary", _SUMMARY, _summary(report))
        for sheet, name, heads in (
            ("Stations", "station", ("Line", "Station")),
            ("Lines", "line", ("Line",)),
            ("Products", "product", ("Product",)),
            ("Shifts", "shift", ("Shift",)),
            ("Days", "day", ("Day",)),
        ):
            writer.sheet(sheet, _group_columns(heads), _groups(report, name))
        writer.sheet("Targets", _TARGETS, _targets(report))
        writer.sheet("Caveats", _CAVEATS, _caveats(report))
        writer.sheet("Sources", _SOURCES, _sources(report))
    return buffer.getvalue()


_SUMMARY = [
    Column(head="What", width=44),
    Column(head="Value", kind="number"),
    Column(head="Lower", kind="number"),
    Column(head="Upper", kind="number"),
    Column(head="Unit", width=22),
    Column(head="How, or why there is none", width=80),
]
_TARGETS = [
    Column(head="Rank", kind="count", width=7),
    Column(head="Id", width=14),
    Column(head="Type", width=9),
    Column(head="Line"),
    Column(head="Station"),
    Column(head="Product"),
    Column(head="Pattern", width=20),
    Column(head="Station-minutes a week", kind="number"),
    Column(head="Lower", kind="number"),
    Column(head="Upper", kind="number"),
    Column(head="Call rate", kind="rate"),
    Column(head="Evidence", width=90),
    Column(head="Where to begin", width=90),
]
_CAVEATS = [
    Column(head="Severity"),
    Column(head="Code", width=28),
    Column(head="Affects", width=24),
    Column(head="Message", width=110),
]
_SOURCES = [
    Column(head="File", width=40),
    Column(head="Table", width=16),
    *(Column(head=head, kind="count") for head in ("Read", "Loaded", "Duplicate", "Quarantined")),
]


class _Writer:
    """Writes sheets with a bold head that stays in view."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        wrap = {"text_wrap": True, "valign": "top"}
        self._formats = {
            name: book.add_format({"valign": "top", "num_format": code} if code else wrap)
            for name, code in _KINDS.items()
        }

    def sheet(self, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
        """Write one sheet; a value of None leaves its cell empty."""
        sheet = self._book.add_worksheet(name)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.head, self._head)
        sheet.freeze_panes(1, 0)
        last = 0
        for last, row in enumerate(rows, start=1):
            for number, (column, value) in enumerate(zip(columns, row, strict=True)):
                if isinstance(value, str):
                    sheet.write_string(last, number, value, self._formats["text"])
                elif value is not None:
                    sheet.write_number(last, number, value, self._formats[column.kind])
        if last:
            sheet.autofilter(0, 0, last, len(columns) - 1)


def _summary(report: dict[str, Any]) -> list[list[Any]]:
    demand, chronic, exposure = report["demand"], report["chronic"], report["exposure"]
    asked: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
        ("Slow cycles that ran without a call (at least)", demand, ("undetected", "count")),
        ("Delay in them", demand, ("undetected", "minutes")),
        ("Problems that ran without a call", demand, ("undetected", "problems")),
        ("… recorded, not called", demand, ("undetected", "recorded", "count")),
        ("… in cycle time only", demand, ("undetected", "visible_only", "count")),
        *_audit_rows(report["audit"]),
        ("Slow cycles called or covered", demand, ("detected", "count")),
        ("Delay in them", demand, ("detected", "minutes")),
        ("Slow cycles together", demand, ("total", "count")),
        ("Detection rate, at the common floor", demand, ("detection_rate",)),
        ("… kept from being called by busy help", report["walk_away"], ("attributable", "count")),
        ("Seen by no source", demand, ("seen_by_no_source", "count")),
        ("Standard not held (chronic)", chronic, ("standard_not_held", "minutes")),
        ("Target condition not reached (chronic)", chronic, ("target_condition", "minutes")),
    )
    if "drift" in chronic:
        asked += (("Grown slower (chronic, not in standards)", chronic, ("drift", "minutes")),)
    rows: list[list[Any]] = [
        ["Message", None, None, None, "", wording.headline(report)],
        ["Period", None, None, None, "", f"{report['period']['from']} to {report['period']['to']}"],
        ["Run", None, None, None, "", report["run"]["id"]],
        ["Cycles", exposure["cycles"], None, None, "cycles", ""],
        ["Stations", exposure["stations"], None, None, "stations", ""],
    ]
    if "unavailable" not in demand:
        rows += [
            ["Andon calls", demand["calls"]["count"], None, None, "calls", "counted"],
            ["Floor", None, None, None, "", wording.floor(demand["undetected"]["floor_s"])],
        ]
    rows += [[name, *_estimate(part, *keys)] for name, part, keys in asked]
    rows += [
        ["Station-minutes", None, None, None, "", wording.STATION_MINUTES],
        ["Not in any figure", None, None, None, "", wording.TRACELESS],
    ]
    return rows


def _audit_rows(audit: dict[str, Any]) -> list[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """Return what the audit says beside the model, where there is one."""
    if "unavailable" in audit:
        return []
    return [
        ("… audited", audit, ("count",)),
        ("… the model alone", audit, ("model", "count")),
        ("Agreement of two observers", audit, ("kappa",)),
        ("One observer's sensitivity", audit, ("sensitivity",)),
        ("One observer's specificity", audit, ("specificity",)),
    ]


def _group_columns(heads: Sequence[str]) -> list[Column]:
    return [
        *(Column(head=head, width=18) for head in heads),
        Column(head="Cycles", kind="count"),
        *_three("Called or covered"),
        *_three("Ran without a call"),
        *_three("Delay in them, station-minutes"),
        *_three("Detection rate", "rate"),
        Column(head="Floor, lowest", kind="seconds"),
        Column(head="Floor, highest", kind="seconds"),
        Column(head="Remark", width=60),
    ]


def _three(head: str, kind: str = "number") -> list[Column]:
    return [
        Column(head=head, kind=kind, width=18),
        Column(head="lower", kind=kind),
        Column(head="upper", kind=kind),
    ]


def _groups(report: dict[str, Any], name: str) -> list[list[Any]]:
    shows_rate = pools(report, name)
    rows = []
    for one in report["by"][name][:_MOST_ROWS]:
        parts = [
            wording.quantity(one, "detected"),
            wording.quantity(one, "undetected", "count"),
            wording.quantity(one, "undetected", "minutes"),
            wording.quantity(one, "detection_rate") if shows_rate else Unavailable(reason=TOO_SMALL),
        ]
        reasons = dict.fromkeys(part.reason for part in parts if isinstance(part, Unavailable))
        rows.append(
            [
                *_names(one, name),
                one["cycles"],
                *(value for part in parts for value in _values(part)),
                one["floor_s"]["min"],
                one["floor_s"]["max"],
                "; ".join(reasons),
            ]
        )
    return rows


def _names(one: dict[str, Any], name: str) -> list[Any]:
    if name in {"station", "line"}:
        return [line_name(one), *([one["station_id"]] if name == "station" else [])]
    return [one["product_id" if name == "product" else name]]


def _values(part: Estimate | Unavailable) -> list[float | None]:
    return [None] * 3 if isinstance(part, Unavailable) else [part.value, part.lower, part.upper]


def _estimate(part: dict[str, Any], *keys: str) -> list[Any]:
    given = wording.quantity(part, *keys)
    if isinstance(given, Unavailable):
        needed = f" (needed: {given.needed})" if given.needed else ""
        return [None, None, None, "", f"{given.reason}{needed}"]
    return [
        given.value,
        given.lower,
        given.upper,
        given.unit,
        f"{given.method}; {100 * given.level:.0f} % interval",
    ]


def _targets(report: dict[str, Any]) -> list[list[Any]]:
    rows = []
    for one in report["targets"]:
        minutes = _values(wording.quantity(one, "minutes_per_week"))
        rate = _values(wording.quantity(one, "call_rate"))[0]
        kind = one["type"].replace("type_", "Type ")
        where = [one.get("line_id"), one["station_id"], one["product_id"]]
        said = [one["evidence"], proposed.first_step(one)]
        rows.append([one["rank"], one["id"], kind, *where, proposed.name(one), *minutes, rate, *said])
    return rows


def _caveats(report: dict[str, Any]) -> list[list[Any]]:
    return [[one[key] for key in ("severity", "code", "affects", "message")] for one in report["caveats"]]


def _sources(report: dict[str, Any]) -> list[list[Any]]:
    keys = ("file", "table", "read", "loaded", "duplicate", "quarantined")
    named = [{**one, "file": wording.file_name(one["file"])} for one in report["sources"]]
    return [[one[key] for key in keys] for one in named]
