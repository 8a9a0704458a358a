"""The andon detection curve: of cycles that took so many seconds too long, how many were called?

Shares by band of seconds are drawn as they are, beside the fitted curve; nothing is drawn beyond the seconds
that were seen. Both come from the report contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish, rows_height
from analytics.charts.strata import as_percent
from analytics.results import Estimate, Quantity, quantity_from_json

X = "Seconds longer than usual (log scale)"
Y = "Called, of slow cycles (%)"
HALF, MOST = "one in two called", "nine in ten called"
_TICKS = [2, 5, 15, 45, 120, 360, 1200, 3600]
_BAND = "rgba(31, 95, 153, 0.16)"


def detection_curve(curve: Mapping[str, Any], *, subtitle: str, nothing: str) -> go.Figure:
    """Draw shares by band of seconds with their intervals and sample sizes, and the fitted curve in its band.

    Args:
        curve: one curve of the report's section ``detection_curve``.
        subtitle: sample size, and what is left out.
        nothing: what to say where there are no shares.
    """
    points = curve.get("points") or []
    if not points:
        return empty(nothing, x=X, y=Y)
    figure = go.Figure()
    _fitted(figure, curve.get("fitted") or [])
    shares = [as_percent(_estimate(point["called"])) for point in points]
    figure.add_scatter(
        x=[point["seconds"] for point in points],
        y=[share.value for share in shares],
        error_y=error_bars(shares),
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [point["to_s"] - point["seconds"] for point in points],
            "arrayminus": [point["seconds"] - point["from_s"] for point in points],
            "color": palette.OUTSIDE,
            "thickness": 1.2,
            "width": 0,
        },
        mode="markers",
        name="as seen, in bands of seconds",
        marker={"size": 8, "color": palette.INK},
        hovertext=[
            f"<b>{words.span(point['from_s'], point['to_s'])}</b><br>"
            f"{words.with_interval(_estimate(point['called']))} called<br>"
            f"{words.number(point['slow_cycles'], 1.0)} slow cycles"
            for point in points
        ],
        hoverinfo="text",
    )
    for number, point in enumerate(points):
        figure.add_annotation(
            x=_log10(point["seconds"]),
            # In two rows: on a phone the marks stand closer than three digits are wide.
            y=(-6, -13)[number % 2],
            text=words.number(point["slow_cycles"], 1.0),
            showarrow=False,
            font={"size": 10, "color": palette.MUTED},
        )
    finish(figure, subtitle=subtitle, x=X, y=Y, height=380)
    ticks = [tick for tick in _TICKS if points[0]["from_s"] * 0.9 <= tick <= points[-1]["to_s"] * 1.1]
    figure.update_xaxes(
        type="log", tickvals=ticks, ticktext=[words.seconds(tick) for tick in ticks], tickangle=0
    )
    figure.update_yaxes(range=[-18, 104], tickvals=[0, 25, 50, 75, 100], zeroline=False)
    return figure


def seconds_by_group(
    rows: Sequence[tuple[str, Mapping[str, Any]]], *, subtitle: str, nothing: str
) -> go.Figure:
    """Draw from how many seconds on one in two and nine in ten are called, a row a group, in the order given.

    Args:
        rows: a name and a curve of the report, or a refusal, each.
        subtitle: what is compared.
        nothing: what to say where there are no rows.
    """
    if not rows:
        return empty(nothing, x=X, y="")
    names = words.shortened([name for name, _ in rows])
    told = [(_of(curve, "called_50_s"), _of(curve, "called_90_s")) for _, curve in rows]
    figure = go.Figure()
    for which, (name, symbol, colour) in enumerate(
        ((HALF, "circle", palette.CALLED), (MOST, "diamond-open", palette.INK))
    ):
        known = [
            (label, one, curve)
            for label, both, (_, curve) in zip(names, told, rows, strict=True)
            if isinstance(one := both[which], Estimate)
        ]
        figure.add_scatter(
            y=[label for label, _, _ in known],
            x=[one.value for _, one, _ in known],
            error_x=error_bars([one for _, one, _ in known]),
            mode="markers",
            name=name,
            marker={"size": 10, "color": colour, "symbol": symbol},
            hovertext=[
                f"<b>{label}</b><br>{name} from {words.with_interval(one)} on<br>"
                f"{words.number(curve['slow_cycles'], 1.0)} slow cycles{_ninety(curve)}"
                for label, one, curve in known
            ],
            hoverinfo="text",
        )
    for label, both in zip(names, told, strict=True):
        if not any(isinstance(one, Estimate) for one in both):
            figure.add_annotation(
                y=label,
                x=0,
                xref="paper",
                xanchor="left",
                text=words.wrapped(words.cut(words.interval(both[0]), 80), 42),
                align="left",
                showarrow=False,
                font={"size": 10, "color": palette.MUTED},
            )
    finish(figure, subtitle=subtitle, x="Seconds longer than usual", y="", height=rows_height(len(rows)) + 40)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=names, type="category"
    )
    figure.update_xaxes(rangemode="tozero", ticksuffix=" s")
    return figure


def _fitted(figure: go.Figure, fitted: Sequence[Mapping[str, Any]]) -> None:
    """Draw the curve inside its interval."""
    if not fitted:
        return
    at = [point["seconds"] for point in fitted]
    shares = [as_percent(_estimate(point["called"])) for point in fitted]
    edge = {"width": 0, "color": palette.CALLED}
    for bound, fill in (([one.upper for one in shares], None), ([one.lower for one in shares], "tonexty")):
        figure.add_scatter(
            x=at,
            y=bound,
            mode="lines",
            line=edge,
            fill=fill,
            fillcolor=_BAND,
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_scatter(
        x=at,
        y=[one.value for one in shares],
        mode="lines",
        name="fitted curve, with interval",
        line={"color": palette.CALLED, "width": 2.5},
        hovertext=[
            f"<b>{words.seconds(seconds)}</b><br>{words.with_interval(_estimate(point['called']))} called"
            for seconds, point in zip(at, fitted, strict=True)
        ],
        hoverinfo="text",
    )


def _ninety(curve: Mapping[str, Any]) -> str:
    """Say why there is no mark for nine in ten, where there is none."""
    most = _of(curve, "called_90_s")
    return "" if isinstance(most, Estimate) else f"<br>nine in ten: {words.wrapped(words.reason(most), 40)}"


def _of(curve: Mapping[str, Any], name: str) -> Quantity:
    return quantity_from_json(dict(curve if "unavailable" in curve else curve[name]))


def _estimate(given: Mapping[str, Any]) -> Estimate:
    found = quantity_from_json(dict(given))
    if not isinstance(found, Estimate):
        raise TypeError(f"a share by seconds is an estimate, got {given}")
    return found


def _log10(value: float) -> float:
    return float(np.log10(value))
