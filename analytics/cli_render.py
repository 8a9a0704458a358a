"""What commands print: the ladder, what became of each file, tables of runs and loads. Text in, lines out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analytics.ingest import FileOutcome
    from analytics.journal import Batch

_MOST_CAVEATS = 12
_WIDTH = 110
_REFUSED = "not estimable: "
_COUNTED = ("slow cycles", "slow cycles called", "problems")
_SAID_TWICE = ("not estimable: ", "not estimated: ")


def ladder(report: dict[str, Any], records: int | None = None) -> list[str]:
    """Return the ladder of a report, rung by rung, as a person reads it on a terminal.

    Args:
        report: the report contract.
        records: how many records the cycles were made of, where that is known.
    """
    demand, exposure, period = report["demand"], report["exposure"], report["period"]
    undetected = demand["undetected"]
    floor = undetected.get("floor_s") or {}
    lines = [
        f"Run {report['run']['id']}   {_period(period)}",
        "",
        _rung(
            "could have been seen",
            _cycles(exposure["cycles"], records)
            + "".join(f", {_number_of(exposure[what], what)}" for what in ("stations", "lines"))
            + _excluded(exposure.get("excluded") or {}),
        ),
        _rung("called", _calls(demand)),
        _rung("ran without a call", _at_least(undetected["count"])),
        _rung("", _floor(floor) if "value" in undetected["count"] else None),
        _rung("", quantity(undetected["minutes"], "station-minutes")),
        _rung("", _problems(undetected.get("problems"))),
        _rung("  recorded, not called", quantity(_part(undetected, "recorded"), "slow cycles")),
        _rung("  in cycle time only", quantity(_part(undetected, "visible_only"), "slow cycles")),
        _rung("  audited", _audited(report.get("audit") or {})),
        _rung("  seen by no source", _unseen(demand["seen_by_no_source"])),
        _rung("detection rate", _rate(demand)),
        _rung("help was busy", _busy(report["walk_away"])),
        _rung("called by seconds", _seconds_called(report.get("detection_curve"))),
        _rung("change in calls", _change(report.get("change"))),
        _rung("chronic gap", _chronic(report["chronic"], "standard_not_held", "slower than standard")),
        _rung("", _chronic(report["chronic"], "target_condition", "short of the target condition")),
        _rung("", _slowed(report["chronic"])),
    ]
    rungs = _reasons_once([line for line in lines if line is not None])
    return [part for line in rungs for part in _wrapped(line, 26)] + _caveats(report.get("caveats") or [])


def _reasons_once(lines: list[str]) -> list[str]:
    """Write a reason that keeps several rungs empty only where it stands first."""
    said: set[str] = set()
    shown = []
    for line in lines:
        name, found, reason = line.partition(_REFUSED)
        if found and reason in said:
            shown.append(f"{name}not estimable, as above")
        else:
            said |= {reason} if found else set()
            shown.append(line)
    return shown


def quantity(given: dict[str, Any], unit: str = "", *, percent: bool = False) -> str:
    """Return an estimate with its interval, or why there is none."""
    if "unavailable" in given:
        needed = f" (needed: {given['needed']})" if given.get("needed") else ""
        reason = str(given["unavailable"])
        for said in _SAID_TWICE:
            reason = reason.removeprefix(said)
        return f"{_REFUSED}{reason}{needed}"
    unit = "%" if percent else unit or given["unit"]
    counts = not percent and unit in _COUNTED
    value, lower, upper = (
        f"{100 * given[key]:.0f}" if percent else _count(given[key], whole_from=1.0 if counts else 10.0)
        for key in ("value", "lower", "upper")
    )
    return f"{value} {_singular(unit) if counts and value == '1' else unit} ({lower}–{upper})"


def outcomes(results: Sequence[FileOutcome]) -> list[str]:
    """Return what became of each file: the counts, the reasons of rejected rows, and what is to be done."""
    from analytics.ingest.rules import in_words

    lines: list[str] = []
    for result in results:
        name = f"{result.file} [{result.member}]" if result.member else result.file
        if result.question is not None:
            lines += [f"{name}: not loaded. {result.question.text}"]
            lines += [f"    give {' or '.join(result.question.flags)}"]
        elif result.error is not None:
            lines += [f"{name}: not loaded. {result.error}"]
            lines += [f"    {result.hint}"] if result.hint else []
        else:
            lines += [_loaded(name, result)]
        lines += [
            f"    {_count(count)} × {in_words(rule)} ({rule})" for rule, count in sorted(result.rules.items())
        ]
    return [*lines, *_notes(results)]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows under a head, each column as wide as its widest cell."""
    cells = [list(map(str, head)), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def batches(loads: Sequence[Batch]) -> list[str]:
    """Return the loads of a workspace, oldest first."""
    if not loads:
        return ["Nothing was loaded yet: walkaway ingest FILE…"]
    head = ("loaded at (UTC)", "file", "table", "read", "loaded", "duplicate", "quarantined")
    rows = (
        (
            f"{load.created_at:%Y-%m-%d %H:%M}",
            f"{load.file} [{load.member}]" if load.member else load.file,
            load.table,
            *(_count(load.outcome.get(key, 0)) for key in ("read", "loaded", "duplicate", "quarantined")),
        )
        for load in loads
    )
    return table(head, rows)


def _rung(name: str, text: str | None) -> str | None:
    return None if text is None else f"  {name:<24}{text}"


def _wrapped(line: str, indent: int) -> list[str]:
    """Break a long line between words, its continuation under its text."""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=" " * indent) or [line]


