"""What was seen, cycle by cycle: records and watched windows on one footing, latest answer first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from analytics.audits.book import Book
from analytics.audits.population import Population
from analytics.audits.records import reviewed_cycles
from analytics.audits.rows import UNNAMED
from analytics.audits.windows import watched_cycles
from analytics.estimate.audit import Seen, measured_length
from analytics.estimate.audit_strata import OPEN
from analytics.estimate.observers import Accuracy, kappa, unknown_accuracy
from analytics.results import Quantity

SAME_FLOOR = 0.05
"""Floors that differ by less are the same: the answer yes or no stands, whatever the seconds say."""
PLAIN = (OPEN - 2, OPEN - 1)
"""Strata in which nearly every cycle is slow, whatever the model says."""
USUAL_WEIGHT = 10.0
"""The usual share without a call counts like so many watched cycles."""
LEAST_SILENT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What an audit has to say of a run's cycles.

    Attributes:
        seen: answers by stratum.
        accuracy: how often an observer is right: as told, or what is usual and double observations say.
        agreement: kappa of two observers.
        drawn: cycles drawn, or windows times their cycles.
        reviewed, positive: cycles looked at, and those seen slow without a call (watched: slow).
        left_out: answers about cycles that this run does not hold, or that a call belongs to.
        doubles, agreed: cycles that two people looked at, and those of which both said the same.
        observers: how many people; who wrote no name counts only where nobody did.
        unnamed: cycles of which nobody wrote who looked.
        length, length_error: measured ÷ model's delay.
        silent: slow cycles without a call while watched ÷ those without a call otherwise.
        measured: slow cycles whose seconds were noted.
        reasons: why no call came, where it was noted.
        watched_hours: observer-hours.
    """

    seen: Seen
    accuracy: Accuracy
    agreement: Quantity
    drawn: int
    reviewed: int
    positive: int
    left_out: int
    doubles: int
    agreed: int
    observers: int
    unnamed: int
    length: float
    length_error: float
    silent: float
    measured: int
    reasons: dict[str, int]
    watched_hours: float


@dataclass(frozen=True, slots=True)
class _Answer:
    row: int
    observer: str
    slow: bool
    seconds: float | None
    watched: bool
    at: datetime


def gather(book: Book, found: Population) -> Evidence:
    """Bring everything that was seen of a run's cycles together."""
    records, drawn, missed = _records(book, found)
    watched = watched_cycles(book.of("windows"), found)
    worth = (found.cycles["silent"] & (found.cycles["stratum"] >= 0)).to_list()
    windows = [
        _Answer(one.row, one.observer, one.slow, one.seconds, True, one.at)  # noqa: FBT003
        for one in watched
        if worth[one.row]
    ]
    by_cycle = _by_cycle([*records, *windows])
    doubles = {row: answers for row, answers in by_cycle.items() if len(answers) > 1}
    firsts = [
        [one.slow for one in sorted(answers, key=lambda a: a.observer)[:2]] for answers in doubles.values()
    ]
    pairs = np.array(firsts, dtype=bool).reshape(-1, 2)
    people = {one.observer for answers in by_cycle.values() for one in answers}
    length, error, measured = _length(by_cycle, found)
    return Evidence(
        seen=_seen(by_cycle, found),
        accuracy=book.told or unknown_accuracy(),
        agreement=kappa(pairs[:, 0], pairs[:, 1]),
        drawn=drawn + len({one.row for one in windows}),
        reviewed=len(by_cycle),
        positive=sum(any(one.slow for one in answers) for answers in by_cycle.values()),
        left_out=missed,
        doubles=len(doubles),
        agreed=int((pairs[:, 0] == pairs[:, 1]).sum()),
        observers=max(len(people - {UNNAMED}), 1 if people else 0),
        unnamed=sum(answers[0].observer == UNNAMED for answers in by_cycle.values()),
        length=length,
        length_error=error,
        silent=_silent_while_watched({one.row for one in watched}, found),
        measured=measured,
        reasons=_reasons(book),
        watched_hours=_watched_hours(book),
    )


def _records(book: Book, found: Population) -> tuple[list[_Answer], int, int]:
    """Return the answers about past cycles, how many cycles were drawn, how many answers found no cycle."""
    answers: list[_Answer] = []
    drawn = missed = 0
    silent, floors = found.cycles["silent"].to_list(), found.cycles["floor_s"].to_list()
    for draw, seen in book.of("records"):
        rows = reviewed_cycles(draw.items, found)
        drawn += int((rows >= 0).sum())
        for one in seen:
            row = int(rows[one.item - 1])
            if row < 0 or not silent[row] or found.cycles["stratum"][row] < 0:
                missed += 1
                continue
            slow = _slow(one.answer, draw.items[one.item - 1]["floor_s"], floors[row])
            seconds = one.answer.get("seconds") if slow else None
            answers.append(_Answer(row, one.observer, slow, seconds, False, one.loaded_at))  # noqa: FBT003
    return answers, drawn, missed


