import pytest

from monitor.formatting import counted, iso, sparkline


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (counted(0, "article"), "0 articles"),
        (counted(1, "article"), "1 article"),
        (counted(2, "article"), "2 articles"),
        (counted(1, "entry", "entries"), "1 entry"),
        (counted(1_200, "entry", "entries"), "1,200 entries"),
        (counted(1, "delivery is", "deliveries are"), "1 delivery is"),
    ],
)
def test_one_is_said_in_the_singular(said: str, words: str) -> None:
    assert said == words


@pytest.mark.parametrize(
    ("counts", "width", "bars"),
    [([], 4, ""), ([0, 4, 8], 4, " ▄█"), ([1, 1, 1, 1, 8], 3, "▁▂█"), ([3], 1, "█")],
)
def test_a_sparkline_sums_what_it_has_no_room_for(counts: list[int], width: int, bars: str) -> None:
    assert sparkline(counts, width) == bars


def test_a_moment_that_no_calendar_holds_has_no_date() -> None:
    assert iso(0.0) == "1970-01-01T00:00:00Z"
    assert iso(None) is iso(1e20) is None
