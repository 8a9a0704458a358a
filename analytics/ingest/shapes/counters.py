"""Part counters: a number that only grows, read now and then; each step up is a completion.

A step of one is one part, completed at the reading that shows it. A larger step is so many parts since the
reading before: one record of that quantity, in which no single cycle can be seen. Where most steps are larger
than one the readings are too far apart for cycles, and every interval between readings becomes such a record.

A counter falls when it rolls over (from its largest number to 0: the parts before and behind are counted),
when it is reset (it shows the parts since then; those between the last reading and the reset are not known),
or when somebody corrects it by a few parts (nothing was made then). Which it was is told, with how often.
"""

from __future__ import annotations

import polars as pl

from analytics.ingest.names import shape_words, synonyms
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes.found import PLACE, STATION, Found, Turned, note, present, without_repeats
from analytics.ingest.shapes.sample import Sample, said, share
from analytics.results import Caveat

FEWEST_STEPS = 10
MOST_FALLS, ODD_FALLS = 0.2, 0.02
"""A counter may be reset with every order; few falls end elsewhere than near 0."""
SINGLE_STEPS = 0.9
"""Share of steps up that are one part, from which on single completions are seen."""
NEAR = 10.0
"""So many usual steps from its end (or its place before) a counter that falls rolled over (was corrected)."""
LIMITS = (*(10.0**digits for digits in range(2, 10)), *(2.0**bits for bits in (8, 15, 16, 31, 32)))
"""Numbers that counters roll over at: digits of a display, bits of a register."""
CARRIED = (*PLACE, "product_id", "order_id", "shift", "operator_id")


def recognise(sample: Sample, options: IngestOptions) -> Found | None:
    """Return how a table is read as readings of a part counter; None where it is none."""
    cycles, own = sample.named("cycles"), sample.named("part_counter")
    if "cycle_s" in cycles or ({"started_at", "ended_at"} <= set(cycles)) or "read_at" not in own:
        return None
    column = _counter(sample, own)
    if column is None:
        return None
    name, ones, falls, rises = column
    told = {source: canonical for canonical, source in own.items() if canonical != "counter"}
    mapping = sample.mapping(options, "part_counter", {**told, name: "counter"})
    if mapping is None:
        return None
    fell = f" (it falls {falls} times: reset, rollover or correction)" if falls else ""
    steps = f"{ones:.0%} of its {rises:,} steps up are of one part"
    return Found(
        shape="part_counter",
        table=sample.table,
        mapping=mapping,
        evidence=(
            f"column {name!r} only grows at each station{fell}: a part counter",
            f"{steps}: each is a completion"
            if ones >= SINGLE_STEPS
            else f"{steps}: the readings are too far apart to see single parts",
        ),
    )


def _counter(sample: Sample, own: dict[str, str]) -> tuple[str, float, int, int] | None:
    """Return the column that grows like a counter, its share of single steps, its falls and its steps up."""
    words = [*shape_words()["part_counter"]["counter"], *synonyms()["tables"]["cycles"]["quantity"]]
    at = sample.stamps(own["read_at"])
    station = (
        sample.text(own["station_id"])
        if "station_id" in own
        else at.cast(pl.String).set(at.is_not_null(), "")
    )
    for name in sample.table.columns:
        if not said(name, words):
            continue
        value = sample.numbers(name)
        if value.null_count() > 0.05 * value.len():
            continue
        frame = pl.DataFrame({"station": station, "at": at, "value": value}).drop_nulls()
        frame = frame.sort("station", "at", maintain_order=True).with_columns(
            pl.col("value").diff().over("station").alias("step")
        )
        rises, falls = frame.filter(pl.col("step") > 0), frame.filter(pl.col("step") < 0)
        if _grows(frame, rises["step"], falls):
            return name, share(rises["step"] == 1), falls.height, rises.height
    return None


def _grows(frame: pl.DataFrame, rises: pl.Series, falls: pl.DataFrame) -> bool:
    """Tell whether values add up far above their own steps, and fall seldom, mostly to nearly 0."""
    if rises.len() < FEWEST_STEPS:
        return False
    usual, most = float(rises.median() or 0.0), float(frame["value"].max() or 0.0)  # type: ignore[arg-type]
    odd = falls.filter(pl.col("value") > 2.0 * usual).height
    few = falls.height <= MOST_FALLS * rises.len() and odd <= max(1.0, ODD_FALLS * rises.len())
    return few and most >= 5.0 * usual


