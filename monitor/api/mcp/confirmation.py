"""Asking the person before anything changes; a model cannot answer this question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS
from msgspec import Struct

from monitor.api.mcp.quotation import plain
from monitor.api.mcp.tools import TriageParameters
from monitor.base.translation import gettext as _
from monitor.presentation.rows.alerts import AlertRow

KEY = "confirm"
NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}
"""The form of the question: to accept it is enough."""
TITLE = 120
"""Characters of a headline in the question."""


class NotConfirmedError(Exception):
    """The person did not confirm, or cannot be asked; nothing was changed."""


class Confirmed(Struct, frozen=True):
    """The person has confirmed."""

    seen: Mapping[str, Any]
    """The fields that change, as the person saw them."""


def question(row: AlertRow, parameters: TriageParameters) -> str:
    changes = parameters.model_dump(exclude={"alert"}, exclude_defaults=True)
    lines = [f"{name}: {_value(value)}" for name, value in changes.items()]
    return _(
        "Change the alert {number} ({watchlist}: “{title}”)? {changes}",
        number=row["alert_id"],
        watchlist=plain(row["watchlist"], TITLE),
        title=re.sub("[“”\n]", " ", plain(row["title"], TITLE)),
        changes="; ".join(lines),
    )


def _value(value: Any) -> str:
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    return ", ".join(map(plain, value)) if isinstance(value, list) else plain(str(value)) or "–"


async def confirm(
    context: ServerRequestContext[Any, Any],
    request: CallToolRequestParams,
    words: str,
    seen: Mapping[str, Any],
) -> Confirmed | InputRequiredResult:
    """Ask the person; return the question for clients that ask and call the tool again.

    Args:
        context: The request.
        request: The call of the tool, with the answer if it was asked already.
        words: The question.
        seen: The fields that change, as they are now.

    Raises:
        NotConfirmedError: The person did not confirm, or cannot be asked.
    """
    if request.input_responses is not None:
        _accept(request.input_responses.get(KEY) if request.request_state else None)
        return Confirmed(json.loads(request.request_state or "{}"))
    if not _can_ask(context):
        raise NotConfirmedError(
            _(
                "nothing was changed: this client cannot ask the person to confirm (MCP calls it"
                " elicitation). Tell the person to use a client that can, or `tocsin alerts`"
            )
        )
    if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        form = ElicitRequestFormParams(message=words, requested_schema=NO_FIELDS)
        return InputRequiredResult(
            input_requests={KEY: ElicitRequest(params=form)}, request_state=json.dumps(dict(seen))
        )
    _accept(await context.session.elicit_form(words, NO_FIELDS, context.request_id))
    return Confirmed(seen)


def _can_ask(context: ServerRequestContext[Any, Any]) -> bool:
    known = context.session.client_capabilities
    form = known.elicitation if known else None
    if form is None or (form.form is None and form.url is not None):
        return False
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS or context.session.can_send_request


def _accept(answer: Any) -> None:
    if not isinstance(answer, ElicitResult) or answer.action != "accept":
        raise NotConfirmedError(_("nothing was changed: the person did not confirm"))
