"""What each kind of plant must show, as data, and whether it does.

Question: is the estimate good enough? A goal names a figure of ``summary.figures`` and its bounds. Every kind
of plant has the goals of its class, and those that hold everywhere. A figure is compared as it came out, with
one exception: a bin of stated probabilities is judged by the near end of its 95 % interval, as the worst of
several bins with few cycles is off by chance alone; how far it came out is told beside it. A share of plants
is told with its 95 % interval, so that a reader sees what chance may have done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from scipy.stats import beta

from tests.accuracy.judge import TWIN
from tests.accuracy.summary import Figures

Class = Literal["ordinary", "hard", "structure", "nothing", "withheld"]
Form = Literal["percent", "points", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Bounds for one figure.

    Attributes:
        name: what is asked.
        figure: key of the figure.
        low, high: the figure must lie between them; None: no bound.
        form: how it is told.
        of: the figure that says of how many plants this one is a share; None: it is no such share.
        beside: the figure as it came out, where another one is judged; None: it is this one.
    """

    name: str
    figure: str
    low: float | None = None
    high: float | None = None
    form: Form = "percent"
    of: str | None = None
    beside: str | None = None

    def met(self, value: float, plants: int = 0) -> bool:
        """Tell whether a figure is within the bounds.

        Args:
            value: the figure.
            plants: of how many plants it is a share. That all of them hold is no sign of intervals too wide,
                unless so many would hardly all hold at the upper bound.
        """
        chance = self.of is not None and value == 1.0 and self.high is not None and self.high**plants > 0.05
        below = self.high is None or value <= self.high or chance
        return below and (self.low is None or value >= self.low)

    def told(self, value: float, plants: int = 0) -> str:
        """Say the figure; a share of plants as ``90 % (76–97), 36 of 40``."""
        if self.of is None:
            return tell(value, self.form)
        held = round(value * plants)
        low, high = share_interval(held, plants)
        return f"{tell(value, self.form)} ({100 * low:.0f}–{100 * high:.0f}), {held} of {plants}"

    def bounds(self) -> str:
        """Say what is asked: ``±4 %``, ``≥ 94 %``, ``93 % to 99 %``."""
        if self.low is not None and self.high is not None:
            if self.low == -self.high:
                return f"±{tell(self.high, self.form)}"
            return f"{tell(self.low, self.form)} to {tell(self.high, self.form)}"
        return f"≥ {tell(self.low, self.form)}" if self.low is not None else f"≤ {tell(self.high, self.form)}"


