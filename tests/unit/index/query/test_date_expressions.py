"""Moments as analysts write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from index.query.date_expressions import resolve_time

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2024, 3, 31, 12, 30, tzinfo=PARIS)  # the night before, clocks went forward


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2023", "2023-01-01T00:00+01:00", "2024-01-01T00:00+01:00"),
        ("2023-12", "2023-12-01T00:00+01:00", "2024-01-01T00:00+01:00"),
        ("2023-10-29", "2023-10-29T00:00+02:00", "2023-10-30T00:00+01:00"),
        ("2023-10-01T18:00", "2023-10-01T18:00+02:00", "2023-10-01T18:01+02:00"),
        ("2023-10-01T18:00:05Z", "2023-10-01T18:00:05+00:00", "2023-10-01T18:00:06+00:00"),
        ("today", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
        ("aujourd'hui", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
        ("Yesterday", "2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00"),
        ("hier", "2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00"),
        ("12h", "2024-03-30T23:30+01:00", "2024-03-31T12:30+02:00"),
        ("7d", "2024-03-24T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("2w", "2024-03-17T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("30m", "2024-03-31T12:00+02:00", "2024-03-31T12:30+02:00"),
        ("1mo", "2024-02-29T12:30+01:00", "2024-03-31T12:30+02:00"),
        ("1y", "2023-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("7j", "2024-03-24T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("2sem", "2024-03-17T11:30+01:00", "2024-03-31T12:30+02:00"),
        ("1mois", "2024-02-29T12:30+01:00", "2024-03-31T12:30+02:00"),
        ("1an", "2023-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("2ans", "2022-03-31T12:30+02:00", "2024-03-31T12:30+02:00"),
        ("Aujourd’hui", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"),
    ],
)
def test_moments(text, start, end):
    found = resolve_time(text, NOW.timestamp(), PARIS)
    assert [datetime.fromtimestamp(at, UTC) for at in found] == [
        datetime.fromisoformat(start),
        datetime.fromisoformat(end),
    ]


@pytest.mark.parametrize("text", ["", "soon", "2023-13", "2023-02-30", "99999y", "-3d", "0000"])
def test_no_moments(text):
    with pytest.raises(ValueError, match="write 2023"):
        resolve_time(text, NOW.timestamp(), PARIS)
