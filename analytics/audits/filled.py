"""A sheet that people filled in: every row is used, not reviewed, spare, or refused with its reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from analytics.audits.answers import UnreadableError, clean, clock_time, reason, seconds, yes_or_no
from analytics.errors import SourceError
from analytics.ingest.detect import detect
from analytics.ingest.pipeline import source_tables
from analytics.journal import Draw, Observation
from analytics.period import stored

NOBODY = "one observer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a filled-in sheet holds.

    Attributes:
        read: rows with anything in them.
        used: rows whose answer counts.
        not_reviewed: rows without an answer.
        spare: empty rows of a window that was answered in others.
        refused: rows that cannot be used.
        observations: one for each item and observer.
    """

    read: int
    used: int
    not_reviewed: int
    spare: int
    refused: tuple[Refusal, ...]
    observations: tuple[Observation, ...]


def read_sheet(path: Path, draws: list[Draw], *, timezone: str, salt: str, now: datetime) -> Sheet:
    """Read a filled-in sheet.

    Args:
        path: CSV or XLSX as a spreadsheet saved it.
        draws: the workspace's draws.
        timezone: the plant's zone.
        salt: turns observers' names into tokens.
        now: when it is loaded.

    Raises:
        SourceError: it is no sheet of an audit.
    """
    rows = _rows(path)
    known = {draw.draw_id: draw for draw in draws}
    refused: list[Refusal] = []
    lines: list[_Line] = []
    for line, cells in _with_observers(rows):
        try:
            lines.append(_parsed(line, cells, known, timezone, salt))
        except UnreadableError as error:
            refused.append(Refusal(line=line, reason=str(error)))
    lines, spoilt = _without_spoilt_windows(lines, rows, {one.line for one in refused})
    lines, twice = _once_each(lines)
    refused = sorted([*refused, *spoilt, *twice], key=lambda one: one.line)
    answered = [one for one in lines if one.answer is not None]
    windows = {(one.draw_id, one.item) for one in answered if one.mode == "windows"}
    spare = sum(one.answer is None and (one.draw_id, one.item) in windows for one in lines)
    return Sheet(
        read=len(rows),
        used=len(answered),
        not_reviewed=len(lines) - len(answered) - spare,
        spare=spare,
        refused=tuple(refused),
        observations=tuple(_observations(answered, now)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One row of a sheet; ``answer`` is None where nobody filled it in."""

    line: int
    draw_id: str
    item: int
    mode: str
    observer: str
    answer: dict[str, Any] | None


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows as text by column name, with their lines in the file."""
    found = detect(path)
    for table in source_tables(path, found):
        names = {name: name.strip().casefold().replace(" ", "_") for name in table.columns}
        if not {"draw", "row"} <= set(names.values()):
            continue
        rows = []
        for batch in table.read():
            for line, cells in zip(batch.line, batch.frame.iter_rows(), strict=True):
                said = zip(batch.frame.columns, cells, strict=True)
                rows.append((int(line), {names[name]: clean(cell) for name, cell in said}))
        return rows
    raise SourceError(
        f"{path.name} is no sheet of an audit: it has no columns draw and row.",
        hint="Fill in the file that walkaway audit draw wrote, and keep its first row.",
    )


def _with_observers(rows: list[tuple[int, dict[str, str]]]) -> list[tuple[int, dict[str, str]]]:
    """Write the observer into each row of a window: people write their name once, in its first row."""
    last: tuple[tuple[str, str], str] = (("", ""), "")
    told = []
    for line, cells in rows:
        place, name = (cells.get("draw", ""), cells.get("row", "")), cells.get("observer", "")
        if "watched" in cells and not name and last[0] == place:
            name = last[1]
        last = (place, name)
        told.append((line, {**cells, "observer": name}))
    return told


def _parsed(line: int, cells: dict[str, str], known: dict[str, Draw], timezone: str, salt: str) -> _Line:
    draw = known.get(cells.get("draw", ""))
    if draw is None:
        told = ", ".join(known) or "none"
        raise UnreadableError(f"there is no draw {cells.get('draw', '')!r} here (there is {told})")
    said = cells.get("row", "").removesuffix(".0")
    if not said.isdecimal() or not 1 <= int(said) <= len(draw.items):
        raise UnreadableError(f"row {said!r} is none of 1 to {len(draw.items)}")
    item = draw.items[int(said) - 1]
    answer = _record(cells, item) if draw.mode == "records" else _window(cells, item, timezone)
    return _Line(
        line=line,
        draw_id=draw.draw_id,
        item=int(said),
        mode=draw.mode,
        observer=_token(cells.get("observer", ""), salt),
        answer=answer,
    )


def _record(cells: dict[str, str], item: dict[str, Any]) -> dict[str, Any] | None:
    said = yes_or_no(cells.get("own_delay", ""), "own_delay")
    length = seconds(cells.get("delay_s", ""), "delay_s")
    called = yes_or_no(cells.get("called", ""), "called")
    if said is None and length is None:
        return None
    floor = round(float(item["floor_s"]), 1)
    if said is None:
        said = length is not None and length >= floor
    elif length is not None and said != (length >= floor):
        raise UnreadableError(
            f"own_delay says {'yes' if said else 'no'}, but {length:g} s is "
            f"{'below' if said else 'not below'} the {floor:g} s from which a cycle here is slow"
        )
    return {
        "slow": said,
        "seconds": length,
        "called": bool(called),
        "why": reason(cells.get("why_no_call", "")),
    }


def _window(cells: dict[str, str], item: dict[str, Any], timezone: str) -> dict[str, Any] | None:
    watched = yes_or_no(cells.get("watched", ""), "watched")
    started = clock_time(cells.get("started", ""), "started")
    length = seconds(cells.get("seconds", ""), "seconds")
    called = yes_or_no(cells.get("called", ""), "called")
    if started is None and length is None:
        return None if watched is None else {"watched": watched, "interruptions": []}
    if watched is False:
        raise UnreadableError("the window was not watched, but an interruption is noted in it")
    if started is None or length is None:
        raise UnreadableError("an interruption needs both started and seconds")
    begin, end = datetime.fromisoformat(item["from"]), datetime.fromisoformat(item["to"])
    at = datetime.combine(begin.date(), started)
    if at < begin - timedelta(hours=12):
        at += timedelta(days=1)
    if not begin <= at <= end:
        raise UnreadableError(f"started {started:%H:%M} is not between {begin:%H:%M} and {end:%H:%M}")
    noted = {
        "at": stored(at, timezone).isoformat(),
        "seconds": length,
        "called": bool(called),
        "why": reason(cells.get("why_no_call", "")),
    }
    return {"watched": True, "interruptions": [noted]}


def _token(name: str, salt: str) -> str:
    """Turn an observer's name into a token: who it was is nobody's business, that it was another one is."""
    said = " ".join(name.casefold().split()) or NOBODY
    return hashlib.sha256(f"{salt}:{said}".encode()).hexdigest()[:10]


def _without_spoilt_windows(
    lines: list[_Line], rows: list[tuple[int, dict[str, str]]], refused: set[int]
) -> tuple[list[_Line], list[Refusal]]:
    """Leave a window out where one of its rows was refused: what is not understood may be a slow cycle."""
    spoilt = {
        (cells.get("draw", ""), cells.get("row", "").removesuffix(".0"))
        for line, cells in rows
        if line in refused
    }
    out = [
        one
        for one in lines
        if one.mode == "windows" and one.answer is not None and (one.draw_id, str(one.item)) in spoilt
    ]
    told = [Refusal(line=one.line, reason="another row of this window was refused") for one in out]
    gone = {one.line for one in out}
    return [one for one in lines if one.line not in gone], told


def _once_each(lines: list[_Line]) -> tuple[list[_Line], list[Refusal]]:
    """Refuse a second, different answer of one observer about one cycle."""
    first: dict[tuple[str, int, str], _Line] = {}
    kept: list[_Line] = []
    refused: list[Refusal] = []
    for one in lines:
        key = (one.draw_id, one.item, one.observer)
        before = first.setdefault(key, one) if one.answer is not None and one.mode == "records" else one
        if before is one or before.answer == one.answer:
            kept.append(one)
        else:
            refused.append(
                Refusal(line=one.line, reason=f"line {before.line} answers row {one.item} otherwise")
            )
    return kept, refused


def _observations(lines: list[_Line], now: datetime) -> list[Observation]:
    """Join the rows of one item and observer: a window has one for each interruption."""
    joined: dict[tuple[str, int, str], dict[str, Any]] = {}
    for one in lines:
        key = (one.draw_id, one.item, one.observer)
        answer = one.answer or {}
        if one.mode == "records" or key not in joined:
            joined[key] = dict(answer)
            continue
        before = joined[key]
        joined[key] = {
            "watched": bool(before["watched"] or answer["watched"]),
            "interruptions": [*before["interruptions"], *answer["interruptions"]],
        }
    return [
        Observation(
            draw_id=draw_id, item=item, observer=observer, loaded_at=now.astimezone(UTC), answer=answer
        )
        for (draw_id, item, observer), answer in joined.items()
    ]
