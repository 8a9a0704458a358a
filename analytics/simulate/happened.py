"""What happened on a line: one flat record per cycle, whichever way the line was simulated.

Question: what is true of each cycle? cycle time = in control + own delay + blocked + paused, always.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KINDS = ("minor_stop", "breakdown", "every_kth", "by_product", "after_changeover", "burst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """The cycles of one line; every array has shape (cycles,), times are seconds from the period's origin.

    Attributes:
        unit: number of the unit.
        station: index of the station.
        product: index of the product.
        batch: number of the batch.
        start: the station took the unit.
        end: the unit left, after any waiting for room downstream.
        in_control_s: what the work took without a problem; changeover and warm-up included.
        expected_s: the same without chance.
        delay_s: extra by a problem of this station.
        problem: number of the problem, -1 for none.
        kind: index into ``KINDS``, -1 for none.
        paused_s: breaks and free time inside the cycle in which nothing was done.
        blocked_s: waiting for room, breaks left out.
        piece: the piece of working time in which the work began.
    """

    unit: Ints
    station: Ints
    product: Ints
    batch: Ints
    start: Floats
    end: Floats
    in_control_s: Floats
    expected_s: Floats
    delay_s: Floats
    problem: Ints
    kind: Ints
    paused_s: Floats
    blocked_s: Floats
    piece: Ints

    @property
    def size(self) -> int:
        """How many cycles."""
        return int(self.start.size)

    def until(self, time_s: float) -> Happened:
        """Return the cycles that ended by then: an export knows no unit that is still being worked on."""
        kept = self.end <= time_s
        return Happened(**{field.name: getattr(self, field.name)[kept] for field in fields(self)})
