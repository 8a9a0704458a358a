"""Upload: file → what it is recognised as → what has to be answered → load → analyze."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from analytics.charts import words
from analytics.config import Workspace
from analytics.errors import WalkawayError
from analytics.ingest import IngestOptions
from analytics.staleness import is_stale
from dashboard import cache, changed, components, jobs, loads, mapping_form, state, uploads
from dashboard.state import Selection

_OUTCOMES = "upload_outcomes"
_ROUND = "upload_round"
_ANALYZING = "upload_analyzing"
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
_TYPES = [
    "csv",
    "tsv",
    "txt",
    "psv",
    "xlsx",
    "parquet",
    "json",
    "jsonl",
    "ndjson",
    "gz",
    "xes",
    "xml",
    "jsonocel",
]


def render(place: Workspace, selection: Selection | None, answer: Page) -> None:
    """Draw the page.

    Args:
        place: the workspace to load into.
        selection: the run that is shown elsewhere, None where there is none yet.
        answer: where a visitor goes once a run is published.
    """
    uploads.sweep()
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
        help="CSV, Excel, Parquet, JSON lines, MTConnect logs, event logs (XES, OCEL)",
    )
    st.caption("A file lies on this machine's disk until it is loaded or taken off this page.")
    if given:
        timezone = mapping_form.zone(place)
        ready = [(upload, _file(place, upload, timezone)) for upload in given]
        good = [(upload, options) for upload, options in ready if options is not None]
        left = [upload.name for upload, options in ready if options is None]
        many = f"Load {len(good)} of {len(ready)} files" if good and left else "Load"
        if st.button(many, type="primary", disabled=not good, icon=":material/database_upload:"):
            _load(place, good, left, given)
        if left:
            told = ", ".join(components.plain(name) for name in left)
            st.caption(f"Left out until it can be read or is answered above: {told}.")
    _outcomes()
    _analyze(place, selection, answer)
    loads.render(place)
    _quarantine(place)


def _file(place: Workspace, upload: uploads.Upload, timezone: str | None) -> IngestOptions | None:
    """Show what a file is recognised as; return how to read it, None while something is open."""
    with st.container(border=True):
        try:
            with uploads.on_disk(upload) as path:
                st.markdown(f"**{components.plain(path.name)}** · {words.size(path.stat().st_size)}")
                return mapping_form.ask(place, path, timezone)
        except uploads.UploadGoneError as error:
            st.error(components.plain(f"{error.message} {error.hint}"), icon=":material/error:")
            return None


def _load(
    place: Workspace,
    files: list[tuple[uploads.Upload, IngestOptions]],
    left: list[str],
    everything: Sequence[uploads.Upload],
) -> None:
    """Load the files one by one: what cannot be loaded is told beside what was, and stops nothing."""
    outcomes: list[dict[str, Any]] = []
    with st.status("Loading", expanded=True) as status:
        bar = st.progress(0.0)
        for upload, options in files:
            try:
                with uploads.on_disk(upload) as path:
                    outcomes += jobs.load(
                        place,
                        path,
                        options,
                        lambda stage, share: bar.progress(share, components.plain(stage)),
                    )
            except WalkawayError as error:
                name = uploads.safe_name(upload.name)
                outcomes.append({"file": name, "error": f"{error.message} {error.hint}".strip()})
        status.update(label="Loaded", state="complete", expanded=False)
    outcomes += [
        {"file": uploads.safe_name(name), "error": "It was left out: it could not be read as it was."}
        for name in left
    ]
    st.session_state[_OUTCOMES] = outcomes
    # A new uploader: what was loaded leaves the page, and the disk.
    for upload in everything:
        uploads.forget(upload.file_id)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _outcomes() -> None:
    outcomes = st.session_state.get(_OUTCOMES)
    if outcomes:
        st.subheader("What became of every record", anchor=False)
        for outcome in outcomes:
            components.outcome(outcome)
            changed.render(outcome)


def _analyze(place: Workspace, selection: Selection | None, answer: Page) -> None:
    if not place.warehouse.exists():
        return
    st.subheader("Analyze", anchor=False)
    stale = is_stale(place, next(iter(cache.list_runs(place)), None))
    changed = "Something was loaded or undone since the newest run. " if selection and stale else ""
    st.caption(f"{changed}Publishes a new run of everything that is loaded; earlier runs stay as they are.")
    first = stale or st.session_state.get(_OUTCOMES)
    asked = st.button("Analyze", type="primary" if first else "secondary", icon=":material/play_arrow:")
    if asked or (st.session_state.pop(_ANALYZING, False) and jobs.analyzing(place)):
        # Whoever leaves the page and comes back while the analysis goes on follows it again.
        st.session_state[_ANALYZING] = True
        with st.status("Analyzing", expanded=True) as status:
            bar = st.progress(0.0)
            run_id = jobs.analyze(place, lambda stage, share: bar.progress(share, components.plain(stage)))
            status.update(label=f"Published run {run_id}", state="complete", expanded=False)
        st.session_state.pop(_ANALYZING)
        st.session_state.pop(_OUTCOMES, None)
        state.show_run(run_id)
        # Filters stay where they are, in their widgets; only what no widget holds leaves the URL.
        st.switch_page(answer, query_params={})


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
