"""What ``walkaway audit`` does: a draw into a file, a filled-in file into the journal."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics import cli_render as render
from analytics.cli_shell import Shell
from analytics.errors import UsageError

if TYPE_CHECKING:
    from analytics.audits.desk import Drawn, Loaded, Wish
    from analytics.audits.filled import Sheet

SHEETS = (".csv", ".xlsx")
_MOST_REFUSALS = 10
_WIDTH = 110
APART = (
    "The two do not overlap. The report will use the audited number; by station, shift and product the "
    "model's stays. Look at how the cycles were drawn and answered before you rely on either."
)


def draw(shell: Shell, run_id: str | None, wish: Wish, out: Path) -> int:
    """Draw from a run and write the sheet to fill in."""
    from analytics.audits.desk import give_out
    from analytics.exports import check_target, write_table

    if out.suffix.lower() not in SHEETS:
        raise UsageError(
            f"{out.name!r} is no sheet that people can fill in.", hint=f"End it in {' or '.join(SHEETS)}."
        )
    check_target(out)
    with shell.progress() as progress:
        progress("drawing", 0.1)
        drawn = give_out(shell.workspace, run_id, wish)
        progress(f"writing {out.name}", 0.9)
        write_table(drawn.sheet, out)
    data = {
        "file": str(out),
        "draw": drawn.draw.draw_id,
        "mode": drawn.draw.mode,
        "run": drawn.draw.run_id,
        "drawn": len(drawn.draw.items),
        "expected_half_width": drawn.half_width,
        "observer_hours": drawn.hours,
    }
    shell.answer(data, _drawn_lines(drawn, out))
    return 0


def load(
    shell: Shell,
    file: Path,
    run_id: str | None,
    *,
    sensitivity: float | None,
    specificity: float | None,
) -> int:
    """Load a filled-in sheet, and say what it changes."""
    from analytics.audits.desk import take_back

    with shell.progress() as progress:
        progress(f"reading {file.name}", 0.1)
        loaded = take_back(
            shell.workspace, file, run_id=run_id, sensitivity=sensitivity, specificity=specificity
        )
    sheet = loaded.sheet
    data: dict[str, Any] = {
        "file": str(file),
        "read": sheet.read,
        "used": sheet.used,
        "not_reviewed": sheet.not_reviewed,
        "spare": sheet.spare,
        "refused": [{"line": one.line, "column": one.column, "reason": one.reason} for one in sheet.refused],
        "marks_read_as_yes": sheet.marks,
        "without_observer": sheet.unnamed,
        "run": loaded.run.id if loaded.run else None,
        "audit": loaded.audited.section if loaded.audited else None,
        "model": loaded.model.to_json() if loaded.model else None,
    }
    shell.answer(data, _loaded_lines(loaded, file))
    return 0 if sheet.used or not sheet.refused else 1


def _drawn_lines(drawn: Drawn, out: Path) -> list[str]:
    items, draw = drawn.draw.items, drawn.draw
    if draw.mode == "records":
        what = f"{len(items):,} past cycles to look up"
        how = (
            "Fill in own_delay: did the station itself lose at least slow_from_s? Write yes or no, or the "
            "seconds in delay_s; called; observer. Blank is not reviewed. A row copied for a second observer "
            "tells how well people agree."
        )
        after = ""
    else:
        days = sorted({item["from"][:10] for item in items})
        what = f"{len(items):,} windows to watch, {drawn.hours:g} observer-hours, {days[0]} to {days[-1]}"
        how = (
            "Fill in watched, observer, and a row for each interruption of at least slow_from_s: started, "
            "seconds, called, why_no_call (not noticed, fixed alone, nobody free, seen as normal, standard "
            "unclear)."
        )
        after = " Load the export of those days too, then: walkaway analyze."
    end = f"Done in full it should give ±{drawn.half_width:.0%}. Then: walkaway audit load {out}.{after}"
    return [f"{out}: {what}, draw {draw.draw_id}", *_indented(how), *_indented(end)]


def _loaded_lines(loaded: Loaded, file: Path) -> list[str]:
    sheet = loaded.sheet
    spare = f", {sheet.spare:,} spare" if sheet.spare else ""
    answers = f"{sheet.used:,} used, {sheet.not_reviewed:,} not reviewed{spare}"
    lines = [f"{file}: {sheet.read:,} rows: {answers}, {len(sheet.refused):,} refused"]
    lines += [f"    line {one.line}: {one.reason}" for one in sheet.refused[:_MOST_REFUSALS]]
    left = len(sheet.refused) - _MOST_REFUSALS
    lines += [f"    … and {left:,} more (all with --json)"] if left > 0 else []
    lines += _read_so(sheet)
    if loaded.audited is None or loaded.run is None or loaded.model is None:
        return [*lines, "  There is no run yet: walkaway analyze"]
    section = loaded.audited.section
    lines += [part for said in _agreement(section) for part in _indented(said)]
    if not loaded.audited.replaced:
        why = section if "unavailable" in section else section["count"]
        said = render.quantity(why).removeprefix("not estimable: ")
        return [*lines, *_indented(f"It changes nothing yet: {said}")]
    return [
        *lines,
        *_indented(
            f"ran without a call, by the model: {render.quantity(loaded.model.to_json(), 'slow cycles')}"
        ),
        *_indented(f"ran without a call, audited: {render.quantity(section['count'], 'slow cycles')}"),
        *_indented(f"minutes, audited: {render.quantity(section['minutes'], 'station-minutes')}"),
        *(_indented(APART) if section["overlaps_model"] is False else ()),
        *_indented(section["rests_on"]),
        "  To publish it: walkaway analyze",
    ]


def _read_so(sheet: Sheet) -> list[str]:
    """Say what was read in a way that somebody may not have meant."""
    lines = []
    if sheet.marks:
        cells = render.number_of(sheet.marks, "cells")
        lines.append(f"{cells} marked x or ✓ {_were(sheet.marks)} read as yes: where it means no, write no")
    if sheet.unnamed:
        lines.append(
            f"{render.number_of(sheet.unnamed, 'rows')} without an observer {_were(sheet.unnamed)} taken for "
            "one person's, never for a second look at a cycle (any name or letter will do, it is not kept)"
        )
    return [part for line in lines for part in _indented(line)]


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _agreement(section: dict[str, Any]) -> list[str]:
    """Say how well two people agreed on the cycles that both looked at."""
    if not section.get("doubles"):
        return []
    twice, agreed = section["doubles"], section["agreed"]
    kappa = render.quantity(section["kappa"])
    share = f"{render.figures(agreed)} of {render.figures(twice)} ({100 * agreed / twice:.0f} %)"
    return [f"two people looked at the same cycles and gave the same answer to {share}; kappa: {kappa}"]


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")
