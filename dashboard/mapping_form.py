"""How one uploaded file is to be read: recognised by itself where it can be, asked where it cannot.

The answers live in the session under the file's own keys, so that the preview is always made with them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import streamlit as st

from analytics.charts import words
from analytics.config import Workspace
from analytics.contracts import TABLES, contract
from analytics.ingest import ColumnMatch, IngestOptions, Preview, preview
from analytics.ingest.shapes import NAMES
from analytics.journal import Journal
from dashboard import components

_ORDERS = {"dayfirst": "Day first (31/12)", "monthfirst": "Month first (12/31)"}
_OVERLAP = {"stop": "stop and say so", "replace": "replace them", "keep": "keep what is loaded"}
_ZONE = "upload_zone"
_HOLDS = (*TABLES, *NAMES)
_NOT_USED = "(not used)"
_ROWS = 8


def zone(place: Workspace) -> str | None:
    """Ask, once a workspace, for the zone of times that do not state one; None where it is known."""
    known = _known_zone(place)
    if known is not None:
        told = "wall clock as exported" if known == "unspecified" else known
        st.caption(f"Times without an offset are read as: {told} (fixed by the first load).")
        return None
    from zoneinfo import available_timezones

    return st.selectbox(
        "Time zone of times that do not state one",
        sorted(available_timezones()),
        index=None,
        key=_ZONE,
        placeholder="not told: wall clock as exported",
    )


def ask(place: Workspace, path: Path, timezone: str | None) -> IngestOptions | None:
    """Show what a file is recognised as; return how to read it, None while a question is open."""
    name = path.parent.name
    options = _answered(name, timezone)
    seen = preview(path, options, place)
    if seen.error and not seen.columns:
        st.error(components.plain(f"{seen.error} {seen.hint or ''}"), icon=":material/error:")
        return None
    _table(seen, name, overlapping=place.warehouse.exists())
    _people(seen)
    open_question = _questions(seen, name)
    if seen.table is not None:
        options = _columns(seen, name, options)
        if options.columns is not None:
            seen = preview(path, options, place)
    st.dataframe(seen.rows.head(_ROWS), hide_index=True, placeholder="–", alt=f"First rows of {path.name}")
    if seen.missing:
        st.warning(
            f"Not found: {', '.join(seen.missing)}. Choose another table, or say under Columns which column "
            "holds it.",
            icon=":material/rule:",
        )
    if seen.error:
        st.error(components.plain(f"{seen.error} {seen.hint or ''}"), icon=":material/error:")
    blocked = open_question or bool(seen.missing) or seen.error is not None or seen.table is None
    return None if blocked else options


def _known_zone(place: Workspace) -> str | None:
    if not place.journal.exists():
        return None
    with Journal(place) as journal:
        return journal.get("timezone")


def _answered(name: str, timezone: str | None) -> IngestOptions:
    """Return what the visitor has answered about this file so far."""
    order = st.session_state.get(f"order_{name}")
    overlap = st.session_state.get(f"overlap_{name}", "stop")
    table = st.session_state.get(f"table_{name}")
    return IngestOptions(
        table=table if table in _HOLDS else None,
        timezone=timezone,
        dayfirst=None if order is None else order == "dayfirst",
        on_overlap=None if overlap == "stop" else overlap,
    )


def _table(seen: Preview, name: str, *, overlapping: bool) -> None:
    left, right = st.columns([1, 1], gap="medium")
    with left:
        found = seen.shape or seen.table or next(iter(seen.candidates), None)
        st.selectbox(
            "Holds",
            _HOLDS,
            index=_HOLDS.index(found) if found in _HOLDS else None,
            key=f"table_{name}",
            format_func=lambda table: table.replace("_", " "),
            placeholder="not recognised: choose",
        )
    with right:
        if overlapping:
            st.radio(
                "Records that are loaded already with other values",
                list(_OVERLAP),
                format_func=_OVERLAP.__getitem__,
                key=f"overlap_{name}",
                horizontal=True,
            )
    told = f"{seen.format}, fits the preset {seen.profile}" if seen.profile else seen.format
    st.caption(f"Read as {components.plain(told)}")
    if seen.evidence:
        st.markdown("\n".join(f"- {components.plain(why)}" for why in seen.evidence))


def _people(seen: Preview) -> None:
    """Say plainly which columns name people, and that they are not loaded."""
    named = [column.source for column in seen.columns if column.note.startswith("names a person")]
    if named:
        told = ", ".join(f"'{components.plain(source)}'" for source in named)
        columns = "Operator column" if len(named) == 1 else "Operator columns"
        st.caption(f":material/person_off: {columns} {told} will be dropped: who worked is not kept.")


def _questions(seen: Preview, name: str) -> bool:
    """Ask what the data leave open; return whether something still is."""
    key = f"order_{name}"
    asked = next((question for question in seen.questions if question.code == "day_order"), None)
    if asked is None and st.session_state.get(key) is None:
        return bool(seen.questions)
    text = asked.text if asked is not None else "Dates are read:"
    st.radio(components.plain(text), list(_ORDERS), format_func=_ORDERS.__getitem__, key=key, index=None)
    return bool(seen.questions)


def _columns(seen: Preview, name: str, options: IngestOptions) -> IngestOptions:
    """Show which column was taken for what, and let it be changed."""
    used = sum(column.canonical is not None for column in seen.columns)
    with st.expander(f"Columns: {used} of {len(seen.columns)} used", icon=":material/view_column:"):
        canonical = [field.name for field in contract(str(seen.table)).fields]
        edited = st.data_editor(
            _column_table(seen.columns),
            key=f"columns_{name}_{seen.table}",
            hide_index=True,
            disabled=["In the file", "First values", "Why"],
            column_config={
                "Taken as": st.column_config.SelectboxColumn(options=[_NOT_USED, *canonical], required=True)
            },
        )
    chosen = {
        row["In the file"]: row["Taken as"]
        for row in pl.DataFrame(edited).iter_rows(named=True)
        if row["Taken as"] != _NOT_USED
    }
    found = {column.source: column.canonical for column in seen.columns if column.canonical is not None}
    return options if chosen == found else replace(options, columns=chosen)


def _column_table(columns: tuple[ColumnMatch, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "In the file": [column.source for column in columns],
            "Taken as": [column.canonical or _NOT_USED for column in columns],
            "First values": [", ".join(column.sample[:3]) for column in columns],
            "Why": [f"{column.note} ({words.share(column.confidence)})" for column in columns],
        },
        schema={"In the file": pl.String, "Taken as": pl.String, "First values": pl.String, "Why": pl.String},
    )
