"""A configuration in words: its content, and the changes of an edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from itertools import zip_longest
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from index.opensearch.address import ClusterAddress
from index.query.ast import And, AtLeast, Node, Not, Or, Score, children
from index.query.concepts import Definition
from index.query.parser import Query
from monitor.base import signs
from monitor.base.formatting import and_more, clauses, exact, feeds
from monitor.base.translation import gettext as _, mark_all, ngettext, pgettext
from monitor.config.kinds import shown_days
from monitor.model.config import BriefingSchedule, Channel, Config, SavedSearch
from monitor.model.event_link import why_no_vectors
from monitor.model.feed import Feed
from monitor.model.shown_names import briefing_name, severity_name
from monitor.model.watchlist import Watchlist, renamed_watchlists

SHOWN = 8
"""Names or terms that a line lists; further ones are counted."""
_NONE = "–"
"""Shown for a missing value."""
_KEYS = {"notify_backfill": "backfill", "spares": "except", "spare": "except",
         "nearby": "with", "excluded": "not"}  # fmt: skip
"""Words for fields that have other names in feeds.yaml."""


# --- values -------------------------------------------------------------------------


def _shown(value: object) -> str:
    """Return a value as people read it; numbers that are not whole are seconds."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return exact(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, tuple):
        return _listed(list(map(_shown, value)))
    if isinstance(value, Struct) and not isinstance(value, ClusterAddress):  # which has secrets
        return ", ".join(_settings(value)) or _NONE
    return _NONE if value in (None, "") else str(value)


def _listed(names: Sequence[str]) -> str:
    return and_more(", ".join(names[:SHOWN]), len(names) - SHOWN) or _NONE


def _settings(value: Struct, *names: str) -> Iterator[str]:
    """Yield the fields of a value that differ from the default, these or all: `lang fr, en`."""
    fields = value.__struct_fields__
    defaults = dict(zip(reversed(fields), reversed(value.__struct_defaults__), strict=False))
    for name in fields:
        setting = getattr(value, name)
        if setting != defaults.get(name) and name in (names or fields):
            text = shown_days(setting) if name == "days" else _shown(setting)
            yield f"{_KEYS.get(name, name)} {text}"


# --- its content --------------------------------------------------------------------


def as_text(config: Config) -> list[str]:
    """Return the feeds, watchlists and deliveries of a configuration, line by line."""
    tags = Counter(tag for feed in config.feeds for tag in feed.tags or (_("(no tag)"),))
    vectors = _("similar articles are found by what they are about")
    if reason := why_no_vectors(config.vectors):
        vectors = _(
            "similar articles are not found by what they are about: {reason}", reason=reason
        )
    return [
        _("{file} is valid.", file=config.path),
        "",
        feeds(len(config.feeds)),
        *_columns((tag, feeds(count)) for tag, count in sorted(tags.items())),
        "",
        ngettext("{count} watchlist", "{count} watchlists", len(config.watchlists)),
        *_columns(map(_watchlist_row, config.watchlists)),
        *_section(
            ngettext("{count} saved search", "{count} saved searches", len(config.searches)),
            ((search.name, search.query.text) for search in config.searches),
        ),
        *_section(
            ngettext("{count} channel", "{count} channels", len(config.channels)),
            map(_channel_row, config.channels),
        ),
        *_section(
            ngettext("{count} route", "{count} routes", len(config.routes)), _route_rows(config)
        ),
        *_section(
            ngettext("{count} briefing", "{count} briefings", len(config.briefings)),
            map(_briefing_row, config.briefings),
        ),
        "",
        clauses(
            [
                _("archive in {folder}", folder=config.cluster or config.data),
                *_settings(config.retention),
            ]
        ),
        vectors,
    ]


def _watchlist_row(watchlist: Watchlist) -> tuple[str, ...]:
    fields = ("lang", "feeds", "escalate", "cooldown", "notify_backfill", "unusual", "notify")
    parts = [watchlist.query.text, *_settings(watchlist, *fields)]
    if sentences := len(watchlist.match) + len(watchlist.no_match):
        parts.append(ngettext("{count} sentence as said", "{count} sentences as said", sentences))
    return severity_name(watchlist.severity), watchlist.name, clauses(parts)


def _channel_row(channel: Channel) -> tuple[str, ...]:
    label = channel.words
    if channel.secret:
        label = _("{address}, signed", address=label)
    return channel.name, str(channel.kind), clauses([label, *_settings(channel, "quiet", "digest")])


def _route_rows(config: Config) -> Iterator[tuple[str, ...]]:
    """Yield a row for each route, and one for alerts that match no route."""
    for route in config.routes:
        conditions = clauses(_settings(route, *route.__struct_fields__[1:]))
        yield ", ".join(route.to) or _("nobody"), conditions or pgettext("alerts", "all")
    default = _("every channel")
    if config.notify is not None:
        default = ", ".join(config.notify) or _("nobody")
    if config.routes:
        yield default, _("what no route is for")


def _briefing_row(briefing: BriefingSchedule) -> tuple[str, ...]:
    details = ", ".join(_settings(briefing, "at", "days", "watch", "since"))
    return briefing_name(briefing.name), ", ".join(briefing.to), details


