"""What is said beside an audit: what it rests on, whether the model agrees, and what stays the model's."""

from __future__ import annotations

from typing import Any

from analytics.audits.book import Book
from analytics.audits.evidence import Evidence
from analytics.estimate.audit import FEWEST_SECONDS
from analytics.results import Caveat, Estimate, Quantity, Unavailable, quantity_from_json

NEXT_STEP = "walkaway audit draw, then walkaway audit load"
STAYS = (
    "By station, line, shift, product and day, in the shares by open calls and by seconds, between periods, "
    "among what no source saw and in targets stands the model's estimate"
)
"""What an audit of the whole plant cannot correct."""


def overlap(audited: Quantity, model: Quantity) -> bool | None:
    """Tell whether two intervals have anything in common; None where one of them is missing."""
    if isinstance(audited, Unavailable) or isinstance(model, Unavailable):
        return None
    return audited.lower <= model.upper and model.lower <= audited.upper


def retold(
    caveats: list[Caveat], section: dict[str, Any], withheld: Unavailable | None, book: Book
) -> list[Caveat]:
    """Return the caveats as they read beside an audit.

    Args:
        caveats: those of the run.
        section: the report's section ``audit``.
        withheld: why the model's own estimate is withheld, if so.
        book: the workspace's audits.
    """
    if not book.observations:
        return caveats
    if "unavailable" in section:
        return [_unused(section), *caveats]
    if "unavailable" in section["count"]:
        return [_unused(section["count"]), *caveats]
    kept = [caveat for caveat in caveats if caveat.code != "withheld"]
    if withheld is None:
        first = _disagrees(section) if section["overlaps_model"] is False else None
        return [*([first] if first else []), *kept, _audited(section, f"{STAYS}; it need not add up to it.")]
    told = "By station, line, shift, product and day there is none, and none of problems."
    model = Caveat(
        code="withheld",
        severity="warning",
        message=(
            f"The model's own estimate is withheld: {withheld.reason}. The audited one stands in its place."
        ),
        affects="by, demand.detected, demand.detection_rate, demand.undetected.problems, targets",
    )
    return [_audited(section, told, severe=True), model, *kept]


def none_yet(book: Book) -> Unavailable:
    """Say that nothing was loaded, and the next step."""
    if book.draws:
        last = book.draws[-1]
        return Unavailable(
            reason=f"nothing was loaded of the draw {last.draw_id}", needed="walkaway audit load FILE"
        )
    return Unavailable(reason="no audit was loaded", needed=NEXT_STEP)


def elsewhere(evidence: Evidence) -> Unavailable:
    """Say that what was seen is not of this run."""
    return Unavailable(
        reason=f"no cycle of this run was looked at ({evidence.left_out:,} answers are about others, "
        f"{evidence.watched_hours:g} hours were watched)",
        needed="the exports of the days that were looked at, loaded and analyzed",
    )


def rests_on(book: Book, evidence: Evidence) -> str:
    """Say in one sentence what the audited number rests on."""
    people = "1 person" if evidence.observers == 1 else f"{evidence.observers} people"
    parts = [f"{people} looked at {evidence.reviewed:,} cycles and saw {evidence.positive:,} slow ones"]
    if evidence.watched_hours:
        parts.append(f"{evidence.watched_hours:g} hours were watched")
    if evidence.doubles:
        parts.append(
            f"{evidence.doubles:,} cycles were looked at twice, with the same answer to {evidence.agreed:,}"
        )
    if evidence.unnamed:
        parts.append(f"of {evidence.unnamed:,} cycles nobody wrote who looked")
    if book.told:
        parts.append("observers' errors were told")
    elif not evidence.doubles:
        parts.append("how often observers are right is assumed, as nobody looked twice")
    parts.append(
        f"delays were measured at {evidence.measured:,} of them"
        if evidence.measured >= FEWEST_SECONDS
        else "the lengths of delays are the model's"
    )
    return "; ".join(parts)


def _audited(section: dict[str, Any], parts: str, *, severe: bool = False) -> Caveat:
    return Caveat(
        code="audited",
        severity="warning" if severe else "info",
        message=f"The number without a call is audited: {section['rests_on']}. {parts}",
        affects="demand.undetected, by",
    )


def _disagrees(section: dict[str, Any]) -> Caveat:
    audited, model = (quantity_from_json(one["count"]) for one in (section, section["model"]))
    said = (
        f"{one.value:,.0f} ({one.lower:,.0f}–{one.upper:,.0f})"
        for one in (audited, model)
        if isinstance(one, Estimate)
    )
    return Caveat(
        code="audit_disagrees",
        severity="warning",
        message=(
            "The audit and the model contradict each other: {} slow cycles without a call by the audit, {} "
            "by the model, and the intervals do not overlap. The report uses the audited number, in the "
            "rungs that it is part of and in the detection rate. {}, which is as wrong as the model is: look "
            "at how the cycles were drawn and answered, and at the fit of the stations."
        ).format(*said, STAYS),
        affects="demand, by, walk_away, detection_curve, change, targets",
    )


def _unused(refusal: dict[str, Any]) -> Caveat:
    return Caveat(
        code="audit_not_used",
        severity="warning",
        message=(
            f"An audit was loaded but is not used: {refusal['unavailable']}; needed: {refusal['needed']}. "
            "Without it the model's estimate stands as it was."
        ),
        affects="audit",
    )
