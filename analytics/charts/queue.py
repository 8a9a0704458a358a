"""Is an andon called less often while help is busy? Call rates by the number of calls already open.

One colour for all points, and no target: a rate says nothing of the people. Each point carries its sample
size; one that pools too few keeps its place and says why it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish
from analytics.charts.strata import as_percent
from analytics.results import Estimate, Quantity

X, Y = "Other calls open on the line", "Called, of slow cycles (%)"


def queue(points: Sequence[tuple[str, Quantity, Quantity]], *, subtitle: str, nothing: str) -> go.Figure:
    """Draw one point per number of open calls, with its interval.

    Args:
        points: label, share that was called, and how many slow cycles it rests on; from no open call on.
        subtitle: sample size and floor.
        nothing: what to say where no point can be shown.
    """
    known = [(label, rate, size) for label, rate, size in points if isinstance(rate, Estimate)]
    if not known:
        return empty(nothing, x=X, y=Y)
    percent = [as_percent(rate) for _, rate, _ in known]
    figure = go.Figure(
        go.Scatter(
            x=[label for label, _, _ in known],
            y=[one.value for one in percent],
            mode="markers+lines",
            line={"width": 1, "dash": "dot", "color": palette.CALLED},
            marker={"size": 9, "color": palette.CALLED},
            error_y=error_bars(percent),
            hovertext=[
                f"{label}: {words.with_interval(rate)} called<br>{words.value(size)} slow cycles"
                for label, rate, size in known
            ],
            hoverinfo="text",
        )
    )
    finish(figure, subtitle=subtitle, x=X, y=Y, height=280, legend=False)
    labels = [
        f"{label}<br>n = {words.value(size)}" if isinstance(rate, Estimate) else f"{label}<br>too few"
        for label, rate, size in points
    ]
    names = [label for label, _, _ in points]
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        range=[-0.5, len(names) - 0.5],
        tickvals=names,
        ticktext=labels,
        showgrid=False,
    )
    figure.update_yaxes(range=[0, 102], ticksuffix=" %")
    return figure
