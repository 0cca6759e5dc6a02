"""Proposes the selectors of a page that lists articles, from a headline on it. Runs in `workers`.

The headline stands in an element of which the page has several alike: an item. Each element
around the headline is tried, by its tag and classes or by those of its parent; the best has the
most items with a headline and a link of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from monitor.base.text_cleaning import folded, line
from monitor.intake.parse.listing import items_of, select, text_of
from monitor.intake.parse.web_page import PAGE_CAP, tree
from monitor.model.feed import Selectors
from monitor.model.poll import Entry

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LEAST = 3
"""Items that make a list."""
_PURE = 0.8
"""Share of the items that stand alike, and of different headlines among them."""
_PARAGRAPH = 40
"""Characters of a summary."""
_DATE = re.compile(
    r"\d{1,2}(?:er)?[./ -](?:\d{1,2}|[a-zéû]{3,9}\.?)[./ -]\d{2,4}"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{4}-\d\d-\d\d|il y a \d|\d \w+ ago"
    r"|\b(?:hier|aujourd.hui|yesterday|today)\b"
)
_Score = tuple[bool, bool, int, bool, int]
_STABLE = re.compile(r"(?!css-|sc-|jsx-|js-|is-|has-)[a-zA-Z]+(?:[-_]{1,2}[a-zA-Z]+)*")
"""A class that a person chose: one with digits changes with the next version of the site."""
_MODIFIER = re.compile("--|first|last|odd|even|active|big|large|small|lead|featured")
"""Classes that only some of the items have."""
_OUTER = ("body", "html", "main")
_QUOTES = str.maketrans("’‘ʼ“”«»", '\'\'\'""""')


def propose(body: bytes, url: str, content_type: str, headline: str) -> Selectors | None:
    """Return the selectors of the list in which a headline stands; None if it is in no list."""
    root = tree(body[:PAGE_CAP], content_type)
    wanted = _comparable(headline)
    if root is None or not wanted:
        return None
    best: tuple[_Score, list[HtmlElement], Selectors] | None = None
    for node in _innermost(root, wanted):
        child = node
        for depth, item in enumerate((node, *node.iterancestors())):
            if item.tag in _OUTER:
                break
            inner, child = child, item
            for selector in (*_selectors_of(item), f"{item.tag}:has(> {inner.tag})"):
                proposal = _within(root, item, node, selector)
                found = list(items_of(root, url, proposal)) if proposal else ()
                if proposal is None or len(found) < LEAST:
                    continue
                is_named = selector.startswith(f"{item.tag}.")
                score = _score(found, item, wanted, 2 * is_named + depth)
                if score and (best is None or score > best[0]):
                    best = score, [element for element, _entry in found], proposal
    if best is None:
        return None
    _points, items, proposal = best
    return replace(proposal, date=_date_of(items), summary=_summary_of(items))


def _comparable(headline: str) -> str:
    """Return a headline folded, without double quotes and blanks before signs."""
    plain = line(folded(headline).translate(_QUOTES).replace('"', ""))
    return plain.replace(" ?", "?").replace(" !", "!").replace(" :", ":")


def _innermost(root: HtmlElement, wanted: str) -> list[HtmlElement]:
    """Return the elements that have a text, and no element in them that has it."""
    body = root.find("body")
    holders = [
        node
        for node in (body if body is not None else root).iter()
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "template")
        and wanted in _comparable(text_of(node))
    ]  # fmt: skip
    outer = {parent for node in holders for parent in node.iterancestors()}
    return [node for node in holders if node not in outer]


def _classes(node: HtmlElement) -> list[str]:
    """Return the classes by which an element may be selected, those of all its kind first."""
    names = [name for name in node.get("class", "").split() if _STABLE.fullmatch(name)]
    return sorted(names, key=lambda name: bool(_MODIFIER.search(name)))


def _selectors_of(node: HtmlElement) -> Iterator[str]:
    """Yield selectors of an element and those alike, the most telling first."""
    own = [*(f"{node.tag}.{name}" for name in _classes(node)), str(node.tag)]
    yield from own[:-1]
    ancestors = [parent for parent in node.iterancestors() if parent.tag not in ("html", "body")]
    for parent in ancestors[:3]:
        joint = " > " if parent is ancestors[0] else " "
        yield from (f"{parent.tag}.{name}{joint}{own[0]}" for name in _classes(parent))
        if _STABLE.fullmatch(parent.get("id", "")):
            yield f"#{parent.get('id')}{joint}{own[0]}"
    if ancestors and ancestors[0].tag != "div":
        yield f"{ancestors[0].tag} > {node.tag}"
    yield str(node.tag)


