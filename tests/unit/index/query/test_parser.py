"""Tests of parsing queries, and of the messages about mistakes."""

import pytest
from hypothesis import given, strategies as st

from index.errors import QueryError
from index.query.ast import And, AtLeast, Facet, Mode, Near, Not, Or, Phrase, Score, Word, walk
from index.query.parser import any_of, combine, parse_query, score


def tree_text(node):
    """Return a tree on one line: & and | and !, =exact, ~stem, *wildcard, [phrase]."""
    match node:
        case Word():
            sign = {Mode.EXACT: f"={node.exact}", Mode.STEM: "~"}.get(node.mode, "")
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
    ("query", "tree"),
    [
        ("Alibaba", "alibaba"),
        ("a b OR c d", "((a & b) | (c & d))"),
        ("a OR b AND c", "(a | (b & c))"),
        ("(a OR b) c", "((a | b) & c)"),
        ("a ET b OU c SAUF d", "((a & b) | (c & !d))"),
        ("a PRÈS/5 b PRES/3 c", "N3(N5(a, b), c)"),
        ("a -b -(c OR d)", "(a & !b & !(c | d))"),
        ("a NOT NOT b", "(a & b)"),
        ("a NEAR/3 b c", "(N3(a, b) & c)"),
        ("a W/3 b NEAR/10 c", "N10(W3(a, b), c)"),
        ("a OR b NEAR/3 c", "(a | N3(b, c))"),
        ('"hub Liège"~5', "N5(hub, liege)"),
        ('"a b"~', "[a~ b~]"),
        ("plate-forme", "(plateforme | [plate forme])"),
        ('"la plate-forme"', "[la (plateforme | [plate forme])]"),
        ("jusqu'où x", "([jusqu ou] & x)"),
        ("12:30", "[12 30]"),
        ("https://x.org/a", "[https x org a]"),
        ("阿里", "[阿 里]"),
        ("US U.S. =us", "(us=US & us=US & us=)"),
        ("US-China", "[us=US china]"),
        ("AT&T", "(at&t=AT&T | [at=AT t=T])"),
        ('"SÛRETÉ DE L\'ÉTAT"', "[surete de etat]"),
        ("title:(a OR b) c", "((title:a | title:b) & c)"),
        ("title: a", "title:a"),
        ("Title:=Orange", "title:orange=Orange"),
        ('author:"Jean Dupont"', "[author:jean author:dupont]"),
        ("a lang:fr,en", "(a & (<lang=fr> | <lang=en>))"),
        ('feed:"Les Échos" -tag:sport', "(<feed=Les Échos> & !<tag=sport>)"),
        ("since:7d until:hier story:12", "(<since=7d> & <until=yesterday> & <story=12>)"),
        ("2 OF (a b, c OR d, 3,5)", "2/3((a & b), (c | d), 3.5)"),
        ("2 OF (a,b,(c,d))", "2/3(a, b, [c d])"),
        ("a, b; c.", "(a & b & c)"),
        ("de facto and or not", "(de & facto & and & or & not)"),
    ],
)  # fmt: skip
def test_reading(query, tree):
    assert tree_text(parse_query(query).root) == tree


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("", 1, "nothing to look for"),
        ("title:(a OR b", 7, "this bracket is never closed"),
        ("a (b (c)", 3, "this bracket is never closed"),
        ("a b)", 4, "this bracket was never opened"),
        ("a ()", 4, "a word is missing"),
        ('x "a b', 3, "this quote is never closed"),
        ("x “a b", 3, "curly quote “ is never closed"),
        ("a ”", 3, "curly quote ” was never opened"),
        ("a «b", 3, "curly quote « is never closed"),
        ("a AND", 3, "AND has nothing after it"),
        ("a AND OR b", 3, "AND has nothing after it"),
        ("OR b", 1, "OR has nothing before it"),
        ("(a OR) b", 4, "OR has nothing after it"),
        ("a NOT", 3, "NOT has nothing after it"),
        ("a NEAR/3", 3, "NEAR/3 has nothing after it"),
        ("W/3 a", 1, "W/3 has nothing before it"),
        ("a NEAR b", 3, "NEAR needs a number"),
        ("a near/3 b", 3, "NEAR needs a number"),
        ("a NEAR/0 b", 3, "out of range"),
        ("a NEAR/9999999999 b", 3, "out of range"),
        ("x titel:a", 3, "write title:"),
        ("before:7d", 1, "write until:"),
        ("title:", 1, "title: has nothing after it"),
        ("x lang:", 3, "lang: has no value"),
        ("lang:french", 1, "two letters"),
        ("since:soon", 1, "write 2023"),
        ("since:2023-13", 1, "write 2023"),
        ("story:x", 1, "a story is a number"),
        ("severity:loud", 1, "one of high, medium, low"),
        ("title:(a body:b)", 10, "body: inside title:"),
        ("x a*", 3, "two letters"),
        ("*", 1, "holds no word"),
        ("阿里*", 1, "each CJK character is a word"),
        ("Où va-t-il?", 11, "a question mark is left out"),
        ("=Ora*", 1, "two things at once"),
        ("=Orange~", 1, "two things at once"),
        ("a port~5", 7, "follows no quoted words"),
        ('"hub"~5', 1, "two words or more"),
        ("a ... b", 3, "holds no word"),
        ("a & b", 3, "write AND"),
        ("a || b", 3, "write OR"),
        ("a - b", 3, "write NOT"),
        ("a –b", 3, "no minus sign"),
        ("a !b", 3, "no minus sign"),
        ('""', 2, "no word"),
        ("NOT a", 1, "only says what must not be there"),
        ("-a -b", 1, "only says what must not be there"),
        ("a OR NOT b", 6, "matches nearly everything"),
        ("2 OF (a, NOT b, c)", 10, "matches nearly everything"),
        ("3 OF (a, b)", 1, "3 of 2 can never be there"),
        ("2 OF (a b~ c)", 1, "commas are missing: write 2 OF (a, b~, c)"),
        ("0 OF (a, b)", 1, "a number from 1"),
        pytest.param("9" * 5_000 + " OF (a, b)", 1, "this number is out of range", id="9…9 OF"),
        pytest.param(f"a NEAR/{'9' * 5_000} b", 3, "out of range", id="NEAR/9…9"),
        pytest.param(f'"a b"~{"9" * 5_000}', 6, "out of range", id="~9…9"),
        pytest.param(f"a since:{'9' * 5_000}d", 3, "is not understood", id="since:9…9d"),
        pytest.param(f"a story:{'9' * 5_000}", 3, "a story is a number", id="story:9…9"),
        ("2 OF (a, A)", 1, "the same twice"),
        ("2 OF a", 1, "OF needs a list"),
        ("a b -A", 5, "contradicts"),
        ("a -(a OR b)", 3, "contradicts"),
        ("lang:fr lang:en", 9, "two languages"),
        ("a NEAR/3 (b c)", 11, "can be near something"),
        ("a NEAR/3 lang:fr", 10, "can be near something"),
        ("title:a NEAR/3 body:b", 1, "never near"),
        ("(" * 10_000, 51, "too deep"),
        ("title:" * 10_000 + "a", 295, "too deep"),
        ("NOT " * 9_999 + "a", 201, "too deep"),
        (" NEAR/2 ".join("a" * 100), 147, "too many NEAR"),
    ],
)
def test_refusals(query, column, words):
    with pytest.raises(QueryError) as error:
        parse_query(query)
    assert words in str(error.value)
    assert error.value.position + 1 == column


