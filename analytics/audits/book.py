"""What was drawn and what was seen, as the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.errors import UsageError
from analytics.estimate.observers import RIGHT, Accuracy, told_accuracy
from analytics.journal import Draw, Journal, Observation

SENSITIVITY, SPECIFICITY = "audit_sensitivity", "audit_specificity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workspace's audits.

    Attributes:
        draws: what was drawn, oldest first.
        observations: what was seen.
        told: how often observers are right, where somebody said so; None leaves it to double observations.
    """

    draws: tuple[Draw, ...] = ()
    observations: tuple[Observation, ...] = ()
    told: Accuracy | None = None

    def of(self, mode: str) -> list[tuple[Draw, list[Observation]]]:
        """Return the draws of a mode that somebody looked at, with what was seen."""
        pairs = [
            (draw, [seen for seen in self.observations if seen.draw_id == draw.draw_id])
            for draw in self.draws
            if draw.mode == mode
        ]
        return [(draw, seen) for draw, seen in pairs if seen]


EMPTY = Book()


def read_book(journal: Journal) -> Book:
    """Read the audits of a workspace."""
    sensitivity, specificity = journal.get(SENSITIVITY), journal.get(SPECIFICITY)
    told = None
    if sensitivity is not None or specificity is not None:
        told = told_accuracy(float(sensitivity or 1.0), float(specificity or 1.0))
    return Book(draws=tuple(journal.draws()), observations=tuple(journal.observations()), told=told)


def tell_accuracy(journal: Journal, sensitivity: float | None, specificity: float | None) -> None:
    """Keep how often observers are right; what is None stays as it was.

    Raises:
        UsageError: a number that no observer can have.
    """
    try:
        told_accuracy(
            RIGHT.sensitivity[0] if sensitivity is None else sensitivity,
            RIGHT.specificity[0] if specificity is None else specificity,
        )
    except ValueError as error:
        raise UsageError(
            f"--{error}.",
            hint="Sensitivity: share of the slow cycles that one observer says yes to; specificity: share of "
            "the ordinary ones that one says no to.",
        ) from error
    for key, value in ((SENSITIVITY, sensitivity), (SPECIFICITY, specificity)):
        if value is not None:
            journal.set(key, repr(float(value)))
