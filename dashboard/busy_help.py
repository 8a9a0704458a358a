"""Whether busy help keeps people from calling: the curve and its sentences, as a part of the Gap report."""

from __future__ import annotations

import streamlit as st

from analytics.charts import words
from analytics.charts.queue import queue
from analytics.report import help_busy
from dashboard import answers, components
from dashboard.access import access
from dashboard.state import Selection


def draw(selection: Selection, report: answers.Report) -> None:
    """Draw call rates by open calls, and say what quicker help would close."""
    whole = ": the whole run" if selection.narrowed else ""
    st.subheader(
        f"When help is busy{whole}",
        anchor=False,
        help="Open calls are those at the line's other stations while the slow cycle ran. The points are as "
        "they are; the share in the text compares equal delays, stations, shifts and hours.",
    )
    if selection.narrowed:
        components.narrowed_note(here=False)
    seen = access()
    curve = help_busy.points(report, shift_days=seen.shift_days, stations=seen.crews_or_stations)
    if curve:
        common = report["demand"].get("common_floor_s")
        at = f"of at least {words.seconds(common)}" if common else "at or above the common floor"
        drawn = queue(
            [(point.label, point.rate, point.slow_cycles) for point in curve],
            subtitle=f"Slow cycles with a delay {at}; 95\u00a0% intervals",
            nothing="Too few slow cycles to show a call rate.",
        )
        components.chart(drawn, "Share of slow cycles that was called, by other calls open on the line")
        components.models_own(report)
    for sentence in help_busy.sentences(report, curve):
        st.markdown(components.plain(sentence))
