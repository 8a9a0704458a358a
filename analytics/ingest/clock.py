"""One workspace, one clock: no load may put wall-clock times of an unknown zone beside instants.

Instants, and wall-clock times of a known zone, are kept in UTC; wall-clock times of an unspecified zone as
the wall showed them. Side by side the two are off by the zone's hours: every andon call would miss its cycle.

Checked where a file is loaded, not where it is read: another process may have fixed the clock meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.errors import SourceError
from analytics.journal import Journal

UNSPECIFIED = "unspecified"
TIMED = frozenset({"cycles", "andon_calls", "detections", "calendar"})
"""Tables whose times are set against each other; a standard's first day is a day in any zone."""

_ZONE, _IN_UTC = "timezone", "holds_utc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """How many stamps of one table are kept in which clock.

    Attributes:
        table: the canonical table.
        utc: stamps kept in UTC: they stated their offset, or the zone is known.
        wall: stamps kept as the wall clock showed them.
    """

    table: str
    utc: int = 0
    wall: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What one file says about the workspace's clock.

    Attributes:
        file: its name.
        told: the zone that the user told now, or "unspecified", or None.
        stamped: its stamps by table.
    """

    file: str
    told: str | None
    stamped: Sequence[Stamped]

    @property
    def utc(self) -> bool:
        """Tell whether any time that counts is kept in UTC."""
        return any(one.utc for one in self.stamped if one.table in TIMED)

    @property
    def wall(self) -> bool:
        """Tell whether any time that counts is kept as the wall showed it."""
        return any(one.wall for one in self.stamped if one.table in TIMED)


def check(journal: Journal, clock: Clock) -> None:
    """Refuse a file whose clock is not the workspace's.

    Raises:
        SourceError: its times and those loaded before cannot be set against each other.
    """
    zone = journal.get(_ZONE)
    if zone not in {None, UNSPECIFIED} and clock.wall:
        raise SourceError(
            f"The times in {clock.file} were read as those of an unspecified zone, but the workspace's is "
            f"{zone}.",
            hint="Load the file again without --timezone unspecified: it is then read in that zone.",
        )
    if zone == UNSPECIFIED and clock.utc and not clock.wall:
        raise SourceError(
            f"The times in {clock.file} state their offset, but the workspace holds wall-clock times of an "
            "unspecified zone: the two cannot be set against each other.",
            hint="Load everything into a new workspace and tell the zone: --timezone ZONE.",
        )
    if zone is None and clock.told is None and clock.wall and not clock.utc and journal.get(_IN_UTC):
        raise SourceError(
            f"The times in {clock.file} state no zone, but those loaded before did: the two cannot be set "
            "against each other.",
            hint="Tell the zone in which the plant's clocks run: --timezone ZONE.",
        )


def fixed_by(clock: Clock) -> dict[str, str]:
    """Return what a load fixes, as it is written down with it: the zone, told or unsaid, and times in UTC."""
    zone = clock.told or (UNSPECIFIED if clock.wall else None)
    return ({_ZONE: zone} if zone is not None else {}) | ({_IN_UTC: "yes"} if clock.utc else {})


def remember(journal: Journal, fixed: Mapping[str, str]) -> None:
    """Keep what a load fixed, once it happened; what is fixed already stays."""
    for key, value in fixed.items():
        journal.get_or_set(key, value)


def release(journal: Journal) -> None:
    """Forget what only undone loads had fixed: a file loaded in the wrong zone can be loaded in another."""
    standing = [batch.outcome.get("clock") for batch in journal.batches()]
    for key in (_ZONE, _IN_UTC):
        if not any(fixed is None or key in fixed for fixed in standing):
            journal.unset(key)