def turn(rows: pl.DataFrame, file: str) -> Turned:
    """Turn readings into completions, or into intervals with quantities.

    Args:
        rows: "line", the place, "read_at", "counter" and what was made.
        file: its name, for the caveats.
    """
    rows, repeated = without_repeats(rows)
    keys = present(rows, STATION)
    steps = _steps(rows, keys)
    single = (
        steps.filter(pl.col("parts") > 0)
        .group_by(keys)
        .agg(((pl.col("parts") == 1).mean() >= SINGLE_STEPS).alias("single"))
    )
    steps = steps.join(single, on=keys, how="left", nulls_equal=True, maintain_order="left")
    carried = present(steps, CARRIED)
    seen = steps.filter(pl.col("single") & (pl.col("parts") > 0)).select(
        "line", *carried, pl.col("read_at").alias("completed_at"), pl.col("parts").alias("quantity")
    )
    counted = steps.filter(~pl.col("single") & pl.col("before").is_not_null()).select(
        "line",
        *carried,
        pl.col("before").alias("started_at"),
        pl.col("read_at").alias("ended_at"),
        pl.col("parts").alias("quantity"),
    )
    cycles = pl.concat([seen, counted], how="diagonal") if counted.height else seen
    return Turned(
        rows={"cycles": cycles.sort("line")},
        caveats=tuple(_caveats(steps, keys, file)),
        repeated=repeated,
    )


def _steps(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Return the readings in order, each with the parts since the one before and how the counter fell."""
    order = rows.sort(*keys, "read_at", "counter", "line", nulls_last=False)
    last = pl.col("counter").shift(1).over(keys)
    rise = pl.col("counter") - last
    usual = pl.when(rise > 0).then(rise).median().over(keys).fill_null(1.0)
    near = NEAR * usual
    ends = [pl.when((last < limit) & (last >= limit - near)).then(limit) for limit in LIMITS]
    limit = pl.coalesce(*ends)
    fell = (
        pl.when(rise.is_null() | (rise >= 0)).then(None)
        .when(limit.is_not_null() & (pl.col("counter") <= near)).then(pl.lit("rollover"))
        .when((-rise <= near) & (pl.col("counter") > near)).then(pl.lit("correction"))
        .otherwise(pl.lit("reset"))
    )  # fmt: skip
    parts = (
        pl.when(fell == "rollover").then(limit - last + pl.col("counter"))
        .when(fell == "correction").then(0.0)
        .when(fell == "reset").then(pl.col("counter"))
        .otherwise(rise)
    )  # fmt: skip
    return order.with_columns(
        parts.alias("parts"),
        fell.alias("fell"),
        pl.col("read_at").shift(1).over(keys).alias("before"),
    )


def _caveats(steps: pl.DataFrame, keys: list[str], file: str) -> list[Caveat]:
    found = dict(steps.drop_nulls("fell").group_by("fell").len().sort("fell").rows())
    answer = []
    if found:
        told = ", ".join(f"{count:,} × {how}" for how, count in found.items())
        answer.append(
            note(
                "counter_fell",
                f"The counter in {file} fell: {told}. Parts between the last reading and a reset are "
                "not known, and not counted.",
            )
        )
    jumps = steps.filter(pl.col("single") & (pl.col("parts") > 1))
    if jumps.height:
        answer.append(
            note(
                "counter_jumped",
                f"{jumps.height:,} readings in {file} stand for several parts "
                f"({jumps['parts'].sum():,.0f}): loaded with that quantity, not judged as single cycles.",
            )
        )
    blind = steps.filter(~pl.col("single")).select(keys).unique().height
    if blind:
        answer.append(counts_only(file, "the readings of the counter are too far apart"))
    return answer


def counts_only(file: str, because: str) -> Caveat:
    """Say that a file counts parts, and what can be told from it all the same."""
    return note(
        "counts_only",
        f"{file} counts parts per interval ({because}): nothing can be said of single cycles. What can be "
        "told is how long was seen, how many parts came out, and the rate against the standard.",
        severity="serious",
        affects="demand",
    )
