"""Is the page printed where there is a browser, and the way out named where there is none?"""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.errors import WalkawayError
from analytics.report import render_html, render_pdf
from analytics.report.pdf import VARIABLE, find_browser
from tests.report.example import example


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="needs Chromium, Chrome or Edge")
def test_the_page_prints() -> None:
    assert render_pdf(render_html(example())).startswith(b"%PDF-")


def test_without_a_browser_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/no/such/browser")
    with pytest.raises(WalkawayError, match="--format html") as caught:
        render_pdf("<p>")
    assert VARIABLE in str(caught.value)


def test_a_browser_that_fails_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho no display >&2\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(broken))
    with pytest.raises(WalkawayError, match=r"exit code 7\): no display"):
        render_pdf("<p>")
