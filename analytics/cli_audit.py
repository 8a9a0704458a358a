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

SHEETS = (".csv", ".xlsx")
_MOST_REFUSALS = 10
_WIDTH = 110


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
        "refused": [{"line": one.line, "reason": one.reason} for one in sheet.refused],
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
    if loaded.audited is None or loaded.run is None or loaded.model is None:
        return [*lines, "  There is no run yet: walkaway analyze"]
    section = loaded.audited.section
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
        *_indented(section["rests_on"]),
        "  To publish it: walkaway analyze",
    ]


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")
