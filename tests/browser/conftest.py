"""A browser tab, in the Chromium that the machine has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.chromium import LAUNCH_ARGUMENTS, chromium


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(LAUNCH_ARGUMENTS))
        opened = browser.new_page(viewport={"width": 1280, "height": 1000})
        yield opened
        browser.close()
