"""What all figures share: fonts, margins, legend, subtitle, and the figure that says why it is empty.

Every figure must read at 390 px: margins are small, the legend lies below, subtitles are broken into lines,
and panning is off, so that a thumb scrolls the page instead of the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.strata import whiskers
from analytics.results import Quantity

CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
"""How pages show figures: no toolbar, no zoom by scrolling."""

ROW_PX = 30
_LINE_PX = 16


def finish(
    figure: go.Figure,
    *,
    subtitle: str,
    x: str,
    y: str,
    height: int,
    zoomable: bool = False,
    legend: bool = True,
) -> go.Figure:
    """Give a figure the common look and return it.

    Args:
        figure: the figure; changed and returned.
        subtitle: what is shown, with the sample size; broken into lines here.
        x: title of the x axis, with its unit.
        y: title of the y axis, with its unit ("" where the axis holds names).
        height: px.
        zoomable: dragging zooms along x (time axes); else the chart lies still under a thumb.
        legend: show the legend below the chart.
    """
    text = words.wrapped(subtitle)
    lines = text.count("<br>") + 1 if text else 0
    figure.update_layout(
        template="plotly_white",
        font={"family": palette.FONT, "size": 13, "color": palette.INK},
        title={
            "text": text,
            "font": {"size": 12, "color": palette.MUTED},
            "x": 0,
            "xanchor": "left",
            # Plotly centres the first line on y: keep half a line clear of the edge.
            "y": 1 - 11 / (height + _LINE_PX * lines),
            "yanchor": "top",
            "yref": "container",
            "pad": {"l": 2},
        },
        height=height + _LINE_PX * lines,
        margin={"l": 4, "r": 10, "t": 18 + _LINE_PX * lines, "b": 8, "pad": 2},
        legend={
            "orientation": "h",
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        showlegend=legend,
        hoverlabel={"align": "left", "font": {"size": 12}},
        hovermode="closest",
        dragmode="zoom" if zoomable else False,
        paper_bgcolor=palette.PAPER,
        plot_bgcolor=palette.PAPER,
        barmode="stack",
        bargap=0.3,
    )
    figure.update_xaxes(
        title={"text": x, "standoff": 6, "font": {"size": 12, "color": palette.MUTED}},
        automargin=True,
        gridcolor=palette.GRID,
        zerolinecolor=palette.GRID,
        fixedrange=not zoomable,
    )
    figure.update_yaxes(
        title={"text": y, "standoff": 6, "font": {"size": 12, "color": palette.MUTED}},
        automargin=True,
        gridcolor=palette.GRID,
        zerolinecolor=palette.GRID,
        fixedrange=True,
    )
    if legend:
        figure.update_layout(margin_b=70)
    return figure


def without_subtitle(figure: go.Figure) -> tuple[go.Figure, str]:
    """Take the subtitle out of a figure, and its room; return both, for a page that writes it above.

    Plotly cannot fit a text to the width of its place; a page can.
    """
    text = figure.layout.title.text or ""
    if not text:
        return figure, ""
    room = _LINE_PX * (text.count("<br>") + 1)
    figure.update_layout(
        title_text="", height=figure.layout.height - room, margin_t=figure.layout.margin.t - room
    )
    return figure, text.replace("<br>", " ")


def empty(message: str, *, x: str, y: str, height: int = 90) -> go.Figure:
    """Return a figure that says why there is nothing in it; the axes keep their (hidden) titles."""
    figure = go.Figure()
    finish(figure, subtitle="", x=x, y=y, height=height, legend=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=words.wrapped(words.literal(message), 44),
        showarrow=False,
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        font={"size": 14, "color": palette.MUTED},
    )
    return figure


def error_bars(quantities: Sequence[Quantity]) -> dict[str, Any]:
    """Return Plotly error bars that draw the intervals of these quantities."""
    above, below = whiskers(list(quantities))
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": palette.INK,
        "thickness": 1.2,
        "width": 3,
    }


def rows_height(rows: int, *, least: int = 3) -> int:
    """Return the height in px of a chart with one bar a row."""
    return ROW_PX * max(least, rows) + 110
