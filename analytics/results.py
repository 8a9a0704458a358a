"""What the product says: frozen results that cannot lose their interval, unit or caveats.

An estimate is never a bare number. Where a number would be a lie there is an ``Unavailable`` with the
reason and what would be needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["info", "warning", "serious"]

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its interval.

    Attributes:
        value: the estimate, in ``unit``.
        lower: lower end of the interval, ``lower <= value``.
        upper: upper end of the interval, ``value <= upper``.
        level: the interval's promised coverage, in (0, 1).
        unit: what is counted: "slow cycles", "station-minutes", "share" …
        method: the estimator, in a few words.

    Raises:
        ValueError: where a number is not finite or the three are out of order.
    """

    value: float
    lower: float
    upper: float
    unit: str
    method: str
    level: float = LEVEL

    def __post_init__(self) -> None:
        """Refuse what no page may show."""
        numbers = (self.value, self.lower, self.upper)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"an estimate must be finite, got value, lower, upper = {numbers}")
        slack = 1e-9 * max(1.0, abs(self.value))
        if not self.lower - slack <= self.value <= self.upper + slack:
            raise ValueError(f"an estimate must lie in its interval, got value, lower, upper = {numbers}")

    def to_json(self) -> dict[str, Any]:
        """Return the estimate as the report contract writes it."""
        return {
            "value": self.value,
            "lower": min(self.lower, self.value),
            "upper": max(self.upper, self.value),
            "level": self.level,
            "unit": self.unit,
            "method": self.method,
        }


TOO_EARLY = "too_early"
"""Code of a refusal that goes away by itself, once there are more shift-days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """No number, because one would be a lie: why, and what would be needed; ``code`` is for programs."""

    reason: str
    needed: str | None = None
    code: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the refusal as the report contract writes it."""
        told = {"unavailable": self.reason, "needed": self.needed}
        return told if self.code is None else told | {"code": self.code}


NO_CALLS = Unavailable(reason="no andon calls were loaded", needed="the andon system's export")
CALLS_ELSEWHERE = "calls_elsewhere"
"""Code of the refusal where andon calls were loaded, but no station of theirs has cycles."""

Quantity = Estimate | Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """An assumption that the data strain or break; every page that shows a number shows these."""

    code: str
    severity: Severity
    message: str
    affects: str

    def to_json(self) -> dict[str, Any]:
        """Return the caveat as the report contract writes it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "affects": self.affects,
        }


def quantity_from_json(given: dict[str, Any]) -> Quantity:
    """Read back an estimate or a refusal from the report contract."""
    if "unavailable" in given:
        return Unavailable(reason=given["unavailable"], needed=given.get("needed"), code=given.get("code"))
    return Estimate(
        value=given["value"],
        lower=given["lower"],
        upper=given["upper"],
        level=given["level"],
        unit=given["unit"],
        method=given["method"],
    )


def model_count(report: dict[str, Any]) -> Quantity:
    """Return the model's own count, also where an audited one stands in its place."""
    audited = report["audit"]
    count = audited["model"]["count"] if "model" in audited else report["demand"]["undetected"]["count"]
    return quantity_from_json(count)


def no_calls(report: dict[str, Any]) -> Unavailable | None:
    """Return why a run says nothing of calling (no call, or none of its stations), or None where it does."""
    demand = report["demand"]
    if not demand["calls"]["count"]:
        return NO_CALLS
    rate = quantity_from_json(demand["detection_rate"])
    return rate if isinstance(rate, Unavailable) and rate.code == CALLS_ELSEWHERE else None
