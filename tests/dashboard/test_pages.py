"""Every page on every kind of workspace: no error, nothing empty, and the figures are the report's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analytics import accuracy
from analytics.charts import words
from analytics.config import Workspace
from analytics.results import Estimate, quantity_from_json
from tests.dashboard.make_run import (
    APART,
    ASSEMBLY,
    MASKED,
    NEEDED,
    RUN_ID,
    WELDING,
    WITHHELD,
    Variant,
    make_run,
)
from tests.dashboard.pages import PAGES, charts, open_page, switch, text

VARIANTS: tuple[Variant, ...] = ("demo", "withheld", "no_andons")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Workspace, dict[str, Any]]]:
    """One workspace a variant, with its report."""
    made = {}
    for variant in VARIANTS:
        place = Workspace(root=tmp_path_factory.mktemp("pages") / variant)
        made[variant] = (place, make_run(place, variant))
    return made


Published = dict[str, tuple[Workspace, dict[str, Any]]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_page_fails(monkeypatch: pytest.MonkeyPatch, published: Published, variant: Variant) -> None:
    at = open_page(monkeypatch, published[variant][0], "gap-report")
    for name in PAGES:
        at = switch(at, name)
        assert not at.exception, name
        assert not at.error, name
        assert at.title[0].value == name.replace("-", " ").capitalize()


def test_the_first_page_answers_under_its_own_name_too(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(monkeypatch, published["demo"][0], "pareto", station="A10")
    named = [key for key, page in at._registered_pages.items() if page["url_pathname"] == "gap-report"]
    assert named, "/gap-report is no page"
    at._page_hash = named[0]
    at = at.run()
    assert not at.exception
    assert at.title[0].value == "Gap report"
    assert at.sidebar.multiselect(key="station").value == ["A10"]


def test_an_empty_workspace_says_what_to_do_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at = open_page(monkeypatch, Workspace(root=tmp_path / "nothing"), "gap-report")
    for name in PAGES:
        at = switch(at, name)
        assert not at.exception, name
        assert not at.error, name
        assert not charts(at), name
        assert "Upload" in text(at), name


def test_the_headline_is_the_reports(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    place, report = published["demo"]
    told = text(open_page(monkeypatch, place, "gap-report"))
    missed = report["demand"]["undetected"]
    assert f"<b>{words.number(missed['count']['value'])}</b> slow cycles" in told
    assert f"<b>{words.number(missed['minutes']['value'])} station-minutes</b>" in told
    assert f"({words.number(missed['minutes']['lower'])}–{words.number(missed['minutes']['upper'])})" in told
    assert "not lost output" in told
    assert words.with_interval(quantity_from_json(report["demand"]["detection_rate"])).split(" (")[0] in told
    assert words.interval(quantity_from_json(report["demand"]["detected"]["count"])) in told
    for caveat in report["caveats"]:
        assert caveat["message"] in told


def test_the_ladder_has_the_reports_figures(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    place, report = published["demo"]
    ladder = charts(open_page(monkeypatch, place, "gap-report"))[0]["data"][0]
    demand = report["demand"]
    wanted = [demand["detected"], demand["undetected"]["recorded"], demand["undetected"]["visible_only"]]
    assert values(ladder["x"]) == pytest.approx([rung["count"]["value"] for rung in wanted])
    reach = [rung["count"]["upper"] - rung["count"]["value"] for rung in wanted]
    assert values(ladder["error_x"]["array"]) == pytest.approx(reach)


@pytest.mark.parametrize("name", ["gap-report", "detection-gaps", "pareto", "types"])
def test_a_withheld_number_shows_its_reason_and_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, published: Published, name: str
) -> None:
    at = open_page(monkeypatch, published["withheld"][0], name)
    told = text(at)
    assert WITHHELD in told
    assert NEEDED in told
    assert "At least" not in told


def test_without_andons_the_answer_says_so(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    place, report = published["no_andons"]
    told = text(open_page(monkeypatch, place, "gap-report"))
    assert "no andon calls were loaded" in told.lower()
    assert words.number(report["demand"]["undetected"]["count"]["value"]) in told


def test_the_run_stands_on_every_page(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    at = open_page(monkeypatch, published["demo"][0], "gap-report")
    for name in PAGES:
        at = switch(at, name)
        assert at.sidebar.selectbox(key="run").value == RUN_ID
        assert "16 Mar 2026 08:00 UTC" in text_of_sidebar(at)
        assert "2026-03-02 to 2026-03-14" in text_of_sidebar(at)


def test_an_older_run_is_chosen_by_the_url_and_stays_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = Workspace(root=tmp_path / "two")
    make_run(place, run_id="20260301-first")
    make_run(place, run_id="20260302-second")
    at = open_page(monkeypatch, place, "gap-report", run="20260301-first")
    assert at.sidebar.selectbox(key="run").value == "20260301-first"
    assert switch(at, "pareto").sidebar.selectbox(key="run").value == "20260301-first"


def test_filters_come_from_the_url_and_narrow_the_figures(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, report = published["demo"]
    at = open_page(monkeypatch, place, "gap-report", station="A10")
    station = next(row for row in report["by"]["station"] if row["station_id"] == "A10")
    assert f"<b>{words.number(station['undetected']['count']['value'])}</b> slow cycles" in text(at)
    assert "Filters are set" in text(at)
    at = switch(at, "pareto")
    assert at.sidebar.multiselect(key="station").value == ["A10"]
    assert "Filters are set" in text(at)


def test_with_filters_whole_run_figures_step_back_or_say_so(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    told = text(open_page(monkeypatch, published["demo"][0], "gap-report", station="A10"))
    assert "takt" not in told
    assert "The whole run: " in told
    assert "Beside the slow cycles: the whole run" in told
    assert "Where to start, of the whole run" in told
    assert "The whole run: " not in text(open_page(monkeypatch, published["demo"][0], "gap-report"))


def test_the_last_two_rungs_are_said_to_add_up_to_the_headline(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, report = published["demo"]
    at = open_page(monkeypatch, place, "gap-report")
    names = [name.split("<br>")[0] for name in charts(at)[0]["data"][0]["y"]]
    assert names == [words.CALLED, words.RECORDED, words.VISIBLE_ONLY]
    count = words.with_interval(quantity_from_json(report["demand"]["undetected"]["count"]))
    assert f"= **ran without a call {count}**" in text(at)


def test_the_first_page_says_where_to_start(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    place, report = published["demo"]
    told = text(open_page(monkeypatch, place, "gap-report"))
    for target in report["targets"][:3]:
        assert f"{target['rank']}. **{target['station_id']}" in told


@pytest.mark.parametrize("hostile", ["nobody", "'; drop table cycles; --", "<script>alert(1)</script>"])
def test_a_value_that_is_no_option_is_dropped_from_the_url(
    monkeypatch: pytest.MonkeyPatch, published: Published, hostile: str
) -> None:
    at = open_page(
        monkeypatch, published["demo"][0], "gap-report", station=hostile, run=hostile, line=hostile
    )
    assert not at.exception
    assert at.sidebar.multiselect(key="station").value == []
    assert "Filters are set" not in text(at)
    assert "is not here any more; this is the newest one" in text(at)
    assert "asks for a station that is not in this run" in text(at)


def test_a_link_that_holds_says_nothing_of_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(monkeypatch, published["demo"][0], "gap-report", run=RUN_ID, station="A10")
    assert not at.info


def test_targets_can_be_told_by_type_and_lead_to_their_station(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, report = published["demo"]
    at = open_page(monkeypatch, place, "types")
    assert at.dataframe[0].value["type"].tolist() == [
        row["type"].replace("type_", "Type ") for row in report["targets"]
    ]
    first = report["targets"][0]
    assert first["evidence"] in text(at), "the evidence stands in full"
    link = at.get("page_link")[0].proto
    assert f"at_station={first['station_id']}" in link.query_string
    at = at.segmented_control(key="type").set_value("type_2").run()
    assert not at.exception
    assert set(at.dataframe[0].value["type"]) == {"Type 2"}


def test_stations_that_have_grown_slower_are_told_with_their_yardstick(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(monkeypatch, published["demo"][0], "types")
    assert "1 station has grown slower for good" in text(at)
    assert "not with a standard" in text(at)
    table = at.dataframe[1].value
    assert table["station_id"].tolist() == ["A30"]
    assert table["since"].tolist() == ["2026-03-09"]
    assert table["remark"].tolist() == ["reduced speed"]


def test_filters_that_leave_nothing_are_told_kindly(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, _ = published["demo"]
    for name in ("gap-report", "detection-gaps", "pareto"):
        at = open_page(
            monkeypatch, place, name, line=WELDING, station="W20", shift="early", days="2026-03-07"
        )
        assert not at.exception
        assert not at.error


def test_stations_are_ranked_by_minutes_people_never(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, report = published["demo"]
    figures = charts(open_page(monkeypatch, place, "gap-report"))
    wanted = {row["station_id"]: row["undetected"]["minutes"]["value"] for row in report["by"]["station"]}
    ranking = next(one["data"][0] for one in figures if "A20" in (one["data"][0].get("y") or []))
    drawn = values(ranking["x"])
    assert drawn == sorted(drawn, reverse=True)
    assert max(drawn) == pytest.approx(max(wanted.values()))


def test_shifts_keep_their_own_order(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    at = open_page(monkeypatch, published["demo"][0], "pareto", by="Shift")
    assert at.segmented_control(key="by").value == "shift"
    figure = charts(at)[0]
    assert figure["data"][0]["y"] == ["early", "late"]
    assert "cumulative share" not in [trace.get("name") for trace in figure["data"]]
    assert "not a ranking of crews" in text(at)


def test_every_pareto_is_drawn(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    at = open_page(monkeypatch, published["demo"][0], "pareto")
    for measure in ("count", "minutes"):
        for by in ("station", "line", "product", "shift", "category", "kind"):
            at.segmented_control(key="measure").set_value(measure)
            at = at.segmented_control(key="by").set_value(by).run()
            assert not at.exception, (by, measure)
            first = charts(at)[0]
            assert sum(values(first["data"][0]["x"])) > 0, (by, measure)
            if by not in {"category", "kind"}:
                assert {trace.get("name") for trace in first["data"]} >= {words.CALLED, words.MISSED}


def test_what_stands_apart_or_is_masked_is_not_compared(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(monkeypatch, published["demo"][0], "pareto")
    stacked = charts(at)[0]
    names = stacked["data"][0]["y"]
    hatched = dict(zip(names, stacked["data"][0]["marker"]["pattern"]["shape"], strict=True))
    assert [name for name, shape in hatched.items() if shape] == [APART]
    line = next(trace for trace in stacked["data"] if trace.get("name") == "cumulative share")
    assert APART not in line["y"]
    assert MASKED not in names
    assert f"Not shown: {MASKED}" in text(at)


def test_detection_gaps_goes_down_to_the_cycles(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(
        monkeypatch,
        published["demo"][0],
        "detection-gaps",
        at_line=ASSEMBLY,
        at_station="A20",
        at_day="2026-03-04",
    )
    assert [at.main.selectbox(key=key).value for key in ("at_line", "at_station", "at_day")] == [
        ASSEMBLY,
        "A20",
        "2026-03-04",
    ]
    timeline = charts(at)[2]
    names = [trace["name"] for trace in timeline["data"] if trace.get("name")]
    counted = [int(name.split("(")[1][:-1]) for name in names if "(" in name and "andon" not in name]
    assert sum(counted) == 48
    assert "Europe/Berlin" in json.dumps(timeline["layout"])


@pytest.mark.parametrize(("day", "shown"), [("2026-03-03", 1), ("2026-03-04", 0)])
def test_the_gaps_of_a_stations_day_are_listed(
    monkeypatch: pytest.MonkeyPatch, published: Published, day: str, shown: int
) -> None:
    at = open_page(
        monkeypatch,
        published["demo"][0],
        "detection-gaps",
        at_line=ASSEMBLY,
        at_station="A20",
        at_day=day,
    )
    assert "Gaps between cycles" in text(at)
    gaps = [table.value for table in at.dataframe if "gap_s" in table.value.columns]
    assert [table["gap_s"].tolist() for table in gaps] == [[2400.0]] * shown
    assert ("None: one cycle followed the other" in text(at)) is (shown == 0)


def test_single_cycles_can_be_hidden(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    monkeypatch.setenv("WALKAWAY_SINGLE_CYCLES", "hide")
    at = open_page(monkeypatch, published["demo"][0], "detection-gaps")
    assert len(charts(at)) == 2
    assert "Single cycles" in text(at)


def test_type_4_is_never_inferred_and_type_3_needs_a_target(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    place, report = published["demo"]
    told = text(open_page(monkeypatch, place, "types"))
    assert report["types"]["type_3"]["unavailable"] in told
    assert report["types"]["type_3"]["needed"] in told
    assert "never from data" in told


def test_a_refusal_never_reaches_a_page_as_nan(monkeypatch: pytest.MonkeyPatch, published: Published) -> None:
    for variant in VARIANTS:
        at = open_page(monkeypatch, published[variant][0], "gap-report")
        for name in PAGES:
            at = switch(at, name)
            told = text(at).lower()
            assert "nan" not in [word.strip(".,()") for word in told.split()]
            assert "none" not in [word.strip(".,") for word in told.split()]


def test_every_estimate_in_the_fixture_is_one(published: Published) -> None:
    """The fixture follows the contract, or the tests above would prove nothing."""
    for _, report in published.values():
        for row in report["by"]["station"]:
            for part in (row["detected"], row["undetected"]["count"], row["detection_rate"]):
                quantity = quantity_from_json(part)
                assert not isinstance(quantity, Estimate) or quantity.lower <= quantity.value


def values(array: Any) -> list[float]:
    """Return the numbers of a trace, which Plotly may have packed."""
    if isinstance(array, dict):
        import base64

        import numpy as np

        return [float(v) for v in np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"])]
    return [float(v) for v in array]


def text_of_sidebar(at: AppTest) -> str:
    return "\n".join(str(element.value) for element in at.sidebar.caption)


def test_the_method_is_told_with_its_errors_where_the_truth_is_known(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    study = accuracy.load_study()
    assert study is not None
    at = open_page(monkeypatch, published["demo"][0], "method")
    assert accuracy.about(study) in text(at)
    kinds = [frame.value for frame in at.dataframe if "goals" in frame.value.columns]
    assert len(kinds) == 1
    assert kinds[0]["kind"].tolist() == [row["kind"] for row in accuracy.kind_rows(study)]


def test_busy_help_is_drawn_with_what_it_comes_to(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    at = open_page(monkeypatch, published["demo"][0], "gap-report")
    drawn = charts(at)[-1]["data"][0]
    assert list(drawn["x"]) == ["0", "1"]  # the third point pools one station
    assert values(drawn["y"]) == pytest.approx([55.0, 35.0])
    told = text(at).replace("\u00a0", " ")
    assert "When help is busy, calls become rarer" in told
    assert "About 8 % (4–12 %) of what ran without a call" in told
    assert "The other 92 %" in told


def test_without_a_queue_the_page_says_why_nothing_is_said_of_busy_help(
    monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    told = text(open_page(monkeypatch, published["no_andons"][0], "gap-report"))
    assert "Whether busy help keeps people from calling is not said: No queue is known" in told
