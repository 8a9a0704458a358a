"""The browser that the browser tests use: found, or fetched where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "WALKAWAY_CHROMIUM"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)

LAUNCH_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine (``$WALKAWAY_CHROMIUM`` first), or None."""
    given = os.environ.get(VARIABLE)
    found = given or next(filter(None, map(shutil.which, _NAMES)), None)
    return found or next((place for place in _PLACES if Path(place).exists()), None) or _playwrights_own()


def chromium() -> str:
    """Return the path of a Chromium, for a browser test.

    Raises:
        RuntimeError: there is none; the browser tests fail, they are not skipped.
    """
    found = find_chromium()
    if found is None:
        raise RuntimeError(
            "No Chromium on this machine, and it could not be fetched. Install one (Debian: apt-get install "
            f"chromium) or set {VARIABLE} to its path."
        )
    return found


def ensure_chromium() -> None:
    """Get a Chromium where there is none: Debian's package as root, else Playwright's own download."""
    if find_chromium():
        return
    print("== no Chromium here; the browser tests need one", flush=True)
    if shutil.which("apt-get") and getattr(os, "geteuid", lambda: 1)() == 0:
        print("== installing Debian's package: apt-get install chromium", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (
            ["update"],
            ["install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"],
        ):
            subprocess.run(["apt-get", "-qq", *step], env=environment, stdout=subprocess.DEVNULL, check=False)
    if not find_chromium():
        print("== downloading Playwright's own: playwright install chromium", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    print(f"== Chromium: {find_chromium() or 'none; the browser tests will fail'}", flush=True)


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
