"""The cycles themselves on a time axis: what was slow, what was called, and when help was asked for.

Net seconds against the time at which the cycle ended, with the station's usual time, the floor above it, the
andon calls as marks along the top, and breaks shaded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from analytics.charts import palette, words
from analytics.charts.layout import empty, finish

LIKELY = 0.5
"""From this probability on a cycle is drawn as "ran without a call"; its size shows the probability."""

MOST_SHADED = 200
_PAUSE_H = 6

_TICKS_S = [step * 10**power for power in range(-1, 6) for step in (1, 2, 5)]


def timeline(
    cycles: pl.DataFrame,
    calls: pl.DataFrame,
    breaks: pl.DataFrame,
    *,
    clock: str,
    subtitle: str,
    nothing: str,
) -> go.Figure:
    """Draw the cycles of one station.

    Args:
        cycles: columns of the run's ``cycles`` table, times in wall time.
        calls: columns of ``calls``, same clock.
        breaks: columns of ``breaks``, same clock.
        clock: which time the axis shows: "Europe/Berlin", "as exported".
        subtitle: station, day, number of cycles.
        nothing: what to say where there are no cycles.
    """
    x_title, y_title = f"Time ({clock})", "Net cycle time (s)"
    cycles = cycles.filter(pl.col("net_s").is_not_null()).sort("ended_at")
    if cycles.is_empty():
        return empty(nothing, x=x_title, y=y_title)
    figure = go.Figure()
    first, last = cycles["ended_at"].min(), cycles["ended_at"].max()
    _shade(figure, breaks, first, last)
    _lines(figure, cycles)
    missed = (pl.col("undetected_probability") >= LIKELY).fill_null(value=False)
    called = pl.col("called").fill_null(value=False) | (pl.col("state") == "covered")
    not_judged = pl.col("state").is_in(["blocked", "starved", "planned", "masked"])
    groups: list[tuple[str, pl.DataFrame, dict[str, Any]]] = [
        (
            "normal",
            cycles.filter(~missed & ~called & ~not_judged),
            {"size": 4, "color": palette.NORMAL},
        ),
        (
            "not judged",
            cycles.filter(~missed & ~called & not_judged),
            {"size": 5, "color": palette.NORMAL, "symbol": "circle-open", "line": {"width": 1}},
        ),
        (words.CALLED, cycles.filter(called), {"size": 9, "color": palette.CALLED, "symbol": "diamond"}),
        (
            words.MISSED,
            likely := cycles.filter(missed & ~called),
            {
                "size": [6 + 6 * p for p in likely["undetected_probability"].to_list()],
                "color": palette.MISSED,
                "opacity": 1,
                "line": {"width": 0.5, "color": palette.PAPER},
            },
        ),
    ]
    for name, group, marker in groups:
        figure.add_scatter(
            x=group["ended_at"].to_list(),
            y=group["net_s"].to_list(),
            mode="markers",
            name=f"{name} ({words.number(group.height)})",
            marker=marker,
            hovertext=[_hover(row) for row in group.iter_rows(named=True)],
            hoverinfo="text",
        )
    shown = _main_stretch(cycles)
    outside = cycles.height - shown.height
    if outside:
        x_title += f"; {words.counted(outside, 'cycle')} beyond, double-click to see"
    finish(figure, subtitle=subtitle, x=x_title, y=y_title, height=470, zoomable=True)
    figure.update_xaxes(type="date", range=_range(shown))
    _scale(figure, cycles)
    _calls(figure, calls)
    figure.update_layout(margin_b=112)
    return figure


def _main_stretch(cycles: pl.DataFrame) -> pl.DataFrame:
    """Return the longest stretch of work without a pause of hours (a cycle may end after the weekend)."""
    pause = pl.col("ended_at").diff() > timedelta(hours=_PAUSE_H)
    stretches = cycles.with_columns(pause.fill_null(value=False).cum_sum().alias("stretch"))
    longest = stretches["stretch"].value_counts(sort=True)["stretch"][0]
    return stretches.filter(pl.col("stretch") == longest)


def _range(cycles: pl.DataFrame) -> list[datetime]:
    """Return the stretch with a margin on either side."""
    first, last = cycles["ended_at"].item(0), cycles["ended_at"].item(-1)
    margin = max((last - first) * 0.03, timedelta(minutes=1))
    return [first - margin, last + margin]


def _lines(figure: go.Figure, cycles: pl.DataFrame) -> None:
    """Draw the usual time and the floor above it, breaking the line where cycles are missing."""
    known = cycles.filter(pl.col("expected_s").is_not_null())
    for name, level, style in (
        ("usual time", pl.col("expected_s"), {"color": palette.INK, "width": 1}),
        (
            "floor",
            pl.col("expected_s") + pl.col("floor_s"),
            {"color": palette.MUTED, "width": 1, "dash": "dot"},
        ),
    ):
        figure.add_scatter(
            x=known["ended_at"].to_list(),
            y=known.select(level.alias("level"))["level"].to_list(),
            mode="lines",
            name=name,
            line={**style, "shape": "hv"},
            hoverinfo="skip",
        )


def _scale(figure: go.Figure, cycles: pl.DataFrame) -> None:
    """Show long stops and ordinary cycles on one axis: logarithmic where the longest dwarfs the rest."""
    top = float(cycles["net_s"].max() or 1.0)  # type: ignore[arg-type]
    middle = float(cycles["net_s"].median() or 1.0)  # type: ignore[arg-type]
    if top > 5 * middle and middle > 0:
        figure.update_yaxes(
            type="log",
            tickvals=_TICKS_S,
            ticktext=[words.number(tick) for tick in _TICKS_S],
            title_text="Net cycle time (s, log scale)",
        )
    else:
        figure.update_yaxes(range=[0, top * 1.12])


def _calls(figure: go.Figure, calls: pl.DataFrame) -> None:
    """Mark andon calls along the top of the chart."""
    rows = list(calls.sort("raised_at").iter_rows(named=True))
    figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})
    figure.add_scatter(
        x=[row["raised_at"] for row in rows],
        y=[0.97] * len(rows),
        yaxis="y2",
        mode="markers",
        name=f"andon call ({len(rows)})",
        marker={"symbol": "triangle-down", "size": 10, "color": palette.CALLED},
        hovertext=[
            f"<b>andon call</b> {row['raised_at']:%H:%M:%S}<br>"
            f"{words.literal(row['category'] or row['kind'] or '')}<br>"
            + ("belongs to a slow cycle" if row["time_trace"] else "without a time trace")
            for row in rows
        ],
        hoverinfo="text",
    )


def _shade(figure: go.Figure, breaks: pl.DataFrame, first: Any, last: Any) -> None:
    inside = breaks.filter((pl.col("ends_at") > first) & (pl.col("starts_at") < last)).sort("starts_at")
    for row in inside.head(MOST_SHADED).iter_rows(named=True):
        figure.add_vrect(
            x0=max(row["starts_at"], first),
            x1=min(row["ends_at"], last),
            fillcolor=palette.SHADE,
            line_width=0,
            layer="below",
        )
    if not inside.is_empty():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name="break or planned stop",
            marker={"symbol": "square", "size": 10, "color": palette.SHADE, "line": {"width": 1}},
        )


def _hover(row: dict[str, Any]) -> str:
    lines = [f"<b>{row['ended_at']:%d %b %H:%M:%S}</b> {words.literal(row['product_id'] or '')}"]
    lines.append(f"net {words.seconds(row['net_s'])}")
    if row["expected_s"] is not None:
        lines[-1] += f", usual {words.seconds(row['expected_s'])}, {row['excess_s']:+.1f} s"
    if row["undetected_probability"] is not None:
        lines.append(f"chance that it {words.MISSED}: {words.share(row['undetected_probability'])}")
    lines.append(f"state: {row['state']}")
    if row["recorded_by"]:
        lines.append(f"recorded by {words.literal(row['recorded_by'])}")
    return "<br>".join(lines)
