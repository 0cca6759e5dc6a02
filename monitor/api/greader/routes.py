"""The paths of the Google Reader API, as FreshRSS and Miniflux answer them.

Readers send parameters without a meaning here (`output`, `client`, `ck`, `T`), so unknown ones are
ignored. The second token `T` may be anything, because each request has a token.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Security
from fastapi.security import SecurityScopes
from starlette.responses import PlainTextResponse, Response

from monitor.api.access import Caller, no_token, permit, secret_of
from monitor.api.greader.streams import (
    LABEL,
    READ,
    READING_LIST,
    STARRED,
    UNREAD,
    Streams,
    folder,
    item_id,
    item_row,
    microseconds,
    plain_stream,
    without_markup,
)
from monitor.api.newsroom import Newsroom, Room
from monitor.api.problems import ApiProblem, invalid, json_answer
from monitor.base.translation import gettext as _
from monitor.model.alert import AlertState
from monitor.model.analyst import Scope
from monitor.model.search import Filter
from monitor.model.watchlist import Severity
from monitor.presentation.service.triage import clean_tag


async def allowed_reader(request: Request, scopes: SecurityScopes) -> Caller:
    """Return the caller of a request; raises ApiProblem unless it is allowed."""
    secret = secret_of(request.headers.get("authorization", ""))
    if secret is None:
        raise no_token(_("sign in first: the password is a token of `tocsin token add`"))
    return await permit(request, secret, scopes)


Reader = Annotated[Caller, Security(allowed_reader, scopes=[Scope.READ.value])]
"""A caller that may read."""
Analyst = Annotated[Caller, Security(allowed_reader, scopes=[Scope.TRIAGE.value])]
"""A caller that may decide about alerts."""


MAX_IDS, MAX_ITEMS = 10_000, 250
"""Maximum items of a page of ids, and of a page of items."""
ROUNDING = 2e-6
"""Seconds by which `microseconds` may shorten a time that a reader sends back."""
FIELDS = 5_000
"""Maximum fields of a request."""
TOKEN = "tocsin".ljust(57, "Z")  # not a message
"""The answer of `token`; readers expect 57 characters, and send it back as `T`."""

router = APIRouter(include_in_schema=False)


class Form:
    """The fields of a request, from its query string and its body."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._fields = fields

    def all(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name and value]

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    def number(self, name: str, default: int, limit: int = 10**20) -> int:
        """Return a number; raises ApiProblem if the value is none."""
        text = self.get(name, str(default))
        if not text.isdecimal() or len(text) > 20:
            raise invalid(name, _("write a whole number"))
        return min(int(text), limit)

    def moment(self, name: str) -> float | None:
        """Return a time in seconds, which readers also write in milli- and microseconds."""
        value = float(self.number(name, 0))
        while value > 1e11:
            value /= 1_000
        return value or None

    def alerts(self) -> list[int]:
        """Return the numbers of the items `i`; raises ApiProblem if a value is no id."""
        try:
            return list(dict.fromkeys(map(item_id, self.all("i"))))
        except ValueError:
            raise invalid("i", _("this is no id of an item")) from None


async def form(request: Request) -> Form:
    """Return the fields of a request; raises ApiProblem."""
    try:
        body = (await request.body()).decode("utf-8", "replace")
        fields = parse_qsl(body, max_num_fields=FIELDS) if body else []
        fields += parse_qsl(request.url.query, max_num_fields=FIELDS)
    except ValueError:
        raise ApiProblem("too-large", _("send fewer fields at a time")) from None
    return Form(fields)


Fields = Annotated[Form, Depends(form)]


# --- sign-in -------------------------------------------------------------------------------------


@router.post("/accounts/ClientLogin")
async def client_login(request: Request, fields: Fields) -> Response:
    """Sign in: any user, and a token as the password."""
    password = fields.get("Passwd")  # not a message
    if not password:
        raise ApiProblem("no-token", _("send a token of `tocsin token add` as the password"))
    await permit(request, password, SecurityScopes())
    text = f"SID={password}\nLSID=null\nAuth={password}\n"  # not a message
    return PlainTextResponse(text)


