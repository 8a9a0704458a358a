"""State logs: when a machine changed its state, in the words of PackML, MTConnect or the plant.

Three things are read from them:

- **stops**: each stretch of a state in which the machine stands or is held, a detection with begin and end;
  planned ones are marked; waiting for a neighbour (blocked, starved, suspended) is none;
- **alarms**: each stretch of a fault, a detection of the source "machine alarm";
- **cycles**: from the first running state until the machine is ready or complete again, interruptions
  inside. Only where a run is a unit: MTConnect's programs are; other words' only if the log tells completions
  or the runs are as alike as cycles are. Else a run is a stretch of production over many units, and no cycles
  are made of it.

A run that begins before the log, or ends in a setup, a planned stop or an outage, is no whole cycle.

What the states mean is told by ``state_words``.
"""

from __future__ import annotations

import polars as pl

from analytics.ingest.outcome import IngestOptions
from analytics.ingest.shapes.found import PLACE, STATION, Found, Turned, note, present, without_repeats
from analytics.ingest.shapes.sample import Sample, share
from analytics.ingest.shapes.state_words import Vocabulary, vocabulary

ENDS = ("ready", "complete")
INSIDE = ("running", "held", "waiting", "fault", "stopped")
ABANDONED = ("fault", "stopped")
"""In PackML a unit in work is given up when the machine is stopped or aborted."""
STOPS = ("held", "stopped", "fault", "planned")
MOSTLY_KNOWN = 0.8
HOLE_S = 1.0
"""So much time between the end of a state and the next one is not told of by the log."""
FEWEST_RUNS, LONGEST_UNIT_S, MOST_SPREAD = 20, 1800.0, 0.3
"""Runs are units where there are so many, in the middle so short, and on their short side so alike."""
MOST_STATES = 60
ALARM, STOP = "machine alarm", "downtime log"
_CARRIED = (*PLACE, "product_id", "order_id", "serial", "shift", "operator_id")


def recognise(sample: Sample, options: IngestOptions) -> Found | None:
    """Return how a table is read as a state log; None where no column holds known states."""
    own = sample.named("state_log")
    if "entered_at" not in own or {"quantity", "scrap_quantity"} & set(sample.named("cycles")):
        return None
    found = _state_column(sample, own)
    if found is None:
        return None
    name, words, known = found
    told = {source: canonical for canonical, source in own.items() if canonical != "state" and source != name}
    mapping = sample.mapping(options, "state_log", {**told, name: "state"})
    if mapping is None:
        return None
    called = {"mtconnect": "MTConnect's Execution", "packml": "PackML", "words": "plain words"}[words.name]
    kinds = {meaning: value for value, meaning in sorted(words.meaning.items())}
    shown = ", ".join(f"{value!r} = {meaning}" for meaning, value in kinds.items())
    form = "from begin to end" if "left_at" in own or "duration_s" in own else "a row per change"
    return Found(
        shape="state_log",
        table=sample.table,
        mapping=mapping,
        evidence=(
            f"{known:.0%} of the values of column {name!r} are states of a machine ({called}), {form}",
            f"such as {shown}",
        ),
    )


def _state_column(sample: Sample, own: dict[str, str]) -> tuple[str, Vocabulary, float] | None:
    """Return the column whose values are states, running among them: the one that is named so first."""
    names = [own["state"]] if "state" in own else []
    names += [name for name in sample.table.columns if name not in own.values()]
    for name in names:
        text = sample.text(name).drop_nulls()
        if not text.len() or text.n_unique() > MOST_STATES:
            continue
        if name != own.get("state") and share(text.str.contains(r"^\d+$")) > 0.0:
            continue  # numbers are states only where the column is named so: PackML's StateCurrent
        words = vocabulary(text.unique().sort().to_list())
        known = share(text.is_in(list(words.meaning)))
        meanings = set(words.meaning.values()) - {"held"}  # automatic and manual are ways to run a cycle
        enough = 2 if name == own.get("state") else 3
        if known >= MOSTLY_KNOWN and "running" in meanings and len(meanings) >= enough:
            return name, words, known
    return None


