"""An audit corrects the whole plant: it rescues a withheld number, and says what it rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.audits.book import EMPTY, Book
from analytics.audits.outcome import audit, unwatched
from analytics.audits.records import draw, reviewed_cycles
from analytics.audits.rows import UNNAMED
from analytics.audits.told import retold
from analytics.cli_ladder import ladder
from analytics.journal import Observation
from analytics.report.contract import check_report
from analytics.results import Caveat, Estimate, Unavailable, quantity_from_json
from analytics.study import study_tables
from analytics.warehouse import memory_warehouse
from tests.audits.plant import NOW, Studied, review, studied


def bimodal(seed: int) -> Studied:
    return studied("bimodal", seed, 60_000)


def ordinary() -> Studied:
    return studied("default", 1, 30_000)


LOADED = Book(observations=(Observation(draw_id="A-1", item=1, observer="o1", loaded_at=NOW, answer={}),))


def refusal(given: Studied) -> Unavailable:
    count = quantity_from_json(given.findings.report["demand"]["undetected"]["count"])
    assert isinstance(count, Unavailable)
    return count


def test_an_audit_of_200_brings_a_withheld_number_within_15_percent() -> None:
    errors, covered = [], 0
    for seed in (2, 3):
        given = bimodal(seed)
        withheld = refusal(given)
        for look in (1, 2, 3):
            found = audit(
                given.cycles,
                given.stations,
                given.total(withheld),
                review(given, 200, look, withheld=True),
                withheld=withheld,
            )
            count = found.total.undetected_count
            assert isinstance(count, Estimate)
            covered += count.lower <= given.true_count() <= count.upper
            errors.append(abs(count.value / given.true_count() - 1.0))
    assert covered >= 5
    assert float(np.mean(errors)) <= 0.10
    assert max(errors) <= 0.25
    assert sum(error > 0.15 for error in errors) <= 1


def test_the_audited_minutes_are_right_too() -> None:
    given = bimodal(2)
    withheld = refusal(given)
    covered = 0
    for look in (1, 2, 3, 4):
        book = review(given, 200, look, withheld=True)
        found = audit(given.cycles, given.stations, given.total(withheld), book, withheld=withheld)
        minutes = found.total.undetected_minutes
        assert isinstance(minutes, Estimate)
        assert abs(minutes.value / given.true_minutes() - 1.0) <= 0.15
        covered += minutes.lower <= given.true_minutes() <= minutes.upper
    assert covered >= 3


def test_the_model_of_an_ordinary_plant_is_confirmed() -> None:
    given = ordinary()
    total = given.total()
    found = audit(given.cycles, given.stations, total, review(given, 200, 1))
    count = found.total.undetected_count
    assert isinstance(count, Estimate)
    assert isinstance(total.undetected_count, Estimate)
    assert found.replaced
    assert count.lower <= given.true_count() <= count.upper
    assert count.value == pytest.approx(total.undetected_count.value, rel=0.25)
    assert "audited" in count.method
    assert found.section["model"]["count"]["value"] == total.undetected_count.value


def test_parts_and_rate_move_with_the_audited_number() -> None:
    given = ordinary()
    total = given.total()
    found = audit(given.cycles, given.stations, total, review(given, 200, 1)).total
    assert isinstance(found.undetected_count, Estimate)
    assert isinstance(found.recorded_count, Estimate)
    assert isinstance(found.detection_rate, Estimate)
    assert isinstance(total.detection_rate, Estimate)
    assert 0 < found.recorded_count.value < found.undetected_count.value
    more = found.undetected_count.value > total.undetected_count.value  # type: ignore[union-attr]
    assert (found.detection_rate.value < total.detection_rate.value) == more


def test_without_observations_the_model_stands() -> None:
    given = ordinary()
    total = given.total()
    found = audit(given.cycles, given.stations, total, EMPTY)
    assert not found.replaced
    assert found.total is total
    assert found.section["needed"] == "walkaway audit draw, then walkaway audit load"
    drawn = replace(review(given, 60, 1), observations=())
    waiting = audit(given.cycles, given.stations, total, drawn)
    assert "nothing was loaded of the draw A-1" in waiting.section["unavailable"]


def test_a_handful_of_cycles_changes_nothing_and_says_so() -> None:
    given = ordinary()
    book = review(given, 60, 1)
    few = replace(book, observations=book.observations[:12])
    found = audit(given.cycles, given.stations, given.total(), few)
    assert not found.replaced
    assert found.section["reviewed"] == 12
    assert "12 of this run's cycles" in found.section["count"]["unavailable"]


def test_answers_about_cycles_that_are_not_there_are_counted_apart() -> None:
    given = ordinary()
    book = review(given, 200, 1)
    gone = given.cycles.filter(given.cycles["line_id"] != given.cycles["line_id"][0])
    found = audit(gone, given.stations, given.total(), book)
    section = found.section
    assert section["left_out"] > 20
    assert section["reviewed"] + section["left_out"] == 200
    nothing = audit(given.cycles.head(0), given.stations, given.total(), book)
    assert "no cycle of this run was looked at" in nothing.section["unavailable"]


def test_a_review_that_finds_nothing_has_zero_as_its_lower_end() -> None:
    given = ordinary()
    book = review(given, 200, 1)
    none = [replace(one, answer={**one.answer, "slow": False, "seconds": None}) for one in book.observations]
    found = audit(given.cycles, given.stations, given.total(), replace(book, observations=tuple(none)))
    count = found.total.undetected_count
    assert isinstance(count, Estimate)
    assert count.lower == 0.0
    assert count.value < 0.3 * given.true_count()


def test_a_cycle_that_was_called_after_all_is_not_one_without_a_call() -> None:
    given = ordinary()
    book = review(given, 200, 1)
    called = [replace(one, answer={**one.answer, "called": True}) for one in book.observations]
    found = audit(given.cycles, given.stations, given.total(), replace(book, observations=tuple(called)))
    assert found.section["positive"] == 0


def test_two_observers_give_kappa_and_their_accuracy() -> None:
    given = ordinary()
    book = review(given, 120, 1)
    rng = np.random.default_rng(2)
    other = [
        replace(
            one,
            observer="o2",
            answer={**one.answer, "slow": bool(one.answer["slow"] ^ (rng.random() < 0.04)), "seconds": None},
        )
        for one in book.observations
    ]
    found = audit(
        given.cycles,
        given.stations,
        given.total(),
        replace(book, observations=(*book.observations, *other)),
    )
    section = found.section
    assert section["observers"] == 2
    assert 0.7 < section["kappa"]["value"] < 1.0
    assert 0.7 < section["sensitivity"]["value"] < 1.0
    assert 0.9 < section["specificity"]["value"] < 1.0
    assert section["doubles"] == 120
    assert 105 <= section["agreed"] < 120
    assert f"looked at twice, with the same answer to {section['agreed']}" in section["rests_on"]


def test_the_latest_answer_of_an_observer_counts() -> None:
    given = ordinary()
    book = review(given, 60, 1)
    later = [
        replace(one, loaded_at=NOW.replace(hour=13), answer={**one.answer, "slow": False, "seconds": None})
        for one in book.observations
    ]
    both = Book(draws=book.draws, observations=(*book.observations, *later))
    found = audit(given.cycles, given.stations, given.total(), both)
    assert found.section["reviewed"] == 60
    assert found.section["positive"] == 0


def test_drawn_cycles_are_found_again_and_lie_in_every_stratum() -> None:
    given = ordinary()
    items = draw(given.found, 150, given.found.share(withheld=False), np.random.default_rng(1))
    rows = reviewed_cycles(items, given.found)
    assert (rows >= 0).all()
    assert len(set(rows.tolist())) == 150
    assert given.found.cycles["silent"].gather(rows).all()
    strata = given.found.cycles["stratum"].gather(rows).to_numpy()
    assert (strata >= 0).all()
    present = set(np.flatnonzero(given.found.strata.size))
    assert set(strata.tolist()) == present
    assert [item["stratum"] for item in items] == strata.tolist()


def test_an_audit_starts_from_what_the_model_counts() -> None:
    for given in (ordinary(), studied("late_calls", 1, 20_000)):
        strata = given.found.strata
        counted = float(strata.size @ strata.chance) + strata.below_n
        model = float(given.cycles["undetected_probability"].fill_null(0.0).sum())
        assert counted == pytest.approx(model, rel=1e-6)
        slow = given.found.cycles.filter("silent")["slow_probability"].sum()
        assert slow > 1.001 * model, "some calls may be about cycles that they do not label"


def test_caveats_say_that_groups_keep_the_models_estimate() -> None:
    given = ordinary()
    found = audit(given.cycles, given.stations, given.total(), review(given, 60, 1))
    before = [Caveat(code="no_teams", severity="info", message="No teams.", affects="capacity")]
    assert [one.code for one in retold(before, found.section, None, LOADED)] == ["no_teams", "audited"]
    held = Unavailable(reason="two ways of working")
    first = Caveat(code="withheld", severity="serious", message="Withheld.", affects="everything")
    told = retold([first, *before], found.section, held, LOADED)
    assert [caveat.code for caveat in told] == ["audited", "withheld", "no_teams"]
    assert "serious" not in {caveat.severity for caveat in told}
    untouched = audit(given.cycles, given.stations, given.total(), EMPTY)
    assert retold(before, untouched.section, None, EMPTY) == before


def test_an_audit_that_contradicts_the_model_is_a_warning_with_both_numbers() -> None:
    given = ordinary()
    book = review(given, 200, 1)
    none = [replace(one, answer={**one.answer, "slow": False, "seconds": None}) for one in book.observations]
    found = audit(given.cycles, given.stations, given.total(), replace(book, observations=tuple(none)))
    assert found.section["overlaps_model"] is False
    warning, audited = retold([], found.section, None, LOADED)
    assert (warning.code, warning.severity) == ("audit_disagrees", "warning")
    for one in (found.total.undetected_count, given.total().undetected_count):
        assert isinstance(one, Estimate)
        assert f"{one.value:,.0f} ({one.lower:,.0f}–{one.upper:,.0f})" in warning.message
    assert "uses the audited number" in warning.message
    assert audited.severity == "info"
    agreeing = audit(given.cycles, given.stations, given.total(), book)
    assert agreeing.section["overlaps_model"] is True
    assert [one.code for one in retold([], agreeing.section, None, LOADED)] == ["audited"]


def test_too_small_an_audit_and_one_of_other_cycles_are_told() -> None:
    given = ordinary()
    book = review(given, 60, 1)
    twelve = replace(book, observations=book.observations[:12])
    few = audit(given.cycles, given.stations, given.total(), twelve)
    (said,) = retold([], few.section, None, LOADED)
    assert (said.code, said.severity) == ("audit_not_used", "warning")
    assert "12 of this run's cycles" in said.message
    assert "at least 30, 18 more" in said.message
    other = audit(given.cycles.head(0), given.stations, given.total(), book)
    (said,) = retold([], other.section, None, LOADED)
    assert "no cycle of this run was looked at" in said.message


def test_an_answer_without_a_name_is_nobodys_second_look() -> None:
    given = ordinary()
    book = review(given, 60, 1)
    blank = tuple(replace(one, observer=UNNAMED) for one in book.observations)
    alone = audit(given.cycles, given.stations, given.total(), replace(book, observations=blank)).section
    assert (alone["observers"], alone["unnamed"], alone["doubles"]) == (1, 60, 0)
    assert alone["rests_on"].startswith("1 person looked at 60 cycles")
    both = audit(
        given.cycles,
        given.stations,
        given.total(),
        replace(book, observations=(*book.observations, *blank[:40])),
    ).section
    assert (both["observers"], both["unnamed"], both["doubles"]) == (1, 0, 0)
    assert "unavailable" in both["kappa"]


def test_a_run_with_an_audit_keeps_its_contract() -> None:
    given = bimodal(2)
    book = review(given, 200, 1, withheld=True)
    with memory_warehouse(given.plant.tables) as con:
        report = study_tables(con, timezone=given.plant.timezone or "unspecified", seed=2, book=book).report
    check_report(report)
    undetected = report["demand"]["undetected"]
    assert undetected["count"] == report["audit"]["count"]
    assert "unavailable" in report["audit"]["model"]["count"]
    whole, parts = undetected["count"], (undetected["recorded"], undetected["visible_only"])
    assert sum(part["count"]["value"] for part in parts) == pytest.approx(whole["value"])
    assert all("unavailable" in one["undetected"]["count"] for one in report["by"]["station"])
    assert "unavailable" in undetected["problems"], "the withheld model's links of slow cycles"
    assert "unavailable" in report["types"]["type_1"]["count"]
    assert "unavailable" in report["types"]["type_2"]["count"]
    assert "audited" in {caveat["code"] for caveat in report["caveats"]}


def test_the_rungs_beside_a_contradicting_audit_add_up_or_are_called_the_models() -> None:
    given = ordinary()
    book = review(given, 200, 1)
    none = [replace(one, answer={**one.answer, "slow": False, "seconds": None}) for one in book.observations]
    with memory_warehouse(given.plant.tables) as con:
        report = study_tables(
            con,
            timezone=given.plant.timezone or "unspecified",
            seed=1,
            book=replace(book, observations=tuple(none)),
        ).report
    check_report(report)
    demand, model = report["demand"], report["audit"]["model"]["count"]
    audited = demand["undetected"]["count"]
    assert audited == report["audit"]["count"]
    assert audited["upper"] < model["lower"]
    assert demand["total"]["count"]["value"] == pytest.approx(
        demand["detected"]["count"]["value"] + audited["value"]
    )
    assert demand["undetected"]["problems"]["value"] <= audited["value"]
    parts = sum(demand["undetected"][part]["count"]["value"] for part in ("recorded", "visible_only"))
    assert parts == pytest.approx(audited["value"])
    walked = report["walk_away"]["attributable"]
    assert walked["count"]["value"] == pytest.approx(walked["share"]["value"] * audited["value"])
    assert demand["detection_rate"]["value"] > given.total().detection_rate.value  # type: ignore[union-attr]
    (warning,) = [one for one in report["caveats"] if one["code"] == "audit_disagrees"]
    assert "stands the model's estimate" in warning["message"]
    said = " ".join(" ".join(ladder(report)).split())
    assert "the two do not overlap, the audited one is used" in said
    assert "(the model's, which the audit contradicts)" in said


def test_a_plant_without_watched_windows_is_left_as_it_is() -> None:
    given = ordinary()
    assert unwatched(given.cycles, review(given, 60, 1)) is given.cycles
