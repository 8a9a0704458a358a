"""What became of calls between two periods, and what of it comes from problems, call rate and mix.

Ratios with their intervals around "as before"; no colour says which side is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from analytics.charts import palette
from analytics.charts.calling import PARTS, part, percent
from analytics.charts.layout import empty, error_bars, finish, rows_height
from analytics.results import Estimate

AXIS = "Change, later to earlier period (%)"

_FULL = {PARTS[-1][1]: "from cycles moved between stations"}


def change(section: Mapping[str, Any], *, subtitle: str, nothing: str) -> go.Figure:
    """Draw the change in calls and its parts, each with its interval.

    Args:
        section: the report's section ``change``.
        subtitle: the two periods, their sizes, and the common floor.
        nothing: what to say where there is no change to draw.
    """
    told = [(name, part(section, key)) for key, name in PARTS]
    known = [(name, _percent(one), one) for name, one in told if isinstance(one, Estimate)]
    if not known:
        return empty(nothing, x=AXIS, y="")
    figure = go.Figure(
        go.Scatter(
            y=[name for name, _, _ in known],
            x=[drawn.value for _, drawn, _ in known],
            error_x=error_bars([drawn for _, drawn, _ in known]),
            mode="markers",
            marker={
                "size": 10,
                "color": [palette.INK, *[palette.NEUTRAL] * (len(known) - 1)],
                "symbol": ["circle", *["diamond"] * (len(known) - 1)],
            },
            hovertext=[f"<b>{_FULL.get(name, name)}</b><br>{percent(one)}" for name, _, one in known],
            hoverinfo="text",
        )
    )
    figure.add_vline(x=0, line={"color": palette.MUTED, "width": 1.5, "dash": "dot"})
    finish(figure, subtitle=subtitle, x=AXIS, y="", height=rows_height(len(known)), legend=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(ticksuffix=" %", zeroline=False, tickformat="d")
    return figure


def _percent(ratio: Estimate) -> Estimate:
    return Estimate(
        value=100 * (ratio.value - 1),
        lower=100 * (ratio.lower - 1),
        upper=100 * (ratio.upper - 1),
        level=ratio.level,
        unit="%",
        method=ratio.method,
    )
