"""What the URL carries: every name once, what a view gets, and what a click on a chart changes.

The widgets that own these names are bound to the URL (``bind="query-params"``): Streamlit drops values that
are not among a widget's options, so that a URL made by hand or from another run cannot reach a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from analytics.config import Workspace
from analytics.runs import Filters, RunRef

RUN = "run"
LINE = "line"
STATION = "station"
PRODUCT = "product"
SHIFT = "shift"
DAYS = "days"
PARETO_BY = "by"
MEASURE = "measure"
VIEW_LINE = "at_line"
VIEW_STATION = "at_station"
VIEW_DAY = "at_day"
FIT_STATION = "fit"
TYPE = "type"
SPLIT = "split"

_NEXT_RUN = "next_run"

UNKNOWN = "(none)"
"""What pages call a line, product or shift that the data do not name."""

FILTERS = (LINE, STATION, PRODUCT, SHIFT)
"""The filters that hold several values; a click adds to them by these names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What every view gets: the run that was chosen and the filters.

    Attributes:
        workspace: where the run is from.
        run: the run.
        filters: what the visitor narrowed it down to.
        pages: the pages by their paths, to lead from one to another.
    """

    workspace: Workspace
    run: RunRef
    filters: Filters
    pages: Mapping[str, Page] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Tell whether any filter is set."""
        return self.filters != Filters()


def show_run(run_id: str) -> None:
    """Choose a run from the next drawing of the page on (its own widget is drawn already)."""
    st.session_state[_NEXT_RUN] = run_id


def take_next_run() -> None:
    """Carry out :func:`show_run`, before the widget is drawn."""
    if _NEXT_RUN in st.session_state:
        st.session_state[RUN] = st.session_state.pop(_NEXT_RUN)


def clicked(chart: str) -> dict[str, str]:
    """Return what the visitor clicked on in the chart with this key: the key of that group, or nothing."""
    state = st.session_state.get(chart)
    points: list[Mapping[str, Any]] = []
    if state is not None and "selection" in state:
        points = state["selection"].get("points") or []
    for point in points:
        data = point.get("customdata")
        found = data[0] if isinstance(data, list) and data else data
        if isinstance(found, Mapping):
            return {str(name): str(value) for name, value in found.items()}
    return {}


def narrow(key: Mapping[str, str]) -> None:
    """Set the filters that this group names (in a callback, before the page is drawn again)."""
    for name, value in key.items():
        if name in FILTERS:
            st.session_state[name] = [value]


def clear() -> None:
    """Drop every filter."""
    for name in FILTERS:
        st.session_state[name] = []
    st.session_state[DAYS] = ()
