"""Single terms, as watchlists have them."""

import pytest

from index.errors import QueryError
from index.query.ast import And, AtLeast, Facet, Mode, Near, Not, Or, Phrase, Score, Word
from index.query.parser import any_of


def told(node):
    """Return a tree on one line: & and | and !, =exact, ~stem, *wildcard, [phrase]."""
    match node:
        case Word():
            sign = {Mode.EXACT: f"={node.exact}", Mode.STEM: "~"}.get(node.mode, "")
            return (f"{node.part}:" if node.part else "") + node.term + sign
        case Phrase():
            return "[" + " ".join(map(told, node.children)) + "]"
        case Near():
            name = "W" if node.ordered else "N"
            return f"{name}{node.distance}({', '.join(map(told, node.children))})"
        case And():
            return "(" + " & ".join(map(told, node.children)) + ")"
        case Or():
            return "(" + " | ".join(map(told, node.children)) + ")"
        case Not():
            return "!" + told(node.child)
        case AtLeast():
            return f"{node.count}/{len(node.children)}({', '.join(map(told, node.children))})"
        case Score():
            weighed = (f"{weight:g}*{told(child)}" for weight, child in node.weighted)
            return f"{' + '.join(weighed)} >= {node.threshold:g}"
        case Facet():
            return f"<{node.name}={node.value}>"


@pytest.mark.parametrize(
    ("terms", "excluding", "tree"),
    [
        (["Alibaba"], [], "alibaba"),
        (["Alibaba Cave"], [], "[alibaba cave]"),
        (["a", "b c"], ["d", "e f"], "((a | [b c]) & !d & ![e f])"),
        (["[a] (b"], [], "[a b]"),
        (['"a'], [], "a"),
        (['"hub Liège"~5'], [], "N5(hub, liege)"),
        (["logisti*", "port~", "=Orange"], [], "(logisti* | port~ | orange=Orange)"),
        (["Où va Alibaba ?"], [], "[ou va alibaba]"),
    ],
)
def test_terms(terms, excluding, tree):
    assert told(any_of(terms, excluding).root) == tree


@pytest.mark.parametrize(
    ("term", "column", "words"),
    [
        ("[", 1, "no word"),
        ("  a OR b", 5, "OR in a term"),
        ("JUSTICE ET PAIX", 9, "write et"),
        ("title:x", 1, "write query:"),
        ("a b*", 3, "two letters"),
    ],
)
def test_refused_terms(term, column, words):
    with pytest.raises(QueryError, match=words) as error:
        any_of(["fine", term])
    assert error.value.position + 1 == column
