"""The map steps: from a plant's stamps to scaled residuals, blocked chances and matched calls.

Every step reads arrays and returns new ones; a plant of one line gives the same numbers as that line in a
plant of many, but for what is pooled: the warm-up effect, the calls' common clock, how rare waiting shows,
the dither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.baseline import (
    SCALE_FLOOR_STAMPS,
    Baseline,
    dither,
    fit_baseline,
    stamp_resolution,
)
from analytics.estimate.blocking import Blocking, find_blocking
from analytics.estimate.line_stops import find_line_stops, stopped_together
from analytics.estimate.matching import Matching, match_calls
from analytics.estimate.order import LineOrder, line_order
from analytics.estimate.own_time import COMPLETION, UNITS, OwnTime, own_time
from analytics.estimate.planned_time import NetTime, net_time, station_intervals, unplanned_table
from analytics.estimate.plant import SECOND_US, Bools, Floats, Ints, Plant
from analytics.estimate.quiet import find_quiet
from analytics.estimate.several_parts import several_parts

USUAL, FIRST_OF_PRODUCT, OUTLIVED_BREAK, ENDED_IN_BREAK, SPANS_CHANGE = range(5)
"""Kinds of cycles that are judged among themselves."""
RARE_CHANGES = 0.2
COSTS_TIME = 0.75
"""First cycles whose median excess is above so many sigmas were set up."""
FEWEST_OF_KIND = 20
FEWEST_CHANGES, FEW_SPREAD = 8, 1.5
"""So few changeovers still give a median; their scatter is then taken wider."""
FEWEST_USABLE, COARSEST_STAMP_S = 100, 30.0
WIDEST_SCATTER = 0.4
"""Manual work scatters by up to a fifth; where it is twice that, different work goes by one name."""
ROUNDS, SURELY_WAITED = 2, 0.9
SECOND_FROM, SECOND_WIDTH, SECOND_PEAK, SECOND_SHARE, FEWEST_SECOND = 4.0, 3.0, 1.5, 0.03, 30
"""A second usual time: so many slow cycles, the middle half of them within so many sigmas, in a peak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plant with everything known per cycle before the fit; arrays have shape (n,).

    Attributes:
        plant: the plant.
        order: the stations' order.
        own: own starts.
        net: net times.
        unplanned: table of the times not planned for work.
        expected_s, scale_s, deviation: usual time, one sigma and scaled residual, among the cycle's kind.
        baseline: the baseline of the usual cycles.
        kind: USUAL … SPANS_CHANGE.
        blocking: chance that each cycle was blocked, and the pairs.
        matching: calls and cycles.
        usable: judged at all: start known, enough like it, station not masked.
        planned: kind too rare to be judged; excluded and counted.
        masked_because: reason per station code, "" where it is not masked.
        width_s: stamp resolution per station.
    """

    plant: Plant
    order: LineOrder
    own: OwnTime
    net: NetTime
    unplanned: pl.DataFrame
    expected_s: Floats
    scale_s: Floats
    deviation: Floats
    baseline: Baseline
    kind: Ints
    blocking: Blocking
    matching: Matching
    usable: Bools
    planned: Bools
    masked_because: list[str]
    width_s: Floats


def prepare(plant: Plant, rng: np.random.Generator, utc_offset_us: Ints | int = 0) -> Prepared:
    """Run the map steps over a plant.

    Args:
        plant: the plant.
        rng: for the dither within stamps.
        utc_offset_us: wall clock less stored clock at each cycle's end.
    """
    order = line_order(plant)
    own = own_time(plant, order.upstream)
    found = pl.concat([find_quiet(plant, utc_offset_us), *find_line_stops(plant, own)])
    unplanned = unplanned_table(plant, found)
    net = net_time(plant, own.begin_us, own.known, unplanned)
    touched = _touched(plant, net)
    kind = _kinds(plant, touched)
    width = stamp_resolution(plant)
    net_s = net.net_s + dither(plant, width, rng)
    since = _since_break(plant, own, unplanned)
    several = several_parts(plant)
    fit = own.known & (net.net_s > 0) & ~several.apart
    blocking = Blocking(np.zeros(plant.size), [])
    for _ in range(ROUNDS):
        # Those that did not wait are the longer ones where most do; the fit of the noise puts that right.
        teach = fit & (kind == USUAL) & (blocking.weight < 0.5)
        baseline = fit_baseline(plant, net_s, teach, since, width)
        blocking = find_blocking(plant, order, baseline.deviation, fit, width)
        kind = _without_idle_changes(plant, net_s, kind, touched, baseline, fit)
    expected, scale, planned = _among_their_kind(plant, net_s, kind, baseline, fit, blocking.weight)
    planned |= stopped_together(plant, own.begin_us, net_s - expected, fit & (blocking.weight < 0.5))
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation = (net_s - expected) / scale
    judged = fit & (kind == USUAL) & (blocking.weight < 0.5)
    masked = several.over(_masked(plant, baseline, deviation, judged, width, _unfed(plant, own, order)))
    usable = fit & baseline.enough & ~planned & np.isfinite(deviation)
    usable &= np.array([not reason for reason in masked], dtype=bool)[plant.station]
    of_itself = np.where(usable & (blocking.weight < 0.5), deviation, np.nan)
    matching = match_calls(plant, order, own.begin_us, expected, of_itself)
    # A cycle that was called is known to be slow by itself: it must not pass for a chance coincidence.
    alone = matching.called & (blocking.weight < SURELY_WAITED)
    blocking = find_blocking(plant, order, baseline.deviation, fit & ~alone, width)
    return Prepared(
        plant=plant,
        order=order,
        own=own,
        net=net,
        unplanned=unplanned,
        expected_s=expected,
        scale_s=scale,
        deviation=deviation,
        baseline=baseline,
        kind=kind,
        blocking=blocking,
        matching=matching,
        usable=usable,
        planned=planned & fit,
        masked_because=masked,
        width_s=width,
    )


def _touched(plant: Plant, net: NetTime) -> Ints:
    """Sort cycles by what planned time they touch."""
    kind = np.full(plant.size, USUAL, dtype=np.int64)
    kind[net.spans_change] = SPANS_CHANGE
    kind[net.ended_inside] = ENDED_IN_BREAK
    kind[net.outlived] = OUTLIVED_BREAK
    return kind


def _kinds(plant: Plant, touched: Ints) -> Ints:
    """Sort cycles into the kinds that are judged among themselves."""
    kind = touched.copy()
    for part in plant.slices():
        product = plant.product[part]
        changed = np.concatenate([[False], product[1:] != product[:-1]])
        if changed.any():
            kind[part.start + np.flatnonzero(changed)] = FIRST_OF_PRODUCT
    return kind


def _without_idle_changes(
    plant: Plant, net_s: Floats, kind: Ints, touched: Ints, baseline: Baseline, fit: Bools
) -> Ints:
    """Take first cycles of a product as usual ones where changes are frequent and cost no time.

    On a merge the product changes all the time, and nothing is set up; in a job shop it changes often too,
    and the first cycle is the longest.
    """
    kind = kind.copy()
    with np.errstate(invalid="ignore"):
        excess = (net_s - baseline.expected_s) / baseline.scale_s
    for part in plant.slices():
        first = kind[part] == FIRST_OF_PRODUCT
        if first.mean() < RARE_CHANGES:
            continue
        known = fit[part] & np.isfinite(excess[part])
        if (known & first).sum() < FEWEST_OF_KIND or np.median(excess[part][known & first]) < COSTS_TIME:
            kind[part] = np.where(first, touched[part], kind[part])
    return kind


def _since_break(plant: Plant, own: OwnTime, unplanned: pl.DataFrame) -> Floats:
    """Seconds from the end of the last break (or closed time) to each cycle's start; inf before the first."""
    since = np.full(plant.size, np.inf)
    for code, part in enumerate(plant.slices()):
        ends = station_intervals(unplanned, int(plant.line[part.start]), code).end_us
        if not ends.size:
            continue
        index = np.searchsorted(ends, own.begin_us[part], side="right") - 1
        passed = (own.begin_us[part] - ends[np.maximum(index, 0)]) / SECOND_US
        since[part] = np.where(index >= 0, passed, np.inf)
    return since


