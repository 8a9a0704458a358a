"""A draw as a table to fill in.

The sheet tells what a person needs to find a cycle or to go to a station. It never tells what the model
thinks of a cycle, nor its stratum: who knows which answer is expected sees it.
"""

from __future__ import annotations

import polars as pl

from analytics.audits.hours import on_wall
from analytics.journal import Draw

LINES_A_WINDOW = 4
RECORD_FIELDS = ("own_delay", "delay_s", "called", "observer", "why_no_call", "note")
WINDOW_FIELDS = ("watched", "observer", "started", "seconds", "called", "why_no_call", "note")
_STAMP = "%Y-%m-%d %H:%M:%S"


def to_fill_in(draw: Draw, timezone: str) -> pl.DataFrame:
    """Return a draw as a table with empty columns to fill in; times on the wall clock, as text."""
    return _windows_sheet(draw) if draw.mode == "windows" else _records_sheet(draw, timezone)


def _records_sheet(draw: Draw, timezone: str) -> pl.DataFrame:
    stamps = pl.DataFrame(
        {name: [item[name] for item in draw.items] for name in ("started_at", "ended_at")},
        schema={"started_at": pl.String, "ended_at": pl.String},
    ).with_columns(pl.all().str.to_datetime(time_unit="us"))
    wall = {name: on_wall(stamps[name], timezone).dt.to_string(_STAMP) for name in stamps.columns}

    def text(name: str) -> pl.Series:
        return pl.Series([item[name] for item in draw.items], dtype=pl.String)

    def number(name: str) -> pl.Series:
        return pl.Series([item[name] for item in draw.items], dtype=pl.Float64).round(1)

    given = {
        "draw": [draw.draw_id] * len(draw.items),
        "row": range(1, len(draw.items) + 1),
        **({"site": text("site_id")} if _several_sites(draw) else {}),
        "line": text("line_id"),
        "station": text("station_id"),
        "started": wall["started_at"],
        "ended": wall["ended_at"],
        "product": text("product_id"),
        "serial": text("serial"),
        "net_s": number("net_s"),
        "usual_s": number("expected_s"),
        "slow_from_s": number("floor_s"),
    }
    return pl.DataFrame(given).with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in RECORD_FIELDS
    )


def _windows_sheet(draw: Draw) -> pl.DataFrame:
    rows = [
        {
            "draw": draw.draw_id,
            "row": number,
            **({"site": item["site_id"]} if _several_sites(draw) else {}),
            "line": item["line_id"],
            "station": item["station_id"],
            "day": item["from"][:10],
            "from": item["from"][11:16],
            "to": item["to"][11:16],
            "slow_from_s": round(item["floor_s"], 1),
        }
        for number, item in enumerate(draw.items, start=1)
        for _ in range(LINES_A_WINDOW)
    ]
    return pl.DataFrame(rows, schema_overrides={"site": pl.String, "line": pl.String}).with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in WINDOW_FIELDS
    )


def _several_sites(draw: Draw) -> bool:
    """Tell whether names may come twice, so that the sheet must tell the site."""
    return bool(draw.details.get("sites", 1) > 1)
