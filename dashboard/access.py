"""Who may see how much: the smallest group a rate may pool, and single cycles with their times.

A local workspace is served on loopback to its owner, who has the data anyway: single cycles show. Served
to others they are hidden, unless whoever runs the server sets ``$WALKAWAY_SINGLE_CYCLES=show``; a page that
shows something because of that setting says so.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass

from streamlit import config

SINGLE_CYCLES_VARIABLE = "WALKAWAY_SINGLE_CYCLES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What this visitor may see.

    Attributes:
        single_cycles: single cycles with their times.
        because: why, where a setting decided it; pages print it.
        shift_days: a rate shows only if it pools at least this many.
        crews_or_stations: and at least this many shifts, or stations.
    """

    single_cycles: bool
    because: str = ""
    shift_days: int = 5
    crews_or_stations: int = 2


def access() -> Access:
    """Return what this visitor may see."""
    setting = os.environ.get(SINGLE_CYCLES_VARIABLE, "")
    if setting in {"show", "hide"}:
        return Access(
            single_cycles=setting == "show", because=f"Set by the administrator: single cycles {setting}."
        )
    return Access(single_cycles=is_loopback(config.get_option("server.address")))


def is_loopback(address: str | None) -> bool:
    """Tell whether only this machine can reach a server that listens on the address; without one, all can."""
    if address in {None, "", "localhost"}:
        return address == "localhost"
    try:
        return ipaddress.ip_address(str(address)).is_loopback
    except ValueError:
        return False
