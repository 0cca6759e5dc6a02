"""An archive in a cluster whose security plugin lets nobody do more than the documented role."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from support.fetch_client import certificate  # noqa: F401 (a fixture)
from support.newsroom import until
from support.opensearch_nodes import secured_node
from unit.index.test_archive import article

from index.archive import archive_engine, open_archive
from index.opensearch.address import ClusterAddress
from index.query.parser import parse_query

pytestmark = [pytest.mark.costly, pytest.mark.timeout(300)]

GUIDE = Path(__file__).parents[3] / "docs/how-to/share-a-newsroom.md"
ROLE = json.loads(
    re.findall(r"```json\n(.*?cluster_permissions.*?)```", GUIDE.read_text(), re.S)[0]
)
"""The role that the guide asks for."""
SECRET = "$2y$12$Yb/wwqVhtdpbEHNaXC6q0OPK50omHswiwlPaMzG2jhNt.l7aMtJzy"
"""What bcrypt makes of `secret`."""


def _method(number: int, kind: str, backend: str, **config: str) -> dict[str, object]:
    authenticator = {"type": kind, "challenge": kind == "basic", "config": config}
    how = {"http_authenticator": authenticator, "authentication_backend": {"type": backend}}
    return {"http_enabled": True, "order": number, **how}


@pytest.fixture(scope="module")
def cluster(certificate: tuple[ssl.SSLContext, Path]) -> Iterator[ClusterAddress]:  # noqa: F811
    """The address of an archive, for a user who has the role of the guide."""
    _context, file = certificate
    by_certificate = _method(0, "clientcert", "noop", username_attribute="cn")
    methods = {"certificate": by_certificate, "password": _method(1, "basic", "intern")}
    without_templates = {**ROLE, "cluster_permissions": ROLE["cluster_permissions"][:2]}
    files = {
        "config": {"config": {"dynamic": {"authc": methods}}},
        "roles": {"monitor": ROLE, "without_templates": without_templates},
        "roles_mapping": {
            "monitor": {"users": ["tocsin", "localhost"]},
            "without_templates": {"users": ["lea"]},
        },
        "internal_users": {name: {"hash": SECRET} for name in ("tocsin", "lea")},
        "action_groups": {},
        "tenants": {},
    }
    with secured_node(file, files) as node:
        url = f"https://localhost:{node.ports[0]}"
        address = ClusterAddress(urls=(url,), user="tocsin", password="secret", authority=str(file))
        until(lambda: "not initialized" not in str(archive_engine(address).survey()))
        yield address


def test_the_role_of_the_guide_allows_all_that_an_archive_needs(cluster: ClusterAddress) -> None:
    engine = archive_engine(cluster)
    assert engine.survey()[1] == []
    writer = engine.open_writer()
    writer.add([article(1, title="Alibaba"), article(2), article(3, title="Alibaba")])
    writer.remove([3])
    writer.compact()
    with engine.rebuild() as following:
        following.add([article(1, title="Alibaba"), article(2)])
    archive = open_archive(cluster)
    assert archive.article_count == 2
    assert archive.count(parse_query("Alib*")) == 1
    assert engine.size() > 0
    assert engine.replace().article_count == 0
    assert engine.survey()[1] == []


def test_a_certificate_signs_in(cluster: ClusterAddress, tmp_path: Path) -> None:
    file = Path(cluster.authority)
    both = tmp_path / "tocsin.pem"
    both.write_text(file.read_text() + file.with_name("key.pem").read_text())
    by_certificate = replace(cluster, user="", password="", certificate=str(both))
    assert archive_engine(by_certificate).survey()[1] == []


@pytest.mark.parametrize(
    ("user", "password", "index", "words"),
    [
        ("tocsin", "wrong", "tocsin", "user and password are not accepted"),
        ("", "", "tocsin", "user and password are not accepted"),
        ("lea", "secret", "tocsin", "no permissions for [indices:admin/index_template/put]"),
        ("tocsin", "secret", "elsewhere", "no permissions for [indices:admin/create"),
    ],
)
def test_what_a_user_may_not_is_said(
    cluster: ClusterAddress, user: str, password: str, index: str, words: str
) -> None:
    stranger = replace(cluster, user=user, password=password, index=index)
    (problem,) = archive_engine(stranger).survey()[1]
    assert words in problem
