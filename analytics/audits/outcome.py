"""The audited estimate in the place of the model's, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from analytics.audits.book import Book
from analytics.audits.evidence import Evidence, gather
from analytics.audits.population import Population, population
from analytics.audits.told import elsewhere, none_yet, overlap, rests_on
from analytics.audits.windows import while_watched
from analytics.estimate.audit import (
    SECOND_READING,
    Recalibrated,
    Spread,
    recalibrate,
)
from analytics.estimate.strata import COUNT_UNIT, MINUTES_UNIT, RATE_UNIT, Group
from analytics.estimate.sums import waiting
from analytics.results import Estimate, Quantity, Unavailable

FEWEST_REVIEWED = 30
METHOD = "audited: the model recalibrated on {n} cycles that people looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit says of a run.

    Attributes:
        section: the report's section ``audit``.
        total: the whole plant, with the audited count and minutes where there are any.
        replaced: the audited numbers stand in the place of the model's.
    """

    section: dict[str, Any]
    total: Group
    replaced: bool


def audit(
    cycles: pl.DataFrame,
    stations: pl.DataFrame,
    total: Group,
    book: Book,
    *,
    withheld: Unavailable | None = None,
) -> Audited:
    """Correct the whole plant's estimate by what people saw.

    Args:
        cycles: the run's table ``cycles``.
        stations: the run's table ``stations``.
        total: the model's estimate of the whole plant.
        book: the workspace's audits.
        withheld: why the model's estimate is withheld, if so.
    """
    if not book.observations:
        return Audited(section=none_yet(book).to_json(), total=total, replaced=False)
    found = population(cycles)
    evidence = gather(book, found)
    if not evidence.reviewed:
        return Audited(section=elsewhere(evidence).to_json(), total=total, replaced=False)
    corrected = recalibrate(
        found.strata,
        evidence.seen,
        evidence.accuracy,
        length=evidence.length,
        length_error=evidence.length_error,
        silent=evidence.silent,
    )
    count, minutes = _quantities(evidence, corrected, stations, total, withheld)
    section = _section(book, evidence, corrected, total, count, minutes)
    if isinstance(count, Unavailable):
        return Audited(section=section, total=total, replaced=False)
    share_n, share_s = _recorded(found, corrected)
    whole = replace(
        total,
        undetected_count=count,
        undetected_minutes=minutes,
        recorded_count=_part(count, share_n),
        recorded_minutes=_part(minutes, share_s),
        detection_rate=_rate(total, count),
    )
    return Audited(section=section, total=whole, replaced=True)


def unwatched(cycles: pl.DataFrame, book: Book) -> pl.DataFrame:
    """Return the cycles with those that were watched taken out of the comparison at the common floor.

    People call more while somebody stands beside them: calls made then say nothing of the call rate.
    """
    pairs = book.of("windows")
    if not pairs:
        return cycles
    beside = while_watched(cycles, pairs)
    return cycles.with_columns(
        common_probability=pl.when(beside).then(None).otherwise(pl.col("common_probability"))
    )


def _quantities(
    evidence: Evidence,
    corrected: Recalibrated,
    stations: pl.DataFrame,
    total: Group,
    withheld: Unavailable | None,
) -> tuple[Quantity, Quantity]:
    if evidence.reviewed < FEWEST_REVIEWED:
        few = Unavailable(
            reason=f"{evidence.reviewed} of this run's cycles were looked at",
            needed=f"at least {FEWEST_REVIEWED}, {FEWEST_REVIEWED - evidence.reviewed} more",
        )
        return few, few
    method = METHOD.format(n=f"{evidence.reviewed:,}")
    nothing = evidence.positive == 0
    count = _estimate(corrected.count, COUNT_UNIT, method, from_zero=nothing)
    # Where the model refuses minutes for another reason than its own doubts, an audit cannot help.
    refused = waiting(stations) if withheld else total.undetected_minutes
    if isinstance(refused, Unavailable):
        return count, refused
    return count, _estimate(corrected.minutes, MINUTES_UNIT, method, from_zero=nothing)


def _estimate(spread: Spread, unit: str, method: str, *, from_zero: bool = False) -> Estimate:
    return Estimate(
        value=spread.value,
        lower=0.0 if from_zero else spread.lower,
        upper=spread.upper,
        unit=unit,
        method=method,
    )


