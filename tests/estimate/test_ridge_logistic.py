"""The regression agrees with closed forms and with scikit-learn, and its bootstrap with asymptotic theory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from analytics.estimate.ridge_logistic import bootstrap_coefficients, fit_logistic


def drawn(rows: int, seed: int = 1):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(rows), rng.normal(size=rows), rng.integers(0, 2, rows)])
    y = (rng.random(rows) < expit(x @ np.array([0.3, -0.8, 0.5]))).astype(float)
    return x, y, rng.uniform(0.2, 1.0, rows)


def test_a_constant_alone_is_the_weighted_mean() -> None:
    _, y, w = drawn(200)
    found = fit_logistic(csr_matrix(np.ones((200, 1))), y, w, np.zeros(1))
    assert found.coefficients[0] == pytest.approx(logit(np.average(y, weights=w)))


def test_it_agrees_with_scikit_learn() -> None:
    x, y, w = drawn(500)
    found = fit_logistic(csr_matrix(x), y, w, np.array([0.0, 2.0, 2.0]))
    peer = LogisticRegression(C=0.5, tol=1e-10, max_iter=500).fit(x[:, 1:], y, sample_weight=w)
    assert found.coefficients == pytest.approx([peer.intercept_[0], *peer.coef_[0]], abs=1e-5)
    assert found.chance == pytest.approx(peer.predict_proba(x[:, 1:])[:, 1], abs=1e-5)


def test_groups_that_add_up_to_the_constant_are_no_obstacle_under_a_ridge() -> None:
    x, y, w = drawn(300)
    both = np.column_stack([x[:, 0], x[:, 2], 1.0 - x[:, 2]])
    found = fit_logistic(csr_matrix(both), y, w, np.array([0.0, 1.0, 1.0]))
    assert found.coefficients[1] == pytest.approx(-found.coefficients[2])


def test_a_ridge_keeps_separated_data_finite() -> None:
    x = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
    found = fit_logistic(csr_matrix(x), x[:, 1], np.ones(40), np.array([0.0, 1.0]))
    assert np.isfinite(found.coefficients).all()
    assert found.chance[-1] > 0.8


def test_the_order_of_rows_does_not_matter() -> None:
    x, y, w = drawn(200)
    mixed = np.random.default_rng(2).permutation(200)
    ridge = np.array([0.0, 1.0, 1.0])
    one, other = (
        fit_logistic(csr_matrix(x), y, w, ridge),
        fit_logistic(csr_matrix(x[mixed]), y[mixed], w[mixed], ridge),
    )
    assert one.coefficients == pytest.approx(other.coefficients, abs=1e-10)


def test_the_bootstrap_scatters_as_theory_says() -> None:
    x, y, _ = drawn(4000)
    w = np.ones(4000)
    features = csr_matrix(x)
    found = fit_logistic(features, y, w, np.zeros(3))
    draws = bootstrap_coefficients(
        found, features, y, w, np.arange(4000) // 8, draws=2000, rng=np.random.default_rng(3)
    )
    # Independent rows in groups that mean nothing: the inverse information is the covariance.
    assert draws.mean(axis=0) == pytest.approx(found.coefficients, abs=0.01)
    assert draws.std(axis=0) == pytest.approx(np.sqrt(np.diag(found.inverse)), rel=0.12)


def test_groups_that_differ_widen_the_bootstrap() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(40), 50)
    x = csr_matrix(np.ones((2000, 1)))
    y = (rng.random(2000) < expit(rng.normal(size=40))[group]).astype(float)
    found = fit_logistic(x, y, np.ones(2000), np.zeros(1))
    draws = bootstrap_coefficients(found, x, y, np.ones(2000), group, draws=1000, rng=rng)
    assert draws.std() > 2.0 * np.sqrt(found.inverse[0, 0])
