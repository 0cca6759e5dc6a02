"""Checks of a `feeds.yaml` that can be read: sentences that fail, and warnings.

The tests of watchlists are the sentences under `match` and `no_match`. Reading does not run them.
`load_and_test` does: for `tocsin check`, before a monitor starts, and before an edit becomes
active.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from index.query.ast import Facet, Word, walk
from index.query.suggestions import Count, rule_remarks
from monitor.base.article import PARTS, Article
from monitor.base.errors import ConfigError
from monitor.base.formatting import either
from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _, ngettext
from monitor.base.url import numeric_host
from monitor.config.draft import unknown_selector, watched_feeds
from monitor.config.loading import read, understand
from monitor.config.yaml_nodes import decode, nearest_node, tree
from monitor.judgement.match.matcher import Explanation, explain
from monitor.model.address_policy import refusal
from monitor.model.config import Config
from monitor.model.feed import Feed
from monitor.model.watchlist import Watchlist

ANY_FEED = Feed(url="", name="")
"""The feed of a sentence when it does not matter which one carries it."""


def load_and_test(path: Path, *, data: Path | None = None) -> Config:
    """Read a `feeds.yaml` and run the tests of its watchlists; `data` overrides its data folder.

    Raises:
        ConfigError: The file has problems, or a test fails; each has its line and column.
    """
    return understand_and_test(read(path), path, data=data)


def understand_and_test(content: bytes, path: Path, *, data: Path | None = None) -> Config:
    """Return the configuration of this content, at this path, once its tests pass.

    Raises:
        ConfigError: The file has problems, or a test fails; each has its line and column.
    """
    config = understand(content, path, data=data)
    errors = [
        (("watchlists", number, key, item), reason)
        for number, watchlist in enumerate(config.watchlists)
        for key, item, reason in _failed_tests(watchlist, watched_feeds(watchlist, config.feeds))
    ]
    if errors:
        source = decode(content)[0]
        root = tree(source)[0]
        assert root is not None  # the file was understood
        problems = [source.problem(nearest_node(root, loc).start, reason) for loc, reason in errors]
        raise ConfigError(str(path), problems)
    return config


def _failed_tests(watchlist: Watchlist, feeds: Sequence[Feed]) -> Iterator[tuple[str, int, str]]:
    """Yield key, index and reason of the tests that fail; `feeds` are those that it watches.

    A sentence matches if it matches as any one part of an article of any of these feeds,
    in the language of that feed.
    """
    tests = (("match", watchlist.match), ("no_match", watchlist.no_match))
    for key, sentences in tests:
        for number, sentence in enumerate(sentences):
            explanation = _explanation(watchlist, sentence, feeds)
            if explanation.hit is None and key == "match":
                yield key, number, _("raises no alert: {reason}", reason=explanation.reason)
            elif explanation.hit is not None and key == "no_match":
                yield key, number, _("raises an alert: {reason}", reason=explanation.reason)


def _explanation(watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]) -> Explanation:
    """Return the explanation of the first match of a sentence; else that of the first article."""
    anywhere = replace(watchlist, lang=(), feeds=())
    explanations = (
        explain(anywhere, *case) for case in _articles_of(watchlist, line(sentence), feeds)
    )
    first = next(explanations)
    if first.hit is not None:
        return first
    return next((explanation for explanation in explanations if explanation.hit is not None), first)


def _articles_of(
    watchlist: Watchlist, sentence: str, feeds: Sequence[Feed]
) -> Iterator[tuple[Article, Feed]]:
    """Yield the articles that a sentence can stand for, as far as the query distinguishes them."""
    nodes = list(walk(watchlist.query.root))
    filters = [node for node in nodes if isinstance(node, Facet)]
    has_parts = any(isinstance(node, Word) and node.part for node in nodes)
    languages = [node.value for node in filters if node.name == "lang"]
    for feed in feeds if filters and feeds else (ANY_FEED,):
        for lang in (feed.lang,) if feed.lang else ("", *languages):
            for part in PARTS if has_parts else PARTS[:1]:
                yield _article(sentence, part, lang), feed


def _article(sentence: str, part: str, lang: str) -> Article:
    empty = Article(id=0, feeds=(), url="", title="", summary="", lang=lang, seen=0.0)
    return replace(empty, **{part: sentence})


# --- warnings ---------------------------------------------------------------------------

_SECRET = re.compile(r"auth|cookie|key|token|secret|session|signature|password", re.IGNORECASE)
"""Settings that may hold a secret."""


def warnings(config: Config, count: Count = lambda node: -1) -> list[str]:
    """Return the warnings about a configuration, in words."""
    messages = list(_feed_warnings(config))
    for watchlist in config.watchlists:
        remarks = rule_warnings(watchlist, config.feeds, count)
        messages += [f"{watchlist.name}: {remark}" for remark in remarks]
    return messages


def _feed_warnings(config: Config) -> Iterator[str]:
    if not config.feeds:
        yield _("there are no feeds: nothing is polled; `tocsin feeds add` subscribes to some")
    elif not any(feed.enabled for feed in config.feeds):
        yield _("every feed is disabled: nothing is polled")
    yield from _address_warnings(config)
    for feed in config.feeds:
        for setting in feed.settings:
            if setting.in_file and (setting.key == "proxy" or _SECRET.search(setting.key)):
                yield _(
                    "{feed}: {key} is a secret in feeds.yaml; `env:NAME` or `file:PATH` in its"
                    " place keeps it elsewhere",
                    feed=feed.name, key=setting.key,
                )  # fmt: skip


def _address_warnings(config: Config) -> Iterator[str]:
    """Yield the reason why hosts that are addresses are not connected to, once for each host."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for feed in config.feeds:
        hosts[urlsplit(feed.url).hostname or ""].append(feed.name)
    for host, names in hosts.items():
        address = numeric_host(host)
        if address and (reason := refusal(host, address, config.allow)):
            feeds = ngettext("{count} feed", "{count} feeds", len(names))
            yield f"{names[0] if len(names) == 1 else feeds}: {reason}"


def rule_warnings(
    watchlist: Watchlist, feeds: tuple[Feed, ...], count: Count = lambda node: -1
) -> Iterator[str]:
    """Yield the warnings about a watchlist, in words."""
    for written, _kind, remark in rule_remarks(watchlist.query.root, count):
        yield f"`{written}` {remark}"
    for facet in walk(watchlist.query.root):
        if isinstance(facet, Facet) and facet.name in ("feed", "tag"):
            selector = facet.value if facet.name == "feed" else f"tag:{facet.value}"
            if reason := unknown_selector(selector, feeds):
                yield _("{why}: `{filter}` holds for no article", why=reason, filter=facet.text)
    watched = watched_feeds(watchlist, feeds)
    if not any(feed.enabled for feed in watched):
        yield _("all its feeds are disabled: it can raise no alert")
    if watchlist.lang and all(feed.lang and feed.lang not in watchlist.lang for feed in watched):
        languages = either(watchlist.lang)
        yield _("no feed of it is in {languages}: it can raise no alert", languages=languages)
