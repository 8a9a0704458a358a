"""The pipeline: a warehouse in, an immutable run out.

Read it downwards: read the period, prepare every cycle, fit every station, score, sum up, say it. The
warehouse is open only while the period is read: an ingest need not wait for the estimate.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl

from analytics.audits.book import EMPTY, Book, read_book
from analytics.audits.outcome import audit
from analytics.audits.told import retold
from analytics.caveats import Context, caveats
from analytics.config import Workspace
from analytics.estimate.change import CHANGE_STREAM, change
from analytics.estimate.detection_curve import curves_of_run
from analytics.estimate.plant import no_calls_here
from analytics.estimate.shifts import UNSPECIFIED
from analytics.estimate.sources import seen_by_none
from analytics.estimate.strata import Group, group
from analytics.estimate.walk_away import WalkAway, walk_away
from analytics.findings import Facts, assemble
from analytics.ingest import settled_warehouse
from analytics.journal import Journal
from analytics.problems.episodes import continuation
from analytics.report.contract import check_report
from analytics.results import Unavailable
from analytics.runs import RunRef, publish
from analytics.steps import (
    Fitted,
    Period,
    Recurring,
    Scored,
    find_recurring,
    fit_period,
    prepare_period,
    read_period,
    rng_of,
    run_tables,
    score_period,
)

Progress = Callable[[str, float], None]
GROUPED_BY: dict[str, list[str]] = {
    "total": [],
    "station": ["line_id", "station_id"],
    "line": ["line_id"],
    "shift": ["shift"],
    "product": ["product_id"],
    "day": ["shift_day"],
}
OF_ONE_SITE = ("station", "line")
"""Groups that lie at one site, which is told where the plant has several: there names may come twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A finished estimate: the report contract and the run's tables by name."""

    report: dict[str, Any]
    tables: dict[str, pl.DataFrame]


