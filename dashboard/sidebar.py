"""The sidebar of every page: which run, and what it is narrowed down to. Both live in the URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st

from analytics.charts import words
from analytics.config import Workspace
from analytics.runs import Filters, RunRef
from dashboard import cache, components, state
from dashboard.state import Selection


def choose(place: Workspace) -> Selection | None:
    """Draw the sidebar; return the run and the filters, or None where there is no run yet."""
    runs = cache.list_runs(place)
    if not runs:
        return None
    asked = {name: st.query_params.get_all(name) for name in (state.RUN, *state.FILTERS)}
    with st.sidebar:
        run = _run(runs)
        filters = _filters(run)
    _unknown(asked, runs, cache.choices(run))
    return Selection(workspace=place, run=run, filters=filters)


def _run(runs: Sequence[RunRef]) -> RunRef:
    by_id = {run.id: run for run in runs}
    state.take_next_run()
    chosen = st.selectbox(
        "Run",
        list(by_id),
        key=state.RUN,
        bind="query-params",
        help="One analysis of the data. A newer one does not change an older one.",
    )
    run = by_id[chosen] if chosen in by_id else runs[0]
    st.caption(
        f"made {run.created_at:%d %b %Y %H:%M} UTC  \n{run.period[0]} to {run.period[1]}  \n"
        f"{words.number(run.cycles)} cycles"
    )
    return run


def _unknown(asked: Mapping[str, list[str]], runs: Sequence[RunRef], choices: cache.Choices) -> None:
    """Say what the URL asked for that is not in these data; its widget has dropped it without a word."""
    known = {
        state.RUN: {run.id for run in runs},
        state.LINE: set(choices.lines),
        state.STATION: {name for _, name in choices.stations},
        state.PRODUCT: set(choices.products),
        state.SHIFT: set(choices.shifts),
    }
    for name, values in asked.items():
        told = [components.plain(words.short(value, 40)) for value in values if value not in known[name]]
        if told and name == state.RUN:
            st.info(
                f"Run {told[0]} is not here any more; this is the newest one.", icon=":material/link_off:"
            )
        elif told:
            st.info(
                f"The link asks for a {name} that is not in this run ({', '.join(told)}); it was left out.",
                icon=":material/link_off:",
            )


def _filters(run: RunRef) -> Filters:
    choices = cache.choices(run)
    lines = _several("Lines", choices.lines, state.LINE)
    stations = [name for line, name in choices.stations if not lines or line in lines]
    filters = Filters(
        line_ids=_known(lines),
        station_ids=_several("Stations", list(dict.fromkeys(stations)), state.STATION),
        product_ids=_known(_several("Products", choices.products, state.PRODUCT)),
        shifts=_known(_several("Shifts", choices.shifts, state.SHIFT)),
        **_days(choices.days),
    )
    if filters != Filters():
        st.button("Clear filters", on_click=state.clear, icon=":material/filter_alt_off:")
    return filters


def _several(label: str, options: Sequence[str], key: str) -> tuple[str, ...]:
    """Draw one filter; where there is only one value there is nothing to choose."""
    if len(options) < 2 and not st.session_state.get(key):
        return ()
    return tuple(st.multiselect(label, options, key=key, bind="query-params", placeholder="all"))


def _known(chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Name what is unknown as the run's readers do: by the empty string."""
    return tuple("" if value == state.UNKNOWN else value for value in chosen)


def _days(days: Sequence[str]) -> dict[str, date | None]:
    """Draw the period; an unfinished choice (only its first day) is the time from that day on."""
    if len(days) < 2:
        return {}
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    chosen = st.date_input(
        "Days", value=(), min_value=first, max_value=last, key=state.DAYS, bind="query-params"
    )
    if not isinstance(chosen, tuple) or not chosen:
        return {}
    return {
        "from_day": chosen[0],
        "to_day": chosen[1] if len(chosen) > 1 else None,
    }
