"""One row of a filled-in sheet: what it is about, who looked, and what was seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.audits.answers import UnreadableError, clock_time, reason, seconds, yes_or_no
from analytics.journal import Draw
from analytics.period import stored

UNNAMED = "unnamed"
"""In the place of an observer's token where no name was written: it may be anybody, one of the others too."""

Cells = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a sheet.

    Attributes:
        line: in the file.
        draw_id, item, mode: what it is about.
        observer: a token, or ``UNNAMED``.
        answer: what was seen; None where nobody filled it in.
    """

    line: int
    draw_id: str
    item: int
    mode: str
    observer: str
    answer: dict[str, Any] | None

    @property
    def about(self) -> tuple[str, int]:
        """The draw and its item."""
        return self.draw_id, self.item


def read_row(line: int, cells: Cells, known: dict[str, Draw], timezone: str, salt: str) -> Row:
    """Read a row.

    Args:
        line: in the file.
        cells: text by column.
        known: the workspace's draws.
        timezone: the plant's zone.
        salt: turns observers' names into tokens.

    Raises:
        UnreadableError: it cannot be used; says which column, what stands there and what could.
    """
    draw, number = drawn(cells, known)
    item = draw.items[number - 1]
    _same_station(cells, item, number)
    answer = _record(cells, item) if draw.mode == "records" else _window(cells, item, timezone)
    return Row(
        line=line,
        draw_id=draw.draw_id,
        item=number,
        mode=draw.mode,
        observer=token(cells.get("observer", ""), salt),
        answer=answer,
    )


def drawn(cells: Cells, known: dict[str, Draw]) -> tuple[Draw, int]:
    """Find the draw and the number of the item that a row is about.

    Raises:
        UnreadableError: there is no such draw or item.
    """
    draw = known.get(cells.get("draw", ""))
    if draw is None:
        told = ", ".join(known) or "none"
        raise UnreadableError(f"there is no draw {cells.get('draw', '')!r} here (there is {told})", "draw")
    said = cells.get("row", "").removesuffix(".0")
    if not said.isdecimal() or not 1 <= int(said) <= len(draw.items):
        raise UnreadableError(f"row {said!r} is none of 1 to {len(draw.items)}", "row")
    return draw, int(said)


def unread(line: int, cells: Cells, known: dict[str, Draw], timezone: str, salt: str) -> Row | None:
    """Say what a refused row of a window still tells: that something was, and when.

    The cycles around that time are then left open, and the rest of the window counts. None where not even the
    time can be read: the window's other cycles cannot be told from the one that is meant.
    """
    try:
        draw, number = drawn(cells, known)
        at = _noted_at(cells, draw.items[number - 1]) if draw.mode == "windows" else None
    except UnreadableError:
        return None
    if at is None or _says_no(cells.get("watched", "")):
        return None
    answer = {"watched": True, "interruptions": [], "unread": [stored(at, timezone).isoformat()]}
    return Row(
        line=line,
        draw_id=draw.draw_id,
        item=number,
        mode=draw.mode,
        observer=token(cells.get("observer", ""), salt),
        answer=answer,
    )


def _same_station(cells: Cells, item: dict[str, Any], number: int) -> None:
    """Hold a row to the station that was drawn: columns that were sorted apart answer about other cycles.

    Raises:
        UnreadableError: the sheet names another one.
    """
    for column in ("line", "station"):
        told, drawn_as = cells.get(column, ""), str(item.get(f"{column}_id") or "")
        if told and drawn_as and _plain(told) != _plain(drawn_as):
            raise UnreadableError(
                f"row {number} was drawn for {drawn_as!r}, but {told!r} stands there: were some columns "
                "sorted without the others? Fill in the sheet as it was drawn",
                column,
            )


def _plain(name: str) -> str:
    """Write an id as a spreadsheet may have: without zeros in front, an apostrophe before a formula."""
    return name.strip().lstrip("'").removesuffix(".0").lstrip("0").casefold()


def token(name: str, salt: str) -> str:
    """Turn an observer's name into a token: who it was is nobody's business, that it was another one is."""
    said = " ".join(name.casefold().split())
    return hashlib.sha256(f"{salt}:{said}".encode()).hexdigest()[:10] if said else UNNAMED


def _record(cells: Cells, item: dict[str, Any]) -> dict[str, Any] | None:
    said = yes_or_no(cells.get("own_delay", ""), "own_delay")
    length_s = seconds(cells.get("delay_s", ""), "delay_s")
    called = yes_or_no(cells.get("called", ""), "called")
    if said is None and length_s is None:
        return None
    floor_s = round(float(item["floor_s"]), 1)
    if said is None:
        said = length_s is not None and length_s >= floor_s
    elif length_s is not None and said != (length_s >= floor_s):
        raise UnreadableError(
            f"own_delay says {'yes' if said else 'no'}, but {length_s:g} s is "
            f"{'below' if said else 'not below'} the {floor_s:g} s from which a cycle here is slow",
            "own_delay",
        )
    return {
        "slow": said,
        "seconds": length_s,
        "called": bool(called),
        "why": reason(cells.get("why_no_call", "")),
    }


def _window(cells: Cells, item: dict[str, Any], timezone: str) -> dict[str, Any] | None:
    watched = yes_or_no(cells.get("watched", ""), "watched")
    at = _noted_at(cells, item)
    length_s = seconds(cells.get("seconds", ""), "seconds")
    called = yes_or_no(cells.get("called", ""), "called")
    if at is None and length_s is None:
        return None if watched is None else {"watched": watched, "interruptions": []}
    if watched is False:
        raise UnreadableError(
            "the window was not watched, but an interruption is noted in it: write watched yes, or leave "
            "started and seconds blank",
            "watched",
        )
    if at is None or length_s is None:
        missing = "started" if at is None else "seconds"
        raise UnreadableError(f"an interruption needs both started and seconds: {missing} is blank", missing)
    noted = {
        "at": stored(at, timezone).isoformat(),
        "seconds": length_s,
        "called": bool(called),
        "why": reason(cells.get("why_no_call", "")),
    }
    return {"watched": True, "interruptions": [noted]}


def _says_no(text: str) -> bool:
    """Tell whether a window is said not to have been watched; a slip of the pen does not say so."""
    try:
        return yes_or_no(text, "watched") is False
    except UnreadableError:
        return False


def _noted_at(cells: Cells, item: dict[str, Any]) -> datetime | None:
    """Read when an interruption began, on the wall clock; None where that is blank."""
    started = clock_time(cells.get("started", ""), "started")
    if started is None:
        return None
    begin, end = datetime.fromisoformat(item["from"]), datetime.fromisoformat(item["to"])
    at = datetime.combine(begin.date(), started)
    if at < begin - timedelta(hours=12):
        at += timedelta(days=1)
    if not begin <= at <= end:
        raise UnreadableError(
            f"started {started:%H:%M} is not between {begin:%H:%M} and {end:%H:%M}, when the window was",
            "started",
        )
    return at
