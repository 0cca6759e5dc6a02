"""The forms of English verbs and adjectives: regular ones by rule, irregular ones as a list."""

from __future__ import annotations

_IRREGULAR = """
be am is are was were been being|beat beaten|become became|begin began begun|bend bent|bet|bid|
bind bound|bite bit bitten|bleed bled|blow blew blown|break broke broken|breed bred|bring brought|
broadcast|build built|burn burnt burned|burst|buy bought|cast|catch caught|choose chose chosen|
cling clung|come came|cost|creep crept|cut|deal dealt|dig dug|do does did done|draw drew drawn|
dream dreamt dreamed|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|
feel felt|fight fought|find found|flee fled|fling flung|fly flew flown|forbid forbade forbidden|
forecast|foresee foresaw foreseen|forget forgot forgotten|forgive forgave forgiven|
freeze froze frozen|get got gotten|give gave given|go goes went gone|grind ground|grow grew grown|
hang hung hanged|have has had|hear heard|hide hid hidden|hit|hold held|hurt|keep kept|kneel knelt|
know knew known|lay laid|lead led|lean leant leaned|leap leapt leaped|learn learnt learned|
leave left|lend lent|let|lie lay lain lied lying|light lit lighted|lose lost|make made|mean meant|
meet met|mislead misled|mistake mistook mistaken|overcome overcame|overthrow overthrew overthrown|
pay paid|prove proved proven|put|quit|read|rebuild rebuilt|ride rode ridden|ring rang rung|
rise rose risen|run ran|say said|see saw seen|seek sought|sell sold|send sent|set|
shake shook shaken|shed|shine shone shined|shoot shot|show showed shown|shrink shrank shrunk|shut|
sing sang sung|sink sank sunk|sit sat|sleep slept|slide slid|speak spoke spoken|
speed sped speeded|spend spent|spill spilt spilled|spin spun|split|spread|spring sprang sprung|
stand stood|steal stole stolen|stick stuck|sting stung|strike struck stricken|strive strove striven|
swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken|teach taught|
tear tore torn|tell told|think thought|throw threw thrown|thrust|
undergo undergoes underwent undergone|
understand understood|undertake undertook undertaken|upset|wake woke woken|wear wore worn|
weave wove woven|weep wept|win won|wind wound|withdraw withdrew withdrawn|withhold withheld|
withstand withstood|write wrote written|rewrite rewrote rewritten|arise arose arisen|
awake awoke awoken|bear bore born borne|foretell foretold|outdo outdoes outdid outdone|
outsell outsold|oversee oversaw overseen|overtake overtook overtaken|resell resold|
retell retold|rerun reran|shave shaved shaven|sew sewed sewn|slay slew slain|sow sowed sown|
spit spat|swell swelled swollen|tread trod trodden|wet|wring wrung|die died dying|tie tied tying|
panic panicked panicking|traffic trafficked trafficking|mimic mimicked mimicking
"""
IRREGULAR = {
    verb: set(forms)
    for verb, *forms in (entry.split() for entry in _IRREGULAR.replace("\n", "").split("|"))
}
"""Past tense and participle of each irregular verb."""

_GRADABLE = frozenset(
    """
    big small great high low long short old young new late early fast slow hard soft strong weak
    rich poor wide broad deep close near large safe cheap dear clean clear dark light bright hot
    cold warm cool dry wet heavy easy happy angry busy dirty healthy wealthy noisy risky costly
    deadly ugly pretty few fair fine firm grave harsh keen kind loud mild nice odd pale plain quick
    quiet rare rough rude sad sharp sick simple smart smooth steep stiff strange strict sweet tall
    thick thin tight tiny tough true vast weird wild wise worthy lengthy narrow dense bold brave
    blue red black white green grey fresh fierce fit flat full hungry lucky mad pure raw ripe
    """.split()  # noqa: SIM905
)
_SUPPLETIVE = {
    "good": {"better", "best"}, "well": {"better", "best"}, "bad": {"worse", "worst"},
    "far": {"farther", "further"}, "much": {"more", "most"}, "many": {"more", "most"},
    "little": {"less", "least"},
}  # fmt: skip
IRREGULAR_PLURALS = {
    "life": {"lives"}, "wife": {"wives"}, "knife": {"knives"}, "leaf": {"leaves"},
    "thief": {"thieves"}, "wolf": {"wolves"}, "half": {"halves"}, "shelf": {"shelves"},
    "basis": {"bases"}, "axis": {"axes"}, "datum": {"data"}, "medium": {"media"},
    "crisis": {"crises"}, "analysis": {"analyses"}, "thesis": {"theses"}, "person": {"people"},
    "man": {"men"}, "woman": {"women"}, "child": {"children"}, "foot": {"feet"},
    "tooth": {"teeth"}, "mouse": {"mice"}, "goose": {"geese"}, "criterion": {"criteria"},
    "phenomenon": {"phenomena"}, "may": {"might"}, "can": {"could"}, "will": {"would"},
}  # fmt: skip
"""Plurals that are a form of another word too, and pasts of verbs that have no other form."""


def third_person(word: str) -> str:
    """Return the plural of a noun or the third person of a verb."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def gerund(verb: str, known: set[str]) -> set[str]:
    """Return the forms in -ing; both where only the stress tells whether a letter is doubled."""
    if verb.endswith("ie"):
        return {verb[:-2] + "ying"}
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return {verb[:-1] + "ing"}
    return {stem + "ing" for stem in _stems(verb, known)}


def past(verb: str, known: set[str]) -> set[str]:
    """Return the regular past."""
    if verb.endswith("e"):
        return {verb + "d"}
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return {verb[:-1] + "ied"}
    return {stem + "ed" for stem in _stems(verb, known)}


def _stems(verb: str, known: set[str]) -> set[str]:
    """Return the stem, its last letter doubled where the dictionary or the shape says so."""
    closed = len(verb) > 2 and verb[-1] not in "aeiouwxy" and verb[-2] in "aeiou"
    if not closed or verb[-3] in "aeiou":
        return {verb}
    doubled = verb + verb[-1]
    if verb in IRREGULAR and len(verb) > 4:
        return {verb, doubled}
    if len(verb) <= 4 or {doubled + "ed", doubled + "ing"} & known:
        return {verb, doubled} if len(verb) > 4 else {doubled}
    return {verb}


def comparatives(word: str) -> set[str]:
    """Return the comparative and the superlative of the adjectives that have any."""
    if word in _SUPPLETIVE:
        return _SUPPLETIVE[word]
    if word not in _GRADABLE:
        return set()
    if word.endswith("e"):
        return {word + "r", word + "st"}
    if word.endswith("y") and word[-2] not in "aeiou":
        return {word[:-1] + "ier", word[:-1] + "iest"}
    short = len(word) == 3 and word[-1] not in "aeiouwxy" and word[-2] in "aeiou"
    stem = word + word[-1] if short else word
    return {stem + "er", stem + "est"}
