"""The page server: a free port, an address that answers, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from analytics.config import Workspace
from analytics.serve import DashboardError, free_port, open_browser

COMMAND = (sys.executable, "-c", "from analytics.cli import main; main()", "dashboard", "--no-open", "--json")


def test_a_taken_port_gives_the_next_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert port < free_port(port) < port + 20


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(DashboardError, match="no address") as caught:
        free_port(8501, "192.0.2.1")
    assert "--host" in caught.value.hint


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has machines without a screen")
def test_no_browser_is_opened_where_there_is_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)

    assert open_browser("http://127.0.0.1:1") is False


@pytest.fixture
def heard() -> Iterator[None]:
    """Let a command hear Ctrl-C, also where a shell that runs the tests behind & has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="signals to a console differ on Windows")
@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_the_pages_answer_and_end_with_the_command(
    workspace: Workspace, kill: signal.Signals, port: int
) -> None:
    command = [*COMMAND, "--workspace", str(workspace.root), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "ended without an answer"
            said += line
        answer = json.loads(said)
        with urllib.request.urlopen(answer["url"], timeout=120) as page:
            assert page.status == 200
        process.send_signal(kill)
        process.stdout.read()
        assert process.wait(timeout=120) == 0

    assert answer["workspace"] == str(workspace.root)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(answer["url"], timeout=120)
