"""The codec: how Whoosh writes and reads segments in our file format.

Whoosh's own codec compresses and pickles blocks of 128 postings and steps through them one by
one: 1,000 articles a second, 25 ms for a common word. This codec keeps a segment in two files of
plain arrays, `.lists` and `.columns`, and the list of segments in a table of contents of its own:
Whoosh's is a pickle, and unpickling it runs whatever it names. Whoosh's locks, generations,
deletions and merges stay as they are, and Whoosh's own queries can run on these segments.
"""
# ruff: noqa: D102 - whoosh.codec.base documents what these methods do

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whoosh.codec import base
from whoosh.codec.whoosh3 import W3Segment
from whoosh.columns import Column, ColumnReader
from whoosh.fields import FieldType, Schema
from whoosh.formats import Existence, Positions
from whoosh.index import TOC, FileIndex, clean_files
from whoosh.matching import ListMatcher
from whoosh.reading import SegmentReader, TermInfo, TermNotFound
from whoosh.writing import SegmentWriter

from index.engine import columns, postings_file, schema
from index.engine.columns import Columns, ColumnsWriter
from index.engine.places import EMPTY, PlaceLayout
from index.engine.postings_file import Postings, PostingsFile, PostingsFileWriter, Records
from index.engine.schema import COLUMN_TYPES, DATE, FEED, ID, LANG, NAME, WORDS
from index.engine.table_of_contents import SegmentEntry, newest_table, write_table
from monitor.base.article import Article

if TYPE_CHECKING:
    from index.engine.article_terms import ArticleTerms


