"""Pareto: what is most of it? Called against ran without a call, by station, product, shift or category."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from analytics.charts import words
from analytics.charts.pareto import pareto
from analytics.charts.rates import rates
from analytics.charts.strata import Stratum
from dashboard import answers, cache, components, groups, state
from dashboard.access import access
from dashboard.state import Selection

_CHART = "pareto_chart"
_ROWS = 25
_BY = {
    "station": "Station",
    "line": "Line",
    "product": "Product",
    "shift": "Shift",
    "category": "Call category",
    "kind": "Call kind",
}
_MEASURE = {"count": "Count", "minutes": "Minutes"}
_NEXT = {"line": "station", "station": "product", "product": "station", "shift": "station"}


def render(selection: Selection) -> None:
    """Draw the page."""
    report = cache.report(selection.run)
    st.title("Pareto", anchor=False)
    components.run_line(report, narrowed=selection.narrowed)
    if selection.narrowed:
        components.narrowed_note(here=True)
    refused = answers.withheld(report)
    if refused:
        components.withheld(refused)
        st.markdown("What was called is counted, so it can be shown by category:")
        _calls(selection, "category")
        return
    by, measure = _controls()
    if by in {"category", "kind"}:
        _calls(selection, by)
        return
    found = groups.strata(selection, by, measure, access())
    rows = groups.judged(found)
    unit = "slow cycles" if measure == "count" else "station-minutes"
    shown = words.counted(len(rows), by)
    if len(rows) > _ROWS:
        shown = f"the first {_ROWS} of {shown}"
    cycles = words.number(sum(row.cycles for row in rows))
    drawn = pareto(
        rows[:_ROWS],
        unit=unit,
        subtitle=f"{shown}, {cycles} cycles, {answers.counted_at(report, measure)}; 95\u00a0% intervals",
        nothing="The filters leave no cycles.",
        cumulative=by in groups.SORTED,
    )
    components.chart(drawn, f"{unit} by {by}, called and run without a call", key=_CHART, on_click=_drill)
    st.caption(f"{_reading(by, rows)} {components.plain(groups.silent(found))}")
    st.subheader("Call rate, at the common floor", anchor=False)
    drawn = rates(
        rows[:_ROWS],
        subtitle=f"{answers.counted_at(report, 'count')}; groups too small to show a rate say so",
        nothing=answers.no_rate(rows),
    )
    components.chart(drawn, f"Share of slow cycles that was called, by {by}")


def _controls() -> tuple[str, str]:
    left, right = st.columns([3, 1])
    with left:
        by = _choose("By", _BY, "station", state.PARETO_BY)
    with right:
        measure = _choose("Measure", _MEASURE, "count", state.MEASURE)
    return by, measure


def _choose(label: str, options: Mapping[str, str], default: str, key: str) -> str:
    chosen = st.segmented_control(
        label,
        list(options),
        format_func=options.__getitem__,
        default=default,
        required=True,
        wrap=True,
        key=key,
        bind="query-params",
    )
    return chosen or default


def _calls(selection: Selection, by: str) -> None:
    rows = groups.categories(selection, by)
    total = words.number(sum(row.total for row in rows))
    drawn = pareto(
        rows[:_ROWS],
        unit="andon calls",
        subtitle=f"{total} calls in {len(rows)} groups; what ran without a call has no {by}",
        nothing="There are no andon calls here.",
        called_only=True,
    )
    components.chart(drawn, f"Andon calls by {by}")


def _reading(by: str, rows: list[Stratum]) -> str:
    told = "Click a bar to narrow the page down to it."
    if by not in groups.SORTED:
        told += " Shifts keep their own order: this is not a ranking of crews."
    if any(row.apart for row in rows):
        told += " Hatched stations stand apart: their floor is too high to compare with the others."
    return told


def _drill() -> None:
    """Narrow the page down to the bar that was clicked, and ask the next question of it."""
    if key := state.clicked(_CHART):
        state.narrow(key)
        by = st.session_state.get(state.PARETO_BY, "station")
        st.session_state[state.PARETO_BY] = _NEXT.get(by, by)
