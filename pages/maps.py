"""The map of the world: where countries are on it, and how it is made.

The outlines are Natural Earth's, which are in the public domain, as packed by the npm package
`world-atlas` (2.0.2). To make the map again:

    npm pack world-atlas && tar xzf world-atlas-*.tgz
    python -m pages.maps package/countries-50m.json

This writes static/img/world.svg, which visitors load once for every map, and
pages/data/map.json, from which pages mark countries on it. It needs nothing but Python.

The map follows the United Nations where Natural Earth draws who holds the ground: Crimea is part of
Ukraine, Somaliland of Somalia, and the north of Cyprus of Cyprus.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DATA = HERE / "data" / "map.json"
SVG = HERE.parent / "static" / "img" / "world.svg"
COUNTRIES = HERE.parent / "icrtop" / "places" / "data" / "countries.csv"

WIDTH, HEIGHT = 4000, 1728
NORTH, SOUTH = 83.7, -56.0
MERIDIAN = 10.4  # In the middle, so that the map's edges run through the Bering Strait.
LEAST_AREA = 4.0  # Of the triangle that a point makes with its neighbours, in square units.
LEAST_ISLAND = 30.0  # Smaller ones are dropped, unless nothing larger is left of a country.
PARTS_OF = {"Somaliland": "Somalia", "N. Cyprus": "Cyprus"}
CRIMEA = (34.2, 45.2)

Point = tuple[int, int]
Line = list[Point]


@dataclass(frozen=True)
class Outline:
    """A country in the map's units: its middle, its box (x, y, width, height), its shape."""

    x: int
    y: int
    box: tuple[int, int, int, int]
    path: str

    def view(self, margin: float = 1.1, least: int = 460, ratio: float = 1.25) -> str:
        """The viewBox of a locator map: the country in the middle, with what lies around it.

        `least` is the least width in the map's units; `ratio` is width by height.
        """
        left, top, width, height = self.box
        wide = max(width * (1 + margin), height * (1 + margin) * ratio, least)
        wide = min(wide, HEIGHT * ratio)
        high = wide / ratio
        x = min(max(left + width / 2 - wide / 2, 0), WIDTH - wide)
        y = min(max(top + height / 2 - high / 2, 0), HEIGHT - high)
        return f"{x:.0f} {y:.0f} {wide:.0f} {high:.0f}"


@cache
def outlines() -> dict[str, Outline]:
    """Every country on the map by its ISO 3166-1 alpha-2 code."""
    return {
        code: Outline(x, y, tuple(box), path)
        for code, (x, y, box, path) in json.loads(DATA.read_text()).items()
    }


# From here on: how the map is made.


def project(longitude: float, latitude: float) -> tuple[float, float]:
    """Equal Earth (Šavrič, Patterson and Jenny, 2018), in the map's units.

    The longitude is counted from the map's middle, see `unroll`.
    """
    a1, a2, a3, a4, m = 1.340264, -0.081106, 0.000893, 0.003796, math.sqrt(3) / 2

    def raw(lon: float, lat: float) -> tuple[float, float]:
        t = math.asin(m * math.sin(math.radians(lat)))
        stretch = m * (a1 + 3 * a2 * t**2 + t**6 * (7 * a3 + 9 * a4 * t**2))
        x = math.radians(lon) * math.cos(t) / stretch
        return x, t * (a1 + a2 * t**2 + t**6 * (a3 + a4 * t**2))

    scale = WIDTH / (2 * raw(180, 0)[0])
    x, y = raw(longitude, latitude)
    return WIDTH / 2 + x * scale, (raw(0, NORTH)[1] - y) * scale


