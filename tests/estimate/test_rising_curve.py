"""A rising share: the curve comes back from its own shares, and the fit is the best there is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from analytics.estimate.rising_curve import _penalised as penalised
from analytics.estimate.rising_curve import centres, fit_best, levels, reached, share

SIZE = np.log(np.geomspace(5.0, 800.0, 40))
CURVES = {
    "between two levels": [-2.0, 1.5, np.log(40.0), np.log(2.0)],
    "from none to all": [-6.0, 6.0, np.log(25.0), np.log(4.0)],
    "shallow": [-3.0, 4.0, np.log(60.0), np.log(0.8)],
}


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_comes_back_from_its_own_shares(name: str) -> None:
    true = np.array([CURVES[name]])
    total = np.full((1, SIZE.size), 1e5)
    found = fit_best(SIZE, total * share(true, SIZE), total)
    assert share(found, SIZE) == pytest.approx(share(true, SIZE), abs=2e-3)
    assert np.exp(reached(found, 0.5)) == pytest.approx(np.exp(reached(true, 0.5)), rel=0.01)


def test_no_other_optimiser_finds_a_better_curve() -> None:
    rng = np.random.default_rng(3)
    total = rng.poisson(6.0, (4, SIZE.size)).astype(float)
    hits = rng.binomial(total.astype(int), share(np.array([CURVES["between two levels"]]), SIZE)).astype(
        float
    )
    found = fit_best(SIZE, hits, total)
    centre = centres((total @ SIZE) / total.sum(axis=1))
    for row in range(4):
        one = slice(row, row + 1)

        def loss(curve: np.ndarray, one: slice = one) -> float:
            return -float(penalised(SIZE, hits[one], total[one], centre[one], curve[None])[0])

        other = min(
            minimize(loss, start, method="Nelder-Mead", options={"maxiter": 4000, "fatol": 1e-9}).fun
            for start in (found[row], centre[row], centre[row] + [1.0, -2.0, 0.5, 0.5])
        )
        assert loss(found[row]) <= other + 1e-4


def test_a_share_is_reached_where_the_curve_has_it() -> None:
    true = np.array([CURVES["between two levels"]])
    for wanted in (0.2, 0.5, 0.7):
        at = reached(true, wanted)
        assert share(true, at)[0, 0] == pytest.approx(wanted)


def test_a_share_outside_the_levels_is_reached_always_or_never() -> None:
    true = np.array([CURVES["between two levels"]])
    low, high = levels(true)
    assert reached(true, float(low[0]) - 0.01)[0] == -np.inf
    assert reached(true, float(high[0]) + 0.01)[0] == np.inf


def test_without_data_the_penalties_decide() -> None:
    nothing = np.zeros((1, SIZE.size))
    assert fit_best(SIZE, nothing, nothing) == pytest.approx(centres(np.zeros(1)), abs=1e-3)