def turn(rows: pl.DataFrame, file: str) -> Turned:
    """Turn changes of state into cycles, stops and alarms.

    Args:
        rows: "line", the place, "entered_at", "state", and what else is known of each state.
        file: its name, for the caveats.
    """
    rows, repeated = without_repeats(rows)
    keys = present(rows, STATION)
    words = vocabulary(rows["state"].unique().sort().to_list())
    stretches = _stretches(rows, keys, words)
    runs = _runs(_with_holes(stretches, keys), keys, words)
    units, why_not = _are_units(runs, keys, words)
    whole = runs.filter("whole")
    cycles = whole.drop("whole", "completed") if units else whole.clear().drop("whole", "completed")
    caveats = []
    if words.unknown:
        listed = ", ".join(repr(value) for value in words.unknown[:8])
        count = rows.filter(pl.col("state").is_in(list(words.unknown))).height
        caveats.append(
            note(
                "states_unknown",
                f"{count:,} rows in {file} hold states that are not known ({listed}): they neither "
                "begin, end nor stop anything.",
                severity="warning",
            )
        )
    if not units:
        caveats.append(
            note(
                "runs_no_cycles",
                f"The runs in {file} are no cycles ({why_not}): only stops and alarms were taken from it.",
                severity="serious",
                affects="demand",
            )
        )
    elif whole.height < runs.height:
        caveats.append(
            note(
                "cycles_cut",
                f"Runs in {file} left out because their begin or end is not in the log, or a setup, planned "
                f"stop or outage cut them: {runs.height - whole.height:,}.",
            )
        )
    return Turned(
        rows={"cycles": cycles, "detections": _stops(stretches, words)},
        caveats=tuple(caveats),
        repeated=repeated,
    )


def _stretches(rows: pl.DataFrame, keys: list[str], words: Vocabulary) -> pl.DataFrame:
    """Return one row per stretch of one state and reason, with its meaning and its end."""
    order = rows.sort(*keys, "entered_at", "line", nulls_last=False)
    next_at = pl.col("entered_at").shift(-1).over(keys)
    left = pl.coalesce("left_at", next_at) if "left_at" in order.columns else next_at
    order = order.with_columns(
        left.alias("left_at"),
        pl.col("state").replace_strict(words.meaning, default=None, return_dtype=pl.String).alias("meaning"),
    )
    same = present(order, ("state", "reason", "product_id", "serial"))
    again = pl.all_horizontal(
        *(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in (*keys, *same)),
        pl.col("entered_at") <= pl.col("left_at").shift(1),
    )
    order = order.with_columns((~again.fill_null(value=False)).cum_sum().alias("stretch"))
    return order.group_by("stretch", maintain_order=True).agg(
        pl.exclude("left_at", "duration_s").first(), pl.col("left_at").last()
    )


