"""Call rates beside each other: of ten problems of the same size, how many were called?

All at one common floor, printed on the chart; groups too small to show keep their row and say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish, rows_height
from analytics.charts.strata import Stratum, as_percent
from analytics.results import Estimate

AXIS = "Called, of slow cycles (%)"


def rates(rows: Sequence[Stratum], *, subtitle: str, nothing: str) -> go.Figure:
    """Draw one point a group with its interval, in the order given.

    Args:
        rows: groups, from top to bottom; those whose rate is withheld are drawn as a word.
        subtitle: sample size and common floor.
        nothing: what to say where no group has a rate.
    """
    if not any(isinstance(row.rate, Estimate) for row in rows):
        return empty(nothing, x=AXIS, y="")
    names = list(map(words.literal, words.shortened([row.label for row in rows])))
    known = [(name, row) for name, row in zip(names, rows, strict=True) if isinstance(row.rate, Estimate)]
    percent = [as_percent(row.rate) for _, row in known if isinstance(row.rate, Estimate)]
    figure = go.Figure(
        go.Scatter(
            y=[name for name, _ in known],
            x=[estimate.value for estimate in percent],
            mode="markers",
            marker={"size": 9, "color": palette.CALLED},
            error_x=error_bars(percent),
            hovertext=[
                f"<b>{words.literal(row.label)}</b><br>{words.with_interval(row.rate)} called<br>"
                f"{words.number(row.cycles)} cycles"
                for _, row in known
            ],
            hoverinfo="text",
            customdata=[[row.key] for _, row in known],
        )
    )
    for name, row in zip(names, rows, strict=True):
        if not isinstance(row.rate, Estimate):
            figure.add_annotation(
                y=name,
                x=0,
                xanchor="left",
                text=words.wrapped(words.cut(row.rate.reason, 72), 38),
                align="left",
                showarrow=False,
                font={"size": 10, "color": palette.MUTED},
            )
    finish(figure, subtitle=subtitle, x=AXIS, y="", height=rows_height(len(rows)), legend=False)
    figure.update_yaxes(
        autorange="reversed", showgrid=False, categoryorder="array", categoryarray=names, type="category"
    )
    figure.update_xaxes(range=[-2, 102], ticksuffix=" %")
    return figure