def _slow(answer: dict[str, Any], drawn_floor_s: float, floor_s: float) -> bool:
    """Tell whether an own delay of at least today's floor was seen, without a call."""
    if answer.get("called"):
        return False
    seconds = answer.get("seconds")
    moved = abs(floor_s / drawn_floor_s - 1.0) > SAME_FLOOR
    return bool(seconds >= floor_s) if moved and seconds is not None else bool(answer["slow"])


def _by_cycle(answers: list[_Answer]) -> dict[int, list[_Answer]]:
    """Keep the latest answer of each observer; a cycle that was reviewed need not have been watched.

    An answer without a name is no second look at a cycle: it may be the same person's.
    """
    latest: dict[tuple[int, str], _Answer] = {}
    for one in sorted(answers, key=lambda answer: (answer.at, not answer.watched)):
        latest[one.row, one.observer] = one
    by_cycle: dict[int, list[_Answer]] = {}
    for (row, _), one in sorted(latest.items()):
        by_cycle.setdefault(row, []).append(one)
    for row, given in by_cycle.items():
        reviewed = [one for one in given if not one.watched] or given
        by_cycle[row] = [one for one in reviewed if one.observer != UNNAMED] or reviewed
    return by_cycle


def _seen(by_cycle: dict[int, list[_Answer]], found: Population) -> Seen:
    stratum = found.cycles["stratum"].to_list()
    kinds = Counter(
        (stratum[row], sum(one.slow for one in given), len(given), given[0].watched)
        for row, given in by_cycle.items()
    )
    ordered = sorted(kinds.items())
    return Seen(
        stratum=np.array([kind[0] for kind, _ in ordered], dtype=np.int64),
        yes=np.array([kind[1] for kind, _ in ordered], dtype=np.int64),
        reviews=np.array([kind[2] for kind, _ in ordered], dtype=np.int64),
        cycles=np.array([count for _, count in ordered], dtype=np.float64),
        watched=np.array([kind[3] for kind, _ in ordered], dtype=bool),
    )


def _length(by_cycle: dict[int, list[_Answer]], found: Population) -> tuple[float, float, int]:
    """Compare the seconds that were noted with the model's."""
    stratum, model = found.cycles["stratum"].to_list(), found.cycles["model_delay_s"].to_list()
    looked = Counter(stratum[row] for row in by_cycle)
    noted = []
    for row, given in by_cycle.items():
        told = [one.seconds for one in given if one.seconds is not None]
        if told:
            weight = found.strata.size[stratum[row]] / looked[stratum[row]]
            noted.append((float(np.mean(told)), model[row], weight))
    columns = np.array(noted, dtype=np.float64).reshape(-1, 3)
    length, error = measured_length(columns[:, 0], columns[:, 1], columns[:, 2])
    return length, error, len(noted)


def _silent_while_watched(rows: set[int], found: Population) -> float:
    """Compare how many plainly slow cycles stay without a call while watched, and otherwise."""
    stratum, silent = found.cycles["stratum"].to_numpy(), found.cycles["silent"].to_numpy()
    plain = np.isin(stratum, PLAIN)
    beside = plain & np.isin(np.arange(stratum.size), list(rows))
    otherwise = plain & ~beside
    if not beside.any() or not silent[otherwise].any():
        return 1.0
    usual = float(silent[otherwise].mean())
    watched = (silent[beside].sum() + USUAL_WEIGHT * usual) / (beside.sum() + USUAL_WEIGHT)
    return float(np.clip(watched / usual, LEAST_SILENT, 1.0))


def _reasons(book: Book) -> dict[str, int]:
    told: Counter[str] = Counter()
    for mode in ("records", "windows"):
        for _, seen in book.of(mode):
            for one in seen:
                notes = one.answer.get("interruptions", [one.answer])
                told.update(note["why"] for note in notes if note.get("why") and not note.get("called"))
    return dict(sorted(told.items()))


def _watched_hours(book: Book) -> float:
    total = 0.0
    for draw, seen in book.of("windows"):
        for one in seen:
            if one.answer.get("watched"):
                item = draw.items[one.item - 1]
                span = datetime.fromisoformat(item["ends_at"]) - datetime.fromisoformat(item["starts_at"])
                total += span.total_seconds() / 3600.0
    return round(total, 2)
