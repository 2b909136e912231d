"""What is found: every search asks the features anew what everybody may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal_column, or_, select, table, text

from app.archive.models import SearchDocument
from app.archive.words import Question, excerpt, marks, pieces, read_question
from app.core.database import db, is_sqlite
from app.engine.method import Step
from app.people.places import Community
from app.projects.kinds import kinds
from app.projects.models import MethodVersion, Project
from app.projects.published import Searchable
from app.projects.queries import methods_of, parse

PAGE = 20
MOST = 500  # hits that a reader may page through; beyond it, one narrows the search
_TITLE, _WORDS = SearchDocument.title_words, SearchDocument.words


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
    """What the filters offer, of what there is."""

    kinds: tuple[Searchable, ...] = ()
    steps: Mapping[str, Step] = field(default_factory=dict)
    years: tuple[int, ...] = ()


def shown() -> ColumnElement[bool]:
    """The condition that a document may be shown to everybody now, as its feature says."""
    parts = []
    for kind, searchable in kinds().searchables.items():
        query = searchable.shown()
        may = query.where(query.selected_columns[0] == SearchDocument.public_id).correlate(SearchDocument).exists()
        parts.append(and_(SearchDocument.kind == kind, may))
    return or_(*parts)


def _holds(question: Question) -> list[ColumnElement[bool]]:
    if not question.phrases:
        return []
    if is_sqlite():
        match = " AND ".join(f'"{" ".join(phrase)}"' for phrase in question.phrases)
        fts = table("search_fts")
        rowids = select(literal_column("rowid", BigInteger)).select_from(fts).where(text("search_fts match :match"))
        return [SearchDocument.id.in_(rowids.params(match=match).scalar_subquery())]
    words = " ".join(word for phrase in question.phrases for word in phrase)
    found: ColumnElement[Any] = literal_column("search_document.found")
    # The index knows which documents hold all words; the words themselves, which of them hold the phrases.
    return [
        found.op("@@")(func.plainto_tsquery(literal_column("'simple'::regconfig"), words)),
        *(
            or_(_TITLE.like(_like(phrase)), _WORDS.like(_like(phrase)))
            for phrase in question.phrases
            if len(phrase) > 1
        ),
    ]


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


def find(said: str, filters: Filters, page: int = 1) -> Found:
    """A page of what answers a question: those whose title does first, then the newest. Without a question, official papers."""
    question = read_question(said)
    where = [*_within(filters), *_holds(question), shown()]
    if question.said and not question.phrases:
        return Found(question, (), 0, False, 1, 1)  # nothing but signs was typed
    if not question.phrases and not filters.kind:
        where.append(_official())
    query = select(SearchDocument.id).where(*where)
    if question.phrases:
        titled = and_(*(_TITLE.like(_like(phrase)) for phrase in question.phrases))
        query = query.order_by(case((titled, 0), else_=1))
    query = query.order_by(SearchDocument.at.desc(), SearchDocument.id.desc()).limit(MOST + 1)
    ids = list(db.session.scalars(query))
    total = min(len(ids), MOST)
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    hits = _hits(ids[:MOST][(page - 1) * PAGE : page * PAGE], question)
    return Found(question, hits, total, len(ids) > MOST, page, pages)


def _official() -> ColumnElement[bool]:
    return SearchDocument.kind.in_([key for key, searchable in kinds().searchables.items() if searchable.official])


def newest(community_id: int, most: int) -> tuple[Hit, ...]:
    """The official papers that a community published last."""
    query = select(SearchDocument.id).where(SearchDocument.community_id == community_id, _official(), shown())
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
    hits = []
    for document, community, project in (rows[key] for key in ids if key in rows):
        step = next((step for step in methods[project.id].steps if step.key == document.step), None)
        title = pieces(document.title, marks(document.title, question))
        body = excerpt(document.text, question) if question.phrases else []
        searchable = kinds().searchables[document.kind]
        hits.append(Hit(document, searchable, community, project, step, title, body))
    return tuple(hits)


def choices(community_id: int | None) -> Choices:
    """The kinds, steps and years that a community, or the town, has documents of; three queries."""
    query = select(SearchDocument.kind, SearchDocument.step, SearchDocument.year).distinct()
    if community_id is not None:
        query = query.where(SearchDocument.community_id == community_id)
    rows = db.session.execute(query).all()
    there, steps = {row.kind for row in rows}, {row.step for row in rows}
    known: dict[str, Step] = {}
    if steps:
        used = select(Project.method_version_id)
        if community_id is not None:
            used = used.where(Project.community_id == community_id)
        sources = select(MethodVersion.source).where(MethodVersion.id.in_(used)).order_by(MethodVersion.id.desc())
        for source in db.session.scalars(sources):
            for step in parse(source).steps:
                if step.key in steps:
                    known.setdefault(step.key, step)
    return Choices(
        kinds=tuple(searchable for kind, searchable in kinds().searchables.items() if kind in there),
        steps=known,
        years=tuple(sorted({row.year for row in rows}, reverse=True)),
    )
