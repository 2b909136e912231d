"""Reads of proposals. One condition says what everybody may see; every list uses it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, literal, select

from app.core.database import db
from app.engine.errors import NotFound
from app.engine.phrase import Phrase, phrase
from app.people.actor import Actor
from app.people.queries import names_for
from app.proposals.models import Proposal, ProposalRevision, ProposalSupport
from app.proposals.similar import most_alike

PAGE = 20
COMPARED = 500
STATUSES = {
    "accepted": phrase("Taken up"),
    "later": phrase("Kept for later"),
    "declined": phrase("Not taken up"),
    "merged": phrase("Merged with others"),
}
SORTS = ("support", "new")


def visible() -> ColumnElement[bool]:
    """What everybody may see: what was never sent is its author's own, given up or not."""
    return Proposal.submitted_at.is_not(None)


@dataclass(frozen=True)
class Row:
    """A proposal in a list."""

    proposal: Proposal
    supports: int
    number: int


def support_counts(ids: Iterable[int]) -> dict[int, int]:
    """How many support each proposal."""
    query = (
        select(ProposalSupport.proposal_id, func.count())
        .where(ProposalSupport.proposal_id.in_(set(ids)))
        .group_by(ProposalSupport.proposal_id)
    )
    return dict(db.session.execute(query).all())


@dataclass(frozen=True)
class ListPage:
    """A page of an activity's proposals."""

    rows: tuple[Row, ...]
    names: dict[int, Phrase]
    total: int
    page: int
    pages: int


def list_page(activity_id: int, community_id: int, reader: Actor, *, sort: str, status: str, page: int) -> ListPage:
    """A page of proposals with support and authors, with a fixed number of queries."""
    supports = (
        select(ProposalSupport.proposal_id, func.count().label("n"))
        .join(Proposal, Proposal.id == ProposalSupport.proposal_id)
        .where(Proposal.activity_run_id == activity_id)
        .group_by(ProposalSupport.proposal_id)
        .subquery()
    )
    n = func.coalesce(supports.c.n, 0)
    where = [Proposal.activity_run_id == activity_id, Proposal.state == "submitted"]
    if status == "open":
        where.append(Proposal.status == "")
    elif status in STATUSES:
        where = [Proposal.activity_run_id == activity_id, visible(), Proposal.status == status]
    total = db.session.scalar(select(func.count()).select_from(Proposal).where(*where)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    order = (n.desc(), Proposal.id.desc()) if sort == "support" else (Proposal.id.desc(),)
    query = (
        select(Proposal, n)
        .outerjoin(supports, supports.c.proposal_id == Proposal.id)
        .where(*where)
        .order_by(*order)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
    )
    found = db.session.execute(query).all()
    first = (page - 1) * PAGE + 1
    rows = tuple(Row(proposal, int(count), first + i) for i, (proposal, count) in enumerate(found))
    return ListPage(rows, names_for({r.proposal.person_id for r in rows}, reader, community_id), total, page, pages)


def find(public_id: str, reader: Actor) -> Proposal:
    """A proposal the reader may see."""
    row = db.session.scalar(select(Proposal).where(Proposal.public_id == public_id))
    if row is None or (row.submitted_at is None and row.person_id != reader.person_id):
        raise NotFound
    return row


def revisions(proposal_id: int) -> list[ProposalRevision]:
    """What it said before, newest first."""
    query = select(ProposalRevision).where(ProposalRevision.proposal_id == proposal_id)
    return list(db.session.scalars(query.order_by(ProposalRevision.number.desc())))


def sources(proposal_id: int) -> list[Proposal]:
    """The proposals that were merged into this one."""
    return list(
        db.session.scalars(select(Proposal).where(Proposal.merged_into_id == proposal_id).order_by(Proposal.id))
    )


def supports(proposal_id: int, person_id: int | None) -> bool:
    """Whether a person supports a proposal."""
    if person_id is None:
        return False
    query = select(literal(1)).where(ProposalSupport.proposal_id == proposal_id, ProposalSupport.person_id == person_id)
    return db.session.scalar(query) is not None


def like(activity_id: int, text: str, but: int | None = None) -> list[Proposal]:
    """Submitted proposals of the same activity that are like a text."""
    query = (
        select(Proposal)
        .where(Proposal.activity_run_id == activity_id, Proposal.state == "submitted")
        .order_by(Proposal.id.desc())
        .limit(COMPARED)
    )
    rows = [row for row in db.session.scalars(query) if row.id != but]
    return most_alike(text, ((row, f"{row.title} {row.text}") for row in rows))


def subjects_looked_at(activity_ids: Iterable[int]) -> Select[str]:
    """The subjects of the talks about proposals that are neither withdrawn, merged nor declined, for a query."""
    return select(literal("proposal:") + Proposal.public_id).where(
        Proposal.activity_run_id.in_(set(activity_ids)),
        Proposal.state == "submitted",
        Proposal.status.not_in(("declined", "merged")),
    )


def submitted(activity_ids: Iterable[int]) -> dict[int, list[Proposal]]:
    """All submitted proposals of some activities, oldest first, with one query."""
    ids = set(activity_ids)
    found: dict[int, list[Proposal]] = {activity_id: [] for activity_id in ids}
    query = (
        select(Proposal).where(Proposal.activity_run_id.in_(ids), Proposal.state == "submitted").order_by(Proposal.id)
    )
    for row in db.session.scalars(query):
        found[row.activity_run_id].append(row)
    return found


@dataclass(frozen=True)
class Count:
    """The numbers of an activity's proposals."""

    all: int = 0
    unanswered: int = 0
    chosen: int = 0


def numbers(activity_ids: Iterable[int]) -> dict[int, Count]:
    """How many proposals each activity has, how many without an answer, how many chosen; one query."""
    query = (
        select(
            Proposal.activity_run_id,
            func.count(),
            func.count().filter(Proposal.status == ""),
            func.count().filter(Proposal.chosen),
        )
        .where(Proposal.activity_run_id.in_(set(activity_ids)), Proposal.state == "submitted")
        .group_by(Proposal.activity_run_id)
    )
    return {row[0]: Count(row[1], row[2], row[3]) for row in db.session.execute(query)}


def written_by(person_id: int, limit: int = 20) -> Sequence[Proposal]:
    """What a person proposed, newest first."""
    return list(
        db.session.scalars(
            select(Proposal).where(Proposal.person_id == person_id).order_by(Proposal.id.desc()).limit(limit)
        )
    )


def by_id(proposal_id: int | None) -> Proposal | None:
    """A proposal by its key."""
    return db.session.get(Proposal, proposal_id) if proposal_id is not None else None
