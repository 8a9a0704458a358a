"""How people call, as sections of pages: what a change in calls comes from, and the detection curve.

A change is always two numbers; a rate or a curve shows only where its group pools enough to name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from analytics.charts import calling as told
from analytics.charts import words
from analytics.charts.change import change as change_chart
from analytics.charts.curve import detection_curve as curve_chart
from analytics.charts.curve import seconds_by_group
from analytics.results import Unavailable
from analytics.runs import Filters
from dashboard import answers, cache, components, groups, state
from dashboard.state import Selection

_GROUPS = (("line", "line_id"), ("shift", "shift"))
_SPLIT_HELP = "The first day of the later period. Everything before it is the earlier one."


def change(selection: Selection) -> None:
    """Ask whether a change in calls comes from problems or from calling, between two periods."""
    st.subheader("Fewer calls: fewer problems, or less calling?", anchor=False)
    if reason := groups.too_small(selection):
        st.caption(f"Not shown: {reason}.")
        return
    days = groups.worked_days(selection)
    if len(days) < 2:
        st.caption("It takes two periods; the filters leave one day.")
        return
    halves = cache.change(selection.run, selection.filters, None)
    default = halves["periods"][1]["from"] if "periods" in halves else days[len(days) // 2]
    left, right = st.columns([1, 3], gap="medium")
    with left:
        chosen = components.one_of("Later period from", days[1:], state.SPLIT, default=default)
        st.caption(_SPLIT_HELP)
    split = None if chosen == default else date.fromisoformat(chosen)
    found = cache.change(selection.run, selection.filters, split)
    with right:
        if "periods" not in found:
            components.figures(components.quantity("Change in calls", told.part(found, "calls")))
            return
        st.markdown(f"**{components.plain(told.verdict(found))}**")
        _levels(found)
        drawn = change_chart(
            found,
            subtitle=f"{told.periods(found)}; delays of at least {words.seconds(found['common_floor_s'])} in "
            "both, the common floor; 95\u00a0% intervals",
            nothing=told.percent(told.part(found, "calls")),
        )
        components.chart(drawn, "The change in calls and what it comes from, with intervals")
        st.caption(
            "The parts multiply to the change in calls. Shorter delays are called less often: a call rate "
            "can fall because problems got shorter."
        )
        components.models_own(cache.report(selection.run))


def _levels(found: Mapping[str, Any]) -> None:
    """Write each level of the later period with that of the earlier one beside it."""
    earlier, later = found["periods"]
    components.figures(
        *(
            components.Figure(
                name=name,
                value=words.value(told.part(later, level)),
                note=f"{words.certainty(told.part(later, level))}\n"
                f"before: {words.with_interval(told.part(earlier, level))}",
            )
            for level, name, _ in told.LEVELS
        )
    )


def detection_curve(selection: Selection, report: answers.Report, line: str) -> None:
    """Show the share called by the seconds that a cycle took too long, and groups beside each other."""
    section = report.get("detection_curve")
    st.subheader("From how many seconds on people call", anchor=False)
    if section is None or "unavailable" in section:
        why = "this run does not hold it: analyze again" if section is None else section["unavailable"]
        st.caption(f"Not told: {components.plain(why)}.")
        return
    if selection.narrowed:
        st.caption("Of the whole run: filters do not act on it.")
    whole = Selection(workspace=selection.workspace, run=selection.run, filters=Filters())
    name, curve = _of_line(whole, section, line)
    st.markdown(components.plain(f"{name}: {told.seconds_called(curve)}"))
    drawn = curve_chart(
        curve,
        subtitle=f"{name}: {words.number(curve['slow_cycles'])} slow cycles on {curve['shift_days']} "
        f"shift-days, counted below each mark; {told.COVERED_LEFT_OUT}; 95\u00a0% intervals",
        nothing="Too few slow cycles to show a share.",
    )
    components.chart(drawn, "Share of slow cycles called, by the seconds that they took too long")
    components.models_own(report)
    rows = [("All lines", section["overall"])] if len(section["by_line"]) > 1 else []
    for by, key in _GROUPS:
        rows += [(words.named(by, one[key]), _allowed(whole, key, one)) for one in section[f"by_{by}"]]
    st.markdown("**One in two, nine in ten**")
    drawn = seconds_by_group(
        rows,
        subtitle="Seconds from which so many are called, lines and shifts in their own order, not ranked; "
        "95\u00a0% intervals",
        nothing="No groups here.",
    )
    components.chart(drawn, "Seconds from which one in two and nine in ten are called, by line and shift")


def _of_line(whole: Selection, section: Mapping[str, Any], line: str) -> tuple[str, Mapping[str, Any]]:
    """Return the curve of this line, or of all where the line has none that may show."""
    for one in section["by_line"]:
        if (one["line_id"] or state.UNKNOWN) == line and "unavailable" not in _allowed(whole, "line_id", one):
            return words.named("line", one["line_id"]), one
    return "All lines", section["overall"]


def _allowed(whole: Selection, key: str, one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a group's curve, or the refusal of a group that is too small to show."""
    reason = groups.too_small(whole, (key,), (str(one[key]),))
    return Unavailable(reason=reason).to_json() if reason else one
