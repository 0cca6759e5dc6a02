"""Tests that a batch of articles has the words of each article."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st
from support.difficult_texts import TEXTS

from index.analysis.term_positions import postings
from index.engine import article_terms
from index.engine.article_terms import ArticleTerms
from index.engine.list_encoder import DOC, TERM
from monitor.base.article import Article

ARTICLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS, TEXTS), max_size=5)


def articles_of(texts: Sequence[tuple[str, str, str, str]]) -> list[Article]:
    return [
        Article(
            id=id,
            feeds=(1,),
            url="",
            title=title,
            summary=summary,
            body=body,
            author=author,
            seen=1,
        )
        for id, (title, summary, body, author) in enumerate(texts, 1)
    ]


def decode(terms: ArticleTerms, articles: Sequence[Article]) -> list[dict[str, list[int]]]:
    keys, occurrences, lengths = terms.occurrences(articles)
    assert keys == sorted(keys)
    postings: list[dict[str, list[int]]] = [{} for _ in articles]
    for code in occurrences.tolist():
        doc = code >> DOC & 0xFFFF
        postings[doc].setdefault(keys[code >> TERM].decode(), []).append(code & (1 << DOC) - 1)
    assert lengths == [sum(map(len, term_codes.values())) for term_codes in postings]
    return postings


@given(batches=st.lists(ARTICLES, max_size=3), known_size=st.sampled_from([0, 1_000, 1 << 20]))
def test_a_batch_has_the_words_of_its_articles(
    batches: list[list[tuple[str, str, str, str]]], known_size: int
) -> None:
    terms = ArticleTerms()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(article_terms, "_TABLE_BYTES", known_size)
        for texts in [*batches, *batches]:
            articles = articles_of(texts)
            assert decode(terms, articles) == [postings(article) for article in articles]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 000 000 habitants, 1 000 et 12 000,5",
        "7\u00a0500 euros; v1 000; 1 000 000 000 000; x 000",
        "LE PORT DE LIÈGE EST FERMÉ 1 000 FOIS",
        "x" * 63 + " " + "x" * 64 + " " + "x" * 65 + " " + "x" * 65 + " " + "x" * 66 + "," + " y",
        f"plate-forme {'long-' * 40}1 000 l' État\nplate-\nforme",
        "\U0001f514 東京 el-\u0300 ﬁn",
    ],
)
def test_the_same_words_come_of_texts_that_are_rare(text: str) -> None:
    fields = (text, text.lower(), f"a {text}", text), (f"{text} 1", "2 000", text, "")
    articles = articles_of(fields)
    assert decode(ArticleTerms(), articles) == [postings(article) for article in articles]


def test_what_is_known_of_chunks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_terms, "_TABLE_BYTES", 2_000)
    terms = ArticleTerms()
    for number in range(20):
        articles = articles_of([(f"un port{number}", "une rade", f"quai{number} {number}", "Jean")])
        assert decode(terms, articles) == [postings(article) for article in articles]
        assert terms._table.bytes < 4_000


def test_texts_are_looked_at_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_terms, "_GROUP", 10)
    articles = articles_of([("un port", "2 000", "000 quais", "Jean") for _ in range(10)])
    assert decode(ArticleTerms(), articles) == [postings(article) for article in articles]
