"""Does the workbook open again with the same figures, and is text never a formula?"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import fastexcel
import polars as pl
import pytest

from analytics.report import render_xlsx
from tests.report.example import audited, example, nothing_wrong, withheld

SHEETS = ["Summary", "Stations", "Lines", "Products", "Shifts", "Days", "Targets", "Caveats", "Sources"]


def _sheet(data: bytes, name: str) -> pl.DataFrame:
    return fastexcel.read_excel(data).load_sheet(name).to_polars()


@pytest.mark.parametrize("make", [example, withheld, nothing_wrong, audited])
def test_every_sheet_opens_again(make: Callable[[], dict[str, Any]]) -> None:
    book = fastexcel.read_excel(render_xlsx(make()))
    assert book.sheet_names == SHEETS
    for name in SHEETS:
        assert book.load_sheet(name).width > 1


def test_estimates_keep_value_and_interval() -> None:
    report = example()
    stations = _sheet(render_xlsx(report), "Stations")
    assert stations["Station"].to_list() == ["S1", "S2", "S1"]
    row = report["by"]["station"][2]["undetected"]["count"]
    found = stations.row(2)[stations.columns.index("Ran without a call") :][:3]
    assert found == pytest.approx((row["value"], row["lower"], row["upper"]))


def test_the_summary_has_the_message_and_the_reasons() -> None:
    summary = _sheet(render_xlsx(withheld()), "Summary")
    said = " ".join(summary["How, or why there is none"].drop_nulls())
    assert "the noise has two modes (needed: an audit)" in said
    assert "not lost output" in said


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@sum(A1)", "https://www.w3.org", "\t=1"])
def test_text_is_never_a_formula_or_a_link(text: str) -> None:
    report = example()
    report["by"]["station"][0]["station_id"] = text
    report["targets"][0]["evidence"] = text
    data = render_xlsx(report)
    assert _sheet(data, "Stations")["Station"][0] == text
    with zipfile.ZipFile(BytesIO(data)) as book:
        sheets = [book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_rates_of_small_groups_are_left_out_and_said() -> None:
    report = example()
    report["by"]["day"] = report["by"]["day"][:2]
    lines = _sheet(render_xlsx(report), "Lines")
    assert lines["Detection rate"].null_count() == lines.height
    assert "five days" in lines["Remark"][0]


def test_targets_stand_with_their_line() -> None:
    targets = _sheet(render_xlsx(example()), "Targets")
    assert targets.select("Line", "Station").row(0) == ("L2", "S1")
    assert targets["Pattern"][0] == "every k-th unit"
    assert "comes round" in targets["Where to begin"][0]


def test_the_summary_tells_audit_and_model_apart() -> None:
    summary = _sheet(render_xlsx(audited()), "Summary")
    told = dict(zip(summary["What"], summary["Value"], strict=True))
    assert (told["… audited"], told["… the model alone"]) == (260, 200)
    assert told["Agreement of two observers"] == pytest.approx(0.86)
    assert "… audited" not in _sheet(render_xlsx(example()), "Summary")["What"].to_list()
