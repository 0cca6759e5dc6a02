"""Addresses of stores in PostgreSQL, sessions at them, and what their errors mean."""

from __future__ import annotations

import re
from collections import defaultdict
from os import getpid
from socket import gethostname
from typing import Any, cast

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

from monitor.base.errors import StoreAwayError, StoreError
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _, mark
from monitor.base.url import is_loopback

SCHEMES = "postgresql://", "postgres://"
HOW_TO_WRITE = mark("write postgresql://user@host/database, and percent-encode what is special")
CONNECT_SECONDS = 10
CUT_SECONDS = 20
"""Seconds without an answer after which a connection counts as cut."""
_ADDRESS = re.compile(r"[^@ ]* [\d,]* [^@]*")
"""Host, port and database; a part with an @ may be the end of a password."""


class Address(Struct, frozen=True):
    """The address of a store."""

    parameters: dict[str, str]
    """The parameters for libpq, with the password."""
    name: str
    """The address without secrets."""

    def __repr__(self) -> str:
        return f"Address({self.name})"


def parse_address(address: str) -> Address:
    """Return the parsed address of a store. Raises StoreError when it is not valid."""
    if not address.startswith(SCHEMES):
        raise StoreError(_("store: {advice}", advice=_(HOW_TO_WRITE)))
    try:
        options = {key: str(value) for key, value in conninfo_to_dict(address).items()}
    except psycopg.ProgrammingError:  # its message may quote the password
        raise StoreError(
            _(
                "store: PostgreSQL does not understand this address; {advice}",
                advice=_(HOW_TO_WRITE),
            )
        ) from None
    if not _ADDRESS.fullmatch("{host} {port} {dbname}".format_map(defaultdict(str, options))):
        raise StoreError(
            _("store: this address has a part that cannot be; {advice}", advice=_(HOW_TO_WRITE))
        )
    parameters = {
        "connect_timeout": str(CONNECT_SECONDS),
        "tcp_user_timeout": str(CUT_SECONDS * 1_000),
        **({} if _is_local(options.get("host", "")) else {"sslmode": "require"}),
        **options,
        "client_encoding": "UTF8",
        "application_name": f"tocsin {gethostname()}/{getpid()}",
    }
    return Address(parameters, _name(options))


def _name(options: dict[str, str]) -> str:
    user = f"{options['user']}@" if "user" in options else ""
    port = f":{options['port']}" if "port" in options else ""
    host = "" if options.get("host", "").startswith("/") else options.get("host", "") + port
    return f"postgresql://{user}{host}/{options.get('dbname', '')}"


def _is_local(hosts: str) -> bool:
    """Return whether all hosts are this machine: a socket, or a loopback address."""
    return all(
        not host or host.startswith(("/", "@")) or is_loopback(host.strip("[]"))
        for host in hosts.split(",")
    )


def connect(address: Address) -> psycopg.Connection[Any]:
    """Return a session of its own at an address, which commits each statement.

    Raises:
        StoreError: A pooler gives it to others between transactions.
        psycopg.Error: The server cannot be reached, or lets nobody in.
    """
    session = psycopg.connect(autocommit=True, **cast(Any, address.parameters))
    if _backend(session) != session.info.backend_pid and _is_pooled(session, address):
        session.close()
        raise StoreError(
            _(
                "{store}: a pooler, as PgBouncer, gives each transaction another session of the"
                " database, which loses locks and notices; name the database itself, or set"
                " pool_mode = session",
                store=address.name,
            )
        )
    return session


def _is_pooled(session: psycopg.Connection[Any], address: Address) -> bool:
    """Return whether a session of the server is given to others between transactions."""
    before = _backend(session)
    try:
        with psycopg.connect(**cast(Any, address.parameters)) as other:
            return _backend(other) == before or _backend(session) != before
    except psycopg.errors.ProtocolViolation:  # it is given away between statements
        return True


def _backend(session: psycopg.Connection[Any]) -> int:
    """Return the process of the server that answers; a pooler itself names another one."""
    ((pid,),) = session.execute("SELECT pg_backend_pid()").fetchall()
    return int(pid)


_NO_TLS = "SSL was required"
_REMEDIES = {
    "08": mark("is it running, and can this machine reach it?"),
    "22P05": mark("make the database anew with encoding UTF8"),
    "25006": mark("it is read only: a standby, or a user who may not write"),
    "28": mark("are user and password right, and does the server let this machine in?"),
    "3D000": mark("make the database first: createdb"),
    "42501": mark("this user may not do that; whoever runs the database can grant it"),
    "53": mark("the server lacks disk, memory or connections"),
    "55P03": mark("another program is writing to it"),
    _NO_TLS: mark(
        "the server has no TLS: set `ssl = on` there, or end the address with ?sslmode=disable"
        " where nobody else is on the network"
    ),
    "57P": mark("the server is stopping or starting; try again in a moment"),
}
"""The remedy for an error, by the beginning of its code (appendix A of PostgreSQL's manual)."""

_LOGIN_ERRORS = (
    (_NO_TLS, _NO_TLS),
    ("no password supplied", "28"),
    (r"database \".*\" does not exist", "3D000"),
    ("connection slots|too many clients", "53"),
    ("the database system is", "57P"),
    ("FATAL", "28"),
)
"""Messages of servers and libpq about a failed login, and its code: libpq gives none."""


def refusal(address: Address, error: Exception, consequence: str = "") -> StoreError:
    """Return an error that says what the database refused, the consequence and the remedy."""
    login_code = next((c for pattern, c in _LOGIN_ERRORS if re.search(pattern, str(error))), "08")
    code = getattr(error, "sqlstate", None) or login_code
    remedy = next((words for prefix, words in _REMEDIES.items() if code.startswith(prefix)), "")
    diagnosis = getattr(error, "diag", None)
    message = (diagnosis and diagnosis.message_primary) or str(error).splitlines()[0]
    line = _("{file}: {error}", file=address.name, error=f"{message}{consequence}")
    is_away = isinstance(error, psycopg.OperationalError) and code.startswith(("08", "57P"))
    kind = StoreAwayError if is_away else StoreError
    return kind(clauses([line, _(remedy)]) if remedy else line)
