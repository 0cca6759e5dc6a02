"""The filters of a query."""

import pytest

from index.query.ast import Facet
from index.query.filters import names, passes, selects


@pytest.mark.parametrize(
    ("selector", "does"),
    [
        ("lesechos", True), ("Les Échos", True), ("LES-ÉCHOS", True), ("echos", False),
        ("lesechos.fr", True), ("www.lesechos.fr", True), ("services.lesechos.fr", True),
        ("echos.fr", False), ("fr", False), ("tag:Belgique", True), ("tag:sport", False),
        ("tag:", False),
    ],
)  # fmt: skip
def test_selecting_feeds(selector, does):
    assert selects(selector, "Les Échos", "services.lesechos.fr", ("belgique",)) is does
    if not selector.startswith("tag:"):
        assert names(selector, "Les Échos", "services.lesechos.fr") is does


@pytest.mark.parametrize(
    ("facet", "lang", "does"),
    [
        (Facet("lang", "fr"), "fr", True), (Facet("lang", "fr"), "en", False),
        (Facet("lang", "fr"), "", False), (Facet("lang", "und"), "", True),
        (Facet("feed", "x"), "", True), (Facet("tag", "t"), "", True),
        (Facet("tag", "u"), "", False),
    ],
)  # fmt: skip
def test_filters(facet, lang, does):
    assert passes(facet, lang=lang, name="X", host="x.org", tags=("t",)) is does
