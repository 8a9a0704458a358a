"""Working hours: the pieces of time in which a line works.

Question: when does a plant work? Times are seconds from the midnight that begins the first day: wall time, or
real time where the plant's zone is given (a night with a change of the clock is an hour shorter or longer).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Hours

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The working pieces of a period, in order.

    Attributes:
        origin: second 0 (naive: wall time, or UTC where the plant's zone is given).
        starts, ends: working pieces, seconds, shape (pieces,).
        shift: index of the shift of each piece, shape (pieces,).
        day: order of the working day on which that shift started, shape (pieces,).
        fresh: when people last came back from a pause, shape (pieces,).
        shifts: (start, end, shift index) of every shift.
        breaks: (start, end, kind: break or planned_stop) of every pause inside a shift.
        names: the shifts' names.
    """

    origin: datetime
    starts: Floats
    ends: Floats
    shift: Ints
    day: Ints
    fresh: Floats
    shifts: list[tuple[float, float, int]]
    breaks: list[tuple[float, float, str]]
    names: tuple[str, ...]

    @property
    def working_s(self) -> float:
        """Planned working time, seconds."""
        return float(np.sum(self.ends - self.starts))

    def wall(self, worked_s: Floats) -> Floats:
        """Return the times (s) at which so many seconds have been worked."""
        done = np.concatenate([[0.0], np.cumsum(self.ends - self.starts)])
        piece = np.clip(np.searchsorted(done, worked_s, side="right") - 1, 0, len(self.starts) - 1)
        return np.asarray(self.starts[piece] + (worked_s - done[piece]))

    def worked(self, at: Floats) -> Floats:
        """Return how many working seconds have passed at the given times (s)."""
        edges = np.column_stack([self.starts, self.ends]).ravel()
        done = np.repeat(np.concatenate([[0.0], np.cumsum(self.ends - self.starts)]), 2)[1:-1]
        return np.asarray(np.interp(at, edges, done))

    def idle_between(self, begin: Floats, end: Floats) -> Floats:
        """Return how much of each interval (s) lies outside working time."""
        worked = self.worked(end) - self.worked(begin)
        return np.where(end > begin, np.maximum(end - begin - worked, 0.0), 0.0)


def schedule(hours: Hours, days: int) -> Schedule:
    """Lay out shifts and breaks over a number of working days."""
    first = datetime.combine(date.fromisoformat(hours.first_day), datetime.min.time())
    origin = _instant(first, hours.timezone)

    def at(day: int, hour: float) -> float:
        return (_instant(first + timedelta(days=day, hours=hour), hours.timezone) - origin).total_seconds()

    pieces: list[tuple[float, float, int, int]] = []
    shifts: list[tuple[float, float, int]] = []
    breaks: list[tuple[float, float, str]] = []
    for order, day in enumerate(_working_days(first, days, weekend=hours.weekend)):
        for index, (_, from_h, to_h) in enumerate(hours.shifts):
            shifts.append((at(day, from_h), at(day, to_h), index))
            begin = at(day, from_h)
            pauses = [(into_h, minutes, "break") for into_h, minutes in hours.breaks]
            if hours.weekly_stop and order % 5 == 4 and index == 0:
                pauses.append((*hours.weekly_stop, "planned_stop"))
            for into_h, minutes, kind in sorted(pauses):
                pause = at(day, from_h + into_h)
                breaks.append((pause, pause + minutes * 60.0, kind))
                pieces.append((begin, pause, index, order))
                begin = pause + minutes * 60.0
            pieces.append((begin, at(day, to_h), index, order))
    starts = np.array([piece[0] for piece in pieces])
    ends = np.array([piece[1] for piece in pieces])
    fresh = starts.copy()
    for number in range(1, len(pieces)):
        if starts[number] <= ends[number - 1]:
            fresh[number] = fresh[number - 1]
    return Schedule(
        origin=origin,
        starts=starts,
        ends=ends,
        shift=np.array([piece[2] for piece in pieces]),
        day=np.array([piece[3] for piece in pieces]),
        fresh=fresh,
        shifts=shifts,
        breaks=breaks,
        names=tuple(name for name, _, _ in hours.shifts),
    )


def _working_days(first: datetime, count: int, *, weekend: bool) -> list[int]:
    """Return the day numbers (0 = first) of so many working days, Saturdays and Sundays left out if free."""
    days: list[int] = []
    number = 0
    while len(days) < count:
        if not weekend or (first + timedelta(days=number)).weekday() < 5:
            days.append(number)
        number += 1
    return days


def _instant(wall: datetime, timezone: str | None) -> datetime:
    """Return the naive UTC instant of a wall time; without a zone the wall time itself."""
    if timezone is None:
        return wall
    return wall.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)