def _count(number: float, whole_from: float = 10.0) -> str:
    rounded = round(float(number), 1)
    return f"{rounded:,.0f}" if abs(rounded) >= whole_from or rounded.is_integer() else f"{rounded:.1f}"


def _singular(unit: str) -> str:
    """Return the singular of a unit: "slow cycles called" → "slow cycle called"."""
    return unit.replace("cycles", "cycle").replace("problems", "problem")


def _cycles(cycles: int, records: int | None) -> str:
    """Write how many cycles there are, and that several records can be one cycle (cavities of a mould)."""
    joined = records is not None and records > cycles
    return _number_of(cycles, "cycles") + (
        f" (from {_count(records or 0)} records that share a stamp)" if joined else ""
    )


def _number_of(count: int, what: str) -> str:
    return f"{_count(count)} {what.removesuffix('s') if count == 1 else what}"


def _period(period: dict[str, Any]) -> str:
    zone = period.get("timezone") or "unspecified"
    return f"{period['from']} to {period['to']}  (time zone: {zone})"


def _excluded(excluded: dict[str, int]) -> str:
    parts = [f"{_count(count)} {reason}" for reason, count in excluded.items() if count]
    return f"; left out: {', '.join(parts)}" if parts else ""


def _calls(demand: dict[str, Any]) -> str:
    calls = demand["calls"]
    without = sum((calls.get("without_time_trace") or {}).values())
    text = _number_of(calls["count"], "andon calls")
    if without:
        text += f", {_count(without)} of them without a trace in cycle time"
    return f"{text}; {quantity(demand['detected']['count'], 'slow cycles called')}"


def _at_least(count: dict[str, Any]) -> str:
    text = quantity(count, "slow cycles")
    return text if "unavailable" in count else f"at least {text}"


def _floor(floor: dict[str, Any]) -> str | None:
    if floor.get("median") is None:
        return None
    low, middle, high = (f"{floor[key]:.0f}" for key in ("min", "median", "max"))
    bounds = f"{low} s" if low == high else f"{low}–{high} s, median {middle} s"
    return f"each delayed by more than its station's floor ({bounds})"


def _problems(problems: dict[str, Any] | None) -> str | None:
    return None if not problems or "unavailable" in problems else quantity(problems, "problems")


