"""The commands: what they print, how they fail, and that no traceback ever reaches a user."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics import cli, cli_ladder, study
from analytics import cli_render as render
from analytics.cli import app
from analytics.cli_shell import Shell, run
from analytics.cli_steps import prepare_demo
from analytics.config import Workspace
from analytics.errors import OverlapError, TooManyRejectsError, UsageError
from analytics.runs import list_runs
from tests.report.example import grown_slower, range_of_unseen

WALKAWAY = (sys.executable, "-c", "from analytics.cli import main; main()")
COMMANDS = ("demo", "ingest", "analyze", "watch", "report", "export", "simulate", "dashboard", "doctor")


def walkaway(*arguments: object) -> int:
    return run(app, [str(argument) for argument in arguments])


def report_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Return the report that a command answers with."""
    capsys.readouterr()
    assert walkaway("report", *arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def fails(error: BaseException) -> object:
    """Return an application that fails in a certain way."""

    def application(**_: object) -> int:
        raise error

    return application


class TestUsage:
    """Wrong usage is told with what to do, and exits with 2."""

    def test_help_names_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert walkaway("--help") == 0
        said = capsys.readouterr().out
        assert [command for command in (*COMMANDS, "batches", "runs", "audit") if command not in said] == []

    @pytest.mark.parametrize("command", [cli.analyze, cli.simulate])
    def test_every_way_to_analyze_starts_from_one_seed(self, command: Callable[..., int]) -> None:
        pages = inspect.signature(study.analyze).parameters["seed"].default
        assert inspect.signature(command).parameters["seed"].default == pages

    @pytest.mark.parametrize("command", [*COMMANDS, "runs list", "runs prune", "audit draw", "audit load"])
    def test_every_command_takes_a_workspace_and_json(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert walkaway(*command.split(), "--help") == 0
        said = capsys.readouterr().out
        assert "--workspace" in said
        assert "--json" in said

    def test_help_answers_at_once_and_imports_nothing_heavy(self) -> None:
        code = (
            "import sys; from analytics.cli_shell import run; from analytics.cli import app\n"
            "run(app, ['--help'])\n"
            "heavy = {'polars', 'duckdb', 'numpy', 'pandas', 'streamlit', 'plotly'} & set(sys.modules)\n"
            "sys.exit(f'imported {heavy}' if heavy else 0)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("inges",), "Did you mean 'ingest'"),
            (("ingest",), "FILE"),
            (("analyze", "--from", "05/01/2026"), "is not a day"),
            (("analyze", "--from", "2026-02-01", "--to", "2026-01-01"), "is not before --to 2026-01-01"),
            (("analyze", "--from", "2026-02-01", "--to", "2026-02-01"), "is not before --to 2026-02-01"),
            (("analyze", "--no-such-flag"), "--no-such-flag"),
            (("ingest", "x.csv", "--as", "cycle"), "There is no table 'cycle'"),
            (("export", "cycles", "--out", "cycles.txt"), "does not say which format"),
            (("report", "--format", "docx"), "'--format': 'docx' is not one of json, html, pdf, xlsx"),
            (("export", "quarantine", "--out", "no_such_folder/t.csv"), "There is no folder no_such_folder"),
            (("runs", "--workspace", "w", "list"), "stand after the command"),
            (("report", "--out", "report.docx"), "does not say which format"),
            (("simulate", "out", "--scenario", "no_such_plant"), "no_such_plant"),
            (("runs", "prune", "--keep", "0"), "--keep"),
            (("audit", "draw", "--n", "50"), "--n"),
            (("audit", "draw"), "--out"),
        ],
    )
    def test_wrong_usage_exits_with_2(
        self,
        arguments: tuple[str, ...],
        said: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert walkaway(*arguments) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert told.out == ""
        assert list(tmp_path.iterdir()) == []

    def test_wrong_usage_is_json_where_json_is_wanted(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert walkaway("analyze", "--from", "yesterday", "--json") == 2
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["exit_code"] == 2
        assert "yesterday" in error["message"]
        assert "2026-01-31" in error["hint"]


class TestFailure:
    """Whatever happens is one message and an exit code."""

    @pytest.mark.parametrize(
        ("error", "code", "said"),
        [
            (OverlapError("Other values.", hint="Give --on-overlap."), 1, "Give --on-overlap."),
            (TooManyRejectsError("9 rows."), 3, "9 rows."),
            (PermissionError(13, "Permission denied", "/plant/warehouse.duckdb"), 1, "Permission denied"),
            (OSError(28, "No space left on device"), 1, "not full"),
            (KeyboardInterrupt(), 130, "Run the command again."),
        ],
    )
    def test_a_foreseen_failure_is_told(
        self, error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(fails(error), []) == code
        told = capsys.readouterr()
        assert said in told.err
        assert "Traceback" not in told.err
        assert told.out == ""

    def test_an_unforeseen_failure_is_one_line_and_a_log(
        self, workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(fails(KeyError("floor_s")), ["analyze", "--workspace", str(workspace.root)]) == 1
        told = capsys.readouterr().err
        assert "KeyError: 'floor_s'" in told
        assert "Traceback" not in told
        (log,) = workspace.root.glob("error-*.log")
        assert str(log) in told
        assert "Traceback" in log.read_text(encoding="utf-8")

    def test_a_failure_where_there_is_no_workspace_is_logged_elsewhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert run(fails(ZeroDivisionError("x")), [f"--workspace={tmp_path / 'missing'}", "--json"]) == 1
        assert "ZeroDivisionError" in json.loads(capsys.readouterr().out)["error"]["message"]
        assert len(list(tmp_path.glob("error-*.log"))) == 1
        assert not (tmp_path / "missing").exists()

    @pytest.mark.parametrize("command", [("report",), ("export", "cycles", "--out", "c.csv"), ("analyze",)])
    def test_without_data_the_next_step_is_named(
        self, command: tuple[str, ...], workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert walkaway(*command, "--workspace", workspace.root) == 1
        assert "walkaway" in capsys.readouterr().err

    def test_a_reader_that_leaves_early_is_no_failure(self, workspace: Workspace) -> None:
        command = [*WALKAWAY, "doctor", "--workspace", str(workspace.root)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            assert process.stderr.read() == ""

    @pytest.mark.skipif(os.name == "nt", reason="signals to a console differ on Windows")
    def test_ctrl_c_says_what_was_saved(self, tmp_path: Path) -> None:
        # A simulation that never ends, so that the signal always comes in the middle of it.
        endless = (
            "import time; from analytics import simulate; from analytics.cli import main\n"
            "simulate.simulate = lambda *_: [print('begun', flush=True), time.sleep(3600)]\n"
            "main()"
        )
        command = [sys.executable, "-c", endless, "simulate", str(tmp_path / "plant")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == "begun\n"
            process.send_signal(signal.SIGINT)
            said = process.stderr.read()
            assert process.wait(timeout=120) == 130
        assert "nothing that was not finished was saved" in said
        assert "Traceback" not in said


class TestShell:
    """What surrounds a command."""

    def test_an_answer_is_json_or_lines(
        self, workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        Shell(as_json=True, workspace=workspace).answer({"name": "Straße"}, ["a line"])
        assert json.loads(capsys.readouterr().out) == {"name": "Straße"}
        Shell(as_json=False, workspace=workspace).answer({"name": "Straße"}, ["a line"])
        assert capsys.readouterr().out == "a line\n"

    def test_stages_are_told_once_each_and_never_with_json(
        self, workspace: Workspace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for as_json in (False, True):
            with Shell(as_json=as_json, workspace=workspace).progress() as progress:
                progress("reading", 0.1)
                progress("reading", 0.5)
                progress("writing", 0.9)
        told = capsys.readouterr()
        assert told.err.splitlines() == ["… reading", "… writing"]
        assert told.out == ""

    def test_nobody_is_asked_where_nobody_sits(self, workspace: Workspace) -> None:
        assert Shell(as_json=False, workspace=workspace).ask("Day first?", ("yes", "no")) is None


class TestRendering:
    """Text of estimates and tables."""

    def test_an_estimate_carries_its_interval(self) -> None:
        given = {"value": 1234.4, "lower": 1100.2, "upper": 1300.0, "unit": "slow cycles"}
        assert render.quantity(given) == "1,234 slow cycles (1,100–1,300)"
        share = {"value": 0.38, "lower": 0.35, "upper": 0.41, "unit": "share"}
        assert render.quantity(share, percent=True) == "38 % (35–41)"

    def test_a_refusal_is_told_with_what_is_needed(self) -> None:
        refused = {"unavailable": "no standards", "needed": "the table standards"}
        assert render.quantity(refused) == "not estimable: no standards (needed: the table standards)"

    def test_a_reason_for_several_rungs_is_told_once(self) -> None:
        refused = {"unavailable": "two ways of working", "needed": None}
        demand = {
            "calls": {"count": 5, "without_time_trace": {}},
            "detected": {"count": refused, "minutes": refused},
            "undetected": {
                "count": refused,
                "minutes": refused,
                "problems": refused,
                "floor_s": {"min": 1.0, "median": 2.0, "max": 3.0},
                "recorded": {"count": refused, "minutes": refused},
                "visible_only": refused,
            },
            "detection_rate": refused,
            "common_floor_s": 3.0,
            "seen_by_no_source": {"count": refused},
        }
        report = {
            "run": {"id": "r1"},
            "period": {"from": "2026-01-05", "to": "2026-01-09", "timezone": "unspecified"},
            "exposure": {"cycles": 1200, "stations": 1, "lines": 2, "excluded": {"masked": 7}},
            "demand": demand,
            "chronic": {"unavailable": "no standards", "needed": None},
            "walk_away": refused,
            "audit": {"unavailable": "no audit was loaded", "needed": None},
            "caveats": [{"code": "c", "severity": "serious", "message": "Withheld.", "affects": "all"}],
        }

        said = "\n".join(cli_ladder.ladder(report))

        assert said.count("two ways of working") == 1
        assert "not estimable, as above" in said
        assert "1,200 cycles, 1 station, 2 lines; left out: 7 masked" in said
        assert "floor" not in said
        assert "Withheld." in said

    def test_records_of_several_parts_are_no_cycles_and_show_their_output(self) -> None:
        station = {"line_id": None, "station_id": "A", "hours": 50.0, "parts_per_hour": 351.6}
        refused = {"unavailable": "no standard for what was made", "needed": "standards"}
        output = {"parts": 17_580.0, "records_of_several_parts": 600}
        rated = output | {"station": [station | {"effectiveness": 0.977}]}
        assert cli_ladder._output(rated) == [
            "17,580 parts in 50 station-hours",
            "A: 351.6 parts an hour, 98% of the standard's rate",
        ]
        unrated = output | {"station": [station | {"effectiveness": refused}]}
        assert "no standard for what was made" in cli_ladder._output(unrated)[1]
        assert cli_ladder._output(None) == []
        assert cli_ladder._output(rated | {"records_of_several_parts": 0}) == []
        assert cli_ladder._seen(600, None, rated) == "600 records of several parts each"
        assert cli_ladder._seen(700, None, rated) == "100 cycles, 600 records of several parts each"
        assert cli_ladder._seen(600, 900, None) == "600 cycles (from 900 records that share a stamp)"

    def test_what_no_source_holds_is_a_range_beside_what_cycle_times_show(self) -> None:
        assert cli_ladder._unseen(range_of_unseen()) == (
            "a range of 120–330 slow cycles of 63 s or more, by andon calls and “downtime log”; cycle times "
            "show 153–187 of them, beyond these 0–177"
        )

    def test_stations_that_grew_slower_are_told_beside_the_standards(self) -> None:
        drift = grown_slower()
        assert cli_ladder._slowed({"drift": drift}) == (
            "150 station-minutes (135–165) slower than before, at 2 stations"
        )
        none = drift | {"stations": [], "came_back": []}
        assert cli_ladder._slowed({"drift": none}) == "no station has grown slower, of 5 stations judged"
        refused = drift | {"stations": [], "minutes": {"unavailable": "too few cycles", "needed": None}}
        assert cli_ladder._slowed({"drift": refused}) == "slower than before: not estimable: too few cycles"
        assert cli_ladder._slowed({"unavailable": "no standards"}) is None

    def test_counts_are_whole_and_one_is_singular(self) -> None:
        given = {"value": 3.4, "lower": 0.4, "upper": 7.9, "unit": "slow cycles"}
        assert render.quantity(given) == "3 slow cycles (0.4–8)"
        one = {"value": 1.0, "lower": 1.0, "upper": 2.0, "unit": "slow cycles"}
        assert render.quantity(one, "slow cycles called") == "1 slow cycle called (1–2)"
        assert render.quantity(one | {"value": 1.2}, "station-minutes") == "1.2 station-minutes (1–2)"

    def test_records_that_make_one_cycle_are_told(self) -> None:
        assert cli_ladder._cycles(2626, 5232) == "2,626 cycles (from 5,232 records that share a stamp)"
        assert cli_ladder._cycles(2626, 2626) == "2,626 cycles"

    def test_one_floor_is_no_range(self) -> None:
        assert "floor (8 s)" in str(cli_ladder._floor({"min": 8.1, "median": 8.1, "max": 8.1}))

    def test_busy_help_is_one_line_with_its_interval_or_its_reason(self) -> None:
        share = {"value": 0.094, "lower": 0.05, "upper": 0.131, "unit": "share of slow cycles without a call"}
        text = cli_ladder._busy({"attributable": {"share": share}})
        assert text.startswith("9 % (5–13) of what ran without a call would have been called")
        assert cli_ladder._busy({"unavailable": "no calls", "needed": None}) == "not estimable: no calls"

    def test_columns_of_a_table_line_up(self) -> None:
        lines = render.table(("run", "cycles"), [("a-long-name", 7), ("b", 12)])
        assert [line.index(cell) for line, cell in zip(lines, ("cycles", "7", "12"), strict=True)] == [13] * 3


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journey")
    assert walkaway("simulate", folder / "exports", "--cycles", 30000, "--seed", 7) == 0
    files = sorted(path for path in (folder / "exports").iterdir() if path.is_file())
    assert walkaway("analyze", *files, "--workspace", folder / "workspace") == 0
    return folder


class TestJourney:
    """From a simulated plant's exports to its report, by commands alone."""

    def test_analyze_prints_the_ladder(self, plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
        capsys.readouterr()
        assert walkaway("analyze", "--workspace", plant / "workspace") == 0
        said = capsys.readouterr().out
        for rung in (
            "could have been seen",
            "called",
            "ran without a call",
            "seen by no source",
            "detection rate",
            "chronic gap",
        ):
            assert rung in said
        assert "help was busy" in said
        assert "at least" in said

    def test_the_two_periods_are_split_where_one_asks(
        self, plant: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        place = ("--workspace", plant / "workspace")
        days = [one["day"] for one in report_of(capsys, *place)["by"]["day"]]
        change = report_of(capsys, *place, "--split", days[1])["change"]
        told = change["periods"][1]["from"] if "periods" in change else change["unavailable"]
        assert days[1] in told
        assert walkaway("report", *place, "--split", days[0]) == 2
        assert "leaves one of the two periods empty" in capsys.readouterr().err
        assert walkaway("report", *place, "--split", "soon") == 2
        assert "2026-01-31" in capsys.readouterr().err

    def test_loading_again_loads_nothing_twice(self, plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (file,) = (plant / "exports").glob("cycles.*")
        capsys.readouterr()
        assert walkaway("ingest", file, "--workspace", plant / "workspace", "--json") == 0
        (counts,) = json.loads(capsys.readouterr().out)["files"]
        assert counts["loaded"] == 0
        assert counts["duplicate"] == counts["read"] > 10000

    def test_the_report_is_json_on_standard_output(
        self, plant: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert walkaway("report", "--format", "json", "--workspace", plant / "workspace") == 0
        report = json.loads(capsys.readouterr().out)
        assert report["schema_version"] == 1
        assert report["demand"]["undetected"]["count"]["lower"] >= 0

    def test_the_reports_format_is_what_its_file_ends_in(self, plant: Path, tmp_path: Path) -> None:
        out = tmp_path / "gap.html"
        assert walkaway("report", "--workspace", plant / "workspace", "--out", out) == 0
        assert out.read_text(encoding="utf-8").startswith("<!doctype html>")

    @pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
    def test_cycles_are_exported_one_row_each(self, plant: Path, ending: str, tmp_path: Path) -> None:
        out = tmp_path / f"cycles.{ending}"
        assert walkaway("export", "cycles", "--workspace", plant / "workspace", "--out", out) == 0
        readers = {"parquet": pl.read_parquet, "csv": pl.read_csv, "xlsx": pl.read_excel}
        cycles = readers[ending](out)
        made = pl.read_csv(next((plant / "exports").glob("cycles.csv")))
        assert cycles.height == made.height
        assert cycles["undetected_probability"].drop_nulls().is_between(0, 1).all()

    def test_the_exported_chances_add_up_to_the_count(
        self, plant: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "cycles.parquet"
        assert walkaway("export", "cycles", "--workspace", plant / "workspace", "--out", out) == 0
        capsys.readouterr()
        assert walkaway("report", "--format", "json", "--workspace", plant / "workspace") == 0
        count = json.loads(capsys.readouterr().out)["demand"]["undetected"]["count"]["value"]
        assert pl.read_parquet(out)["undetected_probability"].sum() == pytest.approx(count, rel=1e-6)

    def test_rejected_rows_of_no_workspace_are_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out, nowhere = tmp_path / "refused.csv", tmp_path / "nowhere"
        assert walkaway("export", "quarantine", "--workspace", nowhere, "--out", out) == 1
        assert "There is no workspace" in capsys.readouterr().err
        assert not out.exists()
        assert not nowhere.exists()

    @pytest.mark.parametrize("what", ["episodes", "targets", "quarantine"])
    def test_other_tables_are_exported(self, plant: Path, what: str, tmp_path: Path) -> None:
        out = tmp_path / f"{what}.csv"
        assert walkaway("export", what, "--workspace", plant / "workspace", "--out", out) == 0
        assert out.is_file()

    def test_runs_alone_lists_them(self, plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert walkaway("runs", "--workspace", plant) == 0
        alone = capsys.readouterr().out
        assert walkaway("runs", "list", "--workspace", plant) == 0
        assert capsys.readouterr().out == alone

    def test_runs_and_batches_are_listed_and_pruned(
        self, plant: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert walkaway("batches", "--json", "--workspace", plant / "workspace") == 0
        tables = {batch["table"] for batch in json.loads(capsys.readouterr().out)["batches"]}
        assert {"cycles", "andon_calls"} <= tables
        assert walkaway("analyze", "--workspace", plant / "workspace") == 0
        assert walkaway("runs", "prune", "--keep", "1", "--workspace", plant / "workspace") == 0
        capsys.readouterr()
        assert walkaway("runs", "list", "--json", "--workspace", plant / "workspace") == 0
        assert len(json.loads(capsys.readouterr().out)["runs"]) == 1

    def test_the_doctor_finds_it_in_order(self, plant: Path, capsys: pytest.CaptureFixture[str]) -> None:
        capsys.readouterr()
        assert walkaway("doctor", "--json", "--workspace", plant / "workspace") == 0
        diagnosis = json.loads(capsys.readouterr().out)
        assert diagnosis["healthy"] is True
        said = " ".join(finding["message"] for finding in diagnosis["findings"])
        assert "cycles" in said
        assert "time zone" in said

    def test_a_run_that_does_not_exist_names_those_that_do(
        self, plant: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert walkaway("report", "--run", "nonesuch", "--workspace", plant / "workspace") == 1
        assert "Published runs: 2" in capsys.readouterr().err

    def test_a_period_without_cycles_is_told_with_the_one_loaded(
        self, plant: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        capsys.readouterr()
        assert walkaway("analyze", "--from", "2031-01-01", "--workspace", plant / "workspace") == 1
        assert "2025-03-03" in capsys.readouterr().err

    def test_more_rejects_than_allowed_exits_with_3(self, tmp_path: Path) -> None:
        file = tmp_path / "cycles.csv"
        rows = [f"S1,2026-01-05 06:{minute:02}:00" for minute in range(30)]
        file.write_text("station_id,ended_at\n" + "\n".join([*rows, "S1,soon", "S1,later"]) + "\n")
        arguments = ("ingest", file, "--as", "cycles", "--workspace", tmp_path / "w")
        assert walkaway(*arguments, "--max-rejects", 1, "--dry-run") == 3
        assert walkaway(*arguments, "--max-rejects", 2, "--dry-run") == 0
        assert walkaway(*arguments, "--dry-run") == 0


class TestDemo:
    """The demo makes its plant once, and never mixes it with a plant's own data."""

    def test_a_second_demo_shows_the_first_ones_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shell = Shell(as_json=False, workspace=Workspace(root=tmp_path / "demo"))

        prepare_demo(shell, "small", 1)
        prepare_demo(shell, "small", 1)

        assert len(list_runs(shell.workspace)) == 1
        assert capsys.readouterr().err.count("ran without a call") == 2

    def test_a_workspace_with_data_of_its_own_is_left_alone(self, tmp_path: Path) -> None:
        file = tmp_path / "cycles.csv"
        rows = "\n".join(f"S1,2026-01-05 06:{minute:02}:00" for minute in range(30))
        file.write_text(f"station_id,ended_at\n{rows}\n")
        place = Workspace(root=tmp_path / "plant")
        assert walkaway("ingest", file, "--workspace", place.root) == 0

        with pytest.raises(UsageError, match="data of its own") as caught:
            prepare_demo(Shell(as_json=False, workspace=place), "small", 1)

        assert "--workspace" in caught.value.hint
        assert not (place.root / "demo").exists()


@pytest.mark.parametrize(
    ("number", "told"), [(2587.47, "2,587"), (2587.5, "2,588"), (9.96, "10"), (3.44, "3.4"), (0.02, "0")]
)
def test_a_number_is_rounded_once_as_on_the_pages(number: float, told: str) -> None:
    assert render.figures(number) == told
