"""Types: which kind of response does each part of the demand ask for? (Smalley's four types)."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import streamlit as st

from analytics.charts.bars import bars
from dashboard import answers, cache, components, proposals
from dashboard.state import Selection

_SHOWN = 12
_CARDS = (
    ("type_1", "Type 1: troubleshooting", "Every problem, restored at once, by the team."),
    (
        "type_2",
        "Type 2: gap from standard",
        "Each recurring pattern and each standard not held, at its cause.",
    ),
    ("type_3", "Type 3: target condition", "A declared new level that is not yet reached."),
    ("type_4", "Type 4: open-ended", "Innovation, triggered by vision; never inferred from data."),
)


def render(selection: Selection) -> None:
    """Draw the page."""
    report = cache.report(selection.run)
    st.title("Types", anchor=False)
    components.run_line(report, narrowed=selection.narrowed)
    if selection.narrowed:
        components.narrowed_note(here=False)
    refused = answers.withheld(report)
    if refused:
        components.withheld(refused)
    st.markdown(
        "Types are kinds of response (Smalley). These are proposals by rule; people decide. Minutes of "
        "Type 2 patterns are part of Type 1, not on top of it."
    )
    components.figures(
        *(
            replace(shown, note=f"{shown.note}\n{response}")
            for name, title, response in _CARDS
            for shown in [components.quantity(title, *proposals.type_figure(report, name), told=refused)]
        )
    )
    _targets(report)


def _targets(report: answers.Report) -> None:
    st.subheader("Proposed targets", anchor=False)
    targets = report["targets"]
    if not targets:
        st.caption(
            "None while the number is withheld."
            if answers.withheld(report)
            else "None: no recurring pattern was found that luck would not explain, and no chronic gap."
        )
        return
    drawn = bars(
        proposals.target_bars(targets[:_SHOWN]),
        axis="Station-minutes a week (min)",
        subtitle=f"{min(_SHOWN, len(targets))} of {len(targets)} recurring patterns and chronic gaps, "
        "ranked by station-minutes (not lost output); 95\u00a0% intervals",
        nothing="",
        width=26,
    )
    components.chart(drawn, "Proposed targets by station-minutes a week, with intervals")
    components.table(
        pl.DataFrame(proposals.target_rows(targets)),
        {
            "rank": st.column_config.NumberColumn("Rank", width="small"),
            "could_be": st.column_config.TextColumn("Could be"),
            "station": "Station",
            "pattern": "Pattern",
            "evidence": st.column_config.TextColumn("Evidence", width="large"),
            "minutes": "Station-minutes a week",
            "call_rate": "Call rate",
            "type": "Type",
        },
        nothing="",
        alt="Proposed targets with their evidence",
    )