def _among_their_kind(
    plant: Plant, net_s: Floats, kind: Ints, baseline: Baseline, fit: Bools, blocked: Floats
) -> tuple[Floats, Floats, Bools]:
    """Move expected time and scale of the special kinds to their own median and scatter.

    Where a station has too few of a kind, its line's are taken; where the line has too few, they are
    planned: excluded, and counted as excluded.
    """
    expected, scale = baseline.expected_s.copy(), baseline.scale_s.copy()
    planned = np.zeros(plant.size, dtype=bool)
    judged = fit & baseline.enough & (blocked < 0.5)
    for special in range(FIRST_OF_PRODUCT, SPANS_CHANGE + 1):
        rows = np.flatnonzero((kind == special) & fit & baseline.enough)
        if not rows.size:
            continue
        with np.errstate(invalid="ignore"):
            ratio = net_s[rows] / baseline.expected_s[rows]
        teach = judged[rows] & np.isfinite(ratio)
        frame = pl.DataFrame(
            {"station": plant.station[rows], "line": plant.line[rows], "ratio": ratio, "teach": teach}
        )
        middle, spread, count = _spread_over(frame, "station")
        line_middle, line_spread, line_count = _spread_over(frame, "line")
        few = count < FEWEST_OF_KIND
        if special == FIRST_OF_PRODUCT:
            # What a changeover costs is each station's own: another station's says nothing of it.
            few, line_count = count < FEWEST_CHANGES, np.zeros_like(count)
            spread = spread * np.where(count < FEWEST_OF_KIND, FEW_SPREAD, 1.0)
        middle = np.where(few, line_middle, middle)
        spread = np.where(few, line_spread, spread)
        too_few = few & (line_count < FEWEST_OF_KIND)
        planned[rows[too_few]] = True
        keep = rows[~too_few]
        expected[keep] = baseline.expected_s[keep] * middle[~too_few]
        own_scale = spread[~too_few] * baseline.expected_s[keep]
        scale[keep] = np.maximum(own_scale, baseline.scale_s[keep])
    return expected, scale, planned


