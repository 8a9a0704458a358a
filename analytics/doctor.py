"""Is this installation and this workspace in order? What is missing, what does that cost, who is in the data?

Every finding is one line with a state: ok, missing (works, but an answer is weaker), broken (must be mended).
Reads only; a workspace that another process writes is told as busy, not as broken.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

from analytics.config import Workspace, resources, version
from analytics.errors import WalkawayError
from analytics.queries import names
from analytics.report.pdf import find_browser

State = Literal["ok", "missing", "broken"]

_MARKS = {"ok": "ok      ", "missing": "missing ", "broken": "BROKEN  "}
_LEAST_FREE_GB = 1.0

_COST_OF_MISSING = {
    "andon_calls": "every slow cycle counts as run without a call",
    "calendar": "breaks are guessed from quiet times; counts and minutes come out a few percent low",
    "detections": "what another system recorded, and what no source holds, cannot be told",
    "standards": "no gap from standard: a station is compared with its own usual time only, before and after",
    "stations": "the order of stations is found from serials or timing, and waiting is told less surely",
    "teams": "response cannot be set against team leaders",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at.

    Attributes:
        topic: "installation", "workspace", "personal data" or "what is missing".
        state: whether it is in order.
        message: what was found, and what to do or what it costs.
    """

    topic: str
    state: State
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Everything that was looked at."""

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Tell whether nothing is broken."""
        return all(finding.state != "broken" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the findings as ``doctor --json`` prints them."""
        return {
            "healthy": self.healthy,
            "version": version(),
            "findings": [
                {"topic": finding.topic, "state": finding.state, "message": finding.message}
                for finding in self.findings
            ],
        }

    def lines(self) -> list[str]:
        """Return the findings as a person reads them, topic by topic."""
        lines: list[str] = []
        topic = ""
        for finding in self.findings:
            if finding.topic != topic:
                topic = finding.topic
                lines += ["", topic.capitalize()] if lines else [topic.capitalize()]
            lines.append(f"  {_MARKS[finding.state]}{finding.message}")
        return [*lines, "", "Nothing is broken." if self.healthy else "Something is broken: see above."]


def examine(workspace: Workspace) -> Diagnosis:
    """Look at the installation and at a workspace."""
    return Diagnosis(findings=(*_installation(), *_workspace(workspace)))


def _installation() -> list[Finding]:
    def found(state: State, message: str) -> Finding:
        return Finding(topic="installation", state=state, message=message)

    findings = [
        found("ok", f"Walkaway {version()}, Python {platform.python_version()}, {platform.platform()}"),
        *(found(state, message) for state, message in _packages()),
    ]
    findings += [
        found("broken", f"{what} are not there (looked in {resources()}): install Walkaway again")
        for what, present in _resources().items()
        if not present
    ]
    if find_browser() is None:
        findings.append(found("missing", "no Chromium: reports as PDF are not available (HTML is)"))
    return findings


def _resources() -> dict[str, bool]:
    data = resources() / "data"
    return {
        "statements": bool(names("warehouse")),
        "contracts": any((data / "contracts").glob("*.json")),
        "profiles": any((data / "profiles").glob("*.json")),
    }


def _packages() -> list[tuple[State, str]]:
    """Hold the installed packages to what the distribution's own metadata asks for."""
    try:
        wanted = metadata.requires("walkaway") or []
    except metadata.PackageNotFoundError:
        return [("missing", "runs from a folder without being installed: versions are not checked")]
    told: list[str] = []
    broken: list[tuple[State, str]] = []
    for requirement in wanted:
        match = re.fullmatch(r"([\w.-]+)>=([\d.]+)", requirement)
        if match is None:
            continue  # an extra, not needed to run
        name, oldest = match.groups()
        try:
            present = metadata.version(name)
        except metadata.PackageNotFoundError:
            broken.append(("broken", f"{name} is not installed ({oldest} or newer is needed)"))
            continue
        told.append(f"{name} {present}")
        if _release(present) < _release(oldest):
            broken.append(("broken", f"{name} {present} is too old: {oldest} or newer is needed"))
    return [("ok", ", ".join(told)), *broken]


def _workspace(workspace: Workspace) -> list[Finding]:
    def found(state: State, message: str) -> Finding:
        return Finding(topic="workspace", state=state, message=message)

    if not workspace.root.is_dir():
        return [found("ok", f"{workspace.root} does not exist yet; the first ingest makes it")]
    findings = [found("ok", f"{workspace.root}")]
    if not os.access(workspace.root, os.W_OK):
        findings.append(found("broken", "the folder is read-only: nothing can be loaded or analyzed in it"))
    free_gb = shutil.disk_usage(workspace.root).free / 1e9
    state: State = "ok" if free_gb >= _LEAST_FREE_GB else "missing"
    findings.append(found(state, f"{free_gb:.1f} GB free"))
    try:
        findings += _journal(workspace) + _runs(workspace)
    except WalkawayError as error:
        findings.append(found("broken", str(error)))
    return findings + _warehouse(workspace)


def _journal(workspace: Workspace) -> list[Finding]:
    from analytics.journal import Journal

    if not workspace.journal.exists():
        return [Finding(topic="workspace", state="missing", message="no journal yet: nothing was loaded")]
    with Journal(workspace) as journal:
        loads, zone = journal.batches(), journal.get("timezone")
    message = f"{_number_of(len(loads), 'load')} in the journal"
    findings = [Finding(topic="workspace", state="ok", message=message)]
    if zone in {None, "unspecified"}:
        message = "no time zone: times are kept as they stand in the exports (ingest --timezone sets it)"
        return [*findings, Finding(topic="workspace", state="missing", message=message)]
    return [*findings, Finding(topic="workspace", state="ok", message=f"time zone {zone}")]


def _runs(workspace: Workspace) -> list[Finding]:
    from analytics.runs import list_runs, read_report

    runs = list_runs(workspace)
    if not runs:
        return [Finding(topic="workspace", state="missing", message="no run yet: walkaway analyze")]
    message = f"{_number_of(len(runs), 'run')}, the newest {runs[0].id}"
    findings = [Finding(topic="workspace", state="ok", message=message)]
    demand = read_report(runs[0])["demand"]
    if "unavailable" in demand or "unavailable" in demand["undetected"]["count"]:
        message = (
            "the newest run withholds its number; people who look at cycles can bring it: walkaway audit draw"
        )
        findings.append(Finding(topic="workspace", state="missing", message=message))
    return findings


def _warehouse(workspace: Workspace) -> list[Finding]:
    from analytics.warehouse import fetch, open_warehouse

    if not workspace.warehouse.exists():
        return [Finding(topic="workspace", state="missing", message="no warehouse yet: nothing was loaded")]
    try:
        with open_warehouse(workspace, read_only=True, wait_s=1.0) as con:
            sizes = dict(fetch(con, "meta/table_sizes").iter_rows())
            personal = dict(fetch(con, "meta/personal_data").iter_rows())
    except WalkawayError as error:
        state: State = "missing" if "in use" in error.message else "broken"
        return [Finding(topic="workspace", state=state, message=str(error))]
    rows = ", ".join(f"{size:,} {name}" for name, size in sizes.items() if size)
    return [
        Finding(topic="workspace", state="ok", message=f"warehouse: {rows or 'empty'}"),
        *_personal(workspace, personal),
        *(
            Finding(topic="what is missing", state="missing", message=f"no {table}: {cost}")
            for table, cost in _COST_OF_MISSING.items()
            if not sizes[table]
        ),
    ]


def _personal(workspace: Workspace, personal: dict[str, int]) -> list[Finding]:
    findings = [
        Finding(topic="personal data", state="ok", message=f"{_number_of(size, 'value')} in {place}")
        for place, size in personal.items()
        if size
    ]
    rejected = len(list(workspace.quarantine.glob("*.parquet")))
    if rejected:
        files = _number_of(rejected, "file")
        message = f"rejected rows of {files} in {workspace.quarantine}, without operator columns"
        findings.append(Finding(topic="personal data", state="ok", message=message))
    return findings or [
        Finding(topic="personal data", state="ok", message="none: no operator, note or rejected row is kept")
    ]


def _number_of(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])
