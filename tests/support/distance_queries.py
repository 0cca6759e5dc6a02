"""Queries of distances within distances, and texts of the few words that they ask for."""

from __future__ import annotations

from hypothesis import strategies as st

TEXTS = st.lists(
    st.sampled_from(["aa", "bb", "cc", "dd", "x", "y", "aa-bb", "bb-cc"]), max_size=14
).map(" ".join)
WORDS = st.sampled_from(["aa", "bb", "cc", "dd", "aa", "bb", "aa-bb", "aa*", "*bb", '"aa bb"'])
LOOSE = st.sampled_from(["aa", "bb", "cc", "dd", "aa", "bb", "aa-bb", "aa*", "*bb"])
DISTANCES = st.sampled_from([1, 1, 2, 3, 5, 9])


@st.composite
def distances(draw: st.DrawFn, operands: st.SearchStrategy[str]) -> str:
    """Draw a NEAR, a W or a loose phrase."""
    distance = draw(DISTANCES)
    if draw(st.integers(0, 3)) == 0:
        words = draw(st.lists(LOOSE, min_size=2, max_size=5))
        return f'"{" ".join(words)}"~{distance}'
    operator = draw(st.sampled_from(["NEAR", "W"]))
    left, right = draw(operands), draw(operands)
    return f"({left} {operator}/{distance} {right})"


def choices(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        distances(operands), st.tuples(operands, operands).map(" OR ".join).map("({})".format)
    )


QUERIES = distances(st.recursive(WORDS, choices, max_leaves=4))