def _part(undetected: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the count of one of the two parts; the whole part may be unavailable."""
    part: dict[str, Any] = undetected[name]
    return part if "unavailable" in part else part["count"]


def _unseen(seen: dict[str, Any]) -> str:
    """Say what neither the calls nor a second source hold: a range beside the count, not on top of it."""
    count = seen["count"]
    evidence = seen.get("evidence")
    if "unavailable" in count or evidence is None:
        return quantity(count)
    visible, beyond = (
        f"{one['lower']:,.0f}–{one['upper']:,.0f}"
        for one in (evidence["visible_in_cycle_time"], evidence["beyond_cycle_time"])
    )
    return (
        f"a range of {count['lower']:,.0f}–{count['upper']:,.0f} slow cycles of "
        f"{evidence['threshold_s']:.0f} s or more, by {evidence['first']} and “{evidence['second']}”; cycle "
        f"times show {visible} of them, beyond these {beyond}"
    )


def _audited(audit: dict[str, Any]) -> str | None:
    """Say what the number rests on where people looked, and what the model alone said; None without."""
    if "value" not in audit.get("count", {}):
        return None
    model = quantity(audit["model"]["count"], "slow cycles").partition(":")[0]
    return f"{audit['rests_on']}; the model alone: {model}"


def _rate(demand: dict[str, Any]) -> str:
    text = quantity(demand["detection_rate"], percent=True)
    floor = demand.get("common_floor_s")
    comparable = isinstance(floor, int | float) and "unavailable" not in demand["detection_rate"]
    return f"{text} of slow cycles longer than {floor:.0f} s were called" if comparable else text


def _busy(section: dict[str, Any]) -> str:
    """Write which part of what ran without a call would have been called had help been free."""
    share = section if "unavailable" in section else section["attributable"]["share"]
    text = quantity(share, percent=True)
    said = "of what ran without a call would have been called had no other call been open"
    return text if "unavailable" in share else f"{text} {said}"


def _seconds_called(section: dict[str, Any] | None) -> str | None:
    """Say from how many seconds on people call; nothing where the rung above gave the reason."""
    from analytics.charts.calling import seconds_called

    if section is None or "unavailable" in section:
        return None
    return _plain(seconds_called(section["overall"]))


def _change(section: dict[str, Any] | None) -> str | None:
    """Say what the change in calls comes from, and between which periods."""
    from analytics.charts.calling import periods, verdict

    if section is None or "periods" not in section:
        # What keeps every rate from being told was said above.
        early = section is not None and section["unavailable"].startswith("too early")
        return quantity(section) if section is not None and early else None
    return _plain(
        f"{verdict(section)} {periods(section)}, delays of at least {section['common_floor_s']:.0f} s"
    )


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def _chronic(chronic: dict[str, Any], kind: str, words: str) -> str:
    part = chronic if "unavailable" in chronic else chronic[kind]
    minutes = part if "unavailable" in part else part["minutes"]
    return (
        f"{quantity(minutes, 'station-minutes')} {words}"
        if "unavailable" not in minutes
        else (f"{words}: {quantity(minutes)}")
    )


def _slowed(chronic: dict[str, Any]) -> str | None:
    """Say what stations lost to growing slower than they were; nothing where that was not asked."""
    drift = chronic.get("drift")
    if drift is None:
        return None
    if "value" in drift["minutes"] and not drift["stations"]:
        return f"no station has grown slower, of {_number_of(drift['judged'], 'stations')} judged"
    words = "slower than before" + (
        f", at {_number_of(len(drift['stations']), 'stations')}" if drift["stations"] else ""
    )
    return _chronic(chronic, "drift", words)


def _caveats(caveats: Sequence[dict[str, Any]]) -> list[str]:
    if not caveats:
        return []
    order = {"serious": 0, "warning": 1, "info": 2}
    ranked = sorted(caveats, key=lambda caveat: order.get(caveat["severity"], 3))
    lines = ["", "What a reader must know:"]
    for caveat in ranked[:_MOST_CAVEATS]:
        lines += _wrapped(f"  {caveat['severity']:<9}{caveat['message']}", 11)
    left = len(ranked) - _MOST_CAVEATS
    return [*lines, f"  … and {left} more in the report"] if left > 0 else lines


def _notes(results: Sequence[FileOutcome]) -> list[str]:
    """Return each kind of caveat once, with how many files it concerns."""
    codes = [caveat.code for result in results for caveat in result.caveats]
    notes = {
        caveat.code: caveat.message for result in reversed(results) for caveat in reversed(result.caveats)
    }
    return [
        f"note: {message}" + (f" ({codes.count(code) - 1} more like this)" if codes.count(code) > 1 else "")
        for code, message in reversed(notes.items())
    ]


def _loaded(name: str, result: FileOutcome) -> str:
    counts = ", ".join(
        f"{_count(getattr(result, key))} {key}" for key in ("read", "loaded", "duplicate", "quarantined")
    )
    more = f", {_count(result.skipped)} lines skipped" if result.skipped else ""
    derived = "".join(f"; {_count(count)} {what} made of them" for what, count in result.derived.items())
    again = " (already loaded)" if result.already_loaded else ""
    return f"{name} → {result.table}: {counts}{more}{derived}{again}"
