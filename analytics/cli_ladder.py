"""The ladder of demand as commands print it: a report in, lines out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.cli_render import REFUSED, figures, number_of, quantity, wrapped
from analytics.results import NO_CALLS, TOO_EARLY, no_calls

_MOST_CAVEATS = 12
_MOST_STATIONS = 6


def ladder(report: dict[str, Any], records: int | None = None) -> list[str]:
    """Return the ladder of a report, rung by rung, as a person reads it on a terminal.

    Args:
        report: the report contract.
        records: how many records the cycles were made of, where that is known.
    """
    from analytics.report import wording

    demand, exposure, period = report["demand"], report["exposure"], report["period"]
    undetected = demand["undetected"]
    floor = undetected.get("floor_s") or {}
    audit = report.get("audit") or {}
    models = f" ({wording.MODELS})" * wording.contradicted(report)
    lines = [
        f"Run {report['run']['id']}   {_period(period)}",
        "",
        _rung(
            "could have been seen",
            _seen(exposure["cycles"], records, report.get("output"))
            + "".join(f", {number_of(exposure[what], what)}" for what in ("stations", "lines"))
            + _excluded(exposure.get("excluded") or {}),
        ),
        *(_rung("  output" if not at else "", text) for at, text in enumerate(_output(report.get("output")))),
        _rung("called", _calls(report)),
        _rung("ran without a call", _at_least(undetected["count"])),
        _rung("", _floor(floor) if "value" in undetected["count"] else None),
        _rung("", quantity(undetected["minutes"], "station-minutes")),
        _rung("", _problems(undetected.get("problems"))),
        _rung("  recorded, not called", quantity(_part(undetected, "recorded"), "slow cycles")),
        _rung("  in cycle time only", quantity(_part(undetected, "visible_only"), "slow cycles")),
        _rung("  audited", _audited(audit)),
        _rung("  seen by no source", _unseen(demand["seen_by_no_source"]), models),
        _rung("detection rate", _rate(demand)),
        _rung("help was busy", _busy(report["walk_away"]), models),
        _rung("called by seconds", _seconds_called(report.get("detection_curve")), models),
        _rung("change in calls", _change(report.get("change")), models),
        _rung("chronic gap", _chronic(report["chronic"], "standard_not_held", "slower than standard")),
        _rung("", _chronic(report["chronic"], "target_condition", "short of the target condition")),
        _rung("", _slowed(report["chronic"])),
    ]
    rungs = _reasons_once([line for line in lines if line is not None])
    return [part for line in rungs for part in wrapped(line, 26)] + _caveats(report.get("caveats") or [])


def _reasons_once(lines: list[str]) -> list[str]:
    """Write a reason that keeps several rungs empty only where it stands first."""
    said: set[str] = set()
    shown = []
    for line in lines:
        name, found, reason = line.partition(REFUSED)
        if found and reason in said:
            shown.append(f"{name}not estimable, as above")
        else:
            said |= {reason} if found else set()
            shown.append(line)
    return shown


def _rung(name: str, text: str | None, remark: str = "") -> str | None:
    """Write a rung; a remark stands behind a number, not behind a reason for having none."""
    if text is None:
        return None
    return f"  {name:<24}{text}" + ("" if REFUSED in text else remark)


def _seen(cycles: int, records: int | None, output: dict[str, Any] | None) -> str:
    """Write what could be seen: cycles, or records of several parts each, which are none."""
    several = (output or {}).get("records_of_several_parts", 0)
    if not several:
        return _cycles(cycles, records)
    blind = f"{number_of(several, 'records')} of several parts each"
    return blind if several >= cycles else f"{number_of(cycles - several, 'cycles')}, {blind}"


def _output(output: dict[str, Any] | None) -> list[str]:
    """Say what came out, and the rate against the standard, where single cycles cannot be seen."""
    if not output or not output["records_of_several_parts"]:
        return []
    hours = sum(one["hours"] for one in output["station"])
    lines = [f"{figures(output['parts'])} parts in {figures(hours)} station-hours"]
    known = [one for one in output["station"] if isinstance(one["effectiveness"], int | float)]
    lines += [
        f"{one['station_id']}: {one['parts_per_hour']:,.1f} parts an hour, {one['effectiveness']:.0%} of the "
        "standard's rate"
        for one in known[:_MOST_STATIONS]
    ]
    if len(known) > _MOST_STATIONS:
        lines.append(f"and {number_of(len(known) - _MOST_STATIONS, 'stations')} more, in the report")
    if not known:
        reason = output["station"][0]["effectiveness"]
        lines.append(f"rate against the standard: {quantity(reason)}")
    return lines


def _cycles(cycles: int, records: int | None) -> str:
    """Write how many cycles there are, and that several records can be one cycle (cavities of a mould)."""
    joined = records is not None and records > cycles
    return number_of(cycles, "cycles") + (
        f" (from {figures(records or 0)} records that share a stamp)" if joined else ""
    )


def _period(period: dict[str, Any]) -> str:
    zone = period.get("timezone") or "unspecified"
    return f"{period['from']} to {period['to']}  (time zone: {zone})"


def _excluded(excluded: dict[str, int]) -> str:
    parts = [f"{figures(count)} {reason}" for reason, count in excluded.items() if count]
    return f"; left out: {', '.join(parts)}" if parts else ""


def _calls(report: dict[str, Any]) -> str:
    demand, silence = report["demand"], no_calls(report)
    calls = demand["calls"]
    without = sum((calls.get("without_time_trace") or {}).values())
    text = number_of(calls["count"], "andon calls")
    if without:
        text += f", {figures(without)} of them without a trace in cycle time"
    if silence is not None and silence != NO_CALLS:
        return f"{text}; {quantity(silence.to_json())}"
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
    """Say what the number rests on where people looked, and what the model alone said; None without.

    Where too few cycles were looked at, that is said with what is needed.
    """
    if "unavailable" in audit.get("count", {}):
        return f"not yet: {audit['count']['unavailable']}; needed: {audit['count']['needed']}"
    if "value" not in audit.get("count", {}):
        return None
    model = quantity(audit["model"]["count"], "slow cycles").partition(":")[0]
    apart = "; the two do not overlap, the audited one is used" * (audit.get("overlaps_model") is False)
    return f"{audit['rests_on']}; the model alone: {model}{apart}"


def _rate(demand: dict[str, Any]) -> str:
    text = quantity(demand["detection_rate"], percent=True)
    floor = demand.get("common_floor_s")
    comparable = isinstance(floor, int | float) and "unavailable" not in demand["detection_rate"]
    return f"{text} of slow cycles delayed by over {floor:.0f} s were called" if comparable else text


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
        early = section is not None and section.get("code") == TOO_EARLY
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
        return f"no station has grown slower, of {number_of(drift['judged'], 'stations')} judged"
    words = "slower than before" + (
        f", at {number_of(len(drift['stations']), 'stations')}" if drift["stations"] else ""
    )
    return _chronic(chronic, "drift", words)


def _caveats(caveats: Sequence[dict[str, Any]]) -> list[str]:
    if not caveats:
        return []
    order = {"serious": 0, "warning": 1, "info": 2}
    ranked = sorted(caveats, key=lambda caveat: order.get(caveat["severity"], 3))
    lines = ["", "What a reader must know:"]
    for caveat in ranked[:_MOST_CAVEATS]:
        lines += wrapped(f"  {caveat['severity']:<9}{caveat['message']}", 11)
    left = len(ranked) - _MOST_CAVEATS
    return [*lines, f"  … and {left} more in the report"] if left > 0 else lines
