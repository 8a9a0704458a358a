"""Every chart, whatever it is given: units on its axes, intervals drawn, something said where it is empty."""

# ruff: noqa: DTZ001  (a run holds naive times by design)
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from analytics.charts import palette, words
from analytics.charts.bars import Bar, bars
from analytics.charts.fit import fit
from analytics.charts.heat import heat
from analytics.charts.layout import without_subtitle
from analytics.charts.pareto import pareto
from analytics.charts.queue import queue
from analytics.charts.rates import rates
from analytics.charts.strata import Stratum
from analytics.charts.timeline import timeline
from analytics.charts.trend import trend
from analytics.results import Estimate, Quantity, Unavailable

LONG = "Welding cell 20, robot with two grippers, left-hand side member"
REASON = Unavailable(reason="12 usable cycles, at least 100 are needed", needed="more data")


def estimate(value: float, unit: str = "slow cycles") -> Estimate:
    return Estimate(value=value, lower=0.8 * value, upper=1.3 * value, unit=unit, method="test")


def stratum(name: str, size: float = 10.0, *, rate: Quantity | None = None, apart: bool = False) -> Stratum:
    return Stratum(
        key={"station": name, "day": "2026-03-02", "shift": "early"},
        label=name,
        cycles=1234,
        called=estimate(size / 2),
        missed=estimate(size),
        rate=rate or estimate(0.4, "share"),
        minutes=estimate(size * 3, "station-minutes"),
        floor_s=9.6,
        apart=apart,
    )


def days(number: int) -> list[Stratum]:
    return [
        Stratum(
            key={"day": f"2026-03-{day + 1:02d}"},
            label="",
            cycles=900,
            called=estimate(5 + day),
            missed=estimate(9),
            rate=estimate(0.4, "share") if day > 1 else REASON,
            minutes=estimate(20, "station-minutes"),
        )
        for day in range(number)
    ]


def draw_bars(rows: list[Stratum]) -> go.Figure:
    return bars(
        [Bar(label=row.label, quantity=row.missed) for row in rows],
        axis="Slow cycles",
        subtitle="1,234 cycles",
        nothing="nothing here",
        values=True,
    )


def draw_pareto(rows: list[Stratum]) -> go.Figure:
    return pareto(rows, unit="slow cycles", subtitle="1,234 cycles", nothing="nothing here")


def draw_rates(rows: list[Stratum]) -> go.Figure:
    return rates(rows, subtitle="1,234 cycles", nothing="nothing here")


def draw_trend(rows: list[Stratum]) -> go.Figure:
    return trend(days(len(rows)), subtitle="1,234 cycles", nothing="nothing here")


def draw_heat(rows: list[Stratum]) -> go.Figure:
    return heat(
        rows,
        row="station",
        column="day",
        rows=[row.label for row in rows],
        columns=["2026-03-02", "2026-03-03"],
        subtitle="1,234 cycles",
        nothing="nothing here",
    )


def draw_queue(rows: list[Stratum]) -> go.Figure:
    return queue(
        [(row.label, row.rate, row.missed) for row in rows], subtitle="1,234 cycles", nothing="nothing here"
    )


CHARTS: dict[str, tuple[Callable[[list[Stratum]], go.Figure], str]] = {
    "bars": (draw_bars, "Slow cycles"),
    "pareto": (draw_pareto, "Slow cycles"),
    "rates": (draw_rates, "%"),
    "queue": (draw_queue, "%"),
    "trend": (draw_trend, "Slow cycles a day"),
    "heat": (draw_heat, "Day"),
}
GIVEN: dict[str, list[Stratum]] = {
    "many": [stratum(f"S{number}", 5.0 + number) for number in range(12)],
    "one": [stratum("S1")],
    "long names": [stratum(LONG), stratum(LONG.replace("left", "right"))],
    "one withheld": [stratum("S1"), stratum("S2", rate=REASON, apart=True)],
    "nothing": [],
}


