"""Does a bare station id tell which station is meant? A station is known by its site, line and id.

Absent parts are no other place: a station without a site may be the one of any site.
"""

from __future__ import annotations

import polars as pl

from analytics.ingest.fields import REJECTS_SCHEMA

_PLACE = ("station_id", "line_id", "site_id")


def without_ambiguous(rows: pl.DataFrame, loaded: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set aside records that name no line, of a station whose id stands in more than one.

    Args:
        rows: records with "line" (of the file) and the table's columns.
        loaded: station_id, line_id and site_id of the stations that are loaded.

    Returns:
        The records that stay, and those set aside (see ``REJECTS_SCHEMA``).
    """
    nothing = pl.DataFrame(schema=REJECTS_SCHEMA)
    if not has_bare(rows):
        return rows, nothing
    wrong = _ambiguous(rows, pl.concat([loaded.select(_PLACE), places_of(rows)]).unique())
    if not wrong.any():
        return rows, nothing
    named = rows.filter(wrong)
    raw = (
        named.drop("line", "row", strict=False)
        .select(pl.struct(pl.all().cast(pl.String)).struct.json_encode())
        .to_series()
    )
    rejects = pl.DataFrame(
        {
            "line": named["line"],
            "column": ["station_id"] * named.height,
            "value": named["station_id"],
            "rule": ["ambiguous_station"] * named.height,
            "raw": raw,
        },
        schema=REJECTS_SCHEMA,
    )
    return rows.filter(~wrong), rejects


def has_bare(rows: pl.DataFrame) -> bool:
    """Tell whether any record names a station without its line."""
    return bool(rows.select(_bare(rows).any()).item())


def _bare(rows: pl.DataFrame) -> pl.Expr:
    if "station_id" not in rows.columns:
        return pl.lit(value=False)
    named = pl.col("station_id").is_not_null()
    return named & pl.col("line_id").is_null() if "line_id" in rows.columns else named


def places_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Return where records themselves say that their stations stand: station_id, line_id, site_id."""
    absent = pl.lit(None, dtype=pl.String)
    whole = rows.select(*(name if name in rows.columns else absent.alias(name) for name in _PLACE))
    return whole.drop_nulls(["station_id", "line_id"]).unique()


def _ambiguous(rows: pl.DataFrame, placed: pl.DataFrame) -> pl.Series:
    """Tell of each record whether it is bare and stands in several lines (at its site)."""
    lines, sites = pl.col("line_id").n_unique(), pl.col("site_id").drop_nulls().n_unique()
    anywhere = placed.group_by("station_id").agg(((lines > 1) | (sites > 1)).alias("several"))
    several = anywhere.filter("several")["station_id"].to_list()
    wrong = _bare(rows) & pl.col("station_id").is_in(several)
    if "site_id" in rows.columns:
        known = placed.select("station_id", pl.col("site_id").alias("at")).drop_nulls().unique()
        here = placed.join(known, on="station_id").filter(
            pl.col("site_id").is_null() | (pl.col("site_id") == pl.col("at"))
        )
        at_site = here.group_by("station_id", "at").agg((lines > 1).alias("several")).filter("several")
        pairs = at_site.select(pl.concat_str("station_id", "at", separator="\x1f")).to_series().to_list()
        mine = pl.concat_str("station_id", "site_id", separator="\x1f").is_in(pairs)
        wrong = pl.when(pl.col("site_id").is_null()).then(wrong).otherwise(_bare(rows) & mine)
    return rows.select(wrong.fill_null(value=False).alias("wrong"))["wrong"]
