"""The cycles of a run that ran without a call and can be judged, cut into the audit's strata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.estimate.audit import SECOND_READING
from analytics.estimate.audit_strata import STRATA, Strata, smooth_chance, stratum_of, usual_delay
from analytics.estimate.plant import Floats, Ints

TRUSTED_CHANCE = 0.05
"""From this chance on the model's own mean delay is taken, below it the one by the residual alone."""
_NOT_JUDGED = ("masked", "planned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The judged cycles of a run.

    Attributes:
        cycles: rows of the run's table ``cycles``, and ``silent`` (no call belongs to it, none was open),
            ``stratum`` (-1 below two sigmas), ``model_delay_s`` (mean delay, were it slow).
        strata: those without a call, cut into strata.
    """

    cycles: pl.DataFrame
    strata: Strata

    def share(self, *, withheld: bool) -> Floats:
        """Expected share of slow cycles per stratum, to plan with: the readings' mean, (STRATA,).

        Args:
            withheld: the model's own reading is not trusted, so the other one counts more.
        """
        other = 1 - SECOND_READING if withheld else SECOND_READING
        return np.asarray((1 - other) * self.strata.chance + other * self.strata.smooth)


def population(cycles: pl.DataFrame) -> Population:
    """Cut the cycles of a run into strata.

    Args:
        cycles: the run's table ``cycles``.
    """
    judged = cycles.filter(
        ~pl.col("state").is_in(_NOT_JUDGED)
        & pl.col("deviation").is_not_null()
        & pl.col("slow_probability").is_not_null()
    )
    deviation = judged["deviation"].to_numpy()
    slow = judged["slow_probability"].to_numpy()
    uncalled = judged["undetected_probability"].fill_null(0.0).to_numpy()
    silent = (
        ~judged["called"].to_numpy()
        & (judged["state"] != "covered").to_numpy()
        # A cycle that a call may be about, though it labels another, is still worth a look.
        & ((uncalled > 0.0) | (slow == 0.0))
    )
    stratum = stratum_of(deviation, (judged["state"] == "blocked").to_numpy())
    told = judged["delay_s"].fill_null(0.0).to_numpy() / np.maximum(slow, TRUSTED_CHANCE)
    by_residual = usual_delay(deviation) * judged["scale_s"].to_numpy()
    delay = np.where(slow >= TRUSTED_CHANCE, told, by_residual)
    marked = judged.with_columns(
        silent=pl.Series(silent), stratum=pl.Series(stratum), model_delay_s=pl.Series(delay)
    )
    return Population(cycles=marked, strata=_strata(silent, stratum, uncalled, delay))


def _strata(silent: np.ndarray, stratum: Ints, chance: Floats, delay: Floats) -> Strata:
    """Cut up the cycles by their chance of being slow without a call: strata add up to the model's."""

    def total(rows: np.ndarray, values: Floats | None = None) -> Floats:
        kept = rows & (stratum >= 0)
        weights = None if values is None else values[kept]
        return np.bincount(stratum[kept], weights, STRATA).astype(np.float64)

    size = total(silent)
    smooth = smooth_chance(size)
    likely = (1 - SECOND_READING) * chance + SECOND_READING * smooth[np.maximum(stratum, 0)]
    weight = np.maximum(total(silent, likely), 1e-12)
    seconds = total(silent, likely * delay) / weight
    squares = total(silent, likely * delay**2) / weight
    below = silent & (stratum < 0)
    return Strata(
        size=size,
        chance=total(silent, chance) / np.maximum(size, 1.0),
        smooth=smooth,
        seconds=seconds,
        seconds_sd=np.sqrt(np.maximum(squares - seconds**2, 0.0)),
        below_n=float(chance[below].sum()),
        below_s=float((chance * delay)[below].sum()),
    )
