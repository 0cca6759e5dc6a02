"""Lines that fit on a terminal, whatever the width of their characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.cli.output import wrap

TEXT = st.text("ab é 菜鸟 l’\u0301 阿里", max_size=60)


@given(
    text=TEXT,
    spans=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9))),
    width=st.integers(2, 30),
)
def test_lines_fit_and_lose_nothing(text: str, spans: list[tuple[int, int]], width: int) -> None:
    lit = sorted((start, start + length) for start, length in spans if start + length <= len(text))
    lines = list(wrap(text, lit, width))
    assert all(cell_len(line) <= width for line, _ in lines)
    assert "".join("".join(line.split()) for line, _ in lines) == "".join(text.split())
    shown = [
        character
        for line, places in lines
        for start, end in places
        for character in line[start:end]
        if not character.isspace()
    ]
    wanted = [c for start, end in lit for c in text[start:end] if not c.isspace()]
    assert sorted(shown) == sorted(wanted)


def test_words_stay_whole_where_they_can() -> None:
    def lines(text: str, width: int) -> list[str]:
        return [line for line, _ in wrap(text, (), width)]

    assert lines("une grève au port", 10) == ["une grève", "au port"]
    assert lines("antidisestablishment now", 8) == ["antidise", "stablish", "ment now"]
    assert lines("菜鸟网络在列日", 8) == ["菜鸟网络", "在列日"]
    assert lines("", 8) == []
    assert list(wrap("une grève au port", [(4, 12)], 10)) == [
        ("une grève", [(4, 9)]),
        ("au port", [(0, 2)]),
    ]
