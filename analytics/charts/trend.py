"""Problems and call rate by day: a change is always two numbers.

Fewer calls may mean fewer problems or less calling; only both together tell which. So both are drawn over the
same days, and neither has a target line or a colour that judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics.charts import palette, words
from analytics.charts.layout import empty, error_bars, finish
from analytics.charts.strata import Stratum, as_percent, number_of
from analytics.results import Estimate

Y_COUNT = "Slow cycles a day"
Y_RATE = "Called (%)"
_DAY_MS = 86_400_000


def trend(days: Sequence[Stratum], *, subtitle: str, nothing: str) -> go.Figure:
    """Draw slow cycles a day, stacked, above the call rate with its interval (alone where there is none).

    Args:
        days: one group a day in their order, each with ``key["day"]`` as an ISO date; a day's rate pools the
            days up to it that it needs to be shown at all.
        subtitle: sample size, common floor, and how many days a rate pools.
        nothing: what to say where there are no days.
    """
    if not days:
        return empty(nothing, x="Day", y=Y_COUNT)
    at = [date.fromisoformat(day.key["day"]) for day in days]
    rated = [(when, day.rate) for when, day in zip(at, days, strict=True) if isinstance(day.rate, Estimate)]
    panels = {"rows": 2, "row_heights": [0.62, 0.38]} if rated else {"rows": 1}
    figure = make_subplots(cols=1, shared_xaxes=True, vertical_spacing=0.09, **panels)
    for name, colour, quantities in (
        (words.CALLED, palette.CALLED, [day.called for day in days]),
        (words.MISSED, palette.MISSED, [day.missed for day in days]),
    ):
        figure.add_bar(
            x=at,
            y=[number_of(quantity) for quantity in quantities],
            name=name,
            marker={"color": colour},
            error_y=error_bars(quantities) if name == words.MISSED else None,
            hovertext=[
                f"<b>{words.day(when)}</b><br>{name}: {words.with_interval(quantity)}<br>"
                f"{words.number(day.cycles)} cycles"
                for when, quantity, day in zip(at, quantities, days, strict=True)
            ],
            hoverinfo="text",
            customdata=[[day.key] for day in days],
            row=1,
            col=1,
        )
    rated = [(when, day.rate) for when, day in zip(at, days, strict=True) if isinstance(day.rate, Estimate)]
    if rated:
        _ribbon(figure, [when for when, _ in rated], [rate for _, rate in rated])
    finish(figure, subtitle=subtitle, x="Day", y=Y_COUNT, height=420 if rated else 300)
    figure.update_yaxes(rangemode="tozero", separatethousands=True, row=1, col=1)
    if rated:
        figure.update_yaxes(title_text=Y_RATE, range=[0, 102], row=2, col=1)
        figure.update_xaxes(title_text="", row=1, col=1)
    every = _tick_days((at[-1] - at[0]).days)
    figure.update_xaxes(
        type="date",
        tickformat="%-d %b",
        tick0=at[0].isoformat(),
        dtick=every * _DAY_MS,
        range=[_noon(at[0], -1), _noon(at[-1], 0)],
    )
    return figure


def _tick_days(span: int) -> int:
    """Return how many days lie between two ticks: a day, two, or whole weeks, at most eight ticks."""
    return next((days for days in (1, 2, 7, 14, 28, 56, 91, 182) if span <= 8 * days), 364)


def _noon(day: date, plus: int) -> datetime:
    """Return noon of a day or of one beside it: half a day from where its bar stands."""
    return datetime(day.year, day.month, day.day, 12) + timedelta(days=plus)  # noqa: DTZ001 (wall time)


def _ribbon(figure: go.Figure, at: list[date], rates: list[Estimate]) -> None:
    """Draw the call rate as a line inside its interval."""
    edge = {"width": 0, "color": palette.CALLED}
    for bound, fill in (
        ([100 * rate.upper for rate in rates], None),
        ([100 * rate.lower for rate in rates], "tonexty"),
    ):
        figure.add_scatter(
            x=at,
            y=bound,
            mode="lines",
            line=edge,
            fill=fill,
            fillcolor="rgba(31, 95, 153, 0.18)",
            hoverinfo="skip",
            showlegend=False,
            row=2,
            col=1,
        )
    figure.add_scatter(
        x=at,
        y=[100 * rate.value for rate in rates],
        mode="lines+markers",
        name="call rate, with interval",
        line={"color": palette.CALLED, "width": 2},
        marker={"size": 5},
        error_y=error_bars([as_percent(rate) for rate in rates]) if len(rates) == 1 else None,
        hovertext=[
            f"<b>up to {words.day(when)}</b><br>{words.with_interval(rate)} called"
            for when, rate in zip(at, rates, strict=True)
        ],
        hoverinfo="text",
        row=2,
        col=1,
    )
