"""Does a big upload stay out of the server's memory? ``python -m tests.benchmarks.upload --mb 1024``.

Serves the pages of an empty workspace, uploads an export of that size in a browser, loads it, and prints the
server's peak memory before and after. Reads ``/proc``: Linux only.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from analytics.config import Workspace
from analytics.serve import free_port, serve
from tests.benchmarks.big_export import write_export
from tests.chromium import LAUNCH_ARGUMENTS, chromium

LONGEST_MS = 1_800_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What an upload cost the server.

    Attributes:
        idle_mb: its peak memory before.
        received_mb: its peak memory once the file was there and recognised.
        loaded_mb: its peak memory once the file was loaded.
        received_s: seconds until the file was recognised.
        loaded_s: seconds from then on until it was loaded.
    """

    idle_mb: float
    received_mb: float
    loaded_mb: float
    received_s: float
    loaded_s: float


def upload(page: Page, path: Path, folder: Path) -> Upload:
    """Upload a file on the Upload page and load it."""
    with serve(Workspace(folder / "plant"), port=free_port(8700)) as dashboard:
        server = dashboard.process.pid
        page.goto(f"{dashboard.url}/upload")
        chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
        chooser.wait_for(state="attached", timeout=LONGEST_MS)
        idle, began = peak_mb(server), time.monotonic()
        chooser.set_input_files(path)
        load = page.get_by_role("button", name="Load", exact=True)
        expect(load).to_be_enabled(timeout=LONGEST_MS)
        received, recognised = peak_mb(server), time.monotonic()
        load.click()
        expect(page.get_by_text("What became of every record")).to_be_visible(timeout=LONGEST_MS)
        return Upload(
            idle_mb=idle,
            received_mb=received,
            loaded_mb=peak_mb(server),
            received_s=recognised - began,
            loaded_s=time.monotonic() - recognised,
        )


def peak_mb(process: int) -> float:
    """Return the most memory that a process ever held (10⁶ bytes)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.upload", description=__doc__)
    parser.add_argument("--mb", type=float, default=1024, help="size of the export, in MB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        path = Path(name) / "cycles.csv"
        write_export(path, given.mb)
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(LAUNCH_ARGUMENTS))
        found = upload(browser.new_page(), path, Path(name))
        browser.close()
    print(f"server's peak memory: idle {found.idle_mb:.0f} MB, file received and recognised "
          f"{found.received_mb:.0f} MB ({found.received_s:.0f} s), file loaded {found.loaded_mb:.0f} MB "
          f"({found.loaded_s:.0f} s)")  # fmt: skip


if __name__ == "__main__":
    main()
