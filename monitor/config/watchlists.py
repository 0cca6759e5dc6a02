"""Watchlists, from their schema: queries, selectors, channels, names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from index.errors import QueryError
from index.query.ast import Not
from index.query.filters import selects
from index.query.parser import Query, any_of, combine, none_of, parse_query, score
from monitor.base.formatting import clauses
from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.config import value_parsers
from monitor.config.schema import EscalateShape, WatchlistShape
from monitor.config.validation import ConfigDraft, nearest, unknown_channel
from monitor.config.yaml_nodes import Loc, MappingNode, Node, SequenceNode
from monitor.judgement.match.rule_version import rule_version
from monitor.model.config import Escalate, Watchlist
from monitor.model.feed import Feed


def watchlist_query(draft: ConfigDraft, loc: Loc, shape: WatchlistShape) -> Query | None:
    """Return the query of a watchlist; None, with problems added, if it is not valid."""
    positive = _positive_query(draft, loc, shape)
    if not shape.not_:
        return positive
    place = (*loc, "not")
    refused = partial(none_of, shape.not_)
    negative = _built(draft, place, refused, enumerate(shape.not_), alone=none_of)
    if positive is None or negative is None:
        return None
    refusal = Query(negative.text, Not(negative.root, text=negative.text))
    both = _built(draft, place, partial(combine, positive, refusal))
    return both and replace(both, text=f"({positive.text}) NOT ({negative.text})")  # not a message


def _positive_query(draft: ConfigDraft, loc: Loc, shape: WatchlistShape) -> Query | None:
    """Return the query of `terms`, `query` or `score`, without `not`."""
    if shape.query:
        parsed = partial(parse_query, shape.query, allow_archive_filters=False)
        return _built(draft, (*loc, "query"), parsed, within=True)
    if shape.terms:
        terms = partial(any_of, shape.terms)
        return _built(draft, (*loc, "terms"), terms, enumerate(shape.terms))
    if shape.score and shape.threshold is not None:
        weighed = partial(score, shape.score, shape.threshold)
        keys = ((term, term) for term in shape.score)
        return _built(draft, (*loc, "score"), weighed, keys, keys=True)
    return None


def _built(
    draft: ConfigDraft,
    loc: Loc,
    make: Callable[[], Query],
    terms: Iterable[tuple[int | str, str]] = (),
    *,
    within: bool = False,
    keys: bool = False,
    alone: Callable[[Iterable[str]], Query] = any_of,
) -> Query | None:
    """Return the query that `make` makes of a value; None, its mistakes noted, if it cannot.

    They are those of its `terms` (each with its place in the value, made `alone`), or else that
    of the whole, at the character that the error names if it is `within` the value.
    """
    try:
        return make()
    except QueryError as error:
        mistaken = False
        for step, term in terms:
            if wrong := _query_problem(term, alone):
                mistaken = True
                place = (*loc, step)
                draft.add_problem(place, _words(wrong), position=wrong.position, key=keys)
        if not mistaken:
            draft.add_problem(loc, _words(error), position=error.position if within else None)
        return None


def _query_problem(term: str, alone: Callable[[Iterable[str]], Query]) -> QueryError | None:
    try:
        alone([term])
    except QueryError as error:
        return error
    return None


def _words(error: QueryError) -> str:
    return clauses(filter(None, (error.message, error.hint)))


QUERY_KEYS = ("terms", "query", "score")
"""The keys that say what to watch for; a watchlist has one of them."""
NOTHING = mark("nothing to watch for; give it `terms`, a `query` or a `score`")


def watchlists(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> dict[int, Watchlist]:
    """Return the watchlists of a draft by their number; problems are added to the draft."""
    _validate_one_query(draft)
    watchlists = {
        number: watchlist
        for number, shape in enumerate(draft.shape.watchlists)
        if (watchlist := _watchlist(draft, number, shape))
    }
    _validate_unique_names(draft, watchlists)
    _validate_selectors(draft, feeds)
    _validate_channels(draft, [shape.name for shape in draft.shape.channels])
    return watchlists


def title(shape: WatchlistShape) -> str:
    """Return the name of a watchlist, its term when it has no other; empty when it has none."""
    return shape.name or (on_one_line(shape.terms[0]) if len(shape.terms) == 1 else "")


def _watchlist(draft: ConfigDraft, number: int, shape: WatchlistShape) -> Watchlist | None:
    parsed = watchlist_query(draft, ("watchlists", number), shape)
    if parsed is None:
        return None
    common = draft.shape.alerts
    cooldown = shape.cooldown if shape.cooldown is not None else common.cooldown
    unusual = shape.unusual if shape.unusual is not None else common.unusual
    return Watchlist(
        name=title(shape),
        query=parsed,
        severity=shape.severity,
        lang=shape.lang,
        feeds=shape.feeds,
        match=shape.match,
        no_match=shape.no_match,
        escalate=escalate(shape.escalate, common.escalate),
        cooldown=cooldown or 0.0,
        notify_backfill=(shape.backfill or common.backfill) == "notify",
        unusual=unusual is not False,
        notify=shape.notify,
        excluded=shape.not_,
        rule=rule_version(parsed.root, shape.lang, shape.feeds),
    )


def escalate(*shapes: EscalateShape | None) -> Escalate:
    """Return when alerts are escalated: of each key, the first of these mappings that sets it."""
    usual = Escalate()
    mappings = [shape.model_dump(exclude_none=True) for shape in shapes if shape]
    values = {key: value for shape in reversed(mappings) for key, value in shape.items()}
    outlets = values.get("outlets", usual.outlets)
    return Escalate(
        outlets=outlets or None,
        languages=values.get("languages", usual.languages),
        to=values.get("to"),
    )


# --- which keys go together --------------------------------------------------------


def _validate_one_query(draft: ConfigDraft) -> None:
    """Report watchlists with none or two of `QUERY_KEYS`, a lone threshold, or no name."""
    for node in _nodes(draft.written):
        if isinstance(node, MappingNode):
            problems = _query_keys(node)
            draft.problems.extend(draft.source.problem(start, words) for start, words in problems)


def _query_keys(table: MappingNode) -> Iterator[tuple[int, str]]:
    """Yield the keys of a watchlist that do not go together, with the reason."""
    keys = [pair.key for pair in table.pairs]
    names = [key.text for key in keys]
    ways = [key for key in keys if key.text in QUERY_KEYS]
    if not ways and not any(nearest(name, QUERY_KEYS) for name in names):
        yield table.start, _(NOTHING)
    for key in ways[1:]:
        yield (
            key.start,
            _("`{key}` beside `{other}`; one of them is enough", key=key.text, other=ways[0].text),
        )
    if "score" in names and "threshold" not in names:
        yield keys[names.index("score")].start, _("a `score` needs a `threshold`")
    if "threshold" in names and "score" not in names:
        yield keys[names.index("threshold")].start, _("a `threshold` needs a `score`")
    terms = table.get("terms")
    several = terms and isinstance(terms.value, SequenceNode) and len(terms.value.nodes) > 1
    if "name" not in names and (several or (ways and terms is None)):
        yield table.start, _("a watchlist of more than one term needs a `name`")


# --- what they share, and what they name ---------------------------------------------


def _validate_unique_names(draft: ConfigDraft, watchlists: dict[int, Watchlist]) -> None:
    first: dict[str, int] = {}
    for number, watchlist in watchlists.items():
        earlier = first.setdefault(watchlist.name.casefold(), number)
        if earlier != number and watchlist.name:
            line = draft.line(("watchlists", earlier))
            message = _(
                "a watchlist is called `{name}` already, on line {line}",
                name=watchlist.name, line=line,
            )  # fmt: skip
            draft.add_problem(("watchlists", number, "name"), message)


def _validate_selectors(draft: ConfigDraft, feeds: tuple[Feed, ...]) -> None:
    """Report selectors that select no feed."""
    for number, shape in enumerate(draft.shape.watchlists):
        for item, selector in enumerate(shape.feeds):
            if words := unknown_selector(selector, feeds):
                draft.add_problem(("watchlists", number, "feeds", item), words)


def _validate_channels(draft: ConfigDraft, channels: Sequence[str]) -> None:
    """Report channels that `channels:` does not have; the message names those it has."""
    named: list[tuple[Loc, tuple[str, ...] | None]] = [
        (("alerts", "notify"), draft.shape.alerts.notify)
    ]
    named += [
        (("watchlists", number, "notify"), shape.notify)
        for number, shape in enumerate(draft.shape.watchlists)
    ]
    for place, names in named:
        for item, name in enumerate(names or ()):
            if words := unknown_channel(name, channels):
                draft.add_problem((*place, item), words)


def unknown_selector(selector: str, feeds: tuple[Feed, ...], otherwise: str = "") -> str:
    """Return that a selector (`tag:NAME`, a name, a host) selects no feed; empty if it does.

    Args:
        selector: The selector.
        feeds: The feeds there are.
        otherwise: What is said where no name is near.
    """
    if any(selects_feed(selector, feed) for feed in feeds):
        return ""
    tags = sorted({tag for feed in feeds for tag in feed.tags})
    if selector.startswith("tag:"):
        name = selector.removeprefix("tag:")
        return _("no feed has the tag `{name}`", name=name) + (nearest(name, tags) or otherwise)
    names = [feed.name for feed in feeds]
    near = nearest(selector, [*names, *map("tag:{}".format, tags)])
    return _("no feed is called `{name}`", name=selector) + (near or otherwise)


def selects_feed(selector: str, feed: Feed) -> bool:
    """Return whether a selector selects a feed."""
    return selects(selector, feed.name, value_parsers.host(feed.url), feed.tags)


def watched_feeds(watchlist: Watchlist, feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
    """Return the feeds that a watchlist watches."""
    if not watchlist.feeds:
        return feeds
    return tuple(
        feed for feed in feeds if any(selects_feed(selector, feed) for selector in watchlist.feeds)
    )


def _nodes(table: MappingNode) -> tuple[Node, ...]:
    listed = table.get("watchlists")
    return listed.value.nodes if listed and isinstance(listed.value, SequenceNode) else ()
