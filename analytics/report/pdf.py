"""The report's page printed to PDF by a browser of the Chromium family, where the machine has one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from analytics.errors import WalkawayError

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
    "chrome",
)
VARIABLE = "WALKAWAY_BROWSER"
PATIENCE_S = 120
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pdf-header-footer",
)


def find_browser() -> str | None:
    """Return a browser that can print: ``$WALKAWAY_BROWSER``, else one on the path or in its usual place."""
    if given := os.environ.get(VARIABLE):
        return shutil.which(given)
    on_path = (found for name in BROWSERS if (found := shutil.which(name)))
    elsewhere = (path for path in _ELSEWHERE if Path(path).is_file())
    return next(on_path, None) or next(elsewhere, None)


def render_pdf(page: str) -> bytes:
    """Print an HTML page to PDF.

    Args:
        page: the page; it must not need anything from outside.

    Raises:
        WalkawayError: no browser was found, or it failed.
    """
    browser = find_browser()
    if browser is None:
        raise WalkawayError(
            "A PDF is printed by Chromium, Chrome or Edge, and none was found here.",
            hint=f"Install one, name it in ${VARIABLE}, or write --format html and print that page.",
        )
    with tempfile.TemporaryDirectory(prefix="walkaway-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            *_QUIET,
            *_without_sandbox(),
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WalkawayError(
                f"{browser} could not print the report: {error}.",
                hint="Write --format html and print that page.",
            ) from error
        if not target.is_file():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise WalkawayError(
                f"{browser} printed nothing (exit code {done.returncode}){': ' + said[-1] if said else ''}.",
                hint="Write --format html and print that page.",
            )
        return target.read_bytes()


def _without_sandbox() -> tuple[str, ...]:
    """Chromium refuses its sandbox to a container's superuser; the page is our own and runs no script."""
    is_superuser = sys.platform != "win32" and os.geteuid() == 0
    return ("--no-sandbox",) if is_superuser else ()