def titles(figure: go.Figure) -> str:
    axes = [axis for axis in figure.layout if axis.startswith(("xaxis", "yaxis"))]
    told = [figure.layout[axis].title.text or "" for axis in axes]
    told += [trace.colorbar.title.text or "" for trace in figure.data if trace.type == "heatmap"]
    return " ".join(told)


def has_interval(figure: go.Figure) -> bool:
    for trace in figure.data:
        for name in ("error_x", "error_y"):
            drawn = getattr(trace, name, None) if trace.type in {"bar", "scatter"} else None
            if drawn is not None and drawn.array is not None and any(value > 0 for value in drawn.array):
                return True
    return any(trace.fill == "tonexty" for trace in figure.data if trace.type == "scatter")


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_says_its_unit_and_its_sample(chart: str, given: str) -> None:
    draw, unit = CHARTS[chart]
    figure = draw(GIVEN[given])
    assert unit in titles(figure)
    if GIVEN[given]:
        assert "1,234 cycles" in figure.layout.title.text
        assert figure.layout.height >= 150
    else:
        assert [note.text for note in figure.layout.annotations] == ["nothing here"]
    assert figure.to_json(), "a figure must serialise"


@pytest.mark.parametrize("given", [name for name, rows in GIVEN.items() if rows])
@pytest.mark.parametrize("chart", ["bars", "pareto", "rates", "queue", "trend"])
def test_intervals_are_always_drawn(chart: str, given: str) -> None:
    assert has_interval(CHARTS[chart][0](GIVEN[given]))


def test_an_interval_is_drawn_where_it_lies() -> None:
    figure = draw_bars([stratum("S1", 10.0)])
    drawn = figure.data[0].error_x
    assert list(drawn.array) == pytest.approx([3.0])
    assert list(drawn.arrayminus) == pytest.approx([2.0])


def test_the_heatmap_tells_the_interval_on_hover_and_what_a_click_selects() -> None:
    figure = draw_heat([stratum("S1", 10.0)])
    marks = figure.data[1]
    assert (
        "30 min (24–39 min)".replace(" min (", "\u00a0min (").replace("39 min", "39\u00a0min")
        in marks.hovertext[0]
    )
    assert marks.customdata[0][0]["station"] == "S1"


@pytest.mark.parametrize("chart", ["bars", "pareto", "rates", "heat"])
def test_long_names_are_short_on_the_axis_whole_on_hover_and_stay_apart(chart: str) -> None:
    figure = CHARTS[chart][0](GIVEN["long names"])
    shown = [name.split("<br>")[0] for name in next(trace.y for trace in figure.data if trace.y is not None)]
    assert max(map(len, shown)) <= 20
    assert len(set(shown)) == 2
    hovers = [text for trace in figure.data for text in (trace.hovertext or ())]
    assert any(LONG in text for text in hovers)


def test_called_and_missed_have_the_same_two_colours_everywhere() -> None:
    for figure in (draw_pareto(GIVEN["many"]), draw_trend(GIVEN["many"])):
        colours = {trace.name: trace.marker.color for trace in figure.data if trace.type == "bar"}
        assert colours == {words.CALLED: palette.CALLED, words.MISSED: palette.MISSED}


def test_the_cumulative_line_ends_at_the_whole_and_leaves_out_what_stands_apart() -> None:
    figure = draw_pareto([stratum("A", 30), stratum("B", 10), stratum("C", 50, apart=True)])
    line = next(trace for trace in figure.data if trace.name == "cumulative share")
    assert list(line.x) == pytest.approx([75.0, 100.0])
    assert list(line.y) == ["A", "B"]


def test_the_cumulative_line_does_not_cross_the_bars() -> None:
    figure = pareto(GIVEN["many"], unit="slow cycles", subtitle="", nothing="")
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert not figure.layout.xaxis2.overlaying


