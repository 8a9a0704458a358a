"""Where and when station-minutes ran without a call: stations (or shifts) by day.

Cells carry minutes, not rates: a single day is too small a group for a rate. A blank cell had no cycles.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, finish
from analytics.charts.strata import Stratum, number_of
from analytics.results import Estimate

UNIT = "Station-minutes that ran without a call (min)"


def heat(
    cells: Sequence[Stratum],
    *,
    row: str,
    column: str,
    rows: Sequence[str],
    columns: Sequence[str],
    subtitle: str,
    nothing: str,
) -> go.Figure:
    """Draw a matrix of station-minutes with the interval on hover; a click selects a cell.

    Args:
        cells: groups whose keys hold ``row`` and ``column``.
        row: the key of the rows: "station" or "shift".
        column: the key of the columns: "day".
        rows: the rows from top to bottom.
        columns: the columns from left to right.
        subtitle: what is shown, with the sample size.
        nothing: what to say where there are no cells.
    """
    column_title = column[0].upper() + column[1:]
    if not cells:
        return empty(nothing, x=column_title, y="")
    at = {(cell.key[row], cell.key[column]): cell for cell in cells}
    names = list(map(words.literal, words.shortened(list(rows), 16)))
    plot_px = 26 * max(2, len(rows))
    grid = [[at.get((name, when)) for when in columns] for name in rows]
    figure = go.Figure(
        go.Heatmap(
            z=[[number_of(cell.minutes) if cell else None for cell in line] for line in grid],
            x=list(columns),
            y=names,
            xgap=1,
            ygap=1,
            zmin=0,
            colorscale=palette.MISSED_SCALE,
            colorbar={
                "orientation": "h",
                "thickness": 10,
                "len": 1.0,
                "x": 0.5,
                "y": -66 / plot_px,
                "yanchor": "top",
                "ypad": 0,
                "outlinewidth": 0,
                "title": {"text": UNIT, "side": "bottom", "font": {"size": 12, "color": palette.MUTED}},
            },
            hoverinfo="skip",
        )
    )
    # Streamlit takes no clicks on a heatmap: invisible markers over its cells carry hover and click.
    seen = [(name, cell) for name, line in zip(names, grid, strict=True) for cell in line if cell]
    figure.add_scatter(
        x=[cell.key[column] for _, cell in seen],
        y=[name for name, _ in seen],
        mode="markers",
        marker={"size": 24, "symbol": "square", "opacity": 0, "color": palette.INK},
        selected={"marker": {"opacity": 0.25}},
        unselected={"marker": {"opacity": 0}},
        hovertext=[_hover(cell, row, column) for _, cell in seen],
        hoverinfo="text",
        customdata=[[cell.key] for _, cell in seen],
        showlegend=False,
    )
    finish(
        figure,
        subtitle=subtitle,
        x=column_title,
        y="",
        height=plot_px + 18 + 112,
        legend=False,
    )
    figure.update_layout(plot_bgcolor=palette.SHADE, margin_b=112)
    shown = list(columns)[:: max(1, -(-len(columns) // 6))]
    figure.update_xaxes(
        type="category",
        showgrid=False,
        tickvals=shown,
        ticktext=[_day(name) for name in shown],
        tickangle=0,
        range=[-0.5, len(columns) - 0.5],
    )
    figure.update_yaxes(type="category", showgrid=False, range=[len(names) - 0.5, -0.5])
    return figure


def _day(name: str) -> str:
    """Write an ISO date as "2 Mar"; anything else as it is."""
    try:
        when = date.fromisoformat(name)
    except ValueError:
        return words.short(name, 10)
    return f"{when.day} {when:%b}"


def _hover(cell: Stratum, row: str, column: str) -> str:
    lines = [f"<b>{words.literal(cell.key[row])}</b>, {cell.key[column]}"]
    if isinstance(cell.minutes, Estimate):
        lines.append(f"{words.with_interval(cell.minutes)} ran without a call")
    else:
        lines.append(words.wrapped(cell.minutes.reason))
    if isinstance(cell.missed, Estimate):
        lines.append(f"{words.with_interval(cell.missed)} slow cycles without a call")
    lines.append(f"{words.number(number_of(cell.called))} called, {words.number(cell.cycles)} cycles")
    return "<br>".join(lines)
