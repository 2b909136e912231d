"""What "my page" gathers from the features. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.ballots.inspectors import inspected_by
from app.ballots.queries import polls_for
from app.ballots.times import close_of, times_of
from app.comments.models import Comment
from app.comments.queries import written_by as comments_by
from app.core.database import db
from app.engine.phrase import Phrase
from app.engine.voting.phase import phase
from app.notifications import queries as messages
from app.notifications.queries import Shown
from app.objections.queries import Listed, raised_by
from app.people.actor import ROLE_NAMES, Actor
from app.people.personal import address_of
from app.people.places import Community
from app.people.queries import communities_by_id
from app.proposals import queries as proposals
from app.proposals.models import Proposal
from app.site.near import homes

MESSAGES = 5
WRITTEN = 10


@dataclass(frozen=True)
class MyVote:
    """A vote on whose roll the reader stands. What was voted isn't shown here: somebody may look on."""

    title: str
    slug: str
    public_id: str
    phase: str
    opens_at: int
    closes_at: int
    cast: bool | None  # None: the link was deleted after the outcome


@dataclass(frozen=True)
class Written:
    """A comment of one's own: where it stands, how it begins, and whether it was answered or hidden."""

    title: str
    text: str
    href: str
    at: int
    answered: bool
    hidden_reason: str


@dataclass(frozen=True)
class Proposed:
    """A proposal of one's own and what became of it."""

    proposal: Proposal
    slug: str
    supports: int
    status: Phrase | None


@dataclass(frozen=True)
class MyPage:
    """One's own things, each list ready to be shown."""

    address: str
    places: tuple[Community, ...]
    roles: Mapping[int | None, tuple[Phrase, ...]]
    to_vote: tuple[MyVote, ...]
    soon: tuple[MyVote, ...]
    voted: tuple[MyVote, ...]
    past: tuple[MyVote, ...]
    inspects: tuple[tuple[str, str, str], ...]
    objections: tuple[Listed, ...]
    proposals: tuple[Proposed, ...]
    comments: tuple[Written, ...]
    messages: tuple[Shown, ...]
    unread: int


def page(reader: Actor, now: int) -> MyPage:
    """Gather one's page with a fixed number of queries."""
    known = communities_by_id(homes(reader))
    votes = my_votes(reader, now)
    open_now = sorted((vote for vote in votes if vote.phase == "open"), key=lambda vote: vote.closes_at)
    return MyPage(
        address=address_of(reader.household_id),
        places=tuple(known[key] for key in homes(reader)),
        roles={key: tuple(ROLE_NAMES[role] for role in sorted(roles)) for key, roles in reader.roles.items()},
        to_vote=tuple(vote for vote in open_now if not vote.cast),
        soon=tuple(sorted((vote for vote in votes if vote.phase == "announced"), key=lambda vote: vote.opens_at)),
        voted=tuple(vote for vote in open_now if vote.cast),
        past=tuple(vote for vote in votes if vote.phase in ("closed", "void")),
        inspects=tuple(inspected_by(reader)),
        objections=tuple(raised_by(reader, now)),
        proposals=tuple(_proposals(reader.person())),
        comments=tuple(_comments(reader.person())),
        messages=tuple(messages.inbox(reader.person())[0][:MESSAGES]),
        unread=messages.unread(reader.person()),
    )


def my_votes(reader: Actor, now: int) -> list[MyVote]:
    """The votes on whose roll a reader stands, those that close last first."""
    return [
        MyVote(
            title=title,
            slug=slug,
            public_id=poll.public_id,
            phase=phase(times_of(poll, now), now),
            opens_at=poll.opens_at,
            closes_at=close_of(poll, now),
            cast=cast,
        )
        for poll, title, slug, cast in polls_for(reader, now)
    ]


def _proposals(person_id: int) -> list[Proposed]:
    rows = proposals.written_by(person_id, WRITTEN)
    supports = proposals.support_counts(row.id for row in rows)
    places = communities_by_id(row.community_id for row in rows)
    return [
        Proposed(row, places[row.community_id].slug, supports.get(row.id, 0), proposals.STATUSES.get(row.status))
        for row in rows
    ]


def _comments(person_id: int) -> list[Written]:
    rows = comments_by(person_id, WRITTEN)
    asked = [comment.id for comment, _ in rows if comment.parent_id is None]
    answered = set(db.session.scalars(select(Comment.parent_id).where(Comment.parent_id.in_(asked), Comment.is_answer)))
    return [
        Written(
            title=talk.title,
            text=comment.text,
            href=f"{talk.href}#c-{comment.public_id}",
            at=comment.at,
            answered=comment.id in answered,
            hidden_reason=comment.hidden_reason if comment.hidden_by_id is not None else "",
        )
        for comment, talk in rows
    ]
