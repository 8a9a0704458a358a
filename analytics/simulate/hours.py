"""Working hours: the pieces of time in which a line works, and the calendar table that tells of them.

Question: when does a plant work? Pieces are seconds since midnight of the first day, wall time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from analytics.simulate.spec import Hours

DAY_S = 86_400.0
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The working pieces of a period, in order.

    Attributes:
        first_day: the day whose midnight is second 0.
        starts, ends: working pieces, seconds, shape (pieces,).
        shift: index of the shift of each piece, shape (pieces,).
        day: index of the working day on which that shift started, shape (pieces,).
        fresh: start of warm-up: when this piece began after a pause, shape (pieces,).
        shifts: (start, end, shift index) of every shift.
        breaks: (start, end) of every break inside a shift.
        names: the shifts' names.
    """

    first_day: date
    starts: Floats
    ends: Floats
    shift: Ints
    day: Ints
    fresh: Floats
    shifts: list[tuple[float, float, int]]
    breaks: list[tuple[float, float]]
    names: tuple[str, ...]

    @property
    def working_s(self) -> float:
        """Planned working time, seconds."""
        return float(np.sum(self.ends - self.starts))

    def wall(self, worked_s: Floats) -> Floats:
        """Return the wall times (s) at which so many seconds have been worked."""
        done = np.concatenate([[0.0], np.cumsum(self.ends - self.starts)])
        piece = np.clip(np.searchsorted(done, worked_s, side="right") - 1, 0, len(self.starts) - 1)
        return np.asarray(self.starts[piece] + (worked_s - done[piece]))


def working_days(first: date, count: int, *, weekend: bool) -> list[int]:
    """Return the day numbers (0 = first) of so many working days, weekends left out if they are free."""
    days: list[int] = []
    number = 0
    while len(days) < count:
        if not weekend or (first + timedelta(days=number)).weekday() < 5:
            days.append(number)
        number += 1
    return days


def schedule(hours: Hours, days: int) -> Schedule:
    """Lay out shifts and breaks over a number of working days."""
    first = date.fromisoformat(hours.first_day)
    starts: list[float] = []
    ends: list[float] = []
    shift_of: list[int] = []
    day_of: list[int] = []
    shifts: list[tuple[float, float, int]] = []
    breaks: list[tuple[float, float]] = []
    for order, number in enumerate(working_days(first, days, weekend=hours.weekend)):
        for index, (_, from_h, to_h) in enumerate(hours.shifts):
            begin, finish = number * DAY_S + from_h * 3600.0, number * DAY_S + to_h * 3600.0
            shifts.append((begin, finish, index))
            at = begin
            for into_h, minutes in hours.breaks:
                pause = begin + into_h * 3600.0
                breaks.append((pause, pause + minutes * 60.0))
                starts.append(at)
                ends.append(pause)
                at = pause + minutes * 60.0
                shift_of.append(index)
                day_of.append(order)
            starts.append(at)
            ends.append(finish)
            shift_of.append(index)
            day_of.append(order)
    fresh = list(starts)
    for piece in range(1, len(starts)):
        if starts[piece] <= ends[piece - 1]:
            fresh[piece] = fresh[piece - 1]
    return Schedule(
        first_day=first,
        starts=np.array(starts),
        ends=np.array(ends),
        shift=np.array(shift_of),
        day=np.array(day_of),
        fresh=np.array(fresh),
        shifts=shifts,
        breaks=breaks,
        names=tuple(name for name, _, _ in hours.shifts),
    )
