"""Groups of the run as charts take them: labelled, sorted where sorting is fair, small ones withheld.

Two rules of the shop floor live here: groups are compared at the common floor only, and a rate shows only if
its group pools enough shift-days and crews or stations. Shifts keep their own order: no league tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analytics.charts import words
from analytics.charts.strata import Stratum, number_of
from analytics.estimate.strata import Group
from analytics.results import Estimate, Quantity, Unavailable
from dashboard import answers, cache, state
from dashboard.access import Access, access
from dashboard.answers import Summary
from dashboard.state import Selection

COLUMNS: dict[str, tuple[str, ...]] = {
    "line": ("line_id",),
    "station": ("line_id", "station_id"),
    "product": ("product_id",),
    "shift": ("shift",),
    "day": ("shift_day",),
}
"""What a run can be grouped by, and the columns of its cells that this takes."""

SORTED = frozenset({"line", "station", "product"})

_NAMES = {
    "line_id": state.LINE,
    "station_id": state.STATION,
    "product_id": state.PRODUCT,
    "shift": state.SHIFT,
    "shift_day": "day",
}


def summary(selection: Selection, report: Mapping[str, Any]) -> Summary:
    """Return what a page says first: of the run, or of what the filters leave of it."""
    of_run = answers.summary(report)
    if not selection.narrowed or isinstance(of_run.count, Unavailable):
        return of_run
    found = cache.groups(selection.run, selection.filters, ())
    if not found:
        nothing = Unavailable(reason="The filters leave no cycles.", needed="other filters")
        return replace(
            of_run, cycles=0, count=nothing, minutes=nothing, called=nothing, rate=nothing, ladder=[]
        )
    group = found[0]
    return Summary(
        cycles=group.cycles,
        count=group.undetected_count,
        minutes=group.undetected_minutes,
        called=group.detected,
        rate=_rate(group.detection_rate, _pool(selection), access()),
        floor=answers.floors_in_words(group.floor_s),
        ladder=answers.rungs(group.detected, group.recorded_count, _visible_only(group)),
    )


def silent_calls(selection: Selection) -> dict[str, int]:
    """Return the calls without a time trace that the filters leave, by kind."""
    calls = cache.calls(selection.run, selection.filters)
    counted = calls.filter(~calls["time_trace"].fill_null(value=True)).group_by("kind").len()
    return {str(kind or "of no kind"): count for kind, count in counted.iter_rows()}


def strata(selection: Selection, by: str, measure: str, seen: Access) -> list[Stratum]:
    """Return the groups of the filtered run, sorted by their total where sorting is fair.

    Args:
        selection: run and filters.
        by: one of :data:`COLUMNS`.
        measure: "count" (slow cycles, common floor) or "minutes" (station-minutes, each station's own floor).
        seen: the smallest group that shows a rate.
    """
    columns = COLUMNS[by]
    pools = cache.pools(selection.run, selection.filters, columns)
    rows = [
        _stratum(group, pools.get(_identity(group.key), (0, 0)), by, measure, seen)
        for group in cache.groups(selection.run, selection.filters, columns)
    ]
    if by == "station":
        rows = _named(rows)
    if by in SORTED:
        # Groups that stand apart come last: their floor is not the others'.
        return sorted(rows, key=lambda row: (row.apart, -row.total, row.label))
    return sorted(rows, key=lambda row: row.label)


def days(selection: Selection, seen: Access) -> list[Stratum]:
    """Return one group a day; its call rate pools as many days up to it as the smallest group asks for."""
    own = strata(selection, "day", "count", replace(seen, shift_days=0, crews_or_stations=0))
    pooled = {
        str(group.key["window_day"]): group.detection_rate
        for group in cache.trailing(selection.run, selection.filters, seen.shift_days)
    }
    nothing = Unavailable(reason=f"fewer than {seen.shift_days} shift-days up to here")
    return [replace(row, rate=pooled.get(row.key["day"], nothing)) for row in own]


def matrix(selection: Selection, row: str) -> list[Stratum]:
    """Return station-minutes by station (or shift) and day."""
    columns = (*COLUMNS[row], "shift_day")
    everyone = Access(single_cycles=False, shift_days=0, crews_or_stations=0)
    return [
        _stratum(group, (0, 0), row, "count", everyone)
        for group in cache.groups(selection.run, selection.filters, columns)
    ]


def too_small(selection: Selection, columns: Sequence[str] = (), key: Sequence[str] = ()) -> str:
    """Return why a rate of this group must not show; "" where it pools enough.

    Args:
        selection: run and filters.
        columns: what the cells are grouped by; none for all that the filters leave.
        key: the group's values of these columns.
    """
    pool = cache.pools(selection.run, selection.filters, tuple(columns)).get(tuple(key), (0, 0))
    some = Estimate(value=0.0, lower=0.0, upper=1.0, unit="share", method="")
    shown = _rate(some, pool, access())
    return shown.reason if isinstance(shown, Unavailable) else ""


def categories(selection: Selection, column: str) -> list[Stratum]:
    """Return andon calls by category or kind; what ran without a call has none."""
    calls = cache.calls(selection.run, selection.filters)
    counted = calls.group_by(column).len().sort("len", column, descending=[True, False])
    nothing = Unavailable(reason="what ran without a call has no category")
    return [
        Stratum(
            key={},
            label=str(name) if name is not None else "(none given)",
            cycles=0,
            called=Estimate(value=count, lower=count, upper=count, unit="calls", method="counted"),
            missed=nothing,
            rate=nothing,
            minutes=nothing,
        )
        for name, count in counted.iter_rows()
    ]


def missed(row: Stratum) -> float:
    """Return the station-minutes that ran without a call, to sort by."""
    return number_of(row.minutes)


def judged(rows: Sequence[Stratum]) -> list[Stratum]:
    """Return the groups that have any number to draw."""
    return [row for row in rows if isinstance(row.missed, Estimate) or isinstance(row.called, Estimate)]


def silent(rows: Sequence[Stratum]) -> str:
    """Name the groups that have no number, with the reason; "" where all have one."""
    without = [row for row in rows if row not in judged(rows)]
    if not without:
        return ""
    reason = words.interval(without[0].missed)
    return f"Not shown: {', '.join(row.label for row in without)} ({reason})."


def detail(row: Stratum) -> str:
    """Return what a hover adds to a station."""
    told = f"{words.number(row.cycles)} cycles"
    if row.floor_s is not None:
        told += f", floor {words.seconds(row.floor_s)}"
    return f"{told}<br>its floor is too high to compare" if row.apart else told


def _visible_only(group: Group) -> Quantity:
    """Return what only the clock saw: the undetected less what another source recorded, in its interval."""
    whole, recorded = group.undetected_count, group.recorded_count
    if isinstance(whole, Unavailable) or isinstance(recorded, Unavailable):
        return whole
    return replace(
        whole,
        value=whole.value - recorded.value,
        lower=whole.lower - recorded.lower,
        upper=whole.upper - recorded.upper,
    )


def _pool(selection: Selection) -> tuple[int, int]:
    return cache.pools(selection.run, selection.filters, ()).get((), (0, 0))


def _stratum(group: Group, pool: tuple[int, int], by: str, measure: str, seen: Access) -> Stratum:
    key = {
        _NAMES[column]: str(value) if value is not None else state.UNKNOWN
        for column, value in group.key.items()
    }
    label = key[_NAMES[COLUMNS[by][-1]]]
    counted = measure == "count"
    apart = isinstance(group.undetected_common, Unavailable)
    called = group.detected if apart else group.detected_common
    silent = group.undetected_count if apart else group.undetected_common
    return Stratum(
        key=key,
        label=label,
        cycles=group.cycles,
        called=called if counted else group.detected_minutes,
        missed=silent if counted else group.undetected_minutes,
        rate=_rate(group.detection_rate, pool, seen),
        minutes=group.undetected_minutes,
        floor_s=group.floor_s["max"],
        apart=apart and by == "station" and isinstance(silent, Estimate),
    )


def _rate(rate: Quantity, pool: tuple[int, int], seen: Access) -> Quantity:
    """Withhold the rate of a group that is too small to show."""
    if isinstance(rate, Unavailable):
        return rate
    shift_days, crews_or_stations = pool
    if shift_days < seen.shift_days:
        return Unavailable(reason=f"pools fewer than {seen.shift_days} shift-days")
    if crews_or_stations < seen.crews_or_stations:
        return Unavailable(reason=f"pools fewer than {seen.crews_or_stations} crews or stations")
    return rate


def _identity(key: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in key.values())


def _named(rows: Sequence[Stratum]) -> list[Stratum]:
    """Name the line beside a station whose name two lines share."""
    names = [row.label for row in rows]
    return [
        replace(
            row,
            label=f"{row.label} ({row.key[state.LINE]})" if names.count(row.label) > 1 else row.label,
        )
        for row in rows
    ]


def places(selection: Selection) -> dict[str, list[str]]:
    """Return the lines that the filters leave and their stations, in the order of the line."""
    found = cache.groups(selection.run, selection.filters, COLUMNS["station"])
    present = {(group.key["line_id"], group.key["station_id"]) for group in found}
    ordered = cache.stations(selection.run).sort("line_id", "position", "station_id", nulls_last=True)
    told: dict[str, list[str]] = {}
    for line, station in ordered.select("line_id", "station_id").iter_rows():
        if (line, station) in present:
            told.setdefault(str(line) if line is not None else state.UNKNOWN, []).append(station)
    return told


def line_filter(line: str) -> tuple[str, ...]:
    """Return the filter that leaves one line, or what belongs to none."""
    return ("" if line == state.UNKNOWN else line,)


def worked_days(selection: Selection) -> list[str]:
    """Return the days with cycles, in their order, as ISO dates."""
    found = cache.groups(selection.run, selection.filters, COLUMNS["day"])
    return sorted(str(group.key["shift_day"]) for group in found)


def worst(selection: Selection, by: str) -> str | None:
    """Return the line, station or day with most station-minutes that ran without a call."""
    columns = COLUMNS[by]
    found = cache.groups(selection.run, selection.filters, columns)
    if not found:
        return None
    most = max(found, key=lambda group: (number_of(group.undetected_minutes), group.cycles))
    value = most.key[columns[-1]]
    return state.UNKNOWN if value is None else str(value)
