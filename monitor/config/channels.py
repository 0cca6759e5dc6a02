"""Channels, from their schema: which keys go together, which names are taken.

Addresses, keys and arguments may be secret, so no message quotes them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from monitor.base.errors import MissingExtraError, requires_extra
from monitor.base.translation import gettext as _
from monitor.config import value_parsers
from monitor.config.credentials import Credentials
from monitor.config.delivery_schema import KINDS, ChannelShape
from monitor.config.location import beside
from monitor.config.validation import ConfigDraft, nearest
from monitor.config.yaml_nodes import MappingNode, SequenceNode
from monitor.model.config import Channel, ChannelKind


def channels(draft: ConfigDraft, path: Path, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Return the channels of a draft; problems are added to the draft."""
    for node in _nodes(draft):
        problems = [draft.source.problem(start, words) for start, words in _unused_keys(node)]
        draft.problems.extend(problems)
    credentials = Credentials(draft, path.parent, environ)
    _validate_unique_names(draft)
    return tuple(
        channel
        for number, shape in enumerate(draft.shape.channels)
        if (channel := _channel(draft, number, shape, path, credentials))
    )


def _channel(
    draft: ConfigDraft, number: int, shape: ChannelShape, path: Path, credentials: Credentials
) -> Channel | None:
    kind = next((ChannelKind(key) for key in KINDS if getattr(shape, key)), None)
    if kind is None:
        return None
    place = ("channels", number)
    if kind is ChannelKind.COMMAND:
        target, words = shape.command, Path(shape.command[0]).name
    elif kind in (ChannelKind.FILE, ChannelKind.ATOM):
        there = beside(path, getattr(shape, kind)).absolute()
        target, words = (str(there),), str(there)
    else:
        written = getattr(shape, kind)
        credential = credentials.at((*place, str(kind)), written, shape.name)
        if credential is None:
            return None
        address = credential.text.strip()
        words, complaint = (
            _web_address(address) if kind is ChannelKind.WEBHOOK else _apprise_address(address)
        )
        if complaint:
            draft.add_problem((*place, str(kind)), f"{shape.name}: {complaint}")
        target = (address,)
        if written.startswith(value_parsers.ELSEWHERE):
            words = _("{address}, from {reference}", address=words, reference=written)
    secret = shape.secret and credentials.at((*place, "secret"), shape.secret, shape.name)
    headers = [
        (name, value)
        for name, written in shape.headers.items()
        if (value := credentials.at((*place, "headers", name), written, shape.name))
    ]
    return Channel(
        name=shape.name,
        kind=kind,
        target=target,
        words=words,
        secret=secret.text if secret else "",
        headers=tuple(headers),
        quiet=shape.quiet.understood() if shape.quiet else None,
        digest=shape.digest,
        template=shape.template,
        zone=draft.shape.zone,
        pages=draft.shape.api.url,
    )


def _web_address(address: str) -> tuple[str, str]:
    """Return where a webhook is, without its path, and what is wrong with its address."""
    try:
        parts = urlsplit(value_parsers.url(address))
    except ValueError:
        return "", _("this webhook is not an address; write https://…")
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}", ""


def _apprise_address(address: str) -> tuple[str, str]:
    """Return the kind of service at an Apprise address, and what is wrong with it."""
    try:
        with requires_extra("notify", _("a channel with `url`")):
            from apprise import Apprise
    except MissingExtraError as error:
        return "", str(error)

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # the error quotes the address
    scheme, colon, _rest = address.partition("://")
    if colon and Apprise.instantiate(address, suppress_exceptions=True) is not None:
        return scheme.lower(), ""
    if colon and scheme.lower() in _schemes():
        kind = f"{scheme.lower()}://"
        return "", _("this is not how an address of {kind} looks to Apprise", kind=kind)
    return "", _(
        "Apprise knows no such address; https://github.com/caronc/apprise/wiki lists what it can"
    )


def _schemes() -> set[str]:
    """Return the schemes of addresses that Apprise knows."""
    from apprise import Apprise

    services = Apprise().details()["schemas"]
    keys = ("protocols", "secure_protocols")
    return {scheme for service in services for key in keys for scheme in service[key] or ()}


# --- which keys go together ----------------------------------------------------------


def _unused_keys(node: MappingNode) -> Iterator[tuple[int, str]]:
    """Yield the keys of a channel that do not go together, with the reason."""
    keys = [pair.key for pair in node.pairs]
    names = [key.text for key in keys]
    kinds = [key for key in keys if key.text in KINDS]
    if not kinds and not any(nearest(name, KINDS) for name in names):
        yield node.start, _("a channel needs one of {keys}", keys=", ".join(KINDS))
    for key in kinds[1:]:
        yield key.start, _(
            "`{key}` beside `{other}`; a channel has one of them",
            key=key.text, other=kinds[0].text,
        )  # fmt: skip
    for key in keys:
        if key.text == "template" and "url" not in names:
            yield key.start, _("a `template` is for a `url`; programs are sent JSON")
        if key.text in ("secret", "headers") and "webhook" not in names:
            yield key.start, _("`{key}` is for a `webhook`", key=key.text)


def _validate_unique_names(draft: ConfigDraft) -> None:
    first: dict[str, int] = {}
    for number, shape in enumerate(draft.shape.channels):
        earlier = first.setdefault(shape.name.casefold(), number)
        if earlier != number:
            line = draft.line(("channels", earlier))
            message = _(
                "a channel is called `{name}` already, on line {line}", name=shape.name, line=line
            )
            draft.add_problem(("channels", number, "name"), message)


def _nodes(draft: ConfigDraft) -> Iterator[MappingNode]:
    listed = draft.written.get("channels")
    if listed and isinstance(listed.value, SequenceNode):
        yield from (node for node in listed.value.nodes if isinstance(node, MappingNode))
