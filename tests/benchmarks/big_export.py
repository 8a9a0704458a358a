"""An export of any size: a simulated plant's cycles as a German MES writes them, its lines repeated.

Semicolons, decimal commas, dates with dots. Every copy of the plant has lines, stations and serials of its
own, so that no record is another's duplicate.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

import polars as pl

from analytics.simulate import simulate

STAMP_FORMAT = "%d.%m.%Y %H:%M:%S"
COLUMNS = {
    "Linie": "line_id",
    "Station": "station_id",
    "Artikel": "product_id",
    "Auftrag": "order_id",
    "Seriennummer": "serial",
    "Schicht": "shift",
    "Beginn": "started_at",
    "Ende": "ended_at",
    "Zykluszeit [s]": "cycle_s",
}


def write_export(path: Path, megabytes: float, seed: int = 5) -> int:
    """Write cycles until the file has that size; return how many records it holds.

    Args:
        path: the file, replaced where it exists.
        megabytes: size in MB (10⁶ bytes), reached to within 1 %.
        seed: of the simulated plant.
    """
    measured = (pl.col("ended_at") - pl.col("started_at")).dt.total_milliseconds() / 1e3
    finer = pl.int_range(pl.len()) * 37 % 1000 / 1e3  # the machine measures finer than it stamps
    plant = simulate("flow_base", seed).tables["cycles"].with_columns((measured + finer).alias("cycle_s"))
    records, size = 0, 0
    with path.open("wb") as file:
        for copy in count(1):
            part = _named(plant, copy).write_csv(
                separator=";",
                decimal_comma=True,
                float_precision=3,
                datetime_format=STAMP_FORMAT,
                include_header=copy == 1,
            )
            text = part.encode()
            left = int(megabytes * 1e6) - size
            if len(text) > left:
                text = text[: text.rindex(b"\n", 0, max(left, text.index(b"\n") + 1)) + 1]
            size += file.write(text)
            records += text.count(b"\n") - (copy == 1)
            if len(text) < len(part):
                return records
    raise AssertionError("copies do not end")


def _named(plant: pl.DataFrame, copy: int) -> pl.DataFrame:
    """Return the plant's cycles with the names of one of its copies."""
    own = f"{copy:03d}"
    return plant.select(
        (
            pl.col(canonical) + own if canonical in {"line_id", "station_id", "serial"} else pl.col(canonical)
        ).alias(source)
        for source, canonical in COLUMNS.items()
    )
