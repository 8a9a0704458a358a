"""Types: which kind of response does each part of the demand ask for? (Smalley's four types)."""

from __future__ import annotations

from dataclasses import asdict, replace

import polars as pl
import streamlit as st

from analytics.charts import words
from analytics.charts.bars import bars
from analytics.report import slower
from dashboard import answers, cache, components, proposals, state
from dashboard.state import Selection

_SHOWN = 12
_ALL = "all"
_CHART, _TABLE, _TARGET = "types_chart", "types_table", "types_target"
_CARDS = (
    ("type_1", "Type 1: troubleshooting", "Every problem, restored at once, by the team."),
    (
        "type_2",
        "Type 2: gap from standard",
        "Each recurring pattern and each standard not held, at its cause.",
    ),
    ("type_3", "Type 3: target condition", "A declared new level that is not yet reached."),
    ("type_4", "Type 4: open-ended", "What nobody asked for yet."),
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
    _targets(selection, report)
    _slower(report)


def _slower(report: answers.Report) -> None:
    """Show the stations that have grown slower for good: reduced speed, with or without a standard."""
    if not (told := slower.in_words(report)):
        return
    st.subheader("Grown slower", anchor=False)
    st.caption(told)
    if rows := slower.grown_slower(report):
        components.table(
            pl.DataFrame([asdict(row) for row in rows]),
            _SLOWER,
            nothing="",
            alt="Stations that have grown slower, since when, and by how much",
        )


def _targets(selection: Selection, report: answers.Report) -> None:
    st.subheader("Proposed targets", anchor=False)
    targets = report["targets"]
    if not targets:
        st.caption(
            "None while the number is withheld."
            if answers.withheld(report)
            else "None: no recurring pattern was found that luck would not explain, and no chronic gap."
        )
        return
    chosen = _type()
    shown = proposals.of_type(targets, chosen)
    of = "recurring patterns and chronic gaps" if chosen == _ALL else f"targets of {proposals.TYPES[chosen]}"
    drawn = bars(
        proposals.target_bars(shown[:_SHOWN], targets),
        axis="Station-minutes a week (min)",
        subtitle=f"{min(_SHOWN, len(shown))} of {len(shown)} {of}, "
        "ranked by station-minutes (not lost output); 95\u00a0% intervals; click a bar for its evidence",
        nothing=f"There are no {of}.",
    )
    components.chart(
        drawn, "Proposed targets by station-minutes a week, with intervals", key=_CHART, on_click=_clicked
    )
    if not shown:
        return
    components.table(
        pl.DataFrame(proposals.target_rows(shown, targets)),
        _COLUMNS,
        nothing="",
        alt="Proposed targets with their evidence",
        key=f"{_TABLE}_{chosen}",
        on_click=lambda: _picked(f"{_TABLE}_{chosen}", shown),
    )
    st.caption("Rows scroll, and a click on one shows its evidence here:")
    _evidence(selection, shown, targets)


def _type() -> str:
    chosen = st.segmented_control(
        "Type",
        [_ALL, *proposals.TYPES],
        format_func={_ALL: "All", **proposals.TYPES}.__getitem__,
        default=_ALL,
        required=True,
        key=state.TYPE,
        bind="query-params",
    )
    return chosen or _ALL


def _evidence(selection: Selection, shown: list[answers.Report], targets: list[answers.Report]) -> None:
    """Show the target that was clicked, at first the first one, in full, and lead to its station."""
    known = {str(target["id"]): target for target in shown}
    target = known.get(st.session_state.get(_TARGET, ""), shown[0])
    row = proposals.target_rows([target], targets)[0]
    rate = words.with_interval(answers.quantity(target, "call_rate"))
    with st.container(border=True):
        st.markdown(
            f"**{row['rank']}. {components.plain(row['station'])}: {components.plain(row['pattern'])}** "
            f"({row['type']}), {row['minutes']} station-minutes a week  \n"
            f"{components.plain(row['evidence'])} Call rate: {components.plain(rate)}.  \n"
            f"**Begin here:** {row['first_step']}"
        )
        if "detection-gaps" in selection.pages:
            st.page_link(
                selection.pages["detection-gaps"],
                label=f"{components.plain(row['station'])} in Detection gaps",
                icon=":material/arrow_forward:",
                query_params=proposals.place(target),
            )


def _clicked() -> None:
    if key := state.clicked(_CHART):
        st.session_state[_TARGET] = key["target"]


def _picked(table: str, shown: list[answers.Report]) -> None:
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        st.session_state[_TARGET] = str(shown[rows[0]]["id"])


_COLUMNS = {
    "rank": st.column_config.NumberColumn("Rank", width=50),
    "could_be": st.column_config.TextColumn(
        "Could be", width=60, help="The ranks that the intervals allow: within them no order is proven."
    ),
    "type": st.column_config.TextColumn("Type", width=55),
    "station": "Station",
    "pattern": "Pattern",
    "minutes": st.column_config.TextColumn(
        "Min a week", help="Station-minutes a week with their 95 % interval; not lost output."
    ),
    "evidence": st.column_config.TextColumn("Evidence", width=330),
    "call_rate": st.column_config.TextColumn(
        "Call rate",
        width=110,
        help="Share of its slow cycles that were called; a slower pace is not called at all.",
    ),
}
_SLOWER = {
    "line_id": "Line",
    "station_id": "Station",
    "since": "Since",
    "before": "Usual time before",
    "after": "Now",
    "minutes": "Station-minutes since",
    "remark": st.column_config.TextColumn("What it is", width="large"),
}
