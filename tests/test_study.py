"""From a warehouse to a finished answer: one golden plant, and plants that nobody would wish for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from analytics.cli_ladder import ladder
from analytics.config import Workspace
from analytics.errors import NoDataError, WorkspaceError
from analytics.report.contract import check_report
from analytics.report.wording import supporting
from analytics.results import no_calls, quantity_from_json
from analytics.runs import list_runs, read_report
from analytics.simulate import SimulatedPlant, simulate
from analytics.study import Findings, analyze, study_tables
from analytics.warehouse import insert_frame, memory_warehouse, open_warehouse
from tests.estimate.given import MONDAY, after, calendar, calls, cycles, interval, spans

STATES = {"normal", "blocked", "starved", "planned", "covered", "masked"}


@cache
def plant() -> SimulatedPlant:
    """One line of four stations."""
    return simulate("small", 3, 3_000)


def study(tables: dict[str, pl.DataFrame], **options: Any) -> Findings:
    with memory_warehouse(tables) as con:
        return study_tables(con, **options)


@cache
def golden() -> Findings:
    return study(plant().tables, timezone=plant().timezone or "unspecified", seed=3)


def without_stamp(report: dict[str, Any]) -> dict[str, Any]:
    """The report but for what names this very run."""
    run = {k: v for k, v in report["run"].items() if k not in {"id", "created_at"}}
    return json.loads(json.dumps({**report, "run": run}))


@cache
def two_sites() -> Findings:
    """The golden plant, and the same again at another site: lines and stations have the same names."""
    one = plant().tables["cycles"]
    both = pl.concat([one.with_columns(site_id=pl.lit(site)) for site in ("North", "South")])
    return study(plant().tables | {"cycles": both}, timezone=plant().timezone or "unspecified", seed=3)


# --- the golden plant ---------------------------------------------------------------------------------------


def test_stations_of_one_name_at_two_sites_are_told_apart() -> None:
    report = two_sites().report
    check_report(report)
    stations = [(row["site_id"], row["line_id"], row["station_id"]) for row in report["by"]["station"]]
    assert len(set(stations)) == len(stations) == 2 * len(golden().report["by"]["station"])
    assert [row["site_id"] for row in report["by"]["line"]] == ["North", "South"]
    assert report["exposure"]["stations"] == len(stations)
    assert sum(row["cycles"] for row in report["by"]["station"]) == report["exposure"]["cycles"]
    assert not any("site_id" in row for row in golden().report["by"]["station"])
    assert not {"site_id"} & set(two_sites().tables["cells"].columns)
    caveat = "names_at_several_sites", "warning"  # as the pages cannot tell them apart
    assert caveat in {(one["code"], one["severity"]) for one in report["caveats"]}


def test_the_report_has_every_key_of_the_contract() -> None:
    report = golden().report
    assert list(report) == [
        "schema_version",
        "run",
        "period",
        "exposure",
        "demand",
        "chronic",
        "output",
        "by",
        "walk_away",
        "detection_curve",
        "change",
        "response",
        "types",
        "targets",
        "capacity",
        "audit",
        "sources",
        "caveats",
    ]
    assert set(report["run"]) == {"id", "created_at", "data_fingerprint", "parameters"}
    assert set(report["period"]) == {"from", "to", "timezone"}
    assert set(report["exposure"]) == {"cycles", "stations", "lines", "planned_hours", "excluded"}
    assert set(report["demand"]) == {
        "calls",
        "detected",
        "undetected",
        "total",
        "detection_rate",
        "common_floor_s",
        "seen_by_no_source",
    }
    undetected = {"count", "minutes", "problems", "floor_s", "recorded", "visible_only"}
    assert set(report["demand"]["undetected"]) == undetected
    assert set(report["by"]) == {"station", "line", "shift", "product", "day"}
    assert set(report["types"]) == {"type_1", "type_2", "type_3", "type_4"}
    assert set(report["chronic"]) == {"standard_not_held", "target_condition", "drift"}
    assert set(report["response"]) == {"acknowledged_s", "resolved_s", "within_cycle_rate"}
    json.dumps(report, allow_nan=False)


def test_the_truth_lies_in_the_interval() -> None:
    truth, scored = plant().truth, golden().tables["cycles"]
    given = (
        plant()
        .tables["cycles"]
        .with_columns(delay=truth["own_delay_s"], told=truth["called"] | truth["covered"])
    )
    joined = given.join(scored, on=["station_id", "ended_at", "serial"], how="inner", nulls_equal=True)
    assert joined.height == truth.height
    slow = joined.filter((pl.col("delay") >= pl.col("floor_s")) & ~pl.col("told"))
    count, minutes = (golden().report["demand"]["undetected"][name] for name in ("count", "minutes"))
    assert slow.height > 15
    assert count["lower"] <= slow.height <= count["upper"]
    assert minutes["lower"] <= slow["delay"].sum() / 60 <= minutes["upper"]


def test_there_is_exactly_one_row_a_cycle_in_one_state() -> None:
    scored, given = golden().tables["cycles"], plant().tables["cycles"]
    assert scored.height == given.height == golden().report["exposure"]["cycles"]
    assert scored["cycle_id"].to_list() == list(range(scored.height))
    keys = ["line_id", "station_id", "ended_at", "serial"]
    assert scored.select(keys).sort(keys).equals(given.select(keys).sort(keys))
    assert set(scored["state"].unique()) <= STATES


def check_cycles(findings: Findings) -> None:
    """What holds for every export of cycles."""
    scored = findings.tables["cycles"]
    masked = scored["state"] == "masked"
    for name in ("floor_s", "undetected_probability", "slow_probability", "delay_s"):
        assert (scored[name].is_null() == masked).all(), name
    inside = scored.filter(~masked)
    assert inside["undetected_probability"].is_between(0, 1).all()
    assert (inside["floor_s"] > 0).all()
    assert (inside.filter("called")["undetected_probability"] == 0).all()
    assert (inside.filter(pl.col("state") == "covered")["undetected_probability"] == 0).all()
    assert (inside.filter(pl.col("state") == "planned")["undetected_probability"] == 0).all()
    assert (scored["called"] == scored["call_id"].is_not_null()).all()
    count = findings.report["demand"]["undetected"]["count"]
    if "unavailable" not in count:
        total = scored["undetected_probability"].fill_null(0.0).sum()
        assert total == pytest.approx(count["value"], rel=1e-9, abs=1e-9)


def check_sums(report: dict[str, Any]) -> None:
    """What adds up in every report that has an estimate."""
    undetected = report["demand"]["undetected"]
    for what in ("count", "minutes"):
        if "unavailable" in undetected[what]:
            continue
        whole = undetected[what]["value"]
        parts = undetected["recorded"][what]["value"] + undetected["visible_only"][what]["value"]
        assert parts == pytest.approx(whole, rel=1e-9, abs=1e-9)
        for name, rows in report["by"].items():
            values = [row["undetected"][what].get("value", 0.0) for row in rows]
            assert sum(values) == pytest.approx(whole, rel=1e-9, abs=1e-9), (what, name)
    for name, rows in report["by"].items():
        assert sum(row["cycles"] for row in rows) == report["exposure"]["cycles"], name
    detected = sum(row["detected"].get("value", 0.0) for row in report["by"]["station"])
    assert detected == pytest.approx(report["demand"]["detected"]["count"]["value"])
    total = report["demand"]["total"]["count"]["value"]
    assert total == pytest.approx(detected + undetected["count"]["value"])
    assert undetected["problems"]["value"] <= undetected["count"]["value"] + 1e-9


def check_estimates(node: Any) -> int:
    """Every estimate has its interval; return how many there are."""
    if isinstance(node, list):
        return sum(check_estimates(one) for one in node)
    if not isinstance(node, dict):
        return 0
    if "method" in node and "value" in node:
        assert set(node) == {"value", "lower", "upper", "level", "unit", "method"}
        assert node["lower"] <= node["value"] <= node["upper"]
        return 1
    return sum(check_estimates(one) for one in node.values())


def test_probabilities_and_floors_keep_their_promises() -> None:
    check_cycles(golden())
    assert golden().tables["cycles"]["called"].sum() > 5


def test_everything_adds_up() -> None:
    check_sums(golden().report)
    assert check_estimates(golden().report) > 30


def test_each_slow_cycle_that_another_source_saw_is_counted_as_recorded() -> None:
    scored = golden().tables["cycles"]
    seen = scored.filter(pl.col("recorded_by").is_not_null())["undetected_probability"].sum()
    assert golden().report["demand"]["undetected"]["recorded"]["count"]["value"] == pytest.approx(seen)


def test_the_tables_fit_the_run(workspace: Workspace) -> None:
    with open_warehouse(workspace) as con:
        for table, frame in plant().tables.items():
            insert_frame(con, table, frame)
    told: list[tuple[str, float]] = []
    run = analyze(workspace, seed=3, progress=lambda step, share: told.append((step, share)))
    assert [one.id for one in list_runs(workspace)] == [run.id]
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)
    kept, fresh = read_report(run), without_stamp(golden().report)
    assert kept["demand"] == fresh["demand"]
    assert kept["by"] == fresh["by"]


def test_the_warehouse_is_free_while_the_estimate_runs(workspace: Workspace) -> None:
    with open_warehouse(workspace) as con:
        for table, frame in plant().tables.items():
            insert_frame(con, table, frame)

    class Loaded(Exception):  # noqa: N818 - no error: it ends the study once the point is made
        pass

    def load_meanwhile(step: str, share: float) -> None:
        if share > 0.1:
            with open_warehouse(workspace, wait_s=0.0):
                raise Loaded(step)

    with pytest.raises(Loaded):
        analyze(workspace, progress=load_meanwhile)


def test_the_order_of_rows_does_not_matter_and_the_same_seed_gives_the_same_answer() -> None:
    shuffled = {
        name: frame.sample(fraction=1.0, shuffle=True, seed=7) for name, frame in plant().tables.items()
    }
    again = study(shuffled, timezone=plant().timezone or "unspecified", seed=3)
    assert without_stamp(again.report) == without_stamp(golden().report)
    assert again.report["run"]["id"] != golden().report["run"]["id"]
    for name, frame in golden().tables.items():
        assert again.tables[name].equals(frame), name


ONE_THREAD = """
import json, sys
from tests.test_study import golden, without_stamp
json.dump(without_stamp(golden().report), sys.stdout)
"""


def test_the_number_of_threads_does_not_matter() -> None:
    single = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ONE_THREAD],
        env={**os.environ, **single},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[1],
    )
    assert json.loads(done.stdout) == without_stamp(golden().report)


# --- a small plant by hand ----------------------------------------------------------------------------------

SIZE = 420


def station(
    name: str = "S1", *, size: int = SIZE, seed: int = 0, delay: float = 50.0, **more: Any
) -> pl.DataFrame:
    """Cycles of a minute; every thirtieth is delayed."""
    rng = np.random.default_rng([seed, size])
    lengths = 60.0 + 2.0 * rng.standard_normal(size)
    lengths[15::30] += delay
    return cycles(lengths, station=name, **more)


def value(findings: Findings) -> float:
    return findings.report["demand"]["undetected"]["count"]["value"]


def test_without_an_andon_everything_ran_without_a_call() -> None:
    findings = study({"cycles": station()})
    assert value(findings) == pytest.approx(14, abs=0.5)
    assert findings.report["demand"]["detected"]["count"]["value"] == 0
    assert "andon" in findings.report["demand"]["detection_rate"]["unavailable"]
    assert findings.report["demand"]["calls"] == {"count": 0, "without_time_trace": {}}
    assert "unavailable" in findings.report["response"]["acknowledged_s"]
    assert findings.report["demand"]["undetected"]["minutes"]["value"] == pytest.approx(
        14 * 50 / 60, rel=0.05
    )
    check_cycles(findings)
    check_sums(findings.report)


def test_without_standards_there_is_no_chronic_gap() -> None:
    chronic = study({"cycles": station()}).report["chronic"]
    assert "unavailable" in chronic["standard_not_held"]["minutes"]
    assert "unavailable" in chronic["target_condition"]["minutes"]


def test_calls_are_taken_off_and_answered_in_time() -> None:
    frame = station()
    seconds = [(one - MONDAY).total_seconds() for one in frame["started_at"]]
    raised = [seconds[row] + 90 for row in range(15, SIZE, 60)]
    given = calls(
        raised, acknowledged_at=[one + 20 for one in raised], resolved_at=[one + 30 for one in raised]
    )
    findings = study({"cycles": frame, "andon_calls": given})
    assert value(findings) == pytest.approx(7, abs=0.5)
    assert findings.report["demand"]["detected"]["count"]["value"] == pytest.approx(7, abs=0.3)
    assert findings.report["demand"]["detection_rate"]["value"] == pytest.approx(0.5, abs=0.03)
    assert findings.report["response"]["acknowledged_s"] == {"median": 20.0, "p90": 20.0}
    assert findings.report["response"]["within_cycle_rate"] == 1.0
    check_cycles(findings)


def test_a_period_is_from_inclusive_to_exclusive() -> None:
    frame = station(size=3 * SIZE, gap=100.0)
    days = frame["ended_at"].dt.date()
    middle = MONDAY.date() + timedelta(days=1)
    findings = study({"cycles": frame}, from_day=middle, to_day=middle + timedelta(days=1))
    assert findings.report["exposure"]["cycles"] == (days == middle).sum()
    assert findings.report["run"]["parameters"]["from"] == "2026-03-03"


def test_the_period_is_that_of_the_wall_clock() -> None:
    frame = station(size=3 * SIZE, gap=100.0)
    findings = study(
        {"cycles": frame}, timezone="Asia/Tokyo", from_day=date(2026, 3, 3), to_day=date(2026, 3, 4)
    )
    local = frame["ended_at"].dt.offset_by("9h").dt.date()
    assert findings.report["exposure"]["cycles"] == (local == date(2026, 3, 3)).sum()


def test_nothing_loaded_is_said() -> None:
    with pytest.raises(NoDataError, match="no cycles in this workspace"):
        study({})


def test_nothing_in_the_period_is_said_with_the_days_there_are() -> None:
    with pytest.raises(NoDataError, match="2026-03-02 to 2026-03-02"):
        study({"cycles": station()}, from_day=date(2025, 1, 1), to_day=date(2025, 2, 1))


def test_no_day_is_named_where_none_was_asked_for() -> None:
    ancient = station().with_columns(pl.col("started_at", "ended_at").dt.offset_by("-200y"))
    with pytest.raises(
        NoDataError, match="no cycles from 1900 up to 2200; the loaded ones run from 1826-03-0"
    ):
        study({"cycles": ancient})


def test_an_empty_workspace_is_said(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="No data"):
        analyze(workspace)
    assert list_runs(workspace) == []


def test_two_sites_with_the_same_names_are_counted_once_each() -> None:
    both = pl.concat([station(site_id="north"), station(site_id="south", seed=1)])
    findings = study({"cycles": both})
    assert value(findings) == pytest.approx(28, abs=1)
    assert findings.report["exposure"] | {"planned_hours": 0} == {
        "cycles": 2 * SIZE,
        "stations": 2,
        "lines": 2,
        "planned_hours": 0,
        "excluded": {},
    }
    check_cycles(findings)
    check_sums(findings.report)


def test_fewer_than_a_hundred_cycles_are_masked_not_zero() -> None:
    findings = study({"cycles": station(size=99)})
    count = findings.report["demand"]["undetected"]["count"]
    assert "99 usable cycles" in count["unavailable"]
    assert (findings.tables["cycles"]["state"] == "masked").all()
    assert findings.report["exposure"]["excluded"] == {"masked": 99}
    check_cycles(findings)


def test_a_masked_station_leaves_the_others_alone() -> None:
    alone = study({"cycles": station("S1")})
    beside = study({"cycles": pl.concat([station("S1"), station("S2", size=60)])})
    assert value(beside) == pytest.approx(value(alone), rel=0.05)
    rows = {row["station_id"]: row for row in beside.report["by"]["station"]}
    assert "unavailable" in rows["S2"]["undetected"]["count"]
    check_cycles(beside)
    check_sums(beside.report)


def test_minute_stamps_are_withheld() -> None:
    findings = study({"cycles": station(stamp_s=60.0)})
    assert "one minute" in findings.report["demand"]["undetected"]["count"]["unavailable"]
    assert findings.report["targets"] == []
    assert "withheld" in {caveat["code"] for caveat in findings.report["caveats"]}
    check_cycles(findings)


# --- what no plant should send ------------------------------------------------------------------------------


def equal_stamps() -> pl.DataFrame:
    return spans([0.0] * 200, [60.0] * 200, serial=[f"u{number}" for number in range(200)])


def nothing_told() -> pl.DataFrame:
    return station(line=None, product_id=None, shift=None)


def ends_before_start() -> pl.DataFrame:
    swap = pl.int_range(pl.len()) % 7 == 0
    return station().with_columns(
        started_at=pl.when(swap).then("ended_at").otherwise("started_at"),
        ended_at=pl.when(swap).then("started_at").otherwise("ended_at"),
    )


def huge_gap() -> pl.DataFrame:
    late = pl.int_range(pl.len()) > 200
    shift = pl.when(late).then(pl.duration(days=9_000)).otherwise(pl.duration(days=0))
    return station().with_columns(pl.col("started_at", "ended_at") + shift)


def some_without_start() -> pl.DataFrame:
    return station().with_columns(started_at=pl.when(pl.int_range(pl.len()) % 3 > 0).then("started_at"))


def overlapping() -> pl.DataFrame:
    return pl.concat([station(seed=seed, start=after(20 * seed)) for seed in range(3)])


ODD: dict[str, dict[str, pl.DataFrame]] = {
    "one cycle": {"cycles": spans([0.0], [60.0])},
    "two cycles": {"cycles": spans([0.0, 60.0], [60.0, 120.0])},
    "one completion": {"cycles": spans([0.0], [60.0]).drop("started_at")},
    "all stamps equal": {"cycles": equal_stamps()},
    "no length at all": {"cycles": spans(60.0 * np.arange(300), 60.0 * np.arange(300))},
    "all cycles equal": {"cycles": spans(65.0 * np.arange(300), 65.0 * np.arange(300) + 60.0)},
    "cavities": {"cycles": pl.concat([station(product_id="A"), station(product_id="B")])},
    "ends before start": {"cycles": ends_before_start()},
    "all run backwards": {"cycles": station().rename({"started_at": "ended_at", "ended_at": "started_at"})},
    "negative lengths": {"cycles": station(cycle_s=-60.0)},
    "lengths of zero": {"cycles": station(cycle_s=0.0).drop("started_at")},
    "no names": {"cycles": nothing_told()},
    "a huge gap": {"cycles": huge_gap()},
    "some without start": {"cycles": some_without_start()},
    "overlapping": {"cycles": overlapping()},
    "completions only": {"cycles": station().drop("started_at")},
    "each its own product": {"cycles": station(product_id=[f"p{number}" for number in range(SIZE)])},
    "calls from elsewhere": {
        "cycles": station(),
        "andon_calls": calls([-1e7, 50.0, 1e8], station="nowhere", line=None, resolved_at=[-2e7, None, 2e8]),
    },
    "calls resolved before raised": {
        "cycles": station(),
        "andon_calls": calls([1_000.0, 2_000.0], acknowledged_at=[900.0, None], resolved_at=[500.0, 1_990.0]),
    },
    "a call every seven seconds": {
        "cycles": station(),
        "andon_calls": calls(
            list(range(0, 27_000, 7)), resolved_at=[one + 10_000 for one in range(0, 27_000, 7)]
        ),
    },
    "calls that name nothing": {
        "cycles": station(),
        "andon_calls": calls([100.0, 1_000.0]).with_columns(
            pl.lit(None, dtype=pl.String).alias(name) for name in ("call_id", "line_id", "station_id")
        ),
    },
    "names of every kind": {"cycles": station("Größe Ω|,;'\"", line="線'; drop table cycles; --")},
    "a station that follows itself": {
        "cycles": pl.concat([station("A"), station("B", seed=2)]),
        "stations": pl.DataFrame(
            {"line_id": ["L1", "L1"], "station_id": ["A", "B"], "next_station_id": ["A", "A"]}
        ),
    },
    "an odd calendar": {
        "cycles": station(),
        "calendar": calendar(
            interval(500, 400, "break"),
            interval(600, 600, "break", line="L1"),
            interval(1_000, 2_000, "shift", line="L1"),
            interval(1_500, 2_500, "shift", line="L1"),
            interval(0, 1e9, "no_data", line="elsewhere"),
        ),
    },
    "closed all the time": {"cycles": station(), "calendar": calendar(interval(-1e6, 1e7, "planned_stop"))},
    "odd standards": {
        "cycles": station(product_id="A"),
        "standards": pl.DataFrame(
            {
                "line_id": ["L1", "L1", None],
                "station_id": ["S1", "S1", None],
                "product_id": ["A", None, None],
                "standard_cycle_s": [0.0, -5.0, None],
                "takt_s": [0.0, None, 1e-9],
            },
            schema_overrides={"line_id": pl.String},
        ),
    },
    "a downtime log that ends before it starts": {
        "cycles": station(),
        "detections": pl.DataFrame(
            {
                "source": ["downtime"] * 3,
                "line_id": ["L1"] * 3,
                "station_id": ["S1", "S1", "nowhere"],
                "detected_at": [after(900), after(-5), after(900)],
                "ended_at": [after(100), None, after(1_000)],
                "planned": [False, None, True],
            },
            schema_overrides={"planned": pl.Boolean},
        ),
    },
}


@pytest.mark.parametrize("name", ODD)
def test_no_plant_is_too_odd_for_an_answer(name: str) -> None:
    findings = study(ODD[name])
    given = ODD[name]["cycles"]
    distinct = given.unique([c for c in ("started_at", "ended_at", "serial") if c in given.columns]).height
    assert findings.report["exposure"]["cycles"] == distinct == findings.tables["cycles"].height
    json.dumps(findings.report, allow_nan=False)
    check_cycles(findings)
    check_estimates(findings.report)
    if "value" in findings.report["demand"]["undetected"]["count"]:
        check_sums(findings.report)


# --- plants that only look alike ----------------------------------------------------------------------------


def test_calls_of_another_line_are_not_this_lines() -> None:
    slow = station(line="L1").with_row_index().filter(pl.col("index") % 30 == 15)["started_at"]
    at = [(one - MONDAY).total_seconds() + 80 for one in slow]
    elsewhere = study({"cycles": station(line="L1"), "andon_calls": calls(at, line="L9")})
    assert elsewhere.report["demand"]["detected"]["count"]["value"] == pytest.approx(0.0, abs=1e-6)
    assert elsewhere.tables["calls"]["cycle_id"].null_count() == len(at)
    nameless = study({"cycles": station(line="L1"), "andon_calls": calls(at, line=None)})
    assert nameless.tables["calls"]["cycle_id"].null_count() == 0


def test_a_call_that_was_never_closed_covers_little() -> None:
    left_open = calls([1000.0], resolved_at=[14 * 86_400.0])
    found = study({"cycles": station(), "andon_calls": left_open})
    assert value(found) > 11
    assert "calls_left_open" in {caveat["code"] for caveat in found.report["caveats"]}


def test_a_call_that_names_only_its_line_goes_to_its_slowest_cycle() -> None:
    both = pl.concat([station("S1"), station("S2", seed=1, delay=0.0)])
    slow = station("S1").with_row_index().filter(pl.col("index") % 30 == 15)["started_at"]
    at = [(one - MONDAY).total_seconds() + 80 for one in slow]
    given = calls(at).with_columns(station_id=pl.lit(None, dtype=pl.String))
    found = study({"cycles": both, "andon_calls": given})
    assert found.report["demand"]["detected"]["count"]["value"] > 12


def test_completions_without_units_give_no_minutes() -> None:
    report = study({"cycles": station().drop("started_at")}).report
    assert "unavailable" in report["demand"]["undetected"]["minutes"]
    assert report["demand"]["undetected"]["count"]["value"] > 0


def test_a_second_way_of_working_is_withheld() -> None:
    rng = np.random.default_rng(3)
    lengths = 60.0 * (1 + 0.03 * rng.standard_normal(2500)) * np.where(rng.random(2500) < 0.2, 1.2, 1.0)
    found = study({"cycles": cycles(lengths)})
    assert "unavailable" in found.report["demand"]["undetected"]["count"]


def test_minutes_may_be_zero_where_the_count_may() -> None:
    lengths = 60.0 + 2.0 * np.random.default_rng(5).standard_normal(SIZE)
    lengths[200] += 9000.0
    undetected = study({"cycles": cycles(lengths)}).report["demand"]["undetected"]
    assert (undetected["count"]["lower"] == 0) == (undetected["minutes"]["lower"] == 0)


def test_calls_of_stations_that_no_cycle_names_give_no_rate() -> None:
    tables = plant().tables
    moved = tables["andon_calls"].with_columns(
        station_id=pl.col("station_id").str.to_lowercase(), line_id=pl.lit(None, pl.String)
    )
    report = study({**tables, "andon_calls": moved}).report
    reason = f"no station of the {moved.height:,} andon calls has cycles"
    assert report["demand"]["detection_rate"]["unavailable"] == reason
    assert {one["detection_rate"]["unavailable"] for one in report["by"]["station"]} == {reason}
    assert report["detection_curve"]["unavailable"] == reason
    assert report["change"]["unavailable"] == reason
    assert report["walk_away"]["unavailable"] == reason, "no call was ever open, which says nothing of help"
    assert report["demand"]["seen_by_no_source"]["count"]["unavailable"] == reason
    assert no_calls(report) == quantity_from_json(report["demand"]["detection_rate"])
    said = supporting(report)[0]
    assert said == f"N{reason[1:]}, so none of what was found is known to be called."
    assert f"{moved.height:,} andon calls; not estimable: {reason}" in " ".join(
        " ".join(ladder(report)).split()
    )
    told = next(one["message"] for one in report["caveats"] if one["code"] == "station_of_calls")
    assert "'a010' (is it 'A010'?)" in told