def test_the_days_have_regular_ticks_from_the_first_to_the_last() -> None:
    figure = trend(days(20), subtitle="", nothing="")
    first, last = figure.data[0].x[0], figure.data[0].x[-1]
    assert figure.layout.xaxis.tick0 == str(first)
    assert figure.layout.xaxis.dtick % 86_400_000 == 0
    assert figure.layout.xaxis.range[0].date() < first <= last <= figure.layout.xaxis.range[1].date()


def test_a_page_takes_the_subtitle_and_its_room_out_of_a_figure() -> None:
    figure = pareto(GIVEN["many"], unit="slow cycles", subtitle="a long subtitle " * 8, nothing="")
    before = figure.layout.height
    bare, subtitle = without_subtitle(figure)
    assert subtitle.split() == ("a long subtitle " * 8).split()
    assert not bare.layout.title.text
    assert bare.layout.height < before


def test_groups_in_their_own_order_have_no_cumulative_line() -> None:
    figure = pareto(GIVEN["many"], unit="slow cycles", subtitle="", nothing="", cumulative=False)
    assert "cumulative share" not in {trace.name for trace in figure.data}


def test_a_withheld_quantity_is_said_not_drawn() -> None:
    figure = bars(
        [Bar(label="S1", quantity=REASON)], axis="Slow cycles", subtitle="", nothing="", values=True
    )
    assert list(figure.data[0].x) == [0.0]
    assert "12 usable cycles" in figure.data[0].hovertext[0].replace("<br>", " ")
    assert "withheld" in figure.data[0].y[0]


def cycles(number: int) -> pl.DataFrame:
    start = datetime(2026, 3, 2, 6)
    rows: list[dict[str, Any]] = [
        {
            "ended_at": start + timedelta(minutes=n),
            "product_id": None if n else "P",
            "net_s": 50.0 + (60.0 if n % 10 == 5 else 0.1 * n),
            "expected_s": 50.0,
            "excess_s": 0.1 * n,
            "floor_s": 5.0,
            "undetected_probability": 0.9 if n % 10 == 5 and n % 20 != 5 else 0.0,
            "called": n % 20 == 5,
            "state": "blocked" if n % 7 == 0 else "normal",
            "recorded_by": "downtime log" if n == 5 else None,
        }
        for n in range(number)
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return frame if rows else cycles(1).clear()


def calls(number: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "raised_at": [datetime(2026, 3, 2, 6, n) for n in range(number)],
            "category": ["jam"] * number,
            "kind": ["process"] * number,
            "time_trace": [True] * number,
        },
        schema_overrides={"raised_at": pl.Datetime("us")},
    )


def breaks(number: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "starts_at": [datetime(2026, 3, 2, 6, 10)] * number,
            "ends_at": [datetime(2026, 3, 2, 6, 20)] * number,
        },
        schema={"starts_at": pl.Datetime("us"), "ends_at": pl.Datetime("us")},
    )


def drawn_timeline(number: int, marks: int = 2, pauses: int = 1) -> go.Figure:
    return timeline(
        cycles(number),
        calls(marks),
        breaks(pauses),
        clock="Europe/Berlin",
        subtitle=f"{number} cycles",
        nothing="nothing here",
    )


@pytest.mark.parametrize(("marks", "pauses"), [(2, 1), (0, 0)])
@pytest.mark.parametrize("number", [0, 1, 40])
def test_the_timeline_has_seconds_a_clock_and_every_cycle_once(number: int, marks: int, pauses: int) -> None:
    figure = drawn_timeline(number, marks, pauses)
    assert "(s" in titles(figure)
    assert "Europe/Berlin" in titles(figure)
    if number:
        points = sum(
            len(trace.x)
            for trace in figure.data
            if trace.mode == "markers" and trace.yaxis != "y2" and trace.hovertext
        )
        assert points == number
        assert figure.layout.xaxis.type == "date"