def _section(
    book: Book,
    evidence: Evidence,
    corrected: Recalibrated,
    total: Group,
    count: Quantity,
    minutes: Quantity,
) -> dict[str, Any]:
    modes = [mode for mode in ("records", "windows") if book.of(mode)]
    taken = Unavailable(reason="observers were told to be always right")

    def accuracy(spread: Spread | None) -> dict[str, Any]:
        twice = "from cycles that two people looked at"
        how = "as told" if book.told else twice if evidence.doubles else "assumed: nobody looked twice"
        return taken.to_json() if spread is None else _estimate(spread, "share", how).to_json()

    return {
        "mode": " and ".join(modes),
        "draws": [draw.draw_id for mode in modes for draw, _ in book.of(mode)],
        "drawn": evidence.drawn,
        "reviewed": evidence.reviewed,
        "positive": evidence.positive,
        "left_out": evidence.left_out,
        "observers": evidence.observers,
        "watched_hours": evidence.watched_hours,
        "unnamed": evidence.unnamed,
        "doubles": evidence.doubles,
        "agreed": evidence.agreed,
        "kappa": evidence.agreement.to_json(),
        "sensitivity": accuracy(corrected.sensitivity),
        "specificity": accuracy(corrected.specificity),
        "count": count.to_json(),
        "minutes": minutes.to_json(),
        "model": {
            "count": total.undetected_count.to_json(),
            "minutes": total.undetected_minutes.to_json(),
        },
        "overlaps_model": overlap(count, total.undetected_count),
        "reasons": evidence.reasons,
        "rests_on": rests_on(book, evidence),
    }


def _recorded(found: Population, corrected: Recalibrated) -> tuple[float, float]:
    """Return the share of the audited count, and of its minutes, that another source saw too."""
    silent = found.cycles.filter(pl.col("silent") & (pl.col("stratum") >= 0))
    stratum = silent["stratum"].to_numpy()
    likely = (1 - SECOND_READING) * silent["slow_probability"].to_numpy()
    likely = likely + SECOND_READING * found.strata.smooth[stratum]
    usual = np.bincount(stratum, likely, found.strata.size.size) / np.maximum(found.strata.size, 1.0)
    chance = np.minimum(likely * (corrected.share / np.maximum(usual, 1e-12))[stratum], 1.0)
    seen = silent["recorded_by"].is_not_null().to_numpy()
    seconds = chance * silent["model_delay_s"].to_numpy()
    return (
        float(chance[seen].sum() / max(chance.sum(), 1e-12)),
        float(seconds[seen].sum() / max(seconds.sum(), 1e-12)),
    )


def _part(whole: Quantity, share: float) -> Quantity:
    if isinstance(whole, Unavailable):
        return whole
    return replace(whole, value=whole.value * share, lower=whole.lower * share, upper=whole.upper * share)


def _rate(total: Group, count: Estimate) -> Quantity:
    """Move the call rate with the audited count; its interval joins both, on the logarithm of the odds."""
    model, called, silent = total.undetected_count, total.detected_common, total.undetected_common
    if not all(isinstance(one, Estimate) for one in (model, called, silent, total.detection_rate)):
        return total.detection_rate
    assert isinstance(model, Estimate)  # noqa: S101 (for the type checker)
    assert isinstance(called, Estimate)  # noqa: S101
    assert isinstance(silent, Estimate)  # noqa: S101
    if model.value <= 0 or called.value <= 0:
        return total.detection_rate
    missed = max(silent.value * count.value / model.value, 1e-9)
    odds = math.log(called.value / missed)

    def log_distance(one: Estimate, end: float) -> float:
        return abs(math.log(max(end, 1e-3 * one.value) / max(one.value, 1e-9)))

    down = math.hypot(log_distance(called, called.lower), log_distance(count, count.upper))
    up = math.hypot(log_distance(called, called.upper), log_distance(count, count.lower))
    value, lower, upper = (1 / (1 + math.exp(-at)) for at in (odds, odds - down, odds + up))
    return Estimate(
        value=value,
        lower=lower,
        upper=upper,
        unit=RATE_UNIT,
        method="at the common floor, with the audited count",
    )
