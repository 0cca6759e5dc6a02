"""Channels, from their keys.

Addresses, keys and arguments may be secret, so no message quotes them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from monitor.base.errors import MissingExtraError, requires_extra
from monitor.base.translation import gettext as _
from monitor.config import addresses
from monitor.config.credentials import Credentials, is_in_file
from monitor.config.draft import ConfigDraft, repeated
from monitor.config.keys import KINDS
from monitor.config.location import beside
from monitor.model.config import Channel, ChannelKind


def channels(draft: ConfigDraft, path: Path, environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Return the channels of a draft; problems are added to the draft."""
    written = draft.file.channels
    for number, earlier in repeated(keys.name.casefold() for keys in written):
        line = draft.line(("channels", earlier))
        name = written[number].name
        words = _("a channel is called `{name}` already, on line {line}", name=name, line=line)
        draft.add_problem(("channels", number, "name"), words)
    credentials = Credentials(draft, path.parent, environ)
    read = (_channel(draft, number, path, credentials) for number in range(len(written)))
    return tuple(channel for channel in read if channel)


def _channel(
    draft: ConfigDraft, number: int, path: Path, credentials: Credentials
) -> Channel | None:
    keys = draft.file.channels[number]
    kind = next((ChannelKind(key) for key in KINDS if getattr(keys, key)), None)
    place = ("channels", number)
    if kind is None:
        return None
    if kind is ChannelKind.COMMAND:
        target, shown = keys.command, Path(keys.command[0]).name
    elif kind in (ChannelKind.FILE, ChannelKind.ATOM):
        shown = str(beside(path, getattr(keys, kind)).absolute())
        target = (shown,)
    else:
        loc, written = (*place, str(kind)), getattr(keys, kind)
        credential = credentials.at(loc, written, keys.name)
        if credential is None:
            return None
        address = credential.text.strip()
        target = (address,)
        try:
            shown = (_webhook if kind is ChannelKind.WEBHOOK else _service)(address)
        except ValueError as error:
            draft.add_problem(loc, f"{keys.name}: {error}")
            return None
        if not is_in_file(written):
            shown = _("{address}, from {reference}", address=shown, reference=written)
    secret = keys.secret and credentials.at((*place, "secret"), keys.secret, keys.name)
    headers = [
        (name, value)
        for name, written in keys.headers.items()
        if (value := credentials.at((*place, "headers", name), written, keys.name))
    ]
    return Channel(
        name=keys.name,
        kind=kind,
        target=target,
        words=shown,
        secret=secret.text if secret else "",
        headers=tuple(headers),
        quiet=keys.quiet,
        digest=keys.digest,
        template=keys.template,
        zone=draft.file.zone,
        pages=draft.file.api.url,
    )


def _webhook(address: str) -> str:
    """Return where a webhook is, without its path; raises ValueError if it is no address."""
    try:
        parts = urlsplit(addresses.url(address))
    except ValueError:
        raise ValueError(_("this webhook is not an address; write https://…")) from None
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def _service(address: str) -> str:
    """Return the kind of service at an address; raises ValueError if Apprise knows none there."""
    try:
        with requires_extra("notify", _("a channel with `url`")):
            from apprise import Apprise
    except MissingExtraError as error:
        raise ValueError(str(error)) from None

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # the error quotes the address
    scheme, colon, _rest = address.partition("://")
    if colon and Apprise.instantiate(address, suppress_exceptions=True) is not None:
        return scheme.lower()
    services = Apprise().details()["schemas"]
    lists = (service[key] for service in services for key in ("protocols", "secure_protocols"))
    if colon and any(scheme.lower() in (names or ()) for names in lists):
        kind = f"{scheme.lower()}://"
        raise ValueError(_("this is not how an address of {kind} looks to Apprise", kind=kind))
    raise ValueError(
        _("Apprise knows no such address; https://github.com/caronc/apprise/wiki lists what it can")
    )
