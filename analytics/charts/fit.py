"""What was seen at one station beside what noise alone would give: is the estimate believable here?"""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from analytics.charts import palette, words
from analytics.charts.layout import empty, finish

X = "Delay, in multiples of the station's own scatter"
Y = "Cycles without a call, per bin"
FLOOR = 4.0


def fit(bins: pl.DataFrame, *, subtitle: str, nothing: str) -> go.Figure:
    """Draw observed counts as steps with noise and fitted as lines, on a logarithmic scale.

    Args:
        bins: columns ``deviation`` (left edge, sigmas), ``observed``, ``noise``, ``fitted`` (cycles).
        subtitle: the station, its cycles and floor.
        nothing: what to say where the station has no fit.
    """
    if bins.is_empty():
        return empty(nothing, x=X, y=Y)
    ordered = bins.sort("deviation")
    # The last bin holds everything beyond its edge: as a point of the line it would look like a second hump.
    last, beyond = ordered["deviation"].item(-1), ordered["observed"].item(-1) or 0.0
    if ordered.height > 1:
        ordered = ordered.head(-1)
    x = ordered["deviation"].to_list()
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=_positive(ordered["observed"]),
        name="observed",
        mode="lines",
        line={"shape": "hv", "color": palette.INK, "width": 1.5},
    )
    figure.add_scatter(
        x=x,
        y=_positive(ordered["noise"]),
        name="noise alone",
        mode="lines",
        line={"color": palette.CALLED, "width": 2, "dash": "dash"},
    )
    figure.add_scatter(
        x=x,
        y=_positive(ordered["fitted"]),
        name="noise and delays",
        mode="lines",
        line={"color": palette.MISSED, "width": 2},
    )
    figure.add_vline(x=FLOOR, line={"color": palette.MUTED, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=FLOOR, y=1, yref="paper", yanchor="top", xanchor="left", text=" floor", showarrow=False
    )
    if beyond >= 0.5 and len(x) < bins.height:
        figure.add_annotation(
            x=1,
            y=1,
            xref="paper",
            yref="paper",
            xanchor="right",
            yanchor="top",
            showarrow=False,
            text=f"{words.counted(round(beyond), 'cycle')} beyond {last:g}",
            font={"size": 12, "color": palette.MUTED},
        )
    finish(figure, subtitle=subtitle, x=X, y=Y, height=380)
    figure.update_yaxes(type="log", range=[-1.3, None], exponentformat="none", dtick=1)
    figure.update_traces(hovertemplate="%{x:.2f} σ: %{y:.1f} cycles")
    return figure


def _positive(counts: pl.Series) -> list[float | None]:
    """Return counts for a logarithmic axis: what rounds to nothing is left out, not drawn at −∞."""
    return [float(count) if count is not None and count >= 0.05 else None for count in counts]
