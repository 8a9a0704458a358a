"""The pages really served: on loopback only, with settings of their own, and to their own name only."""

from __future__ import annotations

import socket
import urllib.request
from http.client import HTTPConnection

from analytics.config import Workspace
from analytics.serve import free_port, serve


def test_the_pages_are_served_to_this_machine_under_its_own_name_only(workspace: Workspace) -> None:
    port = free_port(8740)
    with serve(workspace, port=port) as dashboard:
        with urllib.request.urlopen(dashboard.url, timeout=10) as reply:
            assert reply.status == 200
            assert b"<title>" in reply.read()
        assert handshake(port, f"127.0.0.1:{port}") == 101
        assert handshake(port, "plant.example.com") in {400, 403}, "a foreign name must not reach the pages"
        for own in other_addresses():
            with socket.socket() as probe:
                probe.settimeout(2)
                assert probe.connect_ex((own, port)) != 0, f"reachable on {own}"


def handshake(port: int, host: str) -> int:
    """Open the pages' web socket under this name; return the status."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
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
