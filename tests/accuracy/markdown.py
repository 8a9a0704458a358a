"""The study's table as the README shows it."""

from __future__ import annotations

from typing import Any

from tests.accuracy.summary import Record, summarize


def readme_table(records: list[Record]) -> str:
    """Return one row per scenario and, for the plants that have them, what a rule of thumb says."""
    found = summarize(records)
    lines = [
        "| plants like | n | count | minutes | interval covers | half-width | ranking (best possible) |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(name, one) for name, one in found.items()]
    peers = found.get("default", {}).get("peers", {})
    if peers:
        lines += [
            "",
            "What a rule of thumb counts on the `default` plants, as a multiple of the truth:",
            "",
            "| rule | count | minutes | ranking |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {name} | {one['count_ratio']:.1f} × | {one['minutes_ratio']:.1f} × | {one['precision']:.2f} |"
            for name, one in peers.items()
        ]
    return "\n".join(lines)


def _row(name: str, one: dict[str, Any]) -> str:
    count, minutes = one["count"], one["minutes"]
    if count["coverage"] is None:
        return f"| {name} | {one['plants']} | withheld | withheld | – | – | – |"
    if count["bias"] is None:
        covers = f"{count['coverage']:.0%}"
        return (
            f"| {name} | {one['plants']} | at most {count['largest']:.0f} of 0 | "
            f"at most {minutes['largest']:.0f} of 0 | {covers} | – | – |"
        )
    ranking = f"{one['precision']:.2f} ({one['precision_ceiling']:.2f})" if one["precision"] else "–"
    return (
        f"| {name} | {one['plants']} | {_error(count)} | {_error(minutes)} | "
        f"{count['coverage']:.0%}, {minutes['coverage']:.0%} | ±{count['half_width']:.0%} | {ranking} |"
    )


def _error(one: dict[str, Any]) -> str:
    return f"{100 * one['bias']:+.1f} ± {100 * one['rmse']:.1f} %"