def _with_holes(stretches: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Put a stretch wherever the log is silent: no unit in work if it never says so itself, else not seen."""
    silent = "off" if stretches["meaning"].is_in(list(ENDS)).any() else "ready"
    hole_s = (pl.col("entered_at").shift(-1).over(keys) - pl.col("left_at")).dt.total_microseconds() / 1e6
    last = pl.col("entered_at").shift(-1).over(keys).is_null() & pl.col("left_at").is_not_null()
    holes = stretches.filter((hole_s > HOLE_S) | last).with_columns(
        pl.lit(silent).alias("meaning"), pl.col("left_at").alias("entered_at")
    )
    return pl.concat([stretches, holes]).sort(
        *keys, "entered_at", "stretch", maintain_order=True, nulls_last=False
    )


def _runs(stretches: pl.DataFrame, keys: list[str], words: Vocabulary) -> pl.DataFrame:
    """Return one row per run: from its first running state until the machine is ready or complete."""
    inner = [kind for kind in INSIDE if words.name != "packml" or kind not in ABANDONED]
    cuts = ~pl.col("meaning").is_in([*inner, *ENDS])
    known = stretches.filter(pl.col("meaning").is_not_null()).with_columns(
        pl.col("meaning").is_in(list(ENDS)).alias("end"), cuts.alias("cut")
    )
    # What comes before the first end of a station began before the log did.
    known = known.with_columns(
        (pl.col("end") | pl.col("cut")).cast(pl.Int64).cum_sum().over(keys).alias("run")
    )
    inside = known.filter(~pl.col("end") & ~pl.col("cut"))
    running = inside.filter(pl.col("meaning") == "running")
    begins = running.group_by(*keys, "run", maintain_order=True).agg(
        pl.col("line").first(),
        *[pl.col(name).first() for name in present(running, _CARRIED) if name not in keys],
        pl.col("entered_at").first().alias("started_at"),
    )
    ends = known.filter(pl.col("end") | pl.col("cut")).select(
        *keys, (pl.col("run") - 1).alias("run"), pl.col("entered_at").alias("ended_at"),
        "end", (pl.col("meaning") == "complete").alias("completed"),
    )  # fmt: skip
    found = begins.join(ends, on=[*keys, "run"], how="left", nulls_equal=True, maintain_order="left")
    whole = (pl.col("run") > 0) & pl.col("end").fill_null(value=False)
    return found.with_columns(whole.alias("whole"), pl.col("completed").fill_null(value=False)).drop(
        "run", "end"
    )


def _are_units(runs: pl.DataFrame, keys: list[str], words: Vocabulary) -> tuple[bool, str]:
    """Tell whether a run is one unit's cycle, else why not."""
    whole = runs.filter("whole").with_columns(
        ((pl.col("ended_at") - pl.col("started_at")).dt.total_microseconds() / 1e6).alias("run_s")
    )
    if not whole.height:
        return False, "none runs from its begin to its end within the log"
    if words.name == "mtconnect" or whole["completed"].mean() > 0.5:  # type: ignore[operator]
        return True, ""
    each = whole.group_by(keys).agg(
        pl.len().alias("runs"),
        pl.col("run_s").median().alias("middle"),
        (1.0 - pl.col("run_s").quantile(0.1587) / pl.col("run_s").median()).alias("spread"),
    )
    runs_each, middle, spread = (float(each[name].median() or 0.0) for name in ("runs", "middle", "spread"))  # type: ignore[arg-type]
    if runs_each < FEWEST_RUNS:
        return False, f"{runs_each:.0f} a station; it takes {FEWEST_RUNS} to see whether they are alike"
    if middle > LONGEST_UNIT_S:
        return False, f"they last {middle / 60:.0f} minutes in the middle: many units each"
    if spread > MOST_SPREAD:
        return (
            False,
            f"their lengths are too unlike each other (one sigma below the median is {spread:.0%} of it)",
        )
    return True, ""


def _stops(stretches: pl.DataFrame, words: Vocabulary) -> pl.DataFrame:
    """Return one detection per stretch in which the machine stands, is held, or has a fault."""
    kinds = [kind for kind in STOPS if kind != "held" or words.name != "mtconnect"]
    stops = stretches.filter(pl.col("meaning").is_in(kinds))
    reason = pl.coalesce("reason", "state") if "reason" in stops.columns else pl.col("state")
    return stops.select(
        "line",
        pl.when(pl.col("meaning") == "fault").then(pl.lit(ALARM)).otherwise(pl.lit(STOP)).alias("source"),
        *present(stops, ("site_id", "line_id", "station_id")),
        pl.col("entered_at").alias("detected_at"),
        pl.col("left_at").alias("ended_at"),
        reason.alias("reason"),
        (pl.col("meaning") == "planned").alias("planned"),
    )
