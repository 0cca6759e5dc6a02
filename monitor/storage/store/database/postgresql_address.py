"""The address of a store in PostgreSQL: what to connect with, and how to name it."""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict

from msgspec import Struct

from monitor.base.errors import StoreError
from monitor.base.translation import gettext as _
from monitor.base.translation import mark

SCHEMES = "postgresql://", "postgres://"
HOW_TO_WRITE = mark("write postgresql://user@host/database, and percent-encode what is special")
CONNECT_SECONDS = 10
CUT_SECONDS = 20
"""Seconds without an answer after which a connection counts as cut."""
_ADDRESS = re.compile(r"[^@ ]* [\d,]* [^@]*")
"""Host, port and database; what has an @ may be the end of a password."""


class Address(Struct, frozen=True):
    """Where a store is."""

    parameters: dict[str, str]
    """What libpq connects with; the password is among them."""
    name: str
    """The address without what is secret."""

    def __repr__(self) -> str:
        return f"Address({self.name})"


def parse_address(address: str) -> Address:
    """Return what to connect with. Raises StoreError when the address makes no sense."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    if not address.startswith(SCHEMES):
        raise StoreError(_("store: {advice}", advice=_(HOW_TO_WRITE)))
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(address).items()}
    except ProgrammingError:  # its message may quote the password
        raise StoreError(
            _(
                "store: PostgreSQL does not understand this address; {advice}",
                advice=_(HOW_TO_WRITE),
            )
        ) from None
    if not _ADDRESS.fullmatch("{host} {port} {dbname}".format_map(defaultdict(str, given))):
        raise StoreError(
            _("store: this address has a part that cannot be; {advice}", advice=_(HOW_TO_WRITE))
        )
    parameters = {
        "connect_timeout": str(CONNECT_SECONDS),
        "application_name": "tocsin",
        "tcp_user_timeout": str(CUT_SECONDS * 1_000),
        **({} if _is_local(given.get("host", "")) else {"sslmode": "require"}),
        **given,
        "client_encoding": "UTF8",
    }
    return Address(parameters, _name(given))


def _name(given: dict[str, str]) -> str:
    user = f"{given['user']}@" if "user" in given else ""
    port = f":{given['port']}" if "port" in given else ""
    host = "" if given.get("host", "").startswith("/") else given.get("host", "") + port
    return f"postgresql://{user}{host}/{given.get('dbname', '')}"


def _is_local(hosts: str) -> bool:
    """Return whether all hosts are this machine: a socket, or a loopback address."""
    return all(map(_is_loopback, hosts.split(",")))


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
