"""The keys of `feeds.yaml`: of watchlists, alerts, the archive, and of the whole file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from index.query.lexer import CONCEPT_TERM
from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _, mark, mark_all
from monitor.config import kinds, tables
from monitor.config.delivery_keys import BriefingKeys, ChannelKeys, RouteKeys
from monitor.config.feed_keys import DefaultsKeys, FeedKeys, HostKeys, TagKeys
from monitor.config.location import DEFAULT_DATA
from monitor.config.tables import (
    DECIMAL,
    YES_OR_NO,
    Place,
    Schema,
    Table,
    either,
    listed,
    named,
    one_of,
    several,
    table,
)
from monitor.config.yaml_nodes import MappingNode, Node, SequenceNode
from monitor.model.config import SavedSearch
from monitor.model.watchlist import Severity


class SearchKeys(Table):
    """A saved search of the archive."""

    (noun,) = mark_all("this", "search")

    name = kinds.NAME.required(
        "Name of the search, for `tocsin search @NAME`.", examples=["Liège this week"]
    )
    query = kinds.SEARCH_QUERY.required(
        "The query. It may contain every filter, as `since:7d` and `has:alert`.",
        examples=["(Liège OR Bierset) since:7d"],
    )
    sort = kinds.ORDER.key(
        "`date` puts the newest article first, `score` the most relevant.", default="date"
    )

    def search(self) -> SavedSearch:
        """Return the search that the mapping describes."""
        return SavedSearch(name=self.name, query=self.query, sort=self.sort)


class ArchiveKeys(Table):
    """Where the archive is, what it keeps, for how long, and whether articles get vectors."""

    keep = kinds.AGE.optional(
        "How long an article is kept after it was first seen, as 3y, 18mo, 90d."
        " Without it, for ever."
    )
    except_ = kinds.SPARED.key(
        "What is kept whatever its age: `has:alert`, `watch:NAME`, `tag:NAME`, `feed:NAME`."
    )
    drop_alerts = YES_OR_NO.key(
        "`true` also deletes articles with alerts, and these, but no starred alert."
    )
    vectors = YES_OR_NO.key(
        "`false` makes no vectors: articles are linked by names only. Vectors need the extra"
        " `stories`, and processor time for each article.",
        default=True,
    )
    opensearch = kinds.NODES.key(
        "Addresses of nodes of OpenSearch, or of what stands before them, where the archive is."
        " Needs the extra `opensearch`.",
        examples=["https://search.example:9200"],
    )
    index = kinds.INDEX.key(
        "Name of the archive in OpenSearch; all its indices begin with it.", default="tocsin"
    )
    user = kinds.SECRET.key("User name in OpenSearch, or `env:NAME` or `file:PATH`.")
    password = kinds.SECRET.key("Password in OpenSearch.", examples=["env:SEARCH_PASSWORD"])
    authority = kinds.FOLDER.key(
        "File with the certificates to trust; without it, those of this machine."
    )
    certificate = kinds.FOLDER.key("File with the certificate to sign in with, and its key.")


# --- alerts and watchlists ------------------------------------------------------------


class EscalateKeys(Table):
    """When an alert is escalated. `false` means never."""

    bare: ClassVar = {"const": False}

    outlets = kinds.OUTLETS.optional(
        "Escalate when so many independent outlets have the story; `false` never. Without it, 5."
    )
    languages = YES_OR_NO.optional(
        "Escalate when the story crosses from French to English, or back. Without it, `true`."
    )
    to = kinds.SEVERITY.optional(
        "Severity after the escalation. Without it, one level higher. It is never lowered."
    )

    @classmethod
    def from_node(cls, node: Node, place: Place) -> Self | None:
        """Return the conditions of an escalation; `false` is never."""
        if node.plain() is False:
            return cls(outlets=0, languages=False)
        return super().from_node(node, place)


class AlertsKeys(Table):
    """Settings of all watchlists. Settings of the watchlist itself have precedence."""

    escalate = table(EscalateKeys).optional(
        "When an alert becomes more severe. `false` means never."
    )
    cooldown = kinds.DURATION.optional(
        "Time after an alert, from 1s to 1d, in which further ones are listed, but not sent.",
        examples=["30m"],
    )
    backfill = kinds.BACKFILL.optional(
        "Alerts about articles from before the watchlist or the feed was watched: `notify` sends"
        " them; `list`, which is usual, only lists them."
    )
    unusual = YES_OR_NO.optional(
        "Whether an alert is raised when far more stories match than is usual at this time, or none"
        " any more. Without it, `true`."
    )
    notify = kinds.TEXTS.optional(
        "Channels that receive alerts; `[]` means none. Without it, the routes decide; without"
        " routes, every channel.",
        examples=[["desk"]],
    )


QUERY_KEYS = ("terms", "query", "score")
"""The keys of the rule of a watchlist, which has one of them."""
NOTHING = mark("nothing to watch for; give it `terms`, a `query` or a `score`")


class QueryKeys(Table):
    """Keys that only a watchlist has."""

    name = kinds.NAME.key("Name of the watchlist. Without it, its only term.")
    terms = kinds.TEXTS.key(
        "Terms. Any of them raises an alert.",
        examples=[["Alibaba", "Cainiao", "阿里巴巴"]],
    )
    query = kinds.WATCHLIST_QUERY.optional(
        'A query, as in `tocsin search`: AND, OR, NOT, "a phrase", a NEAR/10 b, word~.',
        examples=["espionnage~ AND (Liège OR belge~)"],
    )
    score = kinds.WEIGHTS.key(
        "Terms with weights. An article raises an alert when those of its terms add up to"
        " `threshold`.",
        examples=[{"ransomware": 10, "logisti*": 3, "exercise": -5}],
    )
    threshold = DECIMAL.optional("Sum of weights from which an alert is raised.")
    not_ = kinds.TEXTS.key(
        "Exclusions: an article with one of these terms, or selected by `feed:NAME`, `tag:NAME` or"
        " `lang:CODE`, raises no alert.",
        examples=[["Alibaba Cave", "feed:Le Soir"]],
    )
    severity = kinds.SEVERITY.key("Severity of its alerts.", default=Severity.MEDIUM)
    lang = kinds.LANGUAGE_CODES.key(
        "Only articles in these languages, or whose language is unknown. Without it, all."
    )
    feeds = kinds.TEXTS.key(
        "Only feeds with these names or tags. Without it, all feeds.",
        examples=[["tag:belgique", "lesechos"]],
    )
    match = kinds.TEXTS.key(
        "Sentences that must match: its tests.",
        examples=[["La sûreté belge soupçonne un espionnage à Liège"]],
    )
    no_match = kinds.TEXTS.key(
        "Sentences that must not match: its tests.",
        examples=[["Le film d'espionnage de la semaine"]],
    )


class WatchlistKeys(AlertsKeys, QueryKeys):
    """A watchlist: one term alone, or a mapping with `terms`, `query` or `score`."""

    short = "terms"
    needs: ClassVar = {
        "oneOf": [
            {"required": ["terms"]},
            {"required": ["query", "name"]},
            {"required": ["score", "threshold", "name"]},
        ]
    }

    @property
    def title(self) -> str:
        """The name, the only term or concept without one; empty without both."""
        only = on_one_line(self.terms[0]) if len(self.terms) == 1 else ""
        concept = CONCEPT_TERM.match(only)
        return self.name or (concept[1].strip('" ') if concept else only)

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield problems: none or two of `QUERY_KEYS`, a threshold without a score, no name."""
        keys = {pair.key.text: pair.key.start for pair in node.pairs}
        yield from one_of(QUERY_KEYS, node, _(NOTHING))
        if "score" in keys and "threshold" not in keys:
            yield keys["score"], _("a `score` needs a `threshold`")
        if "threshold" in keys and "score" not in keys:
            yield keys["threshold"], _("a `threshold` needs a `score`")
        terms = node.get("terms")
        has_several = terms and isinstance(terms.value, SequenceNode) and len(terms.value.nodes) > 1
        if "name" not in keys and (has_several or "query" in keys or "score" in keys):
            yield node.start, _("a watchlist of more than one term needs a `name`")


