"""The sentences of a report, in the words of the shop floor.

*Called*, *recorded, not called*, *ran without a call*: the operator who cleared the jam did detect it. Every
figure comes with its interval, its floor and its unit; station-minutes are never called lost output.
"""

from __future__ import annotations

from typing import Any

from analytics.charts import words
from analytics.results import NO_CALLS, Estimate, Quantity, Unavailable, no_calls, quantity_from_json

TRACELESS = (
    "Problems that leave no trace in time (many of quality and safety, what was prevented, what nobody "
    "measured) are not in any of these figures."
)
MODELS = "the model's, which the audit contradicts"
STATION_MINUTES = (
    "Station-minutes are the delay added up over stations. They are not lost output: while one station "
    "waits, the line may still run."
)


def quantity(part: dict[str, Any], *keys: str) -> Quantity:
    """Read an estimate out of a section; a section that was refused refuses all that is in it."""
    for key in keys:
        if "unavailable" in part:
            break
        part = part[key]
    return quantity_from_json(part)


def figure(given: Quantity) -> str:
    """Write a value: "1,234", or "38 %" for a share; minutes stay minutes, so that one chart has one unit."""
    if isinstance(given, Unavailable):
        return "not said"
    if given.unit.startswith("share"):
        return words.share(given.value)
    return words.number(given.value, _whole_from(given.unit))


def bounds(given: Estimate) -> str:
    """Write the interval: "1,100–1,370", "35–41 %"."""
    if given.unit.startswith("share"):
        return words.interval(given)
    whole_from = _whole_from(given.unit)
    return f"{words.number(given.lower, whole_from)}–{words.number(given.upper, whole_from)}"


def _whole_from(unit: str) -> float:
    """From where on a number is written whole: what is counted has no fraction."""
    return 10.0 if "minute" in unit else 1.0


def why(given: Unavailable) -> str:
    """Return why there is no number, without saying twice that there is none."""
    return words.reason(given).removeprefix("not estimated: ")


def with_bounds(given: Quantity) -> str:
    """Write a value with its interval (what was counted has none), or why there is none."""
    if isinstance(given, Unavailable):
        return f"not said: {given.reason}"
    return figure(given) if given.lower == given.upper else f"{figure(given)} ({bounds(given)})"


def interval(given: Quantity) -> str:
    """Write the interval with its level, or the reason why there is none."""
    if isinstance(given, Unavailable):
        return given.reason
    return f"{bounds(given)} ({100 * given.level:.0f} % interval)"


def floor(part: dict[str, Any]) -> str:
    """Write the floor of a group: "12 s", or "4–30 s" over its stations."""
    low, high = part.get("min"), part.get("max")
    if low is None or high is None:
        return "none"
    first, last = coarse(low), coarse(high)
    return f"{first}\N{NO-BREAK SPACE}s" if first == last else f"{first}–{last}\N{NO-BREAK SPACE}s"


def coarse(value_s: float) -> str:
    """Write seconds with two figures: nobody needs a floor more exactly.

    Example:
        >>> coarse(3.396), coarse(25.35), coarse(131.0)
        ('3.4', '25', '131')
    """
    return f"{value_s:.2g}" if value_s < 100 else f"{value_s:.0f}"


def delayed_by(part: dict[str, Any]) -> str:
    """Say which delay makes a cycle slow: "delayed by over 12 s", "… over their station's floor (4–30 s)"."""
    text = floor(part)
    return f"delayed by over their station's floor ({text})" if "–" in text else f"delayed by over {text}"


def headline(report: dict[str, Any]) -> str:
    """Say what the report found, in one sentence."""
    count = quantity(report["demand"], "undetected", "count")
    minutes = quantity(report["demand"], "undetected", "minutes")
    if isinstance(count, Unavailable):
        return f"How many slow cycles ran without a call is not said: {count.reason}."
    delayed = delayed_by(report["demand"]["undetected"]["floor_s"])
    if count.lower <= 0:
        text = (
            f"No slow cycles {delayed} stand out from noise without a call: "
            f"{figure(count)} found, and 0 to {words.number(count.upper, 1.0)} fit the data"
        )
    else:
        text = (
            f"At least {figure(count)} slow {'cycle' if figure(count) == '1' else 'cycles'} {delayed} "
            f"ran without a call ({bounds(count)})"
        )
    if isinstance(minutes, Unavailable):
        return f"{text}."
    if count.lower <= 0:
        return f"{text} (up to {words.number(minutes.upper)} station-minutes)."
    return f"{text}, {with_bounds(minutes)} station-minutes."


def supporting(report: dict[str, Any]) -> list[str]:
    """Say what belongs to the headline: calls, problems, what they come to in time."""
    demand = report["demand"]
    if "unavailable" in demand:
        return []
    said = []
    calls = demand["calls"]["count"]
    detected, silence = quantity(demand, "detected", "count"), no_calls(report)
    if silence == NO_CALLS:
        said.append("No andon calls were loaded, so everything found ran without one.")
    elif silence is not None:
        said.append(f"{silence.reason.capitalize()}, so none of what was found is known to be called.")
    elif isinstance(detected, Estimate):
        silent = sum(demand["calls"]["without_time_trace"].values())
        aside = f"; {words.counted(silent, 'call')} left no trace in cycle time" if silent else ""
        raised, slow = words.counted(calls, "andon call"), figure(detected)
        said.append(
            f"{raised} {'was' if calls == 1 else 'were'} raised; {slow} slow "
            f"{'cycle was' if slow == '1' else 'cycles were'} called or covered by an open call{aside}."
        )
    problems = quantity(demand, "undetected", "problems")
    if isinstance(problems, Estimate):
        said.append(
            f"One problem can slow several cycles: those without a call come to about "
            f"{figure(problems)} problems ({bounds(problems)})."
        )
    said += _takt(report)
    return said


