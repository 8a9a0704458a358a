"""What every test may ask for: a workspace in an empty folder, a clock in UTC."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from analytics.config import WORKSPACE_VARIABLE, Workspace

os.environ["TZ"] = "UTC"
if hasattr(time, "tzset"):
    time.tzset()


@pytest.fixture(autouse=True)
def _no_workspace_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own workspace out of the tests."""
    monkeypatch.delenv(WORKSPACE_VARIABLE, raising=False)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    made = Workspace(root=tmp_path / "workspace")
    made.create()
    return made


@pytest.fixture
def port() -> int:
    """A port that the system says is free; tests that run beside each other get different ones."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat above the closing line which checks of ``python -m tests`` failed before the tests ran."""
    if failed := os.environ.get("WALKAWAY_FAILED_CHECKS"):
        terminalreporter.section("failed before the tests", red=True)
        terminalreporter.line(f"{failed} (see above)")
