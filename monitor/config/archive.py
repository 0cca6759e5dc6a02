"""From the shape of the archive to what it keeps; what it may not say."""

from __future__ import annotations

from collections.abc import Collection

from monitor.config.draft import Draft
from monitor.config.fitting import nearest
from monitor.config.marks import Table
from monitor.config.watchlists import stranger
from monitor.model import Feed, Retention, Watchlist


def retention(
    draft: Draft, feeds: tuple[Feed, ...], watchlists: Collection[Watchlist]
) -> Retention:
    """Return what is kept and how long, noting what makes no sense."""
    shape = draft.shape.archive
    pair = draft.written.get("archive")
    says_how_long = pair and isinstance(pair.value, Table) and pair.value.get("keep")
    if not says_how_long and (shape.except_ or shape.drop_alerts):
        draft.object_to(("archive",), "without `keep` nothing is ever dropped; say how long")
    if shape.drop_alerts and "has:alert" in shape.except_:
        draft.object_to(("archive", "drop_alerts"), "`except` keeps what `drop_alerts` drops")
    names = [watchlist.name for watchlist in watchlists]
    for place, selector in enumerate(shape.except_):
        if words := _stranger(selector, feeds, names):
            draft.object_to(("archive", "except", place), words)
    return Retention(keep=shape.keep, spare=shape.except_, drop_alerts=shape.drop_alerts)


def _stranger(selector: str, feeds: tuple[Feed, ...], watchlists: list[str]) -> str:
    """Return why a selector selects nothing, empty if it selects something."""
    kind, _, name = selector.partition(":")
    if kind == "watch" and name not in watchlists:
        return f"no watchlist is called `{name}`{nearest(name, watchlists)}"
    if kind in ("tag", "feed"):
        return stranger(selector if kind == "tag" else name, feeds)
    return ""
