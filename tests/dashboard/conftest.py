"""What the tests of the pages leave behind is removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import app_test


@pytest.fixture(scope="session", autouse=True)
def _no_scripts_left() -> Iterator[None]:
    """Remove the folder in which AppTest would keep scripts; left to the interpreter's end it warns."""
    yield
    app_test.TMP_DIR.cleanup()
