"""Watchlists, from their keys: queries, selectors, channels, names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from index.errors import QueryError
from index.query.ast import Not
from index.query.concepts import Concepts, defined
from index.query.parser import Query, any_of, combine, none_of, score
from monitor.base.translation import gettext as _
from monitor.config.draft import ConfigDraft, repeated, unknown_channel, unknown_selector
from monitor.config.keys import AlertsKeys, EscalateKeys, WatchlistKeys
from monitor.config.tables import query_problem
from monitor.config.yaml_nodes import Loc
from monitor.judgement.rule_version import rule_version
from monitor.model.feed import Feed
from monitor.model.watchlist import Escalate, Watchlist


def watchlists(
    draft: ConfigDraft, feeds: tuple[Feed, ...], concepts: Concepts
) -> tuple[Watchlist, ...]:
    """Return the watchlists of a draft; problems are added to the draft."""
    parsed = [
        _watchlist(draft, number, keys, concepts)
        for number, keys in enumerate(draft.file.watchlists)
    ]
    for number, earlier in repeated(entry.name.casefold() if entry else "" for entry in parsed):
        message = _(
            "a watchlist is called `{name}` already, on line {line}",
            name=draft.file.watchlists[number].title, line=draft.line(("watchlists", earlier)),
        )  # fmt: skip
        draft.add_problem(("watchlists", number, "name"), message)
    channels = [channel.name for channel in draft.file.channels]
    notify_lists: list[tuple[Loc, Sequence[str] | None]] = [(("alerts",), draft.file.alerts.notify)]
    for number, keys in enumerate(draft.file.watchlists):
        loc = ("watchlists", number)
        notify_lists.append((loc, keys.notify))
        for item, selector in enumerate(keys.feeds):
            if message := unknown_selector(selector, feeds):
                draft.add_problem((*loc, "feeds", item), message)
    for place, names in notify_lists:
        for item, name in enumerate(names or ()):
            if message := unknown_channel(name, channels):
                draft.add_problem((*place, "notify", item), message)
    return tuple(watchlist for watchlist in parsed if watchlist)


def _watchlist(
    draft: ConfigDraft, number: int, keys: WatchlistKeys, concepts: Concepts
) -> Watchlist | None:
    query = watchlist_query(draft, ("watchlists", number), keys, concepts)
    if query is None:
        return None
    common = draft.file.alerts
    cooldown = keys.cooldown if keys.cooldown is not None else common.cooldown
    unusual = keys.unusual if keys.unusual is not None else common.unusual
    return Watchlist(
        name=keys.title,
        query=query,
        severity=keys.severity,
        lang=keys.lang,
        feeds=keys.feeds,
        match=keys.match,
        no_match=keys.no_match,
        escalate=escalate(keys, common),
        cooldown=cooldown or 0.0,
        notify_backfill=(keys.backfill or common.backfill) == "notify",
        unusual=unusual is not False,
        notify=keys.notify,
        excluded=keys.not_,
        rule=rule_version(query.root, keys.lang, keys.feeds),
    )


def escalate(specific: AlertsKeys, common: AlertsKeys) -> Escalate:
    """Return the conditions of escalation: of each key the specific value, else the common one."""
    defaults = Escalate()
    mappings = [keys.escalate or EscalateKeys() for keys in (specific, common)]
    outlets = next((m.outlets for m in mappings if m.outlets is not None), defaults.outlets)
    languages = next((m.languages for m in mappings if m.languages is not None), defaults.languages)
    to = next((m.to for m in mappings if m.to is not None), None)
    return Escalate(outlets=outlets or None, languages=languages, to=to)


# --- queries ------------------------------------------------------------------------


def watchlist_query(
    draft: ConfigDraft, loc: Loc, keys: WatchlistKeys, concepts: Concepts
) -> Query | None:
    """Return the query of a watchlist; None, with problems added, if it is not valid."""
    positive = _positive_query(draft, loc, keys, concepts)
    if not keys.not_:
        return positive
    place = (*loc, "not")

    def exclude(terms: Iterable[str]) -> Query:
        return defined(none_of(terms), concepts)

    exclusions = partial(exclude, keys.not_)
    negative = _build(draft, place, exclusions, enumerate(keys.not_), exclude)
    if positive is None or negative is None:
        return None
    refusal = Query(negative.text, Not(negative.root, text=negative.text))
    full = _build(draft, place, partial(combine, positive, refusal), (), exclude)
    return full and replace(full, text=f"({positive.text}) NOT ({negative.text})")  # not a message


def _positive_query(
    draft: ConfigDraft, loc: Loc, keys: WatchlistKeys, concepts: Concepts
) -> Query | None:
    """Return the query of `terms`, `query` or `score`, without `not`."""

    def any_term(terms: Iterable[str]) -> Query:
        return defined(any_of(terms), concepts)

    def weigh(weights: Mapping[str, float], threshold: float) -> Query:
        return defined(score(weights, threshold), concepts)

    if keys.query:
        return _build(draft, (*loc, "query"), partial(defined, keys.query, concepts), (), any_term)
    if keys.terms:
        terms = partial(any_term, keys.terms)
        return _build(draft, (*loc, "terms"), terms, enumerate(keys.terms), any_term)
    if keys.score and keys.threshold is not None:
        make_score = partial(weigh, keys.score, keys.threshold)
        score_terms = ((term, term) for term in keys.score)
        return _build(draft, (*loc, "score"), make_score, score_terms, any_term, are_keys=True)
    return None


def _build(
    draft: ConfigDraft,
    loc: Loc,
    make: Callable[[], Query],
    terms: Iterable[tuple[int | str, str]],
    alone: Callable[[Iterable[str]], Query],
    *,
    are_keys: bool = False,
) -> Query | None:
    """Return the query that `make` makes of a value; None, with problems added, if it cannot.

    The problems are those of its `terms`, each with its place in the value and made `alone`, or
    else that of the whole.
    """
    try:
        return make()
    except QueryError as error:
        mistakes = [(step, mistake) for step, term in terms if (mistake := _mistake(term, alone))]
        for step, mistake in mistakes:
            draft.add_problem(
                (*loc, step), query_problem(mistake), position=mistake.position, key=are_keys
            )
        if not mistakes:
            draft.add_problem(loc, query_problem(error), position=error.position)
        return None


def _mistake(term: str, alone: Callable[[Iterable[str]], Query]) -> QueryError | None:
    try:
        alone([term])
    except QueryError as error:
        return error
    return None
