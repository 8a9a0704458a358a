"""What the workspace remembers of earlier loads: its zone, its salt, its column mappings."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.config import Workspace
from analytics.errors import SourceError
from analytics.ingest.clock import UNSPECIFIED
from analytics.ingest.mapping import Profiles
from analytics.ingest.outcome import IngestOptions
from analytics.ingest.questions import checked_zone
from analytics.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the workspace remembers.

    Attributes:
        timezone: the zone told at first, "unspecified", or None where nothing was loaded yet.
        salt: for operator tokens.
        profiles: saved column mappings.
    """

    timezone: str | None
    salt: str | None
    profiles: Profiles


def remember(workspace: Workspace, *, create: bool, salted: bool) -> Remembered:
    """Return what the workspace remembers; a missing journal is made only if it may be."""
    if not create and not workspace.journal.exists():
        return Remembered(timezone=None, salt="dry run" if salted else None, profiles={})
    with Journal(workspace) as journal:
        return Remembered(
            timezone=journal.get("timezone"),
            salt=journal.salt() if salted else None,
            profiles=journal.profiles(),
        )


def zone_of(options: IngestOptions, remembered: Remembered) -> str | None:
    """Return the zone of naive stamps: the one told, else the workspace's; None where it is unspecified.

    Raises:
        SourceError: a zone is told, but the workspace holds wall-clock times of an unspecified one.
    """
    told = checked_zone(options.timezone)
    if told is not None and remembered.timezone == UNSPECIFIED:
        raise SourceError(
            f"The workspace holds wall-clock times of an unspecified zone; {told} cannot be mixed with them.",
            hint="Leave --timezone out, or load everything into a new workspace with it.",
        )
    if options.timezone is not None:
        return told
    return checked_zone(remembered.timezone)
