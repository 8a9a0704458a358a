"""Records of runs: a stretch of production with a quantity, as production logs and orders keep them.

A run is no cycle: its length divided by its quantity is the mean cycle time, and single slow cycles hide in
it. It is loaded as one record with its quantity. Two habits of such logs are undone, and told:

- one run written as two records, cut at midnight (…23:59:59, 00:00:00), is one run;
- several orders that ran at once on one machine, with the same start and end and the duration divided among
  them, are one run of several orders.

Cuts at midnight are only undone where they are the file's habit: nearly every run that meets midnight is cut
there. Steady work without a pause has a border at midnight now and then, by chance.
"""

from __future__ import annotations

import polars as pl

from analytics.ingest.shapes.found import PLACE, STATION, note, present
from analytics.ingest.shapes.sample import Sample
from analytics.results import Caveat

CUT_S = 1.0
HABIT, FEWEST_CUTS = 0.8, 2
SAME_SPAN = 0.02
_DAY_S, _SECOND_US, _QUARTER_US = 86_400, 1_000_000, 900_000_000
_SAME = (*PLACE, "product_id", "order_id", "operator_id", "serial")
_ADDED = ("quantity", "scrap_quantity")
_SUMS = (*_ADDED, "cycle_s", "records")


def evidence(sample: Sample, columns: dict[str, str]) -> tuple[str, ...]:
    """Say why the records of a table of cycles are runs of several parts; nothing where they are not.

    Args:
        sample: the table's first records.
        columns: canonical → source column, as mapped to cycles.
    """
    timed = "started_at" in columns or "cycle_s" in columns
    if "quantity" not in columns or not timed:
        return ()
    parts = sample.numbers(columns["quantity"]).drop_nulls()
    if not parts.len() or float(parts.median() or 0.0) <= 1.0 or parts.n_unique() < 3:  # type: ignore[arg-type]
        return ()
    middle = float(parts.median() or 0.0)  # type: ignore[arg-type]
    return (
        f"column {columns['quantity']!r} holds several parts a record (median {middle:,.0f}): these are runs",
        "their mean cycle time is length ÷ parts; single cycles cannot be seen in them",
    )


def join_runs(rows: pl.DataFrame, zone: str | None, file: str) -> tuple[pl.DataFrame, tuple[Caveat, ...]]:
    """Undo cuts at midnight and divided durations.

    Args:
        rows: records of cycles with "line".
        zone: in which the clock shows midnight, None where times are wall-clock times.
        file: its name, for the caveats.

    Returns:
        The records, with "records" (how many of the source each stands for) where any were joined, and what
        was done.
    """
    if not {"started_at", "ended_at"} <= set(rows.columns) or rows.height < 2:
        return rows, ()
    caveats = []
    rows, shared = _divided(rows)
    if shared:
        caveats.append(
            note(
                "orders_shared_run",
                f"{shared:,} records in {file} share station, start and end with others, their duration "
                "divided among orders: each such group is loaded as one run.",
            )
        )
    rows, cut = _whole_nights(rows, zone)
    if cut:
        caveats.append(
            note(
                "midnight_split",
                f"{cut:,} records in {file} were runs cut at midnight: joined with their other half.",
            )
        )
    return rows, tuple(caveats)


def may_be_joined(rows: pl.DataFrame, zone: str | None) -> pl.DataFrame:
    """Return those of some records that tell whether any are to be joined: few of a file of cycles.

    Args:
        rows: records of cycles with "line".
        zone: in which the clock shows midnight, None where times are wall-clock times.
    """
    if not {"started_at", "ended_at"} <= set(rows.columns):
        return rows.clear()
    begin, end = (pl.col(name).cast(pl.Int64) for name in ("started_at", "ended_at"))
    second = CUT_S * _SECOND_US
    at_quarter = (
        (begin % _QUARTER_US <= second)
        | (end % _QUARTER_US <= second)
        | (end % _QUARTER_US >= _QUARTER_US - 2 * second)
    )
    across = begin // _QUARTER_US != end // _QUARTER_US
    short = pl.lit(value=False)
    if "cycle_s" in rows.columns:
        short = pl.col("cycle_s") * _SECOND_US < (1.0 - SAME_SPAN) * (end - begin)
    near = rows.filter(at_quarter | across | short)
    midnight = _second_of_day("ended_at", zone) < _second_of_day("started_at", zone)
    return near.filter(
        (_second_of_day("started_at", zone) <= CUT_S)
        | (_second_of_day("ended_at", zone) <= CUT_S)
        | (_second_of_day("ended_at", zone) >= _DAY_S - 2 * CUT_S)
        | midnight
        | short
    )


