"""Tests of single terms, as watchlists have them."""

import pytest

from index.errors import QueryError
from index.query.ast import And, AtLeast, Facet, Mode, Near, Not, Or, Phrase, Score, Word
from index.query.parser import any_of


def tree_text(node):
    """Return a tree on one line: & and | and !, =exact, ^acronym, ~stem, *wildcard, [phrase]."""
    match node:
        case Word():
            acronym = f"^{node.exact}"
            sign = {Mode.EXACT: f"={node.exact}", Mode.STEM: "~", Mode.ACRONYM: acronym}.get(
                node.mode, ""
            )
            return (f"{node.part}:" if node.part else "") + node.term + sign
        case Phrase():
            return "[" + " ".join(map(tree_text, node.children)) + "]"
        case Near():
            name = "W" if node.ordered else "N"
            return f"{name}{node.distance}({', '.join(map(tree_text, node.children))})"
        case And():
            return "(" + " & ".join(map(tree_text, node.children)) + ")"
        case Or():
            return "(" + " | ".join(map(tree_text, node.children)) + ")"
        case Not():
            return "!" + tree_text(node.child)
        case AtLeast():
            return f"{node.count}/{len(node.children)}({', '.join(map(tree_text, node.children))})"
        case Score():
            weighted_texts = (f"{weight:g}*{tree_text(child)}" for weight, child in node.weighted)
            return f"{' + '.join(weighted_texts)} >= {node.threshold:g}"
        case Facet():
            return f"<{node.name}={node.value}>"


@pytest.mark.parametrize(
    ("terms", "tree"),
    [
        (["Alibaba"], "alibaba"),
        (["Alibaba Cave"], "[alibaba cave]"),
        (["a", "b c"], "(a | [b c])"),
        (["[a] (b"], "[a b]"),
        (["Société Générale (SG)"], "[societe generale sg=SG]"),
        (["(re)voir Paris"], "[re voir paris]"),
        (["Johnson & Johnson"], "[johnson johnson]"),
        (["Canal + Sport"], "[canal sport]"),
        (["NEAR Protocol"], "[near^NEAR protocol]"),
        (["le titre: un"], "[le titre un]"),
        (["24/7", "N/A", "/r/Liège/"], "([24 7] | [n a] | [r liege])"),
        (['"hub NEAR/5 Liège"'], "[hub (near5 | [near^NEAR 5]) liege]"),
        (['"a'], "a"),
        (['"hub Liège"~5'], "N5(hub, liege)"),
        (["logisti*", "port~", "=Orange"], "(logisti* | port~ | orange=Orange)"),
        (["Où va Alibaba ?"], "[ou va alibaba]"),
        (["AK-47", "A-10"], "((ak47 | [ak^AK 47]) | a10)"),
        (["CAC 40", "F16"], "([(cac40 | [cac^CAC 40])] | f16)"),
        (["B. B. King"], "[(bb^BB | [b^B b^B]) king]"),
        (["J. D."], "(jd^JD | [j^J d^D])"),
        (["plan J. D."], "[plan (jd^JD | [j^J d^D])]"),
        (["plan J.D."], "[plan jd=JD]"),
        (
            ["BIOTECHNIQUE", "Cyberpéril~"],
            "((biotechnique | [bio technique]) | (cyberperil~ | [cyber peril~]))",
        ),
        (["JD Vance"], "[(jd=JD | [j^J d^D]) vance]"),
    ],
)
def test_terms(terms, tree):
    assert tree_text(any_of(terms).root) == tree


@pytest.mark.parametrize(
    ("term", "column", "words"),
    [
        ("[", 1, "no word"),
        ("  a OR b", 5, "OR in a term"),
        ("JUSTICE ET PAIX", 9, "write et"),
        ("title:x", 1, "write `query:`"),
        (" Title: x", 2, "title: in a term"),
        ("port Title:x", 6, "Title: in a term"),
        ("port title:x", 6, "title: in a term.*write `query:`"),
        ("hub NEAR/5 Liège", 5, "NEAR/5 in a term.*write `query:`"),
        ("hub near/5 Liège", 5, "near/5 in a term"),
        ("hub NEAR/ Liège", 5, "NEAR/ in a term"),
        ("NEAR(hub Liège, 5)", 1, r"NEAR\( in a term"),
        (" hub W/3 Liège", 6, "W/3 in a term"),
        ("2 OF (hub, port, Liège)", 1, r"2 OF \( in a term"),
        ("hub 2 OF(port, Liège)", 5, r"2 OF\( in a term"),
        ("(x)", 1, "brackets in a term.*write `query:`"),
        ("(hub port) Liège", 1, "brackets in a term"),
        ('"(x)"', 2, "brackets in a term"),
        ('"hub" "Liège"', 7, "several quotations in a term"),
        ('"hub" NEAR/5 "Liège"', 7, "NEAR/5 in a term"),
        ("hub | port", 5, r"\| in a term"),
        ("hub && port", 5, "&& in a term"),
        ("NOT hub", 1, "NOT in a term"),
        ("Alibaba -grève", 9, "- in a term"),
        ("/alibab(a|o)/", 1, "no regular expressions.*write words"),
        (" /Alibaba/i", 2, "no regular expressions"),
        ("/Alibaba hub/", 1, "no regular expressions"),
        ("a b*", 3, "two letters"),
    ],
)
def test_refused_terms(term, column, words):
    with pytest.raises(QueryError, match=words) as error:
        any_of(["fine", term])
    assert error.value.position + 1 == column
