"""Caches of texts are bounded, and can all be emptied at once."""

from __future__ import annotations

from index.analysis.text_cache import SLOT, TextCache, clear_all


def test_a_cache_that_is_emptied_holds_as_much_as_a_new_one() -> None:
    computed: list[str] = []
    cache = TextCache(lambda text: computed.append(text) or text, len, 5 * SLOT)  # type: ignore[func-returns-value]
    assert [cache[text] for text in ("a", "b", "a")] == ["a", "b", "a"]
    assert computed == ["a", "b"]
    clear_all()
    assert not cache
    assert [cache[text] for text in ("a", "b", "a", "b")] == ["a", "b", "a", "b"]
    assert computed == ["a", "b", "a", "b"]