def _section(heading: str, rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows in columns under a heading, nothing without rows."""
    lines = _columns(rows)
    return ["", heading, *lines] if lines else []


def _columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows as lines, all columns but the last one padded."""
    from rich.cells import cell_len, set_cell_size

    table = list(rows)
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)][:-1]
    return [
        "  "
        + "  ".join(
            cell if width is None else set_cell_size(cell, width)
            for cell, width in zip_longest(row, widths)
        )
        for row in table
    ]


# --- changes of an edit -------------------------------------------------------------

_Named: TypeAlias = Feed | Watchlist | Definition | SavedSearch | Channel | BriefingSchedule
_SECTIONS = dict(
    zip(
        ("feeds", "watchlists", "concepts", "searches", "channels", "briefings"),
        mark_all("subject", "feed", "watchlist", "concept", "search", "channel", "briefing"),
        strict=True,
    )
)
_DERIVED = ("name", "number", "settings", "excluded", "rule", "pages", "zone")
"""Fields that other parts of the file set, or that follow from the others."""
_HIDDEN = ("url", "request_options", "target", "words", "secret", "headers", "template",
           "match", "no_match")  # fmt: skip
"""Fields whose values are not shown after a change: they may be secret, or are long."""
_FILE = {
    "notify": "alerts.notify", "allow": "network.allow", "contact": "network.contact",
    "metrics": "network.metrics", "retention": "archive", "vectors": "archive.vectors",
    "zone": "zone", "pages": "api.url", "language": "language",
}  # fmt: skip
"""The keys of other fields of a configuration."""


def changes(before: Config, after: Config) -> list[str]:
    """Return a line for the additions of an edit, one for its removals, and one for each change.

    No line holds a secret: of a changed channel or request option only the fact is reported.
    """
    lines: list[str] = []
    for section, noun in _SECTIONS.items():
        old, new = getattr(before, section), getattr(after, section)
        if section == "watchlists":
            names = renamed_watchlists({w.name: w.rule for w in old}, {w.name: w.rule for w in new})
            old = [replace(item, name=names.get(item.name, item.name)) for item in old]
            lines += [
                _("watchlist renamed: {before} {sign} {after}",
                  before=old_name, sign=signs.BECOMES, after=new_name)
                for old_name, new_name in names.items()
            ]  # fmt: skip
        lines += _comparison(pgettext("subject", noun), old, new)
    if before.routes != after.routes:
        lines.append(_("routes changed"))
    for field, key in _FILE.items():
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            lines.append(f"{key}: {_shown(old)} {signs.BECOMES} {_shown(new)}")
    if (before.data, before.cluster) != (after.data, after.cluster):
        lines.append(_("data changed: the folder of the archive; restart the monitor to use it"))
    return lines


def _comparison(kind: str, old: Iterable[_Named], new: Iterable[_Named]) -> Iterator[str]:
    """Yield lines about values of a kind that were added, removed or changed, by name."""
    before, after = ({value.name: value for value in values} for values in (old, new))
    if added := [name for name in after if name not in before]:
        yield _("{kind} added: {names}", kind=kind, names=_listed(added))
    if removed := [name for name in before if name not in after]:
        yield _("{kind} removed: {names}", kind=kind, names=_listed(removed))
    for name in after:
        if name in before and (details := clauses(_differences(before[name], after[name]))):
            yield _("{kind} changed: {name}: {details}", kind=kind, name=name, details=details)


def _differences(old: Struct, new: Struct) -> Iterator[str]:
    """Yield the differences between two values, field by field."""
    for name in old.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if before == after or (name in _DERIVED and not isinstance(old, Definition)):
            continue
        if name in _HIDDEN:
            yield name
        elif isinstance(before, Query):
            yield from _changed_query(before, after)
        elif isinstance(before or after, tuple):
            yield from _changed_list(_KEYS.get(name, name), before or (), after or ())
        else:
            yield f"{_KEYS.get(name, name)} {_shown(before)} {signs.BECOMES} {_shown(after)}"


def _changed_query(old: Query, new: Query) -> Iterator[str]:
    before, after = list(_clauses(old.root)), list(_clauses(new.root))
    if set(before) != set(after):
        yield from _changed_list(_("terms"), before, after)
    elif old.root != new.root:
        yield _("now {query}", query=new.text)


def _clauses(node: Node, sign: str = "") -> Iterator[str]:
    """Yield the clauses of a query as written; an excluding clause begins with a hyphen."""
    if isinstance(node, Score):
        yield from (f"{child.text}: {weight:g}" for weight, child in node.weighted)
        yield f"threshold {node.threshold:g}"  # not a message
    elif isinstance(node, Not):
        yield from _clauses(node.child, "" if sign else "-")
    elif isinstance(node, And | Or | AtLeast):
        for child in children(node):
            yield from _clauses(child, sign)
    else:
        yield f"{sign}{node.text}"


def _changed_list(subject: str, old: Iterable[object], new: Iterable[object]) -> Iterator[str]:
    """Yield the items that were added and removed: `terms + AliExpress, - Temu`."""
    before, after = (dict.fromkeys(map(_shown, items)) for items in (old, new))
    added = [f"+ {item}" for item in after if item not in before]
    removed = [f"- {item}" for item in before if item not in after]
    if added or removed:
        yield f"{subject} {_listed([*added, *removed])}"
