"""What a list of open data is, and how a part of it is read: in an order that only grows, from where one stopped."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.api.columns import Column
from app.core.database import db
from app.core.i18n import at_local
from app.engine.errors import Invalid, NotFound
from app.engine.phrase import Phrase, phrase
from app.people.places import Community
from app.projects.models import Project

Row = dict[str, Any]
Query = Select[*tuple[Any, ...]]  # of any columns
Stored = InstrumentedAttribute[Any]
LEAST, USUAL, MOST = 1, 50, 200
FIRST_YEAR, LAST_YEAR = 2000, 2999
MOST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Resource:
    """A list of open data.

    ``select`` reads what everybody may see, and no more. ``order`` is what its rows are sorted by: unique together, and
    such that what becomes public later comes later; so that who goes on from a cursor misses nothing. ``shown`` makes rows
    of what was read, with a fixed number of queries. ``year`` is the instant that the filter of this name looks at.
    """

    key: str
    title: Phrase
    about: Phrase
    columns: tuple[Column, ...]
    select: Callable[[], Query]
    order: tuple[Stored, ...]
    community: Stored
    year: Stored
    shown: Callable[[Sequence[Any], int], list[Row]]
    project: Stored | None = None
    find: Stored | None = None  # by what one of them is asked for
    within: Callable[[int], ColumnElement[bool]] | None = None  # of a project, where an index finds it sooner so


@dataclass(frozen=True)
class Asked:
    """Which part of a list somebody asks for."""

    community: str | None = None
    project: str | None = None
    year: int | None = None
    limit: int = USUAL
    after: tuple[int, ...] = ()


@dataclass(frozen=True)
class Part:
    """A part of a list: its rows, where it stops, and whether there is more by now."""

    rows: list[Row]
    after: tuple[int, ...]
    more: bool


def to_cursor(after: tuple[int, ...]) -> str:
    """A place in a list as an address carries it."""
    return base64.urlsafe_b64encode(".".join(str(n) for n in after).encode()).decode().rstrip("=")


def from_cursor(text: str, length: int) -> tuple[int, ...]:
    """The place that a cursor names; refused when no list like this gave it."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        raw = ""
    parts = re.fullmatch(r"[0-9]{1,19}(\.[0-9]{1,19})*", raw) and tuple(int(n) for n in raw.split("."))
    if not parts or len(parts) != length or max(parts) > MOST_KEY or to_cursor(parts) != text:
        sentence = phrase(
            "This is no cursor of this list. Begin without one, and go on with the one that you are given."
        )
        raise Invalid(sentence, {"cursor": sentence})
    return parts


def read(resource: Resource, asked: Asked, now: int) -> Part:
    """A part of a list."""
    query = resource.select().add_columns(*resource.order)
    query = query.where(*_filters(resource, asked))
    if asked.after:
        query = query.where(_beyond(resource.order, asked.after))
    found = db.session.execute(query.order_by(*resource.order).limit(asked.limit + 1)).all()
    rows, more = found[: asked.limit], len(found) > asked.limit
    after = tuple(rows[-1][-len(resource.order) :]) if rows else asked.after
    return Part(resource.shown(rows, now) if rows else [], after, more)


def read_one(resource: Resource, key: str, now: int) -> Row:
    """One of a list; NotFound for what isn't there for everybody."""
    if resource.find is None:
        raise NotFound
    row = db.session.execute(resource.select().where(resource.find == key)).one_or_none()
    if row is None:
        raise NotFound(phrase("There is no such thing here."))
    return resource.shown([row], now)[0]


def _filters(resource: Resource, asked: Asked) -> list[ColumnElement[bool]]:
    found = []
    if asked.community is not None:
        here = db.session.scalar(select(Community.id).where(Community.slug == asked.community))
        if here is None:
            raise NotFound(phrase("There is no community with this short name."))
        found.append(resource.community == here)
    if asked.project is not None and resource.project is not None:
        project = db.session.scalar(select(Project.id).where(Project.public_id == asked.project))
        if project is None:
            raise NotFound(phrase("There is no project with this identifier."))
        found.append(resource.within(project) if resource.within is not None else resource.project == project)
    if asked.year is not None:
        found.append(resource.year >= at_local(date(asked.year, 1, 1)))
        found.append(resource.year < at_local(date(asked.year + 1, 1, 1)))
    return found


def _beyond(order: tuple[Stored, ...], after: tuple[int, ...]) -> ColumnElement[bool]:
    """The condition that a row comes after a place; said so that both databases use an index on the first column."""
    if len(order) == 1:
        return order[0] > after[0]
    first, rest = order[0], order[1:]
    return and_(first >= after[0], or_(first > after[0], _beyond(rest, after[1:])))
