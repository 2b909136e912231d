"""What is found: every search asks the features anew what everybody may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    union,
)
from sqlalchemy.orm import aliased

from app.archive.models import SearchDocument
from app.archive.words import Question, excerpt, facets, marks, pieces, read_question
from app.core.database import db, is_sqlite
from app.core.i18n import local
from app.engine.method import Step
from app.engine.phrase import Phrase
from app.people.places import Community
from app.projects.kinds import kinds
from app.projects.models import MethodVersion, Project
from app.projects.published import Searchable
from app.projects.queries import methods_of, parse

PAGE = 20
MOST = 500  # hits that a reader may page through; beyond it, one narrows the search
CANDIDATES = 3000  # of a word's documents, the newest: beyond what anybody pages through
_ALIAS = aliased(SearchDocument, name="entry")


@dataclass(frozen=True)
class Filters:
    """What a reader narrows the archive to; nothing means everything."""

    community_id: int | None = None
    kind: str = ""
    step: str = ""
    year: int | None = None


Pieces = list[tuple[str, bool]]


@dataclass(frozen=True)
class Hit:
    """A document that was found: its title and a place of its text, in pieces marked or not."""

    document: SearchDocument
    searchable: Searchable
    community: Community
    project: Project
    step: Step | None
    title: Pieces
    text: Pieces
    notes: Sequence[Phrase] = ()


@dataclass(frozen=True)
class Found:
    """A page of hits; ``more`` when there are more than are counted."""

    question: Question
    hits: tuple[Hit, ...]
    total: int
    more: bool
    page: int
    pages: int


@dataclass(frozen=True)
class Choices:
    """What the filters offer."""

    kinds: tuple[Searchable, ...] = ()
    steps: Mapping[str, Step] = field(default_factory=dict)
    years: tuple[int, ...] = ()


def shown() -> ColumnElement[bool]:
    """The condition that a document may be shown to everybody now, as its feature says."""
    by_kind = {}
    for kind, searchable in kinds().searchables.items():
        query = searchable.shown()
        by_kind[kind] = (
            query.where(query.selected_columns[0] == SearchDocument.public_id).correlate(SearchDocument).exists()
        )
    # A choice by kind, since several conditions with "or" would lead SQLite to walk through every kind.
    return case(by_kind, value=SearchDocument.kind, else_=false())


def _holds(question: Question, filters: Filters) -> list[ColumnElement[bool]]:
    """The condition that a document answers a question, by the full-text index.

    A word that stands everywhere is in a hundred thousand documents: only the newest of them are looked at, and of those
    whose title has it. The filters narrow within the index, so that these are always the ones that were asked for.
    """
    named = facets(filters.community_id, filters.kind, filters.step, filters.year).split()
    newest = (_sqlite if is_sqlite() else _postgresql)(question, named)
    exact = Filters(step=filters.step)  # of the filters, only a step's key may lose a sign as a word
    return [SearchDocument.id.in_(union(*(select(part.subquery().c[0]) for part in newest))), *_within(exact)]


def _sqlite(question: Question, named: list[str]) -> tuple[Select[int], Select[int]]:
    phrases = " AND ".join(f'"{" ".join(phrase)}"' for phrase in question.phrases)
    within = "".join(f' AND facets : "{word}"' for word in named)
    rowid = literal_column("rowid", BigInteger)

    def holding(columns: str) -> Select[int]:
        match = literal_column("search_fts").op("match", is_comparison=True)(f"{columns} : ({phrases}){within}")
        return select(rowid).select_from(table("search_fts")).where(match).order_by(rowid.desc()).limit(CANDIDATES)

    return holding("title_words"), holding("{title_words words}")


def _postgresql(question: Question, named: list[str]) -> tuple[Select[int], Select[int]]:
    words = " ".join([*(word for phrase in question.phrases for word in phrase), *named])
    asked = func.plainto_tsquery(literal_column("'simple'::regconfig"), words)
    # The index knows which documents hold all words; the words themselves, which of them hold the phrases.
    longer = [_like(phrase) for phrase in question.phrases if len(phrase) > 1]

    def holding(column: str, *like: ColumnElement[bool]) -> Select[int]:
        found: ColumnElement[Any] = literal_column(column)
        query = select(_ALIAS.id).where(found.op("@@")(asked), *like)
        return query.order_by(_ALIAS.id.desc()).limit(CANDIDATES)

    title, body = _ALIAS.title_words, _ALIAS.words
    return (
        holding("entry.found_title", *(title.like(phrase) for phrase in longer)),
        holding("entry.found", *(or_(title.like(phrase), body.like(phrase)) for phrase in longer)),
    )


def _like(phrase: tuple[str, ...]) -> str:
    return f"% {' '.join(phrase)} %"  # words are letters and digits: nothing in them is a wildcard


def _within(filters: Filters) -> list[ColumnElement[bool]]:
    where = []
    if filters.community_id is not None:
        where.append(SearchDocument.community_id == filters.community_id)
    if filters.kind:
        where.append(SearchDocument.kind == filters.kind)
    if filters.step:
        where.append(SearchDocument.step == filters.step)
    if filters.year is not None:
        where.append(SearchDocument.year == filters.year)
    return where


def _newest(filters: Filters, most: int) -> ColumnElement[bool]:
    """The newest of each kind that was asked for, or of official papers: each read from one end of an index."""
    wanted = [key for key, searchable in kinds().searchables.items() if filters.kind in ("", key)]
    parts = []
    for kind in wanted if filters.kind else [key for key in wanted if kinds().searchables[key].official]:
        query = select(SearchDocument.id).where(*_within(replace(filters, kind=kind)))
        parts.append(query.order_by(SearchDocument.at.desc(), SearchDocument.id.desc()).limit(most))
    return SearchDocument.id.in_(union(*(select(part.subquery().c[0]) for part in parts))) if parts else false()


def find(said: str, filters: Filters, page: int = 1) -> Found:
    """A page of what answers a question: those whose title does first, then the newest. Without a question, official papers."""
    question = read_question(said)
    if question.said and not question.phrases:
        return Found(question, (), 0, False, 1, 1)  # nothing but signs was typed
    asked = _holds(question, filters) if question.phrases else [_newest(filters, MOST + 1)]
    query = select(SearchDocument.id).where(*asked, shown())
    if question.phrases:
        titled = and_(*(SearchDocument.title_words.like(_like(phrase)) for phrase in question.phrases))
        query = query.order_by(case((titled, 0), else_=1))
    query = query.order_by(SearchDocument.at.desc(), SearchDocument.id.desc()).limit(MOST + 1)
    ids = list(db.session.scalars(query))
    total = min(len(ids), MOST)
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    hits = _hits(ids[:MOST][(page - 1) * PAGE : page * PAGE], question)
    return Found(question, hits, total, len(ids) > MOST, page, pages)


def newest(community_id: int, most: int) -> tuple[Hit, ...]:
    """The official papers that a community published last."""
    query = select(SearchDocument.id).where(_newest(Filters(community_id), most), shown())
    query = query.order_by(SearchDocument.at.desc(), SearchDocument.id.desc()).limit(most)
    return _hits(list(db.session.scalars(query)), Question())


def _hits(ids: list[int], question: Question) -> tuple[Hit, ...]:
    query = (
        select(SearchDocument, Community, Project)
        .join(Community, Community.id == SearchDocument.community_id)
        .join(Project, Project.id == SearchDocument.project_id)
        .where(SearchDocument.id.in_(ids))
    )
    rows = {row[0].id: row for row in db.session.execute(query)}
    methods = methods_of(row[2] for row in rows.values())
    notes: dict[str, Sequence[Phrase]] = {}
    for kind, searchable in kinds().searchables.items():
        of_kind = [document.public_id for document, _, _ in rows.values() if document.kind == kind]
        if searchable.notes is not None and of_kind:
            notes |= searchable.notes(of_kind)
    hits = []
    for document, community, project in (rows[key] for key in ids if key in rows):
        step = next((step for step in methods[project.id].steps if step.key == document.step), None)
        title = pieces(document.title, marks(document.title, question))
        body = excerpt(document.text, question) if question.phrases else []
        searchable = kinds().searchables[document.kind]
        known = notes.get(document.public_id, ())
        hits.append(Hit(document, searchable, community, project, step, title, body, known))
    return tuple(hits)


def choices(community_id: int | None) -> Choices:
    """The kinds there are, the steps of the methods in use, and the years since the first document; three queries."""
    used, at = select(Project.method_version_id), SearchDocument.at
    first, last = select(func.min(at)), select(func.max(at))  # each read from one end of an index
    if community_id is not None:
        used = used.where(Project.community_id == community_id)
        first, last = (query.where(SearchDocument.community_id == community_id) for query in (first, last))
    steps: dict[str, Step] = {}
    sources = select(MethodVersion.source).where(MethodVersion.id.in_(used)).order_by(MethodVersion.id.desc())
    for source in db.session.scalars(sources):
        for step in parse(source).steps:
            steps.setdefault(step.key, step)
    newest, oldest = db.session.scalar(last), db.session.scalar(first)
    years: range | tuple[int, ...] = ()
    if newest is not None and oldest is not None:
        years = range(local(newest).year, local(oldest).year - 1, -1)
    return Choices(tuple(kinds().searchables.values()), steps, tuple(years))
