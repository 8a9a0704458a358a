"""What the tests of the pages leave behind is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.testing.v1 import app_test


@pytest.fixture(autouse=True)
def _on_loopback() -> Iterator[None]:
    """Serve as the pages' own settings do; AppTest reads none of them."""
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


@pytest.fixture(scope="session", autouse=True)
def _no_scripts_left() -> Iterator[None]:
    """Remove the folder in which AppTest would keep scripts; left to the interpreter's end it warns."""
    yield
    app_test.TMP_DIR.cleanup()
