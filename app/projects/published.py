"""What a feature shows to everybody: documents for the search and the archive, days for the calendar.

A feature says it once, from its one visibility query; the search, the feed and the calendar never ask its tables.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select

from app.core.database import Base
from app.engine.phrase import Phrase
from app.people.places import Community

SPACE = uuid.UUID("5f1c1d3a-8f0e-5a07-9c4d-71d1716d2026")  # of our names: ids stay the same wherever the server stands


@dataclass(frozen=True)
class Document:
    """Something that everybody may read: its words, where it belongs, and the id that its address is made of.

    ``names`` are further words that find it like its title: what its step leaves, in each language. A comment has no
    title of its own (``own_title``): what it is under heads it, and is not what it is found by.
    """

    public_id: str
    target: str
    community_id: int
    project_id: int
    step: str
    title: str
    text: str
    at: int
    names: Sequence[str] = ()
    number: str = ""
    own_title: bool = True


@dataclass(frozen=True)
class Searchable:
    """One kind of document. A feature that provides one is found, listed and fed from then on.

    ``shown`` selects the public ids that everybody may see now: it is asked within every search, so what was hidden a
    moment ago is found no more. ``documents`` gives the documents with these public ids, of those shown, or all of
    them, oldest first, when asked for None. ``watches`` names the tables whose rows, when they change, change documents, and
    which: they enter the index within the same transaction. Rows that are changed by a statement instead of through
    the session are not seen; whoever does so calls ``app.archive.index.renew``.
    """

    kind: str
    title: Phrase
    one: Phrase
    endpoint: str
    shown: Callable[[], Select[str]]
    documents: Callable[[Collection[str] | None], Iterable[Document]]
    watches: Mapping[type[Base], Callable[[Any], Iterable[str]]]
    notes: Callable[[Collection[str]], Mapping[str, Sequence[Phrase]]] | None = (
        None  # of the documents on a page, what to know first
    )
    official: bool = False  # in the archive's list before anybody searches, and in the feed
    leaves: bool = False  # its heading says what its step leaves


@dataclass(frozen=True)
class Unlisted:
    """Subjects of talk that no list shows any more, such as a proposal that was withdrawn: the condition on a subject."""

    is_out: Callable[[ColumnElement[str]], ColumnElement[bool]]


@dataclass(frozen=True)
class Day:
    """An entry of a community's calendar. ``key`` stays the same when its hours move; ``changed_at`` says when they last did.

    Without ``ends_at`` it is a moment.
    """

    key: str
    says: Phrase
    about: str
    endpoint: str
    target: str
    starts_at: int
    ends_at: int | None = None
    place: str = ""
    changed_at: int = 0
    cancelled: bool = False


@dataclass(frozen=True)
class Dates:
    """A feature's part of a community's calendar, found with a fixed number of queries.

    It is asked for a community, since when what is over is still wanted, and what the time is.
    """

    find: Callable[[Community, int, int], Iterable[Day]]


def own_id(row: Any) -> tuple[str]:
    """For ``watches``: the row is the document itself."""
    return (row.public_id,)


def lasting_id(community: Community, *names: str) -> str:
    """The id of a thing for machines outside: the same for ever, on any host."""
    return str(uuid.uuid5(SPACE, "/".join((community.public_id, *names))))
