"""The keys of feeds in `feeds.yaml`: of one feed, of a host, of a tag, of all feeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from monitor.base.translation import gettext as _, mark_all, pgettext
from monitor.config import kinds
from monitor.config.kinds import HARMLESS
from monitor.config.tables import YES_OR_NO, Table, one_of, table
from monitor.config.yaml_nodes import MappingNode
from monitor.model.feed import Selectors, SourceKind

SELECTORS = Selectors.__struct_fields__
"""The keys of a page."""


class AuthKeys(Table):
    """Credentials: a user with a password, or a token."""

    needs: ClassVar = {"oneOf": [{"required": ["user", "password"]}, {"required": ["bearer"]}]}

    user = kinds.SECRET.key("User name (HTTP Basic).")
    password = kinds.SECRET.key(
        "Password of the user, as `env:NAME` or `file:PATH`.", examples=["env:LE_JOURNAL_PASSWORD"]
    )
    bearer = kinds.SECRET.key(
        "A token, instead of user and password, as `env:NAME` or `file:PATH`.",
        examples=["file:~/.secrets/wire"],
    )

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield a problem unless it is a user with a password, or a token."""
        present = {pair.key.text for pair in node.pairs}
        missing = [key for key in ("user", "password") if key not in present]
        if "bearer" in present and len(missing) < 2:
            yield node.start, _("`auth` has a `bearer` or a `user`, not both")
        elif "bearer" not in present and len(missing) == 2:
            yield node.start, _("`auth` needs a `user` and a `password`, or a `bearer`")
        elif "bearer" not in present and missing and present <= cls.keys.keys():
            yield node.start, _("this `auth` has no `{key}`", key=missing[0])


class SettingsKeys(Table):
    """Settings of one feed, of a host, of all feeds with a tag, or of all feeds."""

    every = kinds.DURATION.optional(
        "Time between two polls, from 1m (under `network.allow` from 1s) to 1d. Without it, 15m,"
        " or less for a feed that moves fast."
    )
    full_text = YES_OR_NO.optional(
        "Also read the page of each new article, if `robots.txt` allows it, and match its text."
        " Needs the extra `fulltext`."
    )
    lang = kinds.LANGUAGE_CODE.key(
        "Language of the feed. Without it, that of each article is detected."
    )
    witness = YES_OR_NO.optional(
        "Compare the feeds of a site with its sitemap of news, and bring the articles that they"
        " never showed. Without it, where the host has a registered name."
    )
    user_agent = kinds.AGENT.key("The header `User-Agent`, instead of `tocsin/…`.")
    proxy = kinds.PROXY.key(
        "HTTP proxy, as `http://host:3128`, `env:NAME` or `file:PATH`. `none` means no proxy."
    )
    timeout = kinds.TIMEOUT.optional(
        "How long an answer may take, from 1s to 5m. Without it, 30s.", examples=["90s"]
    )
    encoding = kinds.ENCODING.key(
        "Encoding of the document, whatever it declares. Without it, it is detected.",
        examples=["windows-1252"],
    )
    headers: dict[str, str]
    """Headers of the request, by name."""


class AddressKeys(Table):
    """Keys that only a feed has."""

    url = kinds.URL.key(
        "Address of the feed: RSS, RDF, Atom or JSON Feed.",
        examples=["https://www.lemonde.fr/rss/une.xml"],
    )
    sitemap = kinds.URL.key(
        "Address of a sitemap of news, or of an index of sitemaps, instead of `url`.",
        examples=["https://journal.example/sitemap-news.xml"],
    )
    page = kinds.URL.key(
        "Address of a page that lists articles, instead of `url`. Needs `item` and the extra"
        " `pages`. `tocsin feeds add URL --like HEADLINE` proposes the selectors.",
        examples=["https://ministere.example/actualites"],
    )
    item = kinds.SELECTOR.key(
        "Selector of CSS of each article on a `page`.", examples=["article.actu"]
    )
    title = kinds.SELECTOR.key(
        "Its headline, within the item. Without it, the text of the link.", examples=["h3"]
    )
    link = kinds.SELECTOR.key("Its link. Without it, the first one.", examples=["h3 a"])
    date = kinds.SELECTOR.key("Its date. Without it, an element `time`.", examples=["span.date"])
    summary = kinds.SELECTOR.key("Its summary.", examples=["p.chapeau"])
    mailbox = kinds.MAILBOX.key(
        "Folder of mails, instead of `url`, as `imaps://user@host/Folder`. It is only read.",
        examples=["imaps://press%40desk.example@mail.desk.example/Newsletters"],
    )
    password = kinds.SECRET.key(
        "Password of the mailbox, as `env:NAME` or `file:PATH`.",
        examples=["env:PRESS_MAIL_PASSWORD"],
    )
    since = kinds.DAY.key(
        "Day from which mails are read. Without it, the newest ones.", examples=["2026-11-01"]
    )
    split = kinds.SPLIT.key(
        "`links` makes each headline of a mail that lists links an article.", examples=["links"]
    )
    name = kinds.NAME.key("Name of the feed. Without it, the host of its address.")
    tags = kinds.TAGS.key(
        "Words that group feeds: `tag:belgique` selects them.",
        examples=[["belgique", "presse"]],
    )
    enabled = YES_OR_NO.key("`false` pauses the feed. Its articles are kept.", default=True)


