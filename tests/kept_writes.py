"""Every kind of write, for the test of what stays of a kept page after it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from app.ballots import service as ballots
from app.comments import service as comments
from app.core.clock import DAY
from app.core.database import db
from app.notices import service as notices
from app.notices.models import Notice
from app.people import communities, staff
from app.projects import service as projects
from app.proposals import service as proposals
from app.registers import service as registers
from tests.permission_requests import Furnished
from tests.permission_table import REASON
from tests.permission_world import ROSTER

WRITES: dict[str, Callable[[Furnished], object]] = {
    "a cast": lambda town: ballots.cast(
        town.world.actors["neighbour"], at(town, "poll_vote"), {"stance": "consent"}, once="k"
    ),
    "a cast changed": lambda town: ballots.cast(
        town.world.actors["author"], at(town, "poll_vote_cast"), {"stance": "consent"}, once="k"
    ),
    "a comment": lambda town: comments.post(
        town.world.actors["author"], at(town, "talk_write"), "question", "几点开门？", once="k"
    ),
    "a comment hidden": lambda town: comments.hide(town.world.actors["facilitator"], at(town, "comment"), REASON),
    "a proposal answered": lambda town: proposals.answer(
        town.world.actors["facilitator"], at(town, "proposal"), "declined", REASON
    ),
    "support": lambda town: proposals.support(town.world.actors["neighbour"], at(town, "proposal"), on=True),
    "an entry": lambda town: registers.add(town.world.actors["facilitator"], at(town, "team"), "members", ROSTER),
    "an entry removed": lambda town: registers.remove(town.world.actors["facilitator"], at(town, "entry"), REASON),
    "a step closed": lambda town: projects.close_step(town.world.actors["facilitator"], at(town, "ready")),
    "a pause": lambda town: projects.pause(town.world.actors["facilitator"], at(town, "running"), REASON),
    "a complaint": lambda town: notices.complain(
        town.world.actors["neighbour"], notice(town), "花箱挡住了消防通道，请挪开。", once="k"
    ),
    "the desk": lambda town: communities.edit_community(
        town.world.actors["administrator"],
        "ziteng",
        name="紫藤新里",
        desk_place="门房",
        desk_hours="周三",
        desk_phone="5550 0199",
    ),
    "a member of the staff": lambda town: staff.invite(
        town.world.actors["administrator"],
        email="third@example.org",
        name="third",
        role="facilitator",
        community_id=town.world.communities["ziteng"],
    ),
    "what became due": lambda town: [
        town.world.clock.advance(9 * DAY),
        *(function() for function in town.world.app.extensions["qiding.ticks"]),
    ],
}

UNSEEN = ("a cast", "a cast changed", "a member of the staff")  # before the close, and by a stranger


def at(town: Furnished, name: str) -> str:
    return town.world.at["ziteng"][name]["public_id"]


def notice(town: Furnished) -> str:
    here = town.world.communities["ziteng"]
    query = select(Notice.public_id).where(Notice.community_id == here, Notice.posted_at.is_not(None))
    return db.session.scalars(query.order_by(Notice.id)).first() or ""
