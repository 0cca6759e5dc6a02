"""New alerts as they are raised: `text/event-stream`, as browsers and many programs read it.

Each stream polls the version of the store, and reads the new alerts of its filter. The id of an
event is the position of the stream, so that a client that returns with `Last-Event-ID` misses
nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from monitor.api.access import Access, Caller, Reader
from monitor.api.guard import STREAM
from monitor.api.listener import Limits
from monitor.api.newsroom import AlertParameters, InQuery, Newsroom, Room
from monitor.api.problems import ApiProblem
from monitor.base.translation import gettext as _, mark
from monitor.model.alert import Alert
from monitor.model.status import StoreVersion
from monitor.presentation.rows.alerts import alert_row
from monitor.presentation.service.triage import AlertSelection

INTERVAL = 0.5
"""Seconds between two reads of the version of the store."""
HEARTBEAT = 15.0
"""Seconds without an event after which a stream sends a comment."""
CHUNK = 50
"""Alerts that are read at once."""

_STREAMS_OF_TOKEN = mark("{count} streams of this token are open already")
_STREAMS = mark("{count} streams are open already")

router = APIRouter(tags=["alerts"])


class StreamHub:
    """Counts the open streams.

    Args:
        limits: Maximum numbers of streams.
        sleep: Waits for a number of seconds.
        is_ending: Returns whether the server ends.
    """

    def __init__(
        self,
        limits: Limits,
        sleep: Callable[[float], Awaitable[None]],
        is_ending: Callable[[], bool],
    ) -> None:
        self._limits, self.sleep, self.is_ending = limits, sleep, is_ending
        self._streams = Counter[str]()
        """Number of streams of each caller, by name."""

    @property
    def streams(self) -> int:
        return self._streams.total()

    def enter(self, name: str) -> None:
        """Count a stream; raises ApiProblem if there are too many."""
        of_token, total = self._streams[name], self.streams
        for kind, count, limit, message in (
            ("too-many", of_token, self._limits.streams_each, _STREAMS_OF_TOKEN),
            ("busy", total, self._limits.streams, _STREAMS),
        ):
            if count >= limit:
                raise ApiProblem(kind, _(message, count=count), headers={"Retry-After": "30"})
        self._streams[name] += 1

    def leave(self, name: str) -> None:
        self._streams -= Counter([name])


async def _events(
    request: Request, newsroom: Newsroom, caller: Caller, alerts: AlertSelection, at: StoreVersion
) -> AsyncIterator[str]:
    """Yield events from a version of the store on."""
    hub: StreamHub = request.app.state.hub
    access: Access = request.app.state.access
    commits, silent_seconds = -1, 0.0
    yield f"retry: 3000\nid: {_event_id(at)}\n\n"
    try:
        while not hub.is_ending():
            newest = (await run_in_threadpool(newsroom.service.views.version)).commits
            if newest == commits and silent_seconds < HEARTBEAT:
                await hub.sleep(INTERVAL)
                silent_seconds += INTERVAL
                continue
            if not await access.still_valid(caller):
                return
            if newest == commits:
                yield ": alive\n\n"
            commits, silent_seconds = newest, 0.0
            new, raised, escalated = await run_in_threadpool(alerts.after, at)
            for first in range(0, len(raised), CHUNK):
                chunk = raised[first : first + CHUNK]
                for alert in await run_in_threadpool(alerts.read, chunk):
                    at = at._replace(alert=alert.id)
                    yield _event("raised", alert, at)
            for step in escalated:
                at = at._replace(escalation=step.escalation)
                for alert in await run_in_threadpool(alerts.read, [step.alert]):
                    yield _event("escalated", alert, at)
            at = new
    finally:
        hub.leave(caller.name)


def _event(kind: str, alert: Alert, at: StoreVersion) -> str:
    data = json.dumps(alert_row(alert), ensure_ascii=False)
    return f"event: {kind}\nid: {_event_id(at)}\ndata: {data}\n\n"


def _event_id(at: StoreVersion) -> str:
    return f"{at.alert}-{at.escalation}"


LastEvent = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,15}-[0-9]{1,15}$",
        description="The id of the last event that was read: the stream goes on from there.",
    ),
]


@router.get(
    "/alerts/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `raised` and `escalated`; their data is an alert.",
            "content": {STREAM: {"schema": {"type": "string"}}},
        }
    },
)
async def stream(
    request: Request,
    newsroom: Room,
    caller: Reader,
    parameters: InQuery[AlertParameters],
    last: LastEvent = None,
) -> StreamingResponse:
    """Tell of alerts as they are raised and as they escalate, until the client leaves.

    An event has the name `raised` or `escalated`, and an alert as data. A comment every 15 seconds
    shows that the stream lives.
    """
    hub: StreamHub = request.app.state.hub
    filter = await run_in_threadpool(parameters.filter, newsroom.for_caller(caller.name))
    at = await run_in_threadpool(newsroom.service.views.version)
    if last is not None:
        alert, escalation = map(int, last.split("-"))
        at = at._replace(alert=min(alert, at.alert), escalation=min(escalation, at.escalation))
    hub.enter(caller.name)
    events = _events(request, newsroom, caller, AlertSelection(newsroom.service.triage, filter), at)
    return StreamingResponse(events, media_type=STREAM, headers={"X-Accel-Buffering": "no"})
