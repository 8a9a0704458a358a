"""Open the pages as a visitor would, without a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics.config import WORKSPACE_VARIABLE, Workspace

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
PAGES = ("gap-report", "detection-gaps", "pareto", "types", "method", "upload")
TIMEOUT_S = 60


def open_page(
    monkeypatch: pytest.MonkeyPatch, workspace: Workspace, name: str, **query: str | list[str]
) -> AppTest:
    """Open the page with this path in the URL, with these query parameters."""
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(workspace.root))
    at = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S)
    for key, value in query.items():
        at.query_params[key] = value
    at.run()
    return at if name == "gap-report" else switch(at, name)


def switch(at: AppTest, name: str) -> AppTest:
    """Go to another page; ``AppTest.switch_page`` knows only pages that are files."""
    path = "" if name == "gap-report" else name  # the first page answers at the root
    found = [key for key, page in at._registered_pages.items() if page["url_pathname"] == path]
    assert found, f"no page {name} among {[page['url_pathname'] for page in at._registered_pages.values()]}"
    at._page_hash = found[0]
    return at.run()


def text(at: AppTest) -> str:
    """Return everything that the page says in words."""
    kinds = (at.markdown, at.caption, at.title, at.subheader, at.info, at.warning, at.error)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def charts(at: AppTest) -> list[dict[str, Any]]:
    """Return the figures that the page draws, as Plotly's JSON."""
    return [json.loads(element.proto.spec or element.proto.figure.spec) for element in at.get("plotly_chart")]
