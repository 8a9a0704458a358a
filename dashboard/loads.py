"""What was loaded into the workspace, and a way to take a load out again; what a watched folder set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from analytics.charts import words
from analytics.config import Workspace
from analytics.journal import Arrival, Batch, Journal
from dashboard import components, jobs

_ASKED = "loads_asked"
_UNDONE = "loads_undone"
_CHOSEN = "loads_chosen"
_COUNTS = ("read", "loaded", "duplicate", "quarantined")
_COLUMNS = {
    "at": "Loaded at (UTC)",
    "way": "By",
    "file": "File",
    "table": "Table",
    **{name: name.capitalize() for name in _COUNTS},
    "state": "State",
    "id": "Load",
}


def render(place: Workspace) -> None:
    """Draw the loads, the newest first, and the question before one is undone."""
    if not place.journal.exists():
        return
    with Journal(place) as journal:
        loads, arrivals = journal.batches(None), journal.arrivals()
    if loads:
        st.subheader(f"Loads ({words.number(len(loads))})", anchor=False)
        components.table(
            pl.DataFrame([_row(load) for load in reversed(loads)], infer_schema_length=None),
            _COLUMNS,
            nothing="",
            alt="What was loaded, the newest first",
        )
        _undo(place, [load for load in reversed(loads) if load.status == "done"])
    _set_aside([one for one in arrivals if one.state == "refused"])


def _undo(place: Workspace, standing: list[Batch]) -> None:
    """Ask which load goes, ask again with what that does, and then do it."""
    told = st.session_state.pop(_UNDONE, None)
    if told is not None:
        st.success(told, icon=":material/undo:")
    if not standing:
        return
    names = {load.batch_id: _name(load) for load in standing}
    chosen = st.selectbox(
        "Take a load out again",
        list(names),
        index=None,
        format_func=lambda batch_id: names.get(batch_id, batch_id),
        key=_CHOSEN,
        placeholder="choose a load",
    )
    if st.button("Undo", disabled=chosen is None, icon=":material/undo:"):
        st.session_state[_ASKED] = chosen
    asked = st.session_state.get(_ASKED)
    load = next((load for load in standing if load.batch_id == asked), None)
    if load is None or asked != chosen:
        return
    st.warning(
        f"**{components.plain(_name(load))}**: its records leave the workspace, what it had replaced comes "
        "back, and its refused rows leave the quarantine. The file can be loaded again. Runs that were "
        "published stay as they are.",
        icon=":material/undo:",
    )
    with st.container(horizontal=True):
        if st.button("Undo this load", type="primary"):
            _take_out(place, load)
        if st.button("Leave it"):
            st.session_state.pop(_ASKED)
            st.rerun()


def _take_out(place: Workspace, load: Batch) -> None:
    with st.status("Undoing", expanded=True) as status:
        bar = st.progress(0.0)
        done = jobs.undo(
            place, load.batch_id, lambda stage, share: bar.progress(share, components.plain(stage))
        )
        status.update(label="Undone", state="complete", expanded=False)
    st.session_state.pop(_ASKED)
    st.session_state[_UNDONE] = _told(load, done)
    st.rerun()


def _told(load: Batch, done: dict[str, Any]) -> str:
    gone = f"{words.number(done['removed'])} records out of {load.table.replace('_', ' ')}"
    back = f", {words.number(done['restored'])} that it had replaced back in" if done["restored"] else ""
    told = f"{Path(load.file).name} undone: {gone}{back}."
    if done["sharing"]:
        files = ", ".join(Path(file).name for file in done["sharing"][:3])
        told += (
            f" Records that stand in it too had been passed over in {files}: load those again to have them."
        )
    return components.plain(told)


def _set_aside(refused: list[Arrival]) -> None:
    if not refused:
        return
    st.subheader(f"Set aside in a watched folder ({words.number(len(refused))})", anchor=False)
    st.caption("These files stay where they are; each is tried again once it changes.")
    rows = [
        {"file": one.path, "reason": one.reason, "at": f"{one.seen_at:%Y-%m-%d %H:%M}"}
        for one in reversed(refused)
    ]
    components.table(
        pl.DataFrame(rows),
        {
            "file": "File",
            "reason": st.column_config.TextColumn("Reason", width="large"),
            "at": "Seen at (UTC)",
        },
        nothing="",
        alt="Files that a watched folder set aside, with the reason",
    )


def _row(load: Batch) -> dict[str, Any]:
    return {
        "at": f"{load.created_at:%Y-%m-%d %H:%M}",
        "way": load.outcome.get("origin", {}).get("way", ""),
        "file": _file(load),
        "table": load.table.replace("_", " "),
        **{name: load.outcome.get(name, 0) for name in _COUNTS},
        "state": "" if load.status == "done" else load.status,
        "id": load.batch_id,
    }


def _name(load: Batch) -> str:
    number, table = words.number(load.outcome.get("loaded", 0)), load.table.replace("_", " ")
    return f"{_file(load)}, {load.created_at:%Y-%m-%d %H:%M}: {number} loaded into {table}"


def _file(load: Batch) -> str:
    return Path(load.file).name + (f" · {load.member}" if load.member else "")
