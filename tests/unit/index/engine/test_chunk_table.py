"""Chunks that come again are analysed once, as long as the table knows them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from index.analysis.term_positions import Additions, additions
from index.engine.chunk_table import Chunks, ChunkTable
from index.engine.list_encoder import TERM


class Analysed(Counter[str]):
    """How often each chunk of several words was analysed."""

    def additions(self, chunk: str, _style: int) -> Additions:
        self[chunk] += 1
        return additions(chunk)


def added(table: ChunkTable, text: str) -> list[list[tuple[str, int]]]:
    """Return the keys that each chunk of a text adds, with their codes."""
    found = []
    numbers = table.numbers(Chunks.of([text]), np.array([0]))
    keys = table.numbers_of_keys.written
    for _words, first, count in table.entries(numbers).tolist():
        occurrences = table.added[first : first + count]
        found.append([(keys[one >> TERM], one & (1 << TERM) - 1) for one in occurrences])
    return found


def test_chunks_that_came_more_than_once_stay_known() -> None:
    analysed = Analysed()
    table = ChunkTable(analysed.additions, lambda word, term, style: [term], styles=1)
    text = "porte-parole le plate-forme"
    every = added(table, text)
    added(table, "porte-parole le")
    smaller = table.without_rare()
    assert smaller.bytes < table.bytes
    assert added(smaller, text) == every
    assert analysed == {"porte-parole": 1, "plate-forme": 2}


def test_chunks_that_did_not_come_again_since_are_forgotten() -> None:
    analysed = Analysed()
    table = ChunkTable(analysed.additions, lambda word, term, style: [term], styles=1)
    for text in ("porte-parole plate-forme porte-parole", "porte-parole plate-forme"):
        added(table, text)
    table = table.without_rare()
    added(table, "porte-parole")
    added(table.without_rare(), "porte-parole plate-forme")
    assert analysed == {"porte-parole": 1, "plate-forme": 2}
