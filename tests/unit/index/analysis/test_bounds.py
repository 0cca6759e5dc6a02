"""Tests that reading a text takes bounded time and memory, whatever strangers write."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from index.analysis.term_positions import Keys, postings, terms
from index.analysis.text_cache import LONGEST, TextCache
from index.analysis.text_features import shingles
from index.analysis.tokenizer import MAX_WORDS, tokenize, tokens_of
from monitor.base.article import Article


def article(body: str) -> Article:
    return Article(id=1, feeds=(1,), url="", title="", summary="", body=body, seen=0.0)


@given(
    st.lists(st.builds(str.__mul__, st.characters(), st.integers(0, 2 * LONGEST)), max_size=12),
    st.integers(0, 5_000),
)
def test_a_cache_forgets_before_it_holds_too_many_bytes(texts: list[str], max_bytes: int) -> None:
    cache = TextCache(lambda text: text * 2, len, max_bytes)
    for text in [*texts, *texts]:
        assert cache[text] == text * 2
        used_bytes = sum(len(key) + len(value) for key, value in cache.items())
        assert used_bytes <= max_bytes or len(cache) == 1
        assert all(len(key) <= LONGEST for key in cache)


@pytest.mark.parametrize("form", ["mot{}", "Mot{}", "mot-{}-clef"])
def test_a_cache_is_emptied_when_it_holds_about_the_bytes_that_it_may(form: str) -> None:
    max_bytes, added, keys = 2**20, 0, Keys(max_bytes=2**20)
    tokens_of.clear()
    keys[form.format("")]  # the expressions and tables are made once
    gc.collect()  # tuples that Python has in reserve would not be counted
    tracemalloc.start()
    try:
        while len(keys) > added:
            added = len(keys)
            used_bytes = tracemalloc.get_traced_memory()[0]
            keys[form.format(added)]
            tokens_of.clear()
    finally:
        tracemalloc.stop()
    assert 0.65 * max_bytes < used_bytes < 1.1 * max_bytes


def test_a_word_is_counted_once_with_whatever_signs_are_around_it() -> None:
    words = [f"Mot{chr(97 + i)}{chr(97 + j)}" for i in range(20) for j in range(20)]
    signs = ("{}", "{},", "{}.", "«{}»", "({}", "{}…")
    keys = Keys(max_bytes=2**20)
    for form in signs:
        postings(article(body=" ".join(map(form.format, words))), keys)
    assert {form.format(word) for form in signs if "(" not in form for word in words} <= set(keys)


def test_a_cache_of_chunks_is_freed_without_the_garbage_collector() -> None:
    keys = Keys()
    postings(article(body="un mot, l’été du Saint-Esprit et 1 000 autres"), keys)
    postings(article(body="UN MOT, L’ÉTÉ DU SAINT-ESPRIT"), keys)
    last = weakref.ref(keys)
    gc.disable()
    try:
        del keys
        assert last() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("read_text", [lambda text: postings(article(body=text)), shingles, terms])
def test_little_is_remembered_of_long_compounds(read_text: Callable[[str], object]) -> None:
    hostile = [f"b{number}-" * 8_000 for number in range(3)]
    read_text("one word")  # the expressions and tables are made once
    tracemalloc.start()
    try:
        for hostile_text in hostile:
            read_text(hostile_text)
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used_bytes < 2**20


def test_little_is_remembered_of_the_characters_of_every_script() -> None:
    shingles("", "one word")
    characters = "".join(map(chr, range(0xE000, 0x110000, 25)))  # four times as many as are kept
    tracemalloc.start()
    try:
        for first in range(0, len(characters), 20_000):
            shingles("", characters[first : first + 20_000])
        used_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used_bytes < 2 * 2**20


@pytest.mark.parametrize(
    ("filler", "words"),
    [("mot ", 1), ("阿", 1), ("plate-forme,", 2)],
)
def test_every_reader_stops_at_the_same_word(filler: str, words: int) -> None:
    short_text = filler * ((MAX_WORDS - 1) // words) + " alibaba"
    long_text = filler * (MAX_WORDS // words) + " alibaba"
    for text, is_found in ((short_text, True), (long_text, False)):
        assert ("alibaba" in postings(article(body=text))) is is_found
        assert (tokenize(text)[-1].term == "alibaba") is is_found
        assert (terms(text)[-1] == "alibaba") is is_found


def test_a_compound_of_many_words_is_searched_word_by_word() -> None:
    text = "-".join(f"w{number}" for number in range(1_000))
    positions = postings(article(body=text))
    assert [positions[f"w{number}"][0] for number in range(1_000)] == [
        positions["w0"][0] + 4 * number for number in range(1_000)
    ]
