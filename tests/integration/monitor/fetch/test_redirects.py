"""Redirects: what is followed, and where secrets stay."""

from __future__ import annotations

import pytest
from support.fetch_client import FEED, failing, get
from support.scripted_server import Reply, Web, redirect

from monitor.model.feed import RequestOptions, Secret


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ((301,), "/1"),
        ((308, 301), "/2"),
        ((301, 302, 301), "/1"),  # permanent up to the temporary one
        ((302,), None),
        ((302, 301), None),
        ((303,), None),
        ((307,), None),
    ],
)
def test_a_permanent_move_is_told(web: Web, statuses, moved_to):
    for hop, status in enumerate(statuses):
        web.on(f"/{hop}", redirect(f"{hop + 1}", status))  # relative
    web.on(f"/{len(statuses)}", Reply(body=FEED))
    fetched = get(web.url("/0"))
    assert fetched.url == web.url(f"/{len(statuses)}")
    assert fetched.moved_to == (moved_to and web.url(moved_to))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ({"/0": redirect("/0")}, "redirects to itself"),
        ({"/0": redirect("/1"), "/1": redirect("/0")}, "redirects in a circle"),
        ({f"/{n}": redirect(f"/{n + 1}") for n in range(12)}, "redirects more than 10 times"),
        ({"/0": Reply(302)}, "302 Found, without saying where to"),
        ({"/0": redirect("ftp://example.org/")}, "redirects to what is not http or https"),
        ({"/0": redirect("file:///etc/passwd")}, "redirects to what is not http or https"),
        ({"/0": redirect("javascript:alert(1)")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://[::1/")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://a.example:99999/")}, "redirects to what is not a valid port"),
        ({"/0": redirect("http://x" + "y" * 70 + ".é/")}, "redirects to what is not a valid URL"),
        ({"/0": redirect("http://xn--a.example/")}, "redirects to what is not a valid URL"),
    ],
)
def test_redirects_that_lead_nowhere(web: Web, script, reason):
    for path, reply in script.items():
        web.on(path, reply)
    assert failing(web.url("/0")).reason == reason
    assert len(web.requests) <= 11


def test_secrets_stay_with_the_origin_they_were_meant_for(web: Web):
    with Web() as other:
        web.on("/feed", redirect("/here"))
        web.on("/here", redirect(other.url("/there").replace("//", "//evil:twin@")))
        other.on("/there", redirect(web.url("/back")))
        web.on("/back", Reply(body=FEED))
        fetched = get(
            web.url("/feed").replace("//", "//me:s3cret@"),
            request_options=RequestOptions(headers=(("X-Api-Key", Secret("k3y")),)),
            etag=b'"1"',
        )
        (there,) = other.requests
    feed, here, back = web.requests
    for request in (feed, here, back):
        assert request.header("authorization") == b"Basic bWU6czNjcmV0"
        assert request.header("x-api-key") == b"k3y"
    assert {name for name, _ in there.headers} == {
        *("host", "user-agent", "accept", "accept-encoding", "if-none-match")
    }
    assert fetched.url == web.url("/back")
