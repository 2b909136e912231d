"""The votes of the furnished town: on paper, of owners, one that is proved, an objection that was raised."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots import mandates, matters
from app.ballots import service as ballots
from app.ballots.models import Ballot, Objection, Poll, RollEntry
from app.core.clock import DAY
from app.core.database import db
from app.engine.canonical import receipt_code
from app.engine.sheets import serial
from app.paper import service as paper
from app.people import communities
from app.people import owners as desk_owners
from app.people.actor import Actor
from app.people.places import Unit
from app.proof import bundle, checkpoints
from tests.permission_town import REASON, World, actor_by, role_of


def on_paper(world: World, slug: str) -> None:
    """A sheet that counts in the vote whose sample is still to be drawn."""
    poll = world.at[slug]["poll_vote_paper"]["public_id"]
    for name in (role_of(slug, "facilitator"), f"colleague_{slug}"):
        reader = world.actors.get(name) or actor_by(f"{name}@example.org")
        paper.enter(reader, poll, {"serial": serial(poll, 1), "household": "5-101", "choice": "1"})


def owners_votes(world: World, slug: str, lead: Actor) -> None:
    """Votes of owners: one that is open with a mandate, two that are over, one that is drafted."""
    here = world.communities[slug]
    units = db.session.scalars(select(Unit.public_id).where(Unit.community_id == here)).all()
    owners = [communities.add_owner(lead, here, "赵六", [unit], "产证") for unit in units]
    world.place(slug, "owner", public_id=owners[0])
    for key, days in (("owners_vote", 7), ("owners_over", 1), ("owners_done", 1), ("owners_to_come", 0)):
        activity = world.at[slug][key]["public_id"]
        ballots.save_draft(lead, activity, key, f"{key}：先试一年。")
        matters.classify(lead, activity, "use_funds", REASON)
        if days:
            opens = world.clock.now() + 2 * DAY
            poll = ballots.announce(lead, activity, opens, opens + days * DAY)
            world.place(slug, f"poll_{key}", public_id=poll)
    poll = world.at[slug]["poll_owners_vote"]["public_id"]
    query = select(RollEntry.id).join(Poll, Poll.id == RollEntry.poll_id).where(Poll.public_id == poll)
    entries = db.session.scalars(query.order_by(RollEntry.id)).all()
    mandate = mandates.give(lead, poll, entries[2], "5-102", "张阿姨", "书面委托", None)
    world.place(slug, "mandate", public_id=poll, mandate=mandate)
    world.place(slug, "owners_entry", public_id=str(entries[0]))
    person = world.actors[role_of(slug, "neighbour")]
    desk_owners.link_person(lead, here, owners[0], "5-102", "张阿姨", "产证")
    world.place(slug, "owner_person", public_id=owners[0], person=person.public_id)


def prove(world: World, slug: str, poll: str) -> None:
    """The vote that is over, sealed under a checkpoint and in its bundle."""
    ballots.settle_due()
    checkpoints.make(world.communities[slug])
    row = db.session.scalars(select(Poll).where(Poll.public_id == poll)).one()
    built = bundle.build(row.id)
    assert built is not None
    world.place(slug, "checkpoint", size=built.size)
    bound = db.session.scalars(select(Ballot.commitment).where(Ballot.poll_id == row.id)).first()
    assert bound is not None
    world.place(slug, "poll_vote_over_code", public_id=poll, code=receipt_code(bytes.fromhex(bound)))


def raised_objection(world: World, slug: str) -> None:
    """The objection of a vote that is over: raised, and nobody has disagreed yet."""
    query = select(Objection.public_id).join(Poll, Poll.id == Objection.poll_id)
    public_id = db.session.scalars(query.where(Poll.public_id == world.at[slug]["poll_vote_over"]["public_id"])).one()
    world.place(slug, "objection", public_id=public_id)
