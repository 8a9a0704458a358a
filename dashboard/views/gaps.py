"""Detection gaps: from the line to the station, to the day, to the cycles themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import streamlit as st

from analytics.charts import words
from analytics.charts.heat import heat
from analytics.charts.timeline import timeline
from dashboard import answers, cache, calling, components, groups, state
from dashboard.access import access
from dashboard.state import Selection

_STATIONS, _SHIFTS = "gaps_stations", "gaps_shifts"
_MOST = 50


def render(selection: Selection) -> None:
    """Draw the page."""
    report = cache.report(selection.run)
    st.title("Detection gaps", anchor=False)
    components.run_line(report, narrowed=selection.narrowed)
    if selection.narrowed:
        components.narrowed_note(here=True)
    refused = answers.withheld(report)
    if refused:
        components.withheld(refused)
    options = groups.places(selection)
    if not options:
        st.info("The filters leave no cycles. Clear a filter in the sidebar.")
        return
    places = st.columns(3, gap="medium")
    line = next(iter(options))
    if line != state.UNKNOWN or len(options) > 1:
        with places[0]:
            line = components.one_of(
                "Line", list(options), state.VIEW_LINE, default=groups.worst(selection, state.LINE)
            )
    on_line = replace(selection, filters=replace(selection.filters, line_ids=groups.line_filter(line)))
    with places[1]:
        station = components.one_of(
            "Station", options[line], state.VIEW_STATION, default=groups.worst(on_line, state.STATION)
        )
    at_station = replace(on_line, filters=replace(on_line.filters, station_ids=(station,)))
    days = groups.worked_days(at_station)
    with places[2]:
        day = components.one_of("Day", days, state.VIEW_DAY, default=groups.worst(at_station, "day"))
    if not refused:
        _station_by_day(on_line, options[line])
        _shift_by_day(at_station, station)
        calling.detection_curve(selection, report, line)
    if not access().single_cycles:
        st.info(
            "Single cycles with their times are for analysts and this line's team; they are hidden here. "
            "Whoever runs this server can show them (WALKAWAY_SINGLE_CYCLES=show)."
        )
        return
    cycles = _cycles(at_station, station, date.fromisoformat(day))
    if not refused:
        _most_probable(cycles)
    _between(cycles, cache.gaps(selection.run, at_station.filters))


def _station_by_day(selection: Selection, stations: list[str]) -> None:
    st.subheader("Stations by day", anchor=False)
    cells = groups.matrix(selection, "station")
    drawn = heat(
        cells,
        row=state.STATION,
        column="day",
        rows=stations,
        columns=groups.worked_days(selection),
        subtitle=f"{words.number(sum(cell.cycles for cell in cells))} cycles at "
        f"{words.counted(len(stations), 'station')}, "
        "each at its own floor; intervals on hover; click a cell to open it",
        nothing="No cycles here.",
    )
    components.chart(
        drawn, "Station-minutes without a call by station and day", key=_STATIONS, on_click=_open_station
    )


def _shift_by_day(selection: Selection, station: str) -> None:
    cells = groups.matrix(selection, "shift")
    shifts = sorted({cell.key[state.SHIFT] for cell in cells})
    if len(shifts) < 2:
        return
    st.subheader(f"{components.plain(station)}: shifts by day", anchor=False)
    drawn = heat(
        cells,
        row=state.SHIFT,
        column="day",
        rows=shifts,
        columns=groups.worked_days(selection),
        subtitle=f"{words.number(sum(cell.cycles for cell in cells))} cycles; shifts in their own order, not "
        "ranked; intervals on hover; click a cell to open it",
        nothing="No cycles here.",
    )
    components.chart(
        drawn, "Station-minutes without a call by shift and day", key=_SHIFTS, on_click=_open_day
    )


def _cycles(selection: Selection, station: str, day: date) -> pl.DataFrame:
    st.subheader(f"{components.plain(station)} on {words.day(day)}: the cycles", anchor=False)
    on_day = replace(selection.filters, from_day=day, to_day=day)
    cycles = cache.cycles(selection.run, on_day)
    drawn = timeline(
        cycles,
        cache.calls(selection.run, on_day),
        cache.breaks(selection.run, on_day),
        clock=cache.clock(selection.run) or "as exported",
        subtitle=f"{words.counted(cycles.height, 'cycle')}; a larger mark is a more certain one. "
        "Drag to zoom, double-click to return.",
        nothing=f"No cycle of {station} has a usable time on this day.",
    )
    components.chart(drawn, f"Cycles of {station} on {day} by time, with andon calls and breaks")
    if because := access().because:
        st.caption(because)
    return cycles


def _most_probable(cycles: pl.DataFrame) -> None:
    st.subheader("The most probable ones", anchor=False)
    probable = cycles.filter(pl.col("undetected_probability") > 0.05).sort(
        "undetected_probability", "excess_s", descending=True
    )
    components.table(
        probable.head(_MOST),
        _COLUMNS,
        nothing=f"No cycle of this day probably {words.MISSED}.",
        alt="Cycles that most probably ran without a call",
    )


def _between(cycles: pl.DataFrame, gaps: pl.DataFrame) -> None:
    """Show when nothing ran at the station on the day: a problem between two cycles is in no cycle's time."""
    first = pl.coalesce("started_at", "ended_at")
    begin, end = cycles.select(first.min().alias("first"), pl.col("ended_at").max()).row(0)
    st.subheader(
        "Gaps between cycles",
        anchor=False,
        help="Longer than half a usual cycle. Time between two cycles is in neither: it is not counted.",
    )
    components.table(
        gaps.filter(pl.col("started_at") >= begin, pl.col("ended_at") <= end).head(_MOST),
        _GAPS,
        nothing="None: one cycle followed the other, or the export has no starts.",
        alt="Times between two cycles",
    )


_GAPS = {
    "started_at": st.column_config.DatetimeColumn("From", format="D MMM HH:mm:ss"),
    "ended_at": st.column_config.DatetimeColumn("To", format="D MMM HH:mm:ss"),
    "gap_s": st.column_config.NumberColumn("Without breaks (s)", format="%.0f"),
    "kind": "Kind",
}

_COLUMNS = {
    "ended_at": st.column_config.DatetimeColumn("Ended", format="D MMM HH:mm:ss"),
    "undetected_probability": st.column_config.ProgressColumn(
        "Chance", help=f"That it {words.MISSED}, delayed beyond the floor", min_value=0, max_value=1
    ),
    "excess_s": st.column_config.NumberColumn("Delay (s)", format="%.1f"),
    "net_s": st.column_config.NumberColumn("Net (s)", format="%.1f"),
    "expected_s": st.column_config.NumberColumn("Usual (s)", format="%.1f"),
    "floor_s": st.column_config.NumberColumn("Floor (s)", format="%.1f"),
    "product_id": "Product",
    "shift": "Shift",
    "recorded_by": st.column_config.TextColumn("Recorded by", width=130),
    "serial": "Serial",
}


def _open_station() -> None:
    """Open the station and day of the cell that was clicked."""
    if key := state.clicked(_STATIONS):
        st.session_state[state.VIEW_STATION] = key[state.STATION]
        st.session_state[state.VIEW_DAY] = key["day"]


def _open_day() -> None:
    if key := state.clicked(_SHIFTS):
        st.session_state[state.VIEW_DAY] = key["day"]
