"""Where audits are given out and taken back: a draw from a run, a filled-in sheet into the journal."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from analytics.audits import records, windows
from analytics.audits.book import Book, read_book, tell_accuracy
from analytics.audits.filled import Sheet, read_sheet
from analytics.audits.hours import tomorrow, usual_hours
from analytics.audits.outcome import Audited, audit
from analytics.audits.population import Population, population
from analytics.audits.sheets import to_fill_in
from analytics.config import Workspace
from analytics.errors import NoRunError, UsageError
from analytics.estimate.strata import group
from analytics.journal import AuditMode, Draw, Journal
from analytics.results import Quantity, Unavailable, model_count, no_calls
from analytics.runs import (
    Filters,
    RunRef,
    find_run,
    read_all_cycles,
    read_cells,
    read_report,
    read_stations,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be drawn.

    Attributes:
        mode: past cycles or stations to watch.
        size: past cycles; None: as many as the half-width needs, else 200.
        half_width: promised half-width of the count, relative to it; None: not promised.
        hours: observer-hours; None: as many as the half-width (else ±15 %) needs.
        minutes: length of a window.
        observers: how many watch at a time.
        first_day: first day to watch; None: tomorrow.
        seed: of the draw.
    """

    mode: AuditMode = "records"
    size: int | None = None
    half_width: float | None = None
    hours: float | None = None
    minutes: int = windows.MINUTES
    observers: int = 1
    first_day: date | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A draw that is kept in the journal, and its sheet.

    Attributes:
        draw: as the journal keeps it.
        sheet: to be filled in.
        half_width: of the count, as it may be expected, relative to it.
        hours: observer-hours; None for a record review.
    """

    draw: Draw
    sheet: pl.DataFrame
    half_width: float
    hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What became of a sheet, and what it changes in the run that was drawn from.

    Attributes:
        sheet: its rows.
        run: the run that it was compared with; None where there is none left.
        audited: the audited estimate of that run; None where there is no run.
        model: the model's count of it.
    """

    sheet: Sheet
    run: RunRef | None
    audited: Audited | None
    model: Quantity | None


def give_out(workspace: Workspace, run_id: str | None, wish: Wish) -> Drawn:
    """Draw from a run, and keep the draw.

    Raises:
        UsageError: options that do not go together.
        NoRunError: there is no such run.
        WalkawayError: there is nothing to draw, or the promise cannot be kept.
    """
    _check(wish)
    run = find_run(workspace, run_id)
    report, found = read_report(run), population(read_all_cycles(run))
    share = found.share(withheld=isinstance(model_count(report), Unavailable))
    rng = np.random.default_rng([wish.seed, found.cycles.height])
    timezone = report["period"]["timezone"]
    if wish.mode == "records":
        items, promise, hours = _records(found, wish, share, rng)
    else:
        items, promise, hours = _windows(found, wish, share, timezone, rng)
    draw = Draw(
        draw_id=f"A-{secrets.token_hex(3)}",
        created_at=datetime.now(tz=UTC),
        mode=wish.mode,
        run_id=run.id,
        details={
            "seed": wish.seed,
            "period": report["period"],
            "data_fingerprint": report["run"]["data_fingerprint"],
            "half_width": promise,
            "hours": hours,
            "sites": found.cycles["site_id"].n_unique(),
        },
        items=items,
    )
    with Journal(workspace) as journal:
        journal.add_draw(draw)
    return Drawn(draw=draw, sheet=to_fill_in(draw, timezone), half_width=promise, hours=hours)


def take_back(
    workspace: Workspace,
    path: Path,
    *,
    run_id: str | None = None,
    sensitivity: float | None = None,
    specificity: float | None = None,
) -> Loaded:
    """Load a filled-in sheet, and say what it changes.

    Args:
        workspace: where the draw was made.
        path: the sheet.
        run_id: the run to compare with; None is the newest.
        sensitivity: how often an observer says yes to a slow cycle, where that is known.
        specificity: how often an observer says no to an ordinary one.

    Raises:
        SourceError: the file is no sheet of an audit.
        UsageError: an accuracy that no observer can have.
    """
    with Journal(workspace) as journal:
        sheet = read_sheet(
            path,
            journal.draws(),
            timezone=journal.get("timezone") or "UTC",
            salt=journal.salt(),
            now=datetime.now(tz=UTC),
        )
        tell_accuracy(journal, sensitivity, specificity)
        journal.save_observations(list(sheet.observations))
        book = read_book(journal)
    try:
        run = find_run(workspace, run_id)
    except NoRunError:
        if run_id is not None:
            raise
        return Loaded(sheet=sheet, run=None, audited=None, model=None)
    report = read_report(run)
    return Loaded(sheet=sheet, run=run, audited=_effect(run, report, book), model=model_count(report))


def _effect(run: RunRef, report: dict[str, Any], book: Book) -> Audited:
    """Work out what the audits make of a run that is published already."""
    refused = model_count(report)
    withheld = refused if isinstance(refused, Unavailable) else None
    stations = read_stations(run)
    total = group(
        read_cells(run, Filters()),
        stations,
        [],
        plant_error=report["run"]["parameters"]["shared_error"],
        withheld=withheld,
        no_calls=no_calls(report),
    )[0]
    return audit(read_all_cycles(run), stations, total, book, withheld=withheld)


def _check(wish: Wish) -> None:
    width = wish.half_width
    if width is not None and not 0.0 < width < 1.0:
        raise UsageError(
            f"A half-width of {width:g} cannot be promised.",
            hint="Give it as a share of the count between 0 and 1: --half-width 0.15.",
        )
    alone = {
        "records": (("--hours", wish.hours), ("--start", wish.first_day)),
        "windows": (("--size", wish.size),),
    }[wish.mode]
    for flag, value in alone:
        if value is not None:
            other = "windows" if wish.mode == "records" else "records"
            raise UsageError(f"{flag} goes with --mode {other}, not with --mode {wish.mode}.")
    windows.check_minutes(wish.minutes)
    if wish.size is not None and wish.size < records.SMALLEST:
        raise UsageError(
            f"A review of {wish.size} cycles says nothing.", hint=f"Draw at least {records.SMALLEST}."
        )


def _records(
    found: Population, wish: Wish, share: np.ndarray, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], float, None]:
    size = wish.size or records.SIZE
    if wish.size is None and wish.half_width is not None:
        size = records.size_for(found, wish.half_width, share)
    items = records.draw(found, size, share, rng)
    drawn = np.bincount([item["stratum"] for item in items], minlength=found.strata.size.size)
    return items, records.promised(found, drawn, share), None


def _windows(
    found: Population, wish: Wish, share: np.ndarray, timezone: str, rng: np.random.Generator
) -> tuple[list[dict[str, Any]], float, float]:
    hours = wish.hours or windows.hours_for(found, wish.half_width or windows.HALF_WIDTH, share)
    count = max(1, round(hours * 60 / wish.minutes))
    items = windows.draw(
        found.cycles,
        usual_hours(found.cycles, timezone),
        count=count,
        minutes=wish.minutes,
        observers=wish.observers,
        first_day=wish.first_day or tomorrow(timezone),
        timezone=timezone,
        rng=rng,
    )
    drawn_hours = len(items) * wish.minutes / 60
    return items, windows.half_width_after(found, drawn_hours, share), drawn_hours
