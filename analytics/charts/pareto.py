"""Called against ran without a call, group by group, with the cumulative line.

Groups keep the order they are given in: stations and products come sorted, shifts and crews in their own
order (no league tables). The line is drawn only over sorted groups, where it means something.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish, rows_height
from analytics.charts.strata import Stratum, number_of
from analytics.results import Estimate, Quantity


def pareto(
    rows: Sequence[Stratum],
    *,
    unit: str,
    subtitle: str,
    nothing: str,
    cumulative: bool = True,
    called_only: bool = False,
) -> go.Figure:
    """Draw called and missed stacked, one row a group, and the cumulative share of both.

    Args:
        rows: groups, from top to bottom.
        unit: what the bars measure: "slow cycles" or "station-minutes".
        subtitle: what is shown: sample size and floor.
        nothing: what to say where there are no groups.
        cumulative: draw the cumulative line, in a panel beside the bars (groups are sorted by total).
        called_only: the groups exist for calls only (andon categories).
    """
    axis = unit[0].upper() + unit[1:]
    if not rows:
        return empty(nothing, x=axis, y="")
    names = list(map(words.literal, words.shortened([row.label for row in rows])))
    keys = [[row.key] for row in rows]
    figure = go.Figure()
    pairs: list[tuple[str, str, list[Quantity]]] = [
        (words.CALLED, palette.CALLED, [row.called for row in rows]),
    ]
    if not called_only:
        pairs.append((words.MISSED, palette.MISSED, [row.missed for row in rows]))
    for name, colour, quantities in pairs:
        figure.add_bar(
            y=names,
            x=[number_of(quantity) for quantity in quantities],
            name=name,
            orientation="h",
            marker={"color": colour, "pattern": {"shape": ["/" if row.apart else "" for row in rows]}},
            error_x=error_bars(quantities),
            customdata=keys,
            hovertext=[
                _hover(row, name, quantity, unit) for row, quantity in zip(rows, quantities, strict=True)
            ],
            hoverinfo="text",
        )
    finish(figure, subtitle=subtitle, x=axis, y="", height=rows_height(len(rows)) + 40)
    compared = [number for number, row in enumerate(rows) if not row.apart]
    if cumulative and len(compared) > 1 and (line := _cumulative([rows[n].total for n in compared])):
        figure.add_scatter(
            y=[names[n] for n in compared],
            x=line,
            xaxis="x2",
            name="cumulative share",
            mode="lines+markers",
            line={"color": palette.INK, "width": 1.5},
            marker={"size": 5, "color": palette.INK},
            customdata=[keys[n] for n in compared],
            hovertemplate="%{y}: cumulative %{x:.0f} %<extra></extra>",
        )
        figure.update_layout(
            xaxis2={
                "domain": [0.8, 1],
                "range": [0, 108],
                "tickvals": [0, 50, 100],
                "gridcolor": palette.GRID,
                "zeroline": False,
                "title": {
                    "text": "Cumulative (%)",
                    "standoff": 6,
                    "font": {"size": 12, "color": palette.MUTED},
                },
                "fixedrange": True,
            },
            xaxis_domain=[0, 0.75],
        )
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_layout(xaxis={"rangemode": "tozero", "separatethousands": True})
    return figure


def _cumulative(totals: list[float]) -> list[float]:
    whole = sum(totals)
    return [100 * running / whole for running in accumulate(totals)] if whole > 0 else []


def _hover(row: Stratum, name: str, quantity: Quantity, unit: str) -> str:
    lines = [f"<b>{words.literal(row.label)}</b>"]
    if isinstance(quantity, Estimate):
        lines.append(f"{name}: {words.with_interval(quantity)} {unit if unit == 'slow cycles' else ''}")
    else:
        lines.append(words.wrapped(f"{name}: {quantity.reason}"))
    if row.cycles:
        lines.append(f"{words.number(row.cycles)} cycles")
    if row.floor_s is not None:
        lines.append(f"delays of at least {words.seconds(row.floor_s)}")
    if row.apart:
        lines.append("stands apart: its floor is too high to compare")
    return "<br>".join(lines)
