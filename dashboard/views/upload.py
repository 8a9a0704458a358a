"""Upload: placeholder until the reader lands."""

from __future__ import annotations

import streamlit as st

from analytics.config import Workspace
from dashboard.state import Selection


def render(place: Workspace, selection: Selection | None) -> None:
    """Draw the page."""
    st.title("Upload", anchor=False)