def test_the_timeline_tells_called_from_missed_and_shades_breaks() -> None:
    figure = drawn_timeline(40)
    sizes = {trace.name: len(trace.x or ()) for trace in figure.data}
    assert sizes["called (2)"] == 2
    assert sizes["ran without a call (2)"] == 2
    assert sizes["andon call (2)"] == 2
    assert len(figure.layout.shapes) == 1


def test_the_fit_draws_three_lines_and_leaves_out_what_a_logarithm_cannot_show() -> None:
    bins = pl.DataFrame(
        {
            "deviation": [0.0, 1.0, 12.0],
            "observed": [10.0, 0.0, 64.0],
            "noise": [9.0, 1.0, 0.0],
            "fitted": [9.5, 1.2, 63.5],
        }
    )
    figure = fit(bins, subtitle="S1", nothing="nothing here")
    assert [trace.name for trace in figure.data] == ["observed", "noise alone", "noise and delays"]
    assert list(figure.data[0].y) == [10.0, None], "what lies beyond the last edge is no part of the line"
    assert "64 cycles beyond 12" in [note.text for note in figure.layout.annotations]
    assert "Cycles" in titles(figure)
    assert "scatter" in titles(fit(bins.clear(), subtitle="", nothing="nothing here"))


@pytest.mark.parametrize(
    ("colour", "least"),
    [(palette.CALLED, 4.5), (palette.MISSED, 4.5), (palette.MUTED, 4.5), (palette.INK, 7.0)],
)
def test_colours_contrast_with_the_page(colour: str, least: float) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= least


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


MARKUP = '<a href="https://localhost">S1</a> & <b>S2</b>'


@pytest.mark.parametrize(
    "drawn",
    [
        bars([Bar(label=MARKUP, quantity=estimate(3.0))], axis="a", subtitle="s", nothing="n"),
        pareto([stratum(MARKUP), stratum("S3")], unit="slow cycles", subtitle="s", nothing="n"),
        rates([stratum(MARKUP)], subtitle="s", nothing="n"),
        heat([stratum(MARKUP)], row="station", column="day", rows=[MARKUP], columns=["2026-03-02"],
             subtitle="s", nothing="n"),
        rates([], subtitle="s", nothing=MARKUP),
    ],
    ids=["bars", "pareto", "rates", "heat", "empty"],
)  # fmt: skip
def test_a_name_from_the_data_is_never_markup(drawn: go.Figure) -> None:
    traces = drawn.to_plotly_json()["data"]
    texts = [str(text) for trace in traces for key in ("y", "hovertext") for text in trace.get(key) or ()]
    texts += [str(note.text) for note in drawn.layout.annotations]
    assert any("&lt;" in text for text in texts)
    assert not [text for text in texts if "<a " in text or "<b>S2" in text]


NUMBERS = ("10", "20", "2026-03-02")


@pytest.mark.parametrize(
    "drawn",
    [
        bars([Bar(label=one, quantity=estimate(3.0)) for one in NUMBERS], axis="a", subtitle="", nothing=""),
        pareto([stratum(one) for one in NUMBERS], unit="slow cycles", subtitle="", nothing=""),
    ],
    ids=["bars", "pareto"],
)
def test_stations_that_are_called_by_numbers_stand_in_rows_not_on_a_scale(drawn: go.Figure) -> None:
    assert drawn.layout.yaxis.type == "category"


def test_the_queue_chart_carries_sample_sizes_and_keeps_the_place_of_what_is_too_small() -> None:
    figure = draw_queue([stratum("0", 210.0), stratum("1", 80.0), stratum("2", 3.0, rate=REASON)])
    assert list(figure.data[0].x) == ["0", "1"]
    assert list(figure.layout.xaxis.ticktext) == ["0<br>n = 210", "1<br>n = 80", "2<br>too few"]
    assert figure.layout.yaxis.range[0] == 0
