"""Gap report: how much ran without a call, for a reader with two minutes."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analytics.charts import words
from analytics.charts.bars import Bar, bars
from analytics.charts.trend import trend
from analytics.report import proposed
from analytics.results import Estimate, Unavailable
from dashboard import answers, busy_help, cache, calling, components, groups, proposals
from dashboard.access import access
from dashboard.state import Selection

_TOP = 10
_FIRST = 3
_DEMAND_TAKT = (
    "How often a problem asks for an answer: planned line time divided by all problems, those that were "
    "called and those that ran without a call."
)
_COMMON_FLOOR = (
    "A quiet station shows shorter delays than a noisy one. To compare them fairly, only delays are counted "
    "that could be seen at all of them: those above the common floor."
)


def render(selection: Selection) -> None:
    """Draw the page."""
    report = cache.report(selection.run)
    summary = groups.summary(selection, report)
    st.title("Gap report", anchor=False)
    components.run_line(report, narrowed=selection.narrowed)
    if selection.narrowed:
        components.narrowed_note(here=True)
    if isinstance(summary.count, Unavailable):
        components.withheld(summary.count)
    components.headline(
        answers.headline(summary.count, summary.minutes, summary.floor),
        answers.NOT_LOST_OUTPUT,
        answers.against_standard(report),
    )
    if isinstance(summary.count, Unavailable):
        _what_can_be_said(selection, report)
        return
    takt = [] if selection.narrowed else answers.takt(report)
    _figures(report, summary, takt)
    if selection.narrowed:
        st.caption("How often a problem or a call comes is told of whole lines: clear the filters to see it.")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _ladder(selection, report, summary)
        _start(selection, report)
    with right:
        components.caveats(report["caveats"])
        if selection.narrowed:
            components.narrowed_note(here=False)
    _trend(selection, report)
    calling.change(selection)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _stations(selection)
    with right:
        _beside(selection, report)
    busy_help.draw(selection, report)


def _what_can_be_said(selection: Selection, report: answers.Report) -> None:
    """Say what holds without an estimate: calls are counted, and the chronic gap has its own method."""
    calls, takt = report["demand"]["calls"]["count"], answers.takt(report)
    if selection.narrowed:
        calls, takt = cache.calls(selection.run, selection.filters).height, []
    components.figures(
        components.Figure(name="Andon calls", value=words.number(calls), note="counted"), *_takt(takt)
    )
    st.markdown(
        "**Detection gaps** shows the cycles themselves, **Method** what was seen at each station and why no "
        "number can be given."
    )
    components.caveats(report["caveats"])
    _beside(selection, report)


def _ladder(selection: Selection, report: answers.Report, summary: answers.Summary) -> None:
    st.subheader("The ladder", anchor=False, help="From what was called to what only the clock saw.")
    drawn = bars(
        summary.ladder,
        axis="Slow cycles at or above their station's floor",
        subtitle=f"{words.number(summary.cycles)} cycles, delays of at least {summary.floor}; "
        "95\u00a0% intervals",
        nothing="No cycles here.",
        values=True,
    )
    components.chart(drawn, "Slow cycles called, recorded, and run without a call, with intervals")
    if total := answers.adds_up(summary):
        st.markdown(total)
    for line in answers.beyond(report, groups.silent_calls(selection) if selection.narrowed else None):
        st.markdown(line)


def _start(selection: Selection, report: answers.Report) -> None:
    """Name the first targets, and how they relate to the stations where most ran without a call."""
    if not report["targets"]:
        return
    whole = ", of the whole run" if selection.narrowed else ""
    st.subheader(f"Where to start{whole}", anchor=False)
    rows = proposals.target_rows(report["targets"])[:_FIRST]
    st.markdown(
        "\n".join(
            f"{row['rank']}. **{components.plain(row['station'])}**: {components.plain(row['pattern'])}, "
            f"{row['minutes']} station-minutes a week"
            for row in rows
        )
    )
    for pattern, step in proposed.first_steps(report["targets"][:_FIRST]):
        st.markdown(f"**{pattern.capitalize()}?** {step}")
    st.caption(
        "Targets count every recurring pattern and steady slowness (the chronic gap), called or not. “Where "
        "most station-minutes ran without a call”, below, counts single slow cycles that nobody called: a "
        "station can lead one list and not the other."
    )
    if "types" in selection.pages:
        st.page_link(
            selection.pages["types"], label="All targets, with evidence", icon=":material/arrow_forward:"
        )


def _figures(report: answers.Report, summary: answers.Summary, takt: list[tuple[str, str, str]]) -> None:
    common = report["demand"].get("common_floor_s")
    at = f"delays of at least {words.seconds(common)}" if common else ""
    components.figures(
        components.quantity(words.MISSED.capitalize(), summary.count, "slow cycles", "missed"),
        components.quantity(words.CALLED.capitalize(), summary.called, "slow cycles", "called"),
        replace(components.quantity("Call rate, common floor", summary.rate, at), help=_COMMON_FLOOR),
        *_takt(takt),
    )


def _takt(takt: list[tuple[str, str, str]]) -> list[components.Figure]:
    return [
        components.Figure(
            name=name, value=value, note=note, help=_DEMAND_TAKT if name.startswith("Demand") else ""
        )
        for name, value, note in takt
    ]


def _trend(selection: Selection, report: answers.Report) -> None:
    st.subheader("Problems and call rate, day by day", anchor=False)
    days = groups.days(selection, access())
    common = report["demand"].get("common_floor_s")
    at = f"at the common floor of {words.seconds(common)}" if common else "at each station's floor"
    rates = any(isinstance(day.rate, Estimate) for day in days)
    pooled = f"each call rate pools at least {access().shift_days} shift-days"
    subtitle = f"{words.counted(len(days), 'day')}, {at}; {pooled if rates else answers.no_rate(days)}"
    drawn = trend(days, subtitle=subtitle, nothing="No cycles here.")
    components.chart(drawn, "Slow cycles a day, and the share of them that was called")
    if rates:
        st.caption(
            "Read both together: fewer calls may mean fewer problems or less calling; more calls at equal "
            "problems mean that more is seen."
        )


def _stations(selection: Selection) -> None:
    st.subheader("Where most station-minutes ran without a call", anchor=False)
    rows = groups.strata(selection, "station", "minutes", access())
    ranked = sorted(groups.judged(rows), key=groups.missed, reverse=True)
    drawn = bars(
        [Bar(label=row.label, quantity=row.minutes, detail=groups.detail(row)) for row in ranked[:_TOP]],
        axis="Station-minutes without a call (min)",
        subtitle=f"{min(_TOP, len(ranked))} of {words.counted(len(rows), 'station')}, each at its own floor; "
        "95\u00a0% intervals",
        nothing="No stations here.",
    )
    components.chart(drawn, "Stations by station-minutes that ran without a call")
    if silent := groups.silent(rows):
        st.caption(components.plain(silent))


def _beside(selection: Selection, report: answers.Report) -> None:
    whole = ": the whole run" if selection.narrowed else ""
    st.subheader(f"Beside the slow cycles{whole}", anchor=False)
    if selection.narrowed:
        components.narrowed_note(here=False)
    gap = answers.quantity(report, "chronic", "standard_not_held", "minutes")
    target = answers.quantity(report, "chronic", "target_condition", "minutes")
    components.figures(
        components.quantity("Chronic gap: standard not held", gap, "steadily slower than the standard"),
        components.quantity("Chronic gap: target condition", target),
        components.Figure(
            name="Calls were answered after",
            value=answers.response(report),
            note=answers.response_note(report),
        ),
    )
