"""Requests that the schema of the API allows, and others: no failure, no undocumented answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from support.api_server import Api, serving
from support.newsroom import Newsroom, until

from monitor.api.app import _encoded_schema, _make_schema
from monitor.model.analyst import Scope

if TYPE_CHECKING:
    from schemathesis import GenerationMode

pytestmark = pytest.mark.costly

EXAMPLES = 4
"""Requests of each kind to each path."""
ENDLESS = "/v1/alerts/stream"
"""A path whose answer does not end."""


def operations(api: Api, *, own_token: bool) -> Iterator[Any]:
    """Yield the paths.

    Args:
        api: The server.
        own_token: Whether requests get tokens of the test. If schemathesis made tokens that are
            not sent, it would hold each request for wrong, even one whose wrong value in the query
            is written as nothing, as an empty list is.
    """
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    config = SchemathesisConfig.from_dict(
        {
            "generation": {"with-security-parameters": not own_token},
            "checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}},
        }
    )
    schema = schemathesis.openapi.from_url(f"{api.url}/openapi.json", config=config)
    for operation in schema.get_all_operations():
        yield operation.ok()


def try_out(api: Api, operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Send requests to one path; raises an error for an answer that is not documented."""
    from schemathesis.specs.openapi import checks

    # These checks fail for queries with an error, and after too many wrong tokens.
    stricter = [checks.positive_data_acceptance, checks.ignored_auth]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def run(case: Any) -> None:
        case.call_and_validate(
            base_url=api.url, headers=headers, excluded_checks=stricter, timeout=20
        )

    run()


@pytest.mark.parametrize("named", ["positive", "negative"])
def test_every_path_answers_as_documented(api: Api, named: str) -> None:
    from schemathesis import GenerationMode

    mode, count = GenerationMode(named), 0
    for operation in operations(api, own_token=True):
        if operation.path == ENDLESS:
            continue
        takes_values = any(operation.iter_parameters()) or any(operation.body)
        if mode is GenerationMode.NEGATIVE and not takes_values:
            continue
        try_out(api, operation, mode, api.headers(Scope.ADMIN))
        count += 1
    assert count > 15


def test_every_path_answers_as_documented_without_a_token(api: Api) -> None:
    from schemathesis import GenerationMode

    for operation in operations(api, own_token=False):
        try_out(api, operation, GenerationMode.POSITIVE, {})


def test_others_are_answered_while_the_schema_is_made(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, went_on, make = threading.Event(), [], FastAPI.openapi

    def slowly(app: FastAPI) -> dict[str, Any]:
        went_on.append(go_on.wait(20))
        return make(app)

    monkeypatch.setattr(FastAPI, "openapi", slowly)
    api.server.app.openapi_schema = None
    _make_schema.cache_clear()
    _encoded_schema.cache_clear()
    with ThreadPoolExecutor() as http:
        schema = http.submit(api.client.get, "/openapi.json")
        until(lambda: not schema.running() or api.get("/status").status_code == 200)
        go_on.set()
        assert "403" in schema.result().json()["paths"]["/v1/status"]["get"]["responses"]
    assert went_on == [True]


def test_each_field_of_each_answer_says_what_it_is_or_has_a_plain_name(api: Api) -> None:
    schemas = api.client.get("/openapi.json").json()["components"]["schemas"]
    has_description = [
        "description" in field
        for name, schema in schemas.items()
        if name.endswith("Row")
        for field in schema["properties"].values()
    ]
    assert sum(has_description) / len(has_description) > 0.5
    assert all(schema.get("description") for name, schema in schemas.items() if name[-3:] == "Row")


def test_many_may_ask_for_the_schema_at_once(filled: Newsroom) -> None:
    with serving(filled.config, filled.data) as api, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: httpx.get(f"{api.url}/openapi.json"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
