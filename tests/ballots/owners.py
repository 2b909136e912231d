"""A community whose owners vote: who owns what, in the tests of votes that the law knows."""

from __future__ import annotations

from sqlalchemy import select

from app.ballots import matters, queries, service
from app.ballots.models import Poll
from app.core.clock import DAY, HOUR
from app.core.media import Upload, keep
from app.core.transaction import transaction
from app.people import communities
from app.people.actor import Actor
from app.people.models import Person, RoleGrant
from app.people.places import Unit
from app.people.session import actor_of
from tests.ballots.world import TEXT, TITLE, World

SETTINGS = 'rule = "owners", electorate = "owner"'
REASON = "改变共用平台的用途，属于第八项。"
PAPER = b"%PDF-1.4 authorisation"


def upload() -> Upload:
    """A scan that is on the disk."""
    return Upload("document", "application/pdf", keep(PAPER), None, 0, 0, len(PAPER), "paper.pdf")


def own(world: World, *rooms: str, name: str = "业主") -> str:
    """One owner of some units of building 6."""
    with world.here() as session:
        found = dict(session.execute(select(Unit.room, Unit.public_id)).all())
        return communities.add_owner(
            world.facilitator, world.community_id, name, [found[room] for room in rooms], "产证"
        )


def live_in(world: World, *rooms: str, occupancy: str = "owner") -> None:
    """Say how units are occupied."""
    with world.here(), transaction() as tx:
        for unit in tx.session.scalars(select(Unit).where(Unit.room.in_(rooms))):
            unit.occupancy = occupancy


def area(world: World, room: str, floor_area: int | None) -> None:
    """Set the floor area of a unit."""
    with world.here(), transaction() as tx:
        tx.session.scalars(select(Unit).where(Unit.room == room)).one().floor_area = floor_area


def each_owns(world: World) -> None:
    """Every resident owns the unit they live in."""
    for room in ("101", "102", "103", "104", "105", "106"):
        own(world, room, name=f"业主{room}")
    live_in(world, "101", "102", "103", "104", "105", "106")


def classify(world: World, item: str = "common_parts", reason: str = REASON) -> None:
    """Draft the text, and name its matter."""
    with world.here():
        service.save_draft(world.facilitator, world.activity, TITLE, TEXT)
        matters.classify(world.facilitator, world.activity, item, reason)


def announced(world: World, item: str = "common_parts") -> str:
    """An owners' vote that is announced."""
    classify(world, item)
    with world.here():
        opens = world.clock.now() + 48 * HOUR
        return service.announce(world.facilitator, world.activity, opens, opens + 7 * DAY)


def opened(world: World, item: str = "common_parts") -> str:
    """An owners' vote that is open."""
    poll = announced(world, item)
    world.clock.advance(48 * HOUR)
    return poll


def admin_of(world: World) -> Actor:
    """The administrator of the town."""
    with world.here(), transaction() as tx:
        person = Person(name="街镇管理员", email="admin@example.org", created_at=tx.now)
        tx.session.add(person)
        tx.session.flush()
        tx.session.add(RoleGrant(person_id=person.id, community_id=None, role="administrator", at=tx.now))
        tx.session.flush()
        return actor_of(person.id)


def result(world: World, poll: str) -> queries.Round:
    """A poll as it stands now, inside a context."""
    with world.here() as session:
        row = session.scalars(select(Poll).where(Poll.public_id == poll)).one()
        return queries.round_of(row, world.clock.now())


def person_of(world: World, who: int) -> str:
    """The public id of a resident."""
    return world.residents[who].public_id