@router.get("/reader/api/0/token")
def token(caller: Reader) -> Response:
    """Return the second token, which readers send with each change."""
    return PlainTextResponse(TOKEN + "\n")


@router.get("/reader/api/0/user-info")
def user_info(caller: Reader) -> Response:
    """Return the name of the token."""
    names = ("userId", "userName", "userProfileId")
    return json_answer({**dict.fromkeys(names, caller.name), "userEmail": ""})


# --- subscriptions and tags ---------------------------------------------------------------------


@router.get("/reader/api/0/subscription/list")
def subscriptions(request: Request, newsroom: Room, caller: Reader) -> Response:
    """List the watchlists."""
    contents_url = f"{request.base_url}reader/api/0/stream/contents"
    rows = [
        {
            "id": stream,
            "title": without_markup(record.name),
            "categories": [{"id": LABEL + (label := folder(record.severity)), "label": label}],
            "url": f"{contents_url}/{stream}",  # readers identify subscriptions by it
            "htmlUrl": str(request.base_url),
            "iconUrl": "",
        }
        for stream, record in Streams(newsroom.service.views).watchlists.items()
    ]
    return json_answer({"subscriptions": rows})


@router.get("/reader/api/0/tag/list")
def tags(newsroom: Room, caller: Reader) -> Response:
    """List the folders, and the tags of the analyst."""
    streams = Streams(newsroom.service.views)
    rows: list[dict[str, str]] = [{"id": STARRED}]
    rows += [{"id": stream, "type": "folder"} for stream in _folders(streams)]
    rows += [{"id": LABEL + tag, "type": "tag"} for tag in streams.tags]
    return json_answer({"tags": rows})


@router.get("/reader/api/0/unread-count")
def unread_count(newsroom: Room, caller: Reader) -> Response:
    """Count the new alerts of each watchlist and each folder."""
    streams = Streams(newsroom.service.views)
    all_streams = [*streams.watchlists, *_folders(streams), READING_LIST]
    rows = [_count(newsroom, stream, streams.unread(stream)) for stream in all_streams]
    return json_answer({"max": rows[-1]["count"], "unreadcounts": rows})


def _folders(streams: Streams) -> list[str]:
    severities = {record.severity for record in streams.watchlists.values()}
    return [LABEL + folder(severity) for severity in Severity if severity in severities]


def _count(newsroom: Newsroom, stream: str, ids: Sequence[int]) -> dict[str, Any]:
    newest = newsroom.service.views.alerts.get(ids[-1:]) if ids else []
    moment = newest[0].raised_at if newest else 0.0
    return {
        "id": stream, "count": len(ids), "newestItemTimestampUsec": microseconds(moment),
    }  # fmt: skip


# --- entries ------------------------------------------------------------------------------------


def _page(
    streams: Streams, fields: Form, stream: str, limit: int
) -> tuple[Sequence[int], dict[str, str]]:
    """Return the alerts of a page, and the `continuation`, if any; raises ApiProblem."""
    after, count = fields.get("c", "0"), max(1, fields.number("n", 20, limit))
    if not (after.isdecimal() and len(after) <= 15):
        raise invalid("c", _("this is no `continuation` of a page before"))
    filter = Filter(since=fields.moment("ot"), until=fields.moment("nt"), closed=True)
    all_ids = streams.selected(stream, filter, fields.all("it"), fields.all("xt"))
    if fields.get("r") == "o":  # the oldest first
        remaining_ids = all_ids[bisect_right(all_ids, int(after)) :]
        ids = remaining_ids[:count]
    else:
        remaining_ids = all_ids[: bisect_left(all_ids, int(after))] if int(after) else all_ids
        ids = remaining_ids[-count:][::-1]
    return ids, {"continuation": str(ids[-1])} if len(remaining_ids) > count else {}