def share_interval(held: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson, 1934, *Biometrika* 26).

    Args:
        held: how many hold.
        of: of how many.
        level: of the interval.
    """
    tail = (1.0 - level) / 2.0
    low = float(beta.ppf(tail, held, of - held + 1)) if held > 0 else 0.0
    high = float(beta.ppf(1.0 - tail, held + 1, of - held)) if held < of else 1.0
    return low, high


def tell(value: float | None, form: Form) -> str:
    """Say a figure: as percent, in points, or as a number."""
    if value is None:
        return "–"
    if form == "number":
        return f"{value:.0f}"
    text = f"{round(100.0 * value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no -0
    return f"{text} %" if form == "percent" else f"{text} points"


def _within(name: str, figure: str, bound: float, form: Form = "percent") -> Goal:
    return Goal(name=name, figure=figure, low=-bound, high=bound, form=form)


def _at_most(name: str, figure: str, bound: float, form: Form = "percent") -> Goal:
    return Goal(name=name, figure=figure, high=bound, form=form)


def _at_least(name: str, figure: str, bound: float, form: Form = "percent") -> Goal:
    return Goal(name=name, figure=figure, low=bound, form=form)


def _covers(name: str, what: str, low: float, high: float | None = None) -> Goal:
    """Ask in which share of the plants the interval must hold the truth."""
    return Goal(name=name, figure=f"{what}_coverage", low=low, high=high, of=f"{what}_n")


BY_CLASS: dict[Class, tuple[Goal, ...]] = {
    "ordinary": (
        _within("count, bias", "count_bias", 0.04),
        _at_most("count, RMSE", "count_rmse", 0.07),
        _within("minutes, bias", "minutes_bias", 0.03),
        _at_most("minutes, RMSE", "minutes_rmse", 0.05),
        _covers("count, coverage", "count", 0.93, 0.99),
        _covers("minutes, coverage", "minutes", 0.93, 0.99),
        _at_most("count, half-width", "count_half_width", 0.12),
        _at_most("minutes, half-width", "minutes_half_width", 0.09),
    ),
    "hard": (
        _within("count, bias", "count_bias", 0.08),
        _within("minutes, bias", "minutes_bias", 0.08),
        _covers("count, coverage", "count", 0.92),
        _covers("minutes, coverage", "minutes", 0.92),
    ),
    "structure": (
        _within("count, bias", "count_bias", 0.06),
        _within("minutes, bias", "minutes_bias", 0.06),
        _within("count, worst plant", "count_worst", 0.20),
        _within("minutes, worst plant", "minutes_worst", 0.20),
    ),
    "nothing": (
        _at_most("above the truth, per 200,000 cycles", "excess", 20.0, "number"),
        Goal(name="lower bound holds", figure="lower_holds", low=1.0, of="told"),
    ),
    "withheld": (Goal(name="withheld", figure="withheld", low=0.95, of="plants"),),
}
SELDOM_WITHHELD = Goal(name="withheld", figure="withheld", high=0.01, of="plants")
EVERYWHERE = (
    _at_least("stations, count coverage", "station_count_coverage", 0.94),
    _at_most("stations, count half-width", "station_count_half_width", 0.30),
    _at_least("stations, minutes coverage", "station_minutes_coverage", 0.94),
    _at_most("stations, minutes half-width", "station_minutes_half_width", 0.30),
    _at_least("station × shift-day, coverage", "stratum_coverage", 0.93),
    _at_least("ranking ÷ best possible", "precision_share", 0.97),
    _at_least("ranking less the best peer's", "peer_margin", 0.0, "points"),
    Goal(
        name="stated probability, worst bin, beyond chance (95 %)",
        figure="calibration_surely",
        low=-0.05,
        high=0.05,
        form="points",
        beside="calibration_worst",
    ),
    _at_most("detection rate, RMSE", "detection_rate_rmse", 0.02, "points"),
)
ALSO: dict[str, tuple[Goal, ...]] = {
    "episodes": (
        _within("problems, bias", "problems_bias", 0.08),
        _covers("problems, coverage", "problems", 0.92),
        _within("call rate by problem, error", "problem_call_rate_bias", 0.03, "points"),
    ),
    "independent": (_at_most("independent slow cycles merged", "merged", 0.03),),
    **dict.fromkeys(
        ("busy_help", "busy_help_confounded", "late_shift_busy", "late_shift_calls", "no_balking"),
        (
            _within("queue's share, error", "queue_share_bias", 0.02, "points"),
            _at_most("queue's share, RMSE", "queue_share_rmse", 0.02, "points"),
            _covers("queue's share, coverage", "queue_share", 0.92),
        ),
    ),
}
MAY_BE_WITHHELD = ("no_serials",)
"""Kinds of which a number may be published or not: either is right if it is said and holds."""
CLASSES: dict[Class, tuple[str, ...]] = {
    "hard": (
        "tiny_delays",
        "noisy",
        "dense",
        "dirty_clock",
        "drifting_clock",
        "coupled",
        "completion_only",
        "no_serials",
        "no_calendar",
        "short_period",
    ),
    "structure": (
        "transfer",
        "parallel",
        "merge",
        "handover",
        "handover_autumn",
        "whole_second_machine",
        "late_calls",
        "one_product",
    ),
    "nothing": ("nothing_wrong", "everything_called"),
    "withheld": ("one_minute_stamps", "job_shop", "bimodal"),
}
"""Kinds by class; the others are ordinary."""
ORDINARY_BY_NAME = (
    "base",
    "no_andon",
    "patterns",
    "crews",
    "episodes",
    "independent",
    "busy_help",
    "busy_help_confounded",
    "no_balking",
    "late_shift_busy",
    "late_shift_calls",
)
"""Ordinary kinds that goals name, or that stand for others like them."""
LIKE_ANOTHER = ("no_serials", "no_calendar", "drifting_clock")
"""Kinds that ``named`` leaves out: their class has goals for them, but each is much like another of it."""


def kind_of(scenario: str) -> str:
    """Return the kind of plant without its family: ``flow_noisy`` → ``noisy``."""
    return scenario.removesuffix(TWIN).removeprefix("flow_")


def family_of(scenario: str) -> str:
    """Return the family: draws per station, or unit by unit."""
    return "flow" if scenario.startswith("flow_") else "serial"


def named(family: str) -> list[str]:
    """Return the scenarios of a family that goals or classes name, but for those much like another.

    Args:
        family: "serial" or "flow".
    """
    classes = (kind for kinds in CLASSES.values() for kind in kinds if kind not in LIKE_ANOTHER)
    kinds = [*ORDINARY_BY_NAME, *classes]
    if family == "flow":
        return [f"flow_{kind}" for kind in kinds]
    return ["default" if kind == "base" else kind for kind in kinds]


def class_of(scenario: str) -> Class:
    """Return the class whose goals a scenario has."""
    kind = kind_of(scenario)
    known = next((name for name, kinds in CLASSES.items() if kind in kinds), "ordinary")
    # A twin on which the number is withheld may be withheld as well.
    return "nothing" if scenario.endswith(TWIN) and known != "withheld" else known


def goals_of(scenario: str) -> tuple[Goal, ...]:
    """Return every goal of a scenario."""
    kind, known = kind_of(scenario), class_of(scenario)
    if known == "withheld":
        return BY_CLASS[known]
    seldom = () if kind in MAY_BE_WITHHELD else (SELDOM_WITHHELD,)
    if known == "nothing":
        return BY_CLASS[known] + seldom
    return BY_CLASS[known] + seldom + EVERYWHERE + ALSO.get(kind, ())


def judged(goals: Iterable[Goal], found: Figures) -> Iterator[tuple[str, str, str, bool]]:
    """Yield every goal that could be judged: what, what is asked, what was measured, whether it is met."""
    for goal in goals:
        value = found.get(goal.figure)
        if value is not None:
            plants = found[goal.of] if goal.of else 0
            whole = f" ({tell(found.get(goal.beside), goal.form)} with chance)" if goal.beside else ""
            yield goal.name, goal.bounds(), goal.told(value, plants) + whole, goal.met(value, plants)
