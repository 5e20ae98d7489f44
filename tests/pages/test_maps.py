"""The map: every country has its place, and a locator map stays on it."""

import gzip
import re

import pytest

from icrtop.places.models import Country
from pages.maps import HEIGHT, SVG, WIDTH, Outline, contains, outlines, project, simplify, unroll

# Places that anyone can look up: longitude, latitude.
PLACES = {
    "SD": (32.5, 15.6),
    "CD": (23.0, -2.0),
    "SY": (37.2, 35.0),
    "MM": (96.1, 21.5),
    "CI": (-5.5, 7.5),
    "UA": (34.2, 45.2),  # Crimea
    "SO": (44.5, 9.8),  # Somaliland
    "CY": (33.3, 35.2),  # Nicosia
    "AR": (-64.0, -34.0),
    "NZ": (171.0, -43.5),
}


def rings(outline: Outline) -> list[list[tuple[int, int]]]:
    """The closed lines of a path that is written in steps."""
    found = []
    for part in outline.path.split("M")[1:]:
        numbers = [int(one) for one in re.findall(r"-?\d+", part)]
        points = [(numbers[0], numbers[1])]
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        found.append(points)
    return found


@pytest.mark.parametrize("code", PLACES)
def test_a_place_lies_in_its_country_and_in_no_other(code: str) -> None:
    point = project(*unroll([PLACES[code]])[0])
    there = {
        other
        for other, outline in outlines().items()
        if any(contains(ring, point) for ring in rings(outline))
    }
    assert there == {code}


@pytest.mark.django_db
def test_nearly_every_country_is_on_the_map() -> None:
    codes = set(Country.objects.values_list("code", flat=True))
    assert outlines().keys() <= codes
    assert codes - outlines().keys() <= {"TV"}


def test_marks_and_locator_maps_stay_on_the_map() -> None:
    for code, outline in outlines().items():
        assert 0 <= outline.x <= WIDTH, code
        assert 0 <= outline.y <= HEIGHT, code
        x, y, width, height = (float(one) for one in outline.view().split())
        assert x >= 0, code
        assert y >= 0, code
        assert x + width <= WIDTH + 1, code
        assert y + height <= HEIGHT + 1, code
        assert width >= 300, code


def test_simplifying_keeps_the_ends() -> None:
    line = [(0.0, 0.0), (10.0, 0.1), (20.0, 0.0), (30.0, 40.0), (40.0, 0.0)]
    assert simplify(line) == [(0, 0), (20, 0), (30, 40), (40, 0)]


def test_no_line_jumps_from_edge_to_edge() -> None:
    for code, outline in outlines().items():
        for ring in rings(outline):
            assert max(x for x, _y in ring) - min(x for x, _y in ring) < WIDTH / 2, code


def test_the_drawing_is_small_and_needs_nothing_else() -> None:
    svg = SVG.read_text()
    assert len(gzip.compress(svg.encode())) < 25_000
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "prefers-color-scheme:dark" in svg
