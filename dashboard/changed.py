"""What a corrected export says otherwise than what is loaded, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from analytics.ingest.changes import in_lines
from dashboard import components

_COLUMNS = {
    "column": "Column",
    "records": "Records that differ",
    "line": "For example in line",
    "before": "Loaded",
    "after": "In this file",
}


def render(told: Mapping[str, Any]) -> None:
    """Draw the changes of a file's outcome, as ``ingest --json`` prints it; most have none."""
    for one in told.get("changes") or ():
        st.markdown(components.plain(in_lines([one])[0]))
        components.table(
            pl.DataFrame(one["columns"], infer_schema_length=None),
            _COLUMNS,
            nothing="",
            alt="Columns in which records differ from the loaded ones",
        )