def unroll(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Count a line's longitudes from the map's middle, so that no step jumps from edge to edge."""
    line: list[tuple[float, float]] = []
    for longitude, latitude in points:
        east = (longitude - MERIDIAN + 180) % 360 - 180
        if line:
            east += 360 * round((line[-1][0] - east) / 360)
        line.append((east, latitude))
    return line


class Atlas:
    """A TopoJSON file of countries: arcs, each drawn once, and the countries that they bound."""

    def __init__(self, topology: dict[str, Any]) -> None:
        self.countries = topology["objects"]["countries"]["geometries"]
        (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
        self.degrees: list[list[tuple[float, float]]] = []
        for arc in topology["arcs"]:
            x = y = 0
            points = []
            for step_x, step_y in arc:
                x, y = x + step_x, y + step_y
                points.append((x * kx + dx, y * ky + dy))
            self.degrees.append(unroll(points))
        self.lines = [simplify([project(*point) for point in arc]) for arc in self.degrees]

    def ring(self, indexes: list[int]) -> Line:
        """A closed line of a country; its last point is its first."""
        points: Line = []
        for index in indexes:
            line = self.lines[index] if index >= 0 else self.lines[~index][::-1]
            points += line if not points else line[1:]
        return points

    def in_degrees(self, indexes: list[int]) -> list[tuple[float, float]]:
        return [
            point
            for index in indexes
            for point in (self.degrees[index] if index >= 0 else self.degrees[~index][::-1])
        ]

    def polygons(self) -> dict[str, list[list[list[int]]]]:
        """By name of the country: its polygons, of rings, of indexes of arcs."""
        found: dict[str, list[list[list[int]]]] = defaultdict(list)
        for country in self.countries:
            name = country["properties"]["name"]
            if name == "Antarctica":
                continue
            polygons = country["arcs"]
            found[PARTS_OF.get(name, name)] += (
                [polygons] if country["type"] == "Polygon" else polygons
            )
        for polygon in found["Russia"]:
            if contains(self.in_degrees(polygon[0]), unroll([CRIMEA])[0]):
                found["Russia"].remove(polygon)
                found["Ukraine"].append(polygon)
                break
        else:
            raise ValueError("Crimea was not found where Natural Earth draws it")
        return dict(found)


def simplify(points: list[tuple[float, float]]) -> Line:
    """Drop the points that matter least (Visvalingam and Whyatt, 1993); the ends stay."""
    kept = list(points)
    closed = points[0] == points[-1]
    least = 5 if closed else 2
    while len(kept) > least:
        areas = [abs(area([kept[i - 1], kept[i], kept[i + 1]])) for i in range(1, len(kept) - 1)]
        smallest = min(areas)
        if smallest >= LEAST_AREA:
            break
        del kept[areas.index(smallest) + 1]
    rounded = [(round(x), round(y)) for x, y in kept]
    return [p for i, p in enumerate(rounded) if i in (0, len(rounded) - 1) or p != rounded[i - 1]]


def area(points: list[tuple[float, float]] | Line) -> float:
    """The signed area within a line, closed or not."""
    following = [*points[1:], points[0]]
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(points, following, strict=True)) / 2


def contains(ring: list[tuple[float, float]] | Line, point: tuple[float, float]) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def middle(ring: Line) -> Point:
    """The point within a ring that is farthest from its line, to the nearest few units."""
    xs, ys = [x for x, _y in ring], [y for _x, y in ring]
    steps = 24
    grid = [
        (min(xs) + (max(xs) - min(xs)) * i / steps, min(ys) + (max(ys) - min(ys)) * j / steps)
        for i in range(1, steps)
        for j in range(1, steps)
    ]
    inside = [point for point in grid if contains(ring, point)]
    if not inside:
        return round(sum(xs) / len(xs)), round(sum(ys) / len(ys))
    x, y = max(inside, key=lambda point: min(distance(point, edge) for edge in edges(ring)))
    return round(x), round(y)


def edges(ring: Line) -> Iterator[tuple[Point, Point]]:
    yield from pairwise(ring)


def distance(point: tuple[float, float], edge: tuple[Point, Point]) -> float:
    (x, y), ((x1, y1), (x2, y2)) = point, edge
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    along = 0.0 if not length else ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length
    along = min(max(along, 0), 1)
    return math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def draw(line: Line, close: bool = False) -> str:
    """A line as part of an SVG path, in steps, which compress best."""
    (x, y), *rest = line[:-1] if close else line
    steps = []
    start = f"M{x} {y}"
    for next_x, next_y in rest:
        dx, dy = next_x - x, next_y - y
        steps.append(f"{dx}{'' if dy < 0 else ' '}{dy}")
        x, y = next_x, next_y
    text = ""
    for step in steps:
        text += step if not text or step.startswith("-") else f" {step}"
    return f"{start}l{text}{'z' if close else ''}" if steps else ""


def join(lines: list[Line]) -> list[Line]:
    """Put lines that meet at their ends together into closed ones."""
    ends: dict[Point, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        ends[line[0]].append(number)
        ends[line[-1]].append(number)
    used: set[int] = set()
    rings = []
    for number, line in enumerate(lines):
        if number in used:
            continue
        used.add(number)
        ring = list(line)
        while ring[0] != ring[-1]:
            follows = [other for other in ends[ring[-1]] if other not in used]
            if not follows:
                break
            used.add(follows[0])
            other = lines[follows[0]]
            ring += other[1:] if other[0] == ring[-1] else other[::-1][1:]
        rings.append(ring)
    return rings


def make(source: Path) -> None:
    atlas = Atlas(json.loads(source.read_text()))
    polygons = atlas.polygons()
    owners: dict[int, set[str]] = defaultdict(set)
    uses: dict[int, int] = defaultdict(int)
    shapes: dict[str, list[Line]] = {}
    for name, parts in polygons.items():
        outer = [(abs(area(atlas.ring(part[0]))), part) for part in parts]
        largest = max(size for size, _part in outer)
        shapes[name] = []
        for size, part in sorted(outer, key=lambda one: -one[0]):
            shared = any(uses[index if index >= 0 else ~index] for ring in part for index in ring)
            if size < min(LEAST_ISLAND, largest) and not shared:
                continue
            for ring in part:
                shapes[name].append(atlas.ring(ring))
                for index in ring:
                    owners[index if index >= 0 else ~index].add(name)
                    uses[index if index >= 0 else ~index] += 1
    coasts = [atlas.lines[index] for index, count in uses.items() if count == 1]
    borders = [atlas.lines[index] for index, names in owners.items() if len(names) > 1]
    land = "".join(draw(ring, close=True) for ring in join(coasts) if len(ring) > 3)
    lines = "".join(draw(line) for line in borders)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        "<style>path{fill:#dcd6c8;stroke:#fbfaf7;stroke-linejoin:round}"
        "path+path{fill:none}"
        "@media(prefers-color-scheme:dark){path{fill:#29405a;stroke:#0c1825}}</style>"
        f'<path fill-rule="evenodd" stroke-width="0" d="{land}"/><path d="{lines}"/></svg>\n'
    )
    SVG.write_text(svg)
    with COUNTRIES.open() as rows:
        codes = {row["numeric"]: row["code"] for row in csv.DictReader(rows)}
    numbers = {one["properties"]["name"]: one.get("id") for one in atlas.countries}
    places = {}
    for name, rings in sorted(shapes.items()):
        code = codes.get(numbers.get(name) or "")
        if not code:
            continue
        main = max(rings, key=lambda ring: abs(area(ring)))
        xs, ys = [x for x, _y in main], [y for _x, y in main]
        box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
        path = "".join(draw(ring, close=True) for ring in rings)
        places[code] = (*middle(main), box, path)
    DATA.parent.mkdir(exist_ok=True)
    rows_of_json = ",\n".join(
        f"{json.dumps(code)}: {json.dumps(place)}" for code, place in sorted(places.items())
    )
    DATA.write_text(f"{{\n{rows_of_json}\n}}\n")
    missing = sorted(set(codes.values()) - set(places))
    compressed = len(gzip.compress(svg.encode(), 9))
    sys.stdout.write(
        f"{SVG.name}: {len(svg)} bytes, {compressed} compressed; {len(places)} countries; "
        f"not on the map: {' '.join(missing)}\n"
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]))