# --- the file -------------------------------------------------------------------------


class NetworkKeys(Table):
    """Which networks are allowed, and how tocsin identifies itself."""

    allow = kinds.NETWORKS.key(
        "Private networks to which tocsin may connect, and to no other.",
        examples=[["192.168.0.0/16"]],
    )
    contact = kinds.CONTACT.key(
        "Mail or web address at which publishers can reach you, sent with each request.",
        examples=["watch@example.org"],
    )
    metrics = kinds.LISTENING.optional(
        "Address and port of the metrics for Prometheus, from the next start of the monitor.",
        examples=["127.0.0.1:9464"],
    )


class ApiKeys(Table):
    """Where people reach the pages of `tocsin api`."""

    url = kinds.PAGES.key(
        "Address at which your readers open the pages of `tocsin api`. Messages, briefings and Atom"
        " feeds then also link to the page of each alert.",
        examples=["https://news.example.org"],
    )


class ConceptKeys(Table):
    """A thing with several names, for `concept:NAME` in terms, queries and searches."""

    names = kinds.TEXTS.key(
        "Its names, as terms: words or words in order, with `=`, `~` and `*`, or `concept:NAME`."
        " Without them, the name of the concept.",
        examples=[["Alibaba", "阿里巴巴"]],
    )
    also = kinds.TEXTS.key(
        "What belongs to it: brands, subsidiaries.", examples=[["Taobao", "AliExpress"]]
    )
    not_ = kinds.TEXTS.key(
        "Terms whose places are no occurrence of it. Elsewhere in an article it still counts.",
        examples=[["Ali Baba"]],
    )
    with_ = kinds.TEXTS.key(
        "Terms that tell it from namesakes: an occurrence with none of them within 50 words, or in"
        " the title, is marked as perhaps one.",
        examples=[["Hangzhou", "Jack Ma"]],
    )
    note = kinds.NOTE.key("For those who read the file.")