def test_a_query_has_a_thousand_distances_at_most():
    clauses = [f"a{number} NEAR/2 b" for number in range(1_000)]
    parse_query(" OR ".join(clauses))
    with pytest.raises(QueryError, match="at most 1,000") as error:
        parse_query(" OR ".join([*clauses, '"a b"~5']))
    assert error.value.position == len(" OR ".join(clauses)) + len(" OR ")


@pytest.mark.parametrize("name", ["since:7d", "until:2023", "watch:x", "story:1", "severity:high"])
def test_watchlists_take_no_archive_filter(name):
    parse_query(f"a {name}")
    with pytest.raises(QueryError, match="searches only"):
        parse_query(f"a {name}", allow_archive_filters=False)


@given(
    st.text(st.sampled_from("ab AND OR NOT NEAR/2 OF (),:\"“”~*?=-title:lang:fr'’é"), max_size=40)
)
def test_any_text_is_read_or_refused_at_a_column_of_it(text):
    try:
        tree = parse_query(text).root
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        return
    for node in walk(tree):
        assert 0 <= node.column <= len(text)
        assert node.text in text
    assert hash(parse_query(text)) == hash(parse_query(text))


def test_ten_thousand_words_are_no_problem():
    assert len(parse_query(" OR ".join(f"w{n}" for n in range(10_000))).root.children) == 10_000


def test_scores():
    assert tree_text(score({"a": 10, "b*c": 3, "d": -5}, 12).root) == "10*a + 3*b*c + -5*d >= 12"
    with pytest.raises(QueryError, match="less than the threshold"):
        score({"a": 10, "b": -20}, 12)
    with pytest.raises(QueryError, match="above zero"):
        score({"a": 10}, 0)


def test_combining():
    combined = combine(any_of(["a", "b"]), parse_query("lang:fr"))
    assert tree_text(combined.root) == "((a | b) & <lang=fr>)"
    assert tree_text(parse_query(combined.text).root) == tree_text(combined.root)


def test_what_was_written_does_not_count_in_comparisons():
    assert parse_query("Liège").root == parse_query("  liege").root
    assert parse_query("=Liège").root != parse_query("=Liege").root


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("Liège AND", "col. 7 : il n’y a rien après AND (pour le mot : \"and\")"),
        ("(Liège", "col. 1 : cette parenthèse n’est jamais fermée (fermez-la avec `)`)"),
        ("titel:grève", "col. 1 : il n’y a pas de champ `titel:` (écrivez `titre:`, ou mettez des"
                        " guillemets : `\"titel: ...\"`)"),
        ("titre:a corps:", "col. 9 : il n’y a rien après `corps:` (écrivez corps:mot)"),
        ("langue:français", "col. 1 : langue:français n’est pas compris (deux lettres comme dans"
                            " langue:fr, ou langue:und pour une langue indéterminée)"),
        ("3 OF (a, b)", "col. 1 : 3 sur 2, c’est impossible"),
        ("-Liège", "col. 1 : ceci ne dit que ce qui ne doit pas y être (ajoutez ce qui doit y"
                   " être)"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_french(query: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        parse_query(query)
    assert str(error.value).replace("\N{NO-BREAK SPACE}", " ") == message
