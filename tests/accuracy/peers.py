"""What a user would do otherwise: rules of thumb on the cycle time, and detectors of outliers.

Question: is the estimate better than what costs nothing? Every peer gets the calendar (breaks and free time
are taken off each cycle) and, to be kind, the true calls; it flags cycles and ranks them by a score. Two fair
rivals get more: one the true blocking, one this package's own residual.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import rankdata, skew
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What a peer says: which cycles are slow, a score to rank them by, and by how much (s)."""

    flagged: Bools
    score: Floats
    excess_s: Floats


@dataclass(frozen=True)
class Station:
    """One station's cycle times and standards, seconds."""

    cycle_s: Floats
    standard_s: Floats

    @cached_property
    def forest(self) -> Floats:
        """IsolationForest's score of every cycle (−1 … 0, low is odd); a forest is slow, so made once."""
        times = np.round(self.cycle_s, 1)
        values, where = np.unique(times, return_inverse=True)
        forest = IsolationForest(random_state=0).fit(times.reshape(-1, 1))
        return np.asarray(forest.score_samples(values.reshape(-1, 1))[where])

    @cached_property
    def neighbours(self) -> tuple[Floats, float]:
        """LocalOutlierFactor's score of every cycle (about −1 is usual) and its limit; fitted on a sample."""
        distinct = self.cycle_s + np.random.default_rng(0).uniform(-0.05, 0.05, self.cycle_s.size)
        every = max(1, -(-distinct.size // LARGEST_SAMPLE))
        factor = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(distinct[::every].reshape(-1, 1))
        values, where = np.unique(np.round(self.cycle_s, 1), return_inverse=True)
        return np.asarray(factor.score_samples(values.reshape(-1, 1))[where]), float(factor.offset_)

    @cached_property
    def tails(self) -> Floats:
        """ECOD's score of every cycle (Li et al. 2022, *IEEE TKDE* 35, algorithm 1, in one dimension)."""
        n = self.cycle_s.size
        left = -np.log(rankdata(self.cycle_s, method="max") / n)
        right = -np.log(rankdata(-self.cycle_s, method="max") / n)
        leaning = left if float(skew(self.cycle_s)) < 0.0 else right
        return np.asarray(np.maximum(np.maximum(left, right), leaning))


Rule = Callable[[Station], tuple[Bools, Floats]]
"""From one station to flags and scores."""


def _times_standard(factor: float) -> Rule:
    def rule(station: Station) -> tuple[Bools, Floats]:
        known = np.isfinite(station.standard_s)
        ratio = np.where(known, station.cycle_s / station.standard_s, 0.0)
        return ratio > factor, ratio

    return rule


def _times_median(station: Station) -> tuple[Bools, Floats]:
    ratio = station.cycle_s / np.median(station.cycle_s)
    return ratio > 1.5, ratio


def _mean_and_sigma(station: Station) -> tuple[Bools, Floats]:
    cycle_s = station.cycle_s
    z = (cycle_s - cycle_s.mean()) / max(float(cycle_s.std()), 1e-9)
    return z > 3.0, z


def _tukey(station: Station) -> tuple[Bools, Floats]:
    low, high = np.quantile(station.cycle_s, [0.25, 0.75])
    z = (station.cycle_s - high) / max(float(high - low), 1e-9)
    return z > 1.5, z


def _mad(station: Station) -> tuple[Bools, Floats]:
    away = station.cycle_s - np.median(station.cycle_s)
    z = 0.6745 * away / max(float(np.median(np.abs(away))), 1e-9)
    return z > 3.5, z


def _forest(contamination: float | None) -> Rule:
    """Make the rule of scikit-learn's ``predict``: below −0.5, or the given share of the training set."""

    def rule(station: Station) -> tuple[Bools, Floats]:
        limit = -0.5 if contamination is None else float(np.quantile(station.forest, contamination))
        slow = station.cycle_s > np.median(station.cycle_s)
        return slow & (station.forest < limit), np.where(slow, -station.forest, -1.0)

    return rule


def _neighbours(station: Station) -> tuple[Bools, Floats]:
    """Flag as scikit-learn's LocalOutlierFactor does; only slow ones."""
    score, limit = station.neighbours
    slow = station.cycle_s > np.median(station.cycle_s)
    return slow & (score < limit), np.where(slow, -score, 0.0)


def _tails(station: Station) -> tuple[Bools, Floats]:
    """Flag as PyOD's ECOD does: the tenth with the highest scores; only slow ones."""
    slow = station.cycle_s > np.median(station.cycle_s)
    return slow & (station.tails > np.quantile(station.tails, 0.9)), np.where(slow, station.tails, 0.0)


RULES: dict[str, Rule] = {
    "1.2 × standard": _times_standard(1.2),
    "1.5 × standard": _times_standard(1.5),
    "1.5 × median": _times_median,
    "mean + 3 sigma": _mean_and_sigma,
    "Tukey": _tukey,
    "MAD z > 3.5": _mad,
    "IsolationForest auto": _forest(None),
    "IsolationForest 5 %": _forest(0.05),
    "LocalOutlierFactor": _neighbours,
    "ECOD": _tails,
}

LARGEST_SAMPLE = 1_000
"""Cycles of a station that LocalOutlierFactor is fitted on: 20,000 on a plant of 20 stations."""
TOLD = "MAD, told of blocking"
"""A fair rival: MAD that knows, from the truth, which cycles waited for room downstream."""
RESIDUAL = "MAD on our residual"
"""The fairest: MAD on this package's own residual; what it found called, blocked or planned is left out."""


def run_peers(tables: dict[str, pl.DataFrame], blocked: Bools, scored: pl.DataFrame) -> dict[str, Flags]:
    """Let every peer flag the cycles of a plant, in the order of ``tables["cycles"]``.

    Args:
        tables: canonical tables.
        blocked: which cycles waited for room downstream, in truth; only one rival is told.
        scored: the run's cycles in the same order; only one rival sees their residuals.
    """
    cycles = tables["cycles"]
    cycle_s = net_cycle_s(tables)
    standard_s = _standards(tables)
    station = cycles["station_id"].rank("dense").to_numpy() - 1
    found: dict[str, Flags] = {}
    parts = [np.flatnonzero(station == code) for code in range(int(station.max()) + 1)]
    middle = np.zeros(cycle_s.size)
    for rows in parts:
        middle[rows] = np.median(cycle_s[rows])
    places = [Station(cycle_s=cycle_s[rows], standard_s=standard_s[rows]) for rows in parts]
    for name, rule in RULES.items():
        flagged = np.zeros(cycle_s.size, dtype=np.bool_)
        score = np.zeros(cycle_s.size)
        for rows, place in zip(parts, places, strict=True):
            flagged[rows], score[rows] = rule(place)
        found[name] = Flags(flagged=flagged, score=score, excess_s=np.maximum(cycle_s - middle, 0.0))
    mad = found["MAD z > 3.5"]
    found[TOLD] = Flags(
        flagged=mad.flagged & ~blocked,
        score=np.where(blocked, mad.score.min(), mad.score),
        excess_s=mad.excess_s,
    )
    found[RESIDUAL] = _on_residual(scored, parts)
    return found


def _on_residual(scored: pl.DataFrame, parts: list[npt.NDArray[np.int64]]) -> Flags:
    excess_s = scored["excess_s"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    others = pl.col("called") | pl.col("state").is_in(["blocked", "planned", "covered"])
    own = scored.select(pl.col("deviation").is_not_null() & ~others).to_series().to_numpy()
    t = scored["deviation"].fill_null(0.0).to_numpy()
    flagged, score = np.zeros(t.size, dtype=np.bool_), np.full(t.size, -1e9)
    for rows in parts:
        mine = rows[own[rows]]
        if mine.size:
            flagged[mine], score[mine] = _mad(Station(cycle_s=t[mine], standard_s=np.full(mine.size, np.nan)))
    return Flags(flagged=flagged, score=score, excess_s=np.maximum(np.nan_to_num(excess_s), 0.0))


def net_cycle_s(tables: dict[str, pl.DataFrame]) -> Floats:
    """Return end less start (or less the previous completion) without breaks and free time, seconds."""
    cycles = tables["cycles"]
    end = (cycles["ended_at"] if "ended_at" in cycles.columns else cycles["completed_at"]).dt.epoch("us")
    if "started_at" in cycles.columns:
        start = cycles["started_at"].dt.epoch("us")
    else:
        previous = pl.DataFrame({"station": cycles["station_id"], "end": end}).select(
            pl.col("end").shift(1).over("station").fill_null(pl.col("end"))
        )
        start = previous["end"]
    begin_s, end_s = start.to_numpy() / 1e6, end.to_numpy() / 1e6
    net_s = end_s - begin_s
    calendar = tables.get("calendar")
    if calendar is None:
        return net_s
    for line in calendar["line_id"].unique().sort().to_list():
        rows = np.flatnonzero((cycles["line_id"] == line).to_numpy())
        edges, worked = _worked(calendar.filter(pl.col("line_id") == line))
        net_s[rows] = np.interp(end_s[rows], edges, worked) - np.interp(begin_s[rows], edges, worked)
    return net_s


def _worked(calendar: pl.DataFrame) -> tuple[Floats, Floats]:
    """Return times (s) and the planned working seconds until then, to interpolate between."""
    spans = calendar.select("kind", pl.col("starts_at", "ends_at").dt.epoch("us") / 1e6)
    shifts, breaks = spans.filter(pl.col("kind") == "shift"), spans.filter(pl.col("kind") != "shift")
    edges = np.unique(np.concatenate([spans["starts_at"].to_numpy(), spans["ends_at"].to_numpy()]))
    middle = (edges[1:] + edges[:-1]) / 2.0

    def inside(of: pl.DataFrame) -> Bools:
        starts, ends = np.sort(of["starts_at"].to_numpy()), np.sort(of["ends_at"].to_numpy())
        return np.asarray(np.searchsorted(starts, middle) > np.searchsorted(ends, middle))

    working = inside(shifts) & ~inside(breaks)
    return edges, np.concatenate([[0.0], np.cumsum(np.where(working, np.diff(edges), 0.0))])


def _standards(tables: dict[str, pl.DataFrame]) -> Floats:
    """Return each cycle's standard (s), nan where there is none."""
    cycles, standards = tables["cycles"], tables.get("standards")
    if standards is None:
        return np.full(cycles.height, np.nan)
    keys = ["station_id", "product_id"]
    joined = cycles.select(keys).join(standards, on=keys, how="left", maintain_order="left")
    return joined["standard_cycle_s"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
