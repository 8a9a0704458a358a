"""The pages really served: on loopback only, with settings of their own, and to their own name only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from http.client import HTTPConnection
from pathlib import Path

from analytics.config import Workspace
from analytics.serve import serve


def test_the_pages_are_served_to_this_machine_under_its_own_name_only(
    workspace: Workspace, port: int
) -> None:
    with serve(workspace, port=port) as dashboard:
        with urllib.request.urlopen(dashboard.url, timeout=60) as reply:
            assert reply.status == 200
            assert b"<title>" in reply.read()
        assert handshake(port, f"127.0.0.1:{port}") == 101
        assert handshake(port, "plant.example.com") in {400, 403}, "a foreign name must not reach the pages"
        for own in other_addresses():
            assert not answers(own, port), f"reachable on {own}"


def test_started_by_hand_the_pages_are_served_to_this_machine_only(tmp_path: Path, port: int) -> None:
    entry = Path(__file__).resolve().parents[2] / "dashboard" / "asgi.py"
    command = [sys.executable, "-m", "streamlit", "run", str(entry), f"--server.port={port}"]
    said = tmp_path / "said"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            command, cwd=tmp_path, env=os.environ | {"WALKAWAY_WORKSPACE": "."}, stderr=out
        ) as server,
    ):
        try:
            deadline = time.monotonic() + 60
            while not answers("127.0.0.1", port):
                assert server.poll() is None, said.read_text()
                assert time.monotonic() < deadline, "did not answer"
                time.sleep(0.2)
            # Where one loopback address answers, does another? It would if the server listened on all.
            assert not answers("127.0.0.2", port)
            assert not [own for own in other_addresses() if answers(own, port)]
            assert handshake(port, "plant.example.com") in {400, 403}
        finally:
            server.terminate()


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((host, port)) == 0


def handshake(port: int, host: str) -> int:
    """Open the pages' web socket under this name; return the status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    for name, value in {
        "Host": host,
        "Origin": f"http://{host}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def other_addresses() -> list[str]:
    found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    return [address for address in found if not address.startswith("127.")]