def _divided(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Join records of one station, start and end whose stated durations add up to the time between."""
    names = present(rows, ("order_id", "product_id"))
    if not names or "cycle_s" not in rows.columns:
        return rows, 0
    span = (pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / _SECOND_US
    parts = rows.filter((span > 0) & (pl.col("cycle_s") < (1.0 - SAME_SPAN) * span))
    if not parts.height:
        return rows, 0
    keys = [*present(rows, STATION), "started_at", "ended_at"]
    whole = (pl.col("cycle_s").sum().over(keys) - span).abs() <= SAME_SPAN * span
    several = pl.struct(names).n_unique().over(keys) == pl.len().over(keys)
    together = parts.filter((pl.len().over(keys) > 1) & whole & several)
    if not together.height:
        return rows, 0
    added = present(rows, ("cycle_s", *_ADDED))
    rest = [name for name in rows.columns if name not in {*keys, *names, *added, "line"}]
    joined = together.group_by(keys, maintain_order=True).agg(
        pl.col("line").first(),
        pl.len().cast(pl.Int64).alias("records"),
        *[pl.col(name).drop_nulls().unique(maintain_order=True).str.join(" + ") for name in names],
        *[_sum(name) for name in added],
        *[pl.col(name).first() for name in rest],
    )
    return _in_place_of(rows, together, joined), together.height


def _whole_nights(rows: pl.DataFrame, zone: str | None) -> tuple[pl.DataFrame, int]:
    """Join the halves of runs that a log cuts at midnight, where that is its habit."""
    same = present(rows, _SAME)
    # Midnight lies on a quarter of an hour in every zone: most records are out before any zone is asked.
    begins, ends = (pl.col(name).cast(pl.Int64) % _QUARTER_US for name in ("started_at", "ended_at"))
    second = CUT_S * _SECOND_US
    near = rows.filter((begins <= second) | (ends <= second) | (ends >= _QUARTER_US - 2 * second))
    order = near.sort(*same, "started_at", "line", nulls_last=True).with_columns(
        _second_of_day("ended_at", zone).alias("end_s"), _second_of_day("started_at", zone).alias("start_s")
    )
    alike = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in same)
    gap = (pl.col("started_at") - pl.col("ended_at").shift(1)).dt.total_microseconds() / _SECOND_US
    ended = pl.col("end_s").shift(1)
    at_midnight = (pl.col("start_s") <= CUT_S) & ((ended >= _DAY_S - CUT_S - 1) | (ended <= CUT_S))
    order = order.with_columns(
        (alike & at_midnight & gap.is_between(0, CUT_S)).fill_null(value=False).alias("cut")
    )
    cuts = int(order["cut"].sum())
    if cuts < FEWEST_CUTS or cuts < HABIT * (cuts + _crossing(rows, zone)):
        return rows, 0
    order = order.with_columns((~pl.col("cut")).cum_sum().alias("run"))
    halves = order.filter(pl.len().over("run") > 1)
    names = [name for name in halves.columns if name not in {"run", "cut", "end_s", "start_s"}]
    joined = halves.group_by("run", maintain_order=True).agg(
        *[
            pl.col(name).max()
            if name == "ended_at"
            else _sum(name)
            if name in _SUMS
            else pl.col(name).first()
            for name in names
        ],
        *([] if "records" in names else [pl.len().cast(pl.Int64).alias("records")]),
    )
    return _in_place_of(rows, halves, joined.drop("run")), cuts


def _crossing(rows: pl.DataFrame, zone: str | None) -> int:
    """Count the records that run through midnight uncut."""
    begin, end = _second_of_day("started_at", zone), _second_of_day("ended_at", zone)
    return rows.filter((begin > CUT_S) & (end > CUT_S) & (end < begin)).height


def _sum(name: str) -> pl.Expr:
    """Add up what is known; nothing known is nothing, not 0."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def _in_place_of(rows: pl.DataFrame, gone: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """Put joined records where the records they are made of were."""
    left = rows.filter(~pl.col("line").is_in(gone["line"].to_list()))
    if "records" not in left.columns:
        left = left.with_columns(pl.lit(1, dtype=pl.Int64).alias("records"))
    return pl.concat([left, joined.select(left.columns)]).sort("line")


def _second_of_day(name: str, zone: str | None) -> pl.Expr:
    wall = pl.col(name)
    if zone is not None:
        wall = wall.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    return (wall - wall.dt.truncate("1d")).dt.total_microseconds() / _SECOND_US
