"""Which time a study covers: wall-clock days as asked for, on the clock that the warehouse stores."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analytics.errors import NoDataError
from analytics.estimate.shifts import UNSPECIFIED

LONG_AGO, FAR_AHEAD = datetime(1900, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - stored stamps are naive


def stored(wall: datetime, timezone: str) -> datetime:
    """Turn a wall-clock time into the stored clock."""
    if timezone in {UNSPECIFIED, "UTC", ""}:
        return wall
    return wall.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def start_of(day: date | None, timezone: str, default: datetime) -> datetime:
    """Return the start of a wall-clock day on the stored clock; ``default`` where no day is named."""
    return default if day is None else stored(datetime.combine(day, time()), timezone)


def zone_of(timezone: str) -> str | None:
    """Return the plant's zone, None where none is known."""
    return None if timezone == UNSPECIFIED else timezone


def nothing_in(extent: dict[str, Any], from_day: date | None, to_day: date | None) -> NoDataError:
    """Return the error of a period without cycles, with the days that have some."""
    if not extent["records"]:
        return NoDataError(
            "There are no cycles in this workspace.",
            hint="Load an export of cycles: walkaway ingest FILE --as cycles.",
        )
    last = None if to_day is None else to_day - timedelta(days=1)
    ends = " ".join(f"{word} {day}" for word, day in (("from", from_day), ("up to", last)) if day is not None)
    # Nothing was asked for, but times are read only between the years that a clock may show.
    asked = ends or f"from {LONG_AGO:%Y} up to {FAR_AHEAD:%Y}"
    if from_day is not None and from_day == last:
        asked = f"on {last}"
    return NoDataError(
        f"There are no cycles {asked}; the loaded ones run from "
        f"{extent['first_at']:%Y-%m-%d} to {extent['last_at']:%Y-%m-%d}.",
        hint="Choose --from and --to within those days; --to is the day after the last one.",
    )