def seen_by_none(report: dict[str, Any]) -> tuple[str, str]:
    """Say what no source holds: the range or that there is none, and what it rests on."""
    count = quantity(report["demand"], "seen_by_no_source", "count")
    if isinstance(count, Unavailable):
        return "not estimated", why(count)
    evidence = report["demand"]["seen_by_no_source"].get("evidence")
    if evidence is None:
        return with_bounds(count), "a range, never part of a sum"
    ratio, visible, beyond = (
        quantity(evidence, name) for name in ("odds_ratio", "visible_in_cycle_time", "beyond_cycle_time")
    )
    text = f"{bounds(count)} slow cycles of {coarse(evidence['threshold_s'])}\N{NO-BREAK SPACE}s or more"
    lists = f"{evidence['first']} and “{evidence['second']}”"
    rests = f"by {lists}, which share {words.number(evidence['overlap'])}"
    if isinstance(ratio, Estimate):
        rests += f" (odds ratio {ratio.value:.2f}, {ratio.lower:.2f}–{ratio.upper:.2f})"
    shown = f"cycle times show {with_bounds(visible)} of them, counted above"
    rest = f"; beyond these {bounds(beyond)}" if isinstance(beyond, Estimate) else ""
    whose = f"; {MODELS}" * contradicted(report)
    return text, f"a range {rests}; {shown}{rest}{whose}; a cross-check, never part of a sum"


def audited(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the audited number and what it rests on, as one pair; nothing where nobody looked.

    Where too few cycles were looked at, the pair says so.
    """
    audit = report["audit"]
    if "unavailable" in audit:
        return []
    count, model = quantity(audit, "count"), quantity(audit, "model", "count")
    if isinstance(count, Unavailable):
        return [("not said", f"{why(count)}; {count.needed} are needed")]
    alone = "says nothing" if isinstance(model, Unavailable) else f"says {with_bounds(model)}"
    apart = ": the two do not overlap, and the audited number is used" * contradicted(report)
    return [(with_bounds(count), f"{audit['rests_on']}. The model alone {alone}{apart}")]


def contradicted(report: dict[str, Any]) -> bool:
    """Tell whether an audit contradicts the model: what it could not correct is then to be read with care."""
    return (report.get("audit") or {}).get("overlaps_model") is False


def models_own(report: dict[str, Any]) -> str:
    """Say beside figures that no audit corrects whose they are, where one contradicts them; "" elsewhere."""
    return f"These figures are {MODELS}." if contradicted(report) else ""


def rate_note(report: dict[str, Any]) -> str:
    """Say at which floor rates are compared."""
    common = report["demand"].get("common_floor_s")
    if isinstance(common, int | float):
        return f"slow cycles delayed by over {coarse(common)}\N{NO-BREAK SPACE}s, the common floor"
    return "slow cycles at the common floor"


def _takt(report: dict[str, Any]) -> list[str]:
    """Say how often a problem occurs, and how often one runs without a call, in planned time."""
    hours = report["exposure"]["planned_hours"]
    if not isinstance(hours, int | float) or hours <= 0:
        return []
    asked = (
        ("one problem, called or not, every ", quantity(report["types"], "type_1", "count")),
        ("one without a call every ", quantity(report["demand"], "undetected", "problems")),
    )
    told = [
        f"{name}{words.every(60 * hours / given.value)}"
        for name, given in asked
        if isinstance(given, Estimate) and given.value >= 1
    ]
    return [f"In a line's planned time that is {', and '.join(told)}."] if told else []


_AFFECTS = {
    "demand.undetected.minutes": "the station-minutes without a call",
    "demand.undetected.problems": "the problems without a call",
    "demand.undetected.recorded": "what was recorded, not called",
    "demand.undetected": "what ran without a call",
    "demand.detected": "what was called",
    "demand.detection_rate": "the call rate",
    "demand.calls": "the calls",
    "demand": "the ladder",
    "exposure": "what could be seen",
    "minutes": "the station-minutes",
    "chronic": "the chronic gap",
    "capacity": "the capacity",
    "walk_away": "what busy help comes to",
    "detection_curve": "the share called by seconds",
    "change": "the change in calls",
    "audit": "the audit",
    "targets": "the targets",
    "period": "the period",
    "times": "the times",
    "cycles": "the cycles",
    "by": "every table",
    "by.day": "the days",
    "by.shift": "the shifts",
    "everything": "everything",
}


def affects(places: str) -> str:
    """Say in words which parts of the report a caveat touches.

    Example:
        >>> affects("demand.detected, by.day")
        'what was called, the days'
    """
    return ", ".join(_AFFECTS.get(place.strip(), place.strip()) for place in places.split(","))


def file_name(path: str) -> str:
    r"""Return a file's name without the folders in which it lay on somebody's machine.

    Example:
        >>> file_name("/home/kim/exports/mes.csv"), file_name("C:\\exports\\mes.csv"), file_name("mes.csv")
        ('mes.csv', 'mes.csv', 'mes.csv')
    """
    return str(path).replace("\\", "/").rsplit("/", 1)[-1]
