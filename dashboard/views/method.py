"""Method: is the estimate believable here? Fits, stations, blocking, sources, parameters."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from analytics import accuracy
from analytics.charts import words
from analytics.charts.fit import fit
from dashboard import answers, cache, components, state
from dashboard.state import Selection

_SECONDS = "%.1f"


def render(selection: Selection) -> None:
    """Draw the page."""
    report = cache.report(selection.run)
    stations = cache.stations(selection.run)
    st.title("Method", anchor=False)
    components.run_line(report, narrowed=selection.narrowed)
    if selection.narrowed:
        components.narrowed_note(here=False)
    st.markdown(
        "A cycle counts as slow when its delay is too long to be this station's ordinary scatter. The floor "
        "is the shortest such delay; what lies below it cannot be told from noise and is not counted."
    )
    _fit(selection, stations)
    st.subheader("Stations", anchor=False)
    components.table(stations, _STATIONS, nothing="No stations.", alt="What was found at each station")
    st.caption("Rows and columns scroll.")
    st.subheader("Blocking between neighbours", anchor=False)
    st.caption("A blocked cycle waits for the next station; its time is not its own.")
    components.table(
        cache.pairs(selection.run),
        _PAIRS,
        nothing="No neighbours were found: blocking could not be looked for.",
        alt="Blocking between neighbouring stations",
    )
    st.subheader("Sources", anchor=False)
    components.table(
        answers.sources(report),
        _SOURCES,
        nothing="The run names no sources.",
        alt="Files that the run rests on",
    )
    _excluded(report["exposure"]["excluded"])
    with st.expander("Parameters of this run", icon=":material/tune:"):
        st.json({**report["run"], "schema_version": report["schema_version"]}, expanded=2)
    components.caveats(report["caveats"])
    _accuracy()


def _accuracy() -> None:
    """Show what the method's errors were where the truth is known; these are not figures of this plant."""
    study = cache.study()
    if study is None:
        return
    st.subheader("How accurate the method is where the truth is known", anchor=False)
    st.caption(
        f"{accuracy.about(study)}; not of this plant. Estimate less truth as mean ± root mean square "
        "over the plants; how often the 95 % interval holds the truth and how wide it is (count, minutes), "
        "also at stations with at least 30 true slow cycles. Where nothing is wrong: what is reported per "
        "200,000 cycles, ± two standard errors. Rankings are told as average precision; a delay that falls "
        "into a wait for room leaves no record, so the ranking is also told without such cycles. Names with "
        "flow_ are drawn unit by unit. A share of plants is told with its 95 % interval."
    )
    tables = {
        "Errors by kind of plant": (accuracy.KINDS_COLUMNS, accuracy.kind_rows(study)),
        "Goals set for each kind, those not met first": (accuracy.GOAL_COLUMNS, accuracy.goal_rows(study)),
        "Stated chance of single cycles, and what was true": (
            accuracy.TRUST_COLUMNS,
            accuracy.trust_rows(study),
        ),
        "Rules of thumb and detectors on the same plants, as a multiple of the truth": (
            accuracy.PEER_COLUMNS,
            accuracy.peer_rows(study),
        ),
    }
    for title, (columns, rows) in tables.items():
        st.markdown(f"**{title}**")
        components.table(pl.DataFrame(rows), columns, nothing="None.", alt=title)


def _fit(selection: Selection, stations: pl.DataFrame) -> None:
    st.subheader("What was seen, and what noise alone would give", anchor=False)
    bins = cache.station_fit(selection.run)
    fitted = _named(bins.select("line_id", "station_id").unique(maintain_order=True).rows())
    if not fitted:
        st.caption("No station had enough usable cycles for a fit.")
        return
    station = components.one_of("Station", list(fitted), state.FIT_STATION)
    line_id, station_id = fitted[station]
    here = (pl.col("station_id") == station_id) & pl.col("line_id").eq_missing(pl.lit(line_id))
    row = stations.filter(here).row(0, named=True)
    floor = f", floor {words.seconds(row['floor_s'])}" if row["floor_s"] is not None else ""
    drawn = fit(
        bins.filter(here),
        subtitle=f"{station}: {words.number(row['usable_cycles'])} usable of {words.number(row['cycles'])} "
        f"cycles{floor}",
        nothing=f"{station} has no fit: {row['reason'] or 'too little data'}.",
    )
    components.chart(drawn, f"Cycles of {station} by delay: observed, noise alone, fitted")
    st.caption(
        "Left of the floor the lines should lie on the steps. What the steps rise above noise to the right "
        "is what the estimate counts."
    )


def _named(places: list[tuple[str | None, str]]) -> dict[str, tuple[str | None, str]]:
    """Return stations by their names, with the line where two lines share one."""
    names = [station for _, station in places]
    return {
        station if names.count(station) == 1 else f"{station} ({line or state.UNKNOWN})": (line, station)
        for line, station in places
    }


def _excluded(excluded: dict[str, int]) -> None:
    told = ", ".join(f"{words.number(count)} {reason}" for reason, count in excluded.items() if count)
    st.caption(f"Not counted: {told}." if told else "No cycle was left out.")


def _number(label: str, form: str, note: str = "") -> Any:
    return st.column_config.NumberColumn(label, format=form, help=note or None)


_STATIONS = {
    "line_id": "Line",
    "station_id": st.column_config.TextColumn("Station", pinned=True),
    "cycles": _number("Cycles", "localized"),
    "usable_cycles": _number("Usable", "localized", "Not masked, blocked or on a break"),
    "expected_s": _number("Usual (s)", _SECONDS),
    "scale_s": _number("Scatter (s)", "%.2f", "One sigma of ordinary work"),
    "floor_s": _number("Floor (s)", _SECONDS, "The shortest delay that can be told from noise"),
    "common": st.column_config.CheckboxColumn("Compared", help="Counted at the common floor"),
    "blocked_share": _number("Blocked", "percent"),
    "clock_offset_s": _number("Clock offset (s)", _SECONDS, "Andon clock less cycle clock"),
    "standard_cycle_s": _number("Standard (s)", _SECONDS),
    "target_cycle_s": _number("Target (s)", _SECONDS),
    "takt_s": _number("Takt (s)", _SECONDS),
    "reason": st.column_config.TextColumn("Why masked", width="large"),
}

_PAIRS = {
    "line_id": "Line",
    "station_id": "Station",
    "next_station_id": "Next station",
    "offset_s": _number("Transfer (s)", _SECONDS),
    "contrast": _number("Evidence (sigmas)", "%.0f"),
    "blocked_share": _number("Blocked", "percent"),
}

_SOURCES = {
    "file": st.column_config.TextColumn("File", width="large"),
    "table": "Table",
    "read": _number("Read", "localized"),
    "loaded": _number("Loaded", "localized"),
    "duplicate": _number("Duplicate", "localized"),
    "quarantined": _number("Quarantined", "localized"),
}