class ArrayCodec(base.Codec):  # type: ignore[misc]
    """Segments as arrays."""

    length_stats = False

    def per_document_writer(self, storage: Any, segment: Any) -> DocumentsWriter:
        return DocumentsWriter(storage, segment)

    def field_writer(self, storage: Any, segment: Any) -> TermsWriter:
        return TermsWriter(storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> TermsReader:
        return TermsReader(storage, segment)

    def per_document_reader(self, storage: Any, segment: Any) -> DocumentsReader:
        return DocumentsReader(storage, segment)

    def new_segment(self, storage: Any, indexname: str) -> Any:
        return W3Segment(self, indexname)


# --- the fields --------------------------------------------------------------------


class Number(Column):  # type: ignore[misc]
    """A column of numbers of one machine type (a typecode of `array`)."""

    def __init__(self, typecode: str) -> None:
        self.typecode = typecode

    def default_value(self, reverse: bool = False) -> int:
        return 0


class WordsField(FieldType):  # type: ignore[misc]
    """The terms of an article with their positions, as `term_positions` gives them."""

    def __init__(self) -> None:
        super().__init__(format=Positions(), analyzer=None)


class LabelsField(FieldType):  # type: ignore[misc]
    """Labels of an article; the empty one counts."""

    def __init__(self) -> None:
        super().__init__(format=Existence(), analyzer=None)


class NumberField(FieldType):  # type: ignore[misc]
    """A number to filter and sort by."""

    indexed = False

    def __init__(self, typecode: str) -> None:
        super().__init__(format=None, analyzer=None, sortable=Number(typecode))

    def from_column_value(self, value: float) -> float:
        return value


def whoosh_schema() -> Schema:
    """Return the fields of the archive as Whoosh describes them."""
    numbers = {name: NumberField(typecode) for name, typecode in COLUMN_TYPES.items()}
    labels = {name: LabelsField() for name in (LANG, FEED)}
    return Schema(**{WORDS: WordsField()}, **labels, **numbers)


# --- writing -----------------------------------------------------------------------


class DocumentsWriter(base.PerDocumentWriter):  # type: ignore[misc]
    """Writes the columns of a segment: all it keeps by document."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._storage, self._segment = storage, segment
        self._columns = ColumnsWriter()
        self._doc = self._documents = 0
        self.is_closed = False

    def start_doc(self, docnum: int) -> None:
        self._doc, self._documents = docnum, docnum + 1

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:
        """Keep nothing: no field is stored, or has a length of its own."""

    def add_column_value(self, fieldname: str, columnobj: Number, value: float) -> None:
        self._columns.put(fieldname, columnobj.typecode, self._doc, value)

    def add_columns(self, columns: Mapping[str, tuple[str, Sequence[float]]], count: int) -> None:
        """Append the columns of `count` documents, by name, each with its typecode.

        Raises:
            OverflowError: A value does not fit; nothing is appended.
        """
        numbers = {name: array(typecode, values) for name, (typecode, values) in columns.items()}
        for name, column in numbers.items():
            self._columns.extend(name, self._documents, column)
        self._documents += count

    def order_by_date(self) -> Any:
        """Order the documents by date, then by id; return the new number of each, None if as now.

        So a search for the newest articles reads the end of a posting list.
        """
        import numpy as np

        dates, ids = self._columns.numbers(DATE), self._columns.numbers(ID)
        order = np.lexsort((ids, dates))
        numbers = np.empty_like(order)
        numbers[order] = every = np.arange(len(order))
        if (numbers == every).all():
            return None
        self._columns.reorder(order)
        return numbers

    def cancel_doc(self) -> None:
        self._columns.drop(self._doc)
        self._documents = self._doc

    def close(self) -> None:
        with self._segment.create_file(self._storage, columns.EXTENSION) as file:
            self._columns.write(file.raw_file(), self._documents)
        self.is_closed = True


class TermsWriter(base.FieldWriter):  # type: ignore[misc]
    """Writes the posting lists that a `TermPool` gathered."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._file = segment.create_file(storage, postings_file.EXTENSION)
        self._lists = PostingsFileWriter(self._file.raw_file())
        self.is_closed = False

    def add_postings(
        self, schema: Any, lengths: Any, items: Iterable[tuple[str, Iterable[Records]]]
    ) -> None:
        for field, lists in items:
            self._lists.add_field(field, lists)

    def close(self, documents: int = 0, layout: PlaceLayout = EMPTY) -> None:
        self._lists.close(documents, layout)
        self._file.close()
        self.is_closed = True


class ArchiveIndex(FileIndex):  # type: ignore[misc]
    """The index of a folder, as Whoosh's writer and searcher use it."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage
        self.indexname = NAME

    @classmethod
    def create(cls, storage: Any) -> ArchiveIndex:
        """Make an index without segments in an empty folder."""
        write_table(storage, 0, [])
        return cls(storage)

    def segments(self) -> list[W3Segment]:
        """Return the segments; raises FileNotFoundError, or what a broken table leads to."""
        return self._read_toc().segments  # type: ignore[no-any-return]

    def _read_toc(self) -> TOC:
        table = newest_table(Path(self.storage.folder))
        segments = [
            W3Segment(ArrayCodec(), NAME, entry.documents, entry.id, set(entry.deleted) or None)
            for entry in table.entries()
        ]
        return TOC(whoosh_schema(), segments, table.generation)


class BatchWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer of one segment; it gathers postings by term instead of sorting them."""

    def __init__(self, index: Any) -> None:
        super().__init__(index, codec=ArrayCodec(), compound=False)
        from index.engine.term_pool import TermPool  # takes 80 ms: readers do without

        self.pool = TermPool()

    def _commit_toc(self, segments: Sequence[W3Segment]) -> None:
        entries = [
            SegmentEntry(s.segid, s.doc_count_all(), frozenset(s.deleted_docs())) for s in segments
        ]
        write_table(self.storage, self.generation, entries)
        clean_files(self.storage, self.indexname, self.generation, segments)

    def add_articles(self, articles: Sequence[Article], terms: ArticleTerms) -> None:
        """Add articles, of which `terms` finds the words."""
        articles = sorted(articles, key=attrgetter("date", "id"))  # no number changes later
        keys, occurrences, lengths = terms.occurrences(articles, self.docnum)
        self.pool.add_new(WORDS, keys, occurrences)
        self.pool.add_labels(LANG, self.docnum, ((article.lang,) for article in articles))
        feeds = (map(str, dict.fromkeys(article.feeds)) for article in articles)
        self.pool.add_labels(FEED, self.docnum, feeds)
        numbers = schema.columns(articles, lengths)
        typed = {name: (COLUMN_TYPES[name], values) for name, values in numbers.items()}
        self.perdocwriter.add_columns(typed, len(articles))
        self.docnum += len(articles)
        self._added = True

    def write_per_doc(self, fieldnames: Iterable[str], reader: SegmentReader) -> Any:
        """Copy the columns of a segment; return the new document numbers, -1 for deleted ones."""
        import numpy as np

        count = reader.doc_count_all()
        kept = np.ones(count, dtype=np.bool_)
        kept[list(reader.segment().deleted_docs())] = False
        copied = {}
        for name in fieldnames:
            if reader.has_column(name):
                column = reader.column_reader(name, translate=False).load()
                values = array(
                    column.typecode, np.frombuffer(column, column.typecode)[kept].tobytes()
                )
                copied[name] = (self.schema[name].column_type.typecode, values)
        self.perdocwriter.add_columns(copied, reader.doc_count())
        numbers = np.where(kept, self.docnum + np.cumsum(kept) - 1, -1)
        self.docnum += reader.doc_count()
        return numbers

    def add_postings_to_pool(self, reader: SegmentReader, startdoc: int, docmap: Any) -> None:
        """Gather the posting lists of a segment."""
        terms = reader.codec().terms_reader(reader.storage(), reader.segment())
        terms.lists.file.verify()  # damage must not be copied under a new checksum
        self.pool.add_lists(terms.lists, docmap)

    def _flush_segment(self) -> None:
        numbers = self.perdocwriter.order_by_date() if self.docnum else None
        if numbers is not None:
            self.pool.renumber(numbers)
        self.perdocwriter.close()
        layout = self.pool.layout()
        postings = self.pool.postings(self.docnum, layout)
        self.fieldwriter.add_postings(self.schema, None, postings)
        self.fieldwriter.close(self.docnum, layout)


# --- reading -----------------------------------------------------------------------


class NumberReader(ColumnReader):  # type: ignore[misc]
    """The values of one column."""

    def __init__(self, values: array[float]) -> None:
        super().__init__(None, 0, 0, len(values))
        self._values = values

    def __getitem__(self, docnum: int) -> float:
        return self._values[docnum]

    def load(self) -> array[float]:
        return self._values


class DocumentsReader(base.PerDocumentReader):  # type: ignore[misc]
    """Reads the columns of a segment."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._segment = segment
        self.columns = Columns.open(Path(storage.folder), segment.segment_id())

    def doc_count(self) -> int:
        return int(self._segment.doc_count())

    def doc_count_all(self) -> int:
        return int(self._segment.doc_count_all())

    def has_deletions(self) -> bool:
        return bool(self._segment.has_deletions())

    def is_deleted(self, docnum: int) -> bool:
        return bool(self._segment.is_deleted(docnum))

    def deleted_docs(self) -> Iterable[int]:
        return self._segment.deleted_docs()  # type: ignore[no-any-return]

    def supports_columns(self) -> bool:
        return True

    def has_column(self, fieldname: str) -> bool:
        return fieldname in self.columns

    def column_reader(self, fieldname: str, column: Number) -> NumberReader:
        return NumberReader(self.columns.values(fieldname))

    def doc_field_length(self, docnum: int, fieldname: str, default: int = 0) -> int:
        return default

    def field_length(self, fieldname: str) -> int:
        return 0

    def min_field_length(self, fieldname: str) -> int:
        return 0

    def max_field_length(self, fieldname: str) -> int:
        return 0

    def stored_fields(self, docnum: int) -> dict[str, Any]:
        return {}


class TermsReader(base.TermsReader):  # type: ignore[misc]
    """Reads the posting lists of a segment."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self.lists = PostingsFile.open(Path(storage.folder), segment.segment_id())

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self.lists.frequency(*term) > 0

    def indexed_field_names(self) -> list[str]:
        return self.lists.fields()

    def terms(self) -> Iterator[tuple[str, bytes]]:
        return ((field, term) for field in self.lists.fields() for term in self.lists.terms(field))

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return ((fieldname, term) for term in self.lists.terms(fieldname) if term >= prefix)

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        postings = self._find(fieldname, text)
        counts = postings.counts or (1,)
        return TermInfo(
            weight=sum(postings.counts) if postings.counts else postings.size,
            df=postings.size,
            maxweight=max(counts),
            minid=postings.docs[0],
            maxid=postings.docs[-1],
        )

    def frequency(self, fieldname: str, text: bytes) -> float:
        found = self.lists.find(fieldname, text)
        return float(sum(found.counts or [found.size])) if found else 0.0

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        return self.lists.frequency(fieldname, text)

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> ListMatcher:
        postings = self._find(fieldname, text)
        weights = [float(count) for count in postings.counts or [1] * postings.size]
        values = [array("I", postings.at(doc)).tobytes() for doc in postings.docs]
        return ListMatcher(
            postings.docs, weights, values, format_, scorer=scorer, term=(fieldname, text)
        )

    def _find(self, field: str, term: bytes) -> Postings:
        postings = self.lists.find(field, term)
        if postings is None:
            raise TermNotFound(f"{field}:{term!r}")
        return postings
