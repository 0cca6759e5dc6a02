"""From the bytes of a `feeds.yaml` to a Config and all its problems."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.config import beside
from monitor.config.archive import retention
from monitor.config.channels import channels
from monitor.config.draft import Draft
from monitor.config.feeds import feeds
from monitor.config.fitting import fit, nearest
from monitor.config.marks import BrokenError, Node, Source, Table, decode, tree
from monitor.config.routes import routes
from monitor.config.searches import searches
from monitor.config.watchlists import watchlists
from monitor.errors import Problem
from monitor.model import Config

REQUIRED = {
    "feeds": "nothing to poll: there is no `feeds:`",
    "watchlists": "nothing to watch for: there is no `watchlists:`; `watchlists: []` if so meant",
}


def assemble(content: bytes, path: Path) -> tuple[Config | None, list[Problem]]:
    """Return what is understood of a `feeds.yaml`, None if nothing, and every problem in it."""
    source, broken = decode(content)
    if broken:
        return None, [source.problem(broken.index, broken.message)]
    try:
        root, repeated = tree(source)
    except BrokenError as error:
        return None, [source.problem(error.index, error.message)]
    if not isinstance(root, Table):
        return None, [_no_table(source, root)]
    shape, fitting, misfits = fit(source, root)
    draft = Draft(source, root, shape, fitting, [*repeated, *misfits])
    _object_to_emptiness(draft)
    subscribed = feeds(draft, path.parent, os.environ)
    watched = watchlists(draft, subscribed)
    config = Config(
        path=path,
        data=beside(path, shape.data),
        feeds=subscribed,
        watchlists=tuple(watched.values()),
        searches=searches(draft),
        channels=channels(draft, path, os.environ),
        routes=routes(draft, subscribed),
        notify=shape.alerts.notify,
        zone=shape.zone,
        allow=shape.network.allow,
        contact=shape.network.contact,
        metrics=shape.network.metrics,
        retention=retention(draft, subscribed, tuple(watched.values())),
    )
    return config, draft.problems


def _no_table(source: Source, root: Node | None) -> Problem:
    if root is None:
        return Problem(1, 1, "the file is empty; `tocsin init` writes one to start from")
    return source.problem(root.start, "this is no feeds.yaml: it begins with `feeds:`")


def _object_to_emptiness(draft: Draft) -> None:
    """Object to a file that leaves nothing to do: it may be half written."""
    keys = [pair.key.text for pair in draft.written.pairs]
    for key, words in REQUIRED.items():
        if key not in keys and not any(nearest(other, [key]) for other in keys):
            draft.problems.append(Problem(1, 1, words))
    feeds = draft.written.get("feeds")
    if feeds and feeds.value.plain() == []:
        draft.object_to(("feeds",), "nothing to poll: `feeds` is an empty list")
