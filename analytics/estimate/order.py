"""In which order units pass the stations of a line: as told, else from serials, else unknown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from analytics.estimate.plant import Plant

TOLD, SERIALS, UNKNOWN = "told", "serials", "unknown"
LEAST_SHARE = 0.1
"""A tenth of a station's units going somewhere next makes a link; rework is rarer."""


@dataclass(frozen=True, slots=True)
class LineOrder:
    """Neighbours of each station.

    Attributes:
        downstream: station code → codes of the stations right after it.
        upstream: station code → codes of the stations right before it.
        position: station code → place in its line, from 1.
        source: line code → how the order is known.
    """

    downstream: dict[int, list[int]]
    upstream: dict[int, list[int]]
    position: dict[int, int]
    source: dict[int, str]


def line_order(plant: Plant) -> LineOrder:
    """Find the order of every line's stations."""
    downstream: dict[int, list[int]] = {}
    position: dict[int, int] = {}
    source: dict[int, str] = {}
    for line, stations in plant.lines().items():
        rows = plant.stations.filter(pl.col("station").is_in(stations))
        if len(stations) > 1 and rows["next_station_id"].drop_nulls().len() > 0:
            told = _told_links(rows)
            source[line] = TOLD
            places = _places_from_links(stations, told, rows)
            passed = _links_from_serials(plant, stations)
            if rows["position"].null_count() == 0:
                ranked = {int(code): int(place) for code, place in places.items()}
                passed = _links_from_places(ranked) | passed
            last = max(places.values())
            holes = {code: links for code, links in passed.items() if places[code] < last}
            downstream |= holes | told
        elif len(stations) > 1 and rows["position"].null_count() == 0:
            places = dict(zip(rows["station"], rows["position"].rank("dense").cast(int), strict=True))
            source[line] = TOLD
            downstream |= _links_from_places(places)
        else:
            found = _places_from_serials(plant, stations)
            places = found or dict.fromkeys(stations, 1)
            source[line] = SERIALS if found else UNKNOWN
            if found:
                # A part that is built in ends there: its last station is followed by place.
                downstream |= _links_from_places(found) | _links_from_serials(plant, stations)
        position |= {int(code): int(place) for code, place in places.items()}
    upstream: dict[int, list[int]] = {}
    for code, following in downstream.items():
        for after in following:
            upstream.setdefault(after, []).append(code)
    return LineOrder(downstream, upstream, position, source)


def _told_links(rows: pl.DataFrame) -> dict[int, list[int]]:
    """Follow the told successors; naming one of several parallel stations names them all."""
    codes = dict(zip(rows["station_id"], rows["station"], strict=True))
    members: dict[str, list[int]] = {}
    for code, group in zip(rows["station"], rows["parallel_group"], strict=True):
        if group is not None:
            members.setdefault(group, []).append(code)
    group_of = dict(zip(rows["station"], rows["parallel_group"], strict=True))
    links: dict[int, list[int]] = {}
    for code, following in zip(rows["station"], rows["next_station_id"], strict=True):
        named = [codes[name] for name in _split(following) if name in codes]
        reached = {other for one in named for other in members.get(group_of[one] or "", [one])}
        if reached - {code}:
            links[code] = sorted(reached - {code})
    return links


def _split(names: str | None) -> list[str]:
    """A station may name several successors, separated by comma, semicolon or bar."""
    if not names:
        return []
    for mark in (";", "|"):
        names = names.replace(mark, ",")
    return [name.strip() for name in names.split(",") if name.strip()]


def _links_from_places(places: dict[int, int]) -> dict[int, list[int]]:
    by_place: dict[int, list[int]] = {}
    for code, place in places.items():
        by_place.setdefault(int(place), []).append(int(code))
    ordered = sorted(by_place)
    return {code: by_place[after] for place, after in pairwise(ordered) for code in by_place[place]}


def _places_from_links(
    stations: list[int], downstream: dict[int, list[int]], rows: pl.DataFrame
) -> dict[int, int]:
    """Longest path from a first station; told positions win where all are told."""
    if rows["position"].null_count() == 0:
        return dict(zip(rows["station"], rows["position"], strict=True))
    places = dict.fromkeys(stations, 1)
    for _ in stations:
        for code in stations:
            for after in downstream.get(code, []):
                if places[after] <= places[code] < len(stations):
                    places[after] = places[code] + 1
    return places


def _links_from_serials(plant: Plant, stations: list[int]) -> dict[int, list[int]]:
    """Follow the units: the stations at which they are seen next."""
    rows = np.isin(plant.station, stations) & (plant.serial >= 0)
    frame = (
        pl.DataFrame(
            {"serial": plant.serial[rows], "station": plant.station[rows], "end_us": plant.end_us[rows]}
        )
        .sort("serial", "end_us", "station")
        .with_columns(after=pl.col("station").shift(-1).over("serial"))
        .filter(pl.col("after").is_not_null() & (pl.col("after") != pl.col("station")))
    )
    counts = frame.group_by("station", "after").len()
    kept = counts.filter(pl.col("len") >= LEAST_SHARE * pl.col("len").sum().over("station"))
    # A link whose other way is busier leads back: rework, or stamps out of order.
    way = {(a, b): n for a, b, n in kept.iter_rows()}
    links: dict[int, list[int]] = {}
    for (code, after), n in sorted(way.items()):
        if n > way.get((after, code), 0):
            links.setdefault(int(code), []).append(int(after))
    return links


def _places_from_serials(plant: Plant, stations: list[int]) -> dict[int, int] | None:
    """Order stations by the mean place at which units complete there; None where serials don't tell."""
    if len(stations) < 2:
        return None
    rows = np.isin(plant.station, stations) & (plant.serial >= 0)
    if rows.sum() < 100:
        return None
    frame = pl.DataFrame(
        {"serial": plant.serial[rows], "station": plant.station[rows], "end_us": plant.end_us[rows]}
    )
    visits = frame.group_by("serial").len()
    if visits.filter(pl.col("len") >= 2).height < 0.5 * visits.height:
        return None
    ranked = frame.with_columns(
        place=(pl.col("end_us").rank("ordinal").over("serial")),
        visited=pl.len().over("serial"),
    )
    means = ranked.group_by("station").agg(pl.col("place").mean()).sort("place", "station")
    codes, places = means["station"].to_list(), means["place"].to_list()
    result, place, last = {}, 0, -10.0
    for code, mean in zip(codes, places, strict=True):
        # Stations reached at the same place share the work (parallel).
        if mean - last > 0.5:
            place += 1
            last = mean
        result[code] = place
    return result if place > 1 and len(result) == len(stations) else None
