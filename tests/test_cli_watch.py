"""``walkaway watch``: its times, its answers, its exit codes, and how it stops."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.cli import app
from analytics.cli_shell import run
from analytics.cli_watch import seconds
from analytics.errors import UsageError

CYCLES = """station_id,started_at,ended_at,serial
S1,2025-03-03 06:00:00,2025-03-03 06:01:00,U1
S1,2025-03-03 06:01:00,2025-03-03 06:02:01,U2
"""
REJECTED = "S1,never,2025-03-03 06:04:00,U3\n"


def walkaway(*arguments: object) -> int:
    return run(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "arriving"
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("text", "length_s"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2 min", 120), ("1h", 3600), ("1d", 86400)]
)
def test_a_time_is_read_with_its_unit(text: str, length_s: float) -> None:
    assert seconds(text, "--every") == length_s


@pytest.mark.parametrize("text", ["", "soon", "0", "-5s", "1 week", "nan"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--every"):
        seconds(text, "--every")


def test_once_answers_with_one_object_and_sets_the_exit_code(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once = ("watch", folder, "--once", "--settle", "0.05s", "--analyze-every", "never")
    where = ("--workspace", tmp_path / "plant")
    (folder / "a.csv").write_text(CYCLES + REJECTED)
    assert walkaway(*once, *where, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["loaded"], one["quarantined"]) for one in told["files"]] == [(2, 1)]
    assert (told["set_aside"], told["left"], told["run"]) == ([], [], None)
    (folder / "b.csv").write_text("no,table\n1,2\n")
    assert walkaway(*once, *where) == 1
    assert "b.csv set aside; the reason is in" in capsys.readouterr().out
    assert walkaway(*once, *where) == 0, "what was set aside before is no news"


def test_too_many_rejected_rows_are_an_exit_code(folder: Path, tmp_path: Path) -> None:
    (folder / "a.csv").write_text(CYCLES + REJECTED)
    once = ("watch", folder, "--once", "--settle", "0.05s", "--analyze-every", "never", "--max-rejects", 0)
    assert walkaway(*once, "--workspace", tmp_path / "plant") == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "There is no folder"),
        ((".", "--every", "often"), "--every 'often' is no time"),
        ((".", "--as", "cycle"), "There is no table 'cycle'"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert walkaway("watch", *arguments, "--workspace", tmp_path / "plant") == 2
    assert said in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order(folder: Path, tmp_path: Path, number: signal.Signals) -> None:
    (folder / "a.csv").write_text(CYCLES)
    command = [sys.executable, "-c", "from analytics.cli import main; main()", "watch", str(folder)]
    options = ["--every", "0.1s", "--settle", "0.05s", "--analyze-every", "never", "--json"]
    watching = subprocess.Popen(
        [*command, *options, "--workspace", str(tmp_path / "plant")], stdout=subprocess.PIPE, text=True
    )
    assert watching.stdout is not None
    happened = [json.loads(watching.stdout.readline())["event"] for _ in range(2)]
    watching.send_signal(number)
    rest, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert happened == ["watching", "loaded"]
    assert [json.loads(line)["event"] for line in rest.splitlines()] == ["stopped"]
