"""Tests that the colours of severities are legible on pages, and distinct for everybody."""

from __future__ import annotations

from itertools import combinations

import pytest
from support import ROOT
from support.colours import APART, SIGHT, colour_distance, contrast

from monitor.delivery.export.briefing import wrapped
from monitor.presentation.severity import SEVERITY_COLOURS, with_severities

PAGE = ROOT / "monitor/api/pages/templates/page.css"
GROUNDS = {"light": ("#ffffff", "#f3f5f7"), "dark": ("#14171a", "#1e2328")}
"""The background of the page, and of a box on it."""


@pytest.mark.parametrize("ground", GROUNDS)
def test_they_can_be_read_and_told_apart_on_pages(ground: str) -> None:
    colours = [getattr(severity_colour, ground) for severity_colour in SEVERITY_COLOURS.values()]
    for colour in colours:
        assert min(contrast(colour, background) for background in GROUNDS[ground]) >= 4.5, colour
    for vision in SIGHT.values():
        for first, second in combinations(colours, 2):
            assert colour_distance(first, second, vision) >= APART, (first, second)


def test_pages_and_mail_have_the_colours_of_the_table() -> None:
    for sheet in (with_severities(PAGE.read_text()), wrapped("", "")):
        for colours in SEVERITY_COLOURS.values():
            assert colours.light in sheet and colours.dark in sheet
        assert "$" not in sheet
