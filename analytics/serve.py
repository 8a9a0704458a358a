"""Starts the pages: a Streamlit server in a process of its own, and the browser that shows it.

The analysis never imports Streamlit; it only knows that ``dashboard/asgi.py`` is what to serve. The workspace
travels in ``$WALKAWAY_WORKSPACE``.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics.config import WORKSPACE_VARIABLE, Workspace
from analytics.errors import WalkawayError

DEFAULT_PORT = 8501
DEFAULT_HOST = "127.0.0.1"
_TRIES = 20
_START_S = 60.0


class DashboardError(WalkawayError):
    """The pages could not be served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Pages that are being served.

    Attributes:
        url: where they answer.
        process: the server.
    """

    url: str
    process: subprocess.Popen[bytes]


def free_port(wanted: int, host: str = DEFAULT_HOST) -> int:
    """Return the first free port from the one wanted upwards.

    Raises:
        DashboardError: none of the next twenty is free, or the host is not this machine's.
    """
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        try:
            with socket.create_server((host, port)):
                return port
        except (OSError, OverflowError) as error:
            if isinstance(error, socket.gaierror) or getattr(error, "errno", 0) == errno.EADDRNOTAVAIL:
                raise DashboardError(
                    f"This machine has no address {host}.", hint="Leave --host out, or give 127.0.0.1."
                ) from error
    raise DashboardError(
        f"No free port from {wanted} to {wanted + _TRIES - 1}.", hint="Give another one with --port."
    )


@contextlib.contextmanager
def serve(workspace: Workspace, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Iterator[Dashboard]:
    """Serve the pages of a workspace until the block is left.

    Args:
        workspace: whose runs and journal the pages read.
        host: the address to listen on; anything but loopback lets other machines in.
        port: the port, which must be free.

    Raises:
        DashboardError: the server ended or did not answer within a minute.
    """
    command = [sys.executable, "-m", "streamlit", "run", str(_entry()), *_settings(host, port)]
    environment = {**os.environ, WORKSPACE_VARIABLE: str(workspace.root)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # noqa: S603
    try:
        dashboard = Dashboard(url=f"http://{_reachable(host)}:{port}", process=process)
        _wait_until_it_answers(dashboard)
        yield dashboard
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_browser(url: str) -> bool:
    """Show a page in the user's browser; return False where there is no screen to show it on."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    ):
        return False
    return webbrowser.open(url)


def _entry() -> Path:
    found = importlib.util.find_spec("dashboard")
    folders = found.submodule_search_locations if found else None
    entry = Path(next(iter(folders), "")) / "asgi.py" if folders else Path()
    if not entry.is_file():
        raise DashboardError(
            "The pages are not part of this installation.", hint="Install Walkaway again, with its dashboard."
        )
    return entry


def _settings(host: str, port: int) -> list[str]:
    return [
        f"--server.address={host}",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
        "--logger.level=error",
    ]


def _reachable(host: str) -> str:
    """Return the name under which this machine reaches a server that listens on ``host``."""
    loopback = {"0.0.0.0": DEFAULT_HOST, "::": "[::1]"}  # noqa: S104 (a key, not an address to bind)
    return loopback.get(host, f"[{host}]" if ":" in host else host)


def _wait_until_it_answers(dashboard: Dashboard) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        code = dashboard.process.poll()
        if code is not None:
            raise DashboardError(
                f"The page server ended at once (exit code {code}).", hint="Its reason stands above."
            )
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{dashboard.url}/_stcore/health", timeout=2) as reply,  # noqa: S310
        ):
            if reply.status == 200:
                return
        time.sleep(0.1)
    raise DashboardError(
        f"The page server did not answer within {_START_S:.0f} s.", hint="Try again, or see walkaway doctor."
    )
