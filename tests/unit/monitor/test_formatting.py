import pytest

from monitor.formatting import counted


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
