"""The options and arguments of the commands, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

_PANEL = "Reading the files"

# Every command
_WORKSPACE = "The plant's folder (default: $WALKAWAY_WORKSPACE, else ./walkaway)."
Workspace = Annotated[Path | None, typer.Option("--workspace", metavar="DIR", help=_WORKSPACE)]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, errors too.")]

# Runs and what is written of them
Run = Annotated[str | None, typer.Option("--run", metavar="ID", help="A run's id (default: the newest).")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of everything random.")]
From = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day, as 2026-01-31.")]
To = Annotated[str | None, typer.Option("--to", metavar="DATE", help="The day after the last one.")]
_SPLIT = "First day of the later of the two periods that are compared (default: halves the run)."
Split = Annotated[str | None, typer.Option("--split", metavar="DATE", help=_SPLIT)]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write it.")]
TableFile = Annotated[Path, typer.Option("--out", metavar="FILE", help="A .parquet, .csv or .xlsx file.")]
ReportFormat = Annotated[
    Literal["json", "html", "pdf", "xlsx"] | None,
    typer.Option("--format", metavar="json|html|pdf|xlsx", help="Without it, what --out ends in."),
]
What = Annotated[
    Literal["cycles", "targets", "quarantine", "episodes"],
    typer.Argument(metavar="cycles|targets|quarantine|episodes", help="Which table."),
]

Keep = Annotated[int, typer.Option("--keep", metavar="N", min=1, help="How many stay.")]

# Loads
BatchId = Annotated[str, typer.Argument(metavar="ID", help="Its id, or how the id begins or ends.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]

# Audits
Sheet = Annotated[Path, typer.Option("--out", metavar="FILE", help="The sheet: a .csv or .xlsx file.")]
FilledIn = Annotated[Path, typer.Argument(metavar="FILE", help="The sheet, filled in.")]
_MODE = "records: past cycles to review; windows: stations to watch in the coming days."
AuditMode = Annotated[
    Literal["records", "windows"], typer.Option("--mode", metavar="records|windows", help=_MODE)
]
Size = Annotated[
    int | None, typer.Option("--size", metavar="N", min=1, help="How many cycles (default: 200).")
]
_HALF_WIDTH = "Draw as many as this relative half-width of the count needs, such as 0.15."
HalfWidth = Annotated[float | None, typer.Option("--half-width", metavar="SHARE", help=_HALF_WIDTH)]
Hours = Annotated[
    float | None, typer.Option("--hours", metavar="H", min=0.25, help="Observer-hours, if not by half-width.")
]
Minutes = Annotated[int, typer.Option("--minutes", metavar="15|20|30|60", help="Length of a window.")]
Observers = Annotated[
    int, typer.Option("--observers", metavar="N", min=1, help="How many watch at a time, a station each.")
]
Start = Annotated[
    str | None, typer.Option("--start", metavar="DATE", help="First day to watch (default: tomorrow).")
]
Sensitivity = Annotated[
    float | None,
    typer.Option("--sensitivity", metavar="SHARE", help="Slow cycles that one observer says yes to."),
]
Specificity = Annotated[
    float | None,
    typer.Option("--specificity", metavar="SHARE", help="Ordinary cycles that one observer says no to."),
]

# The pages
Port = Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535, help="First port to try.")]
Host = Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Don't open a browser.")]

# Simulated plants
Folder = Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the exports.")]
Scenario = Annotated[str, typer.Option("--scenario", metavar="NAME", help="Kind of plant.")]
Cycles = Annotated[int | None, typer.Option("--cycles", metavar="N", min=1, help="About how many cycles.")]
ExportFormat = Annotated[Literal["csv", "parquet"], typer.Option("--format", metavar="csv|parquet")]

# Reading files
SomeFiles = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Exports: csv, xlsx, parquet, json …")]
Files = Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]", help="Exports to load first.")]
Table = Annotated[
    str | None,
    typer.Option("--as", metavar="TABLE", help="The table it is, if not told.", rich_help_panel=_PANEL),
]
Mapping = Annotated[
    str | None,
    typer.Option("--mapping", metavar="NAME|FILE", help="A preset or a file.", rich_help_panel=_PANEL),
]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="Such as Europe/Berlin.", rich_help_panel=_PANEL),
]
DayFirst = Annotated[
    bool | None,
    typer.Option("--dayfirst/--monthfirst", help="Order in dates like 03/04/2026.", rich_help_panel=_PANEL),
]
Decimal = Annotated[
    Literal[".", ","] | None,
    typer.Option("--decimal", metavar=".|,", help="The decimal sign.", rich_help_panel=_PANEL),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything except writing.", rich_help_panel=_PANEL)
]
_OVERLAP = "What to do with records that were loaded with other values."
OnOverlap = Annotated[
    Literal["replace", "keep"] | None,
    typer.Option("--on-overlap", metavar="replace|keep", help=_OVERLAP, rich_help_panel=_PANEL),
]
_REJECTS = "Exit with 3 where more rows are rejected."
MaxRejects = Annotated[
    int | None,
    typer.Option("--max-rejects", metavar="N", min=0, help=_REJECTS, rich_help_panel=_PANEL),
]