def _within(
    root: HtmlElement, item: HtmlElement, headline: HtmlElement, selector: str
) -> Selectors | None:
    """Return a selector of items with those of the parts of this item; None if it is no list."""
    items = select(root, selector)
    if len(items) < LEAST or item not in items:
        return None
    title, node = "", headline
    while node is not item and not title:
        title = next(_sharing(items, item, node), "")
        node = node.getparent()
    link = ""
    if item.tag != "a":
        own = next((n for n in (headline, *headline.iterancestors()) if n.tag == "a"), None)
        links = select(item, "a[href]")
        if own is None and title:
            own = next(iter(headline.xpath("descendant::a[@href]")), None)
        if own is not None and links and own is not links[0] and own in links:
            address = own.get("href")
            if links[0].get("href") != address:
                link = next(_sharing(items, item, own), "") or (f"{title} a" if title else "")
    return Selectors(item=selector, title=title, link=link)


def _sharing(items: Sequence[HtmlElement], item: HtmlElement, node: HtmlElement) -> Iterator[str]:
    """Yield selectors within items that find an element first in its own, and one in most."""
    for selector in (*(f"{node.tag}.{name}" for name in _classes(node)), str(node.tag)):
        found = select(item, selector)
        if found and found[0] is node and _share(items, selector) > 0.5:
            yield selector


def _share(items: Sequence[HtmlElement], selector: str) -> float:
    return sum(bool(select(item, selector)) for item in items) / len(items)


def _date_of(items: Sequence[HtmlElement]) -> str:
    """Return the selector of the dates of most items; empty for `time`, or for none."""
    if _share(items, "time") > 0.5:
        return ""
    counts: Counter[str] = Counter()
    for item in items[:10]:
        dated = [n for n in item.iterdescendants() if _DATE.search(text_of(n)[:120])]
        inner = [n for n in dated if not any(child in dated for child in n.iterdescendants())]
        for node in inner[:1]:
            names = (*(f"{node.tag}.{name}" for name in _classes(node)), str(node.tag))
            place = f"{names[0]}:nth-child({1 + len(list(node.itersiblings(preceding=True)))})"
            counts.update(name for name in (*names, place) if select(item, name)[0] is node)
    return _most(counts, items)


def _summary_of(items: Sequence[HtmlElement]) -> str:
    """Return the selector of the first paragraph of most items; empty if they have none."""
    counts: Counter[str] = Counter()
    for item in items[:10]:
        texts = [node for node in select(item, "p") if len(text_of(node)) >= _PARAGRAPH]
        names = [*(f"p.{name}" for name in _classes(texts[0])), "p"] if texts else []
        counts.update(name for name in names if select(item, name)[0] is texts[0])
    return _most(counts, items)


def _most(counts: Counter[str], items: Sequence[HtmlElement]) -> str:
    """Return the selector that suits most of the first items; of equal ones, that of a class."""
    best = max(counts, key=lambda n: (counts[n], "nth" not in n, "." in n), default="")
    return best if 2 * counts[best] > len(items[:10]) else ""


def _score(
    found: Sequence[tuple[HtmlElement, Entry]], item: HtmlElement, wanted: str, size: int
) -> _Score | None:
    """Return how good selectors are, the most important first; None if they miss the headline."""
    titles = [_comparable(entry.title) for _element, entry in found]
    if not any(wanted in title for title in titles):
        return None
    place = _place(item)
    alike = [
        element
        for element, _entry in found
        if _place(element) == place and (item.tag != "a" or _classes(element) == _classes(item))
    ]
    dated = sum(bool(select(e, "time") or _DATE.search(text_of(e))) for e in alike)
    is_pure = len(alike) >= _PURE * len(found) and len(set(titles)) >= _PURE * len(titles)
    return wanted in titles, is_pure, len(alike), 2 * dated > len(alike), size


def _place(node: HtmlElement) -> tuple[str, ...]:
    """Return the elements around an element, by tags and classes: those alike have the same."""
    return tuple(
        ".".join((parent.tag, *(c for c in _classes(parent) if not _MODIFIER.search(c))))
        for parent in node.iterancestors()
    )