def analyze(
    workspace: Workspace,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> RunRef:
    """Estimate the workspace's undetected demand and publish a run.

    Args:
        workspace: where the exports were loaded.
        from_day: first wall-clock day, inclusive; default: the first loaded.
        to_day: last wall-clock day, exclusive; default: behind the last loaded.
        seed: of every random draw.
        progress: called with the step's name and the share done.

    Raises:
        NoDataError: there are no cycles in the period.
    """
    with (
        settled_warehouse(workspace, waiting=lambda who: _tell(progress, who, 0.0)) as con,
        Journal(workspace) as journal,
    ):
        # Without naive stamps no zone was ever asked for: every stamp carried its own, and days are UTC days.
        timezone = journal.get("timezone") or "UTC"
        sources = [batch.outcome for batch in journal.batches()]
        book = read_book(journal)
        _tell(progress, "reading cycles", 0.02)
        period = read_period(con, timezone=timezone, from_day=from_day, to_day=to_day)
    findings = study_period(period, seed=seed, sources=sources, book=book, progress=progress)
    del period
    _tell(progress, "publishing the run", 0.95)
    check_report(findings.report)
    run = publish(workspace, findings.report, findings.tables)
    _tell(progress, "done", 1.0)
    return run


def study_tables(
    con: duckdb.DuckDBPyConnection,
    *,
    timezone: str = UNSPECIFIED,
    from_day: date | None = None,
    to_day: date | None = None,
    seed: int = 0,
    sources: list[dict[str, Any]] | None = None,
    book: Book = EMPTY,
) -> Findings:
    """Estimate from an open warehouse, in memory or on disk; nothing is written.

    The arguments are those of :func:`read_period` and :func:`study_period`.

    Raises:
        NoDataError: there are no cycles in the period.
    """
    period = read_period(con, timezone=timezone, from_day=from_day, to_day=to_day)
    return study_period(period, seed=seed, sources=sources, book=book)


def study_period(
    period: Period,
    *,
    seed: int = 0,
    sources: list[dict[str, Any]] | None = None,
    book: Book = EMPTY,
    progress: Progress | None = None,
) -> Findings:
    """Estimate from what was read; nothing is read or written.

    Args:
        period: what was read.
        seed: of every random draw.
        sources: counts of the loads, for the report.
        book: what people looked at and saw.
        progress: called with the step's name and the share done.
    """
    _tell(progress, "net time, baseline, blocking, calls", 0.15)
    prepared, shifts = prepare_period(period, seed)
    _tell(progress, "noise and delays of every station", 0.40)
    fitted = fit_period(prepared, shifts, seed)
    _tell(progress, "every cycle's chance", 0.60)
    scored = score_period(fitted, book)
    _tell(progress, "patterns and chronic gaps", 0.75)
    recurring = find_recurring(period, scored, seed)
    _tell(progress, "summing up", 0.88)
    facts = _facts(period, fitted, scored, recurring, seed=seed, sources=sources or [], book=book)
    return Findings(report=assemble(facts), tables=run_tables(fitted, scored, recurring))


def _groups(fitted: Fitted, scored: Scored, no_calls: Unavailable | None) -> dict[str, list[Group]]:
    """Add the smallest groups up to the report's; none has rates where there is no call to compare with."""
    site = ["site_id"] if scored.stations["site_id"].n_unique() > 1 else []
    return {
        name: group(
            scored.cells,
            scored.stations,
            [*(site if name in OF_ONE_SITE else []), *keys],
            plant_error=fitted.errors.shared,
            withheld=fitted.refusal,
            no_calls=no_calls,
        )
        for name, keys in GROUPED_BY.items()
    }


def _facts(
    period: Period,
    fitted: Fitted,
    scored: Scored,
    recurring: Recurring,
    *,
    seed: int,
    sources: list[dict[str, Any]],
    book: Book,
) -> Facts:
    """Sum up: everything that the report is made of."""
    refusal, shared = fitted.refusal, fitted.errors.shared
    no_calls = no_calls_here(period.plant.calls)
    groups = _groups(fitted, scored, no_calls)
    audited = audit(scored.cycles, scored.stations, groups["total"][0], book, withheld=refusal)
    groups["total"] = [audited.total]
    helped = _walk_away(fitted, scored, groups["total"][0], seed)
    unanswerable = refusal or no_calls
    return Facts(
        run_id=_run_id(),
        created_at=datetime.now(tz=UTC),
        fingerprint=period.fingerprint,
        timezone=period.timezone,
        from_day=period.from_day,
        to_day=period.to_day,
        seed=seed,
        prepared=fitted.prepared,
        errors=fitted.errors,
        common=scored.common,
        groups=groups,
        cycles=scored.cycles,
        calls=scored.calls,
        withheld=refusal,
        unseen=seen_by_none(
            fitted.prepared,
            fitted.fit,
            scored.scores,
            fitted.errors,
            scored.recorded,
            fitted.shifts,
            withheld=refusal,
            rng=rng_of(seed, 6),
        ),
        links=continuation(scored.cycles, scored.scores.delayed),
        curves=unanswerable or curves_of_run(scored.cycles, shared_error=shared, rng=rng_of(seed, 7)),
        change=unanswerable
        or change(
            scored.cells,
            scored.stations,
            None,
            common_floor_s=scored.common.seconds,
            shared_error=shared,
            rng=rng_of(seed, CHANGE_STREAM),
        ),
        chronic=recurring.chronic,
        made=scored.made,
        slowed=recurring.slowed,
        patterns=recurring.patterns,
        targets=recurring.targets,
        walk_away=helped,
        sources=sources,
        caveats=retold(
            [
                *scored.made.caveats,
                *caveats(_context(period, fitted, scored, sources)),
                *recurring.chronic.caveats,
                *(helped.caveats if isinstance(helped, WalkAway) else ()),
            ],
            audited.section,
            refusal,
            book,
        ),
        audit=audited.section,
    )


def _walk_away(fitted: Fitted, scored: Scored, total: Group, seed: int) -> WalkAway | Unavailable:
    """Ask what of the whole plant's undetected would have been called had help not been busy."""
    return walk_away(
        fitted.prepared,
        scored.scores,
        scored.cycles["common_probability"].fill_null(float("nan")).to_numpy(),  # but those watched
        fitted.shifts,
        total.undetected_count,
        plant_error=fitted.errors.shared,
        withheld=fitted.refusal,
        rng=rng_of(seed, 4),
    )


def _context(period: Period, fitted: Fitted, scored: Scored, sources: list[dict[str, Any]]) -> Context:
    return Context(
        prepared=fitted.prepared,
        errors=fitted.errors,
        shifts=fitted.shifts,
        gaps=scored.gaps,
        timezone=period.timezone,
        sources=sources,
        withheld=fitted.refusal,
        cycles=scored.cycles,
        calls=scored.calls,
    )


def _run_id() -> str:
    return f"{datetime.now(tz=UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _tell(progress: Progress | None, step: str, share: float) -> None:
    if progress is not None:
        progress(step, share)
