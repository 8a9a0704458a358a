"""The report as one HTML file: nothing is fetched from anywhere, it prints as it stands.

The first screen carries the message: what ran without a call, what it comes to, how much of it was called,
and what strains the answer. All text is escaped by the template engine; nothing from the data is ever markup.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from analytics.charts import palette, words
from analytics.report import calling, help_busy, proposed, put_out, slower, view, wording
from analytics.report.contract import check_report
from analytics.results import Unavailable

TABLES = (
    ("line", "By line", ("Line",)),
    ("station", "By station", ("Line", "Station")),
    ("product", "By product", ("Product",)),
    ("shift", "By shift", ("Shift",)),
)
MOST_ROWS = 200
COLOURS = ("CALLED", "RECORDED", "MISSED", "NORMAL", "INK", "MUTED", "GRID")


def render_html(report: dict[str, Any]) -> str:
    """Return the report as one self-contained, printable HTML page.

    Args:
        report: the report contract.

    Raises:
        ValueError: it breaks the contract.
    """
    check_report(report)
    count = wording.quantity(report["demand"], "undetected", "count")
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            colours={name: getattr(palette, name) for name in COLOURS},
            headline=wording.headline(report),
            supporting=wording.supporting(report),
            tiles=_tiles(report),
            ladder=view.ladder(report),
            stations=view.worst_stations(report),
            days=view.days(report),
            change=calling.change(report),
            change_words=calling.change_in_words(report),
            by_seconds=calling.share_by_seconds(report),
            seconds_called=calling.seconds_called(report),
            tables=[
                (title, heads, rows[:MOST_ROWS], len(rows), notes)
                for name, title, heads in TABLES
                for rows, notes in [view.groups(report, name)]
                if rows
            ],
            targets=view.targets(report),
            first_steps=proposed.first_steps(report["targets"][: view.MOST_TARGETS]),
            types=_types(report),
            slower=slower.grown_slower(report),
            slower_words=slower.in_words(report),
            refused=view.refused(report),
            put_out=put_out.in_words(report),
            seen=put_out.seen(report),
            response=_response(report),
            busy=_when_help_is_busy(report),
            caveats=sorted(report["caveats"], key=_severity),
            station_minutes=wording.STATION_MINUTES,
            traceless=wording.TRACELESS,
            rate_note=wording.rate_note(report),
            models_own=wording.models_own(report),
            floor=wording.floor(report["demand"].get("undetected", {}).get("floor_s", {})),
            count=words.number,
            counted=words.counted,
            affects=wording.affects,
            file_name=wording.file_name,
            once=_once(count.reason if isinstance(count, Unavailable) else ""),
        )
    )


def _once(reason: str) -> Callable[[str], str]:
    """Return what points to a reason that the headline gave instead of giving it again."""

    def once(text: str) -> str:
        if not reason:
            return text
        return text.replace(f": {reason}", ", as above").replace(reason, "as above")

    return once


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("analytics.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _tiles(report: dict[str, Any]) -> list[dict[str, str]]:
    """Return the four figures of the first screen."""
    demand, chronic = report["demand"], report["chronic"]
    asked = (
        ("Ran without a call", "slow cycles, at least", wording.quantity(demand, "undetected", "count")),
        ("Delay in them", "station-minutes", wording.quantity(demand, "undetected", "minutes")),
        (
            "Detection rate",
            f"called, of {wording.rate_note(report)}",
            wording.quantity(demand, "detection_rate"),
        ),
        (
            "Slower than standard",
            "station-minutes, chronic, beside the slow cycles",
            wording.quantity(chronic, "standard_not_held", "minutes"),
        ),
    )
    return [
        {
            "name": name,
            "note": note,
            "figure": wording.figure(given),
            "interval": wording.interval(given),
        }
        for name, note, given in asked
    ]


def _types(report: dict[str, Any]) -> list[dict[str, str]]:
    titles = (
        ("type_1", "Type 1", "every problem, once: restored now"),
        ("type_2", "Type 2", "recurring patterns and standards not held, at their cause"),
        ("type_3", "Type 3", "declared target conditions not yet reached"),
    )
    return [
        {
            "name": name,
            "note": note,
            "count": wording.with_bounds(wording.quantity(report["types"], key, "count")),
            "minutes": wording.with_bounds(wording.quantity(report["types"], key, "minutes")),
        }
        for key, name, note in titles
    ]


def _response(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Say how fast help came, where the andon export tells."""
    response = report["response"]
    if "unavailable" in response:
        return [("Response", response["unavailable"])]
    rows = []
    for key, name in (("acknowledged_s", "Until help answered"), ("resolved_s", "Until the call was closed")):
        times = response[key]
        if "unavailable" in times:
            rows.append((name, times["unavailable"]))
        else:
            half, most = words.seconds(times["median"]), words.seconds(times["p90"])
            rows.append((name, f"half within {half}, nine in ten within {most}"))
    within = response["within_cycle_rate"]
    if isinstance(within, int | float):
        rows.append(("Answered within the cycle", words.share(within)))
    return rows


def _when_help_is_busy(report: dict[str, Any]) -> tuple[list[view.Row], list[str]]:
    """Return call rates by open calls on one scale, and what they come to; nothing where nobody can know."""
    if "unavailable" in report["walk_away"]:
        return [], []
    curve = help_busy.points(report)
    rows = view.bars([one.name for one in curve], [one.rate for one in curve], ("called",) * len(curve))
    sizes = [f"n = {wording.figure(one.slow_cycles)}" for one in curve]
    return [view.with_remark(row, size) for row, size in zip(rows, sizes, strict=True)], help_busy.sentences(
        report, curve
    )


def _severity(caveat: dict[str, str]) -> int:
    return ("serious", "warning", "info").index(caveat["severity"])
