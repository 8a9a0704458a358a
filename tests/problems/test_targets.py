"""Are targets ranked with what the intervals allow, and the types told apart?"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.problems.chronic import ChronicGap, SteadyGap
from analytics.problems.patterns import DRAWS, Pattern, Patterns
from analytics.problems.targets import rank_ranges, rank_targets, targets_frame
from analytics.problems.types import add, types_section
from analytics.queries import query
from analytics.results import Estimate, Unavailable

NO_STANDARDS = Unavailable(reason="no standards loaded")


def _minutes(value: float, half: float = 10.0) -> Estimate:
    return Estimate(value=value, lower=value - half, upper=value + half, unit="station-minutes", method="")


def _pattern(
    value: float,
    station_id: str = "S1",
    *,
    site_id: str | None = None,
    certain: bool = True,
    calls: int = 3,
) -> Pattern:
    return Pattern(
        pattern="every_k",
        detail="6",
        site_id=site_id,
        line_id="L1",
        station_id=station_id,
        product_id=None,
        evidence="Every 6th unit.",
        p_value=0.001,
        certain=certain,
        slow_cycles=10.0,
        minutes=_minutes(value),
        calls=calls,
        group_slow_cycles=12.0,
        draws=tuple(np.linspace(value - 10, value + 10, DRAWS).tolist()),
    )


def _steady(kind: str, value: float) -> SteadyGap:
    return SteadyGap(
        kind=kind,
        site_id=None,
        line_id="L1",
        station_id="S9",
        product_id=None,
        products=1,
        of_products=1,
        usual_s=60.0,
        declared_s=50.0,
        cycles=100,
        shift_days=4,
        of_shift_days=4,
        minutes=_minutes(value),
    )


def _patterns(*found: Pattern, weeks: float = 2.0) -> Patterns:
    return Patterns(found=found, tests=10, likely=len(found) + 1, weeks=weeks)


def _chronic(*gaps: SteadyGap) -> ChronicGap:
    value = sum(gap.minutes.value for gap in gaps if gap.kind == "standard_not_held")
    return ChronicGap(standard_not_held=_minutes(value), target_condition=_minutes(5.0), gaps=gaps)


def test_ranked_by_minutes_a_week_whatever_they_come_from() -> None:
    targets = rank_targets(
        _patterns(_pattern(40, "S1"), _pattern(100, "S2")), _chronic(_steady("standard_not_held", 70))
    )
    assert [one.station_id for one in targets] == ["S2", "S9", "S1"]
    assert [one.rank for one in targets] == [1, 2, 3]
    assert [one.minutes_per_week.value for one in targets] == [50.0, 35.0, 20.0]
    assert [one.type for one in targets] == ["type_2"] * 3
    assert all("intervals overlap" not in one.evidence for one in targets)


def test_overlapping_intervals_share_ranks() -> None:
    targets = rank_targets(_patterns(_pattern(100, "S2"), _pattern(95, "S1"), _pattern(20, "S3")), _chronic())
    assert [(one.rank_from, one.rank_to) for one in targets] == [(1, 2), (1, 2), (3, 3)]
    assert targets[0].evidence.endswith("Rank 1 to 2 of 3: intervals overlap.")


def test_ranks_allowed_contain_the_rank_given() -> None:
    rng = np.random.default_rng(0)
    sizes = sorted(
        (_minutes(float(rng.uniform(10, 80)), float(rng.uniform(1, 9))) for _ in range(30)), key=_size
    )
    for rank, (first, last) in enumerate(rank_ranges(sizes), start=1):
        assert first <= rank <= last


def _size(one: Estimate) -> float:
    return -one.value


def test_ids_stay_while_figures_change() -> None:
    first = rank_targets(_patterns(_pattern(40)), _chronic())[0]
    later = rank_targets(_patterns(_pattern(90, calls=1)), _chronic())[0]
    elsewhere = rank_targets(_patterns(_pattern(40, "S2")), _chronic())[0]
    other_site = rank_targets(_patterns(_pattern(40, site_id="south")), _chronic())[0]
    assert first.target_id == later.target_id
    assert len({first.target_id, elsewhere.target_id, other_site.target_id}) == 3


def test_a_target_says_its_line() -> None:
    target = rank_targets(_patterns(_pattern(40)), _chronic())[0]
    assert target.to_json()["line_id"] == target.line_id == "L1"


def test_call_rate_has_its_interval_and_a_slow_pace_has_none() -> None:
    targets = rank_targets(_patterns(_pattern(40)), _chronic(_steady("target_condition", 90)))
    pace, pattern = targets
    assert pace.type == "type_3"
    assert isinstance(pace.call_rate, Unavailable)
    assert isinstance(pattern.call_rate, Estimate)
    assert pattern.call_rate.value == pytest.approx(0.25)
    assert 0.05 < pattern.call_rate.lower < 0.25 < pattern.call_rate.upper < 0.6


def test_rows_fit_the_runs_table() -> None:
    frame = targets_frame(rank_targets(_patterns(_pattern(40)), _chronic(_steady("standard_not_held", 9))))
    assert frame.columns == list(query("run/patterns").columns)
    assert targets_frame(()).schema == frame.schema


def test_types_count_each_minute_once() -> None:
    section = types_section(
        problems=_minutes(50),
        detected_minutes=_minutes(30),
        undetected_minutes=_minutes(60),
        patterns=_patterns(_pattern(40), _pattern(20, "S2", certain=False)),
        chronic=_chronic(_steady("standard_not_held", 70), _steady("target_condition", 5)),
    )
    assert section["type_1"]["minutes"]["value"] == 90
    assert section["type_2"]["minutes"]["value"] == 130
    assert [section["type_2"]["count"][key] for key in ("lower", "value", "upper")] == [2, 3, 4]
    assert section["type_3"]["count"]["value"] == 1
    assert "never inferred" in section["type_4"]["unavailable"]


def test_types_without_standards_and_without_numbers() -> None:
    chronic = ChronicGap(standard_not_held=NO_STANDARDS, target_condition=NO_STANDARDS)
    refused = Unavailable(reason="withheld")
    section = types_section(
        problems=refused,
        detected_minutes=_minutes(3),
        undetected_minutes=refused,
        patterns=_patterns(),
        chronic=chronic,
    )
    assert section["type_1"]["minutes"]["unavailable"] == "withheld"
    assert section["type_2"]["count"]["unavailable"] == "withheld"
    assert section["type_2"]["minutes"]["unavailable"] == "withheld"
    assert section["type_3"]["count"]["unavailable"] == "no standards loaded"


def test_sums_add_errors_as_independent_ones() -> None:
    total = add(_minutes(30, 3), _minutes(40, 4))
    assert isinstance(total, Estimate)
    assert (total.lower, total.value, total.upper) == (65, 70, 75)


def test_a_chronic_gap_alone_needs_no_patterns() -> None:
    assert pl.DataFrame(targets_frame(rank_targets(_patterns(), _chronic()))).is_empty()
