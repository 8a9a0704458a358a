"""One quantity a row, with its interval: the ladder, stations by station-minutes, targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import plotly.graph_objects as go

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish, rows_height
from analytics.charts.strata import number_of
from analytics.results import Estimate, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row.

    Attributes:
        label: its name in full.
        quantity: how long the bar is, with its interval; a withheld one is drawn without length and says why.
        colour: its colour.
        detail: further lines for the hover, as markup.
        below: a second line under its name.
        key: what a click selects, by the name of the filter.
    """

    label: str
    quantity: Quantity
    colour: str = palette.MISSED
    detail: str = ""
    below: str = ""
    key: dict[str, str] = field(default_factory=dict)


def bars(
    rows: Sequence[Bar], *, axis: str, subtitle: str, nothing: str, values: bool = False, width: int = 20
) -> go.Figure:
    """Draw rows from top to bottom in the order given.

    Args:
        rows: the bars.
        axis: title of the value axis, with its unit.
        subtitle: what is shown, with the sample size.
        nothing: what to say where there are no rows.
        values: write each value and interval under its name.
        width: longest name in characters; longer ones are shortened and told in full on hover.
    """
    if not rows:
        return empty(nothing, x=axis, y="")
    names = list(map(words.literal, words.shortened([row.label for row in rows], width)))
    second = values or any(row.below for row in rows)
    names = [f"{name}<br>{row.below}" if row.below else name for name, row in zip(names, rows, strict=True)]
    if values:
        names = [f"{name}<br><b>{_figure(row)}</b>" for name, row in zip(names, rows, strict=True)]
    figure = go.Figure(
        go.Bar(
            y=names,
            x=[number_of(row.quantity) for row in rows],
            orientation="h",
            marker={"color": [row.colour for row in rows]},
            error_x=error_bars([row.quantity for row in rows]),
            text=["" if isinstance(row.quantity, Estimate) else " not estimable" for row in rows],
            textposition="outside",
            textfont={"size": 11, "color": palette.MUTED},
            cliponaxis=False,
            hovertext=[_hover(row) for row in rows],
            hoverinfo="text",
            customdata=[[row.key] for row in rows],
        )
    )
    height = rows_height(len(rows)) + (12 * len(rows) if second else 0)
    finish(figure, subtitle=subtitle, x=axis, y="", height=height, legend=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    figure.update_xaxes(rangemode="tozero", separatethousands=True)
    return figure


def _figure(row: Bar) -> str:
    if isinstance(row.quantity, Estimate):
        return words.with_interval(row.quantity)
    return "withheld"


def _hover(row: Bar) -> str:
    lines = [f"<b>{words.literal(row.label)}</b>", *([row.below] if row.below else [])]
    if isinstance(row.quantity, Estimate):
        lines += [f"{words.value(row.quantity)} {_unit(row.quantity)}", words.certainty(row.quantity)]
    else:
        lines.append(words.wrapped(f"withheld: {words.reason(row.quantity)}"))
    if row.detail:
        lines.append(row.detail)
    return "<br>".join(lines)


def _unit(quantity: Estimate) -> str:
    """Name what is counted, where the written value does not say it already."""
    return "" if quantity.unit.startswith("share") or "minute" in quantity.unit else quantity.unit
