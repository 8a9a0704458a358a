"""A sheet that people filled in: every row is used, not reviewed, spare, or refused with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analytics.audits.answers import UnreadableError, clean, is_mark
from analytics.audits.rows import UNNAMED, Cells, Row, drawn, read_row, unread
from analytics.errors import SourceError
from analytics.ingest.detect import detect
from analytics.ingest.pipeline import source_tables
from analytics.journal import Draw, Observation

ANSWERS = ("own_delay", "watched", "called")
"""Columns in which people write yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that cannot be used: its line in the file, its column at fault ("" where none is), and why."""

    line: int
    column: str
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
        marks: cells in which a mark was read as yes.
        unnamed: rows used that name no observer.
        observations: one for each item and observer.
    """

    read: int
    used: int
    not_reviewed: int
    spare: int
    refused: tuple[Refusal, ...]
    marks: int
    unnamed: int
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
    cells = _with_observers(_rows(path))
    known = {draw.draw_id: draw for draw in draws}
    refused: list[Refusal] = []
    rows: list[Row] = []
    partly: list[Row] = []
    spoilt: set[tuple[str, int]] = set()
    for line, one in cells:
        try:
            rows.append(read_row(line, one, known, timezone, salt))
        except UnreadableError as error:
            refused.append(Refusal(line=line, column=error.column, reason=str(error)))
            left = unread(line, one, known, timezone, salt)
            partly += [left] if left else []
            spoilt |= set() if left else _place(one, known)
    rows, gone = _without_spoilt(rows, spoilt)
    partly, _ = _without_spoilt(partly, spoilt)
    rows, twice = _once_each(rows)
    answered = [one for one in rows if one.answer is not None]
    windows = {one.about for one in [*answered, *partly] if one.mode == "windows"}
    spare = sum(one.answer is None and one.about in windows for one in rows)
    lines = {one.line for one in answered}
    return Sheet(
        read=len(cells),
        used=len(answered),
        not_reviewed=len(rows) - len(answered) - spare,
        spare=spare,
        refused=tuple(sorted([*refused, *gone, *twice], key=lambda one: one.line)),
        marks=sum(is_mark(one.get(name, "")) for line, one in cells if line in lines for name in ANSWERS),
        unnamed=sum(one.observer == UNNAMED for one in answered),
        observations=tuple(_observations([*answered, *partly], now)),
    )


def _rows(path: Path) -> list[tuple[int, Cells]]:
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


def _place(cells: Cells, known: dict[str, Draw]) -> set[tuple[str, int]]:
    """Return the draw and item that a refused row is about, however it writes them; nothing if none."""
    try:
        draw, number = drawn(cells, known)
    except UnreadableError:
        return set()
    return {(draw.draw_id, number)}


def _with_observers(rows: list[tuple[int, Cells]]) -> list[tuple[int, Cells]]:
    """Write the observer into each row of a window: people write their name once, in its first row."""
    last: tuple[tuple[str, str], str] = (("", ""), "")
    told = []
    for line, cells in rows:
        number = cells.get("row", "").removesuffix(".0").lstrip("0")
        place, name = (cells.get("draw", ""), number), cells.get("observer", "")
        if "watched" in cells and not name and last[0] == place:
            name = last[1]
        last = (place, name)
        told.append((line, {**cells, "observer": name}))
    return told


def _without_spoilt(rows: list[Row], spoilt: set[tuple[str, int]]) -> tuple[list[Row], list[Refusal]]:
    """Leave a window out where one of its rows tells no time: any of its cycles may be the one meant."""
    out = [one for one in rows if one.mode == "windows" and one.answer is not None and one.about in spoilt]
    why = "another row of this window was refused, and when that was cannot be read: mend it and load again"
    told = [Refusal(line=one.line, column="", reason=why) for one in out]
    gone = {one.line for one in out}
    return [one for one in rows if one.line not in gone], told


def _once_each(rows: list[Row]) -> tuple[list[Row], list[Refusal]]:
    """Refuse a second, different answer of one observer about one cycle."""
    first: dict[tuple[str, int, str], Row] = {}
    kept: list[Row] = []
    refused: list[Refusal] = []
    for one in rows:
        key = (*one.about, one.observer)
        before = first.setdefault(key, one) if one.answer is not None and one.mode == "records" else one
        if before is one or before.answer == one.answer:
            kept.append(one)
        else:
            two = ": if two people looked, write both names" if one.observer == UNNAMED else ""
            reason = f"line {before.line} answers row {one.item} otherwise{two}"
            refused.append(Refusal(line=one.line, column="observer" if two else "", reason=reason))
    return kept, refused


def _observations(rows: list[Row], now: datetime) -> list[Observation]:
    """Join the rows of one item and observer: a window has one for each interruption."""
    joined: dict[tuple[str, int, str], dict[str, Any]] = {}
    for one in rows:
        key = (*one.about, one.observer)
        answer = one.answer or {}
        if one.mode == "records" or key not in joined:
            joined[key] = dict(answer)
            continue
        before = joined[key]
        joined[key] = {
            "watched": bool(before["watched"] or answer["watched"]),
            "interruptions": [*before["interruptions"], *answer["interruptions"]],
        }
        if more := [*before.get("unread", []), *answer.get("unread", [])]:
            joined[key]["unread"] = more
    return [
        Observation(
            draw_id=draw_id, item=item, observer=observer, loaded_at=now.astimezone(UTC), answer=answer
        )
        for (draw_id, item, observer), answer in joined.items()
    ]
