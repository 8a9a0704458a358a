"""The pages and what surrounds each of them: navigation, the run, the filters, and how a failure is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import streamlit as st
from streamlit.navigation.page import Page

from analytics.config import workspace
from analytics.errors import WalkawayError
from dashboard import components, sidebar, theme
from dashboard.state import Selection
from dashboard.views import gap_report, gaps, method, pareto, types, upload

PAGES: dict[str, tuple[ModuleType, str, str]] = {
    "gap-report": (gap_report, "Gap report", ":material/summarize:"),
    "detection-gaps": (gaps, "Detection gaps", ":material/grid_on:"),
    "pareto": (pareto, "Pareto", ":material/bar_chart:"),
    "types": (types, "Types", ":material/category:"),
    "method": (method, "Method", ":material/science:"),
    "upload": (upload, "Upload", ":material/upload_file:"),
}
_ROOT = "start"
"""Tells the first page at the root from the same under its own name; no URL shows it."""


def main() -> None:
    """Draw the page that the URL names."""
    st.set_page_config(
        page_title="Walkaway", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide"
    )
    theme.apply()
    place = workspace()
    chosen: list[Selection | None] = []
    shown: list[Page] = []
    for number, (name, (view, title, icon)) in enumerate(PAGES.items()):
        draw = _drawn(view, title, chosen, shown)
        first = number == 0
        shown.append(st.Page(draw, title=title, icon=icon, url_path=_ROOT if first else name, default=first))
    # Streamlit serves the first page at the root only; under its own name it answers as well.
    again = _drawn(gap_report, shown[0].title, chosen, shown)
    named = st.Page(again, title=shown[0].title, url_path=next(iter(PAGES)), visibility="hidden")
    pages = st.navigation([*shown, named])
    try:
        selection = sidebar.choose(place)
        chosen.append(selection and replace(selection, pages=dict(zip(PAGES, shown, strict=True))))
    except WalkawayError as error:
        components.failure(error)
        st.stop()
    pages.run()


def _drawn(
    view: ModuleType, title: str, chosen: list[Selection | None], shown: list[Page]
) -> Callable[[], None]:
    """Wrap a view: the empty workspace and every foreseen error are told in one way."""

    def draw() -> None:
        selection = chosen[0]
        try:
            if view is upload:
                upload.render(workspace(), selection, answer=shown[0])
            elif selection is None:
                components.first_step(workspace(), title, upload=shown[-1])
            else:
                view.render(selection)
        except WalkawayError as error:
            components.failure(error)

    return draw


if __name__ == "__main__":
    main()
