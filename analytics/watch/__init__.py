"""A folder that exports arrive in: each is loaded once it is completely written, and analyzed in time.

- arrivals: which files of a folder are completely written
- ledger: what became of every file, kept in the journal
- set_aside: a file that cannot be loaded, and its reason beside it
- rounds: look, load, analyze, wait, and again

The folder is looked at every few seconds. A system's own notice of changes is not used: it does not tell what
other machines write on a network share, and whether a file is complete has to be looked at twice anyway.
"""

from __future__ import annotations

from analytics.watch.rounds import Event, Plan, watch

__all__ = ["Event", "Plan", "watch"]
