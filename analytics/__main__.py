"""``python -m analytics …``: the command line, after making its environment where there is none yet."""

from __future__ import annotations

from analytics import bootstrap


def main() -> None:
    """Prepare the environment if need be, then run the command."""
    bootstrap.run_inside("analytics")
    from analytics.cli import main as run

    run()


if __name__ == "__main__":
    main()