CONCEPTS = named(kinds.NAME, table(ConceptKeys))


class FileKeys(Table):
    """One newsroom: its feeds, its watchlists, and how alerts are delivered."""

    needs: ClassVar = {"required": ["feeds", "watchlists"]}

    feeds = listed(table(FeedKeys)).key("The feeds to poll.")
    watchlists = listed(table(WatchlistKeys)).key("The watchlists. `[]` only fills the archive.")
    concepts = either(kinds.FOLDER, CONCEPTS).key(
        "Things with several names, by a name of each, for `concept:NAME` in terms and queries; or"
        " the file that has them, without `concepts:`.",
        examples=[{"Alibaba": {"names": ["Alibaba", "阿里巴巴"], "not": ["Ali Baba"]}}],
    )
    searches = listed(table(SearchKeys, SearchKeys.search)).key(
        "Saved searches, for `tocsin search @NAME`."
    )
    defaults = table(DefaultsKeys).key()
    tags = named(kinds.TAG, table(TagKeys)).key(
        "Settings of all feeds with a tag. Those of the feed and of its host have precedence.",
        examples=[{"belgique": {"every": "5m", "full_text": True}}],
    )
    hosts = named(kinds.SERVER, table(HostKeys)).key(
        "Settings of all feeds of a host, as credentials. Those of the feed have precedence. A host"
        " alone stands for `https`; write `http://HOST` for `http`.",
        examples=[{"journal.example": {"auth": {"user": "me", "password": "env:JOURNAL"}}}],
    )
    channels = listed(table(ChannelKeys)).key("Where alerts are sent.")
    routes = listed(table(RouteKeys)).key(
        "Which alerts go to which channels. The first route whose conditions hold decides. Without"
        " such a route, an alert goes to the channels under `alerts.notify`, else to all channels."
    )
    briefing = several(table(BriefingKeys)).key(
        "A briefing that is sent at fixed times; a list for several.",
        examples=[{"at": "07:00", "days": "mon-fri", "to": "desk"}],
    )
    language = kinds.MESSAGE_LANGUAGE.key(
        "Language of messages, help, dashboard and briefings. Without it, that of the machine's"
        " locale. `TOCSIN_LANGUAGE` has precedence."
    )
    zone = kinds.ZONE.optional(
        "Time zone of quiet hours, digests, briefings and messages. Without it, that of the"
        " machine.",
        examples=["Europe/Brussels"],
    )
    alerts = table(AlertsKeys).key()
    network = table(NetworkKeys).key()
    api = table(ApiKeys).key()
    archive = table(ArchiveKeys).key()
    data = kinds.FOLDER.key(
        "Data folder. A relative path starts at the folder of `feeds.yaml`.",
        examples=["~/newsroom"],
        default=DEFAULT_DATA,
    )
    store = kinds.STORE.key(
        "Address of a PostgreSQL that several machines share, in place of the store in the data"
        " folder. Its password comes from the environment (`TOCSIN_STORE`, `PGPASSWORD`) or from"
        " `~/.pgpass`. Needs the extra `postgresql`.",
        examples=["postgresql://tocsin@db.example.org/newsroom"],
    )


def json_schema() -> Schema:
    """Return the JSON Schema of `feeds.yaml`, by which editors complete and explain its keys."""
    return tables.json_schema(FileKeys, "feeds.yaml of tocsin")  # not a message
