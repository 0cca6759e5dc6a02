"""The order of stories by a column."""

from __future__ import annotations

import pytest

from tui.data.story_list import StoryOrder, column_ranks


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("headline", ["zoo", "Écoles", "école", "avion"], [4, 3, 2, 1]),
        ("outlet", ["Le Soir", "afp", "Le Soir", "Été"], [2, 4, 3, 1]),
        ("others", [0, 12, 3, 12], [4, 2, 3, 1]),
        ("published", [None, 7.0, 9.5, None], [3, 2, 4, 1]),
    ],
)
def test_text_is_sorted_by_its_letters_and_numbers_from_the_largest(
    column: str, values: list[str | float | None], expected: list[int]
) -> None:
    """Of equal values the newest comes first."""
    rows = [(n, n, "low", value) for n, value in enumerate(values, 1)]
    order = StoryOrder([1, 2, 3, 4], ranks=column_ranks(column, rows))
    assert order.rows(0, 9) == expected
    assert [order.row(alert) for alert in order.rows(0, 9)] == [0, 1, 2, 3]


def test_a_story_is_sorted_by_the_watchlist_and_the_severity_of_its_gravest_alert() -> None:
    rows = [
        (1, 1, "low", "Aviation"),
        (2, 2, "low", "Banques"),
        (3, 1, "high", "Zeebruges"),
        (4, 1, "high", "Anvers"),
    ]
    by_watchlist, by_severity = column_ranks("watchlist", rows), column_ranks("signs", rows)
    assert by_watchlist[2] < by_watchlist[1] == by_watchlist[3] == by_watchlist[4]
    assert by_severity[1] == by_severity[3] < by_severity[2]
