"""Tests of pages without a server: marked texts, addresses, foreign requests."""

from __future__ import annotations

import pytest
from hypothesis import example, given, strategies as st
from lxml import html

from monitor.api.listener import is_foreign
from monitor.api.pages.alerts import ListParameters
from monitor.api.pages.sessions import local_address
from monitor.api.pages.templating import address, drawn, lit, paragraphs, prose
from monitor.api.problems import is_page
from monitor.base.text_cleaning import clean


def shown_text(fragment: str) -> str:
    """Return the text that a browser shows."""
    return str(html.fragment_fromstring(f"<p>{fragment}</p>").text_content())


def test_matches_are_marked_and_the_rest_is_escaped() -> None:
    assert lit("a <b> & c", [(2, 5)]) == "a <mark>&lt;b&gt;</mark> &amp; c"


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 3), (1, 2)], "<mark>abc</mark>def"),
        ([(0, 3), (2, 5)], "<mark>abcde</mark>f"),
        ([(4, 99)], "abcd<mark>ef</mark>"),
        ([(9, 99), (3, 3)], "abcdef"),
    ],
)
def test_matches_that_overlap_or_end_too_late(spans: list[tuple[int, int]], expected: str) -> None:
    assert lit("abcdef", spans) == expected


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=5)


@given(TEXT, SPANS)
@example(" ", [])
def test_no_text_is_lost_and_none_becomes_an_element(
    text: str, spans: list[tuple[int, int]]
) -> None:
    markup = lit(text, spans)
    tree = html.fragment_fromstring(str(markup), create_parent="p")
    assert {element.tag for element in tree.iterdescendants()} <= {"mark"}
    if clean(text) == text:
        assert shown_text(str(markup)) == text


def test_each_line_is_a_paragraph_with_its_matches() -> None:
    assert paragraphs("one two\n\nthree", [(4, 7), (9, 14)]) == [
        "one <mark>two</mark>", "<mark>three</mark>",
    ]  # fmt: skip


def test_changes_have_signs_for_those_who_see_no_colours() -> None:
    markup = str(drawn([("a ", "plain"), ("[-<b>-]", "removed"), ("{+c+}", "added")]))
    assert shown_text(markup) == "a [-<b>-]{+c+}"
    assert "<del>" in markup and "<ins>" in markup


def test_what_is_typed_is_code() -> None:
    assert prose("run `tocsin <x>` or `y`") == (
        "Run <code>tocsin &lt;x&gt;</code> or <code>y</code>"
    )
    assert prose("<b>`") == "&lt;b&gt;<code></code>"


def test_links_of_a_list_keep_what_was_asked() -> None:
    parameters = ListParameters(watch=["A & B", "C"], state="all", limit=5)
    assert address("/alerts", parameters, after="a90") == (
        "/alerts?watch=A+%26+B&watch=C&state=all&limit=5&after=a90"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/alerts/a5?x=1", "/alerts/a5?x=1"), ("/", "/"), ("", "/"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("https://evil.example", "/"), ("/a\nb", "/"), ("/é", "/"),
    ],
)  # fmt: skip
def test_after_logging_in_one_stays_here(text: str, expected: str) -> None:
    assert local_address(text) == expected


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/", True), ("/alerts", True), ("/v1/alerts", False), ("/v1", False), ("/v1x", True),
        ("/openapi.json", False), ("/login", True),
    ],
)  # fmt: skip
def test_what_is_for_programs_is_no_page(path: str, page: bool) -> None:
    assert is_page(path) is page


HOST = {"host": "news.example"}
OURS, THEIRS = "https://news.example", "https://evil.example"
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("method", "headers", "page", "expected"),
    [
        ("GET", {}, True, False),  # a program
        ("GET", {"sec-fetch-site": "none", **LINK}, True, False),
        ("GET", {"sec-fetch-site": "cross-site", **LINK}, True, False),  # a link
        ("GET", {"sec-fetch-site": "cross-site", **LINK}, False, True),  # not to the API
        ("GET", {"sec-fetch-site": "cross-site", **LINK, "origin": THEIRS}, True, True),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True, True),
        ("GET", {"sec-fetch-site": "cross-site", **LINK, "sec-fetch-dest": "iframe"}, True, True),
        ("GET", {"origin": THEIRS}, True, True),
        ("POST", {}, True, True),
        ("POST", {}, False, False),  # a program
        ("POST", {"origin": OURS}, True, False),  # a browser without Sec-Fetch-Site
        ("POST", {"origin": "null"}, True, True),
        ("POST", {"origin": "null", "sec-fetch-site": "same-origin"}, True, False),
        ("POST", {"origin": OURS, "sec-fetch-site": "same-origin"}, True, False),
        ("POST", {"sec-fetch-site": "same-origin"}, True, True),
        ("POST", {"origin": "null", "sec-fetch-site": "cross-site", **LINK}, True, True),
        ("POST", {"origin": THEIRS, "sec-fetch-site": "same-origin"}, True, True),
        ("POST", {"origin": "null", "sec-fetch-site": "same-origin"}, False, True),
        ("DELETE", {"origin": THEIRS}, True, True),
    ],
)
def test_which_requests_come_from_elsewhere(
    method: str, headers: dict[str, str], page: bool, expected: bool
) -> None:
    assert is_foreign(method, HOST | headers, page=page) is expected
