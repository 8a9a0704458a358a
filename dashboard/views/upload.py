"""Upload: file → what it is recognised as → what has to be answered → load → analyze."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from analytics.charts import words
from analytics.config import Workspace
from analytics.ingest import IngestOptions
from dashboard import cache, components, jobs, mapping_form, state, uploads
from dashboard.state import Selection

_OUTCOMES = "upload_outcomes"
_ROUND = "upload_round"
_MOST_SHOWN = 1000
_QUARANTINE = {
    "rule": "Rule",
    "column": "Column",
    "value": "Value",
    "file": "File",
    "member": "Sheet",
    "line": "Line",
    "table": "Table",
    "raw": st.column_config.TextColumn("Record", width="large"),
}
_TYPES = ["csv", "tsv", "txt", "psv", "xlsx", "parquet", "json", "jsonl", "ndjson", "gz"]


def render(place: Workspace, selection: Selection | None, answer: Page) -> None:
    """Draw the page.

    Args:
        place: the workspace to load into.
        selection: the run that is shown elsewhere, None where there is none yet.
        answer: where a visitor goes once a run is published.
    """
    uploads.sweep(place)
    st.title("Upload", anchor=False)
    st.markdown(
        "Load exports as they are: cycle times first, then andon calls; a calendar, standards and downtime "
        "logs make the answer better. Nothing leaves this machine."
    )
    given = st.file_uploader(
        "Exports",
        type=_TYPES,
        accept_multiple_files=True,
        key=f"upload_{st.session_state.get(_ROUND, 0)}",
        help="CSV, Excel, Parquet, JSON lines, MTConnect logs",
    )
    st.caption("Above about 100 MB the command line needs less memory and is quicker: `walkaway ingest FILE`")
    if given:
        timezone = mapping_form.zone(place)
        ready = [_file(place, uploads.keep(place, upload), timezone) for upload in given]
        blocked = any(options is None for _, options in ready)
        if st.button("Load", type="primary", disabled=blocked, icon=":material/database_upload:"):
            _load(place, [(path, options) for path, options in ready if options is not None])
        if blocked:
            st.caption("Answer what is open above, or remove that file.")
    _outcomes()
    _analyze(place, selection, answer)
    _quarantine(place)


def _file(place: Workspace, path: Path, timezone: str | None) -> tuple[Path, IngestOptions | None]:
    """Show what a file is recognised as; return how to read it, None while something is open."""
    with st.container(border=True):
        st.markdown(f"**{components.plain(path.name)}** · {words.size(path.stat().st_size)}")
        return path, mapping_form.ask(place, path, timezone)


def _load(place: Workspace, files: list[tuple[Path, IngestOptions]]) -> None:
    outcomes = []
    with st.status("Loading", expanded=True) as status:
        bar = st.progress(0.0)
        for path, options in files:
            outcomes += jobs.load(
                place, path, options, lambda stage, share: bar.progress(share, components.plain(stage))
            )
            uploads.drop(path)
        status.update(label="Loaded", state="complete", expanded=False)
    st.session_state[_OUTCOMES] = outcomes
    # A new uploader: what was loaded leaves the page.
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _outcomes() -> None:
    outcomes = st.session_state.get(_OUTCOMES)
    if outcomes:
        st.subheader("What became of every record", anchor=False)
        for outcome in outcomes:
            components.outcome(outcome)


def _analyze(place: Workspace, selection: Selection | None, answer: Page) -> None:
    if not place.warehouse.exists():
        return
    st.subheader("Analyze", anchor=False)
    st.caption("Publishes a new run of everything that is loaded; earlier runs stay as they are.")
    first = selection is None or st.session_state.get(_OUTCOMES)
    if st.button("Analyze", type="primary" if first else "secondary", icon=":material/play_arrow:"):
        with st.status("Analyzing", expanded=True) as status:
            bar = st.progress(0.0)
            run_id = jobs.analyze(place, lambda stage, share: bar.progress(share, components.plain(stage)))
            status.update(label=f"Published run {run_id}", state="complete", expanded=False)
        st.session_state.pop(_OUTCOMES, None)
        state.show_run(run_id)
        st.switch_page(answer)


def _quarantine(place: Workspace) -> None:
    rejected = cache.quarantine(place)
    if rejected.is_empty():
        return
    st.subheader(f"Quarantine ({words.number(rejected.height)})", anchor=False)
    st.caption(
        "Records that broke a rule: kept with the reason, not loaded. Mend the export and load it again, or "
        "take them along with `walkaway export quarantine`."
    )
    components.table(
        rejected.reverse().head(_MOST_SHOWN),
        _QUARANTINE,
        nothing="",
        alt="Quarantined records with the rule that each broke",
    )
