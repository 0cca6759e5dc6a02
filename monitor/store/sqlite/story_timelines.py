"""Who published the story of an article and when, in its language and in others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from monitor.model.alert import Outlet, StoryTimeline
from monitor.store.sqlite.connection import ViewerConnection

_MEMBER = "(a.id IN ({0}) OR (a.story IN ({0}) AND a.story <> a.id))"
_OUTLETS = f"""
SELECT x.story, f.name, x.id, x.seen, x.published, x.lang, x.copied FROM (
    SELECT a.story, a.feed, a.id, a.seen, a.published, a.lang, a.copy_of IS NOT NULL AS copied
    FROM articles a WHERE {_MEMBER}
    UNION ALL
    SELECT a.story, c.feed, a.id, c.seen, NULL, a.lang, 1
    FROM articles a JOIN carriers c ON c.article = a.id WHERE {_MEMBER}
) x JOIN feeds f ON f.number = x.feed ORDER BY x.seen, x.id
"""
_LINKED = f"""
SELECT a.story, b.story FROM articles a JOIN crossings c ON c.later = a.id
JOIN articles b ON b.id = c.earlier WHERE {_MEMBER}
UNION
SELECT a.story, b.story FROM articles a JOIN crossings c ON c.earlier = a.id
JOIN articles b ON b.id = c.later WHERE {_MEMBER}
"""


def story_timelines(
    connection: ViewerConnection, articles: Collection[int]
) -> dict[int, StoryTimeline]:
    """Return the timeline of the story of each of these articles."""
    stories = dict(
        connection.in_chunks("SELECT a.id, a.story FROM articles a WHERE a.id IN ({0})", articles)
    )
    linked: dict[int, set[int]] = defaultdict(set)
    for story, other in connection.in_chunks(_LINKED, set(stories.values())):
        linked[story].add(other)
    others = {other for found in linked.values() for other in found}
    outlets = _outlets(connection, {*stories.values(), *others})
    return {
        article: StoryTimeline(
            outlets.get(story, ()),
            tuple(
                sorted(
                    (o for other in linked[story] for o in outlets.get(other, ())),
                    key=lambda outlet: (outlet.seen, outlet.article),
                )
            ),
        )
        for article, story in stories.items()
    }


def _outlets(
    connection: ViewerConnection, stories: Collection[int]
) -> Mapping[int, tuple[Outlet, ...]]:
    found: dict[int, dict[str, Outlet]] = defaultdict(dict)
    for story, name, article, seen, published, lang, copied in connection.in_chunks(
        _OUTLETS, stories
    ):
        outlets = found[story]
        first = next(iter(outlets.values()), None)
        outlet = Outlet(
            name=name,
            article=article,
            seen=seen,
            lag=seen - first.seen if first else 0.0,
            copied=bool(copied) and first is not None,
            published=published,
            lang=lang,
        )
        outlets.setdefault(name, outlet)
    return {story: tuple(outlets.values()) for story, outlets in found.items()}