class SecretsKeys(SettingsKeys):
    """Settings with secrets, which are known to be sent to one host only."""

    headers = kinds.HEADERS.key(
        "Headers of the request, for the host of the feed only. A value may be `env:NAME` or"
        " `file:PATH`.",
        examples=[{"Cookie": "file:~/.secrets/cookie", "Accept-Language": "fr"}],
    )
    auth = table(AuthKeys).optional(
        "Credentials, for the host of the feed only.",
        examples=[{"user": "me@example.org", "password": "env:LE_JOURNAL_PASSWORD"}],
    )

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield a problem if `auth` and a header say the same."""
        headers = node.get("headers")
        problem = _("`auth` and a header Authorization say the same; take one out")
        if node.get("auth") and headers and isinstance(headers.value, MappingNode):
            for key, _value in headers.value.pairs:
                if key.text.lower() == "authorization":
                    yield key.start, problem


class SharedKeys(SettingsKeys):
    """Settings of feeds of any host: no secret is among them."""

    headers = kinds.SHARED_HEADERS.key(
        f"Headers of the request that hold no secret: "
        f"{', '.join(f'`{name.title()}`' for name in HARMLESS)}.",
        examples=[{"Accept-Language": "fr"}],
    )

    @classmethod
    def unknown_key(cls, name: str) -> str:
        """Return a message about an unknown key; an imported list could set `auth`."""
        if name != "auth":
            return super().unknown_key(name)
        return _(
            "`auth` belongs to a host or a feed: write it under `hosts: HOST:`, or at the feed."
            " A tag may be on a stranger's feed: a list that is imported can set it"
        )


class FeedKeys(SecretsKeys, AddressKeys):
    """A feed, or another source: its address alone, or a mapping."""

    (noun,) = mark_all("this", "feed")
    short = "url"
    needs: ClassVar = {"oneOf": [{"required": [kind.key]} for kind in SourceKind]}

    def __init__(self, written: frozenset[str] = frozenset(), **values: Any) -> None:
        super().__init__(written, **values)
        if self.password and not self.auth:
            user = unquote(urlsplit(self.mailbox).username or "")
            self.auth = AuthKeys(user=user, password=self.password)

    @property
    def kind(self) -> SourceKind:
        """The kind of source that it is."""
        return next((kind for kind in SourceKind if getattr(self, kind.key)), SourceKind.FEED)

    @property
    def address(self) -> str:
        """The address that is read."""
        return str(getattr(self, self.kind.key))

    @classmethod
    def unfit_keys(cls, node: MappingNode) -> Iterator[tuple[int, str]]:
        """Yield problems: no address or two of them, or those of `SecretsKeys`."""
        noun = pgettext("this", cls.noun)
        missing = _("this {noun} has no `{key}`", noun=noun, key=cls.short)
        yield from one_of([kind.key for kind in SourceKind], node, missing)
        page = node.get("page")
        if page and not node.get("item"):
            yield page.key.start, _("a `page` needs an `item`")
        for key, _value in node.pairs:
            if key.text in SELECTORS and not page:
                yield key.start, _("`{key}` is for a `page`", key=key.text)
            if key.text in ("password", "since", "split") and not node.get("mailbox"):
                yield key.start, _("`{key}` is for a `mailbox`", key=key.text)
        if node.get("password"):
            yield from one_of(["password", "auth"], node, "")  # not both
        yield from super().unfit_keys(node)


class HostKeys(SecretsKeys):
    """Settings of all feeds of a host. Those of the feed have precedence."""


class TagKeys(SharedKeys):
    """Settings of all feeds with a tag. Those of the feed and of its host have precedence."""


class DefaultsKeys(SharedKeys):
    """Settings of all feeds. Settings of the feed, its host and its tags have precedence."""

    tags = kinds.TAGS.key("Tags of every feed, besides its own.")