def _spread_over(frame: pl.DataFrame, key: str) -> tuple[Floats, Floats, Ints]:
    """Median, robust sigma (the wider of both sides) and number of teaching ratios per group."""
    ratio = pl.col("ratio")
    groups = (
        frame.filter(pl.col("teach"))
        .group_by(key)
        .agg(
            middle=ratio.median(),
            left=ratio.median() - ratio.quantile(0.1587),
            right=ratio.quantile(0.8413) - ratio.median(),
            taught=pl.len(),
        )
    )
    joined = frame.select(key).join(groups, on=key, how="left", maintain_order="left")
    spread = np.maximum(joined["left"].fill_null(0.0).to_numpy(), joined["right"].fill_null(0.0).to_numpy())
    middle = joined["middle"].fill_null(1.0).to_numpy()
    return middle, spread, joined["taught"].fill_null(0).to_numpy().astype(np.int64)


def _unfed(plant: Plant, own: OwnTime, order: LineOrder) -> set[int]:
    """Name the stations of a line where only completions tell the start, and nothing when the unit came.

    A gap between such completions may be a wait for the next unit as well as a delay.
    """
    shared = {code for codes in plant.lines().values() if len(codes) > 1 for code in codes}
    first = {int(code) for code in np.flatnonzero(own.mode == UNITS) if not order.upstream.get(int(code))}
    return first | (shared & {int(code) for code in np.flatnonzero(own.mode == COMPLETION)})


def _masked(
    plant: Plant, baseline: Baseline, deviation: Floats, fit: Bools, width_s: Floats, unfed: set[int]
) -> list[str]:
    """Say per station why nothing can be said, "" where something can."""
    reasons = []
    for code, part in enumerate(plant.slices()):
        rows = fit[part] & baseline.enough[part]
        usable = int(rows.sum())
        usual = baseline.expected_s[part]
        typical = float(np.nanmedian(usual)) if np.isfinite(usual).any() else 0.0
        rounding = SCALE_FLOOR_STAMPS * width_s[code]
        drowned = rounding >= 0.99 * baseline.relative_scale[code] * typical
        if width_s[code] >= COARSEST_STAMP_S and drowned:
            reasons.append("time stamps of one minute are too coarse to judge a single cycle")
        elif usable < FEWEST_USABLE:
            reasons.append(f"{usable} usable cycles; {FEWEST_USABLE} are needed")
        elif code in unfed:
            reasons.append("completions only: a gap between them may be a wait for the next unit")
        elif baseline.relative_scale[code] > WIDEST_SCATTER:
            reasons.append(
                f"one sigma of its cycle times is {baseline.relative_scale[code]:.0%} of the usual one: "
                "no usual time to compare with"
            )
        elif _second_usual_time(deviation[part][rows]):
            reasons.append("two usual times: a second way of working cannot be told from delays")
        else:
            reasons.append("")
    return reasons


def _second_usual_time(deviation: Floats) -> bool:
    """Tell whether the slow cycles of a station lie as close together as its usual ones do.

    Delays are spread wide; cycles of a second method or an unnamed product repeat themselves.
    """
    slow = deviation[deviation > SECOND_FROM]
    if slow.size < max(FEWEST_SECOND, SECOND_SHARE * deviation.size):
        return False
    low, middle, high = np.quantile(slow, [0.25, 0.5, 0.75])
    at_peak = np.sum(np.abs(deviation - middle) <= 0.5)
    before = np.sum(np.abs(deviation - SECOND_FROM) <= 0.5)
    return bool(high - low < SECOND_WIDTH and at_peak > SECOND_PEAK * before)