@router.get("/reader/api/0/stream/items/ids")
def stream_ids(newsroom: Room, caller: Reader, fields: Fields) -> Response:
    """Return the ids of entries."""
    streams = Streams(newsroom.service.views)
    ids, next_page = _page(streams, fields, fields.get("s", READING_LIST), MAX_IDS)
    return json_answer({"itemRefs": [{"id": str(id)} for id in ids], **next_page})


@router.get("/reader/api/0/stream/contents")
@router.get("/reader/api/0/stream/contents/{stream:path}")
def stream_contents(newsroom: Room, caller: Reader, fields: Fields, stream: str = "") -> Response:
    """Return entries."""
    stream = stream or fields.get("s", READING_LIST)
    streams = Streams(newsroom.service.views)
    ids, next_page = _page(streams, fields, stream, MAX_ITEMS)
    return json_answer({**_items(newsroom, streams, stream, ids), **next_page})


@router.api_route("/reader/api/0/stream/items/contents", methods=["GET", "POST"])
def item_contents(newsroom: Room, caller: Reader, fields: Fields) -> Response:
    """Return entries by their ids."""
    ids = fields.alerts()[:MAX_ITEMS]
    return json_answer(_items(newsroom, Streams(newsroom.service.views), READING_LIST, ids))


def _items(newsroom: Newsroom, streams: Streams, stream: str, ids: Sequence[int]) -> dict[str, Any]:
    views = newsroom.service.views
    alerts = views.alerts.get(ids, matches=True, timelines=True)
    numbers = dict.fromkeys(alert.article for alert in alerts if alert.article is not None)
    articles = {article.id: article for article in views.articles.get(list(numbers))}
    return {
        "direction": "ltr",
        "id": stream,
        "title": "tocsin",
        "updated": int(newsroom.clock()),
        "items": [item_row(a, articles.get(a.article or 0), streams.severities) for a in alerts],
    }


# --- triage -------------------------------------------------------------------------------------


@router.post("/reader/api/0/edit-tag")
def edit_tag(newsroom: Room, caller: Analyst, fields: Fields) -> Response:
    """Mark entries as read or starred, or label them: triage of their alerts, as one act."""
    ids = fields.alerts()
    change = _change(fields.all("a"), fields.all("r"))
    if ids and change:
        try:
            newsroom.service.triage.by(caller.name).change(ids, **change)
        except ValueError as error:
            raise ApiProblem("invalid", str(error)) from None
    return PlainTextResponse("OK")


def _change(added: Sequence[str], removed: Sequence[str]) -> dict[str, Any]:
    """Return the changes of alerts by an edit of labels; raises ApiProblem."""
    to_add, to_remove = frozenset(map(plain_stream, added)), frozenset(map(plain_stream, removed))
    change: dict[str, Any] = {}
    if READ in to_add:
        change["acknowledge"] = True
    elif READ in to_remove or to_add & UNREAD:
        change["state"] = AlertState.NEW
    if (STARRED in to_add) != (STARRED in to_remove):
        change["starred"] = STARRED in to_add
    for key, labels in (("tags", to_add), ("untag", to_remove)):
        if tags := _tags(labels):
            change[key] = tags
    return change


def _tags(labels: frozenset[str]) -> list[str]:
    """Return the tags among labels, without folders; raises ApiProblem."""
    folders = {folder(severity) for severity in Severity}
    names = {label.removeprefix(LABEL) for label in labels if label.startswith(LABEL)}
    try:
        return sorted(map(clean_tag, names - folders))
    except ValueError as error:
        raise invalid("a", str(error)) from None


@router.post("/reader/api/0/mark-all-as-read")
def mark_all_as_read(newsroom: Room, caller: Analyst, fields: Fields) -> Response:
    """Acknowledge the new alerts of a stream that were raised before `ts`, as one act."""
    until = fields.moment("ts")
    ids = Streams(newsroom.service.views).unread(
        fields.get("s"), None if until is None else until + ROUNDING
    )
    if ids:
        newsroom.service.triage.by(caller.name).change(ids, acknowledge=True)
    return PlainTextResponse("OK")
