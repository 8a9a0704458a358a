"""Logistic regression with a ridge of its own for each coefficient, and how far its coefficients may be off.

Newton's method on the weighted, penalised log-likelihood: features are few and sparse, so a step costs one
small solve. Uncertainty comes from bootstrapping the scores of whole groups of rows (shift-days): each
replicate weighs the groups anew and makes one Newton step from the fit, which costs no further pass over the
rows.

Source: le Cessie and van Houwelingen (1992), Appl. Statist. 41; Kline and Santos (2012), J. Econometric
Methods 1, for the bootstrap of scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import expit

from analytics.estimate.plant import Floats, Ints

MOST_STEPS = 40
SMALLEST_STEP = 1e-8
LARGEST_STEP = 2.0
"""A step is cut to this change of any logit's coefficient: separated data would send it to infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A fitted regression.

    Attributes:
        coefficients: shape (features,).
        information: of the data alone, shape (features, features).
        inverse: inverse of the penalised information, shape (features, features).
        chance: fitted chance of each row, shape (rows,).
    """

    coefficients: Floats
    information: Floats
    inverse: Floats
    chance: Floats

    @property
    def degrees(self) -> float:
        """Effective degrees of freedom."""
        return float(np.sum(self.information * self.inverse.T))


def fit_logistic(features: csr_matrix, outcome: Floats, weight: Floats, ridge: Floats) -> Logistic:
    """Maximise the weighted log-likelihood less ½ Σ ridge·β².

    Args:
        features: shape (rows, features), the constant included.
        outcome: 0 or 1, shape (rows,).
        weight: at least 0, shape (rows,).
        ridge: penalty of each coefficient, shape (features,); those of 0 must be identified by the data.
    """
    beta = np.zeros(features.shape[1])
    transposed = features.T.tocsr()
    for _ in range(MOST_STEPS):
        chance = expit(features @ beta)
        gradient = transposed @ (weight * (outcome - chance)) - ridge * beta
        step = np.linalg.solve(_information(features, transposed, weight, chance) + np.diag(ridge), gradient)
        beta = beta + step * min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < SMALLEST_STEP:
            break
    chance = expit(features @ beta)
    information = _information(features, transposed, weight, chance)
    inverse = np.asarray(np.linalg.inv(information + np.diag(ridge)), dtype=np.float64)
    return Logistic(coefficients=beta, information=information, inverse=inverse, chance=chance)


def bootstrap_coefficients(
    fit: Logistic,
    features: csr_matrix,
    outcome: Floats,
    weight: Floats,
    group: Ints,
    *,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw coefficients by weighing whole groups of rows anew.

    Args:
        fit: the regression.
        features: as fitted, shape (rows, features).
        outcome: as fitted, shape (rows,).
        weight: as fitted, shape (rows,).
        group: number of each row's group from 0 on, shape (rows,).
        draws: how many.
        rng: random numbers.

    Returns:
        Coefficients, shape (draws, features).
    """
    groups, rows = int(group.max()) + 1, outcome.size
    belongs = csr_matrix((np.ones(rows), (group, np.arange(rows))), shape=(groups, rows))
    residual = csr_matrix((weight * (outcome - fit.chance), (np.arange(rows), np.arange(rows))))
    scores = (belongs @ residual @ features).toarray()
    again = rng.multinomial(groups, np.full(groups, 1.0 / groups), size=draws) - 1.0
    # The fit has taken up some of the scatter: as in least squares, give it back.
    spent = min(fit.degrees / max(float(weight.sum()), 1.0), 0.5)
    spread = np.sqrt(groups / max(groups - 1.0, 1.0) / (1.0 - spent))
    return np.asarray(fit.coefficients + spread * (again @ scores) @ fit.inverse)


def _information(features: csr_matrix, transposed: csr_matrix, weight: Floats, chance: Floats) -> Floats:
    rows = weight.size
    spread = csr_matrix((weight * chance * (1.0 - chance), (np.arange(rows), np.arange(rows))))
    return np.asarray((transposed @ (spread @ features)).toarray())
