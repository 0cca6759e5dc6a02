"""The page of the API is whole, and loads nothing from elsewhere."""

from __future__ import annotations

import pytest
from support.html_pages import Browser

pytestmark = pytest.mark.costly


def test_the_page_of_the_api_has_every_path_with_its_values(stranger: Browser) -> None:
    page, schema = stranger.get("/docs"), stranger.client.get("/openapi.json").json()
    assert page.status == 200 and len(schema["paths"]) > 15
    sections = {node.xpath("string(h2)"): node for node in page.tree.xpath("//section")}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            text = sections[f"{method.upper()} {path}"].text_content()
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                names.append(content["schema"]["$ref"].rpartition("/")[2])
            assert not [name for name in names if name not in text], path
            assert " ".join(operation["description"].replace("`", "").split()) in " ".join(
                text.split()
            )
    for name, row in schema["components"]["schemas"].items():
        fields = page.tree.xpath(f"//section[@id='{name}']//tr/th/code/text()")
        assert fields == [*row.get("properties", ())], name


def test_the_page_of_the_api_needs_nobody_else(stranger: Browser) -> None:
    page = stranger.get("/docs")
    assert not page.tree.xpath("//script | //img | //@style")
    assert page.tree.xpath("//link/@href | //@src") == ["/page.css"]
    targets = {f"#{id}" for id in page.tree.xpath("//@id")}
    local = [link for link in page.links() if link.startswith("#")]
    assert len(local) > 50 and targets.issuperset(local)
    assert all(link.startswith(("#", "/")) for link in page.links())
