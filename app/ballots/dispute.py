"""The dispute of a household: its one vote was cast and they don't agree. It goes to the desk, to be settled on paper."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from app.ballots.cast import place_of
from app.ballots.models import Ballot, Poll, RollEntry, SlotLink, TextVersion
from app.ballots.times import times_of
from app.core.events import record_event
from app.core.outbox import tell
from app.core.transaction import Lock, transaction
from app.engine.errors import Closed, Conflict
from app.engine.phrase import phrase
from app.engine.voting.phase import accepts_ballots
from app.people.actor import Actor
from app.people.places import Community
from app.people.queries import persons_of_households
from app.projects.models import Project


def dispute(actor: Actor, poll_public_id: str) -> None:
    """Say that one's household does not agree on what was cast: no more changes online, its signed paper is final.

    What stands goes on counting until that paper comes: it is never made nothing on one side's word.
    """
    poll_id, entry_id = place_of(actor, poll_public_id)
    with transaction(lock=[Lock(Poll, poll_id, share=True), Lock(RollEntry, entry_id)]) as tx:
        poll = tx.session.get_one(Poll, poll_id, populate_existing=True)
        entry = tx.session.get_one(RollEntry, entry_id, populate_existing=True)
        if not accepts_ballots(times_of(poll, tx.now), tx.now):
            raise Closed(phrase("This can be said while the vote is open. Afterwards, complain of the notice."))
        if entry.household_id is None:
            raise Conflict(phrase("This vote is your own: change it if you think otherwise."))
        if entry.disputed_at is not None:
            return
        cast = select(Ballot.id).join(SlotLink, SlotLink.slot_id == Ballot.slot_id)
        if tx.session.scalar(cast.where(SlotLink.roll_entry_id == entry_id, Ballot.live)) is None:
            raise Conflict(phrase("Nothing was cast for your household yet. Talk it over, and cast your one vote."))
        entry.disputed_at = tx.now
        record_event(
            tx,
            "household.disputed",
            community_id=poll.community_id,
            project_id=poll.project_id,
            data={"household": entry.label},
            public={"poll": poll.public_id},
        )
        slug = tx.session.scalars(select(Community.slug).where(Community.id == poll.community_id)).one()
        title = tx.session.scalars(select(TextVersion.title).where(TextVersion.id == poll.version_id)).one()
        people = [person.id for person in persons_of_households([entry.household_id])]
        lead = tx.session.get_one(Project, poll.project_id).facilitator_id
        href = f"/c/{slug}/poll/{poll.public_id}"
        told = partial(tell, tx, community_id=poll.community_id, project_id=poll.project_id, href=href)
        told(people, "household.disputed", data={"title": title, "by": actor.name})
        told([lead], "household.to_desk", data={"title": title, "household": entry.label})
