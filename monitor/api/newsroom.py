"""The newsroom that routes use, the parameters of requests, and answers: rows as JSON.

An answer is read, checked and written in one go, in one thread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

from fastapi import APIRouter, Depends, Path as InPath, Query, Request
from msgspec import Struct
from msgspec.structs import replace
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from index.query.filters import resolve_time
from monitor.api.problems import ApiProblem, invalid, json_answer
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.config.loading import load
from monitor.model.alert import Alert, StoryAlerts
from monitor.model.article import ArticleDetails
from monitor.model.config import Config
from monitor.model.search import Filter, lang_codes
from monitor.presentation.service.known_names import KnownNames
from monitor.presentation.service.service import Service
from monitor.presentation.service.triage import clean_tag, with_decisions

LARGEST = 2**53
"""A number above all those of articles, alerts and acts."""
PAGE = 200
"""Maximum number of rows of a page."""


class Newsroom(Struct, frozen=True, kw_only=True):
    """The newsroom that the API is about."""

    service: Service
    config_path: Path
    data: Path | None
    """The folder given with --data."""
    clock: Callable[[], Timestamp]
    zone: tzinfo
    caller_name: str = ""
    """Name of the caller, whom `me` means."""

    def for_caller(self, name: str) -> Newsroom:
        return replace(self, caller_name=name)

    def load(self) -> Config:
        """Return the configuration in feeds.yaml; raises ConfigError."""
        return load(self.config_path, data=self.data)

    @property
    def names(self) -> KnownNames:
        return KnownNames(self.service.views, self.config_path, self.data, self.caller_name)

    def article(self, id: int) -> ArticleDetails:
        """Return an article; raises ApiProblem if there is none."""
        details = self.service.views.articles.details(id)
        if details is None:
            raise ApiProblem("not-found", _("there is no article {number}", number=id))
        return details

    def alert(self, id: int) -> Alert:
        """Return an alert; raises ApiProblem if there is none."""
        for alert in self.service.views.alerts.get([id], matches=True, timelines=True):
            return alert
        raise ApiProblem("not-found", _("there is no alert a{number}", number=id))

    def story(self, id: int) -> StoryAlerts:
        """Return the story of an alert with all its alerts; raises ApiProblem if there is none."""
        for story in self.service.views.alerts.stories(
            [id], matches=True, timelines=True, closed=True, silenced=True
        ):
            return story
        raise ApiProblem("not-found", _("there is no alert a{number}", number=id))

    def moment(self, field: str, text: str | None, *, end: bool = False) -> Timestamp | None:
        """Return a moment such as 2023-10-01, 7d or 2023-10-01T07:00; raises ApiProblem."""
        if not text:
            return None
        try:
            return resolve_time(text, self.clock(), self.zone)[end]
        except ValueError as error:
            raise invalid(field, str(error)) from None


async def _served_newsroom(request: Request) -> Newsroom:
    newsroom: Newsroom = request.app.state.newsroom
    return newsroom


Room = Annotated[Newsroom, Depends(_served_newsroom)]
"""The newsroom of the server, as a route gets it."""


# --- parameters --------------------------------------------------------------------------


Text = Annotated[str, StringConstraints(max_length=300)]
QueryText = Annotated[str, StringConstraints(max_length=4_000)]
Moment = Annotated[
    str | None,
    Field(max_length=40, description="A time, as `2023-10-01`, `2023-10`, `7d` or `yesterday`."),
]
ArticleId = Annotated[int, InPath(ge=1, le=LARGEST, description="Number of an article.")]


ALERT_NUMBER = r"^[aA]?[1-9][0-9]{0,14}$"


def alert_id(number: str) -> int:
    return int(number.lower().removeprefix("a"))


AlertId = Annotated[
    str,
    InPath(pattern=ALERT_NUMBER, description="Number of an alert, as `a5` or `5`."),
    AfterValidator(alert_id),
]


P = TypeVar("P", bound="Parameters")
InQuery = Annotated[P, Query()]
"""Parameters of a route, from the query string."""


def param(description: str, default: Any = ..., **limits: Any) -> Any:
    """Describe a parameter, its default and, as pydantic names them, its limits."""
    return Field(default, description=description, **limits)


SPELLINGS = {"query": "q", "q": "query"}
"""The other name of a parameter; each takes both."""


class Parameters(BaseModel):
    """Parameters in the query string; unknown names are refused."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _take_both_spellings(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name, other in SPELLINGS.items():
            if name in cls.model_fields and other in values and name not in values:
                is_list = "list[" in str(cls.model_fields[name].annotation)
                value = values[other]
                values = {key: values[key] for key in values if key != other}
                values[name] = [value] if is_list and isinstance(value, str) else value
        return values

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_nul(cls, value: Any) -> Any:
        """Refuse NUL, which no text of the store can hold; PostgreSQL does not even compare it."""
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise PydanticCustomError("nul", _("a text has no NUL character"))
        return value


