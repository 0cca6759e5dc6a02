"""Feed documents as publishing systems write them: RSS 2.0, Atom 1.0 and RSS 1.0 (RDF)."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate
from xml.sax.saxutils import escape, quoteattr

from monitor.base.article import Timestamp
from monitor.base.formatting import iso
from monitor.demo.content import DemoOutlet, FeedText, Format
from monitor.demo.newsroom import PublishedArticle

TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.RDF: "application/rdf+xml",
}
"""Media type of each format."""


def document(
    outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str, issue: str = ""
) -> bytes:
    """Return the feed document; `base` is the server's URL, `issue` goes into the entries' ids."""
    write = {Format.RSS: _rss, Format.ATOM: _atom, Format.RDF: _rdf}[outlet.format]
    text = write(outlet, articles, base, issue)
    head = f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
    return (head + text).encode(outlet.encoding, errors="xmlcharrefreplace")


def teaser(text: Sequence[str]) -> str:
    """Return the first two sentences, cut the way that makes readers click."""
    sentences = text[0].replace(". ", ".\n").split("\n")
    return " ".join(sentences[:2]).removesuffix(".") + " […]"


def page_url(outlet: DemoOutlet, article: PublishedArticle, base: str) -> str:
    """Return where the article's page is."""
    return f"{base}/{outlet.slug}/{article.slug}.html"


def _rss(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str, issue: str) -> str:
    items = "".join(
        "  <item>\n"
        f"    <title>{escape(d.title)}</title>\n"
        f"    <link>{escape(page_url(outlet, d, base))}</link>\n"
        f'    <guid isPermaLink="false">{_id(outlet, d, issue)}</guid>\n'
        f"    <description>{escape(_summary(outlet, d))}</description>\n"
        + (f"    <dc:creator>{escape(d.author)}</dc:creator>\n" if d.author else "")
        + (_content(d) if outlet.shows is FeedText.BODY else "")
        + ("" if d.dated is None else f"    <pubDate>{_rfc822(d.dated)}</pubDate>\n")
        + "  </item>\n"
        for d in articles
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"  <title>{escape(outlet.name)}</title>\n"
        f"  <link>{escape(base)}/{outlet.slug}/</link>\n"
        f'  <atom:link rel="self" href={quoteattr(base + outlet.path)}/>\n'
        f"  <description>{escape(outlet.about)}</description>\n"
        f"  <language>{outlet.lang}</language>\n"
        f"  <lastBuildDate>{_rfc822(_last_change(articles))}</lastBuildDate>\n"
        f"{items}</channel>\n</rss>\n"
    )


def _atom(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str, issue: str) -> str:
    entries = "".join(
        "  <entry>\n"
        f"    <id>{_id(outlet, d, issue)}</id>\n"
        f"    <title>{escape(d.title)}</title>\n"
        f'    <link rel="alternate" href={quoteattr(page_url(outlet, d, base))}/>\n'
        + ("" if d.dated is None else f"    <published>{iso(d.dated)}</published>\n")
        + ("" if d.dated is None else f"    <updated>{iso(max(d.dated, d.changed))}</updated>\n")
        + (f"    <author><name>{escape(d.author)}</name></author>\n" if d.author else "")
        + f"    <summary>{escape(_summary(outlet, d))}</summary>\n"
        + (
            f'    <content type="html">{escape(_html(d))}</content>\n'
            if outlet.shows is FeedText.BODY
            else ""
        )
        + "  </entry>\n"
        for d in articles
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.lang}">\n'
        f"  <id>tag:{outlet.slug}.example,2023:feed</id>\n"
        f"  <title>{escape(outlet.name)}</title>\n"
        f"  <subtitle>{escape(outlet.about)}</subtitle>\n"
        f'  <link rel="self" href={quoteattr(base + outlet.path)}/>\n'
        f'  <link rel="alternate" href={quoteattr(f"{base}/{outlet.slug}/")}/>\n'
        f"  <updated>{iso(_last_change(articles))}</updated>\n"
        f"{entries}</feed>\n"
    )


def _rdf(outlet: DemoOutlet, articles: Sequence[PublishedArticle], base: str, issue: str) -> str:
    home = quoteattr(f"{base}/{outlet.slug}/")
    contents = "".join(
        f"      <rdf:li rdf:resource={quoteattr(page_url(outlet, d, base))}/>\n" for d in articles
    )
    items = "".join(
        f"<item rdf:about={quoteattr(page_url(outlet, d, base))}>\n"
        f"  <title>{escape(d.title)}</title>\n"
        f"  <link>{escape(page_url(outlet, d, base))}</link>\n"
        f"  <dc:identifier>{_id(outlet, d, issue)}</dc:identifier>\n"
        f"  <description>{escape(_summary(outlet, d))}</description>\n"
        + (f"  <dc:creator>{escape(d.author)}</dc:creator>\n" if d.author else "")
        + (_content(d) if outlet.shows is FeedText.BODY else "")
        + ("" if d.dated is None else f"  <dc:date>{iso(d.dated)}</dc:date>\n")
        + "</item>\n"
        for d in articles
    )
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel rdf:about={home}>\n"
        f"  <title>{escape(outlet.name)}</title>\n"
        f"  <link>{escape(base)}/{outlet.slug}/</link>\n"
        f"  <description>{escape(outlet.about)}</description>\n"
        f"  <dc:language>{outlet.lang}</dc:language>\n"
        f"  <items>\n    <rdf:Seq>\n{contents}    </rdf:Seq>\n  </items>\n"
        f"</channel>\n{items}</rdf:RDF>\n"
    )


def _summary(outlet: DemoOutlet, article: PublishedArticle) -> str:
    return teaser(article.text) if outlet.shows is FeedText.TEASER else article.text[0]


def _content(article: PublishedArticle) -> str:
    return f"    <content:encoded>{escape(_html(article))}</content:encoded>\n"


def _html(article: PublishedArticle) -> str:
    return "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.text)


def _id(outlet: DemoOutlet, article: PublishedArticle, issue: str) -> str:
    return f"tag:{outlet.slug}.example,2023:{article.slug}{issue}"


def _last_change(articles: Sequence[PublishedArticle]) -> Timestamp:
    return max((article.changed for article in articles), default=0.0)


def _rfc822(moment: Timestamp) -> str:
    return formatdate(moment, usegmt=True)
