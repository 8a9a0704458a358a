"""A group of cycles as charts and tables take it: a station, a shift, a day, with its quantities."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.results import Estimate, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """One bar, row or point.

    Attributes:
        key: what a click on it selects, by the name of the filter: ``{"station": "A10"}``.
        label: its name in full; charts shorten it and show it in full on hover.
        cycles: how many cycles it pools.
        called: slow cycles called or covered, or their station-minutes.
        missed: slow cycles that ran without a call, or their station-minutes, in the same unit.
        rate: called ÷ (called + ran without a call) at the common floor, as a share.
        minutes: station-minutes that ran without a call.
        floor_s: the floor these were counted at, seconds.
        apart: its floor is too high for the common floor; it is not compared with the others.
    """

    key: dict[str, str]
    label: str
    cycles: int
    called: Quantity
    missed: Quantity
    rate: Quantity
    minutes: Quantity
    floor_s: float | None = None
    apart: bool = False

    @property
    def total(self) -> float:
        """Called and missed together, where both are known; what is unknown counts as nothing."""
        return number_of(self.called) + number_of(self.missed)


def number_of(quantity: Quantity) -> float:
    """Return the value, or 0 where it is withheld (a bar of no length; the hover says why)."""
    return quantity.value if isinstance(quantity, Estimate) else 0.0


def whiskers(quantities: list[Quantity]) -> tuple[list[float], list[float]]:
    """Return how far each interval reaches above and below its value; 0 where there is none."""
    above, below = [], []
    for quantity in quantities:
        known = isinstance(quantity, Estimate)
        above.append(max(0.0, quantity.upper - quantity.value) if known else 0.0)  # type: ignore[union-attr]
        below.append(max(0.0, quantity.value - quantity.lower) if known else 0.0)  # type: ignore[union-attr]
    return above, below


def as_percent(rate: Estimate) -> Estimate:
    """Return a share in [0, 1] as per cent, for an axis."""
    return Estimate(
        value=100 * rate.value,
        lower=100 * rate.lower,
        upper=100 * rate.upper,
        level=rate.level,
        unit="%",
        method=rate.method,
    )