class Body(BaseModel):
    """The body of a request; unknown names and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilterParameters(Parameters):
    """A filter of articles or alerts."""

    since: Moment = None
    until: str | None = param("Until the end of this day, month or year.", None, max_length=40)
    lang: list[Text] = param(
        "In these languages: `fr`, `en`; `und` means unknown.", [], max_length=20
    )
    feed: list[Text] = param(
        "Of these feeds. `tag:NAME` means all feeds with a tag.", [], max_length=50
    )
    watch: list[Text] = param("Of these watchlists.", [], max_length=50)

    def filter(self, newsroom: Newsroom) -> Filter:
        """Return the filter; raises ApiProblem and UnknownNameError."""
        return newsroom.names.validate(
            Filter(
                since=newsroom.moment("since", self.since),
                until=newsroom.moment("until", self.until, end=True),
                lang=lang_codes(self.lang),
                feeds=tuple(self.feed),
                watchlists=tuple(self.watch),
            )
        )


class AlertParameters(FilterParameters):
    """A filter of alerts."""

    state: Literal["open", "new", "acknowledged", "closed", "all"] = param(
        "`open` means new or acknowledged.", "open"
    )
    verdict: Literal["relevant", "noise", "none"] | None = None
    starred: bool = param("Only alerts with a star.", False)
    tag: list[Text] = param("With any of these tags of your own.", [], max_length=20)
    assigned: list[Text] = param(
        "Assigned to these people; `me` is the name of your token.", [], max_length=20
    )
    suppressed: bool = param("Only alerts of which nobody was notified, copies included.", False)

    def filter(self, newsroom: Newsroom) -> Filter:
        """Return the filter; raises ApiProblem and UnknownNameError."""
        try:
            tags = tuple(map(clean_tag, self.tag))
        except ValueError as error:
            raise invalid("tag", str(error)) from None
        selected = FilterParameters.filter(self, newsroom)
        people = tuple(self.assigned)
        filter = with_decisions(selected, self.state, self.verdict, tags, people, self.starred)
        return newsroom.names.validate(replace(filter, silenced=True, suppressed=self.suppressed))


# --- answers --------------------------------------------------------------------------------------


SCHEMA_PREFIX = "#/components/schemas/"
"""How references to the schemas of rows begin in the schema of the API."""


class RowRouter(APIRouter):
    """A router of functions that return a row; the schema of an answer is that of the row's type.

    FastAPI would validate each answer, in another thread; mypy and tests check the type instead.
    """

    def __init__(self, *, tags: list[str]) -> None:
        super().__init__(tags=[*tags])
        self.rows: list[Any] = []

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        row = get_type_hints(endpoint)["return"]
        self.rows.append(row)
        answer = {"application/json": {"schema": {"$ref": SCHEMA_PREFIX + row.__name__}}}
        options |= {"response_model": None, "responses": {200: {"content": answer}}}
        super().add_api_route(path, _as_json(endpoint), **options)


def _as_json(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def answer(**arguments: Any) -> Any:
        return json_answer(endpoint(**arguments))

    return answer
